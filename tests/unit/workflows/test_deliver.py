"""Delivering an issue: everybody once, nobody who left, whatever the relay says."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, text, update
from sqlalchemy.exc import DatabaseError

from newsletter.database import Database
from newsletter.delivery import booking, ledger
from newsletter.delivery import pool as pool_module
from newsletter.delivery.booking import Begin
from newsletter.delivery.fault import Act
from newsletter.delivery.fault_server import FaultServer
from newsletter.delivery.ledger import deliveries
from newsletter.delivery.owner import new_owner
from newsletter.errors import DeliveryError
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State as IssueState
from newsletter.issues.store import StoredIssue
from newsletter.settings import Audience
from newsletter.subscribers.schema import subscribers
from newsletter.subscribers.suppression import Reason, suppress
from newsletter.subscribers.token import Purpose
from newsletter.workflows import deliver as deliver_module
from newsletter.workflows import dispatch as dispatch_module
from newsletter.workflows.compose import compose
from newsletter.workflows.deliver import deliver, deliver_to_the_end
from newsletter.workflows.expire_issue import expire_before
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer, free_port
from tests.integration.article_source import add_readers, fill, outcomes, rows_by_address
from tests.unit.kept import recount

DAY = date(2026, 3, 3)
ADA, BOB, CYD, DAN = "ada@example.org", "bob@example.org", "cyd@example.org", "dan@example.org"
Later = Callable[..., Workplace]


@pytest.fixture
def composed(workplace: Workplace) -> Workplace:
    """Today's issue is composed, four readers are on the list, and no relay is set."""
    fill(workplace.settings.content_path)
    add_readers(workplace, ADA, BOB, CYD, DAN)
    compose(workplace, workplace.settings.newsletter(), DAY)
    return workplace


def at(workplace: Workplace, url: str) -> Workplace:
    """The workplace with the relay at *url*, and one connection to it, so that readers come in turn."""
    settings = workplace.settings.model_copy(update={"smtp_url": SecretStr(url), "connections": 1})
    return replace(workplace, settings=settings)


def run(workplace: Workplace, day: date = DAY) -> dict[str, int]:
    """Deliver, and give only the counts that are not nought."""
    counts = deliver(workplace, workplace.settings.newsletter(), day)
    return {state: count for state, count in counts.items() if count}


def stored_issue(workplace: Workplace, day: date = DAY) -> StoredIssue:
    with workplace.database.read() as connection:
        stored = issue_store.find(connection, "daily", day)
    assert stored is not None
    return stored


def leave(workplace: Workplace, address: str) -> None:
    reader = add_readers(workplace)[address]
    token = workplace.keyring.token(Purpose.UNSUBSCRIBE, reader.handle)
    unsubscribe(workplace, token, door="one-click", evidence="POST")


# --- The way it should be --------------------------------------------------------------------------


def test_every_reader_gets_the_issue_once_and_running_again_sends_nothing(composed, smtp_server: MailServer):
    workplace = at(composed, smtp_server.url)
    assert run(workplace) == {"accepted": 4}
    assert sorted(one.recipients[0] for one in smtp_server.received) == [ADA, BOB, CYD, DAN]
    assert stored_issue(workplace).issue.state is IssueState.SENT
    assert run(workplace) == {"accepted": 4}
    assert len(smtp_server.received) == 4


def test_progress_is_told_message_by_message(composed, smtp_server):
    told: list[int] = []
    workplace = at(composed, smtp_server.url)
    deliver(workplace, workplace.settings.newsletter(), DAY, progress=told.append)
    assert told == [1, 2, 3, 4]


def test_an_issue_without_readers_is_sent_at_once(workplace):
    fill(workplace.settings.content_path)
    compose(workplace, workplace.settings.newsletter(), DAY)
    assert run(at(workplace, "smtp://127.0.0.1:9")) == {}
    assert stored_issue(workplace).issue.state is IssueState.SENT


