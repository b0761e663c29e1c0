"""What a translation, ours or an operator's, must keep of the message that it stands for."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from newsletter.overrides import template_root
from newsletter.wording import LANGUAGES, SOURCE_LANGUAGE, messages, wording_of

TRANSLATED = tuple(language for language in LANGUAGES if language != SOURCE_LANGUAGE)
SHIPPED = template_root() / "translations"
DAY = date(2026, 3, 3)
_VALUE = re.compile(r"%\((\w+)\)s")
#: Letters that only the script of the language has.
_SCRIPTS = {"bn": re.compile("[ঀ-৿]"), "ar": re.compile("[؀-ۿ]"), "hi": re.compile("[ऀ-ॣ]")}
_CALLS = ("gettext", "ngettext", "message", "_")


def catalogue_of(name: str) -> dict[str, Message]:
    with (SHIPPED / name).open("rb") as file:
        return {key_of(one): one for one in read_po(file, locale=name.partition(".")[0]) if one.id}


def key_of(one: Message) -> str:
    return one.id if isinstance(one.id, str) else one.id[0]


def forms_of(one: Message) -> tuple[str, ...]:
    return (one.string,) if isinstance(one.string, str) else tuple(one.string or ())


def save(folder: Path, language: str, text: str) -> None:
    path = folder / "translations" / f"{language}.po"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def said(key: str, words: str) -> str:
    return f'msgid "{key}"\nmsgstr "{words}"\n\n'


@pytest.mark.parametrize("language", TRANSLATED)
def test_tags_within_a_message_are_within_its_translation(language: str) -> None:
    for key, one in catalogue_of(f"{language}.po").items():
        for form in forms_of(one):
            assert re.findall(r"<[^>]*>", form) == re.findall(r"<[^>]*>", key), form


@pytest.mark.parametrize("language", sorted(_SCRIPTS))
def test_what_is_translated_is_in_the_script_of_the_language(language: str) -> None:
    script = _SCRIPTS[language]
    for key, one in catalogue_of(f"{language}.po").items():
        has_words = re.search(r"[A-Za-z]", _VALUE.sub("", key))
        for form in forms_of(one):
            # Bengali says a weekday without any "on".
            assert bool(script.search(form)) is bool(has_words) or form == "%(weekday)s", form


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_word_stands_twice_where_a_number_to_call_is_put_into_a_sentence(language: str) -> None:
    """The number may be one, or one "or your local emergency number"."""
    wording = wording_of(language)
    phone = wording.gettext("%(phone)s or your local emergency number", phone="112")
    for key in (one for one in messages() if "call %(phone)s" in one):
        words = wording.gettext(key, phone=phone, condition="X").split()
        stems = [word.strip(".,:।")[:5] for word in words]
        assert all(one != next_one for one, next_one in pairwise(stems)), " ".join(words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_to_do_in_an_emergency_names_the_number_and_forbids_to_wait(language: str) -> None:
    wording = wording_of(language)
    for key in messages():
        if "%(phone)s" in key:
            assert "112" in wording.gettext(key, phone="112", condition="X")
    told = wording.gettext("Do not wait, and do not reply to this e-mail for help.")
    words = {"en": "not", "es": "No", "bn": "করবেন না", "ar": "لا تنتظر", "hi": "न करें"}
    assert words[language] in told


def test_an_operators_word_replaces_ours_and_nothing_else(tmp_path: Path) -> None:
    save(tmp_path, "en", said("Welcome", "Good to have you"))
    save(tmp_path, "es", said("Welcome", "Hola"))
    for language, words in (("en", "Good to have you"), ("es", "Hola")):
        wording, ours = wording_of(language, overrides=tmp_path), wording_of(language)
        assert wording.missing == ()
        assert wording.gettext("Welcome") == words
        for key in messages():
            values = dict.fromkeys(_VALUE.findall(key), "X")
            if key != "Welcome":
                assert wording.gettext(key, **values) == ours.gettext(key, **values)


def test_an_operators_plural_replaces_ours(tmp_path: Path) -> None:
    text = 'msgid "%(num)s min read"\nmsgid_plural "%(num)s min read"\nmsgstr[0] "one minute"\n'
    save(tmp_path, "en", f'{text}msgstr[1] "%(num)s minutes"\n')
    wording = wording_of("en", overrides=tmp_path)
    assert wording.missing == ()
    read = "%(num)s min read"
    assert wording.ngettext(read, read, 1) == "one minute"
    assert wording.ngettext(read, read, 4) == "4 minutes"


@pytest.mark.parametrize(
    ("language", "key", "words", "ours"),
    [
        # Lost, misspelt, one too many, one that the sentence has no value for, half a placeholder.
        ("es", "Welcome to %(title)s", "Hola", "Le damos la bienvenida a X"),
        ("es", "Welcome to %(title)s", "Hola, %(titulo)s", "Le damos la bienvenida a X"),
        ("es", "Welcome to %(title)s", "Hola, %(title)s %(name)s", "Le damos la bienvenida a X"),
        ("es", "Welcome", "Hola, %(title)s", "Le damos la bienvenida"),
        ("es", "Welcome", "Hola al 100%", "Le damos la bienvenida"),
        ("es", "Welcome to %(title)s", "Hola, %(title) s", "Le damos la bienvenida a X"),
        ("en", "If you think you have an emergency, call %(phone)s now.", "Call for help.", "call 112 now."),
    ],
)
def test_an_operators_word_that_loses_a_value_is_told_and_ours_is_said(
    tmp_path: Path, language: str, key: str, words: str, ours: str
) -> None:
    save(tmp_path, language, said(key, words))
    wording = wording_of(language, overrides=tmp_path)
    assert wording.missing == (key,)
    values = {"title": "X", "phone": "112"}
    assert wording.gettext(key, **{name: values[name] for name in _VALUE.findall(key)}).endswith(ours)


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", ("one day", "some days")),
        ("ar", ("يوم %(num)s", "أيام %(num)s")),
        ("es", ("%(num)s día", "unos días")),
    ],
)
def test_a_plural_with_too_few_forms_or_without_its_number_is_told(
    tmp_path: Path, language: str, forms: tuple[str, str]
) -> None:
    key = "The link works for %(num)s day."
    text = f'msgid "{key}"\nmsgid_plural "The link works for %(num)s days."\n'
    save(tmp_path, language, f'{text}msgstr[0] "{forms[0]}"\nmsgstr[1] "{forms[1]}"\n')
    assert wording_of(language, overrides=tmp_path).missing == (key,)


def test_a_message_that_nobody_has_translated_is_english_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after `make catalogues` has brought in a new one."""
    folder = tmp_path / "shipped" / "translations"
    folder.mkdir(parents=True)
    (folder / "messages.pot").write_bytes((SHIPPED / "messages.pot").read_bytes())
    whole = (SHIPPED / "es.po").read_text(encoding="utf-8")
    line = 'msgid "Yesterday"\nmsgstr "Ayer"\n'
    assert line in whole
    (folder / "es.po").write_text(whole.replace(line, 'msgid "Yesterday"\nmsgstr ""\n'), encoding="utf-8")
    monkeypatch.setattr("newsletter.overrides.template_root", lambda: tmp_path / "shipped")
    # A folder of one's own, so that what is kept of the shipped catalogue does not answer.
    wording = wording_of("es", overrides=tmp_path)
    assert wording.missing == ("Yesterday",)
    assert wording.gettext("Yesterday") == "Yesterday"
    assert wording.gettext("Tomorrow") == "Mañana"


def test_a_word_marked_as_fuzzy_is_not_used(tmp_path: Path) -> None:
    save(tmp_path, "es", f"#, fuzzy\n{said('Welcome', 'Hola')}")
    wording = wording_of("es", overrides=tmp_path)
    assert wording.missing == ("Welcome",)
    assert wording.gettext("Welcome") == "Le damos la bienvenida"
