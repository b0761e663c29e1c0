"""Every page of the console, and its router."""

from __future__ import annotations

from fastapi import APIRouter

from newsletter.web.console import again, content, feedback, settings, sign_in, source
from newsletter.web.console.gate import MOST_UPLOAD, guarded
from newsletter.web.console.route import Route

#: Behind the gate, in the order of the navigation.
ROUTES: tuple[Route, ...] = (
    *sign_in.ROUTES,
    *again.ROUTES,
    *content.ROUTES,
    *source.ROUTES,
    *feedback.ROUTES,
    *settings.ROUTES,
)


def body_limits() -> dict[str, int]:
    """How many octets a form with uploads may have, by its path; others are as small as any form."""
    takes_files = {route.path: MOST_UPLOAD for route in ROUTES if route.takes == "files"}
    return takes_files | source.BODY_LIMITS


def console_router() -> APIRouter:
    """Every page: those that anybody may open, those behind the gate, and last what is not there."""
    router = APIRouter()
    router.include_router(sign_in.router)
    router.include_router(guarded(ROUTES))
    router.include_router(sign_in.fallback)
    return router
