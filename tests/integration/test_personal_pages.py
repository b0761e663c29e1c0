"""A reader's life behind their own links: confirm, change, leave; with real servers and a real database."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from newsletter.subscribers.consent import Action
from newsletter.subscribers.ledger import consent_records
from newsletter.subscribers.token import Purpose
from newsletter.subscribers.transfer import ImportRow
from newsletter.workflows.confirm import EVIDENCE
from newsletter.workflows.import_subscribers import import_subscribers
from tests.integration.web_site import ADA, Site, hidden, running


def test_a_reader_who_signs_up_and_presses_the_button_is_on_the_list_and_not_before(site: Site) -> None:
    answer = site.sign_up()
    assert answer.status_code == 202
    assert "Please confirm" in answer.text
    path = site.confirm_path()
    assert site.audience() == []
    page = site.http.get(path)
    assert page.status_code == 200
    assert 'method="post"' in page.text
    assert site.audience() == []
    assert "You are subscribed" in site.press_the_button(path).text
    (reader,) = site.audience()
    assert reader.address == ADA
    with site.workplace.database.read() as connection:
        last = consent_records(connection, reader.subscriber_id)[-1].content
    assert (last.action, last.evidence) == (Action.CONFIRM, EVIDENCE)


def test_a_scanner_that_posts_to_the_confirm_link_consents_for_nobody(site: Site) -> None:
    site.sign_up()
    path = site.confirm_path()
    other = hidden(site.http.get(path).text, "nonce").replace(".", ".0")
    before = site.everything()["subscriptions"]
    for data in ({}, {"nonce": ""}, {"nonce": "1.00"}, {"nonce": other}):
        answer = site.http.post(path, data=data)
        assert answer.status_code == 400
        assert "Nothing has been changed yet" in answer.text
        assert "Yes, send me Daily Health" in answer.text
        assert "set-cookie" not in answer.headers
    assert site.audience() == []
    assert site.everything()["subscriptions"] == before
    # The page that came back is a form like any other: a person presses its button, and that is that.
    nonce = hidden(site.http.post(path).text, "nonce")
    assert "You are subscribed" in site.http.post(path, data={"nonce": nonce}).text
    assert "You are subscribed" in site.http.post(path).text  # once confirmed, it only says so
    assert [reader.address for reader in site.audience()] == [ADA]


@pytest.mark.parametrize("multipart", [False, True], ids=["urlencoded", "multipart"])
def test_one_click_unsubscribes_with_nothing_but_the_token_again_and_again(
    site: Site, *, multipart: bool
) -> None:
    reader = site.subscribed()
    path = f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}"
    field = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        answer = (
            site.http.post(path, files={"List-Unsubscribe": (None, "One-Click")})
            if multipart
            else (site.http.post(path, data=field))
        )
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    assert site.audience() == []


def test_a_scanner_that_posts_to_the_page_without_its_form_unsubscribes_nobody(site: Site) -> None:
    reader = site.subscribed()
    path = f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}"
    for data in ({}, {"scope": "all"}, {"nonce": "1.00"}):
        answer = site.http.post(path, data=data)
        assert answer.status_code == 400
        assert "Nothing has been changed" in answer.text
    assert site.audience() != []


def test_a_reader_who_left_is_not_brought_back_by_an_import_with_a_basis(site: Site) -> None:
    reader = site.subscribed()
    site.http.post(
        f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}", data={"List-Unsubscribe": "One-Click"}
    )
    rows = [ImportRow(number=2, address="ADA@Example.org")]
    report = import_subscribers(site.workplace, rows, basis="paper form, 2024")
    assert (report.imported, report.suppressed) == (0, 1)
    assert site.audience() == []


def test_pages_behind_a_readers_own_link_do_not_say_where_to_find_it(site: Site) -> None:
    reader = site.subscribed()
    leave = f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}"
    pages = [
        site.http.get(leave).text,
        site.http.get(f"/preferences/{site.token(Purpose.PREFERENCES, reader)}").text,
        site.press_the_button(leave).text,
    ]
    for page in pages:
        assert 'href="/unsubscribe"' not in page
        assert 'href="/preferences"' not in page
        assert 'href="/privacy"' in page
    assert 'href="/unsubscribe"' in site.http.get("/privacy").text


def test_with_a_single_newsletter_no_page_talks_of_others(site: Site) -> None:
    reader = site.subscribed()
    single = site.workplace.settings.model_copy(
        update={"newsletters": site.workplace.settings.newsletters[:1]}
    )
    preferences = f"/preferences/{site.token(Purpose.PREFERENCES, reader)}"
    leave = f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}"
    with running(replace(site.workplace, settings=single)) as url, httpx.Client(base_url=url) as http:
        assert "newsletters" not in http.get(preferences).text
        assert "instead" not in http.get(leave).text
