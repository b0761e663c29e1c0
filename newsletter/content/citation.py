"""Reading a line of a reference list: its words, and its address and identifiers where it has them.

DOIs are compared without regard to case and written in lower case here (DOI Handbook, 2.4); the pattern
is the one that Crossref recommends, which finds all but a few of the oldest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

from newsletter.content.article import Reference
from newsletter.content.cleaning import clean_title, safe_url
from newsletter.content.glue import ORGANISATION, names_source

_EVIDENCE = re.compile(
    r"https?://|www\.|[a-z]\.(?:org|com|gov|net|edu|int|uk)\b|"
    r"\bdoi\b|10\.\d{4,}/|\bPM(?:ID|CID|C\d)|\bISBN|\bet al\b",
    re.IGNORECASE,
)
#: A year with more around it than a name: "Gout. 2019", "Lancet 2019;1:2", "A book about gout in 2019".
_YEAR = re.compile(r"[.,;:(] ?(?:19|20)\d\d\b|\b(?:19|20)\d\d[;:(]|(?:\S+ ){4,}.*\b(?:19|20)\d\d\b")
#: "Buchbinder R.", "Smith AB, Jones C.": how a citation begins with its authors.
_AUTHORS = re.compile(
    r"(?:[A-Z][\w'’-]+(?: (?:van|von|de|der|[A-Z][a-z'’-]+))* [A-Z]{1,3}(?:,\s*|\.\s|\s*$))+\S"
)
_PROPER_NAME = re.compile(rf"(?=.*{ORGANISATION})[A-Z][^.!?:;]*\.?")
#: Longer lines are no organisation's name.
_MAX_NAME_WORDS = 12
_ADDRESS = re.compile(r"https?://[^\s<>\"”’]+", re.IGNORECASE)
_NUMBERING = re.compile(r"^\s*(?:\[\d{1,3}\]|\(\d{1,3}\)|\d{1,3}[.)]|[•\-–*◦▪‣])\s+")
_LEFT_BEHIND = re.compile(r"[\s:;,(\[<\-–—|]+$|^\s*[)\]>]+")
_LEAD_IN = re.compile(
    r"\s*\b(?:available (?:at|from)|retrieved from|accessed at|url|link|at|from|source)[:\s]*$", re.IGNORECASE
)
_DOI = re.compile(r"(?<![\w.])10\.\d{4,9}/[^\s\"<>“”]+", re.IGNORECASE)
_PMID = re.compile(r"\bPM(?:ID)\b[\s:#]*(\d{1,8})\b(?!\.\d)", re.IGNORECASE)
_DOI_HOSTS = frozenset({"doi.org", "dx.doi.org", "www.doi.org"})
_PUBMED = re.compile(
    r"^https?://(?:(?:www\.)?ncbi\.nlm\.nih\.gov/(?:m/)?pubmed|(?:www\.)?pubmed\.(?:ncbi\.nlm\.nih\.)?gov|"
    r"pubmed\.com)/(?:\?term=)?(\d{1,8})(?![\w-])",
    re.IGNORECASE,
)
_AFTER_DOI = re.compile(r"/(?:full|fulltext|abstract|e?pdf|html|meta|epub)(?:/.*)?$|\.(?:pdf|full)$")
_CLOSING = {")": "(", "]": "[", "}": "{", ">": "<"}


def is_citation(line: str) -> bool:
    """Whether *line* (without list mark) reads like a reference: address, identifier, year, authors, name."""
    text = line.strip()
    named = len(text.split()) <= _MAX_NAME_WORDS and _PROPER_NAME.fullmatch(text)
    return bool(
        _EVIDENCE.search(text) or _YEAR.search(text) or _AUTHORS.match(text) or named
    ) or names_source(text)


def parse_reference(line: str) -> Reference | None:
    """The reference that *line* (plain text, perhaps numbered) gives; None for an empty line.

    A line that is only an address keeps it as its text too.
    """
    text = clean_title(_NUMBERING.sub("", line))
    if not text:
        return None
    match = _ADDRESS.search(text)
    if not match:
        return identified(Reference(text=text))
    address = _trim(match[0])
    url = safe_url(address)
    before = _LEAD_IN.sub("", _LEFT_BEHIND.sub("", text[: match.start()]))
    after = text[match.start() + len(address) :].strip(" .,;)]>")
    words = " ".join(part for part in (_LEFT_BEHIND.sub("", before), after) if part)
    return identified(Reference(text=words or address, url=url))


def identified(reference: Reference) -> Reference:
    """*reference* with the DOI and PMID that its address or its text names, and an address made of them.

    An address of another site stays as it is; old forms of a DOI's or PubMed's address become today's.

    >>> identified(Reference(text="Elbow pain. doi:10.1000/ABC.12.")).url
    'https://doi.org/10.1000/abc.12'
    """
    doi = reference.doi or _doi_of_address(reference.url) or _find_doi(reference.text)
    pmid = reference.pmid or _first(_PUBMED, reference.url) or _first(_PMID, reference.text)
    url = reference.url
    if doi and (not url or _host(url) in _DOI_HOSTS):
        url = f"https://doi.org/{quote(doi, safe='/:;()._-+,=@!*$')}"
    elif pmid and (not url or _PUBMED.match(url)):
        url = f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
    return reference.model_copy(update={"doi": doi, "pmid": pmid, "url": url})


def unique_references(references: Iterable[Reference]) -> tuple[Reference, ...]:
    """*references* without those that name the same work again, in order; the first of each stays.

    Two are the same when they share a DOI, a PMID or an address, or say the same but for case and
    punctuation. What only a later one gives (a DOI, say) is added to the one that stays.
    """
    kept: list[Reference] = []
    place: dict[str, int] = {}
    for reference in map(identified, references):
        names = _names(reference)
        at = next((place[name] for name in names if name in place), len(kept))
        if at == len(kept):
            kept.append(reference)
        else:
            first = kept[at]
            added = {name: value for name in ("url", "doi", "pmid") if (value := getattr(reference, name))}
            known = {name: value for name in added if (value := getattr(first, name))}
            kept[at] = first.model_copy(update={**added, **known})
        for name in names:
            place.setdefault(name, at)
    return tuple(kept)


def _names(reference: Reference) -> list[str]:
    """What tells whether another reference is the same, best first."""
    words = " ".join(re.findall(r"\w+", reference.text.casefold()))
    url = re.sub(r"^https?://(?:www\.)?", "", reference.url.split("#", 1)[0]).rstrip("/")
    named = {"doi": reference.doi, "pmid": reference.pmid, "url": url, "text": words}
    return [f"{what} {name}" for what, name in named.items() if name]


def _trim(address: str) -> str:
    """*address* without the punctuation of the sentence that it ends; a bracket that it opened stays."""
    while address:
        last = address[-1]
        opened = _CLOSING.get(last)
        unopened = opened is not None and address.count(opened) < address.count(last)
        if not unopened and last not in ".,;:'’”":
            break
        address = address[:-1]
    return address


def _doi_of_address(url: str) -> str:
    """The DOI that an address leads to, at doi.org or in the path of a publisher's."""
    if "10." not in url:
        return ""
    parts = urlsplit(url)
    found = _find_doi(unquote(parts.path).replace("/10.", " 10.", 1))
    # Publishers go on after it: /doi/10.1000/182/full, /10.1000/182.pdf
    return found if parts.netloc.lower() in _DOI_HOSTS else _AFTER_DOI.sub("", found)


def _find_doi(text: str) -> str:
    found = _DOI.search(text)
    return _trim(found[0]).lower() if found else ""


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return str(int(found[1])) if found and int(found[1]) else ""


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
