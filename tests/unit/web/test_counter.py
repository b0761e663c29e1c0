"""Those who sign up at the same time are written at the same time, and none of them for another."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from newsletter.errors import SettingsError, SubscriberError
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.signup import Asked, SignUp
from newsletter.web.counter import AT_ONCE, Counter
from newsletter.workflows.subscribe import subscribe_all
from newsletter.workflows.workplace import Workplace
from tests.unit.workflows.conftest import Life


def signup(address: str, newsletter: str = "daily") -> SignUp:
    return SignUp(address=address, newsletter=newsletter, door="x", evidence="x")


def take(workplace: Workplace, *signups: SignUp) -> list[Asked | BaseException]:
    async def all_at_once() -> list[Asked | BaseException]:
        counter = Counter(workplace)
        try:
            return await asyncio.gather(*map(counter.take, signups), return_exceptions=True)
        finally:
            counter.close()

    return asyncio.run(all_at_once())


def test_a_crowd_is_written_in_few_transactions_and_each_is_asked_once(workplace: Workplace) -> None:
    commits = []
    event.listen(workplace.database.engine, "commit", lambda _connection: commits.append(1))
    readers = [signup(f"reader{number % 40}@example.org") for number in range(60)]
    told = take(workplace, *readers)
    assert told.count(Asked.MAILED) == 40
    assert told.count(Asked.ASKED_LATELY) == 20
    assert 0 < len(commits) <= 60 // AT_ONCE + 2


def test_what_is_wrong_with_one_is_told_to_that_one(workplace: Workplace) -> None:
    told = take(
        workplace,
        signup("ada@example.org"),
        signup("ada@"),
        signup("eve@example.org", "hourly"),
        signup("eve@example.org"),
    )
    assert told[0] is told[3] is Asked.MAILED
    assert isinstance(told[1], SubscriberError)
    assert isinstance(told[2], SettingsError)
    assert len(Life(workplace, "eve@example.org").consents()) == 1


def test_one_that_fails_half_way_leaves_nothing_behind(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Workplace.seal_origin

    def failing(self: Workplace, origin: Origin | None, *, subscriber_id: int) -> bytes | None:
        if subscriber_id == 2:
            raise RuntimeError("the disk")
        return own(self, origin, subscriber_id=subscriber_id)

    monkeypatch.setattr(Workplace, "seal_origin", failing)
    told = subscribe_all(workplace, [signup(f"{name}@example.org") for name in ("ada", "bob", "eve")])
    assert isinstance(told[1], RuntimeError)
    assert not Life(workplace, "bob@example.org").mails()
    assert Life(workplace, "ada@example.org").mails()


def test_all_are_told_when_nothing_could_be_written(workplace: Workplace) -> None:
    with workplace.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE limit_counts")
        connection.exec_driver_sql("DROP TABLE suppressions")
    told = take(workplace, signup("ada@example.org"), signup("eve@example.org"))
    assert all(isinstance(each, SQLAlchemyError) for each in told)
