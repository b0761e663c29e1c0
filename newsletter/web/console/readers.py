"""Readers: how many there are, who is never mailed, and the way to one person."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import Response

from newsletter.errors import RefusedError
from newsletter.operators.role import Right
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.signup import Asked, SignUp
from newsletter.subscribers.suppression import Reason, suppression_of
from newsletter.web.console.chart import Series, bars, line
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.standing_words import REASON_WORDS, STATE_WORDS
from newsletter.workflows.figure_readers import ReaderFigures, figure_readers
from newsletter.workflows.look_up_reader import Stranger, find_reader, hash_of
from newsletter.workflows.readmit import readmit
from newsletter.workflows.serve_reader import DOOR, suppress_address
from newsletter.workflows.subscribe import subscribe

PATH = "/console/readers"
STATES = ("active", "paused", "pending", "unsubscribed", "bounced", "complained", "suppressed")


@dataclass(frozen=True, slots=True)
class _Panel:
    """A newsletter and its two charts."""

    figures: ReaderFigures
    growth: Markup
    moves: Markup


def _readers(visit: Visit) -> Response:
    workplace = visit.workplace
    found = figure_readers(workplace.database, workplace.clock, workplace.settings)
    panels = []
    for one in found.newsletters:
        labels = [f"{week.ends_on:%d %b}" for week in one.weeks]
        moves = [
            Series(1, [week.came for week in one.weeks]),
            Series(2, [week.left for week in one.weeks]),
        ]
        growth = line(labels, [week.readers for week in one.weeks])
        panels.append(_Panel(one, growth, bars(labels, moves)))
    return visit.page(
        "readers.html.j2",
        panels=panels,
        states=STATES,
        state_words=STATE_WORDS,
        suppressed=sum(found.suppressions.values()),
        newsletters=workplace.settings.newsletters,
        may_look=visit.may(Right.READERS),
    )


def _find(visit: Visit) -> Response:
    """By POST, so that the address is in no path, and so in no log and no history."""
    address = visit.form.get("address", "")
    found = find_reader(visit.workplace, address)
    subject = hash_of(visit.workplace.keyring, address) if isinstance(found, Stranger) else f"reader {found}"
    with visit.workplace.database.write() as connection:
        visit.record(connection, "looked up a reader", subject)
    if isinstance(found, Stranger):
        return visit.page(
            "stranger.html.j2", stranger=found, newsletters=visit.workplace.settings.newsletters
        )
    return visit.back(f"{PATH}/one/{found}", "")


def _add(visit: Visit) -> Response:
    """Ask somebody by mail; nothing else makes them a reader."""
    workplace, address = visit.workplace, visit.form.get("address", "")
    name = workplace.settings.list_of(visit.form.get("newsletter") or None).name
    canonical = parse_address(address).canonical
    with workplace.database.write() as connection:
        reason = suppression_of(connection, workplace.keyring, canonical)
        if reason is not None and not reason.lifted_by_opt_in:
            raise _stopped(reason)
        subject = hash_of(workplace.keyring, address)
        visit.record(connection, "asked somebody by mail", subject, newsletter=name)
    signup = SignUp(address=address, newsletter=name, door=DOOR, evidence="an operator asked at the console")
    asked = subscribe(workplace, signup)
    if asked is Asked.SUPPRESSED:
        raise _stopped(Reason.OPERATOR)
    if asked is Asked.MAILED:
        return visit.back(PATH, "The mail that asks them leaves now. They are a reader once they answer it.")
    return visit.back(PATH, f"No new mail was made: {asked.value}.")


def _stopped(reason: Reason) -> RefusedError:
    return RefusedError(
        "this address",
        f"is never mailed ({reason})",
        "If its owner wants letters, look them up and lift that.",
    )


def _suppressions(visit: Visit) -> Response:
    workplace = visit.workplace
    found = figure_readers(workplace.database, workplace.clock, workplace.settings)
    counts = {reason: found.suppressions.get(reason, 0) for reason in Reason}
    return visit.page(
        "suppressions.html.j2", counts=counts, total=sum(counts.values()), reason_words=REASON_WORDS
    )


def _suppress(visit: Visit) -> Response:
    address = visit.form.get("address", "")
    subject = hash_of(visit.workplace.keyring, address)
    suppress_address(
        visit.workplace,
        address,
        record=lambda connection: visit.record(connection, "suppressed an address", subject),
    )
    return visit.back(f"{PATH}/suppressions", "This address is never mailed.")


def _lift(visit: Visit) -> Response:
    """For an address of nobody on the list. Why stays with the request; the audit keeps that it was said."""
    address, why = visit.form.get("address", ""), visit.form.get("why", "").strip()
    if not why:
        raise RefusedError("lifting a suppression", "needs a reason", "Say who asked for it, and how.")
    subject = hash_of(visit.workplace.keyring, address)
    was = readmit(
        visit.workplace,
        address,
        why=why,
        door=DOOR,
        record=lambda connection: visit.record(connection, "lifted a suppression", subject),
    )
    return visit.back(
        f"{PATH}/suppressions", f"Lifted (it was: {was}). Nothing is sent before they sign up and confirm."
    )


ROUTES: tuple[Route, ...] = (
    Route("GET", PATH, Right.LOOK, _readers),
    Route("POST", f"{PATH}/find", Right.READERS, _find),
    Route("POST", f"{PATH}/add", Right.READERS, _add),
    Route("GET", f"{PATH}/suppressions", Right.READERS, _suppressions),
    Route("POST", f"{PATH}/suppressions", Right.READERS, _suppress),
    Route("POST", f"{PATH}/suppressions/lift", Right.READERS, _lift),
)
