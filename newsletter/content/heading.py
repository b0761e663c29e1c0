"""What a heading is about: how a printed heading is brought to a row of the tables.

Every rule is data that a person can read and extend: content/phrasing.py for noun headings ("Risk
factors"), content/form.py for orders and how-tos ("Call 999 if", "Ways to treat it"), content/question.py
for question headings ("What causes it?"); content/language/ has those of Spanish, Bengali, Arabic and Hindi.
What none of them knows stays unknown (None); a section under
such a heading becomes Kind.OTHER with its text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from newsletter.content.article import Kind
from newsletter.content.cleaning import clean_title
from newsletter.content.form import FORMS
from newsletter.content.language import reading
from newsletter.content.language.script import QUESTION_MARKS
from newsletter.content.phrasing import PHRASES
from newsletter.content.question import QUESTIONS

_Rows = Sequence[tuple[Kind, tuple[str, ...]]]
#: Kinds in the order in which they are tried: by what a heading begins with, and by what it holds.
_Patterns = tuple[tuple[re.Pattern[str], re.Pattern[str], Kind], ...]

#: Longer texts are no headings.
MAX_LENGTH = 300
#: "Asthma symptoms" is looked up by its last words in headings of at most this many.
_LONGEST_TAIL = 7
#: "Long-term complications of asthma", by the last words before "of" where these are at most so many.
_LONGEST_PART = 6
_RELATIVE = re.compile(r"\b(?:you|your|we|i)\b")
#: Words that say what a heading is about even where they end only a part of it ("Memory problems or …" is
#: about no problems of the condition, and many things have a history).
_TELLING = (
    "symptom", "sign", "cause", "trigger", "risk factor", "complication", "treatment", "side effect",
    "remedy", "type", "stage", "diagnosis", "prevention", "outlook", "prognosis",
)  # fmt: skip
#: A part with one of these is a sentence: "It can be a sign of infection".
_SENTENCE = frozenset(
    re.findall(r"\w+", "is are was were be been can could may might will would should must has have it they")
)

_NUMBERING = re.compile(
    r"^(?:step |part |section )?\(?(?:\d{1,2}(?:\.\d{1,2})*|[ivx]{1,4}|[a-h])"
    r"(?:[.):।]|(?<=[٠-٩])\s?[-–])\s+(?=\S)",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^[^\w(\"“‘'«¿]+")
_EMPHASIS = re.compile(r"^(?:\*\*|__|\*|_)(.+?)(?:\*\*|__|\*|_)$")
_TRAILING = re.compile(r"[\s:;.,!?*_#\-–—|]+$")
_PARENTHESES = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
#: Words that say nothing about the kind.
_FILLERS = frozenset(
    re.findall(
        r"\w+",
        """
        the a an common main possible major typical most important potential usual general available
        current best key primary your its their this these some various different other all top latest new
        essential known more likely frequent simple full detailed
        """,
    )
)
#: Words that neither a phrase nor a pattern has to allow for: "What exactly is it, really?"
_ADVERBS = re.compile(
    r"[,\s]+(?:exactly|really|actually|usually|typically|generally|normally|currently|simply)(?![\w-])"
)
_OPENINGS = re.compile(r"^(?:(?:so|but|and|ok|okay|now|well)[, ]+)+(?=\w)")
#: "The four stages", "10 common causes": how many there are says nothing about the kind.
_COUNT = re.compile(
    r"^(?:the |top |our |these )*(?:\d{1,2}\+?|two|three|four|five|six|seven|eight|nine|ten|twelve) "
    r"(?=[a-z][a-z'-]+)(?!in \d|out of|(?:year|month|week|day|hour|minute)s?\b)"
)
_CONTRACTIONS = (
    (re.compile(r"\b(what|who|where|when|how|why|it|that|there)'s\b"), r"\1 is"),
    (re.compile(r"\bcan(?:'t|not)\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(you|we|they)'re\b"), r"\1 are"),
    (re.compile(r"\b(i|you|we|they)'ve\b"), r"\1 have"),
)
#: Matches nothing.
_NEVER = r"(?!)"
_LINKS = re.compile(
    r"\b(?:of|for|in|with|from|to|about|related to|associated with|behind|during|on|by|that|who|which|after|"
    r"used)\b"
)
_GENERIC = frozenset(
    {"types", "type", "kind", "form", "option", "role", "example", "list", "guide", "overview"}
)
_JOINTS = re.compile(r"\s+(?:and|or|plus|vs|versus)\s+|\s*[,/;|–—:]\s*|\s+-\s+")
_QUESTION_START = re.compile(
    r"^(?:what|when|why|how|who|whom|which|where|is|are|am|can|could|do|does|did|should|will|would|must|has|have)\b"
)


def print_heading(text: str) -> str:
    """A heading as printed, less numbering, emphasis marks and final colon.

    >>> print_heading("2. Common Causes:")
    'Common Causes'
    """
    text = clean_title(text)
    text = _EMPHASIS.sub(r"\1", text.lstrip("# ").strip())
    text = _NUMBERING.sub("", _LEADING.sub("", text))
    return text.rstrip(":").rstrip()


@lru_cache(maxsize=4096)
def heading_kind(heading: str, *, title: str = "") -> Kind | None:
    """The kind that *heading* announces in an article called *title*; None when no rule knows it.

    >>> heading_kind("How is asthma diagnosed?", title="Asthma")
    <Kind.DIAGNOSIS: 'diagnosis'>
    >>> heading_kind("A day in the clinic") is None
    True
    """
    if len(heading) > MAX_LENGTH:
        return None
    if not heading.isascii() and (kind := reading.heading_kind(heading, title=title)):
        return kind
    plain = _plain(heading)
    for name in _names(title):
        plain = re.sub(rf"(?<!\w){re.escape(name)}(?:'s|'|s|es)?(?!\w)", "X", plain)
    if not plain:
        return None
    asks = heading.rstrip().endswith(QUESTION_MARKS) or _QUESTION_START.match(plain)
    kind = _by_phrase(plain) or _by_pattern(plain, _forms())
    kind = kind or (_by_pattern(plain, _questions()) if asks else None) or _by_part(plain)
    return kind or (reading.heading_kind(heading, title=title) if heading.isascii() else None)


def phrase_kind(heading: str) -> Kind | None:
    """The kind of a heading that is, whole, a phrase of the table; None for anything longer."""
    return _table().get(_key(_plain(heading))) or reading.phrase_kind(heading)


def _by_phrase(plain: str) -> Kind | None:
    """The kind of a heading that is a phrase of the table, the condition's name aside."""
    return _table().get(_key(plain.replace("X", " ")))


