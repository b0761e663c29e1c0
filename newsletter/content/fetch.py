"""Fetching one page of a foreign site, safely: the only module of the content room that goes out.

The site may be down, slow, hostile, or a name that someone pointed at our own network. So: http and https
only, on their own ports; every address of the name is judged, and the judged address itself is dialled
(Host, SNI and certificate stay those of the name), so that a name which changes meanwhile gains nothing;
redirects are followed by hand, each judged anew; one limit of time for everything together, and limits of
size that stop while the body comes in. No cookies, no credentials, no proxy from the environment.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import httpcore
import httpx

from newsletter.content.connection import CheckedBackend, Deadline
from newsletter.content.host import Resolver, is_loopback, is_public, resolve, resolve_within
from newsletter.content.inflate import BrokenError, Inflater, TooLargeError
from newsletter.errors import ContentError

Cause = Literal["down", "slow", "too large", "refused", "redirect", "not text", "broken"]

TIMEOUT_S = 30.0
MAX_BYTES = 10_000_000
MAX_RATIO = 100.0
MAX_REDIRECTS = 3
MAX_URL = 4096
#: An error names no more than this much of an address: queries can be long.
MAX_SHOWN = 120
PORTS = {"http": 80, "https": 443}

_ENCODINGS = {"": "", "identity": "", "gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_TEXT = re.compile(
    r"\s*(?:image|audio|video|font|model)/"
    r"|\s*application/(?:pdf|zip|gzip|wasm|msword|vnd\.(?!.*(?:\+json|\+xml))|x-(?:tar|7z|rar|bzip|gzip))",
    re.IGNORECASE,
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]+)", re.IGNORECASE)
_HEADERS = {
    "User-Agent": "daily-health-newsletter (reads articles; no browser)",
    "Accept": "application/json, application/xml;q=0.9, text/html;q=0.9, */*;q=0.1",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "close",
}


class FetchError(ContentError):
    """A page cannot be had; *cause* says in which way, for callers that go on in different ways."""

    def __init__(self, thing: str, reason: str, next_step: str = "", *, cause: Cause = "down") -> None:
        shown = f"{thing[:MAX_SHOWN]}…" if len(thing) > MAX_SHOWN else thing
        super().__init__(shown, reason, next_step)
        self.cause: Cause = cause


@dataclass(frozen=True)
class Fetched:
    """An answer: any status, header names in lower case, the unpacked body, the address after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def etag(self) -> str:
        """What to pass as *etag* next time; empty if the site gave none."""
        return self.headers.get("etag", "")

    @property
    def last_modified(self) -> str:
        """What to pass as *last_modified* next time; empty if the site gave none."""
        return self.headers.get("last-modified", "")

    @property
    def text(self) -> str:
        """The body as text: in the charset that the header names, else UTF-8; bad bytes become U+FFFD."""
        named = _CHARSET.search(self.headers.get("content-type", ""))
        try:
            return self.body.decode(named[1] if named else "utf-8-sig", "replace")
        except LookupError:
            return self.body.decode("utf-8-sig", "replace")


