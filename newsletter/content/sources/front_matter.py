"""The block at the top of a Markdown document, YAML or TOML: read safely, every key of ours checked.

What other programs call the same is in content/sources/site_keys.py.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import yaml

from newsletter.content.article import LeftOut, Myth, Reference
from newsletter.content.citation import parse_reference
from newsletter.content.cleaning import clean_text, clean_title, safe_url
from newsletter.content.page_data import cut_date
from newsletter.content.sources.site_keys import ALIASES, CATEGORIES, LOOSE, folded, is_draft, meant_key
from newsletter.content.topic import topics_for
from newsletter.errors import ParseError

#: Longer blocks are refused: nothing true about an article takes this much.
MAX_LENGTH = 64_000
MAX_TITLE = 300
#: The block begins below its opening line.
_FIRST_LINE = 2

_BLOCK = re.compile(
    r"^---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)|"
    r"^\+\+\+[ \t]*\n(?P<toml>.*?)^\+\+\+[ \t]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_TOML_KEY = re.compile(r"^[ \t]*[\"']?([\w-]+)[\"']?[ \t]*=")
_LANG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_REGION = re.compile(r"[A-Z]{2}")
_TIME = re.compile(r"T?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z| ?[+-]\d{2}:?\d{2})?")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class FrontMatter:
    """What a document says about itself. Empty values were not given."""

    title: str = ""
    url: str = ""
    slug: str = ""
    lang: str = "en"
    topics: tuple[str, ...] = ()
    reviewer: str = ""
    licence: str = ""
    reviewed_on: date | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None
    references: tuple[Reference, ...] = ()
    regions: tuple[str, ...] = ()
    myth: Myth | None = None
    #: Keys that are not used, and why.
    left_out: tuple[LeftOut, ...] = ()


class _Loader(yaml.SafeLoader):
    """Plain data only, and no aliases: a few nested ones make gigabytes of a few lines."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not allowed")
        return super().compose_node(parent, index)

    def read(self) -> tuple[Any, dict[str, int]]:
        """The values of the block, and the line of the document that each key stands on."""
        node = self.get_single_node()
        if node is None:
            return None, {}
        keys = node.value if isinstance(node, yaml.MappingNode) else []
        lines = {str(key.value): _FIRST_LINE + key.start_mark.line for key, _ in keys}
        return self.construct_document(node), lines

    def construct_day(self, node: yaml.ScalarNode) -> date | str:
        """A date or time; one that no calendar has (2026-13-01) stays text, for its key to refuse."""
        try:
            moment: date = self.construct_yaml_timestamp(node)
        except (ValueError, OverflowError):
            return str(node.value)
        return moment


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_day)


def has_front_matter(text: str) -> bool:
    """Whether *text* begins with a line of three dashes (YAML) or three pluses (TOML)."""
    return bool(re.match(r"\ufeff?(?:---|\+\+\+)[ \t]*\r?\n", text))


def read_front_matter(text: str, *, name: str) -> tuple[FrontMatter, str]:
    """The checked front matter of *text* and the body after it; *name* is the document in errors.

    Raises:
        ParseError: the block is not closed, not YAML or TOML, says that the document is a draft, or a key
            of ours is misspelt or has a wrong value; the message names the document, the key, what was
            found and what is allowed.
    """
    text = clean_text(text)
    if not has_front_matter(text):
        return FrontMatter(), text
    block = _BLOCK.match(text)
    if not block:
        marks, them = ("+++", "pluses") if text.startswith("+") else ("---", "dashes")
        raise ParseError(
            name, f"the front matter has no closing line of three {them}", f"Add {marks} after it."
        )
    said = block["yaml"] if block["toml"] is None else block["toml"]
    if len(said) > MAX_LENGTH:
        reason = f"the front matter is longer than {MAX_LENGTH:,} characters"
        raise ParseError(name, reason, "Move the text below its closing line.")
    values, lines = _load(said, name=name) if block["toml"] is None else _load_toml(said, name=name)
    return _check(values, lines, name=name), text[block.end() :]


