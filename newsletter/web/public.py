"""Pages for everybody: privacy policy, stylesheet, and whether the service is well."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from newsletter.clock import local_date
from newsletter.subscribers.policy import kept_policy
from newsletter.web.page import markdown, pages_of, workplace_of
from newsletter.web.problem import describe_problems
from newsletter.workflows.publish_policy import earlier_versions
from newsletter.workflows.subscribe import current_policy

router = APIRouter()
SHOW = ["GET", "HEAD"]
#: The draft that ships is there for operators to replace, and is written in one language only.
DRAFT_LANGUAGE = "en"


@router.api_route("/privacy", methods=SHOW)
def privacy_page(request: Request) -> HTMLResponse:
    """The privacy policy as it is now, with the way to every earlier version."""
    workplace, pages = workplace_of(request), pages_of(request)
    policy, wording = current_policy(workplace), pages.wording()
    zone = workplace.settings.newsletters[0].timezone
    return pages.page(
        "privacy",
        title=wording.gettext("Privacy policy"),
        body=markdown(policy.text),
        version=policy.version,
        is_draft=policy.is_draft,
        body_language=DRAFT_LANGUAGE if policy.is_draft else "",
        is_current=True,
        earlier=[
            (one.version, wording.date(local_date(one.first_used_at, zone)))
            for one in earlier_versions(workplace)
        ],
    )


@router.api_route("/privacy/{version}", methods=SHOW)
def privacy_version_page(request: Request, version: str) -> HTMLResponse:
    """The policy under one version: the current one, or an earlier one that was in use."""
    workplace = workplace_of(request)
    if version == workplace.settings.privacy_version:
        return privacy_page(request)
    with workplace.database.read() as connection:
        kept = kept_policy(connection, version)
    if kept is None:
        raise HTTPException(404)
    pages = pages_of(request)
    return pages.page(
        "privacy",
        title=pages.wording().gettext("Privacy policy"),
        body=markdown(kept),
        version=version,
        is_draft=False,
        body_language="",
        is_current=False,
        earlier=[],
    )


@router.api_route("/static/site.css", methods=SHOW)
def stylesheet(request: Request) -> Response:
    """The one stylesheet; pages name it with its version, so it may be kept."""
    return Response(
        pages_of(request).stylesheet,
        media_type="text/css",
        headers={"Cache-Control": "public, max-age=86400"},
    )


@router.api_route("/openapi.json", methods=SHOW)
def openapi(request: Request) -> JSONResponse:
    """The JSON API, described for machines: made when it is first asked for, and kept by FastAPI."""
    return JSONResponse(describe_problems(request.app.openapi()))


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
