"""A Maildir (https://cr.yp.to/proto/maildir.html) that an MTA delivers to, and that nothing else reads.

What is new lies in ``new/``. Once taken it goes to ``cur/``, with the flag S (seen) unless a person should
look at it. Anybody on the machine who may write there can put anything there, so a name is never followed.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from newsletter.errors import DeliveryError
from newsletter.feedback.incoming import Incoming, read_bounded

log = logging.getLogger(__name__)

_MAKE = "Your mail server makes it with the first message: send one, or name another folder in mailbox_url."
_STEP = "The user that runs the newsletter must own it: see docs/how-to/collect-what-comes-back.md."
#: Neither a symbolic link is followed, nor a pipe waited for.
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

#: What os.open says of a name that is gone, a symbolic link, a socket, or of somebody else's file.
_NOT_OURS = frozenset({errno.ENOENT, errno.ELOOP, errno.ENXIO, errno.EACCES, errno.EPERM})
#: A name has 255 octets at most, and gets more.
_MOST_OF_NAME = 200


class Maildir:
    """The Maildir in *folder*."""

    source = "maildir"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def open(self) -> Iterator[Iterator[Incoming]]:
        """The messages in new/; those that an MTA adds meanwhile may come or wait for the next time.

        Raises:
            DeliveryError: it is no Maildir, or not ours to read and write.
        """
        with self._faults():
            for name in ("new", "cur"):
                if not (self._folder / name).is_dir():
                    raise DeliveryError(f"Maildir {self._folder}", f"has no folder {name}/", _MAKE)
                if not os.access(self._folder / name, os.R_OK | os.W_OK | os.X_OK):
                    raise DeliveryError(
                        f"Maildir {self._folder}", f"{name}/ cannot be read and written by this user", _STEP
                    )
            entries = os.scandir(self._folder / "new")
        with entries:
            yield self._messages(entries)

    def _messages(self, entries: Iterator[os.DirEntry[str]]) -> Iterator[Incoming]:
        passed_over = 0
        for entry in entries:
            if entry.name.startswith("."):
                continue
            with self._faults():
                incoming = self._read(entry.name)
            if incoming is not None:
                yield incoming
            else:
                passed_over += 1
        if passed_over:
            log.warning("%d in new/ of Maildir %s cannot be read, and stay there", passed_over, self._folder)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DeliveryError(
                f"Maildir {self._folder}", f"cannot be used: {error.strerror}", _STEP
            ) from error

    def _read(self, name: str) -> Incoming | None:
        """The message called *name*; None for what is no file, or not ours: it stays where it is."""
        try:
            descriptor = os.open(self._folder / "new" / name, _OPEN)
        except OSError as error:
            if error.errno in _NOT_OURS:
                return None
            raise
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            return None
        with os.fdopen(descriptor, "rb") as file:
            raw, is_cut = read_bounded(file)
        return Incoming(raw=raw, is_cut=is_cut, mark=partial(self._mark, name))

    def _mark(self, name: str, is_read: bool) -> None:  # noqa: FBT001 - see Incoming
        """Move it to cur/; never over another one that has its name there."""
        here, unique = self._folder / "new" / name, name.partition(":")[0][:_MOST_OF_NAME]
        with self._faults():
            for number in count():
                suffix = f".{number}" if number else ""
                there = self._folder / "cur" / f"{unique}{suffix}:2,{'S' if is_read else ''}"
                try:
                    os.link(here, there, follow_symlinks=False)
                    here.unlink()
                except FileExistsError:
                    continue
                except FileNotFoundError:
                    pass  # another process has taken it, too
                return
