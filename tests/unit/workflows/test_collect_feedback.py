"""What waits in a mailbox is acted on, then marked; and whatever happens in between, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from newsletter.delivery.message import return_path
from newsletter.errors import DeliveryError, SettingsError
from newsletter.subscribers.subscriber import State
from newsletter.workflows.collect_feedback import Collected, collect_feedback
from newsletter.workflows.drain import drain
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.unit.feedback.test_correspondence import letter
from tests.unit.workflows.conftest import ADA, Life

OPERATOR, MAILBOX = "operator@example.org", "bounces@letter.example"
Deliver = Callable[[str, bytes], None]


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    folder = tmp_path / "back"
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    return folder


@pytest.fixture
def collecting(connected: Workplace, maildir: Path) -> Workplace:
    """The workplace with a Maildir and an operator who is sent letters."""
    changed = {
        "mailbox_url": SecretStr(f"maildir://{maildir}"),
        "return_path": MAILBOX,
        "forward_replies_to": OPERATOR,
    }
    return replace(connected, settings=connected.settings.model_copy(update=changed))


@pytest.fixture
def deliver(maildir: Path) -> Deliver:
    def put(name: str, raw: bytes) -> None:
        (maildir / "new" / name).write_bytes(raw)

    return put


def bounce(to: str, about: str, *, status: str = "5.1.1") -> bytes:
    """A report as Postfix writes it, to the return path *to*."""
    return f"""Return-Path: <>
Delivered-To: {to}
From: MAILER-DAEMON@relay.example.com
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<{about}>: host mx.example.com said: 550 {status} no such user
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.com

Final-Recipient: rfc822; {about}
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--b--
""".encode()


def dmarc() -> bytes:
    return b"""Return-Path: <noreply-dmarc@mail.example>
From: noreply-dmarc@mail.example
To: newsletter@example.org
Subject: Report Domain: example.org Submitter: mail.example Report-ID: <2026.1>
MIME-Version: 1.0
Content-Type: application/gzip; name="mail.example!example.org!1767225600!1767312000.xml.gz"
Content-Disposition: attachment; filename="mail.example!example.org!1767225600!1767312000.xml.gz"
Content-Transfer-Encoding: base64

