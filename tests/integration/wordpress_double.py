"""A WordPress on loopback that keeps posts, and goes wrong where it is told to.

``site.fault("/wp/v2/posts", hang)`` makes the next request whose address contains that text hang, once;
*times* says how often, *after* how many such requests are served well before. ``site.before`` is called
with each request's address, so that posts can change under the reader.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

BEGAN_AT = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
BODY = (
    "<p>{title} is a common condition that a doctor can tell from its signs.</p>"
    "<h2>Symptoms</h2><ul><li>Pain in the joint</li><li>Swelling that lasts {number} days</li></ul>"
    "<h2>Treatment</h2><p>Rest helps most people within {number} weeks.</p>"
)

Act = Callable[["Handler"], None]


@dataclass
class FakePost:
    """One post of the double; *gone* is the status it answers when it is deleted."""

    id: int
    title: str
    html: str
    modified_at: datetime
    status: str = "publish"
    protected: bool = False
    categories: tuple[str, ...] = ("Joints",)
    tags: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        return f"post-{self.id}"


@dataclass
class _Fault:
    text: str
    act: Act
    times: int
    after: int


@dataclass
class WordPressDouble:
    """The site. *pretty* permalinks, or ``?rest_route=``; *advertised* in a header, a link or not at all."""

    posts: dict[int, FakePost] = field(default_factory=dict)
    pretty: bool = True
    advertised: str = "header"
    heeds_modified_after: bool = True
    total_lie: int = 0
    gone_status: int = 404
    requests: list[str] = field(default_factory=list)
    before: Callable[[str], None] | None = None
    _faults: list[_Fault] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.site = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The front page."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    @property
    def root(self) -> str:
        """The root of the REST interface."""
        return self.url + ("wp-json/" if self.pretty else "index.php?rest_route=/")

    def add(self, number: int, title: str = "", **values: Any) -> FakePost:
        """A new post, a minute younger than number - 1."""
        title = title or f"Condition {number}"
        post = FakePost(
            number, title, BODY.format(title=title, number=number), BEGAN_AT + timedelta(minutes=number)
        )
        for name, value in values.items():
            setattr(post, name, value)
        self.posts[number] = post
        return post

    def fill(self, numbers: Iterable[int]) -> Self:
        """Posts with these numbers."""
        for number in numbers:
            self.add(number)
        return self

    def edit(self, number: int, html: str, *, at: datetime) -> None:
        """Change the text of a post at that time."""
        self.posts[number].html = html
        self.posts[number].modified_at = at

    def fault(self, text: str, act: Act, *, times: int = 1, after: int = 0) -> None:
        """Go wrong with *act* on requests whose address contains *text*."""
        self._faults.append(_Fault(text, act, times, after))

    def mend(self) -> None:
        """No more faults."""
        self._faults.clear()

    def act_for(self, address: str) -> Act | None:
        """What is to go wrong with the request for *address*."""
        for fault in self._faults:
            if fault.text in address and fault.times:
                if fault.after:
                    fault.after -= 1
                    return None
                fault.times -= 1
                return fault.act
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    site: WordPressDouble

    def handle_error(self, *_: object) -> None:
        """Readers hang up on bombs; that is meant."""


class Handler(BaseHTTPRequestHandler):
    """One connection to the double."""

    server: _Server

    @property
    def site(self) -> WordPressDouble:
        return self.server.site

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        with self.site.lock:
            self.site.requests.append(self.path)
            if self.site.before:
                self.site.before(self.path)
            act = self.site.act_for(self.path)
        if act:
            act(self)
        else:
            self.route()

    def send(self, body: str | bytes, *, status: int = 200, kind: str = "", **headers: str) -> None:
        """A whole answer; ``Header_Name`` becomes ``Header-Name``."""
        raw = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", kind or "text/html; charset=UTF-8")
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)

    def send_json(self, value: object, *, status: int = 200, **headers: str) -> None:
        self.send(json.dumps(value), status=status, kind="application/json; charset=UTF-8", **headers)

    def send_error_code(self, status: int, code: str) -> None:
        self.send_json({"code": code, "message": code, "data": {"status": status}}, status=status)

    def route(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        site = self.site
        rest = parts.path.removeprefix("/wp-json") if parts.path.startswith("/wp-json/") else ""
        if not site.pretty:
            rest = query.get("rest_route", "")
        if rest:
            self.rest(rest, query)
        elif "feed" in query or parts.path == "/feed/":
            self.feed(int(query.get("paged", "1")))
        elif parts.path == "/":
            self.front()
        else:
            post = next((post for post in site.posts.values() if parts.path == f"/{post.slug}/"), None)
            there = post is not None and post.status == "publish"
            self.send(post.html if post and there else "Not found", status=200 if there else 404)

    def front(self) -> None:
        site = self.site
        link = f"<link rel='https://api.w.org/' href='{site.root}' />" if site.advertised == "link" else ""
        page = f'<!doctype html><html lang="en-GB"><head>{link}<title>Joints</title></head></html>'
        if site.advertised == "header":
            self.send(page, Link=f'<{site.root}>; rel="https://api.w.org/", <{site.url}>; rel=shortlink')
        else:
            self.send(page)

    def rest(self, route: str, query: dict[str, str]) -> None:
        if route == "/":
            self.send_json({"name": "Joints", "namespaces": ["oembed/1.0", "wp/v2"], "routes": {}})
        elif route.rstrip("/") == "/wp/v2/posts":
            self.collection(query)
        elif route.startswith("/wp/v2/posts/"):
            post = self.site.posts.get(int(route.rsplit("/", 1)[1]))
            if post is None:
                self.send_error_code(self.site.gone_status, "rest_post_invalid_id")
            elif post.status != "publish":
                self.send_error_code(401, "rest_forbidden")
            else:
                self.send_json(self.rendered(post, query))
        else:
            self.send_error_code(404, "rest_no_route")

    def collection(self, query: dict[str, str]) -> None:
        site = self.site
        with site.lock:
            posts = [post for post in site.posts.values() if post.status == "publish"]
        if "include" in query:
            wanted = {int(number) for number in query["include"].split(",")}
            posts = [post for post in posts if post.id in wanted]
        if "modified_after" in query and site.heeds_modified_after:
            assert query["modified_after"].endswith("Z"), "would be taken for local time"
            after = datetime.fromisoformat(query["modified_after"])
            posts = [post for post in posts if post.modified_at > after]
        by_id = query.get("orderby") == "id"
        posts.sort(key=lambda post: (0, post.id) if by_id else (post.modified_at.timestamp(), post.id))
        page, size = int(query.get("page", "1")), int(query.get("per_page", "10"))
        assert 1 <= size <= 100, "WordPress gives no more than 100"
        pages = -(-len(posts) // size)
        if page > pages and posts:
            self.send_error_code(400, "rest_post_invalid_page_number")
            return
        shown = [self.rendered(post, query) for post in posts[(page - 1) * size : page * size]]
        self.send_json(
            shown,
            X_WP_Total=str(len(posts) + site.total_lie),
            X_WP_TotalPages=str(pages + site.total_lie),
        )

    def rendered(self, post: FakePost, query: dict[str, str]) -> dict[str, Any]:
        stamp = post.modified_at.strftime("%Y-%m-%dT%H:%M:%S")
        terms = [
            [
                {"id": 1, "name": name, "slug": name.lower(), "taxonomy": "category"}
                for name in post.categories
            ],
            [{"id": 2, "name": name, "slug": name.lower(), "taxonomy": "post_tag"} for name in post.tags],
        ]
        whole = {
            "id": post.id,
            "guid": {"rendered": f"{self.site.url}?p={post.id}"},
            "date": "2026-01-01T09:00:00",
            "date_gmt": "2026-01-01T08:00:00",
            "modified": stamp,
            "modified_gmt": stamp,
            "slug": post.slug,
            "status": post.status,
            "type": "post",
            "link": f"{self.site.url}{post.slug}/",
            "title": {"rendered": post.title},
            "content": {"rendered": "" if post.protected else post.html, "protected": post.protected},
            "excerpt": {"rendered": "<p>Short</p>", "protected": post.protected},
            "author": 1,
            "meta": [],
            "yoast_head_json": {"title": "Not the title"},
            "_links": {},
        }
        if "_embed" in query:
            whole["_embedded"] = {"wp:term": terms}
        fields = query.get("_fields", "").split(",")
        return {name: value for name, value in whole.items() if fields == [""] or name in fields}

    def feed(self, page: int, size: int = 10) -> None:
        published = [post for post in self.site.posts.values() if post.status == "publish"]
        published.sort(key=lambda post: -post.id)
        shown = published[(page - 1) * size : page * size]
        if not shown:
            self.send("Not found", status=404)
            return
        entries = "".join(self.entry(post) for post in shown)
        feed = (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Joints</title>'
            f"<link>{self.site.url}</link><description/><language>en-GB</language>{entries}</channel></rss>"
        )
        etag = f'"{hash(feed)}"'
        if self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.end_headers()
            return
        self.send(feed, kind="application/rss+xml; charset=UTF-8", ETag=etag)

    def entry(self, post: FakePost) -> str:
        address = f"{self.site.url}{post.slug}/"
        return (
            f'<item><title>{post.title}</title><link>{address}</link><guid isPermaLink="false">'
            f"{self.site.url}?p={post.id}</guid>"
            "<pubDate>Thu, 01 Jan 2026 08:00:00 +0000</pubDate>"
            f"<content:encoded><![CDATA[{post.html}]]></content:encoded></item>"
        )


def answer(status: int, body: str | bytes = "", *, kind: str = "", **headers: str) -> Act:
    """That status, body, content type and headers."""
    return lambda handler: handler.send(body, status=status, kind=kind, **headers)


def redirect(to: str, status: int = 302) -> Act:
    """Send the reader elsewhere."""
    return answer(status, Location=to)


def hang(handler: Handler) -> None:
    """Say nothing, as long as the reader waits."""
    handler.site.closing.wait(20)


def drip(handler: Handler) -> None:
    """A byte of a header now and then: no single wait is long, all together are."""
    for _ in range(400):
        handler.wfile.write(b"H" if _ == 0 else b"T")
        handler.wfile.flush()
        if handler.site.closing.wait(0.05):
            return


def drip_body(handler: Handler) -> None:
    """The same, in the body."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "400")
    handler.end_headers()
    for _ in range(400):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        if handler.site.closing.wait(0.05):
            return


