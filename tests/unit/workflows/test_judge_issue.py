"""The breakers, in a real run: what goes wrong after the first messages stops an issue before it is out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from pydantic import SecretStr

from newsletter.delivery.fault import Act, Moment
from newsletter.delivery.fault_server import FaultServer
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State
from newsletter.workflows.compose import compose
from newsletter.workflows.deliver import deliver
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers, fill

DAY = date(2026, 3, 3)
READERS = 1500


@pytest.fixture
def composed(workplace: Workplace) -> Workplace:
    fill(workplace.settings.content_path)
    add_readers(workplace, *[f"r{number}@example.org" for number in range(READERS)])
    compose(workplace, workplace.settings.newsletter(), DAY)
    return workplace


def every_fourth_is_unknown_after(begins: int) -> FaultServer:
    def refuse(moment: Moment) -> Act | None:
        is_refused = moment.stage == "rcpt" and moment.number > begins and moment.number % 4 == 0
        return Act("550 5.1.1 no such user") if is_refused else None

    return FaultServer(rules=[refuse])


def send(workplace: Workplace, server: FaultServer) -> dict[str, int]:
    settings = workplace.settings.model_copy(update={"smtp_url": SecretStr(server.url), "connections": 4})
    counts = deliver(replace(workplace, settings=settings), settings.newsletter(), DAY)
    return {state: count for state, count in counts.items() if count}


def test_an_issue_that_would_be_out_within_seconds_is_stopped_when_too_many_are_refused(composed):
    with every_fourth_is_unknown_after(600) as server:
        counts = send(composed, server)
    with composed.database.read() as connection:
        stored = issue_store.of_day(connection, "daily", DAY)
    assert stored.issue.state is State.PAUSED
    assert "were refused for good" in stored.reason
    assert counts["queued"] > READERS / 4
    assert counts["rejected"] < 100
