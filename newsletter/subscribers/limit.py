"""How often something may be done in a while: counters in the database, so that all processes share them.

Who did it is kept as a keyed hash, for as long as its window is open; no network address is stored.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address

from sqlalchemy import Connection, delete, insert, update
from sqlalchemy.exc import IntegrityError

from newsletter.subscribers.schema import limit_counts
from newsletter.subscribers.token import Keyring, Purpose

#: What one household or office has: an IPv4 network of 256, and the smaller of the usual IPv6 allotments.
_IPV4_BITS, _IPV6_BITS = 24, 56


def within_limit(
    connection: Connection,
    keyring: Keyring,
    *,
    what: str,
    who: str,
    limit: int,
    window: timedelta,
    now: datetime,
) -> bool:
    """Count that *who* does *what* once more; False, and not counted, when that is over *limit*.

    A window opens with the first act and lasts *window* from then. It opens anew when the key file gets a
    new key. The caller's transaction must be a writing one.
    """
    connection.execute(delete(limit_counts).where(limit_counts.c.ends_at <= now))
    if limit < 1:
        return False
    key = keyring.mac(Purpose.LIMIT, f"{what}\0{who}".encode())
    more = (
        update(limit_counts)
        .where(limit_counts.c.key == key, limit_counts.c.count < limit)
        .values(count=limit_counts.c.count + 1)
    )
    if connection.execute(more).rowcount:
        return True
    try:
        with connection.begin_nested():
            connection.execute(insert(limit_counts).values(key=key, ends_at=now + window, count=1))
    except IntegrityError:
        # It is full; or another process opened the window a moment ago, and then there is room in it.
        return connection.execute(more).rowcount == 1
    return True


def ip_block(ip: str) -> str:
    """The /24 (IPv4) or /56 (IPv6) network that *ip* is in, as text; "" for what is no address.

    An IPv4 address that is mapped into IPv6 counts as the IPv4 address it is.
    """
    try:
        address = ip_address(ip)
    except ValueError:
        return ""
    if not isinstance(address, IPv4Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if isinstance(address, IPv4Address):
        return str(IPv4Network((int(address), _IPV4_BITS), strict=False))
    return str(IPv6Network((int(address), _IPV6_BITS), strict=False))