def half(handler: Handler) -> None:
    """Well-formed JSON that stops in the middle."""
    handler.send('[{"id": 1, "title": {"rendered": "Half', kind="application/json")


def drop(handler: Handler) -> None:
    """Hang up without a word, with a reset."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.close_connection = True
    handler.connection.close()


def drop_half_way(handler: Handler) -> None:
    """Promise a thousand bytes, send ten, hang up."""
    handler.send("[" + " " * 9, kind="application/json", Content_Length="1000")


def promise_less(handler: Handler) -> None:
    """A Content-Length of two for a longer body."""
    handler.send('[{"id": 1}]', kind="application/json", Content_Length="2")


def promise_too_much(handler: Handler) -> None:
    """A Content-Length of a terabyte."""
    handler.send("[]", kind="application/json", Content_Length="1000000000000")


def bomb(handler: Handler, *, megabytes: int = 200) -> None:
    """Two hundred megabytes of blanks in two hundred kilobytes."""
    packed = gzip.compress(b" " * 1_000_000, 9)
    whole = packed * megabytes
    handler.send(whole, kind="application/json", Content_Encoding="gzip")


def endless(handler: Handler) -> None:
    """A body without length that never ends."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    while not handler.site.closing.is_set():
        handler.wfile.write(b" " * 65536)
