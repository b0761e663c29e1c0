"""Relays, rates and warm-up: what an operator may write, and what is said of what they may not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from newsletter.errors import SettingsError
from newsletter.settings import Settings, load_settings

SECRET = "hunter2"
RELAY = '[[relays]]\nname = "a"\nurl = "smtp://a.example:587?tls=starttls"\n'
RATE = '[[domain_rates]]\ndomain = "{}"\nper_minute = 1\n'


def load(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "newsletter.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    return str(caught.value)


def test_the_relay_of_smtp_url_is_the_only_one_and_has_a_name(tmp_path: Path) -> None:
    (relay,) = load(tmp_path, 'smtp_url = "smtp://mail.example"').every_relay
    assert (relay.name, relay.weight) == ("relay", 1)
    assert relay.url.get_secret_value() == "smtp://mail.example"
    assert load(tmp_path, "").every_relay == ()


def test_several_relays_are_shared_out_by_weight(tmp_path: Path) -> None:
    spare = '[[relays]]\nname = "spare"\nurl = "smtp://b.example"\nweight = 0\n'
    assert [(one.name, one.weight) for one in load(tmp_path, RELAY + spare).every_relay] == [
        ("a", 1),
        ("spare", 0),
    ]


def test_rates_and_a_warm_up_are_taken_as_written(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "messages_per_second = 0.5\nwarm_up = [50, 100]\nwarm_up_from = 2026-03-02\n"
        '[[domain_rates]]\ndomain = "Mail.Example"\nper_minute = 60',
    )
    assert settings.messages_per_second == 0.5
    assert (settings.warm_up, settings.warm_up_from) == ((50, 100), date(2026, 3, 2))
    assert [(one.domain, one.per_minute) for one in settings.domain_rates] == [("mail.example", 60)]


def test_relays_may_stand_in_a_variable_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_RELAYS", '[{"name": "a", "url": "smtp://a.example"}]')
    assert [one.name for one in load(tmp_path, "").every_relay] == ["a"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (RELAY + RELAY, "relays: each needs a name of its own"),
        ('smtp_url = "smtp://b.example"\n' + RELAY, "either smtp_url or relays, and not both"),
        (RELAY + "weight = 0", "at least one needs a weight"),
        (RELAY + "weight = -1", "relays.0.weight (found -1)"),
        (RELAY + "wieght = 1", "relays.0.wieght is not a setting. Did you mean weight?"),
        ('[[relays]]\nname = "a"', "relays.0.url"),
        ('[[relays]]\nname = "A b"\nurl = "smtp://a.example"', "relays.0.name"),
        ('[[relays]]\nurl = "https://a.example"', "smtp://[user:password@]host:port"),
        ("warm_up = [50]", "warm_up and warm_up_from: set both or neither"),
        ("warm_up_from = 2026-03-02", "warm_up and warm_up_from: set both or neither"),
        ("warm_up = [50, 0]\nwarm_up_from = 2026-03-02", "warm_up.1 (found 0)"),
        ("messages_per_second = -1", "messages_per_second (found -1"),
        ("messages_per_second = nan", "messages_per_second (found nan"),
        ("messages_per_second = 1e-9", "0 (no limit), or 0.01 and more"),
        ("connections = 0", "connections (found 0)"),
        ("messages_per_connection = 0", "messages_per_connection (found 0)"),
        ('unknown_outcome = "drop"', "'resend' or 'hold'"),
        ('[[domain_rates]]\ndomain = "example"\nper_minute = 1', "a domain such as mail.example"),
        ('[[domain_rates]]\ndomain = "a@b.example"\nper_minute = 1', "domain_rates.0.domain"),
        ('[[domain_rates]]\ndomain = "bücher.example"\nper_minute = 1', "xn--"),
        ('[[domain_rates]]\ndomain = "a.example"\nper_minute = 0', "domain_rates.0.per_minute (found 0)"),
        ('[[domain_rates]]\ndomain = "a.example"\nper_hour = 9', "Allowed: domain, per_minute"),
        (RATE.format("a.example") + RATE.format("A.example"), "domain_rates: give each domain one rate"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        f'relays = "smtp://me:{SECRET}@a.example"',
        f'relays = ["smtp://me:{SECRET}@a.example"]',
        f'[[relays]]\nurl = "https://me:{SECRET}@a.example"',
        f'[[relays]]\nurl = "smtp://me:{SECRET}/x@a.example"',
        f'[[relays]]\nname = "smtp://me:{SECRET}@a.example"\nurl = "smtp://a.example"',
        f'[[relays]]\nulr = "smtp://me:{SECRET}@a.example"',
        f'[[relays]]\nname = "a"\nurl = "smtp://me:{SECRET}@a.example"\nweight = 0',
    ],
)
def test_a_relays_password_shows_in_no_error_and_in_no_repr(tmp_path: Path, text: str) -> None:
    said = refusal(tmp_path, text)
    assert "relays" in said
    assert SECRET not in said
    settings = load(tmp_path, f'[[relays]]\nurl = "smtp://me:{SECRET}@a.example"')
    assert SECRET not in f"{settings!r} {settings.model_dump_json()}"