def test_more_readers_than_a_chunk_and_a_page_hold_all_get_theirs(composed, monkeypatch):
    monkeypatch.setattr(dispatch_module, "CHUNK", 2)
    monkeypatch.setattr(deliver_module, "PAGE", 3)
    with FaultServer() as server:
        assert run(at(composed, server.url)) == {"accepted": 4}


def test_an_issue_that_is_not_composed_is_not_sent(workplace):
    with pytest.raises(DeliveryError, match=r"issue of 2026-03-03: is not composed"):
        run(workplace)


def test_without_a_relay_nothing_begins(composed):
    with pytest.raises(DeliveryError, match="no relay is configured"):
        run(composed)
    assert stored_issue(composed).issue.state is IssueState.APPROVED
    assert outcomes(composed) == {}


def never_mail(connection: Connection, place: Workplace, address: str, reason: Reason) -> None:
    now = place.clock.now()
    suppress(connection, place.keyring, address, reason=reason, journal=place.journal, now=now)


# --- Whom not to mail ------------------------------------------------------------------------------


def test_whoever_left_or_is_suppressed_before_the_issue_gets_no_row_and_no_mail(composed, smtp_server):
    leave(composed, ADA)
    with composed.database.write() as connection:
        suppress(
            connection,
            composed.keyring,
            BOB,
            reason=Reason.OPERATOR,
            journal=composed.journal,
            now=composed.clock.now(),
        )
    assert run(at(composed, smtp_server.url)) == {"accepted": 2}
    assert not smtp_server.to(ADA)
    assert not smtp_server.to(BOB)


def test_a_reader_who_leaves_while_the_issue_goes_out_and_is_not_yet_mailed_is_not_mailed(composed):
    def on(stage: str, number: int) -> None:
        if (stage, number) == ("dot", 1):
            leave(composed, CYD)
        if (stage, number) == ("dot", 2):
            with composed.database.write() as connection:
                suppress(
                    connection,
                    composed.keyring,
                    DAN,
                    reason=Reason.COMPLAINED,
                    journal=composed.journal,
                    now=composed.clock.now(),
                )

    with FaultServer(before=on) as server:
        assert run(at(composed, server.url)) == {"accepted": 2, "skipped": 2}
        assert not server.to(CYD)
        assert not server.to(DAN)
    assert rows_by_address(composed)[CYD]["reason"] == "unsubscribed or suppressed meanwhile"
    assert stored_issue(composed).issue.state is IssueState.SENT


def test_a_reader_who_leaves_while_waiting_for_a_retry_is_not_mailed(composed, later: Later):
    with FaultServer([{"rcpt": Act("451 4.7.1 later")}]) as server:
        assert run(at(composed, server.url)) == {"accepted": 3, "deferred": 1}
        leave(composed, ADA)
        assert run(later(at(composed, server.url), hours=1)) == {"accepted": 3, "skipped": 1}
        assert not server.to(ADA)


# --- What the relay says ---------------------------------------------------------------------------


def test_every_kind_of_answer_ends_in_its_own_state(composed):
    plan = [
        {"rcpt": Act("450 4.2.1 <ada@example.org>: later")},
        {"dot": Act("554 5.7.1 BOB@example.org no")},
        {"dot": Act(drop=True)},
    ]
    with FaultServer(plan) as server:
        assert run(at(composed, server.url)) == {"accepted": 1, "deferred": 1, "rejected": 1, "unknown": 1}
    rows = rows_by_address(composed)
    assert (rows[ADA]["code"], rows[ADA]["status"]) == (450, "4.2.1")
    assert (rows[BOB]["code"], rows[BOB]["status"]) == (554, "5.7.1")
    assert rows[CYD]["reason"] == "connection lost after the final dot: the relay hung up"
    assert stored_issue(composed).issue.state is IssueState.SENDING
    # What a server repeats of an address would outlive the reader's erasure.
    assert "@" not in str(rows[ADA]["reason"]) + str(rows[BOB]["reason"])