H4sIAAAAAAAAA7MpSk3OT0nVBQBAfHPRDAAAAA==
"""


def path_of(life: Life) -> str:
    found = life.subscription()
    assert found
    return return_path(life.workplace.keyring, MAILBOX, found.handle)


def flags(maildir: Path) -> list[str]:
    return sorted(path.name for path in (maildir / "cur").iterdir())


def counts(collected: Collected) -> dict[str, int]:
    return {name: count for name, count in asdict(collected).items() if count}


def test_a_dead_address_is_mailed_no_more(collecting: Workplace, deliver: Deliver, maildir: Path) -> None:
    ada = Life(collecting).confirmed()
    deliver("1.a", bounce(path_of(ada), ADA))
    assert counts(collect_feedback(collecting)) == {"read": 1, "matched": 1}
    assert ada.state() is State.BOUNCED
    assert not ada.is_mailed()
    assert flags(maildir) == ["1.a:2,S"]
    assert counts(collect_feedback(collecting)) == {}


def test_killed_before_the_mark_it_is_taken_again_which_changes_nothing(
    collecting: Workplace, deliver: Deliver, maildir: Path
) -> None:
    ada = Life(collecting).confirmed()
    collected = Collected()
    for _ in range(2):  # as if the first had not got as far as the mark
        deliver("1.a", bounce(path_of(ada), ADA))
        deliver("2.b", letter())
        collected = collect_feedback(collecting)
        for path in (maildir / "cur").iterdir():
            path.unlink()
    assert counts(collected) == {"read": 2, "repeated": 1, "forwarded": 1}
    assert ada.state() is State.BOUNCED
    acts = ada.acts()
    assert len(acts) == len(set(acts))
    assert drain(collecting).accepted == 2  # the letter, and the answer


@pytest.mark.parametrize("status", ["5.1.1", "4.2.2"])
def test_a_forged_report_about_somebody_changes_nobody_and_stays_unread(
    collecting: Workplace, deliver: Deliver, maildir: Path, status: str
) -> None:
    ada = Life(collecting).confirmed()
    other = path_of(ada).replace("+", "+a")
    for number, to in enumerate((MAILBOX, other, "newsletter@example.org")):
        deliver(f"{number}.a", bounce(to, ADA, status=status))
    assert counts(collect_feedback(collecting)) == {"read": 3, "unmatched": 3}
    assert ada.is_mailed()
    assert flags(maildir) == ["0.a:2,", "1.a:2,", "2.a:2,"]


def test_a_letter_goes_to_the_operator_and_a_dmarc_report_is_filed(
    collecting: Workplace, deliver: Deliver, maildir: Path, smtp_server: MailServer
) -> None:
    deliver("1.a", letter())
    deliver("2.b", dmarc())
    assert counts(collect_feedback(collecting)) == {"read": 2, "forwarded": 1, "reports": 1}
    drain(collecting)
    assert len(smtp_server.to(OPERATOR)) == 1
    assert flags(maildir) == ["1.a:2,S", "2.b:2,S"]


@pytest.mark.parametrize(
    ("words", "sent"), [({}, 1), ({"Auto_Submitted": "auto-replied"}, 0), ({"Return_Path": "<>"}, 0)]
)
def test_a_letter_that_only_reads_like_a_machines_is_forwarded_and_not_answered(
    collecting: Workplace, deliver: Deliver, smtp_server: MailServer, words: dict[str, str], sent: int
) -> None:
    deliver("1.a", letter(**{"Subject": "Re: Absence seizures in children", **words}))
    assert collect_feedback(collecting).forwarded == sent
    drain(collecting)
    assert len(smtp_server.received) == sent


@pytest.mark.parametrize("words", [b"unsubscribe", b"STOP", b"abmelden"])
def test_who_writes_that_they_leave_stays_until_the_operator_knows_that_it_was_they(
    collecting: Workplace, deliver: Deliver, smtp_server: MailServer, words: bytes
) -> None:
    ada = Life(collecting).confirmed()
    deliver("1.a", letter(From=ADA, Return_Path=f"<{ADA}>", Subject=words.decode()) + words)
    assert counts(collect_feedback(collecting)) == {"read": 1, "forwarded": 1}
    drain(collecting)
    assert ada.is_mailed()
    assert words in smtp_server.to(OPERATOR)[0].content


def test_a_letter_that_goes_to_nobody_stays_unread(
    collecting: Workplace, deliver: Deliver, maildir: Path
) -> None:
    settings = collecting.settings.model_copy(update={"forward_replies_to": ""})
    deliver("1.a", letter())
    assert counts(collect_feedback(replace(collecting, settings=settings))) == {"read": 1, "kept": 1}
    assert flags(maildir) == ["1.a:2,"]


def test_a_database_that_cannot_be_written_leaves_everything_in_the_mailbox(
    collecting: Workplace, deliver: Deliver, maildir: Path
) -> None:
    ada = Life(collecting).confirmed()
    deliver("1.a", bounce(path_of(ada), ADA))
    with collecting.database.write() as connection:
        connection.execute(text("ALTER TABLE feedback_events RENAME TO gone"))
    with pytest.raises(OperationalError):
        collect_feedback(collecting)
    assert flags(maildir) == []
    with collecting.database.write() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO feedback_events"))
    assert counts(collect_feedback(collecting)) == {"read": 1, "matched": 1}


def test_a_process_that_is_told_to_end_stops_after_a_message(collecting: Workplace, deliver: Deliver) -> None:
    for number in range(3):
        deliver(f"{number}.a", dmarc())
    collecting.stopping.set()
    assert collect_feedback(collecting).read == 1
    collecting.stopping.clear()
    assert collect_feedback(collecting).read == 2


def test_without_a_mailbox_it_is_said_how_to_name_one(connected: Workplace, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="NEWSLETTER_MAILBOX_URL"):
        collect_feedback(connected)
    missing = connected.settings.model_copy(update={"mailbox_url": SecretStr(f"maildir://{tmp_path}/no")})
    with pytest.raises(DeliveryError, match="has no folder new/"):
        collect_feedback(replace(connected, settings=missing))
