"""A name server on loopback that answers as it is told to, by UDP and TCP: sockets, a thread each.

``NameServer({"example.org": Said("MX 10 mail.example.org."), "slow.example": Said(wait_s=1)})``.
What it was not told of does not exist (NXDOMAIN).
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Self

from dns.flags import RA, TC
from dns.message import Message, from_wire, make_response
from dns.rcode import Rcode
from dns.rdataclass import IN
from dns.rdatatype import CNAME, to_text
from dns.rrset import from_text

MOST_OCTETS = 4096


class Said:
    """What is answered about a domain: *records* such as "MX 10 mail.example.org.", or a fault.

    *authority*: records for that section; *rcode*: a name such as "SERVFAIL"; *wait_s*: answer so late;
    *is_silent*: answer nothing; *truncates*: send whom asks by UDP to TCP; *raw*: answer by UDP with these
    octets after the id of the question.
    """

    def __init__(
        self,
        *records: str,
        authority: str = "",
        rcode: str = "NOERROR",
        wait_s: float = 0,
        is_silent: bool = False,
        truncates: bool = False,
        raw: bytes | None = None,
    ) -> None:
        self.records = [record.partition(" ")[::2] for record in records]
        self.authority = authority.partition(" ")[::2]
        self.rcode = Rcode[rcode]
        self.wait_s = wait_s
        self.is_silent = is_silent
        self.truncates = truncates
        self.raw = raw


class NameServer:
    """Listens while the context lasts. *asked*: the questions so far, as (domain, type, "udp" or "tcp")."""

    def __init__(self, zone: Mapping[str, Said], *, host: str = "127.0.0.1") -> None:
        self.zone = dict(zone)
        self.host = host
        self.asked: list[tuple[str, str, str]] = []
        self._over = threading.Event()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._tcp = socket.create_server((host, 0), family=family)
        self.port: int = self._tcp.getsockname()[1]
        self._udp = socket.socket(family, socket.SOCK_DGRAM)
        self._udp.bind((host, self.port))
        self._threads = [
            threading.Thread(target=self._serve_udp, daemon=True),
            threading.Thread(target=self._serve_tcp, daemon=True),
        ]

    @property
    def address(self) -> str:
        """As the setting resolver takes it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._over.set()
        with suppress(OSError):
            self._udp.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._tcp.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)
        self._udp.close()
        self._tcp.close()

    def domains_asked(self) -> list[str]:
        """The domains that were asked about, once each, in the order of their first question."""
        return list(dict.fromkeys(domain for domain, _kind, _by in self.asked))

    def _serve_udp(self) -> None:
        while not self._over.is_set():
            try:
                wire, client = self._udp.recvfrom(MOST_OCTETS)
            except OSError:
                return
            if not wire:
                continue
            answer = self._answer(wire, "udp")
            if answer:
                with suppress(OSError):
                    self._udp.sendto(answer, client)

    def _serve_tcp(self) -> None:
        while not self._over.is_set():
            try:
                connection, _client = self._tcp.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream, suppress(OSError):
                (size,) = struct.unpack("!H", stream.read(2))
                answer = self._answer(stream.read(size), "tcp")
                connection.sendall(struct.pack("!H", len(answer)) + answer)

    def _answer(self, wire: bytes, by: str) -> bytes:
        """The octets to answer *wire* with; none: say nothing."""
        query = from_wire(wire)
        question = query.question[0]
        domain = question.name.to_text(omit_final_dot=True).lower()
        self.asked.append((domain, to_text(question.rdtype), by))
        said = self.zone.get(domain)
        if said is None:
            return _response(query, Said(rcode="NXDOMAIN"), is_cut=False)
        if said.wait_s:
            self._over.wait(said.wait_s)
        if said.is_silent:
            return b""
        if said.raw is not None and by == "udp":
            return wire[:2] + said.raw
        return _response(query, said, is_cut=said.truncates and by == "udp")


def _response(query: Message, said: Said, *, is_cut: bool) -> bytes:
    response = make_response(query)
    response.flags |= RA
    response.set_rcode(said.rcode)
    question = query.question[0]
    if is_cut:
        response.flags |= TC
        return response.to_wire()
    wanted = to_text(question.rdtype)
    texts = [text for kind, text in said.records if kind == wanted]
    alias = [text for kind, text in said.records if kind == to_text(CNAME)]
    if texts:
        response.answer.append(from_text(question.name, 300, IN, wanted, *texts))
    elif alias:
        response.answer.append(from_text(question.name, 300, IN, CNAME, *alias))
    if said.authority[0]:
        response.authority.append(from_text(question.name, 300, IN, *said.authority))
    return response.to_wire()
