"""Every page of the console, and its router."""

from __future__ import annotations

from fastapi import APIRouter

from newsletter.web.console import (
    account,
    again,
    audit,
    calendar,
    content,
    feedback,
    imports,
    issue,
    issue_act,
    operators,
    reader,
    readers,
    sending,
    settings,
    sign_in,
    source,
    statistics,
    today,
    welcome,
)
from newsletter.web.console.gate import guarded
from newsletter.web.console.route import Route

#: Behind the gate, in the order of the navigation.
ROUTES: tuple[Route, ...] = (
    *sign_in.ROUTES,
    *again.ROUTES,
    *today.ROUTES,
    *calendar.ROUTES,
    *issue.ROUTES,
    *issue_act.ROUTES,
    *sending.ROUTES,
    *content.ROUTES,
    *source.ROUTES,
    *readers.ROUTES,
    *imports.ROUTES,
    *reader.ROUTES,
    *feedback.ROUTES,
    *statistics.ROUTES,
    *settings.ROUTES,
    *account.ROUTES,
    *operators.ROUTES,
    *audit.ROUTES,
)


def console_router() -> APIRouter:
    """Every page: those that anybody may open, those behind the gate, and last what is not there."""
    router = APIRouter()
    router.include_router(sign_in.router)
    router.include_router(welcome.router)
    router.include_router(guarded(ROUTES))
    router.include_router(sign_in.fallback)
    return router