def _by_pattern(plain: str, patterns: _Patterns) -> Kind | None:
    """The kind of the first of *patterns* that is found."""
    return next((kind for at, in_, kind in patterns if at.match(plain) or in_.search(plain)), None)


def _by_part(plain: str) -> Kind | None:
    """The kind of "<phrase> of anything", of the first known conjunct, or of "anything <phrase>"."""
    table = _table()
    before, *after = _LINKS.split(plain, maxsplit=1)
    head = _key(before)
    if after and head:
        generic = head in _GENERIC or head.split()[-1] == "type"
        # "Types of treatment for asthma" and "Three types of treatment are used" are about treatment.
        what = re.split(r"\b(?:is|are)\b", _LINKS.split(after[0], maxsplit=1)[0])[0]
        within = table.get(_key(after[0])) or table.get(_key(what)) if generic else None
        if kind := within or table.get(head):
            return kind
    for conjunct in _JOINTS.split(plain):
        if kind := table.get(_key(conjunct.replace("X", " "))):
            return kind
        first = _key(_LINKS.split(conjunct, maxsplit=1)[0].replace("X", " "))
        if kind := table.get(first) or _by_telling_tail(first):
            return kind
    relative = _key(_RELATIVE.split(plain, maxsplit=1)[0].replace("X", " "))
    if kind := table.get(relative) if relative in _TELLING else _by_telling_tail(relative):
        return kind
    words = _key(plain).split()
    if len(words) > _LONGEST_TAIL:
        return None
    tails = (" ".join(words[start:]) for start in range(1, len(words)))
    return next((kind for tail in tails if (kind := table.get(tail))), None)


