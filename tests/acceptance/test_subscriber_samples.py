"""Exports of other services, as their own projects keep them for tests, come in to exactly these numbers."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import func, select

from newsletter.subscribers.schema import subscriptions, suppressions
from newsletter.subscribers.subscriber import State
from newsletter.subscribers.transfer.recognise import Format, RecognisedList, recognise
from newsletter.subscribers.transfer.table import read_table
from newsletter.workflows.import_subscribers import import_subscribers
from newsletter.workflows.workplace import Workplace

SAMPLES = Path(os.environ.get("NEWSLETTER_REFERENCE_DATA", "../shared/data")) / "subscriber-csv/samples"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"needs the reference data ({SAMPLES})")

#: Of each sample: its format, and how many rows are read, imported, suppressed, rejected and left out.
#: Rejected are what is no address (two of Curated's), statuses that nobody may guess at (tiny newsletters'
#: numbers, one empty cell of Substack's), readers who never confirmed, and whoever is on one list of MailPoet
#: and has left another.
NUMBERS = {
    "listmonk--subs-domain-blocklist.csv": (Format.LISTMONK, 4, 4, 0, 0, 0),
    "listmonk--subs.csv": (Format.LISTMONK, 100, 100, 0, 0, 0),
    "mailpoet-CONSTRUCTED.csv": (Format.MAILPOET, 4, 0, 1, 3, 0),
    "mg-beehiiv-members--members.csv": (Format.BEEHIIV, 9, 5, 3, 1, 0),
    "mg-curated-members-csv--subscribers.csv": (Format.PLAIN, 20, 18, 0, 2, 0),
    "mg-mailchimp-members--cleaned.csv": (Format.MAILCHIMP, 5, 0, 5, 0, 0),
    "mg-mailchimp-members--subscribed.csv": (Format.MAILCHIMP, 5, 5, 0, 0, 0),
    "mg-mailchimp-members--unsubscribed.csv": (Format.MAILCHIMP, 5, 0, 5, 0, 0),
    "mg-medium-members--members.txt": (Format.PLAIN, 5, 5, 0, 0, 0),
    "mg-substack-members-csv--fixtures_signup_emails.csv": (Format.SUBSTACK, 21, 19, 2, 0, 0),
    "mg-substack-members-csv--fixtures_subscriber_emails.csv": (Format.SUBSTACK, 17, 14, 2, 1, 0),
    "mg-substack-members-csv--invalid.csv": (Format.PLAIN, 3, 3, 0, 0, 0),
    "mg-tinynews-members--subs-v1.csv": (Format.PLAIN, 3, 0, 0, 3, 0),
    "mg-tinynews-members--subs-v2.csv": (Format.PLAIN, 2, 1, 1, 0, 0),
}


def listed(name: str, *lists: str) -> RecognisedList:
    return recognise(read_table(lambda: (SAMPLES / name).open("rb"), name), lists=lists, newsletter="daily")


def counted(workplace: Workplace) -> tuple[int, int]:
    """Active subscriptions, and suppressions."""
    with workplace.database.read() as connection:
        active = select(func.count()).where(subscriptions.c.state == State.ACTIVE)
        kept = select(func.count()).select_from(suppressions)
        return connection.scalar(active) or 0, connection.scalar(kept) or 0


def test_every_sample_has_its_numbers() -> None:
    assert {path.name for path in SAMPLES.iterdir()} == NUMBERS.keys()


@pytest.mark.parametrize("name", NUMBERS)
def test_a_sample_comes_in_to_its_numbers_and_a_second_time_to_none(workplace: Workplace, name: str) -> None:
    is_format, read, imported, suppressed, rejected, left_out = NUMBERS[name]
    found = listed(name)
    foretold = import_subscribers(workplace, found, basis="agreed on paper", dry_run=True)
    report = import_subscribers(workplace, found, basis="agreed on paper")
    assert report == foretold
    numbers = (report.read, report.imported, report.suppressed, report.rejected_count, report.left_out)
    assert (found.format, *numbers) == (is_format, read, imported, suppressed, rejected, left_out)
    assert counted(workplace) == (imported, suppressed)
    again = import_subscribers(workplace, found, basis="agreed on paper")
    assert (again.imported, again.updated, again.new_suppressions) == (0, 0, 0)
    assert (again.unchanged, again.suppressed) == (imported, suppressed)
    assert counted(workplace) == (imported, suppressed)


def test_one_list_of_the_mailpoet_sample_comes_in_by_its_own_proof(workplace: Workplace) -> None:
    report = import_subscribers(workplace, listed("mailpoet-CONSTRUCTED.csv", "Daily Health"))
    numbers = {name: count for name, count in asdict(report).items() if count and name != "rejected"}
    assert numbers == {
        "read": 4,
        "imported": 1,
        "suppressed": 1,
        "new_suppressions": 1,
        "left_out": 1,
        "rejected_count": 1,
    }


def test_the_mailchimp_sample_proves_no_confirmation_so_each_reader_is_asked(workplace: Workplace) -> None:
    report = import_subscribers(workplace, listed("mg-mailchimp-members--subscribed.csv"))
    assert (report.imported, report.asked, counted(workplace)) == (5, 5, (0, 0))
