"""Keys are rotated under a running site: readers notice nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.token import Keyring, Purpose, write_key_file
from newsletter.subscribers.topics import TopicChoice, set_topics, topics_of
from newsletter.workflows.rotate_keys import rotate_keys
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.web_site import ADA, Site, running
from tests.unit.workflows.conftest import Life


@pytest.fixture
def filed(connected: Workplace, smtp_server: MailServer) -> Iterator[Site]:
    """A site on a key file, which another process may add to."""
    write_key_file(connected.settings.key_path)
    workplace = replace(connected, keyring=Keyring.load(connected.settings.key_path))
    with running(workplace) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
        yield Site(workplace, http, smtp_server)


def test_a_running_site_takes_old_links_and_new_ones_and_reads_what_is_sealed_anew(filed: Site) -> None:
    ada = filed.subscribed()
    filed.sign_up("grace@example.org")
    waiting = filed.confirm_path("grace@example.org")
    old = filed.token(Purpose.UNSUBSCRIBE, ada)
    choice = TopicChoice(frozenset({"skin"}))
    with filed.workplace.database.write() as connection:
        set_topics(connection, Sealer(filed.workplace.keyring), 1, choice, now=filed.workplace.clock.now())

    elsewhere = replace(filed.workplace, keyring=Keyring.load(filed.workplace.settings.key_path))
    assert rotate_keys(elsewhere).key == "k2"
    elsewhere = replace(elsewhere, keyring=Keyring.load(elsewhere.settings.key_path))
    new = elsewhere.keyring.token(Purpose.UNSUBSCRIBE, ada.handle)
    assert (old.split(".")[1], new.split(".")[1]) == ("k1", "k2")

    assert "You are subscribed" in filed.press_the_button(waiting).text
    for token in (old, new):
        assert filed.http.get(f"/unsubscribe/{token}").status_code == 200
    with filed.workplace.database.read() as connection:
        assert topics_of(connection, Sealer(filed.workplace.keyring), 1) == choice
    assert filed.http.post(f"/unsubscribe/{new}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert ADA not in {reader.address for reader in filed.audience()}


def test_a_running_site_mails_nobody_who_was_suppressed_under_the_new_key(filed: Site) -> None:
    elsewhere = replace(filed.workplace, keyring=Keyring.load(filed.workplace.settings.key_path))
    rotate_keys(elsewhere)
    renewed = replace(elsewhere, keyring=Keyring.load(elsewhere.settings.key_path))
    Life(renewed, "eve@example.org").suppress(Reason.OPERATOR)
    assert filed.sign_up("eve@example.org").status_code == 202
    filed.sign_up("grace@example.org")
    filed.mail_to("grace@example.org")  # which was asked for later
    assert filed.mails.to("eve@example.org") == []
