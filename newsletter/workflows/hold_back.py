"""Hold back: confirmation mails leave no faster than a person's own sign-ups would bring them.

Whoever floods our forms with other people's addresses makes us the sender. So what forms ask for is paced,
by domain and by site, when it leaves: a mail over the limit waits and is not lost, and no visitor can tell.
When hardly anybody confirms any more, a breaker lets out only a few an hour, and the operator is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.delivery.outbox import MailKind, SystemMail, answered, let_go
from newsletter.rendering.notice import Alert
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.breaker import Breaker, close_breaker, find_breaker, open_breaker
from newsletter.subscribers.domain import PROVIDERS
from newsletter.subscribers.limit import opens_at, within_limit
from newsletter.subscribers.link import MailedLink, keep_open, link_by_handle
from newsletter.workflows.alert import alert
from newsletter.workflows.workplace import Workplace

BREAKER = "sign-ups"
#: Why a held mail waits, as its row says.
HELD = "held back: hardly anybody confirms"
#: Over so long a time the rate is looked at; the newest are left out, whose readers have not seen them yet.
LOOK_BACK, SEEN_AFTER = timedelta(hours=24), timedelta(minutes=30)
LOOK_EVERY = timedelta(seconds=10)
#: In a list with double opt-in well over half confirm; below this, of at least so many, it is somebody else
#: who types the addresses.
LEAST_RATE, LEAST_MAILS = 0.2, 100
#: What goes out in an hour while the breaker is open: enough that a rate which recovers shows.
TRICKLE = 20
#: So many may go to one domain in an hour; to a large mailbox provider more.
TO_A_DOMAIN, TO_A_PROVIDER = 100, 1000
#: Of a site that is no longer configured.
_FROM_A_SITE = 600
_HOUR = timedelta(hours=1)
_TOLD = "confirmation mails of sign-up forms are held back: "


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A mail waits *until* then, and *why*."""

    until: datetime
    why: str


class RateWatch:
    """Whether the breaker is open, looked at anew every LOOK_EVERY: it takes a walk over a day's mails."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._looked_at: datetime | None = None
        self._is_open = False

    def is_open(self) -> bool:
        """Whether confirmation mails are held back now."""
        now = self._workplace.clock.now()
        if self._looked_at is None or abs(now - self._looked_at) >= LOOK_EVERY:
            self._looked_at, self._is_open = now, look_at_rate(self._workplace)
        return self._is_open


def look_at_rate(workplace: Workplace) -> bool:
    """Open or close the breaker by how many confirm; whether it is open. The operator is told once."""
    now = workplace.clock.now()
    with workplace.database.read() as connection:
        was_open, fault = _rate(connection, now=now)
    if was_open != bool(fault):
        with workplace.database.write() as connection:
            was_open, fault = _rate(connection, now=now)
            if fault:
                open_breaker(connection, BREAKER, reason=fault, now=now)
                alert(connection, workplace, Alert.SIGNUPS, reason=_TOLD + fault, now=now)
            elif was_open:
                _close(connection, now=now)
    return bool(fault)


def _rate(connection: Connection, *, now: datetime) -> tuple[bool, str]:
    """Whether the breaker is open, and why it should be ("" if it should not)."""
    found, since, until = find_breaker(connection, BREAKER), now - LOOK_BACK, now - SEEN_AFTER
    if found is not None and found.is_open:
        # What was let out since then has to show that people answer; that little goes out shows nothing.
        left, confirmed = answered(connection, since=max(since, found.opened_at), until=until)
        is_well = left >= TRICKLE and confirmed >= LEAST_RATE * left
        return True, "" if is_well else found.reason
    if found is not None and found.closed_at is not None:
        since = max(since, found.closed_at)
    left, confirmed = answered(connection, since=since, until=until)
    is_low = left >= LEAST_MAILS and confirmed < LEAST_RATE * left
    return False, f"of {left} people asked by mail in the last day, {confirmed} confirmed" if is_low else ""


def release(workplace: Workplace, *, note: Callable[[Connection], None]) -> bool:
    """Let everything go on that is held, on an operator's word; False when nothing was.

    What *note* writes is committed with it, if something was.
    """
    with workplace.database.write() as connection:
        is_done = _close(connection, now=workplace.clock.now())
        if is_done:
            note(connection)
        return is_done


def breaker_of(workplace: Workplace) -> Breaker | None:
    """How the breaker of sign-ups stands; None when it never opened."""
    with workplace.database.read() as connection:
        return find_breaker(connection, BREAKER)


def hold_back(
    connection: Connection, workplace: Workplace, mail: SystemMail, *, is_open: bool
) -> Hold | None:
    """Whether *mail* has to wait, if a form asked for it: None for now; otherwise it is counted as sent.

    *is_open*: the breaker (look_at_rate).
    """
    link = link_by_handle(connection, mail.handle) if mail.kind is MailKind.CONFIRMATION else None
    if link is None or not link.site:
        return None
    for what, who, limit in _limits(workplace, mail, link, is_open=is_open):
        counted = {"what": what, "who": who}
        if not _is_within(connection, workplace, limit=limit, **counted):
            until = _until(connection, workplace, limit=limit, **counted)
            # The reader has two days from when the mail comes.
            keep_open(connection, link, until=until + link.kind.lasts)
            why = HELD if what == BREAKER else f"waits: {limit} an hour for its {what}"
            return Hold(until=until, why=why)
    return None


def _limits(
    workplace: Workplace, mail: SystemMail, link: MailedLink, *, is_open: bool
) -> list[tuple[str, str, int]]:
    """What is counted, by whom, and how much of it an hour has room for."""
    domain = parse_address(mail.recipient).canonical.rpartition("@")[2]
    sites = {site.key: site.signups_an_hour for site in workplace.settings.every_site}
    return [
        *([(BREAKER, "everybody", TRICKLE)] if is_open else []),
        ("domain", domain, TO_A_PROVIDER if domain in PROVIDERS else TO_A_DOMAIN),
        ("site", link.site, sites.get(link.site, _FROM_A_SITE)),
    ]


def _is_within(connection: Connection, workplace: Workplace, *, what: str, who: str, limit: int) -> bool:
    keyring, now = workplace.keyring, workplace.clock.now()
    return within_limit(connection, keyring, what=what, who=who, limit=limit, window=_HOUR, now=now)


def _until(connection: Connection, workplace: Workplace, *, what: str, who: str, limit: int) -> datetime:
    keyring, now = workplace.keyring, workplace.clock.now()
    return opens_at(connection, keyring, what=what, who=who, limit=limit, window=_HOUR, now=now)


def _close(connection: Connection, *, now: datetime) -> bool:
    let_go(connection, why=HELD, now=now)
    return close_breaker(connection, BREAKER, now=now)
