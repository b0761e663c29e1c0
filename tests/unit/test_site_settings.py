"""[[sites]]: what a site owner may write, and what is said of what they may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import SettingsError
from newsletter.settings import Settings, SiteSettings, load_settings, origin_of_url

ONE = 'key = "c"\norigins = ["https://a.example"]\n'


def load(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "newsletter.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def site(**more: object) -> SiteSettings:
    return SiteSettings.model_validate({"key": "clinic", "origins": ["https://clinic.example.org"], **more})


def test_an_origin_is_kept_as_browsers_write_it() -> None:
    origins = ["HTTPS://Clinic.Example.org/", "http://127.0.0.1:8080", "https://a.example:443"]
    found = site(origins=origins)
    assert found.origins == ("https://clinic.example.org", "http://127.0.0.1:8080", "https://a.example")
    assert found.allows("https://CLINIC.example.org")
    assert not found.allows("http://clinic.example.org")
    assert not found.allows("https://clinic.example.org.evil.example")
    assert not found.allows("null")


@given(host=st.from_regex(r"[a-z]{1,9}\.example", fullmatch=True), port=st.integers(1, 65535))
def test_the_origin_of_an_address_is_one_that_a_site_may_list(host: str, port: int) -> None:
    for scheme in ("http", "https"):
        origin = origin_of_url(f"{scheme}://{host}:{port}/a/b?c=d")
        assert site(origins=[origin]).origins == (origin,)
        assert site(origins=[origin]).allows(origin)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('key = "clinic"\norigins = ["https://a.example/page"]', "scheme and host, no path"),
        ('key = "clinic"\norigins = ["clinic.example"]', "scheme and host, no path"),
        ('key = "clinic"\norigins = []', "sites.0.origins"),
        ('key = "The Clinic"\norigins = ["https://a.example"]', "sites.0.key"),
        (ONE + 'newsletters = ["hourly"]', "there are daily"),
        (ONE + 'lists = {3 = "hourly"}', "there are daily"),
        (
            'key = "c"\norigins = ["https://a.example"]\nredirects = ["https://b.example/"]',
            "none of the site's",
        ),
        (
            'key = "c"\norigins = ["https://a.example"]\nwebhook = {url = "http://a.example/"}',
            "an https address",
        ),
        (ONE + 'theme = {accent = "red"}', "sites.0.theme.accent"),
        (ONE + 'language = "xx"', "one of en"),
        (ONE + 'wordings = "x"', "Did you mean wording?"),
    ],
)
def test_what_is_wrong_with_a_site_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(tmp_path, f"[[sites]]\n{text}\n")
    assert says in str(error.value)


def test_two_sites_need_keys_of_their_own(tmp_path: Path) -> None:
    one = f"[[sites]]\n{ONE}"
    with pytest.raises(SettingsError, match="a key of its own"):
        load(tmp_path, one + one)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('trusted_proxies = ["proxy.example"]', "addresses or networks"),
        ('resolver = "dns.example"', "a name server"),
        ('resolver = "127.0.0.1:0"', "a name server"),
        ('refused_domains = ["@x"]', "domains such as"),
        ('alert_address = "me"', "a plain address"),
        ('disposable = "maybe"', "'refuse' or 'accept'"),
    ],
)
def test_what_is_wrong_with_a_setting_of_sign_up_is_named(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(tmp_path, f"{line}\n")
    assert says in str(error.value)


def test_while_no_site_is_configured_every_page_stands_for_one(tmp_path: Path) -> None:
    settings = load(tmp_path, "")
    (implied,) = settings.every_site
    assert implied.key == "default"
    assert implied.allows("https://anywhere.example")
    assert settings.offered_by(implied) == settings.newsletters
    assert settings.site("default") is implied


def test_a_site_offers_its_newsletters_in_its_own_order(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        '[[newsletters]]\nname = "daily"\n[[newsletters]]\nname = "heart"\n'
        '[[sites]]\nkey = "c"\norigins = ["https://a.example"]\nnewsletters = ["heart", "daily"]\n'
        'lists = {3 = "daily"}\n',
    )
    assert [one.name for one in settings.offered_by(settings.site("c"))] == ["heart", "daily"]
    assert settings.site("c").lists == (("3", "daily"),)
    with pytest.raises(SettingsError, match="Configured: c"):
        settings.site("default")
