"""The relay: what a server does, and what is made of it, over real sockets on loopback."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.delivery.fault import Act
from newsletter.delivery.fault_server import FaultServer
from newsletter.delivery.reply import Outcome, Reply
from newsletter.delivery.smtp import Relay
from newsletter.errors import DeliveryError
from tests.conftest import MailServer, free_port

MESSAGE = b"Subject: x\r\n\r\nfirst line\r\n.a dot\r\n..two\r\n"


def send(relay: Relay, recipient: str = "ada@example.org", message: bytes = MESSAGE) -> Reply:
    return relay.send(envelope_from="letter@example.org", recipient=recipient, message=message)


def send_one(server: FaultServer, **options: float) -> Reply:
    with Relay(server.url, timeout_s=options.get("timeout_s", 5)) as relay:
        return send(relay)


def test_a_message_arrives_byte_for_byte_with_its_leading_dots(smtp_server: MailServer):
    with Relay(smtp_server.url) as relay:
        assert send(relay) == Reply(Outcome.ACCEPTED, 250, "2.0.0", "2.0.0 taken")
    [taken] = smtp_server.received
    assert taken.content == MESSAGE
    assert (taken.envelope_from, taken.recipients) == ("letter@example.org", ["ada@example.org"])


def test_a_message_without_a_last_line_end_gets_one():
    with FaultServer() as server, Relay(server.url) as relay:
        assert send(relay, message=b"Subject: x\r\n\r\nend").outcome is Outcome.ACCEPTED
    assert server.received[0].content == b"Subject: x\r\n\r\nend\r\n"


def test_many_messages_go_over_one_connection_with_one_goodbye():
    with FaultServer() as server:
        with Relay(server.url) as relay:
            for _ in range(5):
                assert send(relay).outcome is Outcome.ACCEPTED
        assert (server.connections, len(server.received), server.commands[-1].upper()) == (1, 5, "QUIT")


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("said", "outcome", "code", "status"),
    [
        ("450 4.2.1 later, please", Outcome.DEFERRED, 450, "4.2.1"),
        ("550 5.1.1 no such mailbox", Outcome.REJECTED, 550, "5.1.1"),
        ("451 no enhanced code", Outcome.DEFERRED, 451, ""),
        ("554 no enhanced code", Outcome.REJECTED, 554, ""),
    ],
)
def test_a_refusal_is_recorded_as_what_it_is_and_the_next_message_goes_through(
    stage, said, outcome, code, status
):
    with FaultServer([{stage: Act(said)}]) as server, Relay(server.url) as relay:
        reply = send(relay)
        assert (reply.outcome, reply.code, reply.status) == (outcome, code, status)
        assert not reply.closing
        assert send(relay).outcome is Outcome.ACCEPTED
        assert server.connections == 1


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("said", "outcome"), [("550 5.7.1 go away", Outcome.REJECTED), ("451 4.3.0 later", Outcome.DEFERRED)]
)
def test_a_refusal_stands_when_the_server_hangs_up_right_after_it(stage, said, outcome):
    with FaultServer([{stage: Act(said, drop=True)}]) as server, Relay(server.url) as relay:
        assert send(relay).outcome is outcome
        assert send(relay).outcome is Outcome.ACCEPTED
        assert server.connections == 2


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_421_defers_the_message_and_the_next_one_gets_a_new_connection(stage):
    with FaultServer([{stage: Act("421 4.3.2 closing", drop=True)}]) as server, Relay(server.url) as relay:
        reply = send(relay)
        assert (reply.outcome, reply.code, reply.closing) == (Outcome.DEFERRED, 421, True)
        assert send(relay).outcome is Outcome.ACCEPTED
        assert server.connections == 2


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_a_connection_lost_before_the_message_is_known_to_have_delivered_nothing(stage):
    with FaultServer([{stage: Act(drop=True)}]) as server:
        reply = send_one(server)
    assert (reply.outcome, reply.closing) == (Outcome.LOST, True)
    assert server.received == []


def test_a_connection_lost_during_the_message_is_known_to_have_delivered_nothing():
    with FaultServer([{"body": Act(drop=True)}]) as server, Relay(server.url, timeout_s=5) as relay:
        assert send(relay, message=b"x" * 76 + b"\r\n" * 20_000_000).outcome is Outcome.LOST
    assert server.received == []


def test_a_connection_lost_after_the_final_dot_leaves_the_outcome_unknown():
    with FaultServer([{"dot": Act(drop=True)}]) as server:
        reply = send_one(server)
    assert (reply.outcome, reply.closing) == (Outcome.UNKNOWN, True)
    assert len(server.received) == 1


def test_a_server_that_is_silent_after_the_final_dot_leaves_the_outcome_unknown():
    with FaultServer([{"dot": Act(wait_s=0.6)}]) as server:
        assert send_one(server, timeout_s=0.2).outcome is Outcome.UNKNOWN


def test_a_server_that_is_silent_before_the_message_is_known_to_have_delivered_nothing():
    with FaultServer([{"rcpt": Act(wait_s=0.6)}]) as server:
        assert send_one(server, timeout_s=0.2).outcome is Outcome.LOST


def test_a_garbled_reply_to_the_final_dot_leaves_the_outcome_unknown():
    with FaultServer([{"dot": Act("what was that?")}]) as server:
        assert send_one(server).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("stage", "said"), [("mail", "garbage"), ("rcpt", "354 go on"), ("data", "250 yes?")]
)
def test_replies_out_of_step_end_the_connection_before_a_message_is_read_as_commands(stage, said):
    with FaultServer([{stage: Act(said)}]) as server, Relay(server.url) as relay:
        reply = send(relay)
        assert (reply.outcome, reply.closing) == (Outcome.DEFERRED, True)
        assert send(relay).outcome is Outcome.ACCEPTED
        assert server.connections == 2
    assert not [line for line in server.commands if "Subject" in line]


def test_a_connection_that_a_relay_ended_between_two_messages_is_made_anew_and_nobody_waits():
    with FaultServer([{}, {"mail": Act(drop=True)}]) as server, Relay(server.url) as relay:
        assert send(relay).outcome is Outcome.ACCEPTED
        assert send(relay).outcome is Outcome.ACCEPTED
        assert server.connections == 2
    assert len(server.received) == 2


def test_an_outcome_that_is_unknown_is_not_tried_again_by_itself():
    with FaultServer([{}, {"dot": Act(drop=True)}]) as server, Relay(server.url) as relay:
        send(relay)
        assert send(relay).outcome is Outcome.UNKNOWN
    assert len(server.received) == 2


def test_a_reply_of_several_lines_is_read_to_its_end():
    said = "550-5.1.1 The mailbox\n550-5.1.1 does not\n550 5.1.1 exist"
    plan = [{"rcpt": Act(said)}, {"dot": Act("250-2.0.0 taken\n250 2.0.0 as 12345")}]
    with FaultServer(plan) as server, Relay(server.url) as relay:
        reply = send(relay)
        assert (reply.outcome, reply.status) == (Outcome.REJECTED, "5.1.1")
        assert reply.text.endswith("exist")
        assert send(relay).outcome is Outcome.ACCEPTED


def test_a_very_long_reply_is_kept_short():
    with FaultServer([{"rcpt": Act("550-" + "x" * 400 + "\n550 " + "y" * 400)}]) as server:
        assert len(send_one(server).text) == 500


def test_a_relay_that_nobody_runs_is_an_error_that_names_it():
    port = free_port()
    with (
        Relay(f"smtp://127.0.0.1:{port}") as relay,
        pytest.raises(
            DeliveryError, match=rf"relay 127\.0\.0\.1:{port}: connection refused.*Check its address"
        ),
    ):
        send(relay)


@pytest.mark.parametrize("said", ["554 5.7.1 not you", "421 4.3.2 not now"])
def test_a_relay_that_does_not_greet_is_an_error_and_no_attempt(said):
    with (
        FaultServer(connection={"connect": Act(said, drop=True)}) as server,
        pytest.raises(DeliveryError, match=f"refused with {said[:3]}"),
    ):
        send_one(server)


def test_a_relay_that_cannot_be_found_is_an_error():
    with (
        Relay("smtp://no-such-host.invalid:2525") as relay,
        pytest.raises(DeliveryError, match="no-such-host"),
    ):
        send(relay)


def test_an_address_with_a_local_part_in_another_script_goes_with_smtputf8():
    with FaultServer() as server, Relay(server.url) as relay:
        assert (
            send(relay, "jörg@example.org", "To: jörg@example.org\r\n\r\n".encode()).outcome
            is Outcome.ACCEPTED
        )
    assert server.received[0].recipients == ["jörg@example.org"]
    assert any(line.endswith(" SMTPUTF8 BODY=8BITMIME") for line in server.commands)


def test_such_an_address_is_refused_for_good_when_the_relay_does_not_take_it():
    with FaultServer(extensions=("8BITMIME",)) as server, Relay(server.url) as relay:
        reply = send(relay, "jörg@example.org")
        assert (reply.outcome, reply.status) == (Outcome.REJECTED, "5.6.7")
        assert send(relay).outcome is Outcome.ACCEPTED


# --- TLS and login ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    if not shutil.which("openssl"):
        pytest.skip("needs the openssl command to make a certificate")
    made = tmp_path_factory.mktemp("tls") / "both.pem"
    key, chain = made.with_name("key.pem"), made.with_name("chain.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "2", "-subj", "/CN=fault.test", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(chain)),
        ],
        check=True,
        capture_output=True,
    )
    made.write_bytes(key.read_bytes() + chain.read_bytes())
    return made


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The certificate is one that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return iter(())


EXTENSIONS = ("8BITMIME", "STARTTLS", "AUTH PLAIN LOGIN")


def test_a_certificate_that_does_not_verify_stops_everything_before_login_and_mail(tls):
    with FaultServer(tls=tls, extensions=EXTENSIONS) as server:
        url = server.url.replace("//", "//user:secret@") + "?tls=starttls"
        with (
            Relay(url) as relay,
            pytest.raises(DeliveryError, match=r"certificate verify failed.*SSL_CERT_FILE"),
        ):
            send(relay)
    assert [line.split()[0].upper() for line in server.commands] == ["EHLO", "STARTTLS"]


def test_a_relay_that_does_not_offer_starttls_is_not_spoken_to_in_clear():
    with FaultServer() as server:
        url = server.url.replace("//", "//user:secret@") + "?tls=starttls"
        with Relay(url) as relay, pytest.raises(DeliveryError, match="STARTTLS"):
            send(relay)
    assert [line.split()[0].upper() for line in server.commands] == ["EHLO"]


def test_a_relay_that_refuses_starttls_is_not_spoken_to_in_clear(tls):
    said = {"starttls": Act("454 4.7.0 TLS not available")}
    with (
        FaultServer(tls=tls, extensions=EXTENSIONS, connection=said) as server,
        Relay(server.url + "?tls=starttls") as relay,
        pytest.raises(DeliveryError),
    ):
        send(relay)
    assert not [line for line in server.commands if line.upper().startswith("MAIL")]


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_with_a_certificate_that_verifies_login_and_mail_go_through(tls, mode):
    with FaultServer(tls=tls, implicit=mode == "implicit", extensions=EXTENSIONS) as server:
        url = server.url.replace("//", "//user%40a:s%2Fecret@") + f"?tls={mode}"
        with Relay(url, timeout_s=5) as relay:
            assert send(relay).outcome is Outcome.ACCEPTED
    assert [line for line in server.commands if line.startswith("AUTH PLAIN ")]


def test_a_certificate_that_does_not_verify_stops_implicit_tls_too(tls):
    with (
        FaultServer(tls=tls, implicit=True) as server,
        Relay(server.url + "?tls=implicit") as relay,
        pytest.raises(DeliveryError, match="certificate"),
    ):
        send(relay)
    assert server.commands == []


def test_a_refused_login_is_an_error_that_shows_neither_user_nor_password():
    said = {"auth": Act("535 5.7.8 no such user: heidi")}
    with (
        FaultServer(connection=said, extensions=("AUTH PLAIN",)) as server,
        Relay(server.url.replace("//", "//heidi:secret@")) as relay,
        pytest.raises(DeliveryError) as refused,
    ):
        send(relay)
    assert "refused with 535. Check the user and the password" in str(refused.value)
    assert "heidi" not in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_password_that_smtp_cannot_carry_is_an_error_that_does_not_show_it():
    with (
        FaultServer(extensions=("AUTH PLAIN",)) as server,
        Relay(server.url.replace("//", "//user:s%C3%A9cret@")) as relay,
        pytest.raises(DeliveryError) as refused,
    ):
        send(relay)
    assert "not ASCII" in str(refused.value)
    assert "é" not in str(refused.value)
    assert "\\xe9" not in str(refused.value)


def test_a_server_that_never_greets_is_given_up_after_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        with Relay(url, timeout_s=0.2) as relay, pytest.raises(DeliveryError):
            send(relay)
