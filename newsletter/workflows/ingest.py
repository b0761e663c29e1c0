"""Bringing documents into the content store: one report a source, and no bad document stops the others."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path

from newsletter.clock import Clock
from newsletter.content.article import Article
from newsletter.content.citation import unique_references
from newsletter.content.sources.document import SUFFIXES, DocumentKind, detect_kind, read_items
from newsletter.content.sources.item import Item, Refused, Withdrawn
from newsletter.content.store import ContentStore
from newsletter.content.topic import with_topics
from newsletter.errors import ContentError

#: Files about a folder rather than articles in it, by stem.
NOT_ARTICLES = frozenset({"readme", "changelog", "contributing", "license", "licence", "copying", "notice"})
#: Below so many new documents a second process costs more than it saves.
ALONE = 200
BATCH = 100

#: Told after every batch: how many documents of the source have been dealt with, and of how many.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Rejected:
    """A document that was not taken in, and why, in words."""

    item: str
    reason: str


@dataclass
class SourceReport:
    """What came of one source. *passed_over*: files of a folder that are no articles, which is no fault."""

    source: str
    kind: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    passed_over: list[Rejected] = field(default_factory=list)

    def count(self, outcome: str) -> None:
        """One more of "new", "changed" or "unchanged"."""
        setattr(self, outcome, getattr(self, outcome) + 1)


@dataclass(frozen=True)
class _Document:
    """A file to read: *item* is its name in reports; *key* and *hash* tell whether it has changed."""

    item: str
    path: Path
    key: str
    hash: str


@dataclass(frozen=True)
class _Parsed:
    """What one single-article file gave: the article, or why it gave none."""

    document: _Document
    article: Article | None
    reason: str = ""


def ingest(
    path: Path,
    *,
    store: ContentStore,
    clock: Clock,
    kind: DocumentKind = "auto",
    reviewed_on: date | None = None,
    taken: dict[str, str] | None = None,
    progress: Progress | None = None,
) -> SourceReport:
    """Read the document at *path*, or every one in the folder and below it, into *store*.

    *reviewed_on* is the review date of those documents that give none themselves. A file that has not
    changed since it was read is not parsed again. Two documents of one run that would be the same article
    (one address, or one name and title) cannot both be right: the first is taken, the second rejected, so
    that running again changes nothing; *taken* carries that over several sources.
    """
    report = SourceReport(source=str(path), kind=kind)
    run = _Run(store, clock, report, kind=kind, reviewed_on=reviewed_on, taken={} if taken is None else taken)
    documents = list(_documents(path, run))
    for done, batch in enumerate(_batches(documents), 1):
        run.read(batch, spread=len(documents) >= ALONE)
        if progress:
            progress(min(done * BATCH, len(documents)), len(documents))
    run.close()
    return report


def prepared(article: Article, reviewed_on: date | None) -> Article:
    """*article* ready for the store, whatever origin it came from.

    Reviewed on that day where it does not say when it was reviewed, with topics where it brings none, and
    with each reference once.
    """
    changes: dict[str, object] = {"references": unique_references(article.references)}
    if reviewed_on is not None and article.reviewed_on is None:
        changes |= {"reviewed_on": reviewed_on, "status": "usable"}
    return with_topics(article.model_copy(update=changes))


class _Run:
    """One source on its way into the store."""

    def __init__(
        self,
        store: ContentStore,
        clock: Clock,
        report: SourceReport,
        *,
        kind: DocumentKind,
        reviewed_on: date | None,
        taken: dict[str, str],
    ) -> None:
        self.report = report
        self._store = store
        self._clock = clock
        self._kind = kind
        self._reviewed_on = reviewed_on
        self._taken = taken
        self._pool: ProcessPoolExecutor | None = None

    def close(self) -> None:
        """End the other processes, if there were any."""
        if self._pool is not None:
            self._pool.shutdown()

    def reject(self, item: str, reason: str) -> None:
        """Note that something is not taken in."""
        self.report.rejected.append(Rejected(item, reason))

    def document(self, path: Path, item: str) -> _Document:
        """*path* with the hash of all that its article is made of."""
        digest = hashlib.sha256(f"{self._kind} {self._reviewed_on}\n".encode())
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        return _Document(item, path, f"file:{path.resolve()}", digest.hexdigest())

    def read(self, batch: Sequence[_Document], *, spread: bool) -> None:
        """Parse what has changed in *batch*, in several processes if *spread*, and store it in order."""
        changed = [document for document in batch if not self._is_known(document)]
        single = [document for document in changed if not self._holds_many(document)]
        parsed = dict(zip((one.key for one in single), self._parse(single, spread=spread), strict=True))
        fit: list[tuple[_Document, Article]] = []
        for document in changed:
            if document.key not in parsed:
                self._save(fit)
                fit = []
                self._read_many(document)
                continue
            one = parsed[document.key]
            if one.article is None:
                self.reject(document.item, one.reason)
            elif self._is_free(one.article, document):
                fit.append((document, one.article))
        self._save(fit)

    def _is_known(self, document: _Document) -> bool:
        if self._store.known_source(document.key) != document.hash:
            return False
        for article_id in self._store.source_articles(document.key):
            self._taken.setdefault(article_id, str(document.path.resolve()))
            self.report.count("unchanged")
        return True

    def _holds_many(self, document: _Document) -> bool:
        try:
            return detect_kind(document.path, kind=self._kind) in ("wxr", "feed")
        except ContentError:
            return False  # parsing says what is wrong with it

    def _parse(self, documents: Sequence[_Document], *, spread: bool) -> Iterator[_Parsed]:
        work = [(document, self._kind) for document in documents]
        if not spread or (cpu_count() or 1) < 2:
            return map(_parse_one, work)
        if self._pool is None:
            # Spawned, not forked: the store's connection must not be shared with a child.
            self._pool = ProcessPoolExecutor(mp_context=get_context("spawn"))
        return self._pool.map(_parse_one, work, chunksize=10)

    def _is_free(self, article: Article, document: _Document) -> bool:
        """Whether no other document of this run is the same article."""
        here = str(document.path.resolve())
        first = self._taken.setdefault(article.id, here)
        if first != here:
            self.reject(document.item, f"is the same article ({article.id}) as {Path(first).name}")
        return first == here

    def _save(self, fit: Sequence[tuple[_Document, Article]]) -> None:
        articles = [prepared(article, self._reviewed_on) for _, article in fit]
        outcomes = self._store.save_many(articles, seen_at=self._clock.now())
        for outcome in outcomes:
            self.report.count(outcome)
        self._store.remember_sources((document.key, document.hash, article.id) for document, article in fit)

    def _read_many(self, document: _Document) -> None:
        """An export or feed, streamed; what is in it is remembered as one document."""
        stored: list[str] = []
        try:
            items = read_items(document.path, kind=self._kind)
            while batch := list(islice(items, BATCH)):
                articles = [article for item in batch if (article := self._take(item, document))]
                for outcome in self._store.save_many(articles, seen_at=self._clock.now()):
                    self.report.count(outcome)
                stored += [article.id for article in articles]
        except ContentError as error:
            self.reject(document.item, _why(error, document))
            return
        self._store.forget_source(document.key)
        self._store.remember_sources(
            (f"{document.key}#{number}" if number else document.key, document.hash, article_id)
            for number, article_id in enumerate(stored)
        )

    def _take(self, item: Item, document: _Document) -> Article | None:
        if isinstance(item, Refused):
            self.reject(f"{document.item}: {item.item}", item.reason)
            return None
        if isinstance(item, Withdrawn):
            self.reject(f"{document.item}: {item.ref}", "is deleted, says the feed")
            return None
        return prepared(item, self._reviewed_on) if self._is_free(item, document) else None


def _parse_one(work: tuple[_Document, DocumentKind]) -> _Parsed:
    """Read one file; a function of its own, so that another process can run it."""
    document, kind = work
    try:
        (article,) = (item for item in read_items(document.path, kind=kind) if isinstance(item, Article))
    except ContentError as error:
        return _Parsed(document, None, _why(error, document))
    return _Parsed(document, article)


def _documents(path: Path, run: _Run) -> Iterator[_Document]:
    """Each document at *path*; what is none is rejected if it was named, passed over in a folder."""
    if path.is_dir():
        files = (file for file in path.rglob("*") if file.is_file() and not _is_hidden(file, path))
        found = []
        for file in sorted(files, key=_order):
            item = file.relative_to(path).as_posix()
            if reason := _no_article(file):
                run.report.passed_over.append(Rejected(item, reason))
            else:
                found.append((item, file))
    elif not path.exists():
        run.reject(str(path), "does not exist")
        return
    elif path.suffix.lower() not in SUFFIXES:
        run.reject(str(path), f"is not a document: allowed are {', '.join(sorted(SUFFIXES))}")
        return
    else:
        found = [(str(path), path)]
    for item, file in found:
        try:
            yield run.document(file, item)
        except OSError as error:
            run.reject(item, f"cannot be read: {error.strerror or error}")


def _order(file: Path) -> tuple[str, str, int, str]:
    """The order of files: by folder and name, "gout" before "gout-2", so that the older address is used."""
    bare, number = re.fullmatch(r"(.*?)(?:-(\d{1,4}))?", file.stem, re.DOTALL).groups("0")  # type: ignore[union-attr] # matches all
    return file.parent.as_posix(), bare, int(number), file.name


def _why(error: ContentError, document: _Document) -> str:
    """What is wrong, without the document's name: the report says it already."""
    if error.thing in (document.item, document.path.name, document.path.stem, str(document.path)):
        return f"{error.reason}. {error.next_step}".rstrip()
    return str(error)


def _is_hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in file.relative_to(folder).parts)


def _no_article(file: Path) -> str:
    """Why a file of a folder is passed over; empty when it is read."""
    if file.suffix.lower() not in SUFFIXES:
        return f"is not a document: read are {', '.join(sorted(SUFFIXES))}"
    return "is about the folder, by its name" if file.stem.lower() in NOT_ARTICLES else ""


def _batches(documents: Sequence[_Document]) -> Iterator[Sequence[_Document]]:
    for start in range(0, len(documents), BATCH):
        yield documents[start : start + BATCH]
