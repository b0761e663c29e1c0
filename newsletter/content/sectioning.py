"""Putting headings and blocks together into sections, and sections and page data into an article.

The rules that give a heading its kind are in content/heading.py.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from newsletter.content.article import Block, Flag, Item, Kind, LeftOut, Paragraph, Section
from newsletter.content.cleaning import clean_title, escape_text
from newsletter.content.flag import DOSE_UNITS, find_flags
from newsletter.content.heading import heading_kind, phrase_kind, print_heading
from newsletter.content.language.reading import is_clause
from newsletter.content.language.script import QUESTION_MARKS, STOPS
from newsletter.content.readability import is_english, measure

#: A label is a short name before a colon; longer openings are sentences.
MAX_LABEL_WORDS = 8
MAX_LABEL = 70
MAX_SLUG = 50

_LABEL = re.compile(r"^(?P<label>[^\s:][^:]{0,120}?)\s*:\s+(?P<text>\S.*)$", re.DOTALL)
# A clause before a colon ("They include: ...") is part of the sentence, not a label.
_CLAUSE = re.compile(
    r"(?:^|\s)(?:include[sd]?|including|following|are|is|was|were|may|can|could|will|should|must|if|you|your|they|"
    r"these|this|those|as|we|he|she|called|when|because)(?:\s|$)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(rf"[{STOPS}][\"'”’)\]]*[\[\]\d,\s]*$")
_SENTENCE = re.compile(r"[.!?;।؟؛]\s|[\"“”]")
_MEASURE = re.compile(
    rf"\d[\s\u00a0\u202f-]*(?:{DOSE_UNITS}|%|‰|°|mm ?hg|kpa|kcal|kj|cm|mm|m?u)(?![^\W\d_])",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"(?:not|never|no more|stop|(?:do|should|must|can) ?not|don['’]t|max|maximum|min|minimum|avoid|only)\b",
    re.IGNORECASE,
)
_FOR_WHOM = re.compile(
    r"(?:(?:in|for|during) )?(?:the )?(?:children|babies|infants|teenagers|(?:older |young )?adults|"
    r"older people|elderly|women|men|pregnancy|pregnant women|breast-?feeding)",
    re.IGNORECASE,
)
_VALUE = re.compile(r"[\w)\]%] ?: +\S")
_STEM_PREFIX = re.compile(r"^\d+[-_. ]+(?:[A-Z][-_ ])?")
# WordPress tells a second page of the same name apart by "-2"; a "-8" may belong to the disease.
_STEM_SUFFIX = re.compile(r"[-_]([2-9])$")
_SECOND = frozenset("23")
_COUNTED = re.compile(
    r"(?:^|[-_ ])(?:(?:sub)?type|stage|grade|class|group|category|level|degree|phase|factor|chromosome|"
    r"trisomy|monosomy|vitamin|covid|part|number)$",
    re.IGNORECASE,
)


@dataclass
class Draft:
    """A section on its way: the heading as the page has it, its line number, and the blocks below."""

    heading: str
    blocks: list[Block] = field(default_factory=list)
    number: int = 0
    kind: Kind | None = None


def build_sections(
    drafts: Sequence[Draft], *, title: str, lang: str = "en", guessed: bool = False
) -> tuple[tuple[Section, ...], tuple[LeftOut, ...]]:
    """The sections of *drafts* in order, and the headings that had nothing below them.

    A draft without heading is the text before the first one: the overview, under the article's title.
    *lang* is the article's language: reading grades are for English alone. *guessed* says that headings
    were told from text by their looks: then one with nothing below it is a line of the section before,
    unless it plainly is a heading.
    """
    if guessed:
        drafts = _fold_empty(drafts, title=title)
    sections: list[Section] = []
    left_out: list[LeftOut] = []
    for draft in drafts:
        if not draft.blocks:
            if draft.heading:
                why = "a heading without text of its own"
                left_out.append(LeftOut(line=draft.heading, why=why, number=draft.number))
            continue
        heading = print_heading(draft.heading) or title
        kind = draft.kind or (heading_kind(heading, title=title) if draft.heading else Kind.OVERVIEW)
        sections.append(_section(len(sections), heading, kind=kind or Kind.OTHER, draft=draft, title=title))
    if not is_english(lang):
        sections = [one.model_copy(update={"grade": None, "smog": None}) for one in sections]
    return tuple(sections), tuple(left_out)


def states(text: str) -> bool:
    """Whether a short line says something itself: an amount, "label: value", or what (not) to do.

    >>> [states(line) for line in ("Maximum 40 mg", "Children: none", "Not in pregnancy", "Drug treatment")]
    [True, True, True, False]
    """
    if phrase_kind(text) is not None:
        return False
    plain = print_heading(text)
    return bool(_MEASURE.search(text) or _ORDERS.match(plain) or _VALUE.search(plain))


def names_part(heading: str) -> bool:
    """Whether a heading of no kind of its own is one of the table's: "Anatomy of the lung", "Structure".

    "Children" and "In pregnancy" are too, but say within a section for whom what follows is.
    """
    head = re.split(r"\s(?:of|for)\s", print_heading(heading))[0]
    return phrase_kind(head) is Kind.OTHER and not _FOR_WHOM.fullmatch(head)


def _fold_empty(drafts: Sequence[Draft], *, title: str) -> list[Draft]:
    """*drafts* with each heading that is empty and may be text put below the one before, as a paragraph."""
    folded: list[Draft] = []
    if not any(draft.blocks for draft in drafts):
        return list(drafts)
    empty = [bool(draft.heading and not draft.blocks) for draft in drafts]
    kinds = [heading_kind(draft.heading, title=title) for draft in drafts]
    for index, draft in enumerate(drafts):
        # Lines like "Rest", "Exercise", "Surgery" on end are an unmarked list, whatever they are called.
        announces = draft.heading.endswith((":", *QUESTION_MARKS))
        among_empty = (index > 0 and empty[index - 1]) or (
            not announces and any(empty[index + 1 : index + 2])
        )
        same = index > 0 and kinds[index] == kinds[index - 1]
        plainly = kinds[index] not in (None, Kind.OTHER) and not states(draft.heading)
        whole = phrase_kind(draft.heading) or (title and title.casefold() in draft.heading.casefold())
        plainly = plainly and bool(announces or whole)
        # "Anatomy of the Lung" above "Structure" announces what comes, part by part.
        parts = names_part(draft.heading) and kinds[index + 1 : index + 2] == [Kind.OTHER]
        if folded and empty[index] and parts and not any(empty[index + 1 : index + 2]):
            folded.append(draft)
            continue
        if folded and empty[index] and (among_empty or same or not plainly):
            paragraph = Paragraph(html=escape_text(draft.heading))
            folded[-1] = replace(folded[-1], blocks=[*folded[-1].blocks, paragraph])
        else:
            folded.append(draft)
    return folded


def _section(position: int, heading: str, *, kind: Kind, draft: Draft, title: str) -> Section:
    blocks = flag_blocks(draft.blocks, heading=heading, title=title)
    found = {flag for block in blocks for flag in block.flags}
    section = Section(
        position=position,
        heading=heading,
        kind=kind,
        blocks=blocks,
        flags=tuple(flag for flag in Flag if flag in found),
    )
    level = measure(section.text)
    return section.model_copy(update={"grade": level.flesch_kincaid, "smog": level.smog})


def flag_blocks(blocks: Sequence[Block], *, heading: str, title: str) -> tuple[Block, ...]:
    """*blocks* with the flags of each, under *heading* in the article called *title*.

    A paragraph that is no whole sentence ("Do not take it if you have:") and the block that it announces
    are read as one, and both get the flags: the list alone does not say what it is a list of.
    """
    texts = [block.plain() for block in blocks]
    flagged: list[Block] = []
    start = 0
    for end, (block, text) in enumerate(zip(blocks, texts, strict=True), 1):
        announces = isinstance(block, Paragraph) and not _SENTENCE_END.search(text)
        if announces and end < len(blocks):
            continue
        flags = find_flags("\n".join(texts[start:end]), heading=heading, title=title)
        flagged.extend(one.model_copy(update={"flags": flags}) if flags else one for one in blocks[start:end])
        start = end
    return tuple(flagged)


def split_label(text: str, *, among_labels: bool = False) -> tuple[str, str]:
    """The label of a list item's plain *text* and the rest; the label is empty where there is none.

    *among_labels* says that most items beside it have one: then a short clause is a label too.

    >>> split_label("Trauma: Injuries to the skin.")
    ('Trauma', 'Injuries to the skin.')
    >>> split_label("They include: pain and fever.")
    ('', 'They include: pain and fever.')
    """
    match = _LABEL.match(text)
    if not match:
        return "", text
    label = match["label"]
    short = len(label) <= MAX_LABEL and len(label.split()) <= MAX_LABEL_WORDS
    clause = _SENTENCE.search(label) or (not among_labels and (_CLAUSE.search(label) or is_clause(label)))
    if not short or clause or not re.match(r"[(\"'“‘]?[A-Z0-9]|[^\x00-\x7f]", label):
        return "", text
    return label, match["text"]


def text_item(text: str, *, blocks: tuple[Block, ...] = (), among_labels: bool = False) -> Item:
    """A list item of plain *text*, its label split off (see split_label)."""
    label, rest = split_label(text, among_labels=among_labels)
    return Item(label=label, html=escape_text(rest), blocks=blocks)


def slugify(text: str) -> str:
    """*text* as lower-case ASCII words with hyphens, at most 50 characters; "article" where none are left.

    >>> slugify("Winer’s Nodular Calcinosis")
    'winers-nodular-calcinosis'
    """
    ascii_text = unicodedata.normalize("NFKD", re.sub("['’‘]", "", text)).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", ascii_text.lower())
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word[:MAX_SLUG]
        if len(longer) > MAX_SLUG:
            break
        slug = longer
    return slug or "article"


def article_id(title: str, identity: str) -> str:
    """The article's id: the title's slug and six hex digits of *identity* (its address, else file stem)."""
    digest = hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()
    return f"{slugify(title)}-{digest[:6]}"


def title_from_name(name: str, *, text: str = "") -> str:
    """A title made of a file's stem or an address's slug: its words, less list numbers and a "-2" ending.

    A number at its end stays where it may be the disease's: after "type", and where the page's *text* has
    the name with that number, or never without one.

    >>> title_from_name("26-C-extragonadal-germ-cell-tumors-2")
    'Extragonadal germ cell tumors'
    >>> title_from_name("neurofibromatosis-type-2"), title_from_name("dystonia-8")
    ('Neurofibromatosis type 2', 'Dystonia 8')
    """
    whole = _STEM_PREFIX.sub("", name) or name
    bare = _STEM_SUFFIX.sub("", whole)
    if bare != whole:
        second = whole[-1] in _SECOND if not text else bool(find_words(bare, text))
        if _COUNTED.search(bare) or not second or find_words(whole, text):
            bare = whole
    words = clean_title(re.sub(r"[-_]+", " ", bare))
    return words[:1].upper() + words[1:]


def find_words(words: str, text: str, *, cut: bool = False) -> str:
    """*words* (of a title or slug) as *text* prints them, whatever stands between; empty if nowhere.

    *cut* says that the last of them may lack its end.
    """
    parts = re.findall(r"[a-z0-9]+", words.lower())
    if not parts:
        return ""
    pattern = r"(?<!\w)" + r"[\W_]{0,3}".join(parts) + (r"\w*" if cut else r"(?!\w)")
    match = re.search(pattern, text, re.IGNORECASE)
    return match[0] if match else ""