def test_a_deferred_message_waits_for_its_time_and_is_then_the_very_same_message(composed, later: Later):
    with FaultServer([{"dot": Act("451 4.7.1 greylisted")}]) as server:
        workplace = at(composed, server.url)
        run(workplace)
        assert run(later(workplace, minutes=29)) == {"accepted": 3, "deferred": 1}
        assert run(later(workplace, minutes=33)) == {"accepted": 4}  # 30, and up to a tenth more
        first, again = server.to(ADA)
    assert first.content == again.content
    assert stored_issue(composed).issue.state is IssueState.SENT


def test_a_rejected_message_is_never_sent_again(composed, later: Later):
    with FaultServer([{"rcpt": Act("550 5.1.1 nobody")}]) as server:
        run(at(composed, server.url))
        assert run(later(at(composed, server.url), hours=2)) == {"accepted": 3, "rejected": 1}
        assert not server.to(ADA)


def test_a_message_of_unknown_outcome_comes_again_under_the_same_message_id(composed, later: Later):
    with FaultServer([{"dot": Act(drop=True)}]) as server:
        workplace = at(composed, server.url)
        assert run(workplace) == {"accepted": 3, "unknown": 1}
        assert run(later(workplace, hours=1)) == {"accepted": 4}
        first, again = server.to(ADA)
    assert first.message["Message-ID"] == again.message["Message-ID"]


def test_a_relay_that_is_down_costs_nobody_the_issue_and_counts_no_attempt(
    composed, smtp_server, later: Later
):
    down = at(composed, f"smtp://127.0.0.1:{free_port()}")
    for _ in range(3):
        with pytest.raises(DeliveryError, match="refused"):
            run(down)
    assert set(outcomes(composed).values()) == {"queued"}
    assert rows_by_address(composed)[ADA]["attempts"] == 0
    assert {row["owner"] for row in rows_by_address(composed).values()} == {None}
    assert run(later(at(composed, smtp_server.url), minutes=5)) == {"accepted": 4}


def test_a_relay_that_goes_away_half_way_leaves_the_rest_queued(composed, monkeypatch):
    monkeypatch.setattr(pool_module, "PATIENCE_S", 0.5)
    with FaultServer([{}, {"dot": Act("421 4.3.2 bye", drop=True)}]) as server:

        def on(stage: str, number: int) -> None:
            if (stage, number) == ("dot", 2):
                server.connection = {"connect": Act("421 4.3.2 down", drop=True)}

        server.before = on
        with pytest.raises(DeliveryError, match="refused with 421"):
            run(at(composed, server.url))
    assert outcomes(composed) == {ADA: "accepted", BOB: "deferred", CYD: "queued", DAN: "queued"}


def test_a_relay_that_breaks_one_connection_after_another_is_left_alone_for_now(
    composed, smtp_server, later: Later
):
    with FaultServer([{"data": Act(drop=True)}] * 9) as server:
        with pytest.raises(DeliveryError, match="broke 3 connections in a row"):
            run(at(composed, server.url))
        assert server.received == []
    assert outcomes(composed) == {ADA: "deferred", BOB: "deferred", CYD: "deferred", DAN: "queued"}
    assert run(later(at(composed, smtp_server.url), hours=1)) == {"accepted": 4}


# --- What cannot be written ------------------------------------------------------------------------


def test_one_message_that_cannot_be_written_does_not_keep_the_others_from_theirs(composed, smtp_server):
    with composed.database.write() as connection:
        connection.execute(
            update(subscribers).where(subscribers.c.address == ADA).values(address="ada@home@example.org")
        )
    workplace = at(composed, smtp_server.url)
    assert run(workplace) == {"accepted": 3, "rejected": 1}
    row = rows_by_address(composed)["ada@home@example.org"]
    assert row["status"] == "5.6.0"
    assert str(row["reason"]).startswith("the message cannot be written: header To: is not a mailbox")
    assert run(workplace) == {"accepted": 3, "rejected": 1}


