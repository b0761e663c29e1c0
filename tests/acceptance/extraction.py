"""`make catalogues`: every message of our templates and code, and the catalogues brought up to them.

Writes templates/translations/messages.pot, and into each catalogue what is new (without a translation, which
the preflight of that language then refuses) and out of it what is gone. The messages of the console stand
apart, in console.pot: no letter must wait for the translation of a word of it.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from newsletter.wording import LANGUAGES, SOURCE_LANGUAGE

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "templates" / "translations"
#: ``_`` is gettext; message() marks what stands in a table.
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "message": None,
}
_CONSOLE = "web/console/**"
_METHODS = [
    (_CONSOLE, "ignore"),
    ("**.py", "python"),
    ("email/**.j2", "jinja2"),
    ("web/**.html.j2", "jinja2"),
]
_CONSOLE_METHODS = [(f"{_CONSOLE}.py", "python"), (f"{_CONSOLE}.html.j2", "jinja2")]
_OPTIONS = {"**.j2": {"trimmed": "true", "silent": "false", "encoding": "utf-8"}}


def extracted(*, of_console: bool = False) -> Catalog:
    """The messages that our code and templates hold, in the order of their names.

    *of_console*: those of the console; else all but them.
    """
    methods = _CONSOLE_METHODS if of_console else _METHODS
    catalogue = Catalog(project="newsletter", charset="utf-8", fuzzy=False)
    for folder in (ROOT / "newsletter", ROOT / "templates"):
        found = extract_from_dir(
            folder,
            method_map=methods,
            options_map=_OPTIONS,
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
        )
        for path, _line, text, comments, context in found:
            catalogue.add(text, None, [(f"{folder.name}/{path}", 1)], auto_comments=comments, context=context)
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """*catalogue* as a PO file, without what changes from day to day."""
    out = io.BytesIO()
    write_po(out, catalogue, width=100, no_location=True, omit_header=True, sort_output=True)
    return out.getvalue()


def main() -> int:
    """Write the template and update every catalogue; say what is left to translate."""
    template = extracted()
    (FOLDER / "messages.pot").write_bytes(_head("messages") + written(template))
    (FOLDER / "console.pot").write_bytes(_head("console") + written(extracted(of_console=True)))
    for language in LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        path = FOLDER / f"{language}.po"
        catalogue = Catalog(locale=language, charset="utf-8", fuzzy=False)
        if path.is_file():
            with path.open("rb") as file:
                catalogue = read_po(file, locale=language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        path.write_bytes(_head(language) + written(catalogue))
        left = sum(not any(one.string or ()) for one in catalogue if one.id)
        print(f"{path.relative_to(ROOT)}: {len(catalogue)} messages, {left} to translate")
    return 0


def _head(name: str) -> bytes:
    """A header without dates; the plural rule is CLDR's, as Babel knows it."""
    plural = (
        "" if name in ("messages", "console") else f'"Plural-Forms: {Catalog(locale=name).plural_forms}\\n"\n'
    )
    return (
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Content-Transfer-Encoding: 8bit\\n"\n{plural}\n'
    ).encode()


if __name__ == "__main__":
    sys.exit(main())
