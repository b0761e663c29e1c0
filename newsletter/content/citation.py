"""Reading a line of a reference list: its words, and its address where it has one."""

from __future__ import annotations

import re

from newsletter.content.article import Reference
from newsletter.content.cleaning import clean_title, safe_url
from newsletter.content.glue import names_source

_EVIDENCE = re.compile(
    r"https?://|www\.|[a-z]\.(?:org|com|gov|net|edu|int|uk)\b|"
    r"\bdoi\b|10\.\d{4,}/|\bPM(?:ID|CID|C\d)|\bISBN|\b(?:19|20)\d\d\b|\bet al\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://[^\s<>\"”’]+", re.IGNORECASE)
_NUMBERING = re.compile(r"^\s*(?:\[\d{1,3}\]|\(\d{1,3}\)|\d{1,3}[.)]|[•\-–*◦▪‣])\s+")
_LEFT_BEHIND = re.compile(r"[\s:;,(\[<\-–—|]+$|^\s*[)\]>]+")
_LEAD_IN = re.compile(
    r"\s*\b(?:available (?:at|from)|retrieved from|accessed at|url|link|at|from|source)[:\s]*$", re.IGNORECASE
)


def is_citation(line: str) -> bool:
    """Whether *line* (without list mark) reads like a reference: address, identifier, year, known source."""
    return bool(_EVIDENCE.search(line)) or names_source(line.strip())


def parse_reference(line: str) -> Reference | None:
    """The reference that *line* (plain text, perhaps numbered) gives; None for an empty line.

    A line that is only an address keeps it as its text too.
    """
    text = clean_title(_NUMBERING.sub("", line))
    if not text:
        return None
    match = _ADDRESS.search(text)
    if not match:
        return Reference(text=text)
    address = match[0].rstrip(".,;")
    if address.endswith(")") and "(" not in address:
        address = address.rstrip(").,;")
    url = safe_url(address)
    before = _LEAD_IN.sub("", _LEFT_BEHIND.sub("", text[: match.start()]))
    after = text[match.start() + len(address) :].strip(" .,;)]>")
    words = " ".join(part for part in (_LEFT_BEHIND.sub("", before), after) if part)
    return Reference(text=words or address, url=url)
