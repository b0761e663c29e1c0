"""The blocklist of passwords: by rule, so that it catches what a list of strings would miss.

A password is *common* when it is one word of a short list, also repeated, with digits and signs around it
and with the usual digits for letters. Whole phrases of common words are welcome: they are long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from newsletter.operators.account import name_key

#: What people choose first: words about passwords, greetings, animals, sports, seasons, names, trades.
_WORDS = frozenset(Path(__file__).with_name("common_words.txt").read_text(encoding="ascii").split())
_LEET = str.maketrans("0134578@$!|+", "oleastbasilt")
_LEET_I = str.maketrans("0134578@$!|+", "oieastbasiit")
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_NO_LETTER = re.compile(r"[\W_]+")
_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "wxcvbn")
_NEIGHBOURS = frozenset(
    pair for row in _ROWS for first, second in pairwise(row) for pair in (first + second, second + first)
)
_LEAST_BESIDE_NAMES = 6
_SHORTEST_NAME = 3


def is_common(password: str) -> bool:
    """Whether *password* is one common word, dressed up."""
    folded = unit(password.casefold())
    for plain in (folded, folded.translate(_LEET), folded.translate(_LEET_I)):
        for bare in (plain, _AROUND.sub("", plain)):
            if unit(_NO_LETTER.sub("", bare)) in _WORDS:
                return True
    # The digits around the word go first, those within it become letters.
    inner = _AROUND.sub("", folded)
    return any(unit(_NO_LETTER.sub("", inner.translate(table))) in _WORDS for table in (_LEET, _LEET_I))


def is_mostly_named(password: str, names: Iterable[str]) -> bool:
    """Whether little of *password* is left without *names* and their parts."""
    parts = {part for name in names for part in (name_key(name), *name_key(name).split())}
    rest = name_key(password)
    found = False
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= _SHORTEST_NAME and part in rest:
            rest = rest.replace(part, " ")
            found = True
    return found and len(re.sub(r"[\W\d_]+", "", rest)) < _LEAST_BESIDE_NAMES


def own_length(password: str) -> int:
    """How many characters of *password* do not follow from the one before."""
    folded = unit(password.casefold())
    return sum(
        not _follows(before, this) for before, this in zip(" " + folded, folded, strict=False) if this.strip()
    )


def unit(text: str) -> str:
    """What *text* is a repetition of; *text* itself when it is none."""
    place = (text + text).find(text, 1)
    return text[:place] if 0 < place < len(text) else text


def _follows(before: str, this: str) -> bool:
    return abs(ord(before) - ord(this)) <= 1 or before + this in _NEIGHBOURS
