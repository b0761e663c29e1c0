"""Pages that caches may keep for a little while, and need not fetch again while they are the same."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.utils import format_datetime

from fastapi import Request
from fastapi.responses import Response

#: Seconds for which a public page may be kept: a withdrawal must show within minutes.
KEPT_S = 120


def fresh(
    request: Request, response: Response, *, changed_at: datetime | None = None, is_shared: bool = True
) -> Response:
    """*response* with its ETag and how long it may be kept; 304 when the visitor has it already (RFC 9110).

    *changed_at* becomes Last-Modified, and is compared for equality alone: a withdrawal that is taken back
    makes a page older than the one a visitor has. *is_shared*: caches between us and the visitor may keep it.
    """
    tag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": f"{'public' if is_shared else 'private'}, max-age={KEPT_S}",
    }
    if changed_at is not None:
        headers["Last-Modified"] = format_datetime(changed_at, usegmt=True)
    response.headers.update(headers)
    if not _has_it(request, tag, headers.get("Last-Modified")):
        return response
    kept = ("x-robots-tag", "content-security-policy")
    robots = {name: response.headers[name] for name in kept if name in response.headers}
    return Response(status_code=304, headers={**headers, **robots})


def _has_it(request: Request, tag: str, last_modified: str | None) -> bool:
    asked = request.headers.get("if-none-match")
    if asked is not None:  # then If-Modified-Since does not count (RFC 9110, section 13.1.3)
        known = {one.strip().removeprefix("W/") for one in asked.split(",")}
        return bool(known & {tag, "*"})
    return last_modified is not None and request.headers.get("if-modified-since") == last_modified
