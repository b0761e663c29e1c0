"""The whole way with real servers: mail leaves by Postfix, comes back to a mailbox, and is acted on."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from newsletter.clock import FixedClock
from newsletter.subscribers.store import active_recipients
from newsletter.workflows.collect_feedback import Collected, collect_feedback
from newsletter.workflows.compose import compose
from newsletter.workflows.deliver import deliver
from newsletter.workflows.drain import drain
from newsletter.workflows.workplace import Workplace
from tests.conftest import free_port
from tests.integration.article_source import add_readers, fill
from tests.integration.daemon import until
from tests.integration.dovecot import needs_dovecot, running_dovecot
from tests.integration.postfix import RETURN_PATH, Postfix, needs_postfix, running_postfix

pytestmark = needs_postfix

DAY = date(2026, 3, 3)
ADA, GONE, SLOW, EDITOR = (
    f"{name}@readers.example" for name in ("ada", "gone", "slow", "editor")
)  # fmt: skip


@dataclass
class Mailboxes:
    """The readers' own server: one address does not exist, one is not ready yet, the others take mail."""

    taken: list[tuple[str, bytes]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - its name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address == GONE:
            return "550 5.1.1 The email account that you tried to reach does not exist"
        if address == SLOW:
            return "450 4.2.1 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - its name
        self.taken += [(each, envelope.original_content) for each in envelope.rcpt_tos]
        return "250 2.0.0 taken"

    def to(self, address: str) -> list[bytes]:
        return [content for recipient, content in self.taken if recipient == address]


@pytest.fixture
def mailboxes() -> Iterator[tuple[Mailboxes, int]]:
    server, port = Mailboxes(), free_port()
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    yield server, port
    controller.stop()


@pytest.fixture
def postfix(mailboxes: tuple[Mailboxes, int]) -> Iterator[Postfix]:
    with running_postfix(onward=mailboxes[1], warn_after_s=1) as running:
        yield running


@pytest.fixture
def sending(workplace: Workplace, postfix: Postfix) -> Workplace:
    """Three readers, and Postfix as the relay, whose Maildir is collected."""
    fill(workplace.settings.content_path)
    changed = {
        "smtp_url": SecretStr(postfix.url),
        "return_path": RETURN_PATH,
        "mailbox_url": SecretStr(f"maildir://{postfix.maildir}"),
        "forward_replies_to": EDITOR,
    }
    workplace = replace(workplace, settings=workplace.settings.model_copy(update=changed))
    add_readers(workplace, ADA, GONE, SLOW)
    return workplace


def send(workplace: Workplace, *, after_days: int = 0) -> None:
    day = DAY + timedelta(days=after_days)
    then = replace(workplace, clock=FixedClock(workplace.clock.now() + timedelta(days=after_days)))
    compose(then, then.settings.newsletter(), day)
    counts = deliver(then, then.settings.newsletter(), day)
    assert counts["accepted"] == len(mailed(workplace))


def mailed(workplace: Workplace) -> set[str]:
    with workplace.database.read() as connection:
        return {each.address for each in active_recipients(connection, "daily")}


def check_that_only_the_dead_address_is_dropped(
    sending: Workplace, collected: Collected, mailboxes: Mailboxes
) -> None:
    assert (collected.read, collected.matched, collected.unmatched, collected.failed) == (2, 2, 0, 0)
    assert mailed(sending) == {ADA, SLOW}
    send(sending, after_days=1)
    until(lambda: len(mailboxes.to(ADA)) == 2, "the second issue")
    assert mailboxes.to(GONE) == mailboxes.to(SLOW) == []


def test_a_bounce_comes_back_to_a_maildir_and_the_next_issue_goes_without_that_reader(
    sending: Workplace, postfix: Postfix, mailboxes: tuple[Mailboxes, int]
) -> None:
    send(sending)
    until(lambda: len(postfix.came_back()) == 2, "the bounce and the notice of delay")
    collected = collect_feedback(sending)
    check_that_only_the_dead_address_is_dropped(sending, collected, mailboxes[0])
    assert len(list((postfix.maildir / "cur").glob("*:2,S"))) == 2


@needs_dovecot
def test_the_same_by_imap(
    sending: Workplace,
    postfix: Postfix,
    mailboxes: tuple[Mailboxes, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send(sending)
    until(lambda: len(postfix.came_back()) == 2, "the bounce and the notice of delay")
    with running_dovecot() as dovecot:
        monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
        for path in postfix.came_back():
            dovecot.deliver(path.name, path.read_bytes())
        by_imap = sending.settings.model_copy(update={"mailbox_url": SecretStr(dovecot.url())})
        collected = collect_feedback(replace(sending, settings=by_imap))
        assert collect_feedback(replace(sending, settings=by_imap)) == Collected()
    check_that_only_the_dead_address_is_dropped(sending, collected, mailboxes[0])


def test_what_a_reader_answers_reaches_the_editor_and_they_are_told_where_to_call(
    sending: Workplace, postfix: Postfix, mailboxes: tuple[Mailboxes, int]
) -> None:
    newsletter = sending.settings.newsletter().model_copy(update={"reply_to": RETURN_PATH})
    answering = sending.settings.model_copy(update={"newsletters": (newsletter,)})
    sending = replace(sending, settings=answering)
    reply = b"\r\n".join(
        [
            f"From: Ada <{ADA}>".encode(),
            f"To: {RETURN_PATH}".encode(),
            b"Subject: Re: Daily Health",
            b"Message-ID: <reply@readers.example>",
            b"",
            b"How long does it last?",
            b"",
        ]
    )
    with smtplib.SMTP("127.0.0.1", postfix.port) as relay:
        relay.sendmail(ADA, [RETURN_PATH], reply)
    until(lambda: len(postfix.came_back()) == 1, "the reply")
    assert collect_feedback(sending).forwarded == 1
    drain(sending)
    server = mailboxes[0]
    until(lambda: len(server.taken) == 2, "the forwarded letter and the answer")
    assert b"How long does it last?" in server.to(EDITOR)[0]
    assert b"If you think you have an emergency, call" in server.to(ADA)[0].replace(b"=\r\n", b"")
    assert b"In-Reply-To: <reply@readers.example>" in server.to(ADA)[0]
