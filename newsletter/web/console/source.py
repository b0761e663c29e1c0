"""Sources: where articles come from, how the last sync of each ended, and how a page would be read."""

from __future__ import annotations

from markupsafe import Markup
from starlette.responses import Response

from newsletter.content.article import Section
from newsletter.content.cleaning import clean_blocks
from newsletter.content.sources.document import KINDS, DocumentKind
from newsletter.errors import ContentError, RefusedError
from newsletter.operators.role import Right
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.words import in_full
from newsletter.wording import message
from newsletter.workflows.list_sources import list_sources
from newsletter.workflows.try_parsing import MOST_OCTETS, Tried, try_parsing

KIND_LABELS: dict[DocumentKind, str] = {
    "auto": "find out",
    "capture": "text copied from a page",
    "markdown": "Markdown",
    "html": "HTML",
    "wxr": "WordPress export",
    "feed": "feed",
}
_TRY = "/console/content/try"
#: What a person reads where a file would have its name.
PASTED = message("what you pasted")
#: A pasted text has no name that would say what it is.
_NAMES: dict[DocumentKind, str] = {
    "markdown": "pasted.md",
    "html": "pasted.html",
    "wxr": "pasted.xml",
    "feed": "pasted.xml",
}


def show_sources(visit: Visit) -> Response:
    """Every source with its last sync and what that rejected."""
    return visit.page("sources.html.j2", sources=list_sources(visit.workplace.settings))


def show_desk(visit: Visit) -> Response:
    """The form to try how a page is read."""
    return _desk(visit)


def try_document(visit: Visit) -> Response:
    """How what was pasted or uploaded would be read; nothing of it is kept."""
    kind: DocumentKind = next((each for each in KINDS if each == visit.form.get("kind")), "auto")
    text = visit.form.get("text", "")
    upload = visit.files.get("file")
    if upload is not None and upload.filename:
        content, name, pasted = upload.file.read(MOST_OCTETS + 1), upload.filename, ""
    else:
        content, name, pasted = text.encode("utf-8", "replace"), _NAMES.get(kind, ""), PASTED
    try:
        tried = try_parsing(content, name=name, kind=kind)
    except (ContentError, RefusedError) as error:
        said = type(error)(pasted or error.thing, error.reason, error.next_step)
        status = 409 if isinstance(error, RefusedError) else 422
        return _desk(visit, text=text, kind=kind, fault=in_full(said), status=status)
    return _desk(visit, text=text, kind=kind, tried=tried, name=pasted or tried.name)


def _desk(
    visit: Visit,
    *,
    text: str = "",
    kind: DocumentKind = "auto",
    fault: str = "",
    tried: Tried | None = None,
    name: str = "",
    status: int = 200,
) -> Response:
    shown = [
        (article, [(section, _html(section)) for section in article.sections])
        for article in (tried.articles if tried else ())
    ]
    return visit.page(
        "try_document.html.j2",
        status=status,
        kinds=list(KIND_LABELS.items()),
        kind=kind,
        text=text,
        fault=fault,
        tried=tried,
        name=name,
        articles=shown,
        most=MOST_OCTETS,
    )


def _html(section: Section) -> Markup:
    return Markup(clean_blocks(section.html))  # noqa: S704 - cut down to the elements that an article may have


ROUTES: tuple[Route, ...] = (
    Route("GET", "/console/content/sources", Right.LOOK, show_sources),
    Route("GET", _TRY, Right.CONTENT, show_desk),
    Route("POST", _TRY, Right.CONTENT, try_document, takes="files"),
)
