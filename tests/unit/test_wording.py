"""Our fixed words: whole in every language we ship, dated and counted as that language does."""

from __future__ import annotations

import ast
import os
from datetime import date
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from newsletter.errors import SettingsError
from newsletter.issues.headline import SUBJECT_LIMIT
from newsletter.wording import LANGUAGES, messages, wording_of
from tests.acceptance.extraction import FOLDER, ROOT, extracted

TUESDAY = date(2026, 3, 3)
OTHERS = LANGUAGES[1:]
QUIET = (
    "Your health letter for today",
    "Your health letter of %(date)s",
    "Some reading on health, %(date)s",
    "Your weekly health letter",
    "Your monthly health letter",
    "This week’s reading on health",
    "This month’s reading on health",
)


def ids(path: Path) -> set[str]:
    with path.open("rb") as file:
        return {one.id if isinstance(one.id, str) else one.id[0] for one in read_po(file) if one.id}


def folder_with(tmp_path: Path, language: str, *said: tuple[str, str]) -> Path:
    """An operator's folder with a catalogue of those messages."""
    path = tmp_path / "translations" / f"{language}.po"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        "".join(f'#, python-format\nmsgid "{one}"\nmsgstr "{other}"\n\n' for one, other in said),
        encoding="utf-8",
    )
    return tmp_path


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_untranslated(language):
    assert wording_of(language).missing == ()


def test_the_template_holds_what_code_and_templates_say():
    found = {one.id if isinstance(one.id, str) else one.id[0] for one in extracted() if one.id}
    assert ids(FOLDER / "messages.pot") == found, "run make catalogues"
    assert set(messages()) == found


def test_the_console_has_a_template_of_its_own():
    found = {one.id if isinstance(one.id, str) else one.id[0] for one in extracted(of_console=True) if one.id}
    assert ids(FOLDER / "console.pot") == found, "run make catalogues"


@pytest.mark.parametrize("language", OTHERS)
def test_no_catalogue_holds_what_nothing_says(language):
    assert ids(FOLDER / f"{language}.po") == ids(FOLDER / "messages.pot"), "run make catalogues"


def test_no_message_hides_in_an_f_string_where_extraction_does_not_look():
    for path in sorted((ROOT / "newsletter").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [
            call
            for formatted in ast.walk(tree)
            if isinstance(formatted, ast.JoinedStr)
            for call in ast.walk(formatted)
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in ("gettext", "ngettext")
        ]
        assert not calls, f"{path}:{calls[0].lineno if calls else 0}"


@pytest.mark.parametrize(
    ("language", "day", "with_weekday", "short", "month"),
    [
        ("en", "3 March 2026", "Tuesday, 3 March 2026", "3 March", "March 2026"),
        ("es", "3 de marzo de 2026", "martes, 3 de marzo de 2026", "3 de marzo", "marzo de 2026"),
        ("bn", "৩ মার্চ, ২০২৬", "মঙ্গলবার, ৩ মার্চ, ২০২৬", "৩ মার্চ", "মার্চ ২০২৬"),
        ("ar", "3 مارس 2026", "الثلاثاء، 3 مارس 2026", "3 مارس", "مارس 2026"),
        ("hi", "3 मार्च 2026", "मंगलवार, 3 मार्च 2026", "3 मार्च", "मार्च 2026"),
    ],
)
def test_dates_are_written_as_the_language_writes_them(language, day, with_weekday, short, month):
    wording = wording_of(language)
    assert wording.date(TUESDAY) == day
    assert wording.date(TUESDAY, weekday=True) == with_weekday
    assert wording.day_and_month(TUESDAY) == short
    assert wording.month(TUESDAY) == month


@pytest.mark.parametrize(
    ("language", "direction", "number", "listed"),
    [
        ("en", "ltr", "120", "a, b and c"),
        ("es", "ltr", "120", "a, b y c"),
        ("bn", "ltr", "১২০", "a, b এবং c"),
        ("ar", "rtl", "120", "a وb وc"),
        ("hi", "ltr", "120", "a, b, और c"),
    ],
)
def test_numbers_lists_and_direction_are_the_languages_own(language, direction, number, listed):
    wording = wording_of(language)
    assert wording.direction == direction
    assert wording.number(120) == number
    assert wording.listed(["a", "b", "c"]) == listed


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [1, 2, 3, 11, 100])
def test_counts_have_a_form_for_every_number(language, number):
    wording = wording_of(language)
    said = wording.ngettext("The link works for %(num)s day.", "The link works for %(num)s days.", number)
    assert wording.number(number) in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_subject_that_names_nothing_fits_a_phone_in_every_language(language):
    wording = wording_of(language)
    for said in QUIET:
        # The longest date that a year has.
        longest = max(len(wording.day_and_month(date(2026, month, 28))) for month in range(1, 13))
        assert len(wording.gettext(said, date="x" * longest)) <= SUBJECT_LIMIT, said


@pytest.mark.parametrize(("language", "others"), [("en", "Preferences"), ("es", "Preferencias")])
def test_an_operators_catalogue_changes_what_it_holds_and_nothing_else(tmp_path, language, others):
    mine = folder_with(tmp_path, language, ("Unsubscribe", "Bye"))
    wording = wording_of(language, overrides=mine)
    assert wording.gettext("Unsubscribe") == "Bye"
    assert wording.gettext("Preferences") == others
    assert wording.missing == ()


def test_a_wording_without_its_value_is_not_used_and_reported(tmp_path):
    mine = folder_with(tmp_path, "es", ("Subscribe to %(title)s", "Suscripción a %(titulo)s"))
    wording = wording_of("es", overrides=mine)
    assert wording.gettext("Subscribe to %(title)s", title="X") == "Suscríbase a X"
    assert wording.missing == ("Subscribe to %(title)s",)


def test_an_empty_translation_leaves_ours(tmp_path):
    wording = wording_of("es", overrides=folder_with(tmp_path, "es", ("Unsubscribe", "")))
    assert wording.gettext("Unsubscribe") == "Darse de baja"


def test_a_message_that_no_catalogue_has_comes_out_in_english():
    assert wording_of("es").gettext("A thing said by nobody") == "A thing said by nobody"


def test_a_catalogue_that_cannot_be_read_is_named(tmp_path):
    mine = folder_with(tmp_path, "es", ("Unsubscribe", "x"))
    (mine / "translations" / "es.po").write_text('msgid "open\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"es\.po"):
        wording_of("es", overrides=mine)


def test_a_catalogue_is_read_again_when_it_has_changed(tmp_path):
    mine = folder_with(tmp_path, "es", ("Unsubscribe", "Adiós"))
    assert wording_of("es", overrides=mine).gettext("Unsubscribe") == "Adiós"
    folder_with(tmp_path, "es", ("Unsubscribe", "Salir"))
    path = mine / "translations" / "es.po"
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000))
    assert wording_of("es", overrides=mine).gettext("Unsubscribe") == "Salir"
