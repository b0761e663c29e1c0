"""What became of an issue's messages, counted for a verdict."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import update

from newsletter.delivery import ledger
from newsletter.delivery.ledger import deliveries
from newsletter.delivery.tally import outcome_tally
from newsletter.delivery.total import fold_subscriptions
from newsletter.delivery.verdict import OutcomeTally
from newsletter.issues import store as issue_store
from newsletter.workflows.compose import compose
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers, fill
from tests.unit.kept import recount

DAY = date(2026, 3, 3)
FATES = [
    ("accepted", 250, "2.0.0"),
    ("accepted", 250, "2.0.0"),
    ("deferred", 451, "4.7.1"),
    ("deferred", None, None),
    ("rejected", 550, "5.1.1"),
    ("rejected", 550, "5.7.26"),
    ("rejected", 550, "5.7.1"),
    ("rejected", 552, "5.3.4"),
    ("rejected", 554, "5.6.0"),
    ("rejected", 550, None),
    ("unknown", None, None),
    ("queued", None, None),
    ("bounced", 250, "5.1.1"),
    ("complained", 250, None),
]


@pytest.fixture
def issue_id(workplace: Workplace) -> int:
    """An issue for which every fate of FATES was met once."""
    fill(workplace.settings.content_path)
    add_readers(workplace, *(f"reader{number}@example.org" for number in range(len(FATES))))
    newsletter, now = workplace.settings.newsletter(), workplace.clock.now()
    found = compose(workplace, newsletter, DAY).id
    with workplace.database.write() as connection:
        ledger.queue_page(connection, found, newsletter.audience, after_id=0, limit=99, now=now)
        for number, (state, code, status) in enumerate(FATES, 1):
            row = update(deliveries).where(deliveries.c.id == number)
            connection.execute(row.values(state=state, code=code, status=status))
        recount(connection)
    return found


COUNTED = OutcomeTally(accepted=2, deferred=1, rejected=6, blocked=2, unfit=2, bounced=1, complained=1)


def test_every_fate_is_counted_where_it_belongs(workplace, issue_id):
    with workplace.database.read() as connection:
        assert outcome_tally(connection, issue_id) == COUNTED


def test_nothing_sent_is_nothing_counted(workplace):
    fill(workplace.settings.content_path)
    compose(workplace, workplace.settings.newsletter(), DAY)
    with workplace.database.read() as connection:
        stored = issue_store.of_day(connection, "daily", DAY)
        assert outcome_tally(connection, stored.id) == OutcomeTally()


def test_a_reader_who_was_erased_since_still_counts(workplace, issue_id):
    with workplace.database.write() as connection:
        fold_subscriptions(connection, [1])
    with workplace.database.read() as connection:
        assert outcome_tally(connection, issue_id) == COUNTED