def _load(block: str, *, name: str) -> tuple[Mapping[Any, Any], Mapping[str, int]]:
    """The values of *block*, and the line of each key."""
    try:
        values, lines = _Loader(block).read()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + _FIRST_LINE if error.problem_mark else 1
        reason = f"the front matter is not YAML: {error.problem or error.context} (line {line})"
        raise ParseError(name, reason, "Mend that line.") from error
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, TypeError) as error:
        raise ParseError(name, f"the front matter is not YAML: {_short(error)}", "Mend it.") from error
    if values is None:
        return {}, {}
    if not isinstance(values, dict):
        reason = f"the front matter is a {type(values).__name__}, not a list of keys and values"
        raise ParseError(name, reason, "Write it as key: value.")
    return values, lines


def _load_toml(block: str, *, name: str) -> tuple[Mapping[Any, Any], Mapping[str, int]]:
    """As _load, of a block of TOML, as Hugo writes it."""
    try:
        values = tomllib.loads(block)
    except (ValueError, RecursionError) as error:
        place = _TOML_LINE.search(str(error))
        where = f" (line {int(place[1]) - 1 + _FIRST_LINE})" if place else ""
        reason = f"the front matter is not TOML: {_short(_TOML_LINE.sub('', str(error)).strip())}{where}"
        raise ParseError(name, reason, "Mend that line.") from error
    lines: dict[str, int] = {}
    for number, line in enumerate(block.split("\n"), _FIRST_LINE):
        if match := _TOML_KEY.match(line):
            lines.setdefault(match[1], number)
    return values, lines


def _check(values: Mapping[Any, Any], lines: Mapping[str, int], *, name: str) -> FrontMatter:
    checked: dict[str, Any] = {}
    others: dict[Any, Any] = {}
    for key, value in values.items():
        if is_draft(key, value):
            reason = f"is a draft (front matter, {key}: {_short(value)})"
            raise ParseError(name, reason, "Take that line out when it is ready.")
        check = _CHECKS.get(str(key))
        if check is None:
            others[key] = value
            continue
        if value is None:
            continue
        try:
            checked[str(key)] = check(value)
        except ValueError as error:
            raise _wrong(key, value, lines, name=name, allowed=error) from None
    left_out = tuple(_take_others(checked, others, lines, name=name))
    return FrontMatter(**checked, left_out=left_out)


def _wrong(
    key: object, value: object, lines: Mapping[str, int], *, name: str, allowed: ValueError
) -> ParseError:
    where = f" (line {lines[str(key)]})" if str(key) in lines else ""
    return ParseError(name, f"front matter, {key}: found {_short(value)!r}{where}", f"Allowed is {allowed}.")


def _take_others(
    checked: dict[str, Any], others: Mapping[Any, Any], lines: Mapping[str, int], *, name: str
) -> Iterator[LeftOut]:
    """Take what the keys of other programs say into *checked*; what is not used, and why.

    Their dates are forgiven what they do not tell us; a date of review is checked as ours is.
    """
    words: list[str] = []
    for key, value in others.items():
        meaning = ALIASES.get(folded(key), "")
        theirs = meaning or folded(key) in CATEGORIES
        if not theirs and (meant := meant_key(key, _CHECKS, titled="title" in checked)):
            allowed = f"Did you mean {meant}? Allowed: {', '.join(_CHECKS)}."
            raise ParseError(name, f"front matter has the unknown key {_short(key)!r}", allowed)
        ours = "" if isinstance(value, bool) else meaning
        why = "" if ours else "front matter key that is not used"
        try:
            if folded(key) in CATEGORIES:
                words, why = [*words, *_words(value)], ""
            elif meaning in checked:
                why = f"front matter says it as {meaning}, too"
            elif ours and value is not None:
                checked[ours] = _THEIR_CHECKS.get(ours, _CHECKS[ours])(value)
        except ValueError as error:
            if ours == "reviewed_on" and folded(key) not in LOOSE:
                raise _wrong(key, value, lines, name=name, allowed=error) from None
            why = f"front matter, not {error}"
        if why:
            yield LeftOut(line=f"{_short(key)}: {_short(value)}", why=why, number=lines.get(str(key), 0))
    if words and "topics" not in checked:
        checked["topics"] = topics_for(checked.get("title", ""), words)


