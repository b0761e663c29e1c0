"""One reader, and what an operator does for them. Paths and audit name them by an id that says nothing."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Connection
from starlette.responses import Response

from newsletter.errors import ContentError, RefusedError, SubscriberError
from newsletter.operators.role import Right
from newsletter.subscribers.consent import Actor
from newsletter.web.console.readers import PATH
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.standing_words import STATE_DOTS, STATE_WORDS
from newsletter.workflows.change_rhythm import pause_limits
from newsletter.workflows.erase import erase
from newsletter.workflows.look_up_reader import ReaderFile, open_reader
from newsletter.workflows.readmit import readmit
from newsletter.workflows.serve_reader import (
    DOOR,
    EVIDENCE,
    Serving,
    address_of_reader,
    data_of_reader,
    pause_reader,
    reader_to_erase,
    suppress_reader,
    unsubscribe_reader,
)

ONE = f"{PATH}/one/{{reader}}"


def _reader(visit: Visit) -> Response:
    found = open_reader(visit.workplace, _id(visit))
    if found is None:
        return visit.page("reader_gone.html.j2", status=404)
    first, last = pause_limits(visit.workplace.settings, "", now=visit.workplace.clock.now())
    return visit.page(
        "reader.html.j2",
        reader=found,
        first=first,
        last=last,
        suggested=first + timedelta(days=13),
        titles={one.name: one.title for one in visit.workplace.settings.newsletters},
        may_pause=_may_pause(found),
        state_words=STATE_WORDS,
        state_dots=STATE_DOTS,
    )


def _may_pause(found: ReaderFile) -> bool:
    return any(each.state in ("active", "paused") for each in found.subscriptions)


def _pause(visit: Visit) -> Response:
    try:
        until = date.fromisoformat(visit.form.get("until", ""))
    except ValueError:
        raise SubscriberError("the pause", "needs a date", "Choose when letters come again.") from None
    resting = pause_reader(visit.workplace, _serving(visit, "paused a reader"), until=until)
    return _back(visit, f"{', '.join(resting)}: no letters before {until:%d %B %Y}.")


def _unsubscribe(visit: Visit) -> Response:
    left = unsubscribe_reader(visit.workplace, _serving(visit, "unsubscribed a reader"))
    return _back(visit, f"Off {', '.join(left)}." if left else "They were off everything already.")


def _suppress(visit: Visit) -> Response:
    suppress_reader(visit.workplace, _serving(visit, "suppressed a reader"))
    return _back(visit, "They are never mailed, until an operator lifts that.")


def _lift(visit: Visit) -> Response:
    why = visit.form.get("why", "").strip()
    if not why:
        raise RefusedError("lifting a suppression", "needs a reason", "Say who asked for it, and how.")
    serving = _serving(visit, "lifted a suppression")
    was = readmit(
        visit.workplace,
        address_of_reader(visit.workplace, serving.reader_id),
        why=why,
        door=DOOR,
        record=serving.record,
    )
    return _back(visit, f"Lifted (it was: {was}). Nothing is sent before they sign up and confirm.")


def _export(visit: Visit) -> Response:
    """Everything that is kept of them, to be sent to their own address."""
    archive = data_of_reader(visit.workplace, _serving(visit, "exported a reader's data"))
    headers = {
        "Content-Disposition": f'attachment; filename="reader-{_id(visit)[:8]}.zip"',
        "Cache-Control": "no-store",
    }
    return Response(archive, media_type="application/zip", headers=headers)


def _erase(visit: Visit) -> Response:
    number = reader_to_erase(visit.workplace, _serving(visit, "erased a reader"))
    erase(visit.workplace, number, door=DOOR, evidence=EVIDENCE, actor=Actor.OPERATOR)
    return visit.back(PATH, "Erased. Backups made before still hold this reader until you delete them.")


def _serving(visit: Visit, act: str) -> Serving:
    reader_id = _id(visit)

    def record(connection: Connection) -> None:
        visit.record(connection, act, f"reader {reader_id}")

    return Serving(reader_id=reader_id, record=record)


def _id(visit: Visit) -> str:
    """The id in the path, in the one form that we write."""
    written = str(visit.request.path_params["reader"]).lower()
    if len(written) != 24 or not set(written) <= set("0123456789abcdef"):
        raise ContentError("this page", "no such reader", "Look the reader up by address.")
    return written


def _back(visit: Visit, said: str) -> Response:
    return visit.back(f"{PATH}/one/{_id(visit)}", said)


ROUTES: tuple[Route, ...] = (
    Route("GET", ONE, Right.READERS, _reader),
    Route("POST", f"{ONE}/pause", Right.READERS, _pause),
    Route("POST", f"{ONE}/unsubscribe", Right.READERS, _unsubscribe),
    Route("POST", f"{ONE}/suppress", Right.READERS, _suppress),
    Route("POST", f"{ONE}/lift", Right.READERS, _lift),
    Route("POST", f"{ONE}/export", Right.READERS, _export, about="export a reader's data"),
    Route("POST", f"{ONE}/erase", Right.READERS, _erase, about="erase a reader"),
)
