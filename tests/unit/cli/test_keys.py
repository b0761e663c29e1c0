"""`newsletter keys dkim` and what the doctor says of signatures, with a real name server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from newsletter.errors import SettingsError
from tests.integration.name_server import NameServer, Said
from tests.unit.cli.conftest import Run

NAME = "letter._domainkey.example.org"


@pytest.fixture
def add(config: Path) -> Callable[[str], None]:
    def more(line: str) -> None:
        config.write_text(config.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")

    return more


def signatures(run: Run, *, status: int = 0) -> list[dict[str, Any]]:
    found = json.loads(run("doctor", "--json", status=status).stdout)["checks"]
    return [one for one in found if one["name"].startswith("signature")]


def test_a_key_is_made_once_and_its_record_told_each_time(run: Run, config: Path) -> None:
    said = run("keys", "dkim").stdout
    path = config.parent / "dkim.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    made = path.read_bytes()
    assert f'{NAME}. IN TXT ( "v=DKIM1; k=rsa; p=' in said
    assert "newsletter doctor" in said
    again = json.loads(run("keys", "dkim", "--json").stdout)
    assert path.read_bytes() == made
    assert again["is_new"] is False
    (record,) = again["records"]
    assert (record["name"], record["type"]) == (NAME, "TXT")
    assert all(len(each) <= 255 for each in record["strings"])
    assert " ".join(f'"{each}"' for each in record["strings"]) in said


def test_every_sender_has_a_record_unless_one_domain_signs_for_all(run: Run, add) -> None:
    add('[[newsletters]]\nname = "a"\nsender = "a@example.com"\n[[newsletters]]\nname = "b"')
    names = [one["name"] for one in json.loads(run("keys", "dkim", "--json").stdout)["records"]]
    assert names == ["letter._domainkey.example.com", NAME]


def test_a_key_that_cannot_be_written_is_an_error_that_says_what_to_do(run: Run, add) -> None:
    add('dkim_key_path = "no/such/folder/dkim.pem"')
    with pytest.raises(SettingsError, match="Name another dkim_key_path"):
        run("keys", "dkim")


def test_the_doctor_warns_of_unsigned_mail_only_where_it_leaves_this_machine(run: Run, add) -> None:
    assert signatures(run)[0]["level"] == "ok"
    add('base_url = "https://letter.example"')
    assert signatures(run)[0]["level"] == "warn"
    add('dkim = "relay"')
    assert signatures(run) == [{"name": "signature", "level": "ok", "detail": "left to the relay"}]


def test_the_doctor_fails_without_a_key_and_says_how_to_make_one(run: Run, add) -> None:
    add('dkim = "on"')
    (found,) = signatures(run, status=1)
    assert "there is no such file" in found["detail"]
    assert "newsletter keys dkim" in found["mend"]
    run("keys", "dkim")
    assert "no resolver is set" in signatures(run)[0]["detail"]


def test_the_doctor_asks_whether_the_record_is_published_and_fits(run: Run, add) -> None:
    add('dkim = "on"')
    (record,) = json.loads(run("keys", "dkim", "--json").stdout)["records"]
    with NameServer({}) as server:
        add(f'resolver = "{server.address}"')
        assert signatures(run, status=1)[0]["detail"] == f"{NAME} is not published"
        server.zone[NAME] = Said('TXT "v=DKIM1; k=rsa; p=AAAA"')
        assert signatures(run, status=1)[0]["detail"] == f"{NAME} holds another key"
        server.zone[NAME] = Said("TXT " + " ".join(f'"{each}"' for each in record["strings"]))
        (found,) = signatures(run)
        assert (found["level"], found["detail"]) == ("ok", f"{NAME} is published and fits the key")
        server.zone[NAME] = Said(rcode="SERVFAIL")
        assert signatures(run)[0]["level"] == "warn"


def test_the_doctor_warns_of_a_domain_that_dmarc_does_not_count(run: Run, add) -> None:
    add('dkim = "on"\ndkim_domain = "mail.example.com"')
    run("keys", "dkim")
    assert "mail.example.com signs for example.org" in signatures(run)[0]["detail"]
    assert signatures(run)[0]["level"] == "warn"
