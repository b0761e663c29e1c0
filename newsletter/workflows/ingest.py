"""Bringing documents into the content store: one report a source, and no bad document stops the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from newsletter.clock import Clock
from newsletter.content.article import Article
from newsletter.content.sources.document import KINDS, SUFFIXES, DocumentKind, read_document
from newsletter.content.store import ContentStore
from newsletter.errors import ContentError
from newsletter.settings import SourceSettings

#: Files about a folder rather than articles in it, by stem.
NOT_ARTICLES = frozenset({"readme", "changelog", "contributing", "license", "licence", "copying", "notice"})


@dataclass(frozen=True)
class Rejected:
    """A document that was not taken in, and why, in words."""

    item: str
    reason: str


@dataclass
class SourceReport:
    """What came of one source."""

    source: str
    kind: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    rejected: list[Rejected] = field(default_factory=list)


def ingest(
    paths: Sequence[Path],
    *,
    store: ContentStore,
    clock: Clock,
    kind: DocumentKind = "auto",
    reviewed_on: date | None = None,
) -> list[SourceReport]:
    """Read every document at *paths* (files, or folders with all below them) into *store*.

    *reviewed_on* is the review date of those documents that give none themselves. Documents are read in
    the order of their names, so that two runs on two machines do the same.
    """
    sources = [SourceSettings(path=path, kind=kind, reviewed_on=reviewed_on) for path in paths]
    return ingest_sources(sources, store=store, clock=clock)


def ingest_sources(
    sources: Sequence[SourceSettings], *, store: ContentStore, clock: Clock
) -> list[SourceReport]:
    """Read every configured source into *store*; reports come in the order of *sources*.

    Two documents of one run that would be the same article (one address, or one name and title) cannot
    both be right: the first is taken, the second rejected, so that running again changes nothing.
    """
    taken: dict[str, str] = {}
    return [_ingest_source(source, store=store, clock=clock, taken=taken) for source in sources]


def _ingest_source(
    source: SourceSettings, *, store: ContentStore, clock: Clock, taken: dict[str, str]
) -> SourceReport:
    report = SourceReport(source=str(source.path), kind=source.kind)
    for path, reason in _documents(source.path):
        item = _item_name(path, source.path)
        if reason:
            report.rejected.append(Rejected(item, reason))
            continue
        try:
            article = with_review_date(read_document(path, kind=source.kind), source.reviewed_on)
            if article.id in taken and taken[article.id] != str(path.resolve()):
                first = taken[article.id]
                report.rejected.append(
                    Rejected(item, f"is the same article ({article.id}) as {Path(first).name}")
                )
                continue
            outcome = store.save(article, seen_at=clock.now())
        except ContentError as error:
            report.rejected.append(Rejected(item, str(error)))
            continue
        taken[article.id] = str(path.resolve())
        setattr(report, outcome, getattr(report, outcome) + 1)
    return report


def with_review_date(article: Article, reviewed_on: date | None) -> Article:
    """*article*, reviewed on that day where it does not say when it was reviewed."""
    if reviewed_on is None or article.reviewed_on is not None:
        return article
    return article.model_copy(update={"reviewed_on": reviewed_on, "status": "usable"})


def _documents(path: Path) -> Iterator[tuple[Path, str]]:
    """Each document at *path*, with the reason if it is none; a folder's other files are passed over."""
    if path.is_dir():
        found = (file for file in path.rglob("*") if file.is_file() and _is_document(file, path))
        yield from ((file, "") for file in sorted(found, key=lambda file: file.relative_to(path).as_posix()))
    elif not path.exists():
        yield path, "does not exist"
    elif path.suffix.lower() not in SUFFIXES:
        yield path, f"is not a document: allowed are {', '.join(sorted(SUFFIXES))}"
    else:
        yield path, ""


def _is_document(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return file.suffix.lower() in SUFFIXES and not hidden and file.stem.lower() not in NOT_ARTICLES


def _item_name(path: Path, source: Path) -> str:
    return path.relative_to(source).as_posix() if source.is_dir() else str(path)


__all__ = ["KINDS", "Rejected", "SourceReport", "ingest", "ingest_sources", "with_review_date"]
