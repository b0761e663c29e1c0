"""A list that an operator uploads: looked at first, then brought in. No copy of it is kept."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from newsletter.errors import RefusedError, SubscriberError
from newsletter.subscribers.transfer.mapped import mapped
from newsletter.subscribers.transfer.progress import progress_key
from newsletter.subscribers.transfer.recognise import Format, RecognisedList, recognise, shown
from newsletter.subscribers.transfer.table import Table, read_table
from newsletter.workflows.import_subscribers import ImportReport, Manner, import_subscribers
from newsletter.workflows.workplace import Workplace

#: A larger list is for the command line, which goes on where it was stopped.
MOST_OCTETS = 8 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that was sent. *name*: as the browser told it, for messages alone."""

    octets: BinaryIO
    size: int
    name: str

    @property
    def label(self) -> str:
        """The name without folders, short and printable."""
        return shown(self.name.replace("\\", "/").rpartition("/")[2]) or "list"


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """How it is to be taken. *format*: "" to recognise it; *columns*: the operator's own, by meaning.

    *looked_at*: the hash of the file that the operator has seen a report about; "" to look only.
    """

    newsletter: str
    format: str = ""
    basis: str = ""
    refuse_unproved: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    looked_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became, or (*is_dry*) would become, of the rows; and how the file was read."""

    name: str
    format: str
    used: Mapping[str, str]
    unused: tuple[str, ...]
    header: tuple[str, ...]
    sha256: str
    newsletter: str
    report: ImportReport
    is_dry: bool


def take_upload(
    workplace: Workplace, upload: Upload, wishes: Wishes, *, begin: Callable[[str], None]
) -> Taken:
    """Look at *upload*, or bring it in where it is the file that was looked at.

    *begin* is told the newsletter before the first row is brought in, once nothing stands against it.

    Raises:
        SubscriberError: it cannot be read as a list.
        RefusedError: it is too large, empty, or another file than the one that was looked at.
        SettingsError: there is no such newsletter.
    """
    if not upload.size:
        raise RefusedError("the file", "is missing or empty", "Choose a CSV file.")
    if upload.size > MOST_OCTETS:
        raise RefusedError(
            "the file",
            f"is larger than {MOST_OCTETS // 1024 // 1024} MB",
            "Bring it in by `newsletter subscribers import`, which goes on where it was stopped.",
        )
    newsletter = workplace.settings.list_of(wishes.newsletter or None).name
    shared = _Shared(upload.octets)
    found = _recognised(read_table(shared.open, upload.label), wishes, newsletter)
    is_dry = not wishes.looked_at
    if not is_dry and wishes.looked_at != found.table.sha256:
        raise RefusedError(
            "the file", "is not the one that you looked at", "Look at this one first, then bring it in."
        )
    if not is_dry:
        begin(newsletter)
    report = import_subscribers(
        workplace,
        found,
        newsletter=newsletter,
        basis=wishes.basis,
        dry_run=is_dry,
        manner=Manner(refuse_unproved=wishes.refuse_unproved, key="" if is_dry else _key(found, wishes)),
    )
    is_headless = "headless" in found.columns or any("@" in name for name in found.table.header)
    return Taken(
        name=upload.label,
        format=found.format,
        used=found.used,
        unused=tuple(found.unused),
        header=() if is_headless else tuple(filter(None, map(shown, found.table.header))),
        sha256=found.table.sha256,
        newsletter=newsletter,
        report=report,
        is_dry=is_dry,
    )


def _recognised(table: Table, wishes: Wishes, newsletter: str) -> RecognisedList:
    named = {meaning: column for meaning, column in wishes.columns.items() if column}
    if named:
        return mapped(table, named, newsletter=newsletter)
    try:
        wanted = Format(wishes.format) if wishes.format else None
    except ValueError:
        raise SubscriberError("the format", "is none that is known", "Choose one of the list.") from None
    return recognise(table, wanted=wanted, newsletter=newsletter)


def _key(found: RecognisedList, wishes: Wishes) -> str:
    how = (found.format, found.newsletter, wishes.basis.strip(), str(wishes.refuse_unproved))
    return progress_key(found.table.sha256, *how, *(f"{a}={b}" for a, b in sorted(wishes.columns.items())))


class _Shared:
    """One open file as several that are each read from their own start."""

    def __init__(self, octets: BinaryIO) -> None:
        self._octets = octets
        self._turn = threading.Lock()

    def open(self) -> BinaryIO:
        """The file from its start; closing it leaves the upload open."""
        return io.BufferedReader(_View(self))

    def read_at(self, place: int, buffer: memoryview) -> int:
        """Fill *buffer* with what is at *place*; how much that was."""
        with self._turn:
            self._octets.seek(place)
            data = self._octets.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _View(io.RawIOBase):
    def __init__(self, shared: _Shared) -> None:
        super().__init__()
        self._shared = shared
        self._place = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # any writable buffer is given as this
        read = self._shared.read_at(self._place, memoryview(buffer).cast("B"))
        self._place += read
        return read
