"""The sites in the database: what came through the forms of each, day by day; and their secrets."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from sqlalchemy import Connection, Insert, func, select

from newsletter.database import upsert
from newsletter.subscribers.schema import signup_counts
from newsletter.subscribers.token import Keyring, Purpose


class Step(StrEnum):
    """How far a sign-up came."""

    TAKEN = "taken"
    MAILED = "mailed"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, kw_only=True)
class SiteCount:
    """How many sign-ups of a site were taken, mailed a confirmation, and confirmed."""

    taken: int = 0
    mailed: int = 0
    confirmed: int = 0

    @property
    def confirm_rate(self) -> float | None:
        """What part of the confirmation mails was answered; None before the first."""
        return self.confirmed / self.mailed if self.mailed else None


def count_steps(connection: Connection, site: str, *steps: Step, on: date) -> None:
    """Count one sign-up of *site* ("" for none) that took these *steps*, on the UTC date it came in."""
    row = {"site": site, "counted_on": on} | dict.fromkeys(Step, 0) | dict.fromkeys(steps, 1)
    connection.execute(_one_more(connection.dialect.name, steps), row)


@cache
def _one_more(dialect: str, steps: tuple[Step, ...]) -> Insert:
    return upsert(dialect, signup_counts).on_conflict_do_update(
        index_elements=[signup_counts.c.site, signup_counts.c.counted_on],
        set_={step.value: signup_counts.c[step.value] + 1 for step in steps},
    )


def counts_of(connection: Connection, *, since: date) -> dict[str, SiteCount]:
    """Per site, the sign-ups that came in on *since* or later."""
    sums = [func.sum(signup_counts.c[step.value]).label(step.value) for step in Step]
    rows = connection.execute(
        select(signup_counts.c.site, *sums)
        .where(signup_counts.c.counted_on >= since)
        .group_by(signup_counts.c.site)
    ).mappings()
    return {row["site"]: SiteCount(**{step.value: int(row[step.value]) for step in Step}) for row in rows}


def counts_by_day(connection: Connection, *, since: date) -> dict[date, SiteCount]:
    """Of every site together, the sign-ups that came in on each UTC date from *since*."""
    sums = [func.sum(signup_counts.c[step.value]).label(step.value) for step in Step]
    rows = connection.execute(
        select(signup_counts.c.counted_on, *sums)
        .where(signup_counts.c.counted_on >= since)
        .group_by(signup_counts.c.counted_on)
    ).mappings()
    return {
        row["counted_on"]: SiteCount(**{step.value: int(row[step.value]) for step in Step}) for row in rows
    }


def site_secret(keyring: Keyring, key: str, *, kid: str | None = None) -> str:
    """What the server of a site proves itself by: good for as long as its key is in the key file."""
    mac = keyring.mac(Purpose.SITE, key.encode(), kid=kid)
    return "site_" + urlsafe_b64encode(mac).rstrip(b"=").decode("ascii")
