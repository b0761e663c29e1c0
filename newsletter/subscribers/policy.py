"""The privacy policy as it stands now: the operator's file, or the shipped draft filled in."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import cached_property, lru_cache
from pathlib import Path
from string import Template

from sqlalchemy import Connection, bindparam, func, select

from newsletter.database import upsert
from newsletter.errors import SettingsError
from newsletter.overrides import stamp
from newsletter.settings import Settings
from newsletter.subscribers.schema import policies


@dataclass(frozen=True, kw_only=True)
class PrivacyPolicy:
    """A policy text in Markdown. *is_draft*: still the one that ships, which an operator must complete."""

    version: str
    text: str
    is_draft: bool

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the text in UTF-8, in hex."""
        return _sha256(self.text)


def load_policy(settings: Settings, *, draft: Path) -> PrivacyPolicy:
    """The policy that *settings* name; without one, *draft* with the publisher's names filled in.

    Read again when the file has changed.

    Raises:
        SettingsError: the file cannot be read as UTF-8 text, or is empty.
    """
    first, own = settings.newsletters[0], settings.privacy_policy
    names = (settings.publisher, settings.postal_address, first.reply_to or first.sender)
    path = own or draft
    version = settings.privacy_version
    return _policy(path, version, None if own else names, stamp([path]))


@lru_cache(maxsize=8)
def _policy(path: Path, version: str, names: tuple[str, str, str] | None, _stamp: object) -> PrivacyPolicy:
    """The policy at *path*; the draft, if there are *names* to fill in: publisher, address and contact."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise SettingsError(f"privacy_policy {path}", "is not UTF-8 text", "Save it in UTF-8.") from error
    except (OSError, ValueError) as error:  # ValueError: no path at all, such as one with a null byte
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(
            f"privacy_policy {path}",
            f"cannot be read: {reason}",
            "Put the policy there, or name another Markdown file in UTF-8.",
        ) from error
    if not text:
        raise SettingsError(f"privacy_policy {path}", "is empty", "Write the policy into it.")
    if names:
        publisher, postal_address, contact = names
        text = Template(text).safe_substitute(
            publisher=publisher, postal_address=postal_address, contact=parseaddr(contact)[1]
        )
    return PrivacyPolicy(version=version, text=text, is_draft=names is not None)


def keep_policy(connection: Connection, policy: PrivacyPolicy, *, now: datetime) -> None:
    """Keep the text that a consent is about to refer to, unless it is kept already."""
    if not connection.execute(_KEPT, {"sha256": policy.sha256}).first():
        row = {"sha256": policy.sha256, "version": policy.version, "text": policy.text, "first_used_at": now}
        # Another process may keep it at this moment.
        connection.execute(upsert(connection.dialect.name, policies).on_conflict_do_nothing(), row)


_KEPT = select(policies.c.sha256).where(policies.c.sha256 == bindparam("sha256"))


def kept_policy(connection: Connection, version: str) -> str | None:
    """The newest text that consents knew under *version*, or None."""
    return connection.execute(
        select(policies.c.text)
        .where(policies.c.version == version)
        .order_by(policies.c.first_used_at.desc())
        .limit(1)
    ).scalar()


@dataclass(frozen=True, kw_only=True)
class KeptVersion:
    """A version that is kept. *first_used_at*: since when."""

    version: str
    first_used_at: datetime


def kept_versions(connection: Connection) -> list[KeptVersion]:
    """Every version that is kept, newest first."""
    began = func.min(policies.c.first_used_at)
    rows = connection.execute(
        select(policies.c.version, began.label("first_used_at"))
        .group_by(policies.c.version)
        .order_by(func.max(policies.c.first_used_at).desc(), policies.c.version)
    )
    return [KeptVersion(version=row.version, first_used_at=row.first_used_at) for row in rows]


def when_kept(connection: Connection, sha256s: Collection[str]) -> dict[str, datetime]:
    """Those of these hashes whose text is kept, as it was, and since when."""
    rows = connection.execute(
        select(policies.c.sha256, policies.c.text, policies.c.first_used_at).where(
            policies.c.sha256.in_([one for one in sha256s if one.isascii()])
        )
    )
    return {row.sha256: row.first_used_at for row in rows if _sha256(row.text) == row.sha256}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
