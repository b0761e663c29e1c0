"""An issue goes out while a reader is erased: it goes on, and its counts stay whole."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from newsletter.delivery.fault_server import FaultServer
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State
from newsletter.workflows import dispatch as dispatch_module
from newsletter.workflows.compose import compose
from newsletter.workflows.deliver import deliver
from newsletter.workflows.erase import erase
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers, fill
from tests.unit.workflows.test_deliver import ADA, BOB, CYD, DAN, DAY


@pytest.fixture
def composed(workplace: Workplace) -> Workplace:
    """Today's issue is composed and four readers are on the list."""
    fill(workplace.settings.content_path)
    add_readers(workplace, ADA, BOB, CYD, DAN)
    compose(workplace, workplace.settings.newsletter(), DAY)
    return workplace


def erase_reader(workplace: Workplace, address: str) -> None:
    reader = add_readers(workplace)[address]
    assert erase(workplace, reader.subscriber_id, door="page", evidence="POST") == address


def delivered(workplace: Workplace, url: str) -> dict[str, int]:
    settings = workplace.settings.model_copy(update={"smtp_url": SecretStr(url)})
    counts = deliver(replace(workplace, settings=settings), workplace.settings.newsletter(), DAY)
    return {state: count for state, count in counts.items() if count}


def state(workplace: Workplace) -> State:
    with workplace.database.read() as connection:
        stored = issue_store.find(connection, "daily", DAY)
    assert stored
    return stored.issue.state


def test_who_is_erased_before_their_turn_gets_no_letter_and_counts_as_skipped(composed: Workplace) -> None:
    def on(stage: str, number: int) -> None:
        if (stage, number) == ("dot", 1):
            erase_reader(composed, CYD)

    with FaultServer(before=on) as server:
        assert delivered(composed, server.url) == {"accepted": 3, "skipped": 1}
        assert not server.to(CYD)
    assert state(composed) is State.SENT


def test_who_is_erased_while_their_letter_is_on_its_way_counts_as_unknown(composed: Workplace) -> None:
    def on(stage: str, number: int) -> None:
        if (stage, number) == ("dot", 2):
            erase_reader(composed, BOB)

    with FaultServer(before=on) as server:
        assert delivered(composed, server.url) == {"accepted": 3, "unknown": 1}
    assert state(composed) is State.SENT


def test_erasing_everybody_in_the_middle_ends_the_issue(
    composed: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch_module, "CHUNK", 2)

    def on(stage: str, number: int) -> None:
        if (stage, number) == ("dot", 1):
            for address in (ADA, BOB, CYD, DAN):
                erase_reader(composed, address)

    with FaultServer(before=on) as server:
        assert delivered(composed, server.url) == {"skipped": 3, "unknown": 1}
    assert state(composed) is State.SENT
    with FaultServer() as server:
        assert delivered(composed, server.url) == {"skipped": 3, "unknown": 1}
