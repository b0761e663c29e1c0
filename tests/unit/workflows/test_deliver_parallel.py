"""Delivering over several channels and relays: shares, fail-over, canary, being told to end, signatures."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import dkim
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from newsletter.delivery import ledger
from newsletter.delivery import pool as pool_module
from newsletter.delivery.delivery import OPEN
from newsletter.delivery.dkim import write_signing_key
from newsletter.delivery.fault import Act
from newsletter.delivery.fault_rule import ConnectionCap
from newsletter.delivery.fault_server import FaultServer
from newsletter.delivery.key_record import key_record
from newsletter.delivery.ledger import deliveries, senders
from newsletter.errors import DeliveryError
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State as IssueState
from newsletter.settings import Audience, RelaySettings
from newsletter.workflows.compose import compose
from newsletter.workflows.deliver import deliver
from newsletter.workflows.dispatch import Dispatch
from newsletter.workflows.mailroom import open_mailroom
from newsletter.workflows.workplace import Workplace
from tests.conftest import free_port
from tests.integration.article_source import add_readers, fill

DAY = date(2026, 3, 3)
READERS = [f"r{number}@example.org" for number in range(120)]


@pytest.fixture
def composed(workplace: Workplace) -> Workplace:
    """Today's issue is composed, 120 readers are on the list, and no relay is set."""
    fill(workplace.settings.content_path)
    add_readers(workplace, *READERS)
    compose(workplace, workplace.settings.newsletter(), DAY)
    return workplace


def at(workplace: Workplace, *urls: str, weights: tuple[int, ...] = (), **more: object) -> Workplace:
    relays = tuple(
        RelaySettings(name=f"relay{number}", url=SecretStr(url), weight=weights[number] if weights else 1)
        for number, url in enumerate(urls)
    )
    settings = workplace.settings.model_copy(update={"relays": relays, "connections": 4, **more})
    return replace(workplace, settings=settings)


def run(workplace: Workplace) -> dict[str, int]:
    counts = deliver(workplace, workplace.settings.newsletter(), DAY)
    return {state: count for state, count in counts.items() if count}


def issue_state(workplace: Workplace) -> IssueState:
    with workplace.database.read() as connection:
        return issue_store.of_day(connection, "daily", DAY).issue.state


def test_everybody_gets_one_over_several_channels_and_every_channel_carries_some(composed):
    with FaultServer() as server:
        assert run(at(composed, server.url)) == {"accepted": 120}
    assert Counter(one.recipients[0] for one in server.received) == Counter(READERS)
    assert len({one.connection for one in server.received}) >= 4
    assert not [fault for one in server.received for fault in one.faults]


def test_nothing_of_a_run_is_held_once_it_has_ended(composed):
    with FaultServer() as server:
        run(at(composed, server.url))
    with composed.database.read() as connection:
        assert not connection.execute(select(senders)).all()
        assert not connection.scalars(select(deliveries.c.owner).where(deliveries.c.owner.is_not(None))).all()


def test_two_relays_share_the_mail_by_their_weights(composed):
    with FaultServer() as first, FaultServer() as second:
        assert run(at(composed, first.url, second.url, weights=(3, 1))) == {"accepted": 120}
        assert len(first.received) > len(second.received) > 0
        assert len(first.received) + len(second.received) == 120
    with composed.database.read() as connection:
        used = Counter(connection.scalars(select(deliveries.c.relay)))
    assert used == {"relay0": len(first.received), "relay1": len(second.received)}


def test_a_relay_that_is_down_costs_nobody_the_issue_when_another_answers(composed):
    with FaultServer() as second:
        down = f"smtp://127.0.0.1:{free_port()}"
        assert run(at(composed, down, second.url)) == {"accepted": 120}
        assert len(second.received) == 120


def test_a_relay_in_reserve_is_taken_only_when_the_other_fails(composed):
    with FaultServer() as first, FaultServer() as reserve:
        assert run(at(composed, first.url, reserve.url, weights=(1, 0))) == {"accepted": 120}
        assert not reserve.received


def test_a_relay_that_takes_fewer_channels_than_are_set_costs_nobody_the_issue(composed):
    with FaultServer(rules=[ConnectionCap(2)]) as server:
        assert run(at(composed, server.url)) == {"accepted": 120}
    assert issue_state(composed) is IssueState.SENT


def test_a_channel_carries_its_share_and_is_followed_by_another(composed):
    with FaultServer() as server:
        assert run(at(composed, server.url, messages_per_connection=10)) == {"accepted": 120}
        most = Counter(one.connection for one in server.received).most_common(1)[0][1]
    assert most <= 10


