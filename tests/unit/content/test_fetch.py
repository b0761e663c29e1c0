from __future__ import annotations

import gzip
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from newsletter.content.fetch import MAX_REDIRECTS, Cause, Fetcher, FetchError
from newsletter.errors import ContentError
from tests.integration.wordpress_double import (
    Act,
    Handler,
    WordPressDouble,
    answer,
    bomb,
    drip,
    drip_body,
    drop,
    drop_half_way,
    endless,
    hang,
    promise_less,
    promise_too_much,
    redirect,
)


@pytest.fixture
def site() -> Iterator[WordPressDouble]:
    with WordPressDouble() as running:
        yield running


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(allow_loopback=True, timeout_s=10, max_bytes=2_000_000)


def never_dialled(_name: str, _port: int) -> list[str]:
    raise AssertionError("resolved a name that was to be refused before")


def refusal(fetcher: Fetcher, url: str, cause: Cause) -> str:
    with pytest.raises(FetchError) as caught:
        fetcher.get(url)
    assert caught.value.cause == cause, caught.value
    assert isinstance(caught.value, ContentError)
    assert caught.value.next_step
    return str(caught.value)


def test_a_page_comes_with_status_headers_body_and_address(site: WordPressDouble, fetcher: Fetcher) -> None:
    page = fetcher.get(site.url)
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.body.startswith(b"<!doctype html>")
    assert page.url == site.url


def test_other_statuses_are_answers_and_no_errors(site: WordPressDouble, fetcher: Fetcher) -> None:
    assert fetcher.get(f"{site.url}nowhere").status == 404


def test_packed_pages_are_unpacked(site: WordPressDouble, fetcher: Fetcher) -> None:
    site.fault("/", answer(200, gzip.compress(b"Knees"), Content_Encoding="gzip"))
    assert fetcher.get(site.url).body == b"Knees"


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("Gelenk – ö".encode(), "text/html; charset=utf-8", "Gelenk – ö"),
        ("\ufeffö".encode(), "text/html", "ö"),
        ("ö".encode("latin-1"), 'text/html; Charset="ISO-8859-1"', "ö"),
        ("ö".encode("latin-1"), "text/html", "\ufffd"),
        (b"x", "text/html; charset=klingon", "x"),
    ],
)
def test_text_is_read_in_the_charset_that_is_named(
    site: WordPressDouble, fetcher: Fetcher, body: bytes, kind: str, text: str
) -> None:
    site.fault("/", answer(200, body, kind=kind))
    assert fetcher.get(site.url).text == text


def test_an_unchanged_page_is_not_sent_again(site: WordPressDouble, fetcher: Fetcher) -> None:
    site.fill([1])
    first = fetcher.get(f"{site.url}feed/")
    again = fetcher.get(f"{site.url}feed/", etag=first.etag, last_modified=first.last_modified)
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://example.org/",
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org/",
        "example.org",
        "",
        "http://",
        "http:///path",
        "http://user:secret@example.org/",
        "http://example.org\\@127.0.0.1/",
        "http://example.org:8080/",
        "https://example.org:22/",
        "http://example.org:99999/",
        "http://exa\nmple.org/",
        "http://[::1/",
        "http://example.org/" + "x" * 5000,
    ],
)
def test_addresses_are_refused_before_anything_is_resolved(url: str) -> None:
    said = refusal(Fetcher(resolver=never_dialled), url, "refused")
    assert "secret" not in said


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0x7f000001/", "http://2130706433/",
     "http://169.254.169.254/latest/meta-data/", "http://[::ffff:10.0.0.1]/", "https://10.0.0.1/"],
)  # fmt: skip
def test_our_own_network_is_refused(url: str) -> None:
    assert "not a public address" in refusal(Fetcher(), url, "refused")


def test_one_private_address_among_public_ones_is_enough() -> None:
    fetcher = Fetcher(resolver=lambda _name, _port: ["93.184.215.14", "10.0.0.1"])
    assert "10.0.0.1" in refusal(fetcher, "http://example.org/", "refused")


