"""Whether a domain takes mail at all, by what a name server says of it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from urllib.parse import urlsplit

from dns.exception import DNSException, Timeout
from dns.message import Message
from dns.name import Name, from_text
from dns.rdatatype import AAAA, MX, NS, SOA, A
from dns.resolver import NXDOMAIN, Resolver
from dns.rrset import RRset

from newsletter.subscribers.address import ascii_domain

#: How many domains are remembered; the one that was not asked for longest is forgotten.
_REMEMBERED = 10_000
#: How long, in seconds, a domain passes unasked when nothing was found out about it.
_RETRY_S = 60.0
#: How long, in seconds, a name server that did not answer in time is asked nothing.
_DOWN_S = 10.0
#: Answers up to this size, in octets, come by UDP, whole (RFC 9715 advises at most 1400).
_UDP_SIZE = 1232


class MailExchange:
    """Asks a name server whether domains take mail; threads may share it.

    It fails open: a domain is refused only when the answer leaves no doubt.
    """

    def __init__(
        self,
        resolver: str,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        timeout_s: float = 1.0,
        keep_s: float = 3600.0,
    ) -> None:
        """Ask the name server *resolver*.

        Args:
            resolver: its IP address, and its port if that is not 53, as in the settings; "": ask nobody.
            monotonic: seconds of a clock that never goes back.
            timeout_s: how long all questions about a domain may take.
            keep_s: for how long what was found out holds.
        """
        self._resolver = stub_resolver(resolver) if resolver else None
        self._monotonic = monotonic
        self._timeout_s = timeout_s
        self._keep_s = keep_s
        self._lock = Lock()
        self._known: OrderedDict[Name, tuple[bool, float]] = OrderedDict()
        self._down_until: float | None = None

    def takes_mail(self, domain: str) -> bool:
        """False when it is sure that no mail can reach *domain*; finding out may take *timeout_s*.

        Sure is: no such name (NXDOMAIN), a null MX (RFC 7505), or neither MX nor A nor AAAA (RFC 5321 5.1).
        """
        if self._resolver is None:
            return True
        try:
            name = from_text(ascii_domain(domain))
        except (ValueError, DNSException):
            return True
        known = self._recall(name)
        if known is not None:
            return known
        return not self._may_ask() or self._find_out(self._resolver, name)

    def _recall(self, name: Name) -> bool | None:
        with self._lock:
            takes, until = self._known.get(name, (None, 0.0))
            if takes is None or until <= self._monotonic():
                return None
            self._known.move_to_end(name)
            return takes

    def _may_ask(self) -> bool:
        with self._lock:
            if self._down_until is None:
                return True
            now = self._monotonic()
            if now < self._down_until:
                return False
            # This thread tries whether it is up again; the others wait for what that brings.
            self._down_until = now + _DOWN_S
            return True

    def _find_out(self, resolver: Resolver, name: Name) -> bool:
        is_down = False
        try:
            takes = self._ask(resolver, name)
        except Timeout:
            takes, is_down = None, True
        except DNSException:
            takes = None
        with self._lock:
            now = self._monotonic()
            self._down_until = now + _DOWN_S if is_down else None
            self._known[name] = (takes is not False, now + (_RETRY_S if takes is None else self._keep_s))
            self._known.move_to_end(name)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return takes is not False

    def _ask(self, resolver: Resolver, name: Name) -> bool | None:
        """Whether *name* takes mail; None when the answers leave it open.

        Raises:
            Timeout: the answers did not come in time.
            DNSException: they are of no use, or there are none.
        """
        end = self._monotonic() + self._timeout_s
        for kind in (MX, A, AAAA):
            try:
                answer = resolver.resolve(
                    name, kind, raise_on_no_answer=False, lifetime=end - self._monotonic()
                )
            except NXDOMAIN:
                return False
            if answer.rrset:
                return not _is_null(answer.rrset)
            if _is_referral(answer.response):
                return None
        return False


def stub_resolver(resolver: str) -> Resolver:
    """What asks the name server *resolver*, an IP address and perhaps a port, and no other."""
    parts = urlsplit(f"//{resolver}")
    stub = Resolver(configure=False)
    stub.nameservers = [parts.hostname or ""]
    stub.port = parts.port or 53
    stub.use_edns(0, 0, _UDP_SIZE)
    return stub


def _is_null(answer: RRset) -> bool:
    """Whether *answer* is a null MX; one beside others is a mistake (RFC 7505 3) and proves nothing."""
    return answer.rdtype == MX and len(answer) == 1 and answer[0].to_text().endswith(" .")


def _is_referral(response: Message) -> bool:
    """Whether *response* only says whom else to ask (RFC 2308 2.2): its sender looks up nothing for us."""
    kinds = {records.rdtype for records in response.authority}
    return NS in kinds and SOA not in kinds
