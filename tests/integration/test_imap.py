"""A folder by IMAP, read from a real Dovecot: what is taken is marked, nothing is lost, TLS fails closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from newsletter.errors import DeliveryError
from newsletter.feedback.imap import ImapAccount, ImapFolder
from newsletter.feedback.incoming import MOST_OCTETS, Incoming
from newsletter.feedback.mailbox import mailbox_at
from tests.integration.daemon import until
from tests.integration.dovecot import PASSWORD, Dovecot, needs_dovecot, running_dovecot

pytestmark = needs_dovecot


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with running_dovecot() as dovecot:
        yield dovecot


@pytest.fixture
def dovecot(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Dovecot:
    """The server with an empty inbox, its certificate trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    for name in ("new", "cur"):
        for path in (server.maildir / name).iterdir():
            path.unlink()
    for path in server.maildir.glob("dovecot*"):  # another UIDVALIDITY each time
        path.unlink()
    return server


def waiting(url: str) -> list[Incoming]:
    with mailbox_at(url).open() as messages:
        return list(messages)


def flags(dovecot: Dovecot) -> set[str]:
    """The Maildir flags of what lies in the inbox: S is read; a small letter is a keyword."""
    return {path.name.partition(":2,")[2] for path in (dovecot.maildir / "cur").iterdir()}


@pytest.mark.parametrize("tls", ["implicit", "starttls", "none"])
def test_messages_are_read_as_they_are_oldest_first(dovecot: Dovecot, tls: str) -> None:
    dovecot.deliver("1.a", b"Subject: caf\xe9\r\n\r\none\r\n")
    waiting(dovecot.url(tls=tls))
    dovecot.deliver("2.b", b"Subject: two\r\n\r\n\x00\xff\r\n")
    found = waiting(dovecot.url(tls=tls))
    assert found[0].raw == b"Subject: caf\xe9\r\n\r\none\r\n"
    assert found[1].raw.startswith(b"Subject: two\r\n\r\n")
    assert not any(each.is_cut for each in found)


def test_what_is_marked_does_not_come_again_and_what_a_person_should_see_stays_unread(
    dovecot: Dovecot,
) -> None:
    dovecot.deliver("1.a", b"Subject: one\r\n\r\n")
    dovecot.deliver("2.b", b"Subject: two\r\n\r\n")
    assert len(waiting(dovecot.url())) == 2
    with mailbox_at(dovecot.url()).open() as messages:
        for number, each in enumerate(messages):
            each.mark(number == 0)
    assert waiting(dovecot.url()) == []
    assert flags(dovecot) == {"Sa", "a"}
    dovecot.deliver("3.c", b"Subject: three\r\n\r\n")
    assert [each.raw[:14] for each in waiting(dovecot.url())] == [b"Subject: three"]


def test_a_message_that_a_person_has_read_already_is_taken_all_the_same(dovecot: Dovecot) -> None:
    path = dovecot.maildir / "cur" / "1.a:2,S"
    path.write_bytes(b"Subject: seen\r\n\r\n")
    path.chmod(0o644)
    assert len(waiting(dovecot.url())) == 1


def test_what_others_marked_as_deleted_is_left_for_them_to_remove(dovecot: Dovecot) -> None:
    path = dovecot.maildir / "cur" / "1.a:2,T"
    path.write_bytes(b"Subject: in the bin\r\n\r\n")
    path.chmod(0o644)
    dovecot.deliver("2.b", b"Subject: two\r\n\r\n")
    with mailbox_at(dovecot.url()).open() as messages:
        for each in messages:
            each.mark(True)
    assert path.exists()
    assert flags(dovecot) == {"Sa", "T"}


def test_of_50_megabytes_no_more_than_a_part_travels(dovecot: Dovecot) -> None:
    huge = b"Subject: huge\r\n\r\n" + b"x" * 76 * 700_000
    dovecot.deliver("1.huge", huge)
    (found,) = waiting(dovecot.url())
    assert found.raw == huge[:MOST_OCTETS]
    assert found.is_cut


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_certificate_that_does_not_verify_is_told_nothing(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch, tls: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    log = dovecot.maildir.parent / "log"
    before = len(log.read_text())
    with pytest.raises(DeliveryError, match=r"does not verify: self.signed certificate") as caught:
        waiting(dovecot.url(tls=tls))
    assert PASSWORD not in str(caught.value)
    until(lambda: "no auth attempts" in log.read_text()[before:], "that it logs how we left")
    assert "Login" not in log.read_text()[before:]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"password": "wrong"}, "refuses the login"),
        ({"password": "wröng"}, "refuses the login"),
        ({"folder": "Nowhere"}, "has no folder Nowhere"),
    ],
)
def test_what_is_wrong_is_told_without_the_password(
    dovecot: Dovecot, changed: dict[str, str], said: str
) -> None:
    with pytest.raises(DeliveryError, match=said) as caught:
        waiting(dovecot.url(**changed))
    assert "wr" not in str(caught.value)


def test_a_server_that_does_not_answer_is_not_waited_for(dovecot: Dovecot) -> None:
    account = replace(ImapAccount.of(dovecot.url()), port=1)
    with pytest.raises(DeliveryError, match="cannot be read: Connection refused"), ImapFolder(account).open():
        pass


def test_a_fault_of_whoever_reads_is_not_taken_for_one_of_the_server(dovecot: Dovecot) -> None:
    dovecot.deliver("1.a", b"Subject: one\r\n\r\n")

    def read_on_a_full_disk() -> None:
        with mailbox_at(dovecot.url()).open() as messages:
            next(messages)
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        read_on_a_full_disk()
    assert len(waiting(dovecot.url())) == 1
