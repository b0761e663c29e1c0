"""Eight days of three readers, through a real SMTP server: each is sent what they chose, and no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import feedparser
import httpx
import pytest

from newsletter.clock import FixedClock
from newsletter.issues.store import find
from newsletter.settings import NewsletterSettings
from newsletter.subscribers.store import get_subscription, pause, set_frequency
from newsletter.subscribers.subscriber import Frequency, State
from newsletter.subscribers.token import Purpose
from newsletter.workflows.due import run_day, run_due
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.article_source import add_readers, fill
from tests.integration.published_letters import publish
from tests.integration.web_site import Site, running

DAY = "daily@example.org"
WEEK = "weekly@example.org"
REST = "paused@example.org"
#: A Tuesday; the Sunday of its week is the 8th.
FIRST, SUNDAY = date(2026, 3, 3), date(2026, 3, 8)
NAMES = tuple(f"subject-{number}" for number in range(24))


@pytest.fixture
def three(connected: Workplace) -> Workplace:
    """A reader of every letter, one of the weekly digest, and one who paused until Saturday the 7th."""
    fill(connected.settings.content_path, names=NAMES)
    readers = add_readers(connected, DAY, WEEK, REST)
    with connected.database.write() as connection:
        set_frequency(connection, readers[WEEK].subscription_id, Frequency.WEEKLY)
        resting = get_subscription(connection, readers[REST].subscription_id)
        pause(connection, resting, until=FIRST + timedelta(days=4), now=connected.clock.now())
    settings = connected.settings.model_copy(update={"newsletters": (NewsletterSettings(),)})
    return replace(connected, settings=settings)


def at(workplace: Workplace, day: date, hour: int = 8) -> Workplace:
    return replace(workplace, clock=FixedClock(datetime(day.year, day.month, day.day, hour, tzinfo=UTC)))


def got(mails: MailServer, address: str) -> list[tuple[str, str]]:
    """Publication and date of every letter that an address was sent."""
    letters = [each.message for each in mails.to(address)]
    return [
        (str(letter["List-Id"]).strip("<>").split(".")[0], f"{letter['Date'].datetime:%d}")
        for letter in letters
    ]


@pytest.mark.parametrize("by_hand", [False, True])
def test_in_eight_days_everybody_is_sent_what_they_chose(three, smtp_server, by_hand):
    for ahead in range(8):
        day = FIRST + timedelta(days=ahead)
        if by_hand:
            run_day(at(three, day), day)
        else:
            for hour in (6, 8, 20):
                run_due(at(three, day, hour))
    assert got(smtp_server, DAY) == [("daily", f"{number:02}") for number in range(3, 11)]
    assert got(smtp_server, WEEK) == [("daily-weekly", "08")]
    assert got(smtp_server, REST) == [("daily", f"{number:02}") for number in range(7, 11)]


@pytest.mark.usefixtures("smtp_server")
def test_nobody_chose_the_digest_so_none_is_made(three):
    with three.database.write() as connection:
        set_frequency(connection, add_readers(three)[WEEK].subscription_id, Frequency.DAILY)
    run_due(at(three, SUNDAY))
    assert list(run_day(at(three, SUNDAY), SUNDAY)) == ["daily"]
    with three.database.read() as connection:
        assert find(connection, "daily-weekly", SUNDAY) is None


def test_a_digest_that_readers_chose_but_the_operator_took_away_is_said_and_they_get_no_daily_letter(
    three, smtp_server, caplog
):
    off = (NewsletterSettings(weekly_on="off"),)
    run_due(at(replace(three, settings=three.settings.model_copy(update={"newsletters": off})), SUNDAY))
    assert "some readers chose the weekly digest, which is off" in caplog.text
    assert WEEK not in caplog.text
    assert (len(got(smtp_server, DAY)), got(smtp_server, WEEK)) == (1, [])


def test_the_links_of_a_digest_lead_to_its_web_version_and_out_of_the_newsletter(three, smtp_server):
    run_due(at(three, SUNDAY))
    letter = smtp_server.to(WEEK)[0].message
    plain = letter.get_body(("plain",)).get_content()
    assert f"http://letter.example/issues/daily-weekly/{SUNDAY}" in plain
    with running(at(three, SUNDAY)) as url, httpx.Client(base_url=url) as http:
        page = http.get(f"/issues/daily-weekly/{SUNDAY}")
        assert "Daily Health, once a week on the web" in page.text
        index = http.get("/issues/").text
        assert '<h2 id="letters-daily-weekly">Daily Health, once a week</h2>' in index
        assert f'href="/issues/daily-weekly/{SUNDAY}"' in index
        feed = feedparser.parse(http.get("/issues/daily-weekly/feed.atom").content)
        assert (feed.feed.title, len(feed.entries)) == ("Daily Health, once a week", 1)
        assert http.get(f"/issues/other-weekly/{SUNDAY}").status_code == 404
        path = str(letter["List-Unsubscribe"]).strip("<>").removeprefix("http://letter.example")
        assert http.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with three.database.read() as connection:
        assert get_subscription(connection, 2).newsletter == "daily"
        assert get_subscription(connection, 2).state is State.UNSUBSCRIBED


def test_a_weekly_digest_has_no_heading_in_the_archive_before_there_is_one(site: Site) -> None:
    publish(site.workplace, FIRST)
    assert "once a week" not in site.http.get("/issues/").text
    assert site.http.get("/issues/daily-weekly/feed.atom").status_code == 200


@pytest.mark.usefixtures("smtp_server")
def test_the_same_section_may_be_in_a_letter_and_in_the_digest(three, tmp_path):
    """The gap rules are kept for each publication: nobody is sent both."""
    few = three.settings.model_copy(update={"content_path": tmp_path / "few.db"})
    fill(few.content_path, names=NAMES[:5])
    for ahead in range(6):
        run_due(at(replace(three, settings=few), FIRST + timedelta(days=ahead)))
    told = set()
    with three.database.read() as connection:
        for ahead in range(6):
            daily = find(connection, "daily", FIRST + timedelta(days=ahead))
            told |= {pick.section_key for pick in daily.issue.picks} if daily else set()
        weekly = find(connection, "daily-weekly", SUNDAY)
    assert weekly is not None
    assert weekly.issue.trace is not None
    assert weekly.issue.trace.rung == 0
    assert {pick.section_key for pick in weekly.issue.picks} & told


def test_a_reader_who_left_stays_left_when_the_digest_day_comes(three, smtp_server):
    reader = add_readers(three)[WEEK]
    token = three.keyring.token(Purpose.UNSUBSCRIBE, reader.handle)
    unsubscribe(three, token, door="one-click", evidence="POST")
    run_due(at(three, SUNDAY))
    assert got(smtp_server, WEEK) == []
