"""The web application: pages, and the small task that sends what they cause."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from newsletter.errors import NewsletterError, SettingsError, TokenError
from newsletter.rendering.notice import confirmation_notice
from newsletter.settings import Settings
from newsletter.subscribers.mail_exchange import MailExchange
from newsletter.web import (
    api,
    archive,
    confirm,
    embed,
    leave,
    mailpoet,
    mailpoet_form,
    preferences,
    public,
    rights,
    signup,
    webhooks,
)
from newsletter.web.console import routes as console
from newsletter.web.console.gate import upload_limit
from newsletter.web.console.surface import Surface
from newsletter.web.counter import Counter
from newsletter.web.page import Pages
from newsletter.web.precedence import Precedence
from newsletter.web.problem import ApiProblem, is_for_api, problem_response
from newsletter.web.security import Guard
from newsletter.wording import message
from newsletter.workflows.ask_amazon import Amazon
from newsletter.workflows.call_webhooks import call_webhooks
from newsletter.workflows.drain import drain
from newsletter.workflows.hold_back import RateWatch
from newsletter.workflows.publish_policy import publish_policy
from newsletter.workflows.workplace import Workplace

logger = logging.getLogger(__name__)

#: How often the outbox is looked at when no sign-up wakes it.
LOOK_EVERY_S = 1.0
#: What comes within so short a time is sent in one go.
GATHER_S = 0.05
#: How often sites are told of what happened on the pages.
CALL_EVERY_S = 2.0

_SAID = {
    404: (message("There is no such page"), message("The address may have lost its end when it was copied.")),
    405: (message("That does not work here"), message("This page cannot do what your browser asked for.")),
    413: (
        message("That was too much"),
        message("What your browser sent is far larger than any form on these pages."),
    ),
}
_OUR_FAULT = (
    message("Something went wrong here"),
    message("It is our fault, not yours. Please try again in a minute."),
)


def create_app(
    workplace: Workplace,
    *,
    clock_fault: Callable[[], str] | None = None,
    amazon: Amazon | None = None,
    config: Path | None = None,
) -> FastAPI:
    """The application on *workplace*, which stays open as long as the application runs.

    Run it with the server's own access log off: paths hold tokens. Guard logs each request by its route.
    *clock_fault* says why the clock that should run beside the pages does not, or ""; None: no clock should.
    *amazon*: who is asked about what SNS signed; None: Amazon itself. *config*: the settings file, for the
    console's page about it.

    Raises:
        SettingsError: the privacy policy, which forms and mails link, cannot be read.
    """
    publish_policy(workplace)
    app = FastAPI(
        title=workplace.settings.publisher,
        version="1",
        openapi_url=None,  # public.router has it, so that the log names its route
        summary="Sign-up to the newsletters of this publisher.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # RFC 8058 section 3.1: one-click must not be redirected
        lifespan=_lifespan,
    )
    pages = Pages(workplace.settings)
    app.state.workplace = workplace
    app.state.pages = pages
    app.state.console = Surface(workplace.settings, pages)
    app.state.config = config
    app.state.clock_fault = clock_fault or str
    app.state.wake = asyncio.Event()
    app.state.precedence = Precedence()
    app.state.counter = Counter(workplace)
    app.state.subjects = _confirmation_subjects(workplace.settings)
    app.state.mail_exchange = MailExchange(workplace.settings.resolver)
    app.state.amazon = amazon or Amazon(workplace.clock)
    app.state.provider_turns = asyncio.Semaphore(webhooks.AT_ONCE)
    app.include_router(api.router)
    for pages_router in (
        signup.router,
        embed.router,
        confirm.router,
        leave.router,
        preferences.router,
        rights.router,
        mailpoet.router,
        mailpoet_form.router,
        archive.router,
        public.router,
        webhooks.router,
    ):
        app.include_router(pages_router, include_in_schema=False)
    app.include_router(console.console_router(), include_in_schema=False)
    app.add_exception_handler(ApiProblem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_http_error)
    app.add_exception_handler(NewsletterError, _on_newsletter_error)
    app.add_middleware(
        Guard,
        error_page=partial(_error_answer, app),
        body_limits=webhooks.body_limits(workplace.settings),
        upload_limit=upload_limit(console.ROUTES),
    )
    return app


def _confirmation_subjects(settings: Settings) -> dict[str, str]:
    """By newsletter: the subject that the page after a sign-up tells the visitor to look for."""
    return {
        newsletter.name: confirmation_notice(settings, newsletter, confirm_url="", privacy_url="").subject
        for newsletter in settings.newsletters
    }


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(_send_mails(app, stopping))]
    if any(site.webhook for site in app.state.workplace.settings.sites):
        tasks.append(asyncio.create_task(_call_sites(app, stopping)))
    try:
        yield
    finally:
        stopping.set()
        app.state.wake.set()
        await asyncio.gather(*tasks)  # a mail on its way is finished, not cut
        app.state.counter.close()


async def _send_mails(app: FastAPI, stopping: asyncio.Event) -> None:
    workplace: Workplace = app.state.workplace
    wake: asyncio.Event = app.state.wake
    give_way, watch = app.state.precedence.give_way, RateWatch(workplace)
    said = ""
    while not stopping.is_set():
        wake.clear()
        try:
            halted = (await asyncio.to_thread(drain, workplace, before_each=give_way, watch=watch)).halted
        except Exception as error:  # noqa: BLE001 - mails wait in the database; the next round tries again
            halted = f"the outbox could not be read ({type(error).__name__})"
        if halted and halted != said:
            logger.warning("system mails: %s", halted)
        said = halted
        with suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), LOOK_EVERY_S)
            await asyncio.sleep(GATHER_S)


async def _call_sites(app: FastAPI, stopping: asyncio.Event) -> None:
    """Tell the sites of what pages cause, without waiting for the clock."""
    while not stopping.is_set():
        try:
            await asyncio.to_thread(call_webhooks, app.state.workplace)
        except Exception as error:  # noqa: BLE001 - events wait in the database; the next round tries again
            logger.warning("webhooks: the queue could not be read (%s)", type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), CALL_EVERY_S)


def _error_page(pages: Pages, status: int) -> HTMLResponse:
    _ = pages.wording().gettext
    title, why = _SAID.get(status, _OUR_FAULT)
    return pages.notice(_(title), _(why), status=status, link=("/", _("Go to the first page")))


def _error_answer(app: FastAPI, request: Request, status: int) -> Response:
    """For what goes wrong outside the application, which that request has therefore not reached."""
    if is_for_api(request):
        request.scope["app"] = app
        return _problem(request, HTTPException(status))
    return _error_page(app.state.pages, status)


def _problem(request: Request, error: Exception) -> Response:
    return problem_response(error, readable_by=api.asking_origin(request))


async def _on_problem(request: Request, error: Exception) -> Response:
    return _problem(request, error)


async def _on_http_error(request: Request, error: Exception) -> Response:
    if is_for_api(request):
        return _problem(request, error)
    status = error.status_code if isinstance(error, HTTPException) else 404
    response = _error_page(request.app.state.pages, status)
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


async def _on_newsletter_error(request: Request, error: Exception) -> Response:
    pages: Pages = request.app.state.pages
    if is_for_api(request):
        logger.error("%s", error if isinstance(error, SettingsError) else type(error).__name__)
        return _problem(request, error)
    if isinstance(error, TokenError):
        _ = pages.wording().gettext
        return pages.notice(
            _("This link does not work"),
            _("It may have been cut when it was copied. Nothing has been changed."),
            _("Open the link in the newest mail you had from us, or sign up again."),
            status=404,
            link=("/subscribe", _("Go to the sign-up page")),
        )
    # Of the rest only settings are sure to hold no address: the operator reads what is wrong with them.
    logger.error("%s", error if isinstance(error, SettingsError) else type(error).__name__)
    return _error_page(pages, 500)
