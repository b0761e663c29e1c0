"""`newsletter operator`: who may use the console. `newsletter audit`: what was done, by whom and when."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from newsletter.cli.audited import note
from newsletter.cli.output import JsonOption, console, fail, say_json
from newsletter.cli.table import print_table
from newsletter.clock import SystemClock
from newsletter.errors import OperatorError
from newsletter.operators import account, audit
from newsletter.operators.account import Operator
from newsletter.operators.invitation import invite
from newsletter.operators.role import Role
from newsletter.settings import load_settings
from newsletter.workflows.workplace import open_workplace

operators = typer.Typer(help="Who may use the console, and in which roles.", no_args_is_help=True)
audit_group = typer.Typer(help="What was done, by whom and when.", no_args_is_help=True)

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="The operator's name; case does not count.")
]
RoleOption = Annotated[
    list[Role] | None, typer.Option("--role", help="What they are there for; may be repeated.")
]


@operators.command("add")
def add_operator(
    context: typer.Context,
    name: NameArgument,
    roles: RoleOption = None,
    again: Annotated[
        bool, typer.Option("--again", help="A new link for one who is there, who then begins anew.")
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """Let somebody into the console: prints a link that works once, for 24 hours, to choose a password.

    The first operator gets every role unless told otherwise. With --again the password, codes, passkeys and
    sessions of an operator end when the new link is opened.
    """
    settings = load_settings(context.obj)
    with open_workplace(settings, SystemClock()) as workplace:
        now = workplace.clock.now()
        with workplace.database.write() as connection:
            found = account.find(connection, name) if again else None
            if again and found is None:
                raise _unknown(name)
            if found is not None and roles:
                found = account.set_roles(connection, found, roles)
            if found is None:
                given = roles or (list(Role) if not account.is_any(connection) else [])
                found = account.add(connection, name, given, now=now)
            invitation = invite(connection, found, now=now)
            act = "invite operator again" if again else "add operator"
            note(connection, workplace, act, found.name, roles=" ".join(found.roles))
    link = invitation.link(settings.base_url)
    if json_output:
        say_json({**_document(found), "link": link, "ends_at": invitation.ends_at, "is_new": not again})
        return
    if again:
        console().print(
            f"{found.name} is there already. This is a new link; older ones are worthless from now on, and "
            "when it is opened, what they signed in with before is, too.",
            markup=False,
        )
    typer.echo(link)
    console().print(
        f"For {found.name} ({', '.join(found.roles)}) alone. It works once, until "
        f"{invitation.ends_at:%Y-%m-%d %H:%M} UTC.",
        markup=False,
    )


@operators.command("list")
def list_operators(context: typer.Context, json_output: JsonOption = False) -> None:
    """Every operator, their roles, and by what they sign in."""
    with (
        open_workplace(load_settings(context.obj), SystemClock()) as workplace,
        workplace.database.read() as connection,
    ):
        rows = [(one, account.credentials(connection, one)) for one in account.every(connection)]
    if json_output:
        say_json(
            {
                "operators": [
                    {
                        **_document(one),
                        "has_password": held.password_hash is not None,
                        "has_codes": held.has_totp,
                        "passkeys": held.passkeys,
                    }
                    for one, held in rows
                ]
            }
        )
        return
    if not rows:
        typer.echo("Nobody may use the console yet. Let somebody in with: newsletter operator add NAME")
        return
    table = [(one.name, ", ".join(one.roles), _means(one, held)) for one, held in rows]
    print_table(("operator", "roles", "signs in by"), table, whole=0)


@operators.command("disable")
def disable_operator(context: typer.Context, name: NameArgument, json_output: JsonOption = False) -> None:
    """Let an operator in no more: their sessions and unopened links end at once."""
    with (
        open_workplace(load_settings(context.obj), SystemClock()) as workplace,
        workplace.database.write() as connection,
    ):
        found = account.disable(connection, _known(connection, name), even_last=True)
        note(connection, workplace, "disable operator", found.name)
    _say(found, "may not use the console any more; their sessions are over.", json_output=json_output)


@operators.command("enable")
def enable_operator(context: typer.Context, name: NameArgument, json_output: JsonOption = False) -> None:
    """Let an operator in again who was disabled."""
    with (
        open_workplace(load_settings(context.obj), SystemClock()) as workplace,
        workplace.database.write() as connection,
    ):
        found = account.enable(connection, _known(connection, name))
        note(connection, workplace, "enable operator", found.name)
    _say(found, "may use the console again.", json_output=json_output)


@audit_group.command("list")
def list_audit(
    context: typer.Context,
    before: Annotated[int | None, typer.Option(help="Only lines with a smaller number.")] = None,
    act: Annotated[str, typer.Option(help="Only this act, such as send.")] = "",
    operator: Annotated[str, typer.Option(help='Only of this operator, or "command line".')] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many lines.")] = audit.PAGE,
    json_output: JsonOption = False,
) -> None:
    """What was done, latest first."""
    with (
        open_workplace(load_settings(context.obj), SystemClock()) as workplace,
        workplace.database.read() as connection,
    ):
        lines = audit.page(connection, before=before, act=act, operator=operator, limit=limit)
    if json_output:
        say_json({"lines": [_line(one) for one in lines]})
        return
    if not lines:
        typer.echo("no lines")
        return
    for one in lines:
        detail = " ".join(f"{key}={value}" for key, value in one.detail.items())
        said = (
            f"{one.id:>6}  {one.at:%Y-%m-%d %H:%M:%S}  {one.actor.name}: {one.act}, {one.subject}  {detail}"
        )
        console().print(said.rstrip(), markup=False)


@audit_group.command("verify")
def verify_audit(context: typer.Context, json_output: JsonOption = False) -> None:
    """Whether a line was changed, removed or put in. Ends 1 if one was."""
    with (
        open_workplace(load_settings(context.obj), SystemClock()) as workplace,
        workplace.database.read() as connection,
    ):
        found = audit.verify(connection)
        end = audit.end_of(connection)
    if json_output:
        say_json(
            {
                "lines": found.lines,
                "is_sound": found.is_sound,
                "broken_at": found.broken_at,
                "why": found.why,
                "end": end,
            }
        )
    elif found.is_sound:
        typer.echo(f"{found.lines} lines, all as they were written. The last one's hash: {end}")
    if not found.is_sound:
        raise fail(f"newsletter: the audit was CHANGED: {found.why}. Compare it with a backup.")


def _known(connection: Connection, name: str) -> Operator:
    found = account.find(connection, name)
    if found is None:
        raise _unknown(name)
    return found


def _unknown(name: str) -> OperatorError:
    return OperatorError(f"operator {name!r}", "is not there", "See all with: newsletter operator list")


def _say(operator: Operator, said: str, *, json_output: bool) -> None:
    if json_output:
        say_json(_document(operator))
    else:
        console().print(f"{operator.name} {said}", markup=False)


def _means(operator: Operator, held: account.Credentials) -> str:
    if operator.is_disabled:
        return "disabled"
    means = ["password"] if held.password_hash else []
    means += ["one-time codes"] if held.has_totp else []
    means += [f"{held.passkeys} passkey(s)"] if held.passkeys else []
    return ", ".join(means) or "nothing yet"


def _document(operator: Operator) -> dict[str, Any]:
    return {
        "name": operator.name,
        "roles": list(operator.roles),
        "is_disabled": operator.is_disabled,
        "created_at": operator.created_at,
    }


def _line(line: audit.Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "at": line.at,
        "operator": line.actor.name,
        "operator_id": line.actor.id,
        "act": line.act,
        "subject": line.subject,
        "detail": dict(line.detail),
    }
