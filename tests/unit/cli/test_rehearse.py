"""`newsletter rehearse`, run as an operator runs it: a process that a signal ends."""

from __future__ import annotations

import json
import smtplib
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from newsletter.delivery.fault_scenario import SCENARIOS
from newsletter.delivery.fault_table import FAULTS
from newsletter.errors import DeliveryError
from tests.unit.cli.conftest import Run

MESSAGE = b"Message-ID: <secret-id@example.org>\r\nSubject: gout\r\n\r\nhello\r\n"


@dataclass
class Rehearsal:
    """A command that runs; *said* is all it printed, once it has ended."""

    process: subprocess.Popen[str]
    url: str
    said: str = ""
    beside: str = ""


@contextmanager
def rehearsal(*arguments: str) -> Iterator[Rehearsal]:
    """The command, listening; SIGTERM ends it, and it must end well."""
    command = [sys.executable, "-m", "newsletter", "rehearse", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        stream = process.stderr if "--json" in arguments else process.stdout
        url = next(line for line in stream if line.startswith("NEWSLETTER_SMTP_URL="))
        running = Rehearsal(process, url.strip().partition("=")[2])
        try:
            yield running
        finally:
            process.terminate()
            running.said, running.beside = process.communicate(timeout=20)
    assert process.returncode == 0, running.beside


def send(url: str, *recipients: str) -> None:
    where = urlsplit(url)
    with smtplib.SMTP(where.hostname or "", where.port or 0, timeout=5) as client:
        for recipient in recipients:
            client.sendmail("letter@example.org", recipient, MESSAGE)


def test_a_rehearsal_tells_its_address_and_counts_without_a_word_of_what_it_took():
    with rehearsal("steady") as running:
        send(running.url, "ada@example.com", "ada@example.com", "bob@example.com")
    said = running.said + running.beside
    assert "        3 messages accepted" in said
    assert "        2 accepted again" in said
    for secret in ("ada", "bob", "example.com", "gout", "secret-id", "letter@"):
        assert secret not in said


def test_with_json_the_counts_are_the_one_document_on_standard_output():
    with rehearsal("rcpt-5xx", "--json", "--seed", "7") as running:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(running.url, "ada@example.com")
        send(running.url, "ada@example.com")
    document = json.loads(running.said)
    assert (document["scenario"], document["seed"]) == ("rcpt-5xx", 7)
    counts = document["counts"]
    assert (counts["connections"], counts["accepted"], counts["rejected"]) == (2, 1, 1)


def test_a_relay_that_is_down_says_so():
    with rehearsal("down", "--json") as running, pytest.raises(smtplib.SMTPConnectError, match="421"):
        send(running.url, "ada@example.com")
    assert json.loads(running.said)["counts"]["turned_away"] == 1


def test_broken_tls_shows_a_certificate_for_another_name():
    with rehearsal("broken-tls") as running:
        where = urlsplit(running.url)
        assert where.query == "tls=starttls"
        with smtplib.SMTP("127.0.0.1", where.port or 0, timeout=5) as client:
            with pytest.raises(ssl.SSLCertVerificationError):
                client.starttls(context=ssl.create_default_context())
            client.close()


def test_a_port_that_is_taken_is_an_error_that_names_it(run: Run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(DeliveryError, match=f"port {port}: is in use"):
            run("rehearse", "steady", "--port", port)


def test_all_names_are_listed_and_another_is_refused(run: Run):
    listed = run("rehearse", "--list").stdout
    document = json.loads(run("rehearse", "--list", "--json").stdout)
    assert list(document["scenarios"]) == list(SCENARIOS)
    assert list(document["faults"]) == list(FAULTS)
    for name in [*SCENARIOS, *FAULTS]:
        assert f"\n  {name} " in listed, name
    assert "--list" in run("rehearse", "sunny", status=2).output
    assert "--list" in run("rehearse", status=2).output


def test_no_scenario_has_the_name_of_a_fault():
    assert not set(SCENARIOS) & set(FAULTS)
