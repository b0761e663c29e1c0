"""Settings in the console: where each comes from, never a secret; templates, forms and API keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from newsletter.operators.role import Role
from newsletter.operators.schema import audit_lines
from newsletter.settings import load_settings
from newsletter.subscribers.api_key import MARK
from newsletter.workflows.give_api_key import api_keys
from newsletter.workflows.show_settings import show_settings
from newsletter.workflows.workplace import Workplace
from tests.integration.console_site import ConsoleSite, console_site, said

SETTINGS, KEYS = "/console/settings", "/console/settings/keys"
FILE = """\
publisher = "Harbour <b>Health</b>"
smtp_url = "smtp://me:hunter2pass@relay.example:25"
templates = "look"

[[newsletters]]
name = "daily"

[[sites]]
key = "clinic"
origins = ["https://clinic.example"]
webhook = {url = "https://clinic.example/hook?token=hunter2token"}

[providers.mailgun]
signing_keys = ["hunter2hunter2hunter2"]
"""


@pytest.fixture
def placed(workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """A workplace on a settings file and a variable, with two templates of its own."""
    config = tmp_path / "newsletter.toml"
    config.write_text(FILE, encoding="utf-8")
    for name in ("web/privacy.html.j2", "email/tokens.toml", "web/nothing.html.j2", "translations/en.po"):
        path = tmp_path / "look" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    (tmp_path / "look/web/privacy.html.j2").write_text("{{ text }}", encoding="utf-8")
    monkeypatch.setenv("NEWSLETTER_REGION", "GB")
    monkeypatch.chdir(tmp_path)
    return Workplace(load_settings(config), workplace.clock, workplace.database, workplace.keyring)


@pytest.fixture
def console(placed: Workplace) -> Iterator[ConsoleSite]:
    with console_site(placed) as site:
        yield site


def origins(workplace: Workplace, tmp_path: Path) -> dict[str, tuple[str, str, str]]:
    setup = show_settings(workplace.settings, tmp_path / "newsletter.toml")
    every = [one for group in setup.groups for one in group.settings]
    return {one.key: (one.value, one.origin.value, one.place) for one in every}


def test_each_setting_tells_the_line_or_variable_that_it_comes_from(
    placed: Workplace, tmp_path: Path
) -> None:
    found = origins(placed, tmp_path)
    assert found["publisher"] == ("Harbour <b>Health</b>", "file", "1")
    assert found["region"] == ("GB", "variable", "NEWSLETTER_REGION")
    assert found["smtp_url"] == ("set", "file", "2")
    assert found["mailbox_url"][1:] == ("default", "")
    assert found["newsletters[1].name"] == ("daily", "file", "6")
    assert found["newsletters[1].title"] == ("Daily Health", "default", "")
    assert found["sites[1].webhook.url"] == ("https://clinic.example/hook?…", "file", "11")
    assert found["providers.mailgun.signing_keys"] == ("set", "file", "14")


def test_no_page_shows_a_secret_and_markup_stays_text(console: ConsoleSite) -> None:
    with console.signed_in() as browser:
        for path in (SETTINGS, f"{SETTINGS}/templates", f"{SETTINGS}/forms", KEYS):
            page = browser.get(path)
            assert page.status_code == 200
            assert "hunter2" not in page.text
            assert "Harbour <b>" not in page.text
        words = said(browser.get(SETTINGS))
    for word in ("line 2", "NEWSLETTER_REGION", "newsletter.toml", "default"):
        assert word in words


def test_what_has_changed_since_the_start_is_told(placed: Workplace, tmp_path: Path) -> None:
    config = tmp_path / "newsletter.toml"
    assert show_settings(placed.settings, config).changed == ()
    config.write_text(FILE.replace("Harbour", "Bay"), encoding="utf-8")
    assert show_settings(placed.settings, config).changed == ("publisher",)
    config.write_text(FILE + "nonsense", encoding="utf-8")
    broken = show_settings(placed.settings, config)
    assert "is not TOML" in broken.fault
    assert "hunter2" not in broken.fault
    assert {one.origin.value for group in broken.groups for one in group.settings} == {"default", "variable"}


def test_templates_of_ones_own_name_what_they_replace(placed: Workplace, tmp_path: Path) -> None:
    found = show_settings(placed.settings, tmp_path / "newsletter.toml").overrides
    assert {one.name: one.use for one in found} == {
        "email/tokens.toml": "laid over",
        "translations/en.po": "laid over",
        "web/nothing.html.j2": "unused",
        "web/privacy.html.j2": "replaces",
    }


def test_forms_are_there_to_copy_and_their_frame_may_stand_in_the_console(console: ConsoleSite) -> None:
    with console.signed_in() as browser:
        page = browser.get(f"{SETTINGS}/forms")
        assert "/embed.js?site=clinic" in said(page)
        assert page.text.count("data-copy=") == 3
        frame = re.search(r'<iframe[^>]* src="([^"]+)"', page.text)
        assert frame
        shown = browser.get(frame[1])
        policy = shown.headers["content-security-policy"]
        assert "frame-ancestors 'self' https://clinic.example;" in policy
        assert "frame-src 'self'" in page.headers["content-security-policy"]


def test_a_key_is_shown_once_and_revoked_on_record(console: ConsoleSite) -> None:
    with console.signed_in() as browser:
        made = browser.post(KEYS, name="Front <b>desk</b>", site="clinic", scope="read", newsletter="")
        found = re.search(rf"{MARK}[\w-]{{43}}", made.text)
        assert found
        assert made.headers["cache-control"] == "no-store"
        again = browser.get(KEYS)
        assert found[0] not in again.text
        assert "<b>desk" not in again.text
        assert "Front <b>desk</b>" in said(again)
        (key,) = api_keys(console.workplace)
        assert browser.post(f"{KEYS}/{key.id}/revoke").status_code == 303
        assert "revoked" in said(browser.get(KEYS))
        assert browser.post(f"{KEYS}/999/revoke").status_code == 409
        assert browser.post(f"{KEYS}/x/revoke").status_code == 409
    with console.workplace.database.read() as connection:
        lines = connection.execute(
            select(audit_lines.c.act, audit_lines.c.subject, audit_lines.c.detail)
        ).all()
    assert [line.act for line in lines] == ["make API key", "revoke API key"]
    assert found[0] not in repr(lines)


def test_what_cannot_be_a_key_is_told_and_nothing_is_made(console: ConsoleSite) -> None:
    with console.signed_in() as browser:
        for fields in ({"name": ""}, {"name": "x", "site": "nowhere"}, {"name": "x", "newsletter": "none"}):
            page = browser.post(KEYS, None, **{"name": "x", "site": "clinic", "scope": "sign-up", **fields})
            assert page.status_code == 422
            assert 'role="alert"' in page.text
    assert not api_keys(console.workplace)


def test_only_an_administrator_comes_in_and_proves_it_again_to_make_a_key(console: ConsoleSite) -> None:
    everybody_else = [role for role in Role if role is not Role.ADMIN]
    with console.signed_in("bob", everybody_else) as browser:
        for path in (SETTINGS, f"{SETTINGS}/templates", f"{SETTINGS}/forms", KEYS):
            assert browser.get(path).status_code == 403
        assert browser.post(KEYS, name="x", site="clinic", scope="read").status_code == 403
    with console.signed_in("cy", is_fresh=False) as browser:
        asked = browser.post(KEYS, name="x", site="clinic", scope="read")
        assert "Is it still you?" in said(asked)
    assert not api_keys(console.workplace)
