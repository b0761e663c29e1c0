"""Proof of work: what a browser computes before it may sign up (the ALTCHA protocol, version 2).

It makes each request of a bot cost something, and no more than that: a headless browser solves it like any
other, so the limits stand behind it (standards, section 6). A solution is good for once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from altcha import create_challenge, verify_solution
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from newsletter.subscribers.schema import spent_challenges
from newsletter.subscribers.token import Keyring, Purpose

#: As long as a form may stay open over a phone call.
LASTS = timedelta(minutes=20)
#: PBKDF2 runs natively in every browser; about half a second of one core of a cheap phone on average.
_ALGORITHM, _ROUNDS = "PBKDF2/SHA-256", 1000
_LEAST, _SPREAD = 60, 140
#: A solution is some 700 characters of base64.
_MOST = 4000


@dataclass(frozen=True)
class Solved:
    """A solution that is right: which challenge it answers, and until when it would be taken."""

    digest: bytes
    ends_at: datetime


def new_challenge(keyring: Keyring, *, now: datetime) -> dict[str, Any]:
    """A fresh challenge as JSON: {"parameters": {…}, "signature": hex}. Nothing is stored."""
    made = create_challenge(
        _ALGORITHM,
        _ROUNDS,
        counter=_LEAST + secrets.randbelow(_SPREAD),
        expires_at=int((now + LASTS).timestamp()),
        hmac_secret=keyring.mac(Purpose.CHALLENGE, b"challenge"),
        hmac_key_secret=keyring.mac(Purpose.CHALLENGE, b"key"),
    )
    challenge: dict[str, Any] = made.to_dict()
    return challenge


def read_solution(keyring: Keyring, payload: str, *, now: datetime) -> Solved | None:
    """What *payload* (base64 of {"challenge", "solution"}) solves; None when it is wrong or too old."""
    if len(payload) > _MOST or not payload.isascii():
        return None
    found = verify_solution(
        payload,
        keyring.mac(Purpose.CHALLENGE, b"challenge"),
        hmac_key_secret=keyring.mac(Purpose.CHALLENGE, b"key"),
    )
    if not found.verified:
        return None
    try:
        challenge = json.loads(base64.b64decode(payload))["challenge"]
        ends_at = datetime.fromtimestamp(challenge["parameters"]["expiresAt"], UTC)
        signature = bytes.fromhex(challenge["signature"])
    except (binascii.Error, ValueError, KeyError, TypeError, OverflowError):
        return None
    # The library asks the machine's own clock; this is ours.
    return Solved(hashlib.sha256(signature).digest(), ends_at) if now < ends_at else None


def spend(connection: Connection, solved: Solved) -> bool:
    """Use a solution up; False when it was used before (CVE-2025-68113 was this, left undone)."""
    try:
        with connection.begin_nested():
            connection.execute(insert(spent_challenges).values(digest=solved.digest, ends_at=solved.ends_at))
    except IntegrityError:
        return False
    return True
