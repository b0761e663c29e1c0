"""What counts as a word, in any script."""

from __future__ import annotations

#: Dandas and Arabic signs that stand between words.
_LONE_SIGNS = frozenset("।॥؟،؛۔")


def count_words(text: str) -> int:
    """How many words *text* has; a sign with blanks on both sides, as some put the danda, is none."""
    return len(text.split()) if text.isascii() else sum(word not in _LONE_SIGNS for word in text.split())
