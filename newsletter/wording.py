"""Our fixed words in every language we ship, and dates and numbers as that language writes them.

English is the source: its sentences are the keys. Each other language has one catalogue (GNU gettext PO,
read by Babel); the operator's folder may hold one of the same name with what is to be said otherwise.
Dates and digits follow the Unicode CLDR, by way of Babel.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - Wording.date would hide it
from functools import cache
from gettext import c2py
from pathlib import Path

from babel import Locale
from babel.core import get_global
from babel.dates import format_date
from babel.lists import format_list
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations

from newsletter.errors import SettingsError
from newsletter.overrides import search_path, stamp

#: The languages we ship, English first.
LANGUAGES = ("en", "bn", "es", "ar", "hi")
#: The language whose sentences are the keys.
SOURCE_LANGUAGE = "en"
#: How dates are written, where CLDR's own long form is not what we want: "3 March 2026" for every English.
_DATES = {"en": ("d MMMM y", "EEEE, d MMMM y")}
#: British English puts no comma before "and", and our English is written so.
_LISTS = {"en": "en_GB"}
#: The zero of the numbering systems (CLDR) that our languages may use; the other digits follow it.
_ZEROS = {"latn": "0", "beng": "০", "arab": "٠", "deva": "०"}
#: A value in a message; what else begins with "%" could not be filled in.
_VALUE = re.compile(r"%\((\w+)\)s")
#: Plural rules repeat after at most this many numbers.
_PLURALS = 1000


def message(text: str) -> str:
    """Marks *text* for the catalogues, where it stands in a table and is translated later."""
    return text


@dataclass(frozen=True)
class Wording:
    """What we say in one language.

    *missing* are the messages that its catalogues do not translate, or not with the message's own values;
    they come out in English.
    """

    language: str
    translations: Translations
    missing: tuple[str, ...] = ()

    def gettext(self, said: str, /, **values: object) -> str:
        """*said* (a message) in this language, with *values* for its ``%(name)s``."""
        found: str = self.translations.ugettext(said)
        return found % values

    def ngettext(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The form of a message for *number* of something; ``%(num)s`` is that number."""
        found: str = self.translations.ungettext(one, many, number)
        return found % {"num": self.number(number), **values}

    def date(self, day: Date, *, weekday: bool = False) -> str:
        """A date in words: "3 March 2026", "Tuesday, 3 March 2026"."""
        long, full = _DATES.get(self.language, ("long", "full"))
        return self.digits(format_date(day, full if weekday else long, locale=self.language))

    def day_and_month(self, day: Date) -> str:
        """A date without its year: "3 March"."""
        form = "d 'de' MMMM" if self.language == "es" else "d MMMM"
        return self.digits(format_date(day, form, locale=self.language))

    def month(self, day: Date) -> str:
        """The month of a date: "March 2026"."""
        form = "MMMM 'de' y" if self.language == "es" else "LLLL y"
        return self.digits(format_date(day, form, locale=self.language))

    def weekday(self, day: Date) -> str:
        """The name of a date's weekday."""
        return format_date(day, "EEEE", locale=self.language)

    def listed(self, names: Sequence[str], *, is_choice: bool = False) -> str:
        """Names as a list in a sentence: "a, b and c"; as a choice "a, b or c"."""
        locale = _LISTS.get(self.language, self.language)
        return format_list(list(names), "or" if is_choice else "standard", locale=locale)

    def city(self, timezone: str) -> str:
        """The place that a time zone is named for: "New York". CLDR knows some zones by an older name."""
        own = timezone.rpartition("/")[2].replace("_", " ")
        if self.language == SOURCE_LANGUAGE:
            return own
        older = [old for old, new in get_global("zone_aliases").items() if new == timezone]
        known = [self._locale.time_zones.get(zone, {}) for zone in (timezone, *older)]
        return next((str(zone["city"]) for zone in known if "city" in zone), own)

    def number(self, number: int) -> str:
        """A whole number in this language's digits."""
        return self.digits(str(number))

    def digits(self, said: str) -> str:
        """*said* with its digits as this language writes them (CLDR's default numbering system)."""
        zero = _ZEROS[self._locale.default_numbering_system]
        return said.translate({ord("0") + place: chr(ord(zero) + place) for place in range(10)})

    @property
    def direction(self) -> str:
        """Which way it is written: "ltr" or "rtl"."""
        return self._locale.text_direction

    @property
    def _locale(self) -> Locale:
        return Locale.parse(self.language)


