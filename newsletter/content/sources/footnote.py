"""Footnotes of Markdown ("[^1]" in the text, "[^1]: Jones …" below) as numbered citations.

The syntax is that of PHP Markdown Extra, which Hugo, Jekyll, pandoc and GitHub read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from markdown_it.token import Token

_NOTE = re.compile(r"^ {0,3}\[\^(?P<label>[^\]\s]{1,60})\]:[ \t]*(?P<text>.*)$")
_MARK = re.compile(r"\[\^([^\]\s]{1,60})\]")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_INDENTED = re.compile(r"^(?: {2,}|\t)\S")


@dataclass
class Footnotes:
    """The notes of one document by label, and the numbers that the text gives them, in order of use."""

    notes: Mapping[str, str]
    first: int = 1
    numbers: dict[str, int] = field(default_factory=dict)

    def mark(self, tokens: Iterable[Token]) -> list[str]:
        """Write "[1]" for the marks in *tokens*; the labels of notes that are met here first."""
        met: list[str] = []

        def numbered(match: re.Match[str]) -> str:
            label = match[1].casefold()
            if label not in self.notes:
                return match[0]
            if label not in self.numbers:
                self.numbers[label] = self.first + len(self.numbers)
                met.append(label)
            return f"[{self.numbers[label]}]"

        for token in tokens:
            if token.type == "text" and "[^" in token.content:
                token.content = _MARK.sub(numbered, token.content)
        return met

    def labels(self) -> Iterator[str]:
        """The labels of all notes, those first that the text uses, in the order of their numbers."""
        yield from self.numbers
        yield from (label for label in self.notes if label not in self.numbers)


def take_footnotes(body: str) -> tuple[str, dict[str, str]]:
    """*body* with blank lines for its footnotes, and their Markdown by label; code is left alone."""
    lines = body.split("\n")
    notes: dict[str, str] = {}
    fence = label = ""
    for number, line in enumerate(lines):
        if mark := _FENCE.match(line):
            if not fence:
                fence, label = mark[1], ""
            elif mark[1].startswith(fence):
                fence = ""
            continue
        if fence:
            continue
        if (note := _NOTE.match(line)) and note["label"].casefold() not in notes:
            label = note["label"].casefold()
            notes[label] = note["text"].strip()
        elif label and _INDENTED.match(line):
            notes[label] = f"{notes[label]} {line.strip()}".strip()
        elif not label or line.strip():
            # A line that is not indented is text: better a citation in it than a sentence lost.
            label = ""
            continue
        lines[number] = ""
    if not notes:
        return body, {}
    return "\n".join(lines), notes
