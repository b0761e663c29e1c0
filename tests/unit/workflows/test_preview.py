"""The preview: what would be sent, in files, the same bytes on any machine."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr

from newsletter.database import Database
from newsletter.settings import Settings
from newsletter.subscribers.token import Keyring, Purpose
from newsletter.workflows.compose import compose
from newsletter.workflows.preview import preview
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers, fill

DAY = date(2026, 3, 3)
NAMES = ["issue.html", "issue.txt", "issue.eml", "issue.json"]


@pytest.fixture
def stocked(workplace: Workplace) -> Workplace:
    fill(workplace.settings.content_path)
    return workplace


def files(workplace: Workplace, out: Path) -> dict[str, bytes]:
    newsletter = workplace.settings.newsletter()
    _, paths = preview(workplace.settings, workplace.database, newsletter, DAY, out=out, since=DAY)
    assert [path.name for path in paths] == NAMES
    return {path.name: path.read_bytes() for path in paths}


def test_it_writes_the_four_files_and_stores_nothing(stocked, tmp_path):
    made = files(stocked, tmp_path / "new" / "folder")
    document = json.loads(made["issue.json"])
    assert document["issue"]["date"] == "2026-03-03"
    assert document["issue"]["state"] == "planned"
    assert {check["level"] for check in document["checks"]} == {"ok", "warn"}


def test_two_previews_with_other_keys_and_databases_are_the_same_bytes(stocked, tmp_path):
    first = files(stocked, tmp_path / "a")
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    other.upgrade()
    elsewhere = replace(stocked, database=other, keyring=Keyring({"k9": b"9" * 32}))
    assert files(elsewhere, tmp_path / "b") == first
    other.close()


def test_the_pages_are_the_parts_of_the_mail(stocked, tmp_path):
    made = files(stocked, tmp_path)
    mail = message_from_bytes(made["issue.eml"], _class=EmailMessage, policy=policy.default)
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert "".join(str(html.get_content()).split()) == "".join(made["issue.html"].decode().split())
    assert "".join(str(text.get_content()).split()) == "".join(made["issue.txt"].decode().split())
    assert mail["Date"] == "Tue, 03 Mar 2026 07:00:00 +0000"
    assert mail["To"] == "reader@example.org"


def test_its_links_carry_the_example_key_and_work_for_no_reader(stocked, tmp_path):
    add_readers(stocked, "ada@example.org")
    real = replace(stocked, keyring=Keyring({"k1": b"1" * 32}))
    mail = message_from_bytes(files(real, tmp_path)["issue.eml"], policy=policy.default)
    token = mail["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    assert Keyring.example().read(Purpose.UNSUBSCRIBE, token) == b"example-hand"
    assert token.startswith("v1.example.")


def test_it_is_written_even_when_checks_fail(stocked, tmp_path):
    remote = stocked.settings.model_copy(update={"smtp_url": SecretStr("smtp://relay.example.net")})
    made = files(replace(stocked, settings=remote), tmp_path)
    assert "fail" in {check["level"] for check in json.loads(made["issue.json"])["checks"]}


def test_once_composed_it_shows_what_is_frozen(stocked, tmp_path):
    before = files(stocked, tmp_path / "a")
    compose(stocked, stocked.settings.newsletter(), DAY)
    fill(stocked.settings.content_path, names=("lupus", "angina", "acne"))
    after = files(stocked, tmp_path / "b")
    assert {name: after[name] for name in NAMES[:3]} == {name: before[name] for name in NAMES[:3]}


def test_previewing_again_replaces_the_files(stocked, tmp_path, settings: Settings):
    first = files(stocked, tmp_path)
    renamed = settings.model_copy(update={"publisher": "Another House"})
    assert files(replace(stocked, settings=renamed), tmp_path) != first
