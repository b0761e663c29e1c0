"""Providers: what an operator may write about them, and that no secret is shown when it is wrong."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from newsletter.errors import SettingsError
from newsletter.settings import Settings, load_settings
from newsletter.settings.provider import PROVIDERS, ProvidersSettings
from tests.unit.feedback.provider import Providers

ROOT = Path(__file__).parents[2]
SECRET = "hunter2hunter2"


def load(tmp_path: Path, text: str = "") -> Settings:
    path = tmp_path / "newsletter.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    return str(caught.value)


def test_nobody_may_post_until_the_operator_says_so(tmp_path: Path) -> None:
    assert load(tmp_path).providers == ProvidersSettings()
    assert not any(load(tmp_path).providers.model_dump().values())


def test_secrets_come_from_a_variable_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = Providers()
    told = {"mailgun": {"signing_keys": [given.mailgun]}}
    monkeypatch.setenv("NEWSLETTER_PROVIDERS", json.dumps(told))
    providers = load(tmp_path, f'[providers.resend]\nsecrets = ["{given.resend}"]\n').providers
    assert providers.mailgun
    assert providers.resend
    assert providers.mailgun.signing_keys[0].get_secret_value() == given.mailgun
    assert given.mailgun not in repr(providers)


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ('[providers.ses]\ntopics = ["letters hunter2hunter2"]', "ARNs of topics"),
        ('[providers.sendgrid]\npublic_keys = ["hunter2hunter2"]', "verification keys"),
        ('[providers.sendgrid]\npublic_keys = ["aHVudGVyMg=="]', "verification keys"),
        ('[providers.postmark]\nsecrets = ["hunter2hunter2"]', "at least 16 characters"),
        ('[providers.mailgun]\nsigning_keys = ["hunter2hunter2"]', "at least 16 characters"),
        ('[providers.resend]\nsecrets = ["hunter2hunter2"]', "whsec_ and the base64"),
        ('[providers.generic]\nsecrets = ["whsec_aHVudGVyMg=="]', "whsec_ and the base64"),
        ("[providers.generic]\nsecrets = []", "at least 1 item"),
        ('[providers.mailgun]\nsecrets = ["hunter2hunter2"]', "Did you mean signing_keys?"),
        ('[providers.mandrill]\nsecrets = ["hunter2hunter2"]', "Allowed: generic, mailgun"),
        ('providers = "hunter2hunter2"', "providers"),
    ],
)
def test_a_wrong_table_is_named_and_what_stands_in_it_is_not_shown(
    tmp_path: Path, table: str, wanted: str
) -> None:
    said = refusal(tmp_path, table)
    assert "providers" in said
    assert wanted in said or "signing_keys" in said
    assert SECRET not in said
    assert "aHVudGVyMg" not in said


def test_the_reference_and_the_example_have_every_table_with_its_key() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    example = (ROOT / "newsletter.example.toml").read_text(encoding="utf-8")
    begin = example.index("# [providers.ses]")
    lines = example[begin:].partition("\n\n")[0].splitlines()
    written = tomllib.loads("\n".join(line.removeprefix("# ") for line in lines))["providers"]
    assert set(PROVIDERS) == set(ProvidersSettings.model_fields) == set(written)
    for name, model in PROVIDERS.items():
        (key,) = model.model_fields
        assert f"| `[providers.{name}]` | `{key}` |" in page
        assert list(written[name]) == [key]
