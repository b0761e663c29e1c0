"""Where mail providers post what became of our letters.

Like one-click (RFC 8058) these come from a server and not from a page: no Origin, cookie or nonce is asked
for; the signature is all that counts. An answer says nothing of what was posted, and nothing of any reader.
"""

from __future__ import annotations

import asyncio
import logging

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from newsletter.feedback.webhooks import postmark
from newsletter.feedback.webhooks.post import MAX_BYTES, Post, Refusal, WebhookError
from newsletter.settings import Settings
from newsletter.subscribers.limit import ip_block
from newsletter.web.page import workplace_of
from newsletter.web.problem import ApiProblem
from newsletter.workflows.take_webhook import take_webhook

router = APIRouter()
logger = logging.getLogger(__name__)

#: So many are worked on at a time: batches of thousands leave threads to people's pages.
AT_ONCE = 4
_NOT_HERE = "No such provider may post here. [providers] in newsletter.toml lists those that may."
_UNPROVEN = "Nothing shows that this provider posted it, and lately. The log says what is missing."
_UNREADABLE = "This is not what this provider posts. The log says what is wrong."
_LATER = "Not now. Please post it again later."
_LATER_S = 600


def body_limits(settings: Settings) -> dict[str, int]:
    """How much a provider may post, in octets, by path."""
    return {f"/webhooks/{name}": MAX_BYTES for name in settings.providers.configured}


@router.post("/webhooks/{provider}")
async def receive(request: Request, provider: str) -> JSONResponse:
    """Take in what a provider that is configured posts; 200 for what was known as well."""
    workplace = workplace_of(request)
    if provider not in workplace.settings.providers.configured:
        raise ApiProblem(404, _NOT_HERE)
    post = Post(dict(request.headers), await request.body())
    network = ip_block(request.client.host) if request.client else ""
    turns: asyncio.Semaphore = request.app.state.provider_turns
    async with turns:
        try:
            await run_in_threadpool(
                take_webhook, workplace, provider, post, amazon=request.app.state.amazon, network=network
            )
        except WebhookError as error:
            logger.warning("webhooks: %s", error)
            raise _problem(provider, error) from error
    return JSONResponse({"status": "ok"})


def _problem(provider: str, error: WebhookError) -> ApiProblem:
    if error.refusal is Refusal.LATER:
        return ApiProblem(429, _LATER, headers={"Retry-After": str(_LATER_S)})
    if error.refusal is Refusal.UNREADABLE:
        return ApiProblem(400, _UNREADABLE)
    if provider == postmark.NAME:  # which gives up at 403, and not at 401
        return ApiProblem(401, _UNPROVEN, headers={"WWW-Authenticate": 'Basic realm="webhooks"'})
    return ApiProblem(403, _UNPROVEN)