def test_open_loopback_opens_nothing_else() -> None:
    refusal(Fetcher(allow_loopback=True), "http://169.254.169.254/", "refused")
    public = Fetcher(allow_loopback=True, resolver=lambda _name, _port: ["93.184.215.14"])
    assert "port 8080" in refusal(public, "http://example.org:8080/", "refused")
    both = Fetcher(allow_loopback=True, resolver=lambda _name, _port: ["127.0.0.1", "10.0.0.1"])
    refusal(both, "http://example.org/", "refused")


def test_a_name_is_resolved_once_so_that_changing_it_meanwhile_gains_nothing(site: WordPressDouble) -> None:
    asked: list[str] = []

    def rebinding(name: str, _port: int) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    fetcher = Fetcher(allow_loopback=True, resolver=rebinding)
    url = site.url.replace("127.0.0.1", "health.example")
    hosts: list[str] = []

    def note_host(handler: Handler) -> None:
        hosts.append(handler.headers["Host"])
        handler.front()

    site.fault("/", note_host)
    assert fetcher.get(url).url == url
    assert asked == ["health.example"]
    assert hosts == [url.split("/")[2]]  # the name, although the number was dialled
    refusal(fetcher, url, "refused")


def test_the_next_address_is_tried_when_the_first_does_not_answer(site: WordPressDouble) -> None:
    fetcher = Fetcher(allow_loopback=True, resolver=lambda _name, _port: ["127.0.0.2", "127.0.0.1"])
    assert fetcher.get(site.url.replace("127.0.0.1", "health.example")).status == 200


