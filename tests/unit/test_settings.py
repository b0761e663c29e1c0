"""Settings: one typed object; a mistake is an error that says what to write instead."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from newsletter.errors import SettingsError
from newsletter.settings import (
    DomainRate,
    NewsletterSettings,
    RelaySettings,
    Settings,
    SiteSettings,
    SlotSettings,
    load_settings,
)

EXAMPLE = Path(__file__).parents[2] / "newsletter.example.toml"
SECRET = "hunter2"

#: Lines of the example file that show how a setting without a default is written.
EXAMPLES_ONLY = {
    "templates",
    "smtp_url",
    "mailbox_url",
    "privacy_policy",
    "path",
    "url",
    "kind",
    "reviewed_on",
    "observances",
    "warm_up_from",
}


def load(tmp_path: Path, toml: str = "") -> Settings:
    """Settings of that file in *tmp_path*."""
    (tmp_path / "newsletter.toml").write_text(toml, encoding="utf-8")
    return load_settings(directory=tmp_path)


def refusal(tmp_path: Path, toml: str = "") -> str:
    """What a person reads when the settings are that file."""
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, toml)
    return str(caught.value)


def test_without_a_file_every_default_holds_and_files_stand_in_the_working_directory(tmp_path):
    settings = load_settings(directory=tmp_path)
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.smtp_url is None
    assert settings.content_path == tmp_path / "content.db"
    assert settings.key_path == tmp_path / "newsletter.key"
    assert settings.dkim_key_path == tmp_path / "dkim.pem"
    assert settings.database_url.get_secret_value() == f"sqlite:///{tmp_path / 'subscribers.db'}"
    assert settings.newsletters == (NewsletterSettings(),)


def test_a_file_that_was_named_and_is_not_there_is_an_error_with_the_way_out(tmp_path):
    with pytest.raises(SettingsError, match=r"no\.toml: there is no such file\. .*newsletter init"):
        load_settings(tmp_path / "no.toml")


def test_a_file_that_is_not_toml_is_named_with_the_line(tmp_path):
    assert "line 1" in refusal(tmp_path, "region = GB")


def test_a_file_that_is_not_utf_8_is_named(tmp_path):
    (tmp_path / "newsletter.toml").write_bytes(b'publisher = "\xff"')
    with pytest.raises(SettingsError, match=r"newsletter\.toml: is not TOML"):
        load_settings(directory=tmp_path)


@pytest.mark.parametrize(
    ("toml", "key", "near", "allowed"),
    [
        ('base_ulr = "http://x"', "base_ulr", "base_url", "smtp_url"),
        ('[[newsletters]]\nsend_time = "07:00"', "newsletters.0.send_time", "", "send_at"),
        ('[[newsletters]]\nsnd_at = "07:00"', "newsletters.0.snd_at", "send_at", "compose_at"),
        ('[[sources]]\npaht = "x"', "sources.0.paht", "path", "reviewed_on"),
    ],
)
def test_an_unknown_key_is_named_with_what_is_allowed_and_what_was_probably_meant(
    tmp_path, toml, key, near, allowed
):
    said = refusal(tmp_path, toml)
    assert "newsletter.toml" in said
    assert f"{key} is not a setting" in said
    assert re.search(rf"Allowed: .*\b{allowed}\b", said)
    assert not near or f"Did you mean {near}?" in said


@pytest.mark.parametrize(
    ("toml", "key", "found", "allowed"),
    [
        ('region = "XX"', "region", "'XX'", "international, AU"),
        ('base_url = "letter.example.org"', "base_url", "'letter.example.org'", "http"),
        ('base_url = "https://x.example/?a=1"', "base_url", "?a=1", "without query"),
        ('base_url = "https://x.example/\\"><script>"', "base_url", "<script>", "http"),
        ('base_url = "https://x.example/a b"', "base_url", "a b", "http"),
        ('base_url = "https://x.example:99999"', "base_url", "99999", "http"),
        ('return_path = "Bounces <b@x.example>"', "return_path", "Bounces", "a plain address"),
        ('dkim = "yes"', "dkim", "'yes'", "'off', 'on' or 'relay'"),
        ('dkim_selector = "a b"', "dkim_selector", "'a b'", "letters, digits and hyphens"),
        ('dkim_selector = ""', "dkim_selector", "''", "letters, digits and hyphens"),
        ('dkim_domain = "example"', "dkim_domain", "'example'", "a domain of yours"),
        ('dkim_domain = "bücher.example"', "dkim_domain", "bücher", "xn--"),
        ('privacy_version = "a/b"', "privacy_version", "'a/b'", "pattern"),
        ('ingest_at = "5 o\'clock"', "ingest_at", "o'clock", "time"),
        ("newsletters = []", "newsletters", "[]", "at least 1"),
        ('[[newsletters]]\ntimezone = "Mars/Base"', "newsletters.0.timezone", "'Mars/Base'", "Europe/London"),
        ('[[newsletters]]\ntimezone = "Europe"', "newsletters.0.timezone", "'Europe'", "Europe/London"),
        ('[[newsletters]]\ntimezone = "../../etc/passwd"', "newsletters.0.timezone", "etc", "IANA"),
        ('[[newsletters]]\nweekdays = ["monday"]', "newsletters.0.weekdays.0", "'monday'", "'mon'"),
        ('[[newsletters]]\nname = "Daily News"', "newsletters.0.name", "'Daily News'", "pattern"),
        ('[[newsletters]]\nsender = "nobody"', "newsletters.0.sender", "'nobody'", "a mailbox"),
        ('[[newsletters]]\nsender = ""', "newsletters.0.sender", "''", "a mailbox"),
        ('[[newsletters]]\nsender = "A\\nBcc: b@x.example <a@x.example>"', "sender", "Bcc", "mailbox"),
        ('[[newsletters]]\ntitle = "A\\nBcc: b"', "newsletters.0.title", "Bcc", "one line"),
        ('publisher = "A\\u0001"', "publisher", "x01", "one line"),
        ('[[newsletters]]\nlanguage = "xx"', "newsletters.0.language", "'xx'", "'en'"),
        ('[[newsletters]]\nsend_at = "07:00:00Z"', "newsletters.0.send_at", "07:00:00Z", "timezone"),
        ('[[sources]]\npath = "x"\nkind = "pdf"', "sources.0.kind", "'pdf'", "'capture'"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_found_and_what_is_allowed(tmp_path, toml, key, found, allowed):
    said = refusal(tmp_path, toml)
    assert key in said
    assert found in said
    assert allowed in said.partition(": allowed is ")[2]


def test_every_mistake_is_told_at_once(tmp_path):
    said = refusal(tmp_path, 'region = "XX"\nbase_url = "x"\ncolour = "red"')
    assert all(key in said for key in ("region", "base_url", "colour is not a setting"))


def test_an_issue_cannot_be_sent_before_it_is_composed(tmp_path):
    said = refusal(tmp_path, '[[newsletters]]\ncompose_at = "08:00"\nsend_at = "07:00"')
    assert "compose_at must not be later than send_at" in said


def test_two_newsletters_of_one_name_are_refused(tmp_path):
    said = refusal(tmp_path, '[[newsletters]]\nname = "a"\n[[newsletters]]\nname = "a"')
    assert "newsletters: each needs a name of its own" in said


def test_an_unknown_variable_is_named_with_what_was_probably_meant(tmp_path, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_SMPT_URL", f"smtp://me:{SECRET}@mail.example")
    said = refusal(tmp_path)
    assert "environment variable NEWSLETTER_SMPT_URL: is not a setting" in said
    assert "Did you mean NEWSLETTER_SMTP_URL?" in said
    assert "NEWSLETTER_BASE_URL" in said
    assert SECRET not in said


def test_a_wrong_variable_is_named_and_not_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_REGION", "XX")
    said = refusal(tmp_path)
    assert "NEWSLETTER_REGION (found 'XX')" in said


def test_a_list_variable_that_is_not_json_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_NEWSLETTERS", "daily")
    said = refusal(tmp_path)
    assert "newsletters" in said
    assert "JSON" in said


def test_variables_win_over_the_file_and_lists_are_json(tmp_path, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_REGION", "GB")
    monkeypatch.setenv("NEWSLETTER_NEWSLETTERS", '[{"name": "b", "weekdays": ["sun"]}]')
    settings = load(tmp_path, 'region = "US"\npublisher = "Clinic"\n[[newsletters]]\nname = "a"')
    assert (settings.region, settings.publisher) == ("GB", "Clinic")
    assert [one.name for one in settings.newsletters] == ["b"]


def test_the_tests_own_variable_is_no_mistake(tmp_path, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_REFERENCE_DATA", "/x")
    assert load(tmp_path).region == "international"


PATHS = """
content_path = "c.db"
key_path = "k.key"
database_url = "sqlite:///s.db"
privacy_policy = "p.md"
[[sources]]
path = "articles"
"""


def test_paths_in_the_file_stand_beside_the_file(tmp_path):
    beside, elsewhere = tmp_path / "etc #1", tmp_path / "elsewhere"
    beside.mkdir()
    (beside / "p.md").write_text("# Policy")
    (beside / "newsletter.toml").write_text(PATHS)
    settings = load_settings(beside / "newsletter.toml", directory=elsewhere)
    assert settings.content_path == beside / "c.db"
    assert settings.key_path == beside / "k.key"
    assert settings.privacy_policy == beside / "p.md"
    assert settings.sources[0].path == beside / "articles"
    assert settings.database_url.get_secret_value().startswith(f"sqlite:///{tmp_path}/etc ")


@pytest.mark.parametrize("upper", [True, False], ids=["upper case", "lower case"])
def test_paths_in_variables_stand_in_the_working_directory(tmp_path, monkeypatch, upper):
    beside, elsewhere = tmp_path / "etc", tmp_path / "elsewhere"
    beside.mkdir()
    elsewhere.mkdir()
    (elsewhere / "v.md").write_text("# Policy")
    (beside / "newsletter.toml").write_text(PATHS)
    for name, value in {"content_path": "v.db", "key_path": "v.key", "privacy_policy": "v.md"}.items():
        variable = f"NEWSLETTER_{name}"
        monkeypatch.setenv(variable.upper() if upper else variable, value)
    monkeypatch.setenv("NEWSLETTER_DATABASE_URL", "sqlite:///v2.db")
    settings = load_settings(beside / "newsletter.toml", directory=elsewhere)
    assert settings.content_path == elsewhere / "v.db"
    assert settings.key_path == elsewhere / "v.key"
    assert settings.privacy_policy == elsewhere / "v.md"
    assert settings.database_url.get_secret_value() == f"sqlite:///{elsewhere}/v2.db"
    assert settings.sources[0].path == beside / "articles"


def test_an_absolute_path_and_another_database_stay_as_they_are(tmp_path):
    toml = f'content_path = "/srv/c.db"\ndatabase_url = "postgresql+psycopg://me:{SECRET}@db/x"'
    settings = load(tmp_path, toml)
    assert settings.content_path == Path("/srv/c.db")
    assert settings.database_url.get_secret_value() == f"postgresql+psycopg://me:{SECRET}@db/x"


def test_secrets_do_not_show_in_a_repr_or_a_dump(tmp_path):
    settings = load(
        tmp_path,
        f'smtp_url = "smtp://me:{SECRET}@mail.example:587?tls=starttls"\n'
        f'database_url = "postgresql+psycopg://me:{SECRET}@db/x"',
    )
    assert SECRET not in f"{settings!r} {settings!s} {settings.model_dump()} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    "toml",
    [
        f'smtp_url = "https://me:{SECRET}@mail.example"',
        f'smtp_url = "smtp://me:{SECRET}@mail.example?tls=maybe"',
        f'smtp_url = "smtp://me:{SECRET}@mail.example:port"',
        f'smtp_url = "smtp://me:{SECRET}/x@mail.example"',
        f'smtp_url = "smtp://me:{SECRET}@[mail.example"',
        f'smtp_url = ["smtp://me:{SECRET}@mail.example"]',
        f'database_url = "mysql://me:{SECRET}@db/x"',
        f'database_url = "me {SECRET}"',
        f'smtp_ulr = "smtp://me:{SECRET}@mail.example"',
    ],
)
def test_secrets_do_not_show_in_an_error_that_names_the_key(tmp_path, toml):
    said = refusal(tmp_path, toml)
    assert SECRET not in said
    assert toml.partition(" ")[0] in said


def test_secrets_do_not_show_in_a_traceback(tmp_path):
    (tmp_path / "newsletter.toml").write_text(f'smtp_url = "smtp://me:{SECRET}/x@mail.example"')
    code = "from newsletter.settings import load_settings; load_settings()"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "SettingsError" in ended.stderr
    assert SECRET not in ended.stderr


@pytest.mark.parametrize("query", ["", "?tls=none", "?tls=starttls", "?tls=implicit"])
def test_a_relay_may_be_written_with_and_without_password_port_and_tls(tmp_path, query):
    for relay in (f"smtp://mail.example{query}", f"smtp://me:p%40ss@[::1]:2525{query}"):
        assert load(tmp_path, f'smtp_url = "{relay}"').smtp_url is not None


def test_a_slash_at_the_end_of_the_base_url_does_not_matter(tmp_path):
    assert load(tmp_path, 'base_url = "https://x.example/letter/"').base_url == "https://x.example/letter"


def test_settings_cannot_be_changed_by_accident(tmp_path):
    with pytest.raises(ValueError, match="frozen"):
        load(tmp_path).region = "GB"


def test_a_newsletter_is_found_by_name_and_the_first_is_the_default(settings):
    assert settings.newsletter().name == "daily"
    assert settings.newsletter("weekly").title == "Weekly Health"
    with pytest.raises(
        SettingsError, match=r"'monthly': is not configured\. Configured: daily, daily-weekly, weekly"
    ):
        settings.newsletter("monthly")


@pytest.mark.parametrize(
    ("values", "days"),
    [
        ({}, range(1, 32)),
        ({"layout": "series"}, [day for day in range(1, 32) if day not in (1, 8, 15, 22, 29)]),
        ({"layout": "digest"}, [2, 9, 16, 23, 30]),
        ({"layout": "digest", "weekdays": ["fri"]}, [6, 13, 20, 27]),
        ({"cadence": "monthly"}, [1]),
        ({"cadence": "monthly", "weekdays": ["wed", "fri"]}, [4]),
        ({"cadence": "monthly", "quiet_dates": ["2026-03-01"]}, [2]),
        ({"weekdays": ["sun"], "quiet_dates": ["2026-03-08", "2026-12-25"]}, [1, 15, 22, 29]),
    ],
)
def test_a_newsletter_mails_on_the_days_that_its_layout_cadence_and_quiet_dates_leave(values, days):
    newsletter = NewsletterSettings.model_validate(values)
    assert [day for day in range(1, 32) if newsletter.mails_on(date(2026, 3, day))] == list(days)


def test_a_newsletter_mails_on_its_weekdays_only(settings):
    assert settings.newsletter("weekly").mails_on(date(2026, 3, 8))
    assert not settings.newsletter("weekly").mails_on(date(2026, 3, 9))
    assert str(settings.newsletter().zone) == "UTC"


def test_a_newsletter_offers_a_digest_of_the_week_in_its_own_name_and_zone():
    newsletter = NewsletterSettings(name="letter", title="Letter", timezone="Asia/Dhaka", topics=("heart",))
    weekly = newsletter.weekly
    assert weekly is not None
    assert newsletter.offers_weekly
    assert (weekly.name, weekly.layout, weekly.weekdays, weekly.slots) == (
        "letter-weekly",
        "digest",
        ("sun",),
        (),
    )
    for same in ("title", "sender", "reply_to", "timezone", "compose_at", "send_at", "language", "topics"):
        assert getattr(weekly, same) == getattr(newsletter, same)
    assert [day for day in range(1, 15) if weekly.mails_on(date(2026, 3, day))] == [1, 8]
    assert weekly.weekly is None


@pytest.mark.parametrize(
    "rare",
    [{"weekly_on": "off"}, {"layout": "digest"}, {"cadence": "monthly"}, {"weekdays": ["wed"]}],
)
def test_a_newsletter_that_comes_no_oftener_offers_no_digest_of_the_week(rare):
    newsletter = NewsletterSettings.model_validate(rare)
    assert (newsletter.offers_weekly, newsletter.weekly) == (False, None)


def test_the_letters_are_for_daily_readers_the_digest_for_weekly_ones_and_a_rare_letter_for_all():
    daily, weekly = NewsletterSettings(name="a"), NewsletterSettings(name="a").weekly
    assert weekly is not None
    assert daily.audience == ("a", "daily")
    assert weekly.audience == ("a", "weekly")
    assert NewsletterSettings(name="a", weekly_on="off").audience == ("a", "daily")
    assert NewsletterSettings(name="a", cadence="monthly").audience == ("a", None)


def test_a_weekly_digest_is_found_by_name_but_nobody_can_subscribe_to_it(tmp_path):
    settings = load(tmp_path, '[[newsletters]]\nname = "a"\n[[newsletters]]\nname = "b"\nweekly_on = "off"')
    assert [one.name for one in settings.publications] == ["a", "a-weekly", "b"]
    assert settings.newsletter("a-weekly").audience == ("a", "weekly")
    assert settings.list_of().name == "a"
    with pytest.raises(SettingsError, match=r"'a-weekly': is not configured\. Configured: a, b\."):
        settings.list_of("a-weekly")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a", "a-weekly"], "'a-weekly' is the name of the weekly digest of 'a': choose another, or set"),
        (["n" * 34], "a name of at most 33 characters, or weekly_on"),
    ],
)
def test_a_name_that_the_weekly_digest_needs_is_refused_and_says_so(tmp_path, names, said):
    with pytest.raises(SettingsError, match=said):
        load(tmp_path, "".join(f'[[newsletters]]\nname = "{name}"\n' for name in names))


def test_the_emergency_numbers_are_the_regions_unless_others_are_set():
    assert Settings(region="GB").emergency == ("999", "116 123")
    assert Settings(region="GB", emergency_number="112").emergency == ("112", "116 123")
    assert Settings().emergency == ("112", "")


def test_the_example_file_loads_as_it_is(tmp_path):
    settings = load(tmp_path, EXAMPLE.read_text(encoding="utf-8"))
    assert settings == load(tmp_path)


def test_what_the_example_file_shows_behind_a_hash_is_the_default():
    root: dict[str, Any] = {}
    tables: dict[str, dict[str, Any]] = {}
    into = root
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        bare = line.removeprefix("# ")
        if header := re.fullmatch(r"\[\[?([\w.]+)\]\]?", bare):
            into = tables.setdefault(header[1], {})
        elif re.match(r"[a-z_]+ = ", bare):
            into.update(tomllib.loads(bare))
    tables_of_settings = {"newsletters", "sources", "sites", "relays", "domain_rates", "providers"}
    assert set(root) == set(Settings.model_fields) - tables_of_settings
    assert set(tables["relays"]) == set(RelaySettings.model_fields)
    assert set(tables["domain_rates"]) == set(DomainRate.model_fields)
    assert set(tables["sites"]) == set(SiteSettings.model_fields)
    assert set(tables["newsletters"]) == set(NewsletterSettings.model_fields) - {"slots"}
    assert set(tables["newsletters.slots"]) == set(SlotSettings.model_fields)
    defaults = Settings().model_dump()
    compared = 0
    for shown, real in ((root, defaults), (tables["newsletters"], defaults["newsletters"][0])):
        for key in set(shown) - EXAMPLES_ONLY:
            assert same(shown[key], real[key]), key
            compared += 1
    assert compared > 15


def same(shown: Any, real: Any) -> bool:
    """Whether *shown* stands for *real*; a text that ends in … stands for all that begin so."""
    if hasattr(real, "get_secret_value"):
        real = real.get_secret_value()
    if isinstance(shown, str) and shown.endswith("…"):
        return str(real).startswith(shown[:-1].strip())
    if isinstance(shown, list):
        return tuple(shown) == tuple(real)
    return bool(shown == real) if isinstance(real, time) else str(shown) == str(real)


def test_a_policy_that_is_not_there_stops_every_command(tmp_path):
    said = refusal(tmp_path, 'privacy_policy = "gone.md"')
    assert "gone.md" in said
    assert "no such file" in said


@pytest.mark.parametrize("key", ["emergency_number", "crisis_line"])
def test_a_number_to_call_in_need_is_a_number(tmp_path, key):
    assert key in refusal(tmp_path, f'{key} = "abc"')
    assert getattr(load(tmp_path, f'{key} = "0800 111-222"'), key) == "0800 111-222"


def test_what_is_wrong_in_a_table_is_said_once(tmp_path):
    said = refusal(tmp_path, '[[newsletters]]\ntimezone = "Mars/X"')
    assert said.count("newsletters") == 1
    assert "IANA time zone" in said


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('kind = "auto"', "either path or url"),
        ('path = "a"\nurl = "https://a.example/"', "either path or url"),
        ('url = "ftp://a.example/"', "http(s) address"),
        ('url = "https://a.example/"\nkind = "wxr"', "set path"),
    ],
)
def test_a_source_has_one_place(tmp_path, source, reason):
    assert reason in refusal(tmp_path, f"[[sources]]\n{source}")