def wording_of(language: str = SOURCE_LANGUAGE, *, overrides: Path | None = None) -> Wording:
    """The wording of *language*, with the catalogue of the operator's folder *overrides* laid over ours.

    Read again when one of the files has changed.

    Raises:
        SettingsError: a catalogue cannot be read.
    """
    return _wording(language, overrides, stamp(_catalogue_paths(language, overrides)))


def messages() -> tuple[str, ...]:
    """The keys of every message, as the template of the catalogues lists them."""
    template = _read(search_path("translations")[-1] / "messages.pot", SOURCE_LANGUAGE)
    return tuple(_key(one) for one in template if one.id)


def _catalogue_paths(language: str, overrides: Path | None) -> list[Path]:
    return [folder / f"{language}.po" for folder in reversed(search_path("translations", overrides))]


@cache
def _wording(language: str, overrides: Path | None, _stamp: object) -> Wording:
    catalogue = Catalog(locale=language)
    wanted = set() if language == SOURCE_LANGUAGE else set(messages())
    for path in _catalogue_paths(language, overrides):
        read = _read(path, language) if path.is_file() else ()
        for one in (one for one in read if one.id and any(_forms(one))):
            if _is_whole(one, catalogue):
                _put(catalogue, one)
                wanted.discard(_key(one))
            else:
                wanted.add(_key(one))
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Wording(language, Translations(compiled), tuple(sorted(wanted)))


def _read(path: Path, language: str) -> Catalog:
    try:
        with path.open("rb") as file:
            return read_po(file, locale=language, abort_invalid=True)
    except (OSError, PoFileError, UnicodeDecodeError) as error:
        raise SettingsError(f"catalogue {path}", f"cannot be read: {error}", "Mend that file.") from error


def _put(catalogue: Catalog, one: Message) -> None:
    """Add *one*, or lay it over the one of its key: Babel would keep the words that were there first."""
    known = catalogue.get(one.id)
    if known is None:
        catalogue[one.id] = one
    else:
        known.string = one.string


def _key(one: Message) -> str:
    return one.id if isinstance(one.id, str) else one.id[0]


def _forms(one: Message) -> tuple[str, ...]:
    return (one.string,) if isinstance(one.string, str) else tuple(one.string or ())


def _is_whole(one: Message, catalogue: Catalog) -> bool:
    """Whether every form is translated, can be filled in, and says all of the message's own values.

    As with GNU msgfmt, a plural form that is for one number only need not say that number.
    """
    values = set(_VALUE.findall(" ".join([one.id] if isinstance(one.id, str) else one.id)))
    alone = _forms_for_one_number(catalogue.plural_expr) if one.pluralizable else frozenset()
    said = enumerate(_forms(one))
    return (
        not one.fuzzy
        and not one.check(catalogue)
        and all(
            form and _is_filled(form, values, {"num"} if place in alone else set()) for place, form in said
        )
    )


def _is_filled(form: str, values: set[str], optional: set[str]) -> bool:
    found = set(_VALUE.findall(form))
    return values - optional <= found <= values and "%" not in _VALUE.sub("", form.replace("%%", ""))


@cache
def _forms_for_one_number(plural: str) -> frozenset[int]:
    """The plural forms of a rule (as gettext writes it) that one number alone takes."""
    form_of = c2py(plural)
    counted = Counter(form_of(number) for number in range(_PLURALS))
    return frozenset(form for form, count in counted.items() if count == 1)
