"""Show what came back: from counters that are kept, and the tray; nothing is counted over the list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from newsletter.feedback import tray
from newsletter.feedback.count import counted_by_reason
from newsletter.feedback.event import Kind, Reason
from newsletter.feedback.reputation import WINDOWS, Rate, Scope, foremost_domains, rates
from newsletter.feedback.tray import Item
from newsletter.workflows.workplace import Workplace

#: So many domains: those that are too bad, then those with most letters. Relays are few.
DOMAINS = 25
TRAY_PAGE = 50
#: Over so many days it is said why letters came back.
REASON_DAYS = 30


@dataclass(frozen=True, slots=True)
class Row:
    """A domain or relay, and how it fared in each window of reputation.WINDOWS (None: no letters)."""

    name: str
    day: Rate | None
    week: Rate

    @property
    def verdict(self) -> str:
        """Why it is too much; "" where it is not."""
        return (self.day.verdict if self.day else "") or self.week.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What the page shows. *following*: the number to go on before in the tray; None on its last page."""

    today: date
    domains: tuple[Row, ...]
    relays: tuple[Row, ...]
    bounces: Mapping[Reason, int]
    complaints: Mapping[Reason, int]
    items: tuple[Item, ...]
    following: int | None


@dataclass(frozen=True, slots=True)
class Raw:
    """One item of the tray and what is kept of it, with nothing in it that a screen would act upon."""

    item: Item
    text: str
    is_cut: bool


def show_feedback(workplace: Workplace, *, before: int | None = None) -> Feedback:
    """What came back lately, and the page of the tray *before* the item with that number."""
    today = workplace.clock.now().date()
    since = today - timedelta(days=REASON_DAYS - 1)
    with workplace.database.read() as connection:
        found = tray.items(connection, before=before, limit=TRAY_PAGE + 1)
        shown = found[:TRAY_PAGE]

        day, week = WINDOWS
        domains = foremost_domains(connection, today=today, days=week, most=2 * DOMAINS)

        def rows(scope: Scope, names: set[str] | None = None) -> tuple[Row, ...]:
            of_week = rates(connection, scope, today=today, days=week, names=names)
            of_day = {one.name: one for one in rates(connection, scope, today=today, days=day, names=names)}
            found = [Row(rate.name, of_day.get(rate.name), rate) for rate in of_week]
            # Most letters first, but before them what is too bad.
            return tuple(sorted(found, key=lambda row: not row.verdict)[:DOMAINS])

        return Feedback(
            today=today,
            domains=rows(Scope.DOMAIN, domains),
            relays=rows(Scope.RELAY),
            bounces=counted_by_reason(connection, Kind.BOUNCE, since=since),
            complaints=counted_by_reason(connection, Kind.COMPLAINT, since=since),
            items=tuple(shown),
            following=shown[-1].id if len(found) > TRAY_PAGE else None,
        )


def show_raw(workplace: Workplace, item_id: int, *, note: Callable[[Connection], None]) -> Raw:
    """One item of the tray as it came, as text: control characters and unseen ones are marked.

    What *note* writes is committed before anything is shown.

    Raises:
        RefusedError: there is none with that number.
        SubscriberError: it was sealed under a key that is gone.
    """
    with workplace.database.write() as connection:
        item = tray.item(connection, item_id)
        octets = tray.content(connection, workplace.keyring, item_id).encode("latin-1")
        note(connection)
    return Raw(item, plain(octets), is_cut=item.octets > len(octets))


def plain(octets: bytes) -> str:
    r"""*octets* as text that only says something: line feeds and tabs stay, all else unprintable is "\ufffd".

    >>> plain(b"a\x1b[31m\r\nb\xe2\x80\xaec")
    'a�[31m\nb�c'
    """
    text = octets.decode("utf-8", "replace").replace("\r\n", "\n")
    return "".join(one if one.isprintable() or one in "\n\t" else "\N{REPLACEMENT CHARACTER}" for one in text)


def dismiss(workplace: Workplace, item_id: int, *, note: Callable[[Connection], None]) -> None:
    """Take one item out of the tray; what *note* writes is committed with it.

    Raises:
        RefusedError: there is none with that number.
    """
    with workplace.database.write() as connection:
        tray.dismiss(connection, item_id)
        note(connection)
