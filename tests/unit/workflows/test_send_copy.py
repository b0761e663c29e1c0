"""A test copy: one mail to one address, with no trace in the ledger and no link to any reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from newsletter.delivery.reply import Outcome
from newsletter.errors import DeliveryError, RefusedError, SubscriberError
from newsletter.subscribers.suppression import Reason, suppress
from newsletter.subscribers.token import Keyring, Purpose
from newsletter.workflows.compose import compose
from newsletter.workflows.send_copy import send_copy
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers, fill, outcomes

DAY = date(2026, 3, 3)
EDITOR = "Editor@example.org"


@pytest.fixture
def stocked(connected: Workplace) -> Workplace:
    fill(connected.settings.content_path)
    return connected


def copy(workplace: Workplace, to: str = EDITOR) -> Outcome:
    return send_copy(workplace, workplace.settings.newsletter(), DAY, to=to)[1].outcome


def test_a_copy_arrives_and_leaves_no_trace(stocked, smtp_server):
    add_readers(stocked, "ada@example.org")
    assert copy(stocked) is Outcome.ACCEPTED
    [mail] = smtp_server.received
    assert mail.recipients == [EDITOR]
    assert outcomes(stocked) == {}


def test_its_links_belong_to_nobody(stocked, smtp_server):
    copy(stocked)
    token = smtp_server.received[0].message["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    assert len(Keyring.example().read(Purpose.UNSUBSCRIBE, token)) == 12


def test_a_copy_of_another_draft_has_another_message_id_so_that_mailboxes_show_it(stocked, smtp_server):
    copy(stocked)
    copy(stocked)
    copy(
        replace(
            stocked,
            settings=stocked.settings.model_copy(update={"disclaimer": "General information only. " * 3}),
        )
    )
    first, same, other = (mail.message["Message-ID"] for mail in smtp_server.received)
    assert first == same
    assert other != first


def test_once_composed_the_copy_is_what_readers_get(stocked, smtp_server):
    stored = compose(stocked, stocked.settings.newsletter(), DAY)
    copy(stocked)
    assert smtp_server.received[0].message["Subject"] == stored.issue.subject


def test_the_relays_refusal_is_told(stocked, smtp_server):
    smtp_server.replies.append("554 5.7.1 no")
    assert copy(stocked) is Outcome.REJECTED


def test_an_address_with_an_international_domain_works(stocked, smtp_server):
    assert copy(stocked, "editor@bücher.example") is Outcome.ACCEPTED
    assert smtp_server.to("editor@xn--bcher-kva.example")


def test_a_suppressed_address_gets_no_copy_either(stocked, smtp_server):
    with stocked.database.write() as connection:
        suppress(
            connection,
            stocked.keyring,
            "editor@example.org",
            reason=Reason.COMPLAINED,
            journal=stocked.journal,
            now=stocked.clock.now(),
        )
    with pytest.raises(RefusedError, match="suppressed"):
        copy(stocked)
    assert not smtp_server.received


def test_what_is_no_address_is_refused(stocked):
    with pytest.raises(SubscriberError):
        copy(stocked, "nobody")


def test_without_a_relay_it_says_so(workplace):
    fill(workplace.settings.content_path)
    with pytest.raises(DeliveryError, match="no relay is configured"):
        copy(workplace)
