"""How a whole relay is to behave: one fault, or a scenario of several; and the server that does so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from newsletter.delivery.delivery import State
from newsletter.delivery.fault import EXTENSIONS, Plan, Rule
from newsletter.delivery.fault_certificate import serving
from newsletter.delivery.fault_server import FaultServer

#: Under which host the server is found, and so the name that a right certificate has.
HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Script:
    """*does* says it in words. *messages* and *connection* are what FaultServer takes.

    *rules* makes rules for one server. *certificate_name*: it offers STARTTLS, with a certificate for that
    name. *login*: the user and password it asks for.
    """

    does: str
    messages: Sequence[Plan] = ()
    connection: Plan = field(default_factory=dict)
    rules: Callable[[Random], Sequence[Rule]] = lambda _random: ()
    extensions: tuple[str, ...] = EXTENSIONS
    certificate_name: str = ""
    login: tuple[str, str] | None = None
    wants_tls: bool = False

    def server(self, random: Random, *, certificate: Path | None = None, **options: Any) -> FaultServer:
        """A server that behaves so, not started yet. *options* are more for FaultServer.

        *certificate* is for *certificate_name*, where there is one (`fault_certificate`).
        """
        offered = (("STARTTLS",) if certificate else ()) + (("AUTH PLAIN",) if self.login else ())
        return FaultServer(
            messages=self.messages,
            connection=self.connection,
            rules=self.rules(random),
            extensions=self.extensions + offered,
            tls=serving(certificate) if certificate else None,
            login=self.login,
            **options,
        )

    def url(self, server: FaultServer) -> str:
        """The smtp_url with which this relay is used as it should be."""
        login = f"{self.login[0]}:{self.login[1]}@" if self.login else ""
        tls = "?tls=starttls" if self.certificate_name or self.wants_tls else ""
        return f"smtp://{login}{HOST}:{server.port}{tls}"


@dataclass(frozen=True, kw_only=True)
class Fault(Script):
    """One thing that goes wrong with the first message, or on its way there, and what *becomes* of it.

    *groups*: it meets only a client that sends groups of commands; with any other the message is accepted.
    """

    becomes: State
    groups: bool = False