def test_proxies_of_the_environment_are_not_used(
    site: WordPressDouble, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert fetcher.get(site.url).status == 200


def test_redirects_are_followed(site: WordPressDouble, fetcher: Fetcher) -> None:
    site.fault("/old", redirect("/new", 301))
    site.fault("/new", redirect("/", 307))
    assert fetcher.get(f"{site.url}old").url == site.url


@pytest.mark.parametrize(
    "to",
    ["http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "http://10.0.0.1/", "gopher://x/",
     "http://me:secret@127.0.0.1/", "//[::ffff:192.168.0.1]/"],
)  # fmt: skip
def test_redirects_are_judged_anew(site: WordPressDouble, fetcher: Fetcher, to: str) -> None:
    site.fault("/", redirect(to))
    refusal(fetcher, site.url, "refused")


def test_redirects_in_circles_and_without_end_are_errors(site: WordPressDouble, fetcher: Fetcher) -> None:
    site.fault("/circle", redirect("/circle"), times=-1)
    assert "circle" in refusal(fetcher, f"{site.url}circle", "redirect")
    site.requests.clear()
    site.fault("/step", lambda handler: redirect(f"{handler.path}x")(handler), times=-1)
    assert "more than 3" in refusal(fetcher, f"{site.url}step", "redirect")
    assert len(site.requests) == MAX_REDIRECTS + 1


@pytest.mark.parametrize("act", [hang, drip, drip_body])
def test_a_slow_site_is_left_in_time(site: WordPressDouble, act: Act) -> None:
    site.fault("/", act)
    started = time.monotonic()
    said = refusal(Fetcher(allow_loopback=True, timeout_s=0.4), site.url, "slow")
    assert time.monotonic() - started < 10
    assert "0.4 s" in said


def test_a_name_server_that_hangs_is_left_in_time() -> None:
    def hanging(_name: str, _port: int) -> list[str]:
        time.sleep(0.5)
        return []

    refusal(Fetcher(resolver=hanging, timeout_s=0.05), "http://example.org/", "slow")


@pytest.mark.parametrize("act", [bomb, partial(bomb, megabytes=20), promise_too_much, endless])
def test_too_much_is_stopped_early(site: WordPressDouble, fetcher: Fetcher, act: Act) -> None:
    site.fault("/", act)
    started = time.monotonic()
    refusal(fetcher, site.url, "too large")
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("act", [drop, drop_half_way])
def test_a_site_that_hangs_up_is_broken(site: WordPressDouble, fetcher: Fetcher, act: Act) -> None:
    site.fault("/", act)
    refusal(fetcher, site.url, "broken")


def test_no_more_is_read_than_was_promised(site: WordPressDouble, fetcher: Fetcher) -> None:
    site.fault("/", promise_less)
    assert fetcher.get(site.url).body == b"[{"


@pytest.mark.parametrize(
    "act",
    [
        answer(200, b"%PDF-1.7", kind="application/pdf"),
        answer(200, b"x", kind="image/png"),
        answer(200, b"PK\x03\x04\0\0", kind="text/html"),
    ],
)
def test_what_is_not_text_is_refused(site: WordPressDouble, fetcher: Fetcher, act: Act) -> None:
    site.fault("/", act)
    refusal(fetcher, site.url, "not text")


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_packings_that_were_not_asked_for_are_refused(
    site: WordPressDouble, fetcher: Fetcher, encoding: str
) -> None:
    site.fault("/", answer(200, b"x", Content_Encoding=encoding))
    refusal(fetcher, site.url, "broken")


def test_a_site_that_is_down_is_said_to_be_down(site: WordPressDouble, fetcher: Fetcher) -> None:
    url = site.url
    site.__exit__()
    assert "cannot be reached" in refusal(fetcher, url, "down")


def test_a_name_without_address_is_down() -> None:
    def nowhere(_name: str, _port: int) -> list[str]:
        raise OSError("no such name")

    assert "no such name" in refusal(Fetcher(resolver=nowhere), "http://example.org/", "down")


# --- https ------------------------------------------------------------------------------------------------


class _Secure(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302 if self.path == "/down" else 200)
        self.send_header("Location", "http://health.example/")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


class _SecureServer(HTTPServer):
    def handle_error(self, *_: object) -> None:
        """A reader that does not like the certificate hangs up."""


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext, list[str]]]:
    """Port of an https server for health.example, who trusts it, and the names that were asked for."""
    if not shutil.which("openssl"):
        pytest.skip("needs the openssl command to make a certificate")
    certificate = tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", certificate, "-out", tmp_path / "public.pem", "-days", "2"),
            *("-subj", "/CN=health.example", "-addext", "subjectAltName=DNS:health.example"),
        ],
        check=True,
        capture_output=True,
    )
    with certificate.open("a", encoding="utf-8") as file:
        file.write((tmp_path / "public.pem").read_text(encoding="utf-8"))
    names: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    server = _SecureServer(("127.0.0.1", 0), _Secure)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    trusting = httpx.create_ssl_context(verify=True, trust_env=False)
    trusting.load_verify_locations(tmp_path / "public.pem")
    yield server.server_port, trusting, names
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_certificate_is_that_of_the_name(secure: tuple[int, ssl.SSLContext, list[str]]) -> None:
    port, trusting, names = secure
    fetcher = Fetcher(allow_loopback=True, ssl_context=trusting, resolver=lambda _name, _port: ["127.0.0.1"])
    assert fetcher.get(f"https://health.example:{port}/").body == b"ok"
    assert names == ["health.example"]
    assert "certificate" in refusal(fetcher, f"https://other.example:{port}/", "down")
    assert "https to http" in refusal(fetcher, f"https://health.example:{port}/down", "refused")


def test_a_certificate_that_nobody_vouches_for_is_refused(
    secure: tuple[int, ssl.SSLContext, list[str]],
) -> None:
    fetcher = Fetcher(allow_loopback=True, resolver=lambda _name, _port: ["127.0.0.1"])
    assert "certificate" in refusal(fetcher, f"https://health.example:{secure[0]}/", "down")