def _by_telling_tail(key: str) -> Kind | None:
    """The kind of a part of a heading that ends in a word which is telling by itself."""
    words = key.split()
    if not 1 < len(words) <= _LONGEST_PART or _SENTENCE & set(words):
        return None
    return next((_table().get(tail) for tail in _TELLING if key.endswith(f" {tail}")), None)


@cache
def _table() -> dict[str, Kind]:
    """PHRASES turned round: the key of each phrase, and its kind."""
    return {
        _key(_plain(phrase)): kind
        for kind, phrases in PHRASES.items()
        for phrase in " ".join(phrases.split()).split(";")
        if _key(_plain(phrase))
    }


@cache
def _forms() -> _Patterns:
    return _compiled(FORMS)


@cache
def _questions() -> _Patterns:
    return _compiled(QUESTIONS)


def _compiled(rows: _Rows) -> _Patterns:
    """*rows* with what is looked for at the beginning apart: looking for that everywhere is slow."""
    compiled = []
    for kind, patterns in rows:
        every = [each for pattern in patterns for each in _alternatives(pattern)]
        at = "|".join(each for each in every if each.startswith("^"))
        within = "|".join(each for each in every if not each.startswith("^"))
        compiled.append((re.compile(at or _NEVER), re.compile(within or _NEVER), kind))
    return tuple(compiled)


def _alternatives(pattern: str) -> list[str]:
    """What the regular expression *pattern* offers on its outermost level.

    >>> _alternatives(r"^a(?:b|c)|[|]d")
    ['^a(?:b|c)', '[|]d']
    """
    alternatives, depth = [""], 0
    for sign in re.findall(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", pattern):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "|" and depth == 0:
            alternatives.append("")
        else:
            alternatives[-1] += sign
    return alternatives


def _plain(heading: str) -> str:
    """*heading* in lower case with straight quotes, without numbering, asides and final punctuation."""
    text = _straight(print_heading(heading)).replace("&", " and ")
    text = _PARENTHESES.sub("", text.replace("(are)", ""))
    text = _COUNT.sub("", _OPENINGS.sub("", text))
    return " ".join(_TRAILING.sub("", text).split())


def _straight(text: str) -> str:
    """*text* in lower case with straight quotes and hyphens, short forms written out, without adverbs."""
    text = re.sub("[‘’ʼ`´]", "'", text.lower()).replace("‑", "-").replace("‐", "-")
    for short, whole in _CONTRACTIONS:
        text = short.sub(whole, text)
    return _ADVERBS.sub("", text)


def _key(plain: str) -> str:
    """What the table is looked up by: no fillers, every word in the singular, the condition's X dropped."""
    words = re.findall(r"[^\W_]+(?:['-][^\W_]+)*", plain)
    kept = [word for word in words if word not in _FILLERS and word != "X"]
    return " ".join(
        _singular(word.removesuffix("'s").replace("-", " ")) for word in (kept or words) if word != "X"
    )


def _singular(word: str) -> str:
    """*word* without a plural s (crudely, but alike in the table and in the heading)."""
    if len(word) <= len("gas") or word.endswith(("ss", "us", "is")):
        return word
    return word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")


def _names(title: str) -> list[str]:
    """How headings may call the condition of *title*, longest first: whole, without aside, aside alone."""
    whole = " ".join(_straight(clean_title(title)).split())
    bare = _PARENTHESES.sub("", whole).strip()
    first = re.split(r"\s*[:,|–—]\s|\s+-\s+", bare)[0]
    asides = [aside.strip("()[] ") for aside in _PARENTHESES.findall(whole)]
    names = {
        name for name in (whole, bare, first, *asides) if len(name) > len("aa") and _key(name) not in _table()
    }
    return sorted(names, key=lambda name: (-len(name), name))
