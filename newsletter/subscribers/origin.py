"""Where an act came from: kept sealed beside its consent record for some weeks, to answer an abuse report."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.token import Keyring, Purpose


@dataclass(frozen=True)
class Origin:
    """A visitor's network address and what their browser calls itself; at most 200 characters of that."""

    ip: str
    agent: str = ""


def seal_origin(keyring: Keyring, origin: Origin | None, *, subscriber_id: int) -> bytes | None:
    """*origin* for the table of consents; None for none."""
    if origin is None:
        return None
    said = json.dumps({"ip": origin.ip, "agent": origin.agent[:200]})
    return Sealer(keyring, Purpose.ORIGIN).seal(said, owner=subscriber_id)


def open_origin(keyring: Keyring, sealed: bytes, *, subscriber_id: int) -> dict[str, str]:
    """What was sealed, as {"ip", "agent"}.

    Raises:
        SubscriberError: another key file sealed it.
    """
    said = json.loads(Sealer(keyring, Purpose.ORIGIN).open(sealed, owner=subscriber_id))
    return asdict(Origin(**said))
