"""What every test may ask for: real database files, a real SMTP server, a clock that stands still."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from shutil import copy2
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.delivery.fault_certificate import write_certificate
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.journal import Journal
from newsletter.subscribers.token import Keyring
from newsletter.workflows.workplace import Workplace


def pytest_configure() -> None:
    """Programs that tests start can be interrupted, also where a shell started all in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A NEWSLETTER_* variable of whoever runs the tests must not change them."""
    for name in list(os.environ):
        if name.startswith("NEWSLETTER_") and name != "NEWSLETTER_REFERENCE_DATA":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests speak to loopback alone: each HTTP client would read all authorities of the web, for 30 ms."""
    folder = tmp_path_factory.mktemp("authority")
    certificate = write_certificate(folder, name="localhost", now=datetime.now(UTC))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate))
        yield


@pytest.fixture
def clock() -> FixedClock:
    """Tuesday, 3 March 2026, 09:30 UTC."""
    return FixedClock(NOW)


@pytest.fixture
def keyring() -> Keyring:
    """The public example key."""
    return Keyring.example()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Two newsletters, "daily" and "weekly"; files under tmp_path; no relay, one connection."""
    return Settings(
        connections=1,
        base_url="http://letter.example",
        database_url=SecretStr(f"sqlite:///{tmp_path / 'subscribers.db'}"),
        content_path=tmp_path / "content.db",
        key_path=tmp_path / "newsletter.key",
        journal_path=tmp_path / "newsletter.journal",
        newsletters=(
            NewsletterSettings(),
            NewsletterSettings(name="weekly", title="Weekly Health", weekdays=("sun",)),
        ),
    )


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the newest schema and nothing in it. To migrate one takes 0.1 s, to copy it nothing."""
    path = tmp_path_factory.mktemp("blank") / "subscribers.db"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    database.close()
    return path


@pytest.fixture
def database(settings: Settings, blank: Path) -> Iterator[Database]:
    """A real file in WAL mode, with the newest schema."""
    database = Database(settings.database_url.get_secret_value())
    copy2(blank, database.url.database or "")
    database.upgrade()
    yield database
    database.close()


@pytest.fixture
def journal(settings: Settings) -> Journal:
    """Where suppressions are written beside the database."""
    return Journal(settings.journal_path)


@pytest.fixture
def workplace(settings: Settings, clock: FixedClock, database: Database, keyring: Keyring) -> Workplace:
    """Settings, clock, database and keys together."""
    return Workplace(settings, clock, database, keyring)


@dataclass(frozen=True)
class Received:
    """One message as the server took it."""

    envelope_from: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return message_from_bytes(self.content, _class=EmailMessage, policy=policy.default)


@dataclass
class MailServer:
    """A real SMTP server on loopback. *replies* are given to the next DATA commands, then 250."""

    port: int
    received: list[Received] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """What smtp_url takes."""
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[Received]:
        """What came for one address."""
        return [each for each in self.received if address in each.recipients]

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - its name
        reply = self.replies.pop(0) if self.replies else "250 2.0.0 taken"
        if reply.startswith("250"):
            self.received.append(Received(envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return reply


@pytest.fixture
def smtp_server() -> Iterator[MailServer]:
    """A real SMTP server that keeps what it is sent."""
    server = MailServer(free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port, enable_SMTPUTF8=True)
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def connected(workplace: Workplace, smtp_server: MailServer) -> Workplace:
    """The workplace with *smtp_server* as its relay."""
    settings = workplace.settings.model_copy(update={"smtp_url": SecretStr(smtp_server.url)})
    return replace(workplace, settings=settings)


@pytest.fixture
def later() -> Callable[..., Workplace]:
    """``later(workplace, hours=1)``: the same workplace after that time has gone by."""

    def shift(workplace: Workplace, **duration: float) -> Workplace:
        return replace(workplace, clock=FixedClock(workplace.clock.now() + timedelta(**duration)))

    return shift


def free_port() -> int:
    """A port on loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
