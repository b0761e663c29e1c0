"""The mailbox that is collected: what an operator may write, and that no error shows its password."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import SettingsError
from newsletter.feedback.imap import ImapAccount
from newsletter.settings import Settings, load_settings

SECRET = "hunter2"


def load(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "newsletter.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "imaps://us%40mail.example:p%2Fw@imap.mail.example/INBOX",
            ("imap.mail.example", 993, "implicit", "INBOX", "us@mail.example", "p/w"),
        ),
        ("imaps://u:p@[::1]:9930/", ("::1", 9930, "implicit", "INBOX", "u", "p")),
        ("imap://u:p@mail.example/Back/In", ("mail.example", 143, "starttls", "Back/In", "u", "p")),
        ("imap://u:p@127.0.0.1:1143/A%20B?tls=none", ("127.0.0.1", 1143, "none", "A B", "u", "p")),
    ],
)
def test_an_account_is_taken_as_written(tmp_path: Path, url: str, expected: tuple[object, ...]) -> None:
    settings = load(tmp_path, f'mailbox_url = "{url}"')
    assert settings.mailbox_url is not None
    account = ImapAccount.of(settings.mailbox_url.get_secret_value())
    found = (account.host, account.port, account.tls, account.folder, account.user, account.password)
    assert found == expected
    assert "password" not in repr(account)


@pytest.mark.parametrize(
    "url",
    [
        f"imaps://u:{SECRET}@mail.example/INBOX?tls=none",
        f"imap://u:{SECRET}@mail.example/INBOX?tls=none",
        f"imaps://u:{SECRET}/x@mail.example/INBOX",
        f"pop3://u:{SECRET}@mail.example/",
        "imaps://mail.example/INBOX",
        "maildir:relative",
        "maildir://host/var/mail",
        "/var/mail",
    ],
)
def test_what_is_no_mailbox_is_refused_without_showing_a_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="mailbox_url: allowed is imap") as caught:
        load(tmp_path, f'mailbox_url = "{url}"')
    assert SECRET not in str(caught.value)


def test_the_variable_is_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_MAILBOX_URL", "maildir:///var/mail/back")
    found = load(tmp_path, "").mailbox_url
    assert found is not None
    assert found.get_secret_value() == "maildir:///var/mail/back"


def test_letters_go_to_who_is_told_of_alerts_unless_somebody_else_is_named(tmp_path: Path) -> None:
    assert load(tmp_path, "").letters_go_to == ""
    alert = 'alert_address = "ops@example.org"\n'
    assert load(tmp_path, alert).letters_go_to == "ops@example.org"
    both = load(tmp_path, alert + 'forward_replies_to = "desk@example.org"')
    assert both.letters_go_to == "desk@example.org"
