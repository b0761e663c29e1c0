"""Try how a document would be read, and store nothing: in a process of its own, bounded in size and time.

Whatever somebody uploads is read apart from the program that answers them: what hangs is ended, and what
would take all memory takes its own. Its name is only looked at, never a path.
"""

from __future__ import annotations

import json
import re
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import TemporaryDirectory

from newsletter.content.article import Article
from newsletter.content.cleaning import clean_title
from newsletter.content.sources.document import SUFFIXES, DocumentKind, read_items
from newsletter.content.sources.item import Refused
from newsletter.content.topic import with_topics
from newsletter.errors import ContentError, ParseError, RefusedError

#: Larger pages are refused: the longest medical pages have a tenth of this.
MOST_OCTETS = 2_000_000
#: A page that takes longer is no page of ours.
MOST_SECONDS = 15.0
#: What is understood of a document is not much longer than the document.
MOST_ANSWERED = 40_000_000
#: Of an export or feed, so many articles and refusals are shown.
MOST_ITEMS = 20
_MEMORY = 1_500_000_000
#: So many documents are read at the same time, whoever asks.
DESKS = threading.BoundedSemaphore(2)
#: What was pasted begins as a page does, or a part of one.
_MARKUP = re.compile(rb"\s*<(?:!doctype|!--|[a-z][a-z0-9]*[\s>/])", re.IGNORECASE)
_NOT_A_LETTER = re.compile(r"[^\w.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a document would become. *has_more*: it holds more than is shown."""

    name: str
    articles: tuple[Article, ...]
    refused: tuple[Refused, ...]
    has_more: bool


def try_parsing(
    content: bytes, *, name: str = "", kind: DocumentKind = "auto", seconds: float = MOST_SECONDS
) -> Tried:
    """What is understood of *content*, which somebody calls *name* ("": it was pasted).

    Raises:
        ParseError: it is empty, too large, no document of a kind we read, or takes too long.
        RefusedError: others are being read right now.
    """
    said = file_name(name) if name.strip() or not _MARKUP.match(content) else "pasted.html"
    if not content.strip():
        raise ParseError(said, "is empty", "Paste the text of a page, or choose a file.")
    if len(content) > MOST_OCTETS:
        step = "Save the page without the rest of its site, or bring it in with: newsletter ingest"
        raise ParseError(said, f"is larger than {MOST_OCTETS:,} bytes", step)
    suffix = PurePosixPath(said).suffix.lower()
    if suffix not in SUFFIXES:
        allowed = ", ".join(sorted(SUFFIXES))
        raise ParseError(said, f"is not a document: allowed are {allowed}", "Save it as one of those.")
    with _desk(said), TemporaryDirectory(prefix="newsletter-") as folder:
        path = Path(folder) / said
        path.write_bytes(content)
        return _read_apart(path, kind, seconds)


def file_name(given: str) -> str:
    r"""A file name of what a browser said, without folders and of few letters; a pasted text has its own.

    >>> file_name("../../etc/cron.d/x.html"), file_name("C:\\\\temp\\\\Gout (1).htm"), file_name("")
    ('x.html', 'Gout-1-.htm', 'pasted.txt')
    """
    if not given.strip():
        return "pasted.txt"
    bare = PureWindowsPath(PurePosixPath(given).name).name
    letters = _NOT_A_LETTER.sub("-", bare).lstrip(".-")
    stem, dot, ending = letters.rpartition(".")
    return f"{stem[:80]}{dot}{ending[:10]}" if stem else f"document-{ending[:10]}"


@contextmanager
def _desk(name: str) -> Iterator[None]:
    if not DESKS.acquire(blocking=False):
        raise RefusedError(name, "has to wait: two others are being read", "Try again in a few seconds.")
    try:
        yield
    finally:
        DESKS.release()


def _read_apart(path: Path, kind: DocumentKind, seconds: float) -> Tried:
    # Spawned, not forked: this process has threads, and connections that are not to be shared.
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    reader = context.Process(target=_read, args=(theirs, path, kind, int(seconds) + 1), daemon=True)
    reader.start()
    theirs.close()
    try:
        # Not unpickled: what read a stranger's document is not believed to have stayed itself.
        answer = json.loads(ours.recv_bytes(MOST_ANSWERED)) if ours.poll(seconds) else None
    except (EOFError, OSError, ValueError):  # it ended without a word, or said far too much
        answer = None
    finally:
        ours.close()
        reader.kill()
        reader.join()
        reader.close()
    if answer is None:
        reason = f"takes more than {seconds:.0f} seconds, or more memory than any page"
        raise ParseError(path.name, reason, "Save the text of the article alone, and try again.")
    if why := answer.get("error"):
        raise ParseError(path.name, *why)
    return Tried(
        name=path.name,
        articles=tuple(Article.model_validate(one) for one in answer["articles"]),
        refused=tuple(Refused(*one) for one in answer["refused"]),
        has_more=answer["has_more"],
    )


def _read(answer: Connection, path: Path, kind: DocumentKind, seconds: int) -> None:
    """Read the document at *path* in a process that may take no more than it is given."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        items = list(islice(read_items(path, kind=kind), MOST_ITEMS + 1))
    except ContentError as error:
        answer.send_bytes(json.dumps({"error": [error.reason, error.next_step]}).encode())
        return
    except (MemoryError, RecursionError):
        return
    shown = items[:MOST_ITEMS]
    said = {
        "articles": [with_topics(one).model_dump(mode="json") for one in shown if isinstance(one, Article)],
        "refused": [(clean_title(one.item), one.reason) for one in shown if isinstance(one, Refused)],
        "has_more": len(items) > MOST_ITEMS,
    }
    answer.send_bytes(json.dumps(said).encode())
