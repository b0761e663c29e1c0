"""Whether two articles are the same page under two addresses: what their texts have in common.

A text is cut into runs of words, and the smallest number of each of 64 groups of runs is kept (min-wise
hashing: A. Broder, On the Resemblance and Containment of Documents, 1997; in one pass: P. Li, A. Owen and
C.-H. Zhang, One Permutation Hashing, 2012). The share of equal numbers estimates how many runs two texts
share; bands of four of these numbers find such texts through an index, without comparing each with each.
Only whole numbers are used, so the same texts give the same answer on any machine.
"""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass
from zlib import crc32

#: Words in a run.
RUN = 4
#: Only the runs that begin with one word in so many are looked at; which, the word itself decides.
SAMPLED = 4
#: Groups that the runs are shared out to: as many as six bits count.
GROUPS = 64
#: The index: so many bands of so many groups each, from the first on.
BANDS = 8
ROWS = 4
#: Two texts under one title are the same page when this many in a hundred of their runs agree.
ALIKE_PERCENT = 85
#: Shorter texts ("This page is being written.") may be the same under two titles by chance.
MIN_WORDS = 100

#: Stands for no run at all; as a run of the last group it would be its largest.
_EMPTY = 0xFFFFFFFF
_WORD = re.compile(r"\w+")
_FORMAT = f">{GROUPS}I"


@dataclass(frozen=True)
class Likeness:
    """What is kept of an article to find its likes.

    Attributes:
        title: the title's words in lower case.
        text: SHA-256 of all the text's words in lower case; empty where there are fewer than 100.
        minima: the smallest number of each group, GROUPS of them.
    """

    title: str
    text: str
    minima: tuple[int, ...]

    def bands(self) -> frozenset[int]:
        """Signed 64-bit numbers, of which two duplicates almost surely share one.

        With 85 in 100 runs alike, one band agrees with a probability of a half, and one of eight with 0.997.
        """
        keys = [f"text {self.text}"] if self.text else []
        for band in range(BANDS):
            rows = self.minima[band * ROWS : (band + 1) * ROWS]
            if rows != (_EMPTY,) * ROWS:
                keys.append(f"{band} {rows} {self.title}")
        return frozenset(
            int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True) for key in keys
        )

    def packed(self) -> bytes:
        """The minima as bytes."""
        return struct.pack(_FORMAT, *self.minima)

    @classmethod
    def unpacked(cls, title: str, text: str, minima: bytes) -> Likeness:
        """What was kept as these values."""
        return cls(title, text, struct.unpack(_FORMAT, minima))


def likeness(title: str, text: str) -> Likeness:
    """What is kept of the article called *title* whose sections say *text*, headings left out."""
    words = text.casefold().split()
    first = {word for word in set(words) if not crc32(word.encode()) % SAMPLED}
    starts = [place for place, word in enumerate(words[: 1 - RUN]) if word in first]
    runs = {crc32(" ".join(words[start : start + RUN]).encode()) for start in starts}
    # The last one written is the smallest of its group, which is named by the six bits on the left.
    smallest = {run >> 26: run for run in sorted(runs, reverse=True)}
    return Likeness(
        title=" ".join(_WORD.findall(title.casefold())),
        text=hashlib.sha256(" ".join(words).encode()).hexdigest() if len(words) >= MIN_WORDS else "",
        minima=tuple(smallest.get(group, _EMPTY) for group in range(GROUPS)),
    )


def are_duplicates(one: Likeness, other: Likeness) -> bool:
    """Whether two articles are the same page: one title and nearly the same text, or all words the same.

    Texts that are merely alike under different titles are left alone, since pages on two forms of a disease
    ("type 1", "type 2") may differ in hardly more than that.
    """
    same_words = bool(one.text) and one.text == other.text
    return same_words or (one.title == other.title and alike_percent(one, other) >= ALIKE_PERCENT)


def alike_percent(one: Likeness, other: Likeness) -> int:
    """How many in a hundred of the runs of two texts agree, estimated to within about five."""
    pairs = [pair for pair in zip(one.minima, other.minima, strict=True) if pair != (_EMPTY, _EMPTY)]
    return 100 * sum(left == right for left, right in pairs) // len(pairs) if pairs else 0
