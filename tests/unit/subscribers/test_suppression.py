from __future__ import annotations

from sqlalchemy import select

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.subscribers.journal import Journal
from newsletter.subscribers.schema import suppressions
from newsletter.subscribers.suppression import Reason, lift, suppress, suppression_of
from newsletter.subscribers.token import Keyring

ADA = "ada@example.org"
OLD = Keyring({"k1": b"1" * 32})
BOTH = Keyring({"k1": b"1" * 32, "k2": b"2" * 32})


def test_a_suppressed_address_is_known_under_every_key_and_no_table_holds_it(
    database: Database, clock: FixedClock, journal: Journal
) -> None:
    with database.write() as connection:
        assert suppression_of(connection, OLD, ADA) is None
        assert suppress(connection, OLD, ADA, reason=Reason.COMPLAINED, journal=journal, now=clock.now())
        assert suppression_of(connection, BOTH, ADA) is Reason.COMPLAINED
        assert suppression_of(connection, BOTH, "ada@example.com") is None
        assert not suppress(connection, BOTH, ADA, reason=Reason.OPERATOR, journal=journal, now=clock.now())
        row = connection.execute(select(suppressions)).one()
        assert "ada" not in str(row).lower()
        assert row.key_id == "k1"


def test_a_fresh_opt_in_ends_a_bounce_and_never_a_complaint(
    database: Database, clock: FixedClock, journal: Journal
) -> None:
    with database.write() as connection:
        suppress(connection, BOTH, ADA, reason=Reason.BOUNCED, journal=journal, now=clock.now())
        assert lift(connection, BOTH, ADA, journal=journal, now=clock.now())
        assert suppression_of(connection, BOTH, ADA) is None
        suppress(connection, BOTH, ADA, reason=Reason.COMPLAINED, journal=journal, now=clock.now())
        assert not lift(connection, BOTH, ADA, journal=journal, now=clock.now())
        assert suppression_of(connection, BOTH, ADA) is Reason.COMPLAINED


def test_a_complaint_outweighs_a_bounce_whichever_came_first(
    database: Database, clock: FixedClock, journal: Journal
) -> None:
    with database.write() as connection:
        suppress(connection, BOTH, ADA, reason=Reason.BOUNCED, journal=journal, now=clock.now())
        suppress(connection, BOTH, ADA, reason=Reason.COMPLAINED, journal=journal, now=clock.now())
        assert suppression_of(connection, BOTH, ADA) is Reason.COMPLAINED
        assert not suppress(connection, BOTH, ADA, reason=Reason.BOUNCED, journal=journal, now=clock.now())
        assert suppression_of(connection, BOTH, ADA) is Reason.COMPLAINED
