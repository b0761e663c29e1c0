from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from newsletter.cli.subscribers import subscribers
from newsletter.clock import FixedClock, SystemClock
from newsletter.errors import RefusedError, SubscriberError
from newsletter.settings import load_settings
from newsletter.subscribers.consent import Actor
from newsletter.subscribers.schema import consents
from newsletter.subscribers.signup import JSON_API, MAILPOET_FORM, SignUp
from newsletter.subscribers.store import get_subscriber
from newsletter.subscribers.token import Purpose
from newsletter.workflows.subscribe import subscribe
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.wipe import Wiping, wipe_past
from newsletter.workflows.workplace import open_workplace
from tests.conftest import MailServer
from tests.unit.cli.conftest import Run
from tests.unit.workflows.conftest import Life

ADA = "ada@example.org"
LONG_AGO = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def run(config: Path) -> Run:
    def command(*arguments: str) -> Result:
        result = CliRunner().invoke(subscribers, list(arguments), obj=config)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return command


def document(result: Result) -> Any:
    return json.loads(result.stdout)


def test_an_operator_adds_a_reader_who_is_asked_by_mail(run: Run, smtp_server: MailServer) -> None:
    said = document(run("add", ADA, "--json"))
    assert said["email"] == ADA
    assert said["state"] == "pending"
    assert len(smtp_server.to(ADA)) == 1


def test_show_gives_the_proof_of_consent(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"email\n{ADA}\n", encoding="utf-8-sig")
    assert document(run("import", str(file), "--basis", "paper form", "--json"))["imported"] == 1
    shown = document(run("show", ADA, "--json"))
    assert (shown["email"], shown["state"], shown["newsletters"]) == (ADA, "active", ["daily"])
    assert shown["chain_ok"] is True
    assert shown["consents"][0]["evidence"] == "import: paper form"


def test_show_ends_1_for_an_unknown_address_and_when_the_record_was_changed(run: Run, config: Path) -> None:
    assert run("show", ADA, "--json").exit_code == 1
    run("add", ADA)
    assert run("show", ADA).exit_code == 0
    with (
        open_workplace(load_settings(config), SystemClock()) as workplace,
        workplace.database.write() as connection,
    ):
        connection.execute(update(consents).values(evidence="nothing of the kind"))
    result = run("show", ADA, "--json")
    assert result.exit_code == 1
    assert document(result)["chain_ok"] is False


@pytest.mark.parametrize(
    ("door", "said"),
    [
        (MAILPOET_FORM, "none declared by the site for its form"),
        (JSON_API, "none declared by the site for its form"),
        ("command", "none was shown"),
    ],
)
def test_the_proof_of_consent_says_whose_words_are_missing(
    run: Run, config: Path, door: str, said: str
) -> None:
    with open_workplace(load_settings(config), FixedClock(LONG_AGO)) as workplace:
        subscribe(workplace, SignUp(address=ADA, newsletter="daily", door=door, evidence="POST"))
    assert re.search(rf"^  wording +{said}$", run("show", ADA, "--consent").stdout, re.MULTILINE)


def test_the_proof_of_consent_says_every_act_in_full_and_the_verdict(run: Run, config: Path) -> None:
    with open_workplace(load_settings(config), FixedClock(LONG_AGO)) as workplace:
        life = Life(workplace)
        life.confirmed()
        request, confirmed = life.consents()
    said = run("show", ADA, "--consent").stdout
    for act in (request.content, confirmed.content):
        for part in (act.wording, act.wording_sha256, act.policy_sha256, act.template_sha256, act.message_id):
            assert part in said
        assert act.evidence in said
        assert act.page_url in said
    assert "version draft-1" in said
    assert "text kept since 2026-03-01" in said
    assert "not kept, or deleted after 30 days" in said
    assert "Record of consent: whole and as it was written." in said
    assert "no record is missing" in said
    shown = document(run("show", ADA, "--consent", "--json"))
    assert [act["action"] for act in shown["consents"]] == ["request", "confirm"]
    assert shown["consents"][1]["wording_sha256"] == confirmed.content.wording_sha256
    assert (shown["chain_ok"], shown["broken_at"], shown["end_sealed"]) == (True, None, True)
    assert len(run("show", ADA).stdout.splitlines()) == 5


