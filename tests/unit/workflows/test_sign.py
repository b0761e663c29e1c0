"""Whatever leaves is signed where that is on: issues, copies and system mails."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import dkim
import pytest

from newsletter.delivery.dkim import load_signing_key, write_signing_key
from newsletter.delivery.key_record import key_record
from newsletter.errors import SettingsError
from newsletter.issues import store as issue_store
from newsletter.issues.issue import State
from newsletter.workflows.compose import compose
from newsletter.workflows.deliver import deliver
from newsletter.workflows.drain import drain
from newsletter.workflows.say_goodbye import say_goodbye
from newsletter.workflows.send_copy import send_copy
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.article_source import add_readers, fill
from tests.unit.workflows.conftest import Life

DAY = date(2026, 3, 3)


def signing(workplace: Workplace, **changes: str) -> Workplace:
    update = {"dkim": "on", "dkim_key_path": workplace.settings.key_path.with_name("dkim.pem")} | changes
    return replace(workplace, settings=workplace.settings.model_copy(update=update))


@pytest.fixture
def signed(connected: Workplace) -> Workplace:
    workplace = signing(connected)
    write_signing_key(workplace.settings.dkim_key_path)
    return workplace


def all_verify(workplace: Workplace, server: MailServer) -> bool:
    key = load_signing_key(workplace.settings.dkim_key_path)
    record = "".join(key_record(key, domain="example.org", selector="letter").strings).encode()
    assert server.received
    return all(dkim.verify(one.content, dnsfunc=lambda *_a, **_k: record) for one in server.received)


def test_an_issue_a_copy_and_every_system_mail_verify(signed: Workplace, smtp_server: MailServer) -> None:
    fill(signed.settings.content_path)
    newsletter = signed.settings.newsletter()
    add_readers(signed, "ada@example.org", "jörg@example.org")
    compose(signed, newsletter, DAY)
    assert deliver(signed, newsletter, DAY)["accepted"] == 2
    send_copy(signed, newsletter, DAY, to="editor@example.org")
    Life(signed, "new@example.org").sign_up()
    assert drain(signed).accepted == 1
    assert say_goodbye(signed, "gone@example.org", newsletter="daily")
    assert len(smtp_server.received) == 5
    assert all_verify(signed, smtp_server)


def test_a_key_that_is_missing_stops_the_issue_before_anybodys_turn_and_keeps_system_mails(
    connected: Workplace, smtp_server: MailServer
) -> None:
    unready = signing(connected)
    fill(unready.settings.content_path)
    newsletter = unready.settings.newsletter()
    add_readers(unready, "ada@example.org")
    compose(unready, newsletter, DAY)
    with pytest.raises(SettingsError, match="newsletter keys dkim"):
        deliver(unready, newsletter, DAY)
    with unready.database.read() as connection:
        stored = issue_store.of_day(connection, newsletter.name, DAY)
    assert (stored.started_at, stored.issue.state) == (None, State.APPROVED)
    Life(unready, "new@example.org").sign_up()
    assert drain(unready).put_back == 1
    assert smtp_server.received == []


@pytest.mark.parametrize("dkim_is", ["off", "relay"])
def test_where_nobody_or_the_relay_signs_no_key_is_needed(
    connected: Workplace, smtp_server: MailServer, dkim_is: str
) -> None:
    fill(connected.settings.content_path)
    workplace = signing(connected, dkim=dkim_is)
    send_copy(workplace, workplace.settings.newsletter(), DAY, to="editor@example.org")
    assert "DKIM-Signature" not in smtp_server.received[0].message
