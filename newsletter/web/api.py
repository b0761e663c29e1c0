"""The JSON API, version 1: what a script or a program of a site may ask and do. OpenAPI is made from here."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date, timedelta
from email.utils import parseaddr
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from newsletter.settings import SiteSettings
from newsletter.subscribers.api_key import Scope
from newsletter.subscribers.challenge import new_challenge
from newsletter.subscribers.idempotency import IdempotencyKey, Seen
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.signup import JSON_API
from newsletter.subscribers.site import site_secret
from newsletter.web.door import (
    Filled,
    Outcome,
    Verdict,
    consent_line,
    is_own_origin,
    language_of,
    named_first,
    take,
)
from newsletter.web.form_script import form_description, words_after
from newsletter.web.inbox import webmails_for
from newsletter.web.new_subscription import NewSubscription
from newsletter.web.page import pages_of, workplace_of
from newsletter.web.problem import ApiProblem, Fault, Problem
from newsletter.web.visitor import origin_of
from newsletter.workflows.count_sites import count_site
from newsletter.workflows.give_api_key import key_for

_REFUSED: dict[int | str, dict[str, Any]] = {
    403: {"model": Problem, "description": "The page, or the secret, is not this site's."},
    404: {"model": Problem, "description": "No site has this key."},
    422: {"model": Problem, "description": "What is wrong, by field."},
}
_SITES = "/api/v1/sites/"
router = APIRouter(prefix=f"{_SITES}{{key}}", responses=_REFUSED)

_DECLARED = "POST to the API; the wording is as the site declares it"
_OURS = "POST of our script's form on the site's page, box ticked"
_COUNTED = timedelta(days=30)
SiteKey = Annotated[str, Path(description="The site's key, from [[sites]].", max_length=40)]


class Webmail(BaseModel):
    """Where the mail of the address is read; of the big ones, if that is not known."""

    name: str
    url: str


class Accepted(BaseModel):
    """The same for every address: a mail is on its way, or is not needed."""

    status: str = "check_inbox"
    title: str
    message: str
    sender: str
    subject: str
    hint: str
    webmails: list[Webmail]
    words: Annotated[
        dict[str, str],
        Field(description="Labels for these: to, from, subject, open (a webmail), again (a button)."),
    ]


class Form(BaseModel):
    """Everything that a form of the site shows, in its language."""

    site: str
    lang: str
    dir: str
    api: str
    action: str
    challenge: str
    newsletters: list[dict[str, str]]
    policy: dict[str, str]
    theme: dict[str, str]
    words: dict[str, str]


class Count(BaseModel):
    """What came through the site's forms in a time."""

    since: date
    taken: int
    mailed: int
    confirmed: int
    confirm_rate: float | None


def the_site(request: Request, key: SiteKey) -> SiteSettings:
    """The site of the path, if the page that asks may: 404 or 403 otherwise."""
    site = _site_called(request, key)
    if site is None:
        raise ApiProblem(404, "No site has this key. [[sites]] in newsletter.toml lists them.")
    origin = request.headers.get("origin", "")
    if origin and not _is_allowed(request, site, origin):
        raise ApiProblem(403, "This page is on none of the site's origins. Add it to origins in [[sites]].")
    return site


def asking_origin(request: Request) -> str:
    """The origin of the page that asks, if it may read what the site of the path is told; "" if not.

    Also of requests that went wrong before they had a site: by a method, a body, or a path there is not.
    """
    key = request.url.path.removeprefix(_SITES).partition("/")[0]
    site, origin = _site_called(request, key), request.headers.get("origin", "")
    return origin if site and origin and _is_allowed(request, site, origin) else ""


def _site_called(request: Request, key: str) -> SiteSettings | None:
    return next((each for each in workplace_of(request).settings.every_site if each.key == key), None)


def _is_allowed(request: Request, site: SiteSettings, origin: str) -> bool:
    return site.allows(origin) or is_own_origin(request, origin)


