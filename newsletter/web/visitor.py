"""Who is at the other end: as much of it as a consent record keeps, sealed."""

from __future__ import annotations

from fastapi import Request

from newsletter.subscribers.origin import Origin


def origin_of(request: Request) -> Origin | None:
    """The visitor's network address and browser; None when the server does not know the address.

    Behind a proxy on this machine it is the address that the proxy names (uvicorn's proxy_headers).
    """
    if request.client is None:
        return None
    return Origin(ip=request.client.host, agent=request.headers.get("user-agent", "")[:200])
