"""Withdrawing an article: nobody gets it any more, wherever it already was."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from newsletter.delivery import ledger
from newsletter.errors import PickError
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State
from newsletter.workflows import compose as compose_workflow
from newsletter.workflows.compose import compose, make_draft
from newsletter.workflows.deliver import deliver
from newsletter.workflows.withdraw import Consequence, withdraw, withdrawn_in
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.article_source import add_readers, fill

DAY = date(2026, 3, 3)


@pytest.fixture
def stocked(connected: Workplace) -> Workplace:
    fill(connected.settings.content_path)
    return connected


def withdraw_lead(workplace: Workplace, article_id: str):
    return withdraw(
        workplace.database, article_id, reason="retracted", actor="operator", clock=workplace.clock
    )


def test_a_composed_issue_is_made_anew_without_the_article(stocked):
    newsletter = stocked.settings.newsletter()
    lead = compose(stocked, newsletter, DAY).issue.lead.article_id
    done = withdraw_lead(stocked, lead)
    assert [(use.issued_on, consequence) for use, consequence in done.issues] == [
        (DAY, Consequence.DISCARDED)
    ]
    again = compose(stocked, newsletter, DAY).issue
    assert lead not in {pick.article_id for pick in again.picks}


def test_an_issue_that_is_going_out_stops_before_the_next_reader(stocked, smtp_server: MailServer):
    newsletter = stocked.settings.newsletter()
    add_readers(stocked, *(f"reader{number}@example.org" for number in range(5)))
    lead = compose(stocked, newsletter, DAY).issue.lead.article_id
    counts = deliver(
        stocked,
        newsletter,
        DAY,
        progress=lambda done: withdraw_lead(stocked, lead) if done == 2 else None,
    )
    assert len(smtp_server.received) == 2
    assert counts["accepted"] == 2
    assert counts["queued"] == 3
    with stocked.database.read() as connection:
        stored = issue_store.find(connection, newsletter.name, DAY)
        assert stored is not None
        assert stored.issue.state is State.HELD
        assert ledger.owners(connection, stored.id) == {}
    deliver(stocked, newsletter, DAY)
    assert len(smtp_server.received) == 2


def test_an_issue_that_was_sent_is_listed_and_left_as_it_was(stocked):
    newsletter = stocked.settings.newsletter()
    lead = compose(stocked, newsletter, DAY).issue.lead.article_id
    deliver(stocked, newsletter, DAY)
    done = withdraw_lead(stocked, lead)
    assert [(use.state, consequence) for use, consequence in done.issues] == [(State.SENT, Consequence.NONE)]


def test_a_withdrawn_article_comes_back_neither_by_ingesting_nor_by_withdrawing_twice(stocked):
    newsletter = stocked.settings.newsletter()
    lead = compose(stocked, newsletter, DAY).issue.lead.article_id
    assert withdraw_lead(stocked, lead).was_new
    assert not withdraw_lead(stocked, lead).was_new
    stocked.settings.content_path.unlink()
    fill(stocked.settings.content_path)
    for days in range(3):
        issue = compose(stocked, newsletter, DAY + timedelta(days=days)).issue
        assert lead not in {pick.article_id for pick in issue.picks}
    assert withdrawn_in(stocked.settings.database_url.get_secret_value()) == {lead: "retracted"}


def test_an_article_withdrawn_while_it_is_picked_is_not_composed(stocked, monkeypatch):
    newsletter = stocked.settings.newsletter()
    lead = make_draft(stocked.settings, stocked.database, newsletter, DAY, since=DAY).issue.lead.article_id
    draft = compose_workflow._drafts

    def withdrawn_meanwhile(*arguments):
        made = draft(*arguments)
        withdraw_lead(stocked, lead)
        return made

    # The real work, with another process's withdrawal in between.
    monkeypatch.setattr(compose_workflow, "_drafts", withdrawn_meanwhile)
    with pytest.raises(PickError, match="withdrawn while it was picked"):
        compose(stocked, newsletter, DAY)
    with stocked.database.read() as connection:
        assert issue_store.find(connection, newsletter.name, DAY) is None


def test_where_no_database_was_made_nothing_is_withdrawn(tmp_path):
    assert withdrawn_in(f"sqlite:///{tmp_path / 'none.db'}") == {}
    assert not (tmp_path / "none.db").exists()