Site = Annotated[SiteSettings, Depends(the_site)]


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the site, by what it proved itself with. *newsletter*: it may sign up to that one only."""

    newsletter: str = ""


def program_of(request: Request, site: str, scope: Scope) -> Program | None:
    """Who asks, if it proves to be a program of that site with that right; None for everybody else.

    ``Authorization: Bearer`` and the site's secret (``site_…``), which may do all, or a key (``nlkey_…``).
    """
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    given = given.strip()
    if kind.casefold() != "bearer" or not given:
        return None
    workplace = workplace_of(request)
    secrets = (site_secret(workplace.keyring, site, kid=kid) for kid in workplace.keyring.key_ids)
    if any(hmac.compare_digest(given.encode(), secret.encode()) for secret in secrets):
        return Program()
    key = key_for(workplace, given, scope=scope, site=site)
    return Program(key.newsletter) if key else None


@router.options("", include_in_schema=False, dependencies=[Depends(the_site)])
@router.options("/challenge", include_in_schema=False, dependencies=[Depends(the_site)])
@router.options("/subscriptions", include_in_schema=False, dependencies=[Depends(the_site)])
def preflight(request: Request) -> Response:
    """What a browser asks before a script of another origin may post JSON (Fetch standard, CORS)."""
    headers = {
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "content-type, idempotency-key",
        "Access-Control-Max-Age": "600",
    }
    return _shared(request, Response(status_code=204, headers=headers))


@router.get("", response_model=Form, summary="What a form of this site shows")
def show_form(request: Request, site: Site, lang: str = "") -> Response:
    """Words, newsletters and addresses, in *lang* or the site's language."""
    described = form_description(workplace_of(request).settings, pages_of(request), site, lang=lang)
    return _shared(request, JSONResponse(described))


@router.get(
    "/challenge",
    summary="A proof of work to do before signing up (ALTCHA, version 2)",
    dependencies=[Depends(the_site)],
)
def give_challenge(request: Request) -> Response:
    """A fresh challenge; nothing is stored before it is solved."""
    workplace = workplace_of(request)
    return _shared(request, JSONResponse(new_challenge(workplace.keyring, now=workplace.clock.now())))


@router.get("/signups", response_model=Count, summary="What came through the site's forms")
def show_counts(request: Request, site: Site) -> Response:
    """Sign-ups of the last thirty days and how many confirmed; for the site's own server."""
    if program_of(request, site.key, Scope.READ) is None:
        raise ApiProblem(
            403,
            "Neither the site's secret nor a key that may read came with this request. "
            "newsletter sites secret shows the one, newsletter keys api add makes the other.",
        )
    since = workplace_of(request).clock.now().date() - _COUNTED
    found = count_site(workplace_of(request), site.key, since=since)
    said = Count(
        since=since,
        taken=found.taken,
        mailed=found.mailed,
        confirmed=found.confirmed,
        confirm_rate=found.confirm_rate,
    )
    return _shared(request, JSONResponse(said.model_dump(mode="json")))


@router.post(
    "/subscriptions",
    status_code=202,
    response_model=Accepted,
    responses={
        400: {"model": Problem, "description": "The body cannot be read."},
        409: {"model": Problem, "description": "A request with this idempotency key is under way."},
        413: {"model": Problem, "description": "The body is larger than any form."},
        429: {"model": Problem, "description": "Too many from this network; come back in an hour."},
    },
    summary="Sign somebody up",
)
async def sign_up(
    request: Request,
    site: Site,
    new: NewSubscription,
    idempotency_key: Annotated[str, Header(max_length=255)] = "",
) -> Response:
    """Take a sign-up; the person is asked by mail, and the answer is the same for every address."""
    program = await run_in_threadpool(program_of, request, site.key, Scope.SIGN_UP)
    is_server = program is not None
    if program is not None:
        new = _within(program, new)
    if not (is_server or request.headers.get("origin")):
        raise ApiProblem(403, "Neither an Origin that the site allows nor its secret came with this request.")
    if new.visitor_ip and not is_server:
        raise ApiProblem(403, "visitor_ip is taken from the site's own server only, with its secret.")
    key = _idempotency(request, site, new, idempotency_key)
    if key is not None and not await run_in_threadpool(_claim, request, key):
        return _accepted(request, site, new)
    try:
        verdict = await take(request, _filled(request, site, new, is_server=is_server))
    except BaseException:
        if key is not None:
            await run_in_threadpool(_drop, request, key)
        raise
    if key is not None:
        is_done = verdict.outcome is Outcome.TAKEN
        await run_in_threadpool(_finish if is_done else _drop, request, key)
    if verdict.outcome is not Outcome.TAKEN:
        raise _problem(request, site, verdict, language=_language(request, site, new))
    return _accepted(request, site, new)


def _within(program: Program, new: NewSubscription) -> NewSubscription:
    """*new*, if the program may: what names no newsletter is about the one that its key is for."""
    if not program.newsletter:
        return new
    if not set(new.newsletters) <= {program.newsletter}:
        wanted = Fault(field="newsletters", message=f"This key signs up to: {program.newsletter}.")
        raise ApiProblem(422, wanted.message, [wanted])
    return new.model_copy(update={"newsletters": [program.newsletter]})


