"""How to collect what comes back: the settings of the page are taken, its commands run, its words are ours.

What it says to Postfix is tried in tests/integration/test_what_comes_back.py.
"""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from newsletter.feedback.imap import TAKEN, ImapAccount
from newsletter.subscribers.token import write_key_file
from newsletter.workflows.collect_feedback import Collected
from newsletter.workflows.forward_letter import LETTERS_A_DAY_OF_ONE, LETTERS_AN_HOUR
from tests.acceptance.test_change_the_look import run
from tests.acceptance.test_documentation import ROOT, commands_of

PAGE = ROOT / "docs/how-to/collect-what-comes-back.md"
DECISION = ROOT / "docs/decisions/0014-letters-of-people-pass-through-sealed.md"
TEXT = PAGE.read_text(encoding="utf-8")
FOLDER = "/var/mail/newsletter/bounces"


def test_the_commands_of_the_page_run_on_its_settings(tmp_path: Path) -> None:
    (toml,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert FOLDER in toml
    settings = toml.replace(FOLDER, str(tmp_path / "back"))
    (tmp_path / "newsletter.toml").write_text(settings, encoding="utf-8")
    write_key_file(tmp_path / "newsletter.key")
    for name in ("new", "cur", "tmp"):
        (tmp_path / "back" / name).mkdir(parents=True)
    doctor, collect, rates, tray = commands_of(PAGE)
    assert "ok   mailbox: can be read and marked" in run(tmp_path, *doctor.split())
    assert run(tmp_path, *collect.split()) == "nothing.\n"
    assert "complaints" in run(tmp_path, *rates.split())
    assert "0 in the tray" in run(tmp_path, *tray.split())


def test_the_account_of_the_page_means_what_it_says() -> None:
    (url,) = re.findall(r"NEWSLETTER_MAILBOX_URL='(.*)'", TEXT)
    account = ImapAccount.of(url)
    assert (account.user, account.tls, account.folder) == ("bounces@letter.example.org", "implicit", "INBOX")
    assert f"`{TAKEN}`" in TEXT


def test_every_word_of_collect_is_explained() -> None:
    rows = re.findall(r"^\| (`[a-z`, ]+) \|", TEXT, re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(rows)) == [one.name for one in fields(Collected)]


def test_the_limits_in_words_are_those_of_the_code() -> None:
    words = " ".join(DECISION.read_text(encoding="utf-8").split())
    assert (
        f"More than {LETTERS_AN_HOUR} letters an hour, or {LETTERS_A_DAY_OF_ONE} a day of one writer" in words
    )
