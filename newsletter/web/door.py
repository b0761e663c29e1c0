"""What every sign-up form goes through, whichever page of whichever site it stands on.

The checks come in this order: whose form it is, whether a person filled it in, what is wrong with it, and
whether the browser has done its proof of work. Only the last step, subscribe(), looks at who has the
address; all doors answer every address alike, and in steps of time (steady.py).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from newsletter.errors import SubscriberError
from newsletter.settings import IMPLIED_KEY, NewsletterSettings, Settings, SiteSettings, origin_of_url
from newsletter.settings.site import IMPLIED_SITE
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.challenge import read_solution, spend
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.signup import Asked, SignUp
from newsletter.web.counter import Counter
from newsletter.web.form import address_fault, domain_fault, suggestion
from newsletter.web.page import pages_of, workplace_of
from newsletter.web.security import form_nonce, nonce_age
from newsletter.web.steady import steadily
from newsletter.wording import LANGUAGES, Wording
from newsletter.workflows.subscribe import consent_wording
from newsletter.workflows.workplace import Workplace

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: The field that people do not see and leave empty.
HONEYPOT = "website"
#: Nobody types an address and reads a sentence in less (nonce_age counts up to one second too much).
MINIMUM_FILL = timedelta(seconds=2)
#: Without a script a press more stands for the proof of work; it must not come at once.
MINIMUM_PRESS = timedelta(seconds=3)

_PRESS = "press"
#: What Sec-Fetch-Site says of a page on another origin.
_NOT_OURS = ("cross-site", "same-site")


class Outcome(StrEnum):
    """How a form was taken."""

    TAKEN = "taken"
    FAULTY = "faulty"
    PRESS_AGAIN = "press again"
    TOO_MANY = "too many"


@dataclass(kw_only=True)
class Filled:
    """A form as it was sent. What a person typed: *address*, *newsletters*, *consent*.

    *language*: of the answer. *wording*: what stood on the form, and *evidence* for that. *page_url*: where
    it stood. *honeypot*, *started* (when it was shown), *proof*, *pressed* (when another press was asked
    for): what tells a person from a bot. *sure*: the address that was looked at again. *is_vouched*: the
    site's own server sent it, with its secret. *source*: where it came from; None where that is not known.
    """

    site: SiteSettings
    door: str
    evidence: str
    address: str
    newsletters: tuple[str, ...]
    consent: bool
    language: str
    wording: str
    page_url: str
    honeypot: str = ""
    started: str = ""
    proof: str = ""
    pressed: str = ""
    sure: str = ""
    is_vouched: bool = False
    source: Origin | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """*faults* by field, in the reader's words; *suggestion*: the address that was probably meant."""

    outcome: Outcome
    faults: dict[str, str] = field(default_factory=dict)
    suggestion: str = ""


def site_of(request: Request, key: str = "") -> SiteSettings | None:
    """Whose form sent this, as find_site() says; what is refused is told to the operator."""
    site = find_site(request, key)
    if site is None:
        settings, page = workplace_of(request).settings, posting_origin(request)
        where = "our own pages" if not page or is_own_origin(request, page) else _named(page)
        logger.warning("a sign-up form on %s was refused: %s", where, _why_refused(settings, key))
    return site


def find_site(request: Request, key: str = "") -> SiteSettings | None:
    """Whose form this is: by its key, or by the page it stood on; None when that page may not post here."""
    settings, page = workplace_of(request).settings, posting_origin(request)
    is_own = not page or is_own_origin(request, page)
    if not key and is_own:
        return IMPLIED_SITE if not settings.sites else _own_pages(settings)
    for site in settings.every_site:
        if key in ("", site.key) and (is_own or site.allows(page)):
            return site
    return _own_pages(settings) if key == IMPLIED_KEY and is_own else None


def posting_origin(request: Request) -> str:
    """The origin of the page that posted a form; "null" for one that is not named, "" for our own or none.

    Browsers send Origin with every POST across origins, and "null" when the page's Referrer-Policy hides it
    (Fetch standard, "append a request Origin header"). Where it is missing, something on the way took it out,
    or no browser asks. Then Referer names the page. Sec-Fetch-Site without both is refused when it says that
    the page is not ours: each browser that sends it (W3C, Fetch Metadata; the oldest is of 2019) sends Origin
    as well, also under "no-referrer", so none loses a visitor by that.
    """
    if (origin := request.headers.get("origin", "")) or request.method != "POST":
        return origin
    if page := _page_named(request.headers.get("referer", "")):
        return origin_of_url(page)
    return "null" if request.headers.get("sec-fetch-site", "") in _NOT_OURS else ""


