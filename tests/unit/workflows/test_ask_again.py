"""When the policy changes in substance, readers are asked again; until they answer, old consents stand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from newsletter.cli.subscribers import subscribers
from newsletter.clock import FixedClock, SystemClock
from newsletter.delivery.outbox import MailKind, system_mails
from newsletter.errors import SettingsError
from newsletter.settings import load_settings
from newsletter.subscribers.consent import Action
from newsletter.subscribers.subscriber import State
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.token import Purpose, write_key_file
from newsletter.workflows.ask_again import AskedAgain, ask_again
from newsletter.workflows.confirm import Answer, confirm
from newsletter.workflows.drain import drain
from newsletter.workflows.subscribe import current_policy
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace, open_workplace
from tests.conftest import MailServer
from tests.unit.workflows.conftest import ADA, Later, Life

GRACE = "grace@example.org"


@pytest.fixture
def changed(connected: Workplace, tmp_path: Path) -> Workplace:
    """The same publisher with a policy of their own, version 2."""
    return with_policy(connected, tmp_path, "We keep your address.", version="2")


def with_policy(workplace: Workplace, folder: Path, text: str, *, version: str) -> Workplace:
    path = folder / f"policy-{version}.md"
    path.write_text(text, encoding="utf-8")
    settings = workplace.settings.model_copy(update={"privacy_policy": path, "privacy_version": version})
    return replace(workplace, settings=settings)


def counted(report: AskedAgain) -> tuple[int, int, int]:
    return report.asked, report.agree_already, report.waiting


def renewal_token(life: Life) -> str:
    mail = [mail for mail in life.mails() if mail.kind is MailKind.RENEWAL][-1]
    return life.workplace.keyring.token(Purpose.CONFIRM, mail.handle)


def test_a_reader_of_another_policy_is_mailed_and_the_answer_is_on_record(
    connected: Workplace, changed: Workplace, smtp_server: MailServer
) -> None:
    before = Life(connected).confirmed().consents()
    assert counted(ask_again(changed)) == (1, 0, 0)
    life = Life(changed)
    assert life.is_mailed(), "the old consent stands"
    assert life.consents() == before
    token = renewal_token(life)
    drain(changed)
    assert "privacy policy has changed" in str(smtp_server.to(ADA)[-1].message["Subject"])
    assert confirm(changed, token, page_url="http://letter.example/confirm/").answer is Answer.CONFIRMED
    policy, act = current_policy(changed), life.consents()[-1].content
    assert (act.action, act.policy_version, act.policy_sha256) == (Action.CONFIRM, "2", policy.sha256)
    assert counted(ask_again(changed)) == (0, 1, 0)


def test_who_was_asked_is_not_asked_again_until_the_link_has_ended(
    connected: Workplace, changed: Workplace, later: Later
) -> None:
    Life(connected).confirmed()
    ask_again(changed)
    assert counted(ask_again(changed)) == (0, 0, 1)
    assert counted(ask_again(later(changed, days=13))) == (0, 0, 1)
    assert counted(ask_again(later(changed, days=14))) == (1, 0, 0)


def test_nobody_is_asked_who_has_no_letters_coming(connected: Workplace, changed: Workplace) -> None:
    gone = Life(connected).confirmed()
    unsubscribe(connected, gone.token(Purpose.UNSUBSCRIBE), door="page", evidence="POST")
    Life(connected, "pending@example.org").sign_up()
    Life(connected, "complained@example.org").confirmed().suppress(Reason.COMPLAINED)
    assert counted(ask_again(changed)) == (0, 0, 0)


def test_paused_readers_are_asked_too_and_each_newsletter_apart(
    connected: Workplace, changed: Workplace, later: Later
) -> None:
    Life(connected).confirmed("daily")
    weekly = Life(later(connected, days=2)).confirmed("weekly")
    with connected.database.write() as connection:
        connection.exec_driver_sql("update subscriptions set state = 'paused' where newsletter = 'daily'")
    assert weekly.state("daily") is State.PAUSED
    assert counted(ask_again(changed, newsletter="daily")) == (1, 0, 0)
    assert counted(ask_again(changed)) == (1, 0, 1)


def test_leaving_ends_the_question(connected: Workplace, changed: Workplace) -> None:
    life = Life(connected).confirmed()
    ask_again(changed)
    token = renewal_token(life)
    unsubscribe(changed, life.token(Purpose.UNSUBSCRIBE), door="page", evidence="POST")
    assert drain(changed).expired == 2  # the confirmation that was answered, and this
    assert confirm(changed, token, page_url="http://letter.example/").answer is Answer.CLOSED
    assert not life.is_mailed()


def test_the_mails_leave_so_many_an_hour_also_when_a_second_run_adds_some(
    connected: Workplace, changed: Workplace
) -> None:
    for number in range(5):
        Life(connected, f"r{number}@example.org").confirmed()
    report = ask_again(changed, newsletter="daily", per_hour=60)
    now = changed.clock.now()
    assert report.last_leaves_at == now + timedelta(minutes=4)
    late = Life(connected, "late@example.org").confirmed()
    assert ask_again(changed, per_hour=60).last_leaves_at == now + timedelta(minutes=5)
    assert late.mails()[-1].next_at == now + timedelta(minutes=5)
    with changed.database.write() as connection:
        connection.execute(
            update(system_mails).where(system_mails.c.kind == "confirmation").values(state="accepted")
        )
    assert drain(changed).accepted == 1


def test_a_dry_run_counts_and_changes_nothing(connected: Workplace, changed: Workplace) -> None:
    life = Life(connected).confirmed()
    assert counted(ask_again(changed, dry_run=True)) == (1, 0, 0)
    assert [mail.kind for mail in life.mails()] == [MailKind.CONFIRMATION]


def test_a_consent_that_was_brought_in_names_no_policy_so_its_reader_is_asked(changed: Workplace) -> None:
    life = Life(changed).confirmed()
    assert counted(ask_again(changed)) == (0, 1, 0)
    with changed.database.write() as connection:
        connection.exec_driver_sql("update consents set policy_sha256 = '' where action = 'confirm'")
    assert counted(ask_again(changed)) == (1, 0, 0)
    assert len(life.mails()) == 2


def test_nobody_is_asked_to_agree_to_the_shipped_draft(connected: Workplace) -> None:
    Life(connected).confirmed()
    with pytest.raises(SettingsError, match="still the shipped draft") as refused:
        ask_again(connected)
    assert refused.value.exit_status == 2


def test_the_command_asks_before_it_mails(tmp_path: Path, smtp_server: MailServer) -> None:
    write_key_file(tmp_path / "newsletter.key")
    config = tmp_path / "newsletter.toml"
    config.write_text(f'smtp_url = "{smtp_server.url}"\n', encoding="utf-8")
    with open_workplace(load_settings(config), FixedClock(SystemClock().now())) as workplace:
        Life(workplace).confirmed()
        Life(workplace, GRACE).confirmed()
    (tmp_path / "policy.md").write_text("We keep your address.", encoding="utf-8")
    config.write_text('privacy_policy = "policy.md"\nprivacy_version = "2"\n', encoding="utf-8")

    def run(*arguments: str, said: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(subscribers, ["ask-again", *arguments], obj=config, input=said)
        return result.exit_code, result.stdout

    dry = json.loads(run("--dry-run", "--json")[1])
    assert dry == {"asked": 2, "agree_already": 0, "waiting": 0, "dry_run": True, "last_leaves_at": None}
    assert run(said="n\n")[0] == 1
    assert json.loads(run("--dry-run", "--json")[1])["asked"] == 2
    done = json.loads(run("--yes", "--json", "--per-hour", "1")[1])
    assert (done["asked"], done["dry_run"]) == (2, False)
    assert "2 were asked, and have not answered yet" in run("--yes")[1]
