"""The letter's own words in every language we ship, and what an operator may say otherwise."""

from __future__ import annotations

import ast
import os
import re
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from newsletter.errors import SettingsError
from newsletter.issues.headline import SUBJECT_LIMIT
from newsletter.overrides import template_root
from newsletter.wording import LANGUAGES, SOURCE_LANGUAGE, messages, wording_of
from tests.acceptance.extraction import ROOT, extracted

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
def test_every_message_is_translated_with_its_own_values(language: str) -> None:
    assert wording_of(language).missing == ()


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_holds_the_messages_of_the_template_and_no_other(language: str) -> None:
    assert catalogue_of(f"{language}.po").keys() == set(messages())


def test_the_template_holds_what_code_and_templates_say() -> None:
    assert set(messages()) == {key_of(one) for one in extracted() if one.id}


def test_no_message_is_said_where_the_extraction_does_not_see_it() -> None:
    """Such as within an f-string: it would be English in every language, and nobody would be told."""
    found = {
        call.args[0].value
        for path in (ROOT / "newsletter").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and getattr(call.func, "attr", getattr(call.func, "id", "")) in _CALLS
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    assert len(found) > 50
    assert found <= set(messages())


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
            assert not re.search(r"[A-Za-z]", re.sub(r"<[^>]*>", "", _VALUE.sub("", form))), form


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_to_do_in_an_emergency_names_the_number_and_forbids_to_wait(language: str) -> None:
    wording = wording_of(language)
    for key in messages():
        if "%(phone)s" in key:
            assert "112" in wording.gettext(key, phone="112", condition="X")
    told = wording.gettext("Do not wait, and do not reply to this e-mail for help.")
    words = {"en": "not", "es": "No", "bn": "করবেন না", "ar": "لا تنتظروا", "hi": "न करें"}
    assert words[language] in told


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", ("3 March 2026", "Tuesday, 3 March 2026", "3 March", "March 2026", "Tuesday")),
        ("es", ("3 de marzo de 2026", "martes, 3 de marzo de 2026", "3 de marzo", "marzo de 2026", "martes")),
        ("bn", ("৩ মার্চ, ২০২৬", "মঙ্গলবার, ৩ মার্চ, ২০২৬", "৩ মার্চ", "মার্চ ২০২৬", "মঙ্গলবার")),
        ("ar", ("3 مارس 2026", "الثلاثاء، 3 مارس 2026", "3 مارس", "مارس 2026", "الثلاثاء")),
        ("hi", ("3 मार्च 2026", "मंगलवार, 3 मार्च 2026", "3 मार्च", "मार्च 2026", "मंगलवार")),
    ],
)
def test_dates_are_written_as_the_language_writes_them(language: str, written: tuple[str, ...]) -> None:
    wording = wording_of(language)
    dates = wording.date(DAY), wording.date(DAY, weekday=True), wording.day_and_month(DAY)
    assert (*dates, wording.month(DAY), wording.weekday(DAY)) == written


@pytest.mark.parametrize(
    ("language", "two", "three", "number", "direction"),
    [
        ("en", "a and b", "a, b and c", "1024", "ltr"),
        ("es", "a y b", "a, b y c", "1024", "ltr"),
        ("bn", "a এবং b", "a, b এবং c", "১০২৪", "ltr"),
        ("ar", "a وb", "a وb وc", "1024", "rtl"),
        ("hi", "a और b", "a, b, और c", "1024", "ltr"),
    ],
)
def test_lists_digits_and_direction(language: str, two: str, three: str, number: str, direction: str) -> None:
    wording = wording_of(language)
    assert wording.listed(["a"]) == "a"
    assert wording.listed(["a", "b"]) == two
    assert wording.listed(["a", "b", "c"]) == three
    assert wording.number(1024) == number
    assert wording.direction == direction


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("en", 1, "The link works for 1 day."),
        ("en", 7, "The link works for 7 days."),
        ("es", 1, "El enlace funciona durante 1 día."),
        ("es", 7, "El enlace funciona durante 7 días."),
        ("bn", 7, "লিংকটি ৭ দিন কাজ করবে।"),
        ("hi", 1, "लिंक 1 दिन तक काम करेगा।"),
        ("ar", 0, "يعمل الرابط لأقل من يوم."),
        ("ar", 1, "يعمل الرابط لمدة يوم واحد."),
        ("ar", 2, "يعمل الرابط لمدة يومين."),
        ("ar", 7, "يعمل الرابط لمدة 7 أيام."),
        ("ar", 11, "يعمل الرابط لمدة 11 يومًا."),
        ("ar", 100, "يعمل الرابط لمدة 100 يوم."),
    ],
)
def test_a_number_of_days_takes_its_form(language: str, number: int, words: str) -> None:
    day, days = "The link works for %(num)s day.", "The link works for %(num)s days."
    assert wording_of(language).ngettext(day, days, number) == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_subject_that_names_nothing_fits_on_every_day_of_the_year(language: str) -> None:
    quiet = [
        key
        for key in messages()
        if key.startswith(("Your health letter", "Your weekly", "Your monthly", "Some reading"))
        or key.endswith("reading on health")
    ]
    assert len(quiet) == 7
    wording = wording_of(language)
    days = [date.fromordinal(DAY.toordinal() + after) for after in range(365)]
    for key in quiet:
        for day in days:
            assert len(wording.gettext(key, date=wording.day_and_month(day))) <= SUBJECT_LIMIT, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_that_names_the_condition_leaves_it_room(language: str) -> None:
    """A title of ten letters fits into every form; longer ones take one of the shorter forms."""
    wording = wording_of(language)
    forms = [key for key in messages() if set(_VALUE.findall(key)) == {"title"} and key.startswith("%")]
    notices = [key for key in forms if re.search(r"held|waits|sent today|stopped", key)]
    assert len(notices) == 4
    for key in set(forms) - set(notices):
        assert len(wording.gettext(key, title="Long title")) <= SUBJECT_LIMIT, key


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


@pytest.mark.parametrize("content", [b'Welcome = "Hola"\n', b'msgid "Welcome"\nmsgstr "\xff"\n'])
def test_a_catalogue_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "translations" / "es.po"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=re.escape(f"catalogue {path}")):
        wording_of("es", overrides=tmp_path)


def test_a_changed_catalogue_is_read_again_and_a_removed_one_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "translations" / "es.po"
    save(tmp_path, "es", said("Welcome", "Hola"))
    os.utime(path, ns=(10**18, 10**18))
    assert wording_of("es", overrides=tmp_path).gettext("Welcome") == "Hola"
    # Words of the same length: only the time of the file has changed.
    save(tmp_path, "es", said("Welcome", "Aqui"))
    os.utime(path, ns=(10**18 + 1000, 10**18 + 1000))
    assert wording_of("es", overrides=tmp_path).gettext("Welcome") == "Aqui"
    path.unlink()
    assert wording_of("es", overrides=tmp_path).gettext("Welcome") == "Le damos la bienvenida"