def _named(origin: str) -> str:
    is_one = re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]{1,120}", origin)
    return origin if is_one else "a page without a name"


def _why_refused(settings: Settings, key: str) -> str:
    """In words that repeat nothing but an origin or a key: somebody may have typed an address there."""
    if not key:
        return "no site in [[sites]] has that origin"
    if key in {site.key for site in settings.every_site}:
        return f"that is none of the origins of the site {key} in [[sites]]"
    is_one = re.fullmatch(r"[a-z0-9-]{1,40}", key)
    return f"no site in [[sites]] has the key {key if is_one else 'that it sends'}"


def is_own_origin(request: Request, origin: str) -> bool:
    """Whether *origin* is that of these pages: as base_url says, or as the browser reached them."""
    reached = f"{request.url.scheme}://{request.headers.get('host', '')}".lower()
    return origin.lower() in (origin_of_url(workplace_of(request).settings.base_url), reached)


def _own_pages(settings: Settings) -> SiteSettings:
    """Our own pages, as a site of their own that offers everything."""
    return SiteSettings(key=IMPLIED_KEY, origins=(origin_of_url(settings.base_url),))


def language_of(settings: Settings, site: SiteSettings, asked: str = "") -> str:
    """The language of a site's form: the one asked for, the site's own, or its first newsletter's."""
    return asked if asked in LANGUAGES else site.language or settings.offered_by(site)[0].language


def named_first(settings: Settings, site: SiteSettings, names: Sequence[str]) -> NewsletterSettings:
    """The newsletter that the answer to a form speaks of: the first of *names*, or the site's own first.

    Bots are answered like people, and name newsletters that there are not.
    """
    offered = settings.offered_by(site)
    theirs = {each.name: each for each in offered}
    return next((theirs[name] for name in names if name in theirs), offered[0])


def consent_line(settings: Settings, site: SiteSettings, wording: Wording) -> str:
    """The sentence beside the tick box of our own forms."""
    # With several newsletters on one form the box cannot name the chosen one without a script.
    titles = [newsletter.title for newsletter in settings.offered_by(site)]
    title = titles[0] if len(titles) == 1 else wording.gettext("the newsletter chosen here")
    return consent_wording(settings, title, wording)


def page_of(request: Request) -> str:
    """The page that a form stood on, as far as the browser says; without its query, which may hold names."""
    page = _page_named(request.headers.get("referer", "")[:2000])
    return page or request.headers.get("origin", "")[:200]


def _page_named(referer: str) -> str:
    """The page that *referer* names, without its query; "" if it names none."""
    try:
        parts = urlsplit(referer)
        host = parts.netloc.rpartition("@")[2]
        is_page = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    return f"{parts.scheme}://{host}{parts.path}"[:400] if is_page else ""


async def take(request: Request, filled: Filled) -> Verdict:
    """Take a form; nothing is kept of one with faults, and nothing is done for a bot."""
    if filled.honeypot:
        async with steadily():
            return Verdict(outcome=Outcome.TAKEN)
    async with steadily():
        with request.app.state.precedence.visitor():
            verdict = await _enter(request, filled)
    request.app.state.wake.set()
    return verdict


def press_nonce(workplace: Workplace, filled: Filled) -> str:
    """What a form holds whose button must be pressed once more: good for the address it was filled with."""
    keyring, now = workplace.keyring, workplace.clock.now()
    is_theirs = nonce_age(keyring, _PRESS, _presser(filled), nonce=filled.pressed, now=now) is not None
    return filled.pressed if is_theirs else form_nonce(keyring, _PRESS, _presser(filled), now=now)


def _presser(filled: Filled) -> str:
    return f"{filled.site.key} {filled.address}"


def start_nonce(workplace: Workplace, site: SiteSettings) -> str:
    """What a form of ours holds, to say when it was shown."""
    return form_nonce(workplace.keyring, "sign-up", site.key, now=workplace.clock.now())


