"""What an operator sees of what came back, and does about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsletter.clock import SystemClock
from newsletter.feedback.count import Place, count_at
from newsletter.feedback.counted import note
from newsletter.settings import load_settings
from newsletter.workflows.take_feedback import take
from newsletter.workflows.workplace import open_workplace
from tests.unit.cli.audit_lines import lines_of
from tests.unit.cli.conftest import Run
from tests.unit.feedback.mailing import Mailing, bounce

ADA = "ada@example.org"


@pytest.fixture
def returned(config: Path) -> Path:
    """A bounce of Ada's that her provider signed, one that somebody forged, and a day's counts."""
    with open_workplace(load_settings(config), SystemClock()) as workplace:
        mailing = Mailing(workplace)
        mailing.join(ADA)
        issue = mailing.send(ADA)
        take(workplace, [bounce(recipient=ADA, remote_id="1")], source="postmark", raw=b'{"Type": "x"}')
        take(workplace, [bounce(recipient=ADA)], source="mailbox", raw=b"forged \x1b[31m")
        with workplace.database.write() as connection:
            place = Place(issue, "example.org", "main")
            count_at(connection, {place: {"accepted": 990, "rejected": 10, "returned": 20}})
            note(connection, issue, after=0, at=workplace.clock.now())
    return config


@pytest.mark.usefixtures("returned")
def test_the_tray_is_listed_shown_without_control_characters_and_emptied(run: Run) -> None:
    (item,) = json.loads(run("feedback", "tray", "list", "--json").stdout)
    assert (item["source"], item["kind"], item["octets"]) == ("mailbox", "bounce", 12)
    number = str(item["id"])
    assert "1 in the tray" in run("feedback", "tray", "list").stdout
    assert run("feedback", "tray", "show", number).stdout == "forged ?[31m\n"
    assert (
        json.loads(run("feedback", "tray", "show", number, "--json").stdout)["content"] == "forged \x1b[31m"
    )
    assert "out of the tray" in run("feedback", "tray", "dismiss", number).stdout
    assert json.loads(run("feedback", "tray", "list", "--json").stdout) == []


def test_what_is_not_in_the_tray_is_said_to_be_absent(run: Run) -> None:
    with pytest.raises(Exception, match="is not there"):
        run("feedback", "tray", "show", "7")
    with pytest.raises(Exception, match="is not there"):
        run("feedback", "tray", "dismiss", "7")


@pytest.mark.usefixtures("returned")
def test_what_came_back_about_a_reader_is_shown_with_what_followed_and_whole(run: Run, config: Path) -> None:
    (event,) = json.loads(run("feedback", "show", ADA, "--json").stdout)
    assert (event["kind"], event["status"], event["consequence"]) == ("bounce", "5.1.1", "suppress")
    assert "5.1.1" in run("feedback", "show", ADA).stdout
    assert run("feedback", "raw", str(event["id"])).stdout == '{"Type": "x"}\n'
    run("feedback", "raw", "99", status=1)
    # Whoever reads it is in the audit, by the number of the event alone.
    assert lines_of(config, "read returned mail") == [f"feedback event {event['id']}"]
    run("feedback", "show", "nobody@example.org", status=1)


@pytest.mark.usefixtures("returned")
def test_rates_are_shown_by_relay_and_domain_with_what_is_too_much(run: Run) -> None:
    found = json.loads(run("feedback", "rates", "--json").stdout)
    by_name = {(one["scope"], one["name"], one["days"]): one for one in found}
    domain = by_name["domain", "example.org", 1]
    assert (domain["accepted"], domain["rejected"], domain["returned"]) == (990, 10, 21)
    assert "refused for good" in domain["verdict"]
    assert by_name["relay", "main", 7]["accepted"] == 990
    assert by_name["relay", "*", 1]["accepted"] == 990
    assert "domain example.org" in run("feedback", "rates").stdout
