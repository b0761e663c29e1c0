"""Keys to the JSON API: what each is good for, and that it is good for nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from newsletter.errors import RefusedError, SettingsError, SubscriberError
from newsletter.settings import SiteSettings
from newsletter.subscribers.api_key import MARK, MOST, Scope, Wanted
from newsletter.subscribers.schema import api_keys as table
from newsletter.workflows.give_api_key import api_keys, give_api_key, revoke_api_key
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.test_doors import API, CLINIC, with_sites
from tests.integration.web_site import ADA, Site, running
from tests.unit.workflows.conftest import Life

SHOP = SiteSettings(key="shop", origins=("https://shop.example",))
COUNTS = "/api/v1/sites/clinic/signups"


@pytest.fixture
def clinic(connected: Workplace, smtp_server: MailServer) -> Iterator[Site]:
    workplace = with_sites(connected, CLINIC, SHOP)
    with running(workplace) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
        yield Site(workplace, http, smtp_server)


def key(
    site: Site,
    scope: Scope = Scope.SIGN_UP,
    *,
    of: str = "clinic",
    newsletter: str = "",
    name: str = "Practice software",
) -> str:
    wanted = Wanted(name=name, site=of, scope=scope, newsletter=newsletter)
    return give_api_key(site.workplace, wanted).key


def post(site: Site, given: str, **more: object) -> httpx.Response:
    body = {"email": ADA, "consent": True, "visitor_ip": "192.0.2.7", **more}
    return site.http.post(API, json=body, headers={"Authorization": f"Bearer {given}"})


def read(site: Site, given: str) -> httpx.Response:
    return site.http.get(COUNTS, headers={"Authorization": f"Bearer {given}"})


def test_a_sign_up_key_signs_up_and_does_not_read(clinic: Site) -> None:
    given = key(clinic)
    assert post(clinic, given).status_code == 202
    assert clinic.mail_to(ADA)
    assert read(clinic, given).status_code == 403


def test_a_reading_key_reads_and_signs_nobody_up(clinic: Site) -> None:
    given = key(clinic, Scope.READ)
    assert read(clinic, given).json()["taken"] == 0
    assert post(clinic, given).status_code == 403
    assert not Life(clinic.workplace, ADA).mails()


def test_a_key_of_another_site_is_good_for_nothing_here(clinic: Site) -> None:
    assert post(clinic, key(clinic, of="shop")).status_code == 403
    assert read(clinic, key(clinic, Scope.READ, of="shop")).status_code == 403


def test_a_key_for_one_newsletter_signs_up_to_no_other(clinic: Site) -> None:
    given = key(clinic, newsletter="heart")
    refused = post(clinic, given, newsletters=["daily"])
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": "newsletters", "message": "This key signs up to: heart."}]
    assert post(clinic, given).status_code == 202
    assert "Heart Letter" in clinic.mail_to(ADA)


def test_a_revoked_key_is_good_for_nothing_at_once_and_stays_on_the_list(clinic: Site) -> None:
    given = key(clinic)
    assert post(clinic, given).status_code == 202
    (kept,) = api_keys(clinic.workplace)
    assert kept.used_on == clinic.workplace.clock.now().date()
    revoke_api_key(clinic.workplace, kept.id)
    revoke_api_key(clinic.workplace, kept.id)
    assert post(clinic, given, email="eve@example.org").status_code == 403
    assert api_keys(clinic.workplace)[0].revoked_at is not None


@pytest.mark.parametrize("given", ["x", MARK, MARK + "x" * 43, "nlkey_\u00e4", "site_nothing", "x" * 8000])
def test_what_is_no_key_is_refused(clinic: Site, given: str) -> None:
    headers = {b"Authorization": f"Bearer {given}".encode("latin-1")}
    body = {"email": ADA, "consent": True}
    assert clinic.http.post(API, json=body, headers=headers).status_code == 403
    assert clinic.http.get(COUNTS, headers=headers).status_code == 403


def test_the_database_holds_no_key(clinic: Site) -> None:
    given = key(clinic)
    with clinic.workplace.database.read() as connection:
        row = connection.execute(select(table)).one()
    assert given.encode() not in repr(tuple(row)).encode()
    assert given.startswith(row.beginning)
    assert len(given) - len(row.beginning) >= 32


def test_a_key_that_could_do_nothing_is_not_made(clinic: Site) -> None:
    with pytest.raises(SettingsError, match="site 'nowhere'"):
        key(clinic, of="nowhere")
    with pytest.raises(SettingsError, match="It offers: daily, heart"):
        key(clinic, newsletter="weekly")
    with pytest.raises(SubscriberError, match="counted by site"):
        key(clinic, Scope.READ, newsletter="daily")
    for name in ("", " ", "x" * 61, "two\nlines", "\x1b[31m"):
        with pytest.raises(SubscriberError, match="the name of the key"):
            give_api_key(clinic.workplace, Wanted(name=name, site="clinic", scope=Scope.READ))
    assert not api_keys(clinic.workplace)


def test_there_are_never_more_keys_than_somebody_can_look_after(clinic: Site) -> None:
    for number in range(MOST):
        key(clinic, name=f"key {number}")
    with pytest.raises(RefusedError, match="Revoke those"):
        key(clinic)
    assert len(api_keys(clinic.workplace)) == MOST
