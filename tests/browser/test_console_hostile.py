"""Somebody else's page, open in the browser of an operator who is signed in: it frames and posts in vain."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from newsletter.issues import decision
from newsletter.operators import account
from tests.browser.console_pages import open_pages, pages, signed_in_tab
from tests.browser.console_stage import TODAY, stage
from tests.browser.screenshots import browser, chromium_path
from tests.integration.console_site import ConsoleSite, console_site

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
ISSUE = f"/console/issues/daily/{TODAY}"
#: Acts whose forms a stranger could write down: what they post, but for the token.
ACTS = {
    f"{ISSUE}/decide": {"act": "subject", "text": "Owned"},
    f"{ISSUE}/send": {"version": "0.0.0.x"},
    "/console/operators/add": {"name": "Mallory", "admin": "yes"},
    "/console/settings/keys": {"name": "Mallory", "site": "clinic", "scope": "read"},
    "/console/sign-out": {},
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleSite]:
    with stage(tmp_path_factory.mktemp("hostile")) as workplace, console_site(workplace) as site:
        yield site


@contextmanager
def somebody_elses_site(content: str) -> Iterator[str]:
    """Serves *content* at localhost on another port: another origin, and yet the same site to a browser."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_no_page_stands_in_a_frame_of_another_site(chromium: Browser, console: ConsoleSite) -> None:
    paths = [*pages(console.workplace).values(), *open_pages(console.workplace).values()]
    frames = "".join(f'<iframe src="{console.base}{escape(path)}"></iframe>' for path in paths)
    page = signed_in_tab(chromium, console.workplace, console.base, width=1280, scheme="light")
    with somebody_elses_site(frames) as address:
        page.goto(address, wait_until="load")
        shown = [frame.url for frame in page.frames if frame is not page.main_frame]
        assert len(shown) == len(paths)
        assert {urlsplit(url).scheme for url in shown} == {"chrome-error"}
    # A control: our own page may frame the letter, so that frames are not refused for another reason.
    page.goto(ISSUE)
    expect(page.frame_locator("[data-letter]").locator("h1").first).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("path", ACTS)
def test_no_form_of_another_site_is_taken(chromium: Browser, console: ConsoleSite, path: str) -> None:
    fields = "".join(f'<input name="{name}" value="{value}">' for name, value in ACTS[path].items())
    form = f'<form method="post" action="{console.base}{path}">{fields}</form>'
    page = signed_in_tab(chromium, console.workplace, console.base, width=1280, scheme="light")
    posted = []
    page.on("request", lambda request: posted.append(request) if request.method == "POST" else None)
    with somebody_elses_site(form) as address:
        page.goto(address)
        with page.expect_navigation() as arrived:
            page.evaluate("document.forms[0].submit()")
        assert arrived.value is not None
        assert arrived.value.status == 403
        expect(page.locator("main")).to_contain_text("sent by another site")
        # The browser did send the cookie: it was not for want of it that nothing was done.
        assert "console=" in posted[0].all_headers().get("cookie", "")
        page.goto(address)
        page.evaluate(
            "form => fetch(form.action, {method: 'POST', mode: 'no-cors', credentials: 'include', "
            "body: new URLSearchParams(new FormData(form))}).catch(() => null)",
            page.query_selector("form"),
        )
    assert page.goto(f"{console.base}/console/") is not None
    expect(page.get_by_role("heading", name="Today")).to_be_visible()  # still signed in
    page.context.close()
    workplace = console.workplace
    with workplace.database.read() as connection:
        assert decision.decided(connection, "daily", TODAY) == []
        assert account.find(connection, "Mallory") is None
