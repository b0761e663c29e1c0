"""Which machines may be fetched from: those of the public internet, by the number that will be dialled.

A name says nothing about where it leads, and may lead elsewhere a second later. So a name is resolved once,
every address it has is judged here, and only a judged address is dialled (content/fetch.py).
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

#: Name and port in, textual addresses out, as ``socket.getaddrinfo`` orders them.
Resolver = Callable[[str, int], Sequence[str]]

# Older Pythons call some of these global: IANA's special-purpose registries (RFC 6890 and followers).
_REFUSED = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        # ISATAP and other local mappings aside, IPv6 web servers live in 2000::/3; carved out of it are
        # Teredo and other 2001::/23, documentation, 6to4 and 3fff::/20.
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
)  # fmt: skip
_GLOBAL_IPV6 = IPv6Network("2000::/3")
#: NAT64 (RFC 6052): the last 32 bits are the IPv4 address that is really reached.
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)


def is_loopback(address: str) -> bool:
    """Whether *address* is this very machine, also when IPv4 is written as IPv6 (``::ffff:127.0.0.1``)."""
    found = _parse(address)
    return found is not None and _unmapped(found).is_loopback


def is_public(address: str) -> bool:
    """Whether the textual *address* may be that of a public web site.

    Private, loopback, link-local, shared (100.64.0.0/10), multicast, reserved, unspecified, site-local and
    documentation addresses are not; an address that carries an IPv4 address within is judged by that one,
    and the tunnels 6to4, Teredo and ISATAP are refused whole, because no site is reached through them only.

    >>> is_public("93.184.215.14"), is_public("10.1.2.3"), is_public("::ffff:10.1.2.3")
    (True, False, False)
    """
    found = _parse(address)
    if found is None:
        return False
    bare = _unmapped(found)
    if any(bare in network for network in _REFUSED if network.version == bare.version):
        return False
    if isinstance(bare, IPv6Address):
        isatap = (int(bare) >> 32) & 0xFFFFFFFF in _ISATAP
        return bare in _GLOBAL_IPV6 and not isatap and bare.is_global
    return bare.is_global and not bare.is_multicast and not bare.is_reserved


def resolve(name: str, port: int) -> list[str]:
    """Every address of *name* (or *name* itself, if it is one), the preferred first.

    Raises:
        OSError: the name has none.
    """
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def resolve_within(resolver: Resolver, name: str, port: int, *, timeout_s: float) -> list[str]:
    """What *resolver* answers in at most *timeout_s* seconds.

    The system's resolver takes no time limit, so it runs in a thread that is left behind when it hangs.

    Raises:
        TimeoutError: no answer came in time.
        OSError: the name has no address.
    """
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(resolver(name, port)))
        except OSError as error:
            answers.put(error)
        except ValueError as error:  # UnicodeError: a label is empty or longer than 63
            answers.put(OSError(str(error)))

    threading.Thread(target=ask, name=f"resolve {name}", daemon=True).start()
    try:
        answer = answers.get(timeout=max(timeout_s, 0))
    except queue.Empty:
        raise TimeoutError(f"no answer for {name} in {timeout_s:g} s") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None


def _unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside a mapped or NAT64 one; any other as it is."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address