def test_what_is_wrong_with_every_letter_stops_the_issue_before_it_costs_anybody_theirs(
    composed, smtp_server
):
    right = at(composed, smtp_server.url)
    long = "http://letter.example/" + "x" * 1000
    wrong = replace(right, settings=right.settings.model_copy(update={"base_url": long}))
    with pytest.raises(DeliveryError, match="header List-Archive: is longer"):
        run(wrong)
    assert not smtp_server.received
    assert run(right) == {"accepted": 4}


def test_readers_with_addresses_in_other_scripts_get_theirs_and_stop_nobody(composed, smtp_server):
    add_readers(composed, "jörg@example.org", "eva@bücher.example")
    assert run(at(composed, smtp_server.url)) == {"accepted": 6}
    assert smtp_server.to("jörg@example.org")
    assert smtp_server.to("eva@xn--bcher-kva.example")


# --- Killed, overtaken, late -----------------------------------------------------------------------


def claim_as(workplace: Workplace, owner: str, *, begin: int) -> None:
    """Leave the ledger as *owner* would when it died (or hangs) after beginning *begin* messages."""
    issue_id = stored_issue(workplace).id
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        issue_store.start(connection, issue_id, started_at=now)
        ledger.queue_page(connection, issue_id, Audience("daily", "daily"), after_id=0, limit=100, now=now)
        ledger.renew_lease(connection, owner, now=now)
        claimed = ledger.claim(connection, issue_id, owner=owner, now=now, limit=100)
        booking.begin(connection, issue_id, [Begin(one) for one in claimed[:begin]], owner=owner, now=now)


def dead_owner() -> str:
    host, pid, start, run_name = new_owner().split("/")
    return f"{host}/{pid}/{int(start) - 1}/{run_name}"


def test_what_a_dead_process_held_goes_out_at_once(composed, smtp_server):
    claim_as(composed, dead_owner(), begin=1)
    assert run(at(composed, smtp_server.url)) == {"accepted": 4}
    assert rows_by_address(composed)[ADA]["attempts"] == 2


