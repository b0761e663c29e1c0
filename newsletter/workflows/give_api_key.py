"""Give a program a key to the JSON API, take one back, and tell whether one that came is good."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from newsletter.errors import SettingsError
from newsletter.subscribers import api_key
from newsletter.subscribers.api_key import ApiKey, Scope, Wanted
from newsletter.workflows.workplace import Workplace

#: What is written down of an act in the same transaction, given the number of the key.
Note = Callable[[Connection, int], None]


@dataclass(frozen=True, slots=True)
class Given:
    """A key that was made. *key* is shown once: it is not kept."""

    id: int
    key: str


def _nothing(_connection: Connection, _key_id: int) -> None:
    pass


def made(key_id: int) -> tuple[str, str]:
    """Act and subject of the audit line of a key that was made."""
    return "make API key", f"API key {key_id}"


def taken_back(key_id: int) -> tuple[str, str]:
    """Act and subject of the audit line of a key that was revoked."""
    return "revoke API key", f"API key {key_id}"


def about(wanted: Wanted) -> dict[str, str]:
    """What the audit says of a key: what it is good for, and nothing of the key."""
    return {"site": wanted.site, "scope": wanted.scope.value, "newsletter": wanted.newsletter}


def give_api_key(
    workplace: Workplace,
    wanted: Wanted,
    *,
    note: Note = _nothing,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Given:
    """Make the key that is *wanted*; what *note* writes is committed with it.

    Raises:
        SettingsError: there is no such site, or it does not offer that newsletter.
        SubscriberError: the key has no name, or could do nothing.
        RefusedError: there are too many keys, or one of that name for the same.
    """
    site = workplace.settings.site(wanted.site)
    offered = [each.name for each in workplace.settings.offered_by(site)]
    if wanted.newsletter and wanted.newsletter not in offered:
        raise SettingsError(
            f"newsletter {wanted.newsletter!r}", f"is not offered by the site {site.key!r}",
            f"It offers: {', '.join(offered)}.",
        )  # fmt: skip
    with workplace.database.write() as connection:
        key_id, key = api_key.make(connection, wanted, random=random, now=workplace.clock.now())
        note(connection, key_id)
    return Given(key_id, key)


def revoke_api_key(workplace: Workplace, key_id: int, *, note: Note = _nothing) -> ApiKey:
    """Take a key back, at once; what *note* writes is committed with it. Harmless to repeat.

    Raises:
        RefusedError: there is none with that number.
    """
    with workplace.database.write() as connection:
        revoked = api_key.revoke(connection, key_id, now=workplace.clock.now())
        note(connection, key_id)
    return revoked


def api_keys(workplace: Workplace) -> list[ApiKey]:
    """The keys that are good, and the latest of those that were taken back; the newest first."""
    with workplace.database.read() as connection:
        return api_key.keys(connection)


def key_for(workplace: Workplace, given: str, *, scope: Scope, site: str) -> ApiKey | None:
    """The key that came with a request, if it is good for that; the day of its use is kept."""
    today = workplace.clock.now().date()
    with workplace.database.read() as connection:
        found = api_key.find(connection, given, scope=scope, site=site)
    if found is not None and (found.used_on is None or found.used_on < today):
        with workplace.database.write() as connection:
            api_key.note_use(connection, found, on=today)
    return found
