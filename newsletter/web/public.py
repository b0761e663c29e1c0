"""Pages for everybody: issues, archive, privacy policy, stylesheet, and whether the service is well."""

from __future__ import annotations

import re
from datetime import date

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from newsletter.rendering.store import archive
from newsletter.subscribers.policy import kept_policy
from newsletter.web.page import markdown, pages_of, workplace_of
from newsletter.web.security import LETTER_POLICY
from newsletter.workflows.mailroom import published_edition
from newsletter.workflows.subscribe import current_policy

router = APIRouter()
SHOW = ["GET", "HEAD"]
#: One address for one issue: fromisoformat also reads 20261122 and 2026-W47-7.
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@router.api_route("/issues", methods=SHOW)
@router.api_route("/issues/", methods=SHOW)
def archive_page(request: Request) -> HTMLResponse:
    """Every issue that has gone out, by newsletter, newest first."""
    workplace = workplace_of(request)
    with workplace.database.read() as connection:
        shelves = [
            {
                "name": newsletter.name,
                "title": newsletter.title,
                "issues": [
                    {
                        "path": f"/issues/{newsletter.name}/{issue.issued_on.isoformat()}",
                        "date": _long_date(issue.issued_on),
                        "day": issue.issued_on.isoformat(),
                        "title": issue.title,
                        "preheader": issue.preheader,
                    }
                    for issue in archive(connection, newsletter.name)
                ],
            }
            for newsletter in workplace.settings.newsletters
        ]
    return pages_of(request).page("archive", title="Letters so far", shelves=shelves)


@router.api_route("/issues/{day}", methods=SHOW)
def first_issue_page(request: Request, day: str) -> Response:
    """An issue of the first newsletter."""
    return issue_page(request, workplace_of(request).settings.newsletters[0].name, day)


@router.api_route("/issues/{newsletter}/{day}", methods=SHOW)
def issue_page(request: Request, newsletter: str, day: str) -> Response:
    """The web version of an issue, shared by all its readers: its personal links lead to general pages."""
    return _edition_page(request, newsletter, day, None)


@router.api_route("/issues/{newsletter}/{day}/{name}", methods=SHOW)
def topic_edition_page(request: Request, newsletter: str, day: str, name: str) -> Response:
    """The web version of a topic edition: listed nowhere, under a name that tells nothing."""
    return _edition_page(request, newsletter, day, name)


def _edition_page(request: Request, newsletter: str, day: str, name: str | None) -> Response:
    workplace = workplace_of(request)
    issued_on = _day(day)
    if issued_on is None or newsletter not in {each.name for each in workplace.settings.newsletters}:
        raise HTTPException(404)
    edition = published_edition(workplace, newsletter, issued_on, name)
    if edition is None:
        raise HTTPException(404)
    base = workplace.settings.base_url
    html, _ = edition.filled(unsubscribe_url=f"{base}/unsubscribe", preferences_url=f"{base}/preferences")
    headers = {"Content-Security-Policy": LETTER_POLICY}
    return HTMLResponse(html, headers=headers if name is None else {**headers, "X-Robots-Tag": "noindex"})


@router.api_route("/privacy", methods=SHOW)
def privacy_page(request: Request) -> HTMLResponse:
    """The privacy policy as it is now."""
    policy = current_policy(workplace_of(request))
    return pages_of(request).page(
        "privacy",
        title="Privacy policy",
        body=markdown(policy.text),
        version=policy.version,
        is_draft=policy.is_draft,
        is_current=True,
    )


@router.api_route("/privacy/{version}", methods=SHOW)
def privacy_version_page(request: Request, version: str) -> HTMLResponse:
    """The policy under one version: the current one, or an older one that somebody agreed to."""
    workplace = workplace_of(request)
    if version == workplace.settings.privacy_version:
        return privacy_page(request)
    with workplace.database.read() as connection:
        kept = kept_policy(connection, version)
    if kept is None:
        raise HTTPException(404)
    return pages_of(request).page(
        "privacy",
        title="Privacy policy",
        body=markdown(kept),
        version=version,
        is_draft=False,
        is_current=False,
    )


@router.api_route("/static/site.css", methods=SHOW)
def stylesheet(request: Request) -> Response:
    """The one stylesheet; pages name it with its version, so it may be kept."""
    return Response(
        pages_of(request).stylesheet,
        media_type="text/css",
        headers={"Cache-Control": "public, max-age=86400"},
    )


@router.api_route("/robots.txt", methods=SHOW)
def robots() -> Response:
    """Personal pages carry noindex; a ban here would keep crawlers from seeing that."""
    return Response("User-agent: *\nAllow: /\n", media_type="text/plain")


@router.api_route("/healthz", methods=SHOW)
def healthz() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


@router.api_route("/readyz", methods=SHOW)
def readyz(request: Request) -> JSONResponse:
    """The process can do its work: 503 when the database does not answer, or no letter would go out."""
    try:
        with workplace_of(request).database.read() as connection:
            connection.execute(text("SELECT 1 FROM subscribers LIMIT 1")).first()
    except SQLAlchemyError:
        return JSONResponse({"status": "no database"}, 503)
    if fault := request.app.state.clock_fault():
        return JSONResponse({"status": fault}, 503)
    return JSONResponse({"status": "ready"})


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _long_date(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B %Y}"