def test_a_second_send_stays_until_what_the_first_one_holds_has_an_outcome(composed, smtp_server):
    with subprocess.Popen(["sleep", "1.5"]) as first:
        start = Path(f"/proc/{first.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19]
        claim_as(composed, f"{new_owner().split('/')[0]}/{first.pid}/{start}/first", begin=0)
        workplace = at(composed, smtp_server.url)
        counts = deliver_to_the_end(workplace, workplace.settings.newsletter(), DAY)
    assert counts["accepted"] == 4


def test_told_to_end_it_does_not_stay_for_another(composed, smtp_server):
    claim_as(composed, f"{new_owner()}-other", begin=0)
    workplace = at(composed, smtp_server.url)
    workplace.stopping.set()
    assert deliver_to_the_end(workplace, workplace.settings.newsletter(), DAY)["queued"] == 4


def test_what_a_process_elsewhere_holds_is_left_to_it_until_its_lease_runs_out(
    composed, smtp_server, later: Later
):
    claim_as(composed, "elsewhere/1/1", begin=1)
    workplace = at(composed, smtp_server.url)
    assert run(workplace) == {"queued": 3, "sending": 1}
    assert not smtp_server.received
    assert run(later(workplace, seconds=61)) == {"accepted": 4}


def test_what_this_process_itself_lost_track_of_goes_out_once_its_lease_runs_out(
    composed, smtp_server, later: Later
):
    claim_as(composed, new_owner(), begin=1)
    workplace = at(composed, smtp_server.url)
    assert run(workplace) == {"queued": 3, "sending": 1}
    assert run(later(workplace, seconds=61)) == {"accepted": 4}


def test_a_result_is_kept_when_writing_the_next_attempt_fails(composed, smtp_server):
    with composed.database.write() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER full BEFORE UPDATE ON deliveries WHEN NEW.state = 'sending' AND NEW.id = 2 "
                "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        )
    workplace = at(composed, smtp_server.url)
    with pytest.raises(DatabaseError, match="disk full"):
        run(workplace)
    assert outcomes(composed) == {ADA: "accepted", BOB: "queued", CYD: "queued", DAN: "queued"}
    with composed.database.write() as connection:
        connection.execute(text("DROP TRIGGER full"))
    assert run(workplace) == {"accepted": 4}
    assert len(smtp_server.to(ADA)) == 1


def test_two_runs_at_once_send_each_reader_one_mail(composed, smtp_server):
    add_readers(composed, *[f"reader{number}@example.org" for number in range(20)])
    workplace = at(composed, smtp_server.url)
    start = threading.Barrier(2)
    failed: list[BaseException] = []

    def go() -> None:
        database = Database(composed.settings.database_url.get_secret_value())
        try:
            start.wait(10)
            run(replace(workplace, database=database))
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failed.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failed
    assert sorted(one.recipients[0] for one in smtp_server.received) == sorted(outcomes(composed))
    assert set(outcomes(composed).values()) == {"accepted"}


def test_who_looked_before_another_finished_does_not_open_the_issue_again(composed, smtp_server):
    looked = stored_issue(composed)
    run(at(composed, smtp_server.url))
    deliver_module._start(composed, composed.settings.newsletter(), looked)
    assert stored_issue(composed).issue.state is IssueState.SENT


def test_an_issue_ends_after_36_hours_with_whatever_is_still_open(composed, later: Later):
    plan = [{"rcpt": Act("451 4.7.1 later")}]
    with FaultServer(plan) as server:
        workplace = at(composed, server.url)
        run(workplace)
        assert run(later(workplace, hours=37)) == {"accepted": 3, "expired": 1}
        assert not server.to(ADA)
    assert rows_by_address(composed)[ADA]["reason"] == "36 hours have passed since its first send"
    assert stored_issue(composed).issue.state is IssueState.EXPIRED


def test_what_a_dead_process_was_sending_ends_with_its_issue_too(composed, later: Later):
    claim_as(composed, dead_owner(), begin=1)
    assert run(later(at(composed, "smtp://127.0.0.1:9"), hours=37)) == {"unknown": 1, "expired": 3}


def test_the_next_issue_ends_the_one_before_and_only_that(composed, later: Later):
    with FaultServer([{"rcpt": Act("451 4.7.1 later")}]) as server:
        workplace = at(composed, server.url)
        run(workplace)
    next_day = later(workplace, days=1)
    expire_before(next_day, workplace.settings.newsletter(), DAY)
    assert outcomes(composed)[ADA] == "deferred"
    expire_before(next_day, workplace.settings.newsletter(), DAY + timedelta(days=1))
    assert outcomes(composed)[ADA] == "expired"
    assert rows_by_address(composed)[ADA]["reason"] == "the next issue has started"


def test_whoever_sends_the_next_issue_ends_the_one_before(composed, smtp_server, later: Later):
    with FaultServer([{"rcpt": Act("451 4.7.1 later")}]) as server:
        run(at(composed, server.url))
    next_day = later(at(composed, smtp_server.url), days=1)
    compose(next_day, next_day.settings.newsletter(), DAY + timedelta(days=1))
    assert deliver(next_day, next_day.settings.newsletter(), DAY + timedelta(days=1))["accepted"] == 4
    assert stored_issue(composed).issue.state is IssueState.EXPIRED
    assert run(next_day) == {"accepted": 3, "expired": 1}


def test_a_message_under_way_when_its_issue_ends_is_not_left_open(composed):
    def on(stage: str, number: int) -> None:
        if (stage, number) == ("rcpt", 1):
            expire_before(composed, composed.settings.newsletter(), DAY + timedelta(days=1))

    with FaultServer([{"rcpt": Act("451 4.7.1 later")}], before=on) as server:
        assert run(at(composed, server.url)) == {"expired": 4}
    assert stored_issue(composed).issue.state is IssueState.EXPIRED


def test_an_outcome_from_feedback_is_left_as_it_is(composed, smtp_server):
    workplace = at(composed, smtp_server.url)
    run(workplace)
    with composed.database.write() as connection:
        connection.execute(update(deliveries).where(deliveries.c.id == 1).values(state="bounced"))
        recount(connection)
    assert run(workplace) == {"accepted": 3, "bounced": 1}
