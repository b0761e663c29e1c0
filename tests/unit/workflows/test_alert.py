"""The operator is told of what needs a person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.delivery.outbox import MailState, SystemMail, mails_to
from newsletter.rendering.notice import Alert
from newsletter.workflows.alert import alert
from newsletter.workflows.drain import drain
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.unit.workflows.conftest import Later

OPERATOR = "operator@example.org"
REASON = "12 of 400 confirmation mails were answered"


@pytest.fixture
def watched(connected: Workplace) -> Workplace:
    """A workplace whose operator has an address."""
    settings = connected.settings.model_copy(update={"alert_address": OPERATOR})
    return replace(connected, settings=settings)


def told(workplace: Workplace, kind: Alert = Alert.SIGNUPS, *, about: str = "") -> bool:
    with workplace.database.write() as connection:
        now = workplace.clock.now()
        return alert(connection, workplace, kind, reason=REASON, now=now, about=about)


def mails(workplace: Workplace) -> list[SystemMail]:
    with workplace.database.read() as connection:
        return mails_to(connection, OPERATOR)


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (Alert.SIGNUPS, "Daily Health: sign-ups are held back"),
        (Alert.WEBHOOK, "Daily Health: a site is no longer told of its readers"),
    ],
)
def test_a_mail_says_what_happened_why_and_what_to_do(
    watched: Workplace, smtp_server: MailServer, kind: Alert, subject: str
) -> None:
    assert told(watched, kind)
    assert drain(watched).accepted == 1
    (received,) = smtp_server.to(OPERATOR)
    assert received.message["Subject"] == subject
    for part in ("plain", "html"):
        body = received.message.get_body((part,))
        assert body is not None
        words = " ".join(body.get_content().split())
        assert REASON in words
        assert "before you let the rest go" in words or "switch it on again" in words
        assert "about the letter of" not in words


def test_one_of_a_kind_goes_out_a_day_and_every_one_is_logged(
    watched: Workplace, later: Later, caplog: pytest.LogCaptureFixture
) -> None:
    assert [told(watched), told(watched), told(later(watched, hours=23))] == [True, False, False]
    assert told(watched, Alert.WEBHOOK, about="clinic")
    assert told(watched, Alert.WEBHOOK, about="praxis")
    assert told(later(watched, hours=24, seconds=1))
    assert len(mails(watched)) == 4
    assert caplog.text.count(REASON) == 6


def test_without_an_address_it_is_logged_only(workplace: Workplace, caplog: pytest.LogCaptureFixture) -> None:
    assert not told(workplace)
    assert REASON in caplog.text
    with workplace.database.read() as connection:
        assert mails_to(connection, "") == []


def test_a_mail_to_an_address_that_is_not_the_operators_any_more_is_not_sent(
    watched: Workplace, smtp_server: MailServer
) -> None:
    told(watched)
    settings = watched.settings.model_copy(update={"alert_address": ""})
    assert drain(replace(watched, settings=settings)).expired == 1
    assert smtp_server.received == []
    assert mails(watched)[0].state is MailState.EXPIRED
