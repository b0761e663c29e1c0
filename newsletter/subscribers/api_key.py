"""Keys to the JSON API: each for one site and one purpose, kept as a hash, and taken back at any time.

A key is 256 random bits, so that a plain SHA-256 is enough to keep of it: nobody finds it by guessing.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from newsletter.errors import RefusedError, SubscriberError
from newsletter.subscribers.schema import api_keys

#: What every key begins with, so that one that was published is recognised (and a site's secret is not one).
MARK = "nlkey_"
_SHOWN = len(MARK) + 4
#: So many at a time: more keys than this are more than anybody looks after.
MOST = 100


class Scope(StrEnum):
    """What a key is good for."""

    SIGN_UP = "sign-up"  # sign people up
    READ = "read"  # read how many signed up


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A key that is to be made. *newsletter*: it signs up to that one only; "": to all the site offers."""

    name: str
    site: str
    scope: Scope
    newsletter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What is kept of a key. *beginning*: its first characters, to tell it by."""

    id: int
    name: str
    beginning: str
    scope: Scope
    site: str
    newsletter: str
    made_at: datetime
    used_on: date | None
    revoked_at: datetime | None

    def allows(self, *newsletters: str) -> bool:
        """Whether it may sign up to all of these."""
        return not self.newsletter or set(newsletters) <= {self.newsletter}


def make(
    connection: Connection, wanted: Wanted, *, random: Callable[[int], bytes], now: datetime
) -> tuple[int, str]:
    """Make a key; its number, and the key itself, which is not kept.

    Raises:
        SubscriberError: it has no name that can be shown, or it could do nothing.
        RefusedError: there are too many keys already, or one of that name for the same.
    """
    name = wanted.name.strip()
    if not name or len(name) > 60 or not name.isprintable():
        raise SubscriberError(
            "the name of the key", "is empty, too long or not one line", "Use 1 to 60 letters."
        )
    if wanted.newsletter and wanted.scope is Scope.READ:
        reason = "cannot be for one newsletter: what is read is counted by site"
        raise SubscriberError(f"API key {name!r}", reason, "Leave the newsletter out, or make a sign-up key.")
    in_use = select(api_keys.c.id).where(api_keys.c.revoked_at.is_(None)).limit(MOST)
    if len(connection.execute(in_use).all()) >= MOST:
        raise RefusedError("API keys", f"there are {MOST} already", "Revoke those that nobody uses any more.")
    # Also what a page that is loaded again sends once more: it makes no second key that nobody knows of.
    same = in_use.where(
        api_keys.c.name == name,
        api_keys.c.site == wanted.site,
        api_keys.c.scope == wanted.scope.value,
        api_keys.c.newsletter == wanted.newsletter,
    )
    if connection.execute(same).first() is not None:
        step = "Give it another name, or revoke the one that is there."
        raise RefusedError(f"API key {name!r}", "is there already for the same purpose", step)
    key = MARK + urlsafe_b64encode(random(32)).rstrip(b"=").decode("ascii")
    result = connection.execute(
        insert(api_keys).values(
            name=name, digest=_digest(key), beginning=key[:_SHOWN], scope=wanted.scope.value,
            site=wanted.site, newsletter=wanted.newsletter, made_at=now,
        )
    )  # fmt: skip
    return int(result.inserted_primary_key[0]), key  # type: ignore[index] # one row, one key


def keys(connection: Connection) -> list[ApiKey]:
    """The keys that are good, and the latest of those that were taken back; the newest first."""
    is_good = api_keys.c.revoked_at.is_(None)
    return [
        *_read(connection, is_good, limit=MOST),
        *_read(connection, ~is_good, limit=20),
    ]


def find(connection: Connection, given: str, *, scope: Scope, site: str) -> ApiKey | None:
    """The key that was *given*, if it is good for that."""
    if not given.startswith(MARK):
        return None
    mine = (api_keys.c.digest == _digest(given)) & api_keys.c.revoked_at.is_(None)
    fits = (api_keys.c.scope == scope.value) & (api_keys.c.site == site)
    return next(iter(_read(connection, mine & fits, limit=1)), None)


def note_use(connection: Connection, key: ApiKey, *, on: date) -> None:
    """Keep the day on which the key was used last; nothing finer, and one write a day."""
    is_news = or_(api_keys.c.used_on.is_(None), api_keys.c.used_on < on)
    connection.execute(update(api_keys).where(api_keys.c.id == key.id, is_news).values(used_on=on))


def revoke(connection: Connection, key_id: int, *, now: datetime) -> ApiKey:
    """Take a key back: from now on it is good for nothing. Harmless to repeat.

    Raises:
        RefusedError: there is none with that number.
    """
    mine = api_keys.c.id == key_id
    connection.execute(update(api_keys).where(mine, api_keys.c.revoked_at.is_(None)).values(revoked_at=now))
    found = next(iter(_read(connection, mine, limit=1)), None)
    if found is None:
        raise RefusedError(f"API key {key_id}", "is not there", "See which are: newsletter keys api list")
    return found


def _read(connection: Connection, wanted: ColumnElement[bool], *, limit: int) -> list[ApiKey]:
    columns = [each for each in api_keys.c if each.name != "digest"]
    rows = connection.execute(select(*columns).where(wanted).order_by(api_keys.c.id.desc()).limit(limit))
    return [ApiKey(**{**row._mapping, "scope": Scope(row.scope)}) for row in rows]  # noqa: SLF001 - public name


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
