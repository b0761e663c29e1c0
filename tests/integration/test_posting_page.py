"""Which page a form was posted from, when the browser sends no Origin, and what the log says of a refusal."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import httpx
import pytest

from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.test_doors import (
    CLINIC,
    NOT_THEIRS,
    THEIRS,
    fields,
    obfuscated,
    request_of,
    with_sites,
)
from tests.integration.web_site import ADA, Site, running
from tests.unit.workflows.conftest import Life

LISTED = CLINIC.model_copy(update={"lists": (("7", "heart"),)})
PLAIN = "/wp-admin/admin-post.php?action=mailpoet_subscription_form"
AJAX = "/wp-admin/admin-ajax.php"
MAILPOET = {"data[form_id]": "3", obfuscated("email"): ADA, f"{obfuscated('0123_segments')}[]": "7"}
AJAX_CALL = {"action": "mailpoet", "endpoint": "subscribers", "mailpoet_method": "subscribe"}

FOREIGN = [
    {"Referer": "https://elsewhere.example/page"},
    {"Referer": "https://elsewhere.example/page", "Sec-Fetch-Site": "cross-site"},
    {"Referer": "https://clinic.example.elsewhere.example/"},
    {"Referer": "https://clinic.example@elsewhere.example/"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Referer": "about:blank"},
]
FORMS = [("/subscribe", fields(site="clinic")), ("/subscribe", fields()), (PLAIN, MAILPOET)]


@pytest.fixture
def clinic(connected: Workplace, smtp_server: MailServer) -> Iterator[Site]:
    workplace = with_sites(connected, LISTED)
    with running(workplace) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
        yield Site(workplace, http, smtp_server)


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_form_that_names_a_foreign_page_by_another_header_is_refused(
    clinic: Site, headers: dict[str, str]
) -> None:
    for path, data in (*FORMS, ("/embed/form", fields(site="clinic")), (AJAX, AJAX_CALL | MAILPOET)):
        assert clinic.http.post(path, data=data, headers=headers).status_code == 403
    assert not Life(clinic.workplace, ADA).mails()


def test_the_visitor_of_such_a_form_gets_ours_and_is_in_with_one_more_press(clinic: Site) -> None:
    refused = clinic.http.post("/subscribe", data=fields(), headers={"Sec-Fetch-Site": "cross-site"})
    assert "cannot sign you up here" in refused.text
    ours = {"Sec-Fetch-Site": "same-origin", "Referer": f"{clinic.http.base_url}/subscribe"}
    assert clinic.http.post("/subscribe", data=fields(), headers=ours).status_code == 202
    assert request_of(clinic).door == "sign-up page"


@pytest.mark.parametrize("sec", [{}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_form_of_the_sites_own_page_is_booked_as_the_sites(clinic: Site, sec: dict[str, str]) -> None:
    headers = {"Referer": THEIRS["Referer"]} | sec
    for data in (fields(site="clinic"), fields()):
        answer = clinic.http.post("/subscribe", data=data, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, "https://clinic.example/thanks")
    kept = request_of(clinic)
    assert (kept.door, kept.wording) == ("site form", "Get our daily health letter.")
    assert kept.page_url == "https://clinic.example/blog/post"


def test_a_form_of_mailpoet_on_the_sites_own_page_brings_its_lists(clinic: Site) -> None:
    answer = clinic.http.post(PLAIN, data=MAILPOET, headers={"Referer": THEIRS["Referer"]})
    assert (answer.status_code, answer.headers["location"]) == (303, "https://clinic.example/thanks")
    assert request_of(clinic).newsletter == "heart"
    assert request_of(clinic).wording == "Get our daily health letter."


def test_a_program_that_names_no_page_is_taken_and_so_is_a_referer_that_is_none(clinic: Site) -> None:
    for headers in ({}, {"Referer": "https://[/"}, {"Referer": "odd"}, {"Sec-Fetch-Site": "none"}):
        assert clinic.http.post("/subscribe", data=fields(site="clinic"), headers=headers).status_code == 202


def test_while_no_site_is_configured_every_page_may_post(site: Site) -> None:
    for headers in FOREIGN:
        assert site.http.post("/subscribe", data=fields(), headers=headers).status_code == 202


def test_a_link_on_a_foreign_page_to_our_form_is_no_refusal(
    clinic: Site, caplog: pytest.LogCaptureFixture
) -> None:
    came = {"Referer": "https://elsewhere.example/", "Sec-Fetch-Site": "cross-site"}
    with caplog.at_level(logging.WARNING, "newsletter.web.door"):
        page = clinic.http.get("/subscribe", params={"site": "clinic"}, headers=came)
    assert page.status_code == 200
    assert "cannot sign you up here" not in page.text
    assert not caplog.messages


NO_KEY, NO_ORIGIN = "no site in [[sites]] has the key", "no site in [[sites]] has that origin"
NOT_CLINICS = "that is none of the origins of the site clinic in [[sites]]"


@pytest.mark.parametrize(
    ("key", "headers", "said"),
    [
        ("made-up", THEIRS, f"https://clinic.example was refused: {NO_KEY} made-up"),
        ("ada@example.org", THEIRS, f"https://clinic.example was refused: {NO_KEY} that it sends"),
        ("made-up", {}, f"our own pages was refused: {NO_KEY} made-up"),
        ("clinic", NOT_THEIRS, f"https://elsewhere.example was refused: {NOT_CLINICS}"),
        ("clinic", {"Origin": "null"}, f"a page without a name was refused: {NOT_CLINICS}"),
        ("", NOT_THEIRS, f"https://elsewhere.example was refused: {NO_ORIGIN}"),
    ],
)
def test_the_log_says_what_was_wrong(
    clinic: Site, caplog: pytest.LogCaptureFixture, key: str, headers: dict[str, str], said: str
) -> None:
    with caplog.at_level(logging.WARNING, "newsletter.web.door"):
        assert clinic.http.post("/subscribe", data=fields(site=key), headers=headers).status_code == 403
    assert caplog.messages == [f"a sign-up form on {said}"]
