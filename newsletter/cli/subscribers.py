"""`newsletter subscribers`: who is on the list, and how they came to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from newsletter.cli import rights, transfer
from newsletter.cli.audited import note
from newsletter.cli.output import AddressArgument, JsonOption, NewsletterOption, console, fail, say_json
from newsletter.cli.proof import consent_document, print_proof, proof_document
from newsletter.cli.renewal import ask_readers_again
from newsletter.clock import SystemClock
from newsletter.errors import RefusedError
from newsletter.settings import load_settings
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.signup import Asked, SignUp
from newsletter.subscribers.store import (
    find_subscriber,
    find_subscription,
    page_of_subscribers,
    subscriptions_of,
)
from newsletter.subscribers.subscriber import STANDING, State, Subscription, overall_state
from newsletter.subscribers.suppression import Reason, suppress, suppression_of
from newsletter.workflows.drain import drain
from newsletter.workflows.prove_consent import prove_consent
from newsletter.workflows.subscribe import subscribe
from newsletter.workflows.workplace import Workplace, open_workplace

subscribers = typer.Typer(
    help="The list: add, show, import, export, erase and suppress readers.", no_args_is_help=True
)

subscribers.command("ask-again")(ask_readers_again)
subscribers.command("unsubscribe")(rights.unsubscribe_reader)
subscribers.command("data")(rights.give_reader_data)
subscribers.command("erase")(rights.erase_reader)
subscribers.command("readmit")(rights.readmit_address)


@subscribers.command()
def add(
    context: typer.Context,
    address: AddressArgument,
    newsletter: NewsletterOption = None,
    json_output: JsonOption = False,
) -> None:
    """Send somebody the mail that asks whether they want the newsletter.

    Says so when they have unsubscribed before. Refuses a suppressed address, and ends 3.
    """
    settings = load_settings(context.obj)
    with open_workplace(settings, SystemClock()) as workplace:
        name = settings.list_of(newsletter).name
        before = _standing(workplace, address, name)
        if before.suppressed is not None:
            raise _suppressed(before.suppressed)
        evidence = "an operator asked on the command line"
        asked = subscribe(
            workplace, SignUp(address=address, newsletter=name, door="command line", evidence=evidence)
        )
        if asked is Asked.SUPPRESSED:  # by somebody else, a moment ago
            raise _suppressed(Reason.OPERATOR)
        drained = drain(workplace)
        found = _reader(workplace, address)
    document = {"email": address.strip(), "newsletter": name, "asked": asked.value, "state": found["state"]}
    document |= {"unsubscribed_at": before.left_at.isoformat() if before.left_at else None}
    if json_output:
        say_json(document | {"waits": drained.halted})
    elif before.left_at:
        mail = (
            "a new confirmation mail was queued"
            if asked is Asked.MAILED
            else "a confirmation mail was queued within the last day, so no new one was"
        )
        console().print(
            f"{document['email']} has unsubscribed on {before.left_at:%Y-%m-%d}; {mail}", markup=False
        )
    else:
        console().print(f"{document['email']}: {document['state']} ({asked.value})", markup=False)
    if drained.halted:
        typer.echo(f"The mail waits in the outbox: {drained.halted}", err=True)


@subscribers.command()
def show(
    context: typer.Context,
    address: AddressArgument,
    consent: Annotated[
        bool, typer.Option("--consent", help="The proof of their consent, act by act, with its verdict.")
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """Everything about one reader. Ends 1 for an unknown address, and when the consent record was changed."""
    settings = load_settings(context.obj)
    with open_workplace(settings, SystemClock()) as workplace:
        proof = prove_consent(workplace, address)
        found = _reader(workplace, address)
        unknown = rights.nobody(workplace, address) if proof is None else ""
    if not found or proof is None:
        raise fail(unknown)
    if consent:
        document = proof_document(proof, keep_origins_days=settings.keep_origins_days)
        if json_output:
            say_json(document)
        else:
            print_proof(proof, keep_origins_days=settings.keep_origins_days)
    elif json_output:
        say_json(found)
    else:
        _print_reader(found)
    if not proof.is_whole:
        raise fail(f"{address}: the consent record: {proof.verdict}. Compare it with a backup.")


@subscribers.command("list")
def list_all(
    context: typer.Context,
    newsletter: NewsletterOption = None,
    state: Annotated[State | None, typer.Option(help="Only readers in this state.")] = None,
    json_output: JsonOption = False,
) -> None:
    """Every reader with their state, by the time they came."""
    settings = load_settings(context.obj)
    wanted = settings.list_of(newsletter).name if newsletter else None
    with open_workplace(settings, SystemClock()) as workplace, workplace.database.read() as connection:
        rows = [row for row in _readers(connection, wanted) if state is None or row["state"] == state]
    if json_output:
        say_json(rows)
        return
    for row in rows:
        console().print(f"{row['state']:<13} {row['email']}  {' '.join(row['newsletters'])}", markup=False)
    console().print(f"{len(rows)} in all", markup=False)


subscribers.command("import")(transfer.import_list)
subscribers.command("export")(transfer.export_list)
subscribers.command("recount")(transfer.recount_list)


@subscribers.command("suppress")
def suppress_address(
    context: typer.Context,
    address: AddressArgument,
    reason: Annotated[Reason, typer.Option(help="Why.")] = Reason.OPERATOR,
    json_output: JsonOption = False,
) -> None:
    """Never mail an address again, on the list or not; only a keyed hash of it is kept for that."""
    canonical = parse_address(address).canonical
    with open_workplace(load_settings(context.obj), SystemClock()) as workplace:
        now = workplace.clock.now()
        with workplace.database.write() as connection:
            new = suppress(
                connection,
                workplace.keyring,
                canonical,
                reason=reason,
                journal=workplace.journal,
                now=now,
            )
            kept = suppression_of(connection, workplace.keyring, canonical)
            note(connection, workplace, "suppress", "an address", reason=reason.value, new=new)
    document = {"email": address.strip(), "suppressed": True, "reason": str(kept), "new": new}
    if json_output:
        say_json(document)
    else:
        console().print(f"{document['email']} is never mailed ({kept}).", markup=False)


@dataclass(frozen=True)
class _Standing:
    """How an address stands before it is added: why it is suppressed, and since when it has been off."""

    suppressed: Reason | None
    left_at: datetime | None


def _standing(workplace: Workplace, address: str, newsletter: str) -> _Standing:
    canonical = parse_address(address).canonical
    with workplace.database.read() as connection:
        reason = suppression_of(connection, workplace.keyring, canonical)
        subscriber = find_subscriber(connection, canonical)
        found = find_subscription(connection, subscriber.id, newsletter) if subscriber else None
    has_left = found is not None and found.state is State.UNSUBSCRIBED
    return _Standing(reason, found.changed_at if found and has_left else None)


def _suppressed(reason: Reason) -> RefusedError:
    may_sign_up = (
        "Its owner can sign up on the web page." if reason.lifted_by_opt_in else "It may not be mailed."
    )
    return RefusedError("this address", f"is suppressed ({reason})", may_sign_up)


def _reader(workplace: Workplace, address: str) -> dict[str, Any]:
    """The document of `show`; empty for an unknown address."""
    proof = prove_consent(workplace, address)
    if proof is None:
        return {}
    subscriber = proof.subscriber
    with workplace.database.read() as connection:
        theirs = subscriptions_of(connection, subscriber.id)
        reason = suppression_of(connection, workplace.keyring, subscriber.canonical)
    return {
        **_line(subscriber.address, theirs),
        "suppressed": str(reason) if reason else None,
        "since": subscriber.created_at.isoformat(),
        "subscriptions": [
            {"newsletter": each.newsletter, "state": each.state, "since": each.changed_at.isoformat()}
            for each in theirs
        ],
        "consents": [consent_document(act.record) for act in proof.acts],
        "chain": proof.verdict,
        "chain_ok": proof.is_whole,
    }


def _readers(connection: Connection, newsletter: str | None) -> Iterator[dict[str, Any]]:
    after_id = 0
    while page := page_of_subscribers(connection, after_id=after_id):
        for subscriber, theirs in page:
            after_id = subscriber.id
            about = [each for each in theirs if newsletter in (None, each.newsletter)]
            if about:
                yield _line(subscriber.address, about) | {"suppressed": subscriber.suppressed}


def _line(address: str, theirs: list[Subscription]) -> dict[str, Any]:
    newsletters = [each.newsletter for each in theirs if each.state in STANDING]
    return {"email": address, "state": overall_state(theirs), "newsletters": newsletters}


def _print_reader(found: dict[str, Any]) -> None:
    out = console()
    out.print(f"{found['email']}: {found['state']}", markup=False)
    if found["suppressed"]:
        out.print(f"  never mailed: {found['suppressed']}", markup=False)
    for each in found["subscriptions"]:
        out.print(f"  {each['newsletter']}: {each['state']} since {each['since']}", markup=False)
    for act in found["consents"]:
        said = (
            "its content was deleted"
            if "forgotten" in act
            else (f"{act['acted_at']}  {act['action']}  {act['newsletter']}  {act['evidence']}")
        )
        out.print(f"  {said}", markup=False)
    out.print(f"  consent record: {found['chain']}", markup=False)
