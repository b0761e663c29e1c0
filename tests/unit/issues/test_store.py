"""Issues in the database: one per newsletter and date, and the history that the picker reads."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from newsletter.database import Database
from newsletter.issues import store
from newsletter.issues.history import SECTION_GAP, History
from newsletter.issues.issue import Issue, State
from tests.conftest import NOW
from tests.unit.factory import DAY, article, issue

ADD = """
import sys
from newsletter.database import Database
from newsletter.issues import store
from tests.conftest import NOW
from tests.unit.factory import issue
database = Database(sys.argv[1])
with database.write() as connection:
    print(store.add(connection, issue(), composed_at=NOW))
database.close()
"""


def add(database: Database, made: Issue) -> int | None:
    with database.write() as connection:
        return store.add(connection, made, composed_at=NOW)


def find(database: Database, day=DAY, newsletter: str = "daily") -> store.StoredIssue:
    with database.read() as connection:
        found = store.find(connection, newsletter, day)
    assert found is not None
    return found


def test_an_issue_comes_back_as_it_was_composed(database):
    made = issue(article("gout"), article("eczema")).model_copy(update={"state": State.APPROVED})
    issue_id = add(database, made)
    stored = find(database)
    assert (stored.id, stored.issue) == (issue_id, made)
    assert (stored.started_at, stored.audience_at, stored.finished_at) == (None, None, None)


def test_a_date_without_an_issue_has_none(database):
    with database.read() as connection:
        assert store.find(connection, "daily", DAY) is None


def test_a_second_issue_for_the_same_date_is_not_stored_and_what_else_was_written_stays(database):
    first = issue(article("gout"))
    add(database, first)
    with database.write() as connection:
        assert store.add(connection, issue(article("eczema")), composed_at=NOW) is None
        other = first.model_copy(update={"newsletter": "weekly"})
        assert store.add(connection, other, composed_at=NOW) is not None
    assert find(database).issue.lead.article_id == "gout"
    assert find(database, newsletter="weekly").issue == other


def test_threads_that_compose_the_same_date_at_once_make_one_issue(database):
    ids: list[int | None] = []
    gate = threading.Barrier(4)

    def compose() -> None:
        made = issue()
        gate.wait()
        ids.append(add(database, made))

    threads = [threading.Thread(target=compose) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids, key=str) == [find(database).id, None, None, None]


def test_processes_that_compose_the_same_date_at_once_make_one_issue(database):
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", ADD, url]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = sorted(each.communicate(timeout=60)[0].strip() for each in running)
    assert answers == [str(find(database).id), "None"]


def test_the_history_holds_each_section_used_and_who_led(database):
    made = issue(day=DAY - timedelta(days=1))
    add(database, made)
    with database.read() as connection:
        history = store.history(connection, "daily", DAY)
        assert store.history(connection, "weekly", DAY) == History()
    assert list(history.used) == store.uses_of(made)
    assert [one.section_key for one in history.used] == [pick.section_key for pick in made.picks]
    assert [one.is_lead for one in history.used] == [True, *[False] * (len(made.picks) - 1)]
    assert history.ever_used == {pick.article_id for pick in made.picks}
    assert (history.begun_on, history.last_form(DAY)) == (made.issued_on, made.form)


def test_the_history_reaches_as_far_as_the_gap_rule_in_both_directions_and_leaves_the_day_out(database):
    gaps = [timedelta(days=days) for days in (-400, -181, -180, -179, -1, 0, 1, 179, 180, 181)]
    for gap in gaps:
        add(database, issue(day=DAY + gap))
    with database.read() as connection:
        days = {(one.issued_on - DAY) for one in store.history(connection, "daily", DAY).used}
    assert {gap for gap in gaps if abs(gap) < SECTION_GAP and gap} <= days
    assert timedelta(0) not in days
    assert timedelta(days=-400) not in days


def test_an_issue_walks_through_its_states_and_keeps_its_first_start(database):
    issue_id = add(database, issue())
    assert issue_id is not None
    with database.write() as connection:
        store.set_state(connection, issue_id, State.APPROVED)
        store.start(connection, issue_id, started_at=NOW)
        store.start(connection, issue_id, started_at=NOW + timedelta(hours=1))
        store.audience_complete(connection, issue_id, audience_at=NOW)
    sending = find(database)
    assert (sending.issue.state, sending.started_at, sending.audience_at) == (State.SENDING, NOW, NOW)
    with database.write() as connection:
        store.set_state(connection, issue_id, State.SENT, finished_at=NOW)
    assert (find(database).issue.state, find(database).finished_at) == (State.SENT, NOW)


@pytest.mark.parametrize(
    ("state", "listed"),
    [
        (State.COMPOSED, False),
        (State.APPROVED, True),
        (State.SENDING, True),
        (State.PAUSED, True),
        (State.SENT, False),
        (State.CANCELLED, False),
    ],
)
def test_only_issues_that_are_approved_being_sent_or_paused_are_unfinished(database, state, listed):
    for day in (DAY - timedelta(days=5), DAY, DAY - timedelta(days=1)):
        made = issue(day=DAY).model_copy(update={"issued_on": day, "state": state})
        add(database, made)
    with database.read() as connection:
        found = store.unfinished(connection, "daily", since=DAY - timedelta(days=2))
    expected = [DAY - timedelta(days=1), DAY] if listed else []
    assert [one.issue.issued_on for one in found] == expected
