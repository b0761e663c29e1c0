"""Amazon SNS is asked for its certificates, and told that we want a topic of ours: the way out of webhooks.

Which addresses may be asked is decided in newsletter.feedback.webhooks.ses, before anything is fetched.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

from newsletter.clock import Clock
from newsletter.content.fetch import Fetcher, FetchError
from newsletter.feedback.webhooks.post import Refusal, WebhookError
from newsletter.feedback.webhooks.ses import NAME

#: A certificate is kept for so long, and that there is none under a name.
_KEPT = timedelta(days=1)
#: That there is none may be a mishap.
_NONE_KEPT = timedelta(minutes=5)
_KEPT_AT_MOST = 32
#: While Amazon does not answer it is left alone for so long: whoever posts must not make us wait for it.
_PAUSE = timedelta(seconds=30)
_TIMEOUT_S = 10.0
_MAX_BYTES = 64 * 1024


def fetch(url: str) -> bytes:
    """What is at *url*; b"" where there is nothing.

    Raises:
        FetchError: the host does not answer, or leads to another.
    """
    answer = Fetcher(timeout_s=_TIMEOUT_S, max_bytes=_MAX_BYTES).get(url)
    if urlsplit(answer.url).hostname != urlsplit(url).hostname:
        raise FetchError(url, "leads to another host", cause="redirect")
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise FetchError(url, f"answered {answer.status}")
    return answer.body if answer.status == HTTPStatus.OK else b""


class Amazon:
    """The hosts of Amazon SNS, asked one question at a time, from any thread."""

    def __init__(self, clock: Clock, *, get: Callable[[str], bytes] = fetch) -> None:
        self._clock = clock
        self._get = get
        self._lock = threading.Lock()
        self._known: dict[str, tuple[datetime, bytes]] = {}
        self._silent_until: dict[str, datetime] = {}

    def certificate(self, url: str) -> bytes:
        """The certificate at *url*, in PEM; b"" where there is none.

        Raises:
            WebhookError: it cannot be had now.
        """
        with self._lock:
            now = self._clock.now()
            got_at, pem = self._known.get(url, (None, b""))
            if got_at is None or now - got_at > (_KEPT if pem else _NONE_KEPT):
                pem = self._ask(url, now)
                self._known.pop(url, None)
                while len(self._known) >= _KEPT_AT_MOST:
                    del self._known[next(iter(self._known))]
                self._known[url] = now, pem
            return pem

    def confirm(self, url: str) -> None:
        """Visit *url*, which confirms the subscription of a topic.

        Raises:
            WebhookError: it cannot be visited now, or Amazon did not confirm.
        """
        with self._lock:
            if not self._ask(url, self._clock.now()):
                raise WebhookError(NAME, "was not confirmed by Amazon", refusal=Refusal.LATER)

    def _ask(self, url: str, now: datetime) -> bytes:
        # By host: whoever invents one does not keep us from the others.
        host = urlsplit(url).netloc
        self._silent_until = {one: until for one, until in self._silent_until.items() if until > now}
        if host not in self._silent_until:
            try:
                return self._get(url)
            except FetchError:
                self._silent_until[host] = now + _PAUSE
        raise WebhookError(NAME, "cannot be checked, as Amazon does not answer", refusal=Refusal.LATER)
