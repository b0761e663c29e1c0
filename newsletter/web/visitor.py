"""Who is at the other end: as much of it as a consent record keeps, sealed."""

from __future__ import annotations

from fastapi import Request

from newsletter.subscribers.origin import Origin


def origin_of(request: Request) -> Origin | None:
    """The visitor's network address and browser; None when the server does not know the address.

    Behind one of trusted_proxies it is the address that the proxy names (newsletter serve sees to it).
    """
    if request.client is None:
        return None
    return Origin(ip=request.client.host, agent=request.headers.get("user-agent", "")[:200])