def _line(value: Any) -> str:
    text = clean_title(str(value))
    if isinstance(value, (dict, list)) or not text or len(text) > MAX_TITLE:
        raise ValueError(f"one line of 1 to {MAX_TITLE} characters")
    return text


def _address(value: Any) -> str:
    url = safe_url(value) if isinstance(value, str) else ""
    if not url:
        raise ValueError("an http or https address")
    return url


def _matching(pattern: re.Pattern[str], allowed: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(allowed)
        return value

    return check


def _words(value: Any) -> tuple[str, ...]:
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list) or any(isinstance(word, (dict, list)) or word is None for word in given):
        raise ValueError("a list of words, such as [asthma, lungs]")
    return tuple(dict.fromkeys(word for word in (clean_title(str(word)).lower() for word in given) if word))


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("a date such as 2026-05-14") from None


def _moment(value: Any) -> datetime:
    """A time, aware in UTC; a date alone is its midnight, a time without zone is UTC."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("a date or time such as 2026-05-14 or 2026-05-14T09:30:00Z") from None


def _references(value: Any) -> tuple[Reference, ...]:
    allowed = "a list of lines, or of {text: …, url: https://…}"
    if not isinstance(value, list):
        raise ValueError(allowed)  # noqa: TRY004 - one error type for a wrong value of a key
    found: list[Reference] = []
    for entry in value:
        if isinstance(entry, dict):
            if not entry.keys() <= {"text", "url"} or not (entry.get("text") or entry.get("url")):
                raise ValueError(allowed)
            url = _address(entry["url"]) if entry.get("url") else ""
            found.append(Reference(text=clean_title(str(entry.get("text") or url)), url=url))
        elif isinstance(entry, str):
            found.extend(reference for reference in [parse_reference(entry)] if reference)
        else:
            raise ValueError(allowed)  # noqa: TRY004
    return tuple(found)


def _regions(value: Any) -> tuple[str, ...]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list) or not all(
        isinstance(one, str) and _REGION.fullmatch(one) for one in given
    ):
        raise ValueError("a list of regions in capitals, such as [GB, IE] or [EU]")
    return tuple(dict.fromkeys(given))


def _myth(value: Any) -> Myth:
    if not isinstance(value, dict) or value.keys() != {"claim", "fact"}:
        raise ValueError("{claim: what people believe, fact: what is so}")
    return Myth(claim=_line(value["claim"]), fact=_line(value["fact"]))


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "title": _line,
    "url": _address,
    "slug": _matching(_SLUG, "lower-case words with hyphens"),
    "lang": _matching(_LANG, "a language tag such as en or en-GB"),
    "topics": _words,
    "reviewer": _line,
    "licence": _line,
    "reviewed_on": _day,
    "published_at": _moment,
    "modified_at": _moment,
    "references": _references,
    "regions": _regions,
    "myth": _myth,
}


def _day_of_theirs(value: Any) -> date:
    """As _day, also of a time (the day that it names) and of a date in words that has one reading."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str):
        day, rest = cut_date(value)
        if day and (not rest.strip() or _TIME.fullmatch(rest.strip())):
            return day
    return _day(value)


def _names(value: Any) -> str:
    """One name, or several as one line."""
    people = value if isinstance(value, list) else [value]
    named = (one.get("name") if isinstance(one, dict) else one for one in people)
    return _line(", ".join(_line(name) for name in named if name is not None))


def _references_of_theirs(value: Any) -> tuple[Reference, ...]:
    return _references(value if isinstance(value, list) else [value])


#: What a key of another program may also hold, by the key of ours that it means.
_THEIR_CHECKS: dict[str, Callable[[Any], Any]] = {
    "reviewer": _names,
    "licence": _names,
    "reviewed_on": _day_of_theirs,
    "references": _references_of_theirs,
}


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= len("x" * 80) else f"{text[:79]}…"
