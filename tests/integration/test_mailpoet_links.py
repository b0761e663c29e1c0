"""The exit of letters that MailPoet sent: it works, for anybody alike, and is no weapon."""

from __future__ import annotations

import json
from base64 import b64encode
from urllib.parse import quote

import pytest

from newsletter.subscribers.ledger import consent_records
from newsletter.subscribers.suppression import Reason, suppression_of
from newsletter.subscribers.token import Purpose
from newsletter.workflows.leave_by_address import LEAVES_AN_HOUR
from tests.integration.web_site import ADA, Site, hidden

GRACE = "grace@example.org"


def data_of(address: str) -> str:
    said = json.dumps({"token": "a1b2c3", "email": address, "queueId": 7})
    return b64encode(said.encode()).decode().rstrip("=")


def link(address: str = ADA, *, action: str = "unsubscribe") -> str:
    return (
        "/?mailpoet_page=subscriptions&mailpoet_router&endpoint=subscription"
        f"&action={action}&data={quote(data_of(address))}"
    )


def leave(site: Site, address: str = ADA):
    nonce = hidden(site.http.get(link(address)).text, "nonce")
    return site.http.post("/mailpoet/unsubscribe", data={"data": data_of(address), "nonce": nonce})


def reason_of(site: Site, address: str) -> Reason | None:
    with site.workplace.database.read() as connection:
        return suppression_of(connection, site.workplace.keyring, address)


@pytest.mark.parametrize("action", ["unsubscribe", "confirm_unsubscribe"])
def test_the_link_shows_a_button_and_opening_it_changes_nothing(site: Site, action: str) -> None:
    site.subscribed()
    before = site.everything()
    for method in ("GET", "HEAD"):
        answer = site.http.request(method, link(action=action))
        assert answer.status_code == 200
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
    page = site.http.get(link(action=action)).text
    assert ADA in page
    for data in ({"data": data_of(ADA)}, {"data": data_of(ADA), "nonce": "1.00"}):
        assert site.http.post("/mailpoet/unsubscribe", data=data).status_code == 400
    assert site.http.post(link()).status_code == 400
    assert site.everything() == before


def test_one_press_unsubscribes_and_one_more_takes_it_back(site: Site) -> None:
    site.subscribed()
    page = leave(site)
    assert "You are unsubscribed" in page.text
    assert site.audience() == []
    undo = {"data": data_of(ADA), "act": "undo", "undo": hidden(page.text, "undo")}
    assert "Everything is as it was" in site.http.post("/mailpoet/unsubscribe", data=undo).text
    assert [each.address for each in site.audience()] == [ADA]
    assert site.http.post("/mailpoet/unsubscribe", data=undo).status_code == 400


def test_an_unknown_address_is_answered_alike_and_never_mailed(site: Site) -> None:
    site.subscribed()
    known, unknown = leave(site), leave(site, GRACE)
    same = [
        page.text.replace(hidden(page.text, "undo"), "").replace(hidden(page.text, "data"), "")
        for page in (known, unknown)
    ]
    assert same[0] == same[1]
    assert reason_of(site, GRACE) is Reason.UNSUBSCRIBED
    undo = {"data": data_of(GRACE), "act": "undo", "undo": hidden(unknown.text, "undo")}
    assert "Everything is as it was" in site.http.post("/mailpoet/unsubscribe", data=undo).text
    assert reason_of(site, GRACE) is None


def test_a_made_up_link_takes_back_nobodys_own_leaving(site: Site) -> None:
    reader = site.subscribed()
    site.press_the_button(f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}", scope="this")
    leave(site, GRACE)
    before = site.everything()
    for address in (ADA, GRACE):
        page = leave(site, address)
        undo = {"data": data_of(address), "act": "undo", "undo": hidden(page.text, "undo")}
        answer = site.http.post("/mailpoet/unsubscribe", data=undo)
        assert answer.status_code == 200  # as if something had been undone: nobody can tell
        assert "Everything is as it was" in answer.text
    after = site.everything()
    assert before.pop("limit_counts") != after.pop("limit_counts")
    assert before == after
    assert site.audience() == []
    assert reason_of(site, GRACE) is Reason.UNSUBSCRIBED


def test_one_click_of_an_old_letter_works_without_a_redirect(site: Site) -> None:
    reader = site.subscribed()
    for _ in range(2):
        answer = site.http.post(link(), data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert "Undo" not in answer.text
    assert site.audience() == []
    with site.workplace.database.read() as connection:
        record = consent_records(connection, reader.subscriber_id)[-1]
    assert "one-click" in record.content.evidence
    assert record.origin is None  # the provider's address is not the reader's


def test_a_network_that_takes_many_off_has_to_wait(site: Site) -> None:
    site.subscribed()
    for number in range(LEAVES_AN_HOUR):
        assert leave(site, f"{number}@example.org").status_code == 200
    assert leave(site).status_code == 429
    assert len(site.audience()) == 1
    # A mail provider answers for all its readers from one network.
    assert site.http.post(link(), data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert site.audience() == []


@pytest.mark.parametrize(
    "path",
    [
        "/?mailpoet_router&endpoint=subscription&action=unsubscribe",
        "/?mailpoet_router&endpoint=subscription&action=unsubscribe&data=%%%",
        "/?mailpoet_router&endpoint=subscription&action=unsubscribe&data=" + "W" * 3000,
        "/?mailpoet_router&endpoint=subscription&action=unsubscribe&data=W10",
        "/?mailpoet_router&endpoint=track&action=click&data=" + data_of(ADA),
        link(action="manage"),
    ],
)
def test_what_cannot_be_followed_says_so_and_where_to_go(site: Site, path: str) -> None:
    answer = site.http.get(path)
    assert answer.status_code == 404
    assert "from an older letter" in answer.text
    assert 'href="/preferences"' in answer.text
    assert site.http.post("/mailpoet/unsubscribe", data={"data": "%"}).status_code == 404
