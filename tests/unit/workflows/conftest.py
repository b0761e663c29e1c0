"""What the tests of a reader's life share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from newsletter.delivery.outbox import SystemMail, mails_to, system_mails
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.consent import Action, ConsentRecord, verify_chain
from newsletter.subscribers.ledger import consent_records
from newsletter.subscribers.signup import Asked, SignUp
from newsletter.subscribers.store import active_recipients, find_subscriber, find_subscription
from newsletter.subscribers.subscriber import State, Subscription
from newsletter.subscribers.suppression import Reason, suppress
from newsletter.subscribers.token import Purpose
from newsletter.workflows.confirm import Confirmation, confirm
from newsletter.workflows.subscribe import subscribe
from newsletter.workflows.workplace import Workplace

ADA = "ada@example.org"


class Life:
    """One reader, seen from outside."""

    def __init__(self, workplace: Workplace, address: str = ADA) -> None:
        self.workplace = workplace
        self.address = address

    def at(self, workplace: Workplace) -> Life:
        """The same reader at another time."""
        return Life(workplace, self.address)

    def sign_up(self, newsletter: str = "daily", *also: str, site: str = "") -> Asked:
        signup = SignUp(
            address=self.address,
            newsletter=newsletter,
            also=also,
            site=site,
            door="sign-up page",
            page_url="http://letter.example/subscribe",
            wording="Yes, send it.",
            evidence="POST",
        )
        return subscribe(self.workplace, signup)

    def confirm_token(self, which: int = -1) -> str:
        with self.workplace.database.read() as connection:
            handles = connection.execute(
                select(system_mails.c.handle)
                .where(system_mails.c.kind == "confirmation")
                .order_by(system_mails.c.id)
            ).scalars()
            return self.workplace.keyring.token(Purpose.CONFIRM, list(handles)[which])

    def confirmed(self, newsletter: str = "daily") -> Life:
        assert self.sign_up(newsletter) is Asked.MAILED
        confirm(self.workplace, self.confirm_token(), page_url="http://letter.example/confirm/")
        return self

    def confirm(self, *chosen: str) -> Confirmation:
        """Answer the newest confirmation mail; *chosen*: ticked of what was added since."""
        page = "http://letter.example/confirm/"
        return confirm(self.workplace, self.confirm_token(), page_url=page, chosen=chosen)

    def mailed_token(self) -> str:
        """What the newest confirmation to this reader carries, as long as it has not left."""
        return self.workplace.keyring.token(Purpose.CONFIRM, self.mails()[-1].handle)

    def subscription(self, newsletter: str = "daily") -> Subscription | None:
        with self.workplace.database.read() as connection:
            subscriber = find_subscriber(connection, parse_address(self.address).canonical)
            return find_subscription(connection, subscriber.id, newsletter) if subscriber else None

    def state(self, newsletter: str = "daily") -> State | None:
        found = self.subscription(newsletter)
        return found.state if found else None

    def token(self, purpose: Purpose, newsletter: str = "daily") -> str:
        found = self.subscription(newsletter)
        assert found
        return self.workplace.keyring.token(purpose, found.handle)

    def mails(self) -> list[SystemMail]:
        with self.workplace.database.read() as connection:
            return mails_to(connection, self.address)

    def consents(self) -> list[ConsentRecord]:
        """The chain, which must be whole whenever one looks."""
        with self.workplace.database.read() as connection:
            subscriber = find_subscriber(connection, parse_address(self.address).canonical)
            records = consent_records(connection, subscriber.id) if subscriber else []
        assert verify_chain(records, self.workplace.keyring)
        return records

    def acts(self) -> list[Action]:
        return [record.content.action for record in self.consents()]

    def is_mailed(self, newsletter: str = "daily") -> bool:
        with self.workplace.database.read() as connection:
            return self.address in {each.address for each in active_recipients(connection, newsletter)}

    def suppress(self, reason: Reason) -> None:
        with self.workplace.database.write() as connection:
            suppress(
                connection,
                self.workplace.keyring,
                parse_address(self.address).canonical,
                reason=reason,
                journal=self.workplace.journal,
                now=self.workplace.clock.now(),
            )


@pytest.fixture
def ada(workplace: Workplace) -> Life:
    return Life(workplace)


Later = Callable[..., Workplace]