def _refusal(request: Request, filled: Filled) -> Verdict | None:
    wording = pages_of(request).wording(filled.language)
    meant = _meant(filled)
    if faults := _faults(request, filled, wording, meant=meant):
        return Verdict(outcome=Outcome.FAULTY, faults=faults, suggestion=meant)
    return None


async def _enter(request: Request, filled: Filled) -> Verdict:
    workplace, settings = workplace_of(request), workplace_of(request).settings
    # What may wait for a name server, or writes by itself, must not keep the loop.
    refused = await _apart(_refusal, request, filled, apart=bool(settings.resolver))
    if refused is not None:
        return refused
    if not _took_time(workplace, filled):
        return Verdict(outcome=Outcome.PRESS_AGAIN)
    if not await _apart(_has_worked, workplace, filled, apart=settings.proof_of_work):
        return Verdict(outcome=Outcome.PRESS_AGAIN)
    counter: Counter = request.app.state.counter
    asked = await counter.take(_sign_up(filled))
    return Verdict(outcome=Outcome.TOO_MANY if asked is Asked.TOO_MANY else Outcome.TAKEN)


async def _apart(check: Callable[..., T], *arguments: object, apart: bool) -> T:
    """Run *check*, in a thread if it is to run *apart*."""
    return await run_in_threadpool(check, *arguments) if apart else check(*arguments)


def _meant(filled: Filled) -> str:
    """The address that was probably meant; "" when this one was looked at again, or is none."""
    try:
        address = parse_address(filled.address)
    except SubscriberError:
        return ""
    return "" if filled.sure.strip() == filled.address else suggestion(address)


def _faults(request: Request, filled: Filled, wording: Wording, *, meant: str) -> dict[str, str]:
    """What is wrong with a form, by field."""
    workplace, _ = workplace_of(request), wording.gettext
    faults = {}
    offered = {newsletter.name for newsletter in workplace.settings.offered_by(filled.site)}
    if not filled.newsletters or not set(filled.newsletters) <= offered:
        faults["newsletter"] = _("Choose one of the newsletters on this page.")
    fault = address_fault(filled.address, wording)
    if not fault and meant:
        # Translators: %(address)s is an e-mail address with another domain than the one typed.
        fault = _(
            "Did you mean %(address)s? If yours is right as it is, press the button again.", address=meant
        )
    if fault := fault or domain_fault(
        parse_address(filled.address),
        wording,
        settings=workplace.settings,
        exchange=request.app.state.mail_exchange,
    ):
        faults["email"] = fault
    if not filled.consent:
        faults["consent"] = _("Tick the box if you want the newsletter. Without that we may not send it.")
    return faults


def _took_time(workplace: Workplace, filled: Filled) -> bool:
    """Whether the form was not filled in faster than a person can; one that does not say is believed."""
    age = nonce_age(
        workplace.keyring, "sign-up", filled.site.key, nonce=filled.started, now=workplace.clock.now()
    )
    return age is None or age >= MINIMUM_FILL


def _has_worked(workplace: Workplace, filled: Filled) -> bool:
    """Whether the browser handed in a proof of work, or its person pressed once more; if that is asked."""
    if filled.is_vouched or not workplace.settings.proof_of_work:
        return True
    now = workplace.clock.now()
    if filled.proof:
        solved = read_solution(workplace.keyring, filled.proof, now=now)
        if solved is not None:
            with workplace.database.write() as connection:
                if spend(connection, solved):
                    return True
    age = nonce_age(workplace.keyring, _PRESS, _presser(filled), nonce=filled.pressed, now=now)
    return age is not None and age >= MINIMUM_PRESS


def _sign_up(filled: Filled) -> SignUp:
    return SignUp(
        address=filled.address,
        newsletter=filled.newsletters[0],
        also=filled.newsletters[1:],
        door=filled.door,
        page_url=_printable(filled.page_url),
        wording=_printable(filled.wording),
        locale=filled.language,
        site=filled.site.key,
        evidence=filled.evidence,
        origin=filled.source,
    )


def _printable(said: str) -> str:
    """*said* without control characters, which a terminal obeys and PostgreSQL refuses."""
    return "".join(character if character.isprintable() else " " for character in said)
