"""What a site owner asks of the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from newsletter.clock import SystemClock
from newsletter.errors import SettingsError
from newsletter.notices.endpoint import note_answer
from newsletter.notices.webhook import Answer
from newsletter.settings import load_settings
from newsletter.subscribers.breaker import open_breaker
from newsletter.workflows.hold_back import BREAKER
from newsletter.workflows.workplace import open_workplace
from tests.unit.cli.audit_lines import lines_of
from tests.unit.cli.conftest import Run
from tests.unit.workflows.conftest import Life

ROOT = Path(__file__).parent.parent.parent.parent
SITES = """
[[sites]]
key = "clinic"
origins = ["https://clinic.example.org"]
newsletters = ["daily"]
wording = "Get the letter."

[sites.webhook]
url = "https://clinic.example.org/hooks/newsletter"
"""


@pytest.fixture
def clinic(config: Path) -> Path:
    config.write_text(config.read_text(encoding="utf-8") + SITES, encoding="utf-8")
    return config


def test_a_site_sees_what_came_through_its_forms_and_who_confirmed(run: Run, clinic: Path) -> None:
    with open_workplace(load_settings(clinic), SystemClock()) as workplace:
        life = Life(workplace, "ada@example.org")
        life.sign_up(site="clinic")
        life.confirm()
        Life(workplace, "eve@example.org").sign_up(site="clinic")
    (row,) = [one for one in json.loads(run("sites", "list", "--json").stdout)["sites"] if one["taken"]]
    assert (row["key"], row["taken"], row["mailed"], row["confirmed"]) == ("clinic", 2, 2, 1)
    assert "2 taken, 2 mailed, 1 confirmed (50%)" in run("sites", "list").stdout
    shown = json.loads(run("sites", "show", "clinic", "--json").stdout)
    assert shown["origins"] == ["https://clinic.example.org"]
    assert shown["webhook"]["waiting"] == 3


@pytest.mark.usefixtures("clinic")
def test_a_site_that_is_not_configured_is_named_with_those_that_are(run: Run) -> None:
    with pytest.raises(SettingsError, match="'made-up': is not configured") as error:
        run("sites", "show", "made-up")
    assert error.value.next_step == "Configured: clinic. A [[sites]] table in newsletter.toml adds one."


@pytest.mark.parametrize(
    ("door", "holds"),
    [
        ("html", 'name="site" value="clinic"'),
        ("script", "/embed.js?site=clinic"),
        ("iframe", "/embed/form?site=clinic"),
    ],
)
@pytest.mark.usefixtures("clinic")
def test_each_door_is_a_few_lines_to_paste(run: Run, door: str, holds: str) -> None:
    lines = run("sites", "snippet", "clinic", "--door", door).stdout
    assert holds in lines
    assert "style=" not in lines
    if door != "iframe":
        assert "Get the letter." in lines
        assert "/privacy" in lines


@pytest.mark.usefixtures("clinic")
def test_the_secrets_of_a_site_are_its_own_and_stay_the_same(run: Run) -> None:
    api = run("sites", "secret", "clinic").stdout
    hook = run("sites", "secret", "clinic", "--for", "webhook").stdout
    assert api.startswith("site_")
    assert hook.startswith("whsec_")
    assert run("sites", "secret", "clinic").stdout == api


def test_a_script_that_grew_large_is_told(run: Run, clinic: Path) -> None:
    assert json.loads(run("sites", "show", "clinic", "--json").stdout)["script_bytes"] < 10_000
    assert "more than" not in run("sites", "show", "clinic").stdout
    text = clinic.read_text(encoding="utf-8").replace('newsletters = ["daily"]', 'language = "bn"')
    more = "".join(
        f'[[newsletters]]\nname = "no-{number}"\ntitle = "Letter {number}"\nsender = "Us <us@example.org>"\n'
        for number in range(40)
    )
    clinic.write_text(text + more, encoding="utf-8")
    shown = " ".join(run("sites", "show", "clinic").stdout.split())
    assert "bytes, more than 10,000: offer fewer newsletters on this site" in shown


@pytest.mark.usefixtures("clinic")
def test_the_how_to_names_the_command_that_prints_the_secret_of_events(run: Run) -> None:
    page = (ROOT / "docs/how-to/receive-events.md").read_text(encoding="utf-8")
    (command,) = [line.split() for line in page.splitlines() if line.startswith("        newsletter sites")]
    assert run(*command[1:]).stdout.startswith("whsec_")


def doctor(run: Run) -> dict[str, Any]:
    return {one["name"]: one for one in json.loads(run("doctor", "--json").stdout)["checks"]}


def test_what_is_held_back_is_told_and_let_go(run: Run, clinic: Path) -> None:
    assert "Nothing was held back." in run("sites", "release").stdout
    with open_workplace(load_settings(clinic), SystemClock()) as workplace, workplace.database.write() as one:
        open_breaker(one, BREAKER, reason="of 100 people asked, 3 confirmed", now=workplace.clock.now())
    assert "newsletter sites release" in run("sites", "list").stdout
    assert doctor(run)["sign-ups"]["level"] == "warn"
    assert json.loads(run("sites", "release", "--json").stdout) == {"released": True}
    assert "sign-ups" not in doctor(run)
    assert lines_of(clinic, "release confirmations") == ["sign-ups"]


def answered(config: Path, answer: Answer) -> None:
    with open_workplace(load_settings(config), SystemClock()) as workplace, workplace.database.write() as one:
        note_answer(one, "clinic", answer, now=workplace.clock.now())


def test_a_webhook_that_takes_nothing_is_told_with_its_last_answer(run: Run, clinic: Path) -> None:
    assert run("sites", "webhook", "clinic").stdout == "well; 0 events wait\n"
    with open_workplace(load_settings(clinic), SystemClock()) as workplace:
        Life(workplace, "ada@example.org").sign_up(site="clinic")
    answered(clinic, Answer(None, "no answer within 10 seconds"))
    said = run("sites", "webhook", "clinic").stdout
    assert said.startswith("has taken nothing since ")
    assert said.endswith("UTC (the last answer was: no answer within 10 seconds); 1 event waits\n")
    answered(clinic, Answer(503))
    assert "(the last answer was: 503)" in run("sites", "show", "clinic").stdout
    answered(clinic, Answer(200))
    assert run("sites", "webhook", "clinic").stdout == "well; 1 event waits\n"


def test_a_site_without_a_webhook_is_told_how_to_set_one(run: Run, config: Path) -> None:
    text = config.read_text(encoding="utf-8")
    config.write_text(text + SITES.partition("\n[sites.webhook]")[0], encoding="utf-8")
    for more in ((), ("--enable",), ("--json",)):
        with pytest.raises(SettingsError, match="site 'clinic': has no webhook") as error:
            run("sites", "webhook", "clinic", *more)
        assert "webhook = {url =" in error.value.next_step


def test_a_webhook_that_was_switched_off_is_told_and_switched_on(run: Run, clinic: Path) -> None:
    answered(clinic, Answer(410))
    assert (
        "(it answered 410, which means that it is gone); --enable" in run("sites", "webhook", "clinic").stdout
    )
    assert json.loads(run("sites", "webhook", "clinic", "--enable", "--json").stdout)["waiting"] == 0


@pytest.mark.usefixtures("clinic")
def test_the_doctor_says_when_every_page_may_hold_a_form(run: Run, config: Path) -> None:
    assert doctor(run)["sites"] == {"name": "sites", "level": "ok", "detail": "clinic"}
    text = config.read_text(encoding="utf-8")
    config.write_text('base_url = "https://letter.example.org"\n' + text.replace(SITES, ""), encoding="utf-8")
    assert doctor(run)["sites"]["level"] == "warn"


@pytest.mark.usefixtures("clinic")
def test_the_doctor_says_when_a_button_cannot_be_read(run: Run, config: Path) -> None:
    theme = '\n[sites.theme]\naccent = "#FFD700"\n'
    config.write_text(config.read_text(encoding="utf-8") + theme, encoding="utf-8")
    assert "contrast of 1.4 to 1" in doctor(run)["sites"]["detail"]