class Fetcher:
    """Fetches pages one at a time. It holds no connection between them and may be used from any thread."""

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        timeout_s: float = TIMEOUT_S,
        max_bytes: int = MAX_BYTES,
        max_ratio: float = MAX_RATIO,
        resolver: Resolver = resolve,
        ssl_context: ssl.SSLContext | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set the limits of each fetch.

        Args:
            allow_loopback: let pages come from this machine, on any port. For tests.
            timeout_s: seconds for one fetch from first to last, with all its redirects.
            max_bytes: largest body, as it comes and unpacked.
            max_ratio: how many times its packed size a body may unpack to.
            resolver: finds the addresses of a name.
            ssl_context: how certificates are checked; by default against the Mozilla roots of certifi.
            monotonic: seconds of a clock that never goes back, to hold *timeout_s* with.
        """
        self.allow_loopback = allow_loopback
        self.timeout_s = timeout_s
        self.max_bytes = max_bytes
        self.max_ratio = max_ratio
        self._resolver = resolver
        self._ssl_context = ssl_context
        self._monotonic = monotonic

    def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, etag: str = "", last_modified: str = ""
    ) -> Fetched:
        """The answer at *url*, whatever its status; redirects are followed.

        With *etag* or *last_modified* of an earlier answer, the status is 304 when nothing changed.

        Raises:
            FetchError: the address is refused, or the site is down, slow, sends too much, too little, no
                text, or redirects in circles.
        """
        sent = {**_HEADERS, **(headers or {})}
        if etag:
            sent["If-None-Match"] = etag
        if last_modified:
            sent["If-Modified-Since"] = last_modified
        return self._follow(url, _Asking("GET", sent, Deadline(self.timeout_s, self._monotonic)))

    def status(self, url: str, *, timeout_s: float | None = None) -> int:
        """The status that *url* ends at, by HEAD, or by GET where a site knows no HEAD; no body is read.

        *timeout_s*: seconds for this one, if fewer than the fetcher's own.

        Raises:
            FetchError: as get, but for what a body may be.
        """
        deadline = Deadline(min(self.timeout_s, timeout_s or self.timeout_s), self._monotonic)
        answer = self._follow(url, _Asking("HEAD", _HEADERS, deadline, with_body=False))
        if answer.status in (405, 501):
            answer = self._follow(url, _Asking("GET", _HEADERS, deadline, with_body=False))
        return answer.status

    def _follow(self, url: str, asking: _Asking) -> Fetched:
        target = self._checked(url)
        seen = [str(target)]
        while True:
            answer = self._ask(target, asking)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            target = self._next(target, answer.headers["location"])
            if str(target) in seen:
                raise FetchError(url, "redirects in a circle", "Check the address.", cause="redirect")
            seen.append(str(target))
            if len(seen) > MAX_REDIRECTS + 1:
                reason = f"redirects more than {MAX_REDIRECTS} times"
                raise FetchError(url, reason, "Use the address it ends at.", cause="redirect")

    def _next(self, here: httpx.URL, location: str) -> httpx.URL:
        try:
            there = here.join(location)
        except (httpx.InvalidURL, ValueError) as error:
            raise FetchError(
                str(here), f"redirects to no address ({error})", "Check the site.", cause="redirect"
            ) from error
        if here.scheme == "https" and there.scheme == "http":
            reason = f"redirects from https to http ({there})"
            raise FetchError(str(here), reason, "Ask the site to mend that.", cause="refused")
        return self._checked(str(there))

    def _checked(self, url: str) -> httpx.URL:
        """*url* parsed, without fragment, if its outside is in order; its host is judged later."""
        refused = "Use an http or https address of a public web site."
        try:
            parsed = httpx.URL(url[: MAX_URL + 1]).copy_with(fragment=None)
            port = parsed.port
        except (httpx.InvalidURL, ValueError, TypeError) as error:
            raise FetchError(repr(url), f"is no address: {error}", refused, cause="refused") from error
        reason = ""
        if len(url) > MAX_URL:
            reason = f"is longer than {MAX_URL:,} characters"
        elif parsed.scheme not in PORTS:
            reason = f"has the scheme {parsed.scheme!r}: only http and https are fetched"
        elif not parsed.host:
            reason = "names no host"
        elif parsed.userinfo:
            return self._refuse_credentials(parsed)
        elif port is not None and port not in PORTS.values() and not self.allow_loopback:
            reason = f"has port {port}: only 80 and 443 are fetched from"
        if reason:
            raise FetchError(url, reason, refused, cause="refused")
        return parsed

    def _refuse_credentials(self, url: httpx.URL) -> httpx.URL:
        shown = str(url.copy_with(username=None, password=None))  # a password must not reach a log
        raise FetchError(shown, "has a user name or password in it", "Leave it out.", cause="refused")

    def _addresses(self, url: httpx.URL, deadline: Deadline) -> list[str]:
        """The addresses of the host of *url*, if every one of them may be dialled."""
        host = url.raw_host.decode("ascii")
        port = url.port or PORTS[url.scheme]
        try:
            addresses = resolve_within(self._resolver, host, port, timeout_s=deadline.left_s())
        except TimeoutError as error:
            raise self._slow(url) from error
        except OSError as error:
            reason = f"its name {host} cannot be resolved: {error.strerror or error}"
            raise FetchError(str(url), reason, "Check the address, or try again later.") from error
        on_loopback = self.allow_loopback and all(is_loopback(address) for address in addresses)
        for address in addresses:
            if not on_loopback and not is_public(address):
                reason = f"leads to {address}, which is not a public address"
                raise FetchError(str(url), reason, "Use the site's public address.", cause="refused")
        if not addresses or (port not in PORTS.values() and not on_loopback):
            reason = f"has port {port}: only 80 and 443 are fetched from" if addresses else "has no address"
            raise FetchError(str(url), reason, "Check the address.", cause="refused" if addresses else "down")
        return addresses

    def _ask(self, url: httpx.URL, asking: _Asking) -> Fetched:
        backend = CheckedBackend(self._addresses(url, asking.deadline), asking.deadline)
        if url.scheme == "https" and self._ssl_context is None:
            self._ssl_context = httpx.create_ssl_context(trust_env=False)
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path or b"/"
        )
        # The host header is that of the address: a name, never the number that is dialled.
        sent = [
            (b"Host", url.netloc),
            *((name.encode(), value.encode()) for name, value in asking.headers.items()),
        ]
        try:
            with (
                httpcore.HTTPConnection(
                    target.origin, ssl_context=self._ssl_context, network_backend=backend
                ) as connection,
                connection.stream(asking.method, target, headers=sent) as response,
            ):
                if not asking.with_body:
                    return Fetched(response.status, _folded(response.headers), b"", str(url))
                return self._read(url, response)
        except httpcore.TimeoutException as error:
            raise self._slow(url) from error
        except httpcore.ConnectError as error:
            reason = f"cannot be reached: {_said(error)}"
            raise FetchError(str(url), reason, "Try again later.") from error
        except (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError) as error:
            reason = f"broke off or garbled its answer: {_said(error)}"
            raise FetchError(str(url), reason, "Try again later.", cause="broken") from error
        except httpcore.LocalProtocolError as error:
            raise FetchError(
                str(url), f"cannot be asked for: {error}", "Check it.", cause="refused"
            ) from error

    def _read(self, url: httpx.URL, response: httpcore.Response) -> Fetched:
        """The answer with its body, read no further than the limits; a redirect's body is not read."""
        headers = _folded(response.headers)
        if response.status in _REDIRECTS and "location" in headers:
            return Fetched(response.status, headers, b"", str(url))
        self._check_head(url, headers)
        encoding = _ENCODINGS[headers.get("content-encoding", "").strip().lower()]
        inflater = Inflater(encoding, max_bytes=self.max_bytes, max_ratio=self.max_ratio)
        try:
            for piece in response.iter_stream():
                inflater.feed(piece)
            body = inflater.close()
        except TooLargeError as error:
            raise FetchError(str(url), f"is too large: {error}", _SMALLER, cause="too large") from error
        except BrokenError as error:
            raise FetchError(str(url), str(error), "Try again later.", cause="broken") from error
        if b"\0" in body[:8192] and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise FetchError(
                str(url), "is not text but binary data", "Use a page's address.", cause="not text"
            )
        return Fetched(response.status, headers, body, str(url))

    def _check_head(self, url: httpx.URL, headers: Mapping[str, str]) -> None:
        """Refuse what its headers already show to be no use."""
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding not in _ENCODINGS:
            reason = f"is packed as {encoding!r}, which was not asked for"
            raise FetchError(str(url), reason, "Ask the site to mend that.", cause="broken")
        kind = headers.get("content-type", "")
        if _NOT_TEXT.match(kind):
            reason = f"is not text but {kind.split(';')[0].strip()}"
            raise FetchError(str(url), reason, "Use a page's address.", cause="not text")
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > self.max_bytes:
            reason = f"is too large: it says {int(length[:20]):,} bytes of at most {self.max_bytes:,}"
            raise FetchError(str(url), reason, _SMALLER, cause="too large")

    def _slow(self, url: httpx.URL) -> FetchError:
        reason = f"did not answer in full within {self.timeout_s:g} s"
        return FetchError(str(url), reason, "Try again later.", cause="slow")


_SMALLER = "Use a smaller page, or an export file."


@dataclass(frozen=True)
class _Asking:
    """What is sent to an address, and by when its answer must be there."""

    method: str
    headers: Mapping[str, str]
    deadline: Deadline
    with_body: bool = True


def _folded(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; one that comes several times is joined by commas (RFC 9110, 5.3)."""
    folded: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        folded[name] = f"{folded[name]}, {value}" if name in folded else value
    return folded


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__).rstrip(".")