def test_the_proof_names_the_record_that_was_changed_even_into_what_is_no_text(
    run: Run, config: Path
) -> None:
    run("add", ADA)
    with (
        open_workplace(load_settings(config), SystemClock()) as workplace,
        workplace.database.write() as connection,
    ):
        connection.exec_driver_sql("update consents set evidence = cast(x'41ff' as text)")
    result = run("show", ADA, "--consent")
    assert result.exit_code == 1
    assert "Record of consent: CHANGED at record 1." in result.stdout
    assert "Compare it with a backup" in result.stderr
    changed = document(run("show", ADA, "--consent", "--json"))
    assert (changed["chain_ok"], changed["broken_at"]) == (False, 1)
    assert run("show", ADA).exit_code == 1


def test_the_proof_of_a_reader_whose_content_was_deleted_says_so_and_is_whole(run: Run, config: Path) -> None:
    run("add", ADA)
    with (
        open_workplace(load_settings(config), SystemClock()) as workplace,
        workplace.database.write() as connection,
    ):
        wiping = Wiping(reason=None, door="test", evidence="came back", actor=Actor.CLOCK, now=LONG_AGO)
        wipe_past(connection, workplace.keyring, get_subscriber(connection, 1), wiping)
    result = run("show", ADA, "--consent")
    assert result.exit_code == 0
    assert "Record 1: its content was deleted; its place in the chain stays." in result.stdout
    assert "whole; the content of 1 of 2 records was deleted" in result.stdout
    assert "its content was deleted" in run("show", ADA).stdout


def test_an_import_reports_its_numbers_and_ends_1_when_a_row_was_rejected(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"E-Mail;Name\n{ADA};Ada\nbad@;Bad\n", encoding="utf-8")
    foretold = run("import", str(file), "--dry-run", "--json")
    assert document(run("list", "--json")) == []
    result = run("import", str(file), "--json")
    assert (foretold.exit_code, result.exit_code) == (1, 1)
    said = document(result)
    assert (said["read"], said["imported"], said["updated"], said["suppressed"]) == (2, 1, 0, 0)
    assert [fault["row"] for fault in said["rejected"]] == [3]


def test_a_list_that_is_not_utf_8_is_refused_in_words(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes("email\njosé@example.org\n".encode("latin-1"))
    with pytest.raises(SubscriberError, match="not UTF-8"):
        run("import", str(file))


def test_a_suppressed_address_cannot_be_added_which_ends_3(run: Run, smtp_server: MailServer) -> None:
    assert document(run("suppress", ADA, "--json")) == {
        "email": ADA,
        "suppressed": True,
        "reason": "operator",
        "new": True,
    }
    with pytest.raises(RefusedError) as refused:
        run("add", ADA)
    assert refused.value.exit_status == 3
    assert smtp_server.received == []


def test_nobody_suppressed_for_whatever_reason_is_added_by_an_operator(
    run: Run, smtp_server: MailServer
) -> None:
    run("suppress", ADA, "--reason", "bounced")
    with pytest.raises(RefusedError, match=r"suppressed \(bounced\)\. Its owner can sign up") as refused:
        run("add", ADA)
    assert refused.value.exit_status == 3
    assert smtp_server.received == []


def test_adding_somebody_who_left_says_so_and_asks_them_again(
    run: Run, config: Path, smtp_server: MailServer
) -> None:
    with open_workplace(load_settings(config), FixedClock(LONG_AGO)) as workplace:
        life = Life(workplace).confirmed()
        unsubscribe(workplace, life.token(Purpose.UNSUBSCRIBE), door="page", evidence="POST")
    said = run("add", ADA).stdout
    assert said == f"{ADA} has unsubscribed on 2026-03-01; a new confirmation mail was queued\n"
    assert len(smtp_server.to(ADA)) == 1
    assert "no new one was" in run("add", ADA).stdout
    again = document(run("add", ADA, "--json"))
    assert (again["unsubscribed_at"], again["state"]) == ("2026-03-01T08:00:00+00:00", "unsubscribed")
    assert len(smtp_server.to(ADA)) == 1


def test_the_list_shows_every_reader_with_state(run: Run) -> None:
    run("add", ADA)
    run("add", "grace@example.org")
    run("suppress", "grace@example.org", "--reason", "complained")
    rows = document(run("list", "--json"))
    assert [(row["email"], row["state"], row["suppressed"]) for row in rows] == [
        (ADA, "pending", False),
        ("grace@example.org", "pending", True),
    ]
    assert document(run("list", "--state", "active", "--json")) == []
    assert "2 in all" in run("list").stdout
