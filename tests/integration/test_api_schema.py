"""The JSON API answers as /openapi.json says, whatever it is sent: schemathesis makes up the requests."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from newsletter.subscribers.site import site_secret
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.test_doors import CLINIC, NOT_THEIRS, THEIRS, with_sites
from tests.integration.web_site import ADA, Site, running

#: All checks there are but for this one: which newsletters there are, and what is an address that takes mail,
#: is for a site to say and not for a schema. A request that fits it may well be faulty, and is answered 422.
LEFT_OUT = "positive_data_acceptance"
#: No example is in the document, and no operation leads to another: there is nothing for the other phases.
PHASES = {
    "a page of the site": "coverage,fuzzing",
    "the site's own server": "fuzzing",
    "somebody who makes up sites": "fuzzing",
}
ALMOST_THEIRS = (
    "https://clinic.example.elsewhere.example",
    "http://clinic.example",
    "https://clinic.example:8443",
    "https://clinic.example.",
    "clinic.example",
    "null",
    "*",
)
CALLS = [
    ("GET", ""),
    ("GET", "/challenge"),
    ("GET", "/signups"),
    ("POST", "/subscriptions"),
]


@pytest.fixture
def clinic(connected: Workplace, smtp_server: MailServer) -> Iterator[Site]:
    workplace = with_sites(connected, CLINIC)
    with running(workplace) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
        yield Site(workplace, http, smtp_server)


def secret_of(site: Site) -> dict[str, str]:
    return {"Authorization": f"Bearer {site_secret(site.workplace.keyring, CLINIC.key)}"}


def made_up_requests(site: Site, folder: Path, who: str) -> str:
    """What schemathesis says after its requests."""
    headers = secret_of(site) if "server" in who else {"Origin": THEIRS["Origin"]}
    key = "" if "makes up" in who else CLINIC.key
    config = f'[parameters]\n"path.key" = "{key}"\n' if key else ""
    (folder / "schemathesis.toml").write_text(config, encoding="utf-8")
    named = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            *("run", f"{site.http.base_url}/openapi.json", *named),
            *("--phases", PHASES[who], "--exclude-checks", LEFT_OUT, "--max-examples", "25"),
            *("--seed", "20260303", "--no-color"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
@pytest.mark.parametrize("who", PHASES)
def test_no_made_up_request_is_answered_otherwise_than_the_document_says(
    clinic: Site, tmp_path: Path, who: str
) -> None:
    said = made_up_requests(clinic, tmp_path, who)
    assert f"Tested: {len(CALLS)}" in said
    made = re.search(r"(\d+) generated", said)
    assert made
    assert int(made[1]) > 50


def test_the_calls_below_are_all_that_the_document_names(clinic: Site) -> None:
    paths = clinic.http.get("/openapi.json").json()["paths"]
    named = [(method.upper(), path.partition("{key}")[2]) for path in paths for method in paths[path]]
    assert named == CALLS


def ask(site: Site, method: str, path: str, headers: dict[str, str], **more: Any) -> httpx.Response:
    return site.http.request(method, f"/api/v1/sites/clinic{path}", headers=headers, **more)


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize("proved", [False, True])
def test_a_page_on_another_origin_is_refused_even_with_the_secret(
    clinic: Site, method: str, path: str, *, proved: bool
) -> None:
    body = {"json": {"email": ADA, "consent": True}} if method == "POST" else {}
    # Only a server, which no browser asks on behalf of, is told of the counts.
    preflight = 405 if path == "/signups" else 403
    for origin in (NOT_THEIRS["Origin"], *ALMOST_THEIRS):
        headers = {"Origin": origin, **(secret_of(clinic) if proved else {})}
        for status, answer in (
            (403, ask(clinic, method, path, headers, **body)),
            (preflight, ask(clinic, "OPTIONS", path, headers | {"Access-Control-Request-Method": method})),
        ):
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
            assert "access-control-allow-origin" not in answer.headers
    assert not clinic.mails.received


ODD: list[tuple[str, str, dict[str, Any]]] = [
    *[(method, path, {}) for method in ("TRACE", "PUT", "DELETE", "PATCH", "MADEUP") for _, path in CALLS],
    ("GET", "/nothing", {}),
    ("POST", "/subscriptions", {"content": b"\xff\xfe{"}),
    ("POST", "/subscriptions", {"content": b"{"}),
    ("POST", "/subscriptions", {"content": b"[" * 20_000}),
    ("POST", "/subscriptions", {"content": b"x" * 70_000}),
    ("POST", "/subscriptions", {"content": b""}),
    ("POST", "/subscriptions", {"json": None}),
    ("POST", "/subscriptions", {"json": [1]}),
    ("POST", "/subscriptions", {"content": b'{"email": "\\ud800@example.org", "consent": true}'}),
    ("POST", "/subscriptions", {"json": {"email": "ada\0@example.org", "consent": True}}),
    ("POST", "/subscriptions", {"content": b'{"consent": NaN, "email": 1e999}'}),
    ("POST", "/subscriptions", {"data": {"email": ADA, "consent": "yes"}}),
    ("POST", "/subscriptions", {"files": {"email": ("a.txt", b"x")}}),
]


@pytest.mark.parametrize("number", range(len(ODD)))
def test_what_cannot_be_answered_is_a_problem_that_the_sites_page_alone_may_read(
    clinic: Site, number: int
) -> None:
    method, path, body = ODD[number]
    for origin, may_read in ((THEIRS["Origin"], True), (NOT_THEIRS["Origin"], False)):
        answer = ask(clinic, method, path, {"Origin": origin}, **body)
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
        assert answer.json()["detail"]
        assert ("access-control-allow-origin" in answer.headers) is may_read
        if answer.status_code == 405:
            assert answer.headers["allow"]
