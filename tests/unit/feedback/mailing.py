"""Readers, and letters that they were sent: written into the ledger as a run writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import insert, select, update

from newsletter.delivery.delivery import State
from newsletter.delivery.ledger import deliveries
from newsletter.delivery.message import message_id, return_path
from newsletter.feedback.event import Event, Kind, Permanence, Reason
from newsletter.issues.issue import Issue
from newsletter.issues.store import issues
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.member import Member, members_by_address
from newsletter.subscribers.schema import subscriptions
from newsletter.subscribers.store import add_subscriber, add_subscription
from newsletter.subscribers.subscriber import State as Standing
from newsletter.subscribers.suppression import Reason as Suppression
from newsletter.subscribers.suppression import suppression_of
from newsletter.workflows.workplace import Workplace
from tests.unit.kept import recount

MAILBOX = "bounces@letter.example"


@dataclass
class Mailing:
    """A list of readers and the letters to them."""

    workplace: Workplace

    def join(self, *addresses: str, newsletter: str = "daily") -> None:
        """Readers of *newsletter*, who opted in a month ago."""
        now = self.workplace.clock.now() - timedelta(days=30)
        with self.workplace.database.write() as connection:
            for given in addresses:
                address = parse_address(given)
                reader = add_subscriber(
                    connection, address, handle=_handle(given, "reader"), suppressed=False, now=now
                )
                add_subscription(
                    connection,
                    reader.id,
                    newsletter,
                    state=Standing.ACTIVE,
                    handle=_handle(given, newsletter),
                    now=now,
                )

    def send(
        self,
        *addresses: str,
        on: date | None = None,
        newsletter: str = "daily",
        state: State = State.ACCEPTED,
        relay: str = "",
        finished: bool = True,
        **said: object,
    ) -> int:
        """The issue of *on* (default: today) as it stands once these readers' letters are in *state*."""
        now = self.workplace.clock.now()
        day = on or now.date()
        began = datetime.combine(day, now.timetz())
        with self.workplace.database.write() as connection:
            document = Issue(
                newsletter=newsletter,
                issued_on=day,
                subject="Health",
                preheader="Today",
                picks=(),
                seed="seed",
                snapshot="snapshot",
            )
            known = (issues.c.newsletter == newsletter) & (issues.c.issued_on == day)
            issue_id = connection.scalar(select(issues.c.id).where(known))
            if issue_id is None:
                result = connection.execute(
                    insert(issues).values(
                        newsletter=newsletter, issued_on=day, state="sent",
                        document=document.model_dump_json(), composed_at=began,
                        started_at=began, audience_at=began, finished_at=began if finished else None,
                    )
                )  # fmt: skip
                (issue_id,) = result.inserted_primary_key or (0,)
            members = members_by_address(connection, [parse_address(one).canonical for one in addresses])
            rows = [
                {
                    "issue_id": issue_id, "subscription_id": each.id, "state": state.value, "attempts": 1,
                    "queued_at": began, "changed_at": began, "relay": relay, **said,
                }
                for one in members.values()
                for each in one.subscriptions
                if each.newsletter == newsletter
            ]  # fmt: skip
            if rows:
                connection.execute(insert(deliveries), rows)
                recount(connection)
        return int(issue_id)

    def finish(self, issue_id: int) -> None:
        with self.workplace.database.write() as connection:
            now = self.workplace.clock.now()
            connection.execute(update(issues).where(issues.c.id == issue_id).values(finished_at=now))

    def opt_in_anew(self, address: str, *, days_ago: int) -> None:
        now = self.workplace.clock.now() - timedelta(days=days_ago)
        subscriber_id = self.member(address).subscriber.id
        with self.workplace.database.write() as connection:
            mine = subscriptions.c.subscriber_id == subscriber_id
            connection.execute(update(subscriptions).where(mine).values(confirmed_at=now))

    def member(self, address: str) -> Member:
        canonical = parse_address(address).canonical
        with self.workplace.database.read() as connection:
            return members_by_address(connection, [canonical])[canonical]

    def states(self, address: str) -> list[Standing]:
        return [each.state for each in self.member(address).subscriptions]

    def suppression(self, address: str) -> Suppression | None:
        with self.workplace.database.read() as connection:
            return suppression_of(connection, self.workplace.keyring, parse_address(address).canonical)

    def suppressed(self, addresses: Iterable[str]) -> set[str]:
        return {one for one in addresses if self.suppression(one)}

    def ledger(self, address: str) -> list[State]:
        """What became of each letter, oldest first."""
        ids = [each.id for each in self.member(address).subscriptions]
        rows = (
            select(deliveries.c.state)
            .join(issues, issues.c.id == deliveries.c.issue_id)
            .where(deliveries.c.subscription_id.in_(ids))
            .order_by(issues.c.issued_on, deliveries.c.id)
        )
        with self.workplace.database.read() as connection:
            return [State(state) for state in connection.scalars(rows)]

    def path(self, address: str, newsletter: str = "daily") -> str:
        return return_path(self.workplace.keyring, MAILBOX, self._subscription(address, newsletter))

    def mail_id(self, address: str, *, on: date | None = None, newsletter: str = "daily") -> str:
        day = on or self.workplace.clock.now().date()
        handle = self._subscription(address, newsletter).hex()
        parts = (newsletter, day.isoformat(), handle)
        return message_id(self.workplace.keyring, *parts, domain="letter.example")

    def _subscription(self, address: str, newsletter: str) -> bytes:
        subscriptions = self.member(address).subscriptions
        return next(each.handle for each in subscriptions if each.newsletter == newsletter)


def _handle(address: str, what: str) -> bytes:
    return sha256(f"{address} {what}".encode()).digest()[:12]


def bounce(**said: object) -> Event:
    """The address does not exist, unless something else is said."""
    words: dict[str, object] = {
        "kind": Kind.BOUNCE,
        "status": "5.1.1",
        "permanence": Permanence.PERMANENT,
        "reason": Reason.NO_ADDRESS,
    }
    return Event(**{**words, **said})  # type: ignore[arg-type] # of the fields' types


def full(**said: object) -> Event:
    """The mailbox is full."""
    words = {"status": "4.2.2", "permanence": Permanence.TEMPORARY, "reason": Reason.MAILBOX_FULL}
    return bounce(**{**words, **said})


def blocked(**said: object) -> Event:
    """Refused because of us."""
    return bounce(**{"status": "5.7.1", "reason": Reason.BLOCKED, **said})


def complaint(**said: object) -> Event:
    """Reported as spam."""
    return Event(**{"kind": Kind.COMPLAINT, "reason": Reason.SPAM, **said})  # type: ignore[arg-type]