def _filled(request: Request, site: SiteSettings, new: NewSubscription, *, is_server: bool) -> Filled:
    settings = workplace_of(request).settings
    source = Origin(new.visitor_ip) if new.visitor_ip else None if is_server else origin_of(request)
    language = _language(request, site, new)
    is_script = new.form == "script" and not is_server
    return Filled(
        site=site,
        door="script form" if is_script else JSON_API,
        evidence=_OURS if is_script else _DECLARED,
        address=new.email.strip(),
        newsletters=tuple(dict.fromkeys(new.newsletters)) or (settings.offered_by(site)[0].name,),
        consent=new.consent,
        language=language,
        wording=_wording(request, site, new, is_script=is_script, is_server=is_server),
        page_url=new.page_url.partition("?")[0].partition("#")[0],
        honeypot=new.website,
        proof=new.proof,
        sure=new.email.strip() if new.address_is_right else "",
        is_vouched=is_server,
        source=source,
    )


def _wording(
    request: Request, site: SiteSettings, new: NewSubscription, *, is_script: bool, is_server: bool
) -> str:
    """What stood on the form. Only the site's own server is believed what it says of that."""
    if is_script:
        language = _language(request, site, new)
        return consent_line(workplace_of(request).settings, site, pages_of(request).wording(language))
    return (new.wording if is_server else "") or site.wording


def _language(request: Request, site: SiteSettings, new: NewSubscription) -> str:
    return language_of(workplace_of(request).settings, site, new.language)


def _problem(request: Request, site: SiteSettings, verdict: Verdict, *, language: str) -> ApiProblem:
    _ = pages_of(request).wording(language).gettext
    if verdict.outcome is Outcome.TOO_MANY:
        return ApiProblem(
            429,
            _("From your network so many addresses were signed up that we stop for now.")
            + " "
            + _("Nothing has been changed. Please come back in an hour."),
            headers={"Retry-After": "3600"},
        )
    if verdict.outcome is Outcome.PRESS_AGAIN:
        wanted = Fault(field="proof", message="Solve the challenge of this site and send it as proof.")
        return ApiProblem(422, "A proof of work is missing, wrong, too old or was used before.", [wanted])
    told = dict(verdict.faults)
    faults = []
    if told.pop("newsletter", ""):
        # Names are for programs: a person is offered titles.
        names = [each.name for each in workplace_of(request).settings.offered_by(site)]
        faults.append(Fault(field="newsletters", message=f"This site offers: {', '.join(names)}."))
    faults += [Fault(field=name, message=said) for name, said in told.items()]
    said = " ".join(fault.message for fault in faults)
    return ApiProblem(422, said, faults, suggestion=verdict.suggestion)


def _accepted(request: Request, site: SiteSettings, new: NewSubscription) -> Response:
    settings = workplace_of(request).settings
    newsletter = named_first(settings, site, new.newsletters)
    wording = pages_of(request).wording(_language(request, site, new))
    _, sender = wording.gettext, parseaddr(newsletter.sender)[1]
    said = Accepted(
        title=_("Check your inbox"),
        message=_("One step is left. Open the mail we are sending you now and press the button in it."),
        sender=sender,
        subject=request.app.state.subjects[newsletter.name],
        hint=_("We send at most one such mail to an address in 24 hours, and three in 30 days."),
        webmails=[Webmail(name=name, url=url) for name, url in webmails_for(new.email, sender=sender)],
        words=words_after(wording),
    )
    return _shared(request, JSONResponse(said.model_dump(), 202))


def _shared(request: Request, response: Response) -> Response:
    """*response*, readable for the page that asked: the site allows it, as the_site has seen."""
    if origin := request.headers.get("origin", ""):
        response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Vary"] = "Origin"
    return response


def _idempotency(
    request: Request, site: SiteSettings, new: NewSubscription, key: str
) -> IdempotencyKey | None:
    if not key:
        return None
    # A proof of work is good for once: the repeat of a request may bring another.
    said = new.model_dump_json(exclude={"proof"}).encode()
    return IdempotencyKey(workplace_of(request).keyring, site=site.key, key=key, request=said)


def _claim(request: Request, key: IdempotencyKey) -> bool:
    """Whether the request is to be done; False when it was, with the same answer."""
    workplace = workplace_of(request)
    with workplace.database.write() as connection:
        seen, _status = key.claim(connection, now=workplace.clock.now())
    if seen is Seen.OTHER:
        raise ApiProblem(422, "This idempotency key was used for another request. Use a new one.")
    if seen is Seen.UNDER_WAY:
        raise ApiProblem(409, "A request with this idempotency key is under way. Try again in a second.")
    return seen is Seen.NEW


def _finish(request: Request, key: IdempotencyKey) -> None:
    workplace = workplace_of(request)
    with workplace.database.write() as connection:
        key.finish(connection, status=202, now=workplace.clock.now())


def _drop(request: Request, key: IdempotencyKey) -> None:
    with workplace_of(request).database.write() as connection:
        key.drop(connection)
