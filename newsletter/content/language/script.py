"""How texts in other scripts are written alike, cut into words, and looked for by tables of wordings."""

from __future__ import annotations

import re
import unicodedata

#: What ends a sentence: besides the Latin signs the danda, the double danda, and the Arabic and Urdu signs.
STOPS = ".!?…।॥؟۔"
#: Signs at the end of a question.
QUESTION_MARKS = ("?", "؟")

#: Vowel signs, viramas and the like of Devanagari and Bengali, which ``\w`` leaves out.
MARKS = (
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc\u09be-\u09cd\u09d7\u09e2\u09e3"
)
#: The edges of words in any script: ``\b`` would find one before every vowel sign.
EDGE_BEFORE, EDGE_AFTER = rf"(?<![\w{MARKS}])", rf"(?![\w{MARKS}])"

_BENGALI, _ARABIC, _DEVANAGARI = (
    re.compile("[\u0985-\u09b9]"),
    re.compile("[\u0621-\u064a]"),
    re.compile("[\u0904-\u0939]"),
)
#: Short texts may be Spanish without one of the words that longer ones have.
_SHORT = 60
_SPANISH = re.compile(
    r"[áéíóúñ¿¡]|\W(?:el|la|los|las|del|una|que|por|para|con|sus|en|si|y|se|al|de)\W", re.IGNORECASE
)
#: Joiners; Arabic vowel signs and tatweel; the nukta of Devanagari.
_DROPPED = re.compile("[\u200c\u200d\u0640\u064b-\u065f\u0670\u093c]")
_LATIN_ACCENT = re.compile("[\u0300-\u036f]")
_NASAL = re.compile("[ङञणनम]\u094d(?=[क-ह])")
_ARABIC_LETTERS = str.maketrans("أإآٱىئؤة", "ااااييوه")
_CLITIC = "[وف]?(?:لل|[بلك]?(?:ال)?)"
_ARABIC_WORD = re.compile("(?<![\u0621-\u064a])(?=[\u0621-\u064a])")
_GAP = rf"{EDGE_AFTER}[^{STOPS}\n]{{0,80}}?{EDGE_BEFORE}"


def folded(text: str) -> str:
    """*text* in lower case and one spelling: no accents, Arabic vowel signs or nukta, digits of ASCII.

    >>> folded("Síntomas"), folded("اَلأعْراض") == folded("الاعراض"), folded("৫ mg")
    ('sintomas', True, '5 mg')
    """
    text = text.lower()
    if text.isascii():
        return text
    text = text.translate(_ARABIC_LETTERS)
    text = unicodedata.normalize("NFD", text).translate(_ARABIC_LETTERS)
    text = _LATIN_ACCENT.sub("", _DROPPED.sub("", text)).replace("\u0901", "\u0902")
    return _NASAL.sub("\u0902", "".join(_digit(sign) for sign in text))


def languages_of(text: str) -> tuple[str, ...]:
    """The languages of these four that *text* may hold words of, by its letters; none for most English.

    A short text of any letters may be Spanish, too.

    >>> languages_of("हिन्दी " * 40), languages_of("Síntomas"), languages_of("A long English text. " * 9)
    (('hi',), ('es',), ())
    """
    found: list[str] = []
    if not text.isascii():
        scripts = {"bn": _BENGALI, "ar": _ARABIC, "hi": _DEVANAGARI}
        found = [name for name, letters in scripts.items() if letters.search(text)]
    if len(text) <= _SHORT or _SPANISH.search(text):
        found.append("es")
    return tuple(found)


def expressions(wordings: str) -> list[str]:
    """The regular expression of each of the *wordings*, for folded texts.

    They are parted by ";". In one, "*" is the rest of a word, "…" anything within a sentence, "(a|b)" a
    choice and "(a )?" what may be missing. Arabic words may have an article or another word of one letter
    before them.
    """
    return [_expression(one) for one in (" ".join(part.split()) for part in wordings.split(";")) if one]


def pattern_of(*wordings: str) -> re.Pattern[str]:
    """Finds any of the *wordings* between the edges of words in a folded text."""
    every = [one for part in wordings for one in expressions(part)]
    return re.compile(f"{EDGE_BEFORE}(?:{'|'.join(every)}){EDGE_AFTER}" if every else r"(?!)")


def _expression(wording: str) -> str:
    parts = [
        folded(part).replace("(", "(?:").replace("*", rf"[\w{MARKS}]*").replace(" ", r"\s+")
        for part in re.split(r"\s*…\s*", wording)
    ]
    return _ARABIC_WORD.sub(_CLITIC, _GAP.join(parts))


def _digit(sign: str) -> str:
    return str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
