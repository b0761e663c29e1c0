"""What the API says to whoever wrote the program that asks: the field, and what it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from newsletter.subscribers.site import site_secret
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.test_doors import API, CLINIC, THEIRS, with_sites
from tests.integration.web_site import ADA, Site, running
from tests.unit.workflows.conftest import Life

BODY: dict[str, Any] = {"email": ADA, "consent": True}


@pytest.fixture
def clinic(connected: Workplace, smtp_server: MailServer) -> Iterator[Site]:
    workplace = with_sites(connected, CLINIC)
    with running(workplace) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
        yield Site(workplace, http, smtp_server)


def proved(site: Site) -> dict[str, str]:
    return {"Authorization": f"Bearer {site_secret(site.workplace.keyring, CLINIC.key)}"}


def faults(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    return {each["field"]: each["message"] for each in answer.json()["errors"]}


@pytest.mark.parametrize("consent", ["yes", "on", "true", "1", 1, 1.0, None, [True]])
def test_consent_is_true_and_nothing_that_looks_like_it(clinic: Site, consent: object) -> None:
    said = faults(clinic.http.post(API, json=BODY | {"consent": consent}, headers=THEIRS))
    assert set(said) == {"consent"}
    assert "boolean" in said["consent"]
    assert not Life(clinic.workplace, ADA).mails()


def test_a_visitor_ip_that_is_none_is_named_and_not_kept(clinic: Site) -> None:
    wrong = clinic.http.post(API, json=BODY | {"visitor_ip": "notanip"}, headers=proved(clinic))
    assert "192.0.2.7" in faults(wrong)["visitor_ip"]
    assert "notanip" not in wrong.text
    assert not Life(clinic.workplace, ADA).mails()
    right = clinic.http.post(API, json=BODY | {"visitor_ip": "2001:db8::7"}, headers=proved(clinic))
    assert right.status_code == 202


def test_a_newsletter_that_the_site_does_not_offer_is_answered_with_those_it_does(clinic: Site) -> None:
    said = faults(clinic.http.post(API, json=BODY | {"newsletters": ["daily", "made-up"]}, headers=THEIRS))
    assert set(said) == {"newsletters"}
    assert "daily, heart" in said["newsletters"]
    assert "page" not in said["newsletters"]


def test_a_language_that_we_do_not_speak_is_answered_with_those_we_do(clinic: Site) -> None:
    said = faults(clinic.http.post(API, json=BODY | {"language": "xx"}, headers=THEIRS))
    assert "en, bn, es, ar, hi" in said["language"]


@pytest.mark.parametrize("body", [b"{bad", b"{", b'{"email": ', b"\xff\xfe{", b"[" * 20_000])
def test_a_body_that_is_no_json_cannot_be_read(clinic: Site, body: bytes) -> None:
    headers = THEIRS | {"Content-Type": "application/json"}
    answer = clinic.http.post(API, content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["detail"] == "The body cannot be read. It must be JSON in UTF-8."
    assert answer.json()["errors"] == []


@pytest.mark.parametrize("body", [{"content": b""}, {"json": [1]}, {"json": None}, {"data": {"email": ADA}}])
def test_a_body_that_is_no_object_is_told_what_it_must_be(clinic: Site, body: dict[str, Any]) -> None:
    said = faults(clinic.http.post(API, headers=THEIRS, **body))
    assert said == {"body": "Send a JSON object, with the header Content-Type: application/json."}