@pytest.mark.parametrize(
    ("said", "step"),
    [("550 5.7.1 not from here", "Check sender"), ("530 5.7.0 authentication required", "wants a login")],
)
def test_a_relay_that_refuses_the_sender_costs_no_reader_anything(composed, said, step):
    plan = [{"mail": Act(said)}] * 200
    told = rf"refuses the sender \({said[:9]}\).*{step}"
    with FaultServer(plan) as server, pytest.raises(DeliveryError, match=told):
        run(at(composed, server.url))
    with composed.database.read() as connection:
        assert set(connection.scalars(select(deliveries.c.state))) == {"queued"}


# --- The canary ------------------------------------------------------------------------------------


def test_an_issue_whose_first_messages_are_refused_stops_after_them_and_says_why(composed):
    plan = [{"rcpt": Act("550 5.7.1 blocked")}] * 200
    with FaultServer(plan) as server:
        counts = run(at(composed, server.url))
    assert counts == {"rejected": 50, "queued": 70}
    assert issue_state(composed) is IssueState.PAUSED
    with composed.database.read() as connection:
        reason = issue_store.of_day(connection, "daily", DAY).reason
    assert "of the first messages" in reason


def test_one_bad_address_among_the_first_stops_nothing(composed):
    with FaultServer([{"rcpt": Act("550 5.1.1 nobody")}]) as server:
        assert run(at(composed, server.url)) == {"accepted": 119, "rejected": 1}
    assert issue_state(composed) is IssueState.SENT


# --- Told to end -----------------------------------------------------------------------------------


def test_told_to_end_it_finishes_what_is_on_its_way_and_begins_nothing_more(composed):
    workplace = composed

    def on(stage: str, number: int) -> None:
        if (stage, number) == ("dot", 60):
            workplace.stopping.set()

    with FaultServer(before=on) as server:
        workplace = replace(at(composed, server.url), stopping=workplace.stopping)
        counts = run(workplace)
        assert set(counts) == {"accepted", "queued"}
        assert counts["accepted"] == len(server.received)
        assert 60 <= counts["accepted"] < 70
        workplace.stopping.clear()
        assert run(workplace) == {"accepted": 120}
    assert Counter(one.recipients[0] for one in server.received) == Counter(READERS)


# --- A lost outcome --------------------------------------------------------------------------------


def test_where_a_lost_outcome_is_to_be_held_it_is_not_sent_again(composed):
    with FaultServer([{"dot": Act(drop=True)}]) as server:
        workplace = at(composed, server.url, unknown_outcome="hold")
        assert run(workplace) == {"accepted": 119, "unknown": 1}
        assert issue_state(workplace) is IssueState.SENT
    assert Counter(one.recipients[0] for one in server.received) == Counter(READERS)


@pytest.mark.long
def test_a_relay_that_takes_messages_and_never_says_so_is_left_alone_soon(composed, monkeypatch):
    monkeypatch.setattr(pool_module, "PATIENCE_S", 0.5)
    with FaultServer([{"dot": Act(drop=True)}] * 200) as server:
        with pytest.raises(DeliveryError, match=r"broke 1[2-6] connections in a row"):
            run(at(composed, server.url))
        assert len(server.received) <= 16


# --- Signatures ------------------------------------------------------------------------------------


def test_what_arrives_is_signed_and_verifies(composed, tmp_path: Path):
    key = tmp_path / "dkim.pem"
    write_signing_key(key)
    with FaultServer() as server:
        workplace = at(composed, server.url, dkim="on", dkim_key_path=key)
        assert run(workplace) == {"accepted": 120}
    signer = workplace.signer(workplace.settings.newsletter())
    assert signer is not None
    record = key_record(signer.key, domain=signer.domain, selector=signer.selector)
    for one in server.received[:5]:
        assert dkim.verify(one.content, dnsfunc=lambda *_names, **_more: "".join(record.strings).encode())


def test_told_to_end_between_two_trips_a_run_ends_with_what_it_had_claimed(composed: Workplace) -> None:
    workplace = at(composed, "smtp://127.0.0.1:9")
    with workplace.database.write() as connection:
        stored = issue_store.of_day(connection, "daily", DAY)
        issue_store.start(connection, stored.id, started_at=workplace.clock.now())
        everybody = Audience("daily", "daily")
        ledger.queue_page(connection, stored.id, everybody, after_id=0, limit=10, now=workplace.clock.now())
    mailroom = open_mailroom(workplace, workplace.settings.newsletter(), stored)
    desk = Dispatch(workplace=workplace, mailroom=mailroom, owner="host/1/1/run", states=OPEN)
    assert asyncio.run(desk.has_due())
    workplace.stopping.set()
    assert not asyncio.run(desk.has_due())
    desk.close()
    desk.write_unwritten()
