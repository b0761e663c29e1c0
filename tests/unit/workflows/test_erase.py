"""Erasure: what a reader who asks to be forgotten can count on."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import NewsletterError
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.consent import Action, Actor, ConsentAct, examine_chain
from newsletter.subscribers.journal import Act
from newsletter.subscribers.ledger import consent_records, record_consent
from newsletter.subscribers.link import LinkKind, link_by_handle
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.signup import Asked
from newsletter.subscribers.store import find_subscriber, get_subscriber, set_address
from newsletter.subscribers.subscriber import State, Subscriber
from newsletter.subscribers.suppression import Reason, suppression_of
from newsletter.subscribers.token import Purpose
from newsletter.subscribers.topics import TopicChoice, set_topics
from newsletter.workflows.confirm import confirm
from newsletter.workflows.erase import erase
from newsletter.workflows.mail_link import mail_link
from newsletter.workflows.unsubscribe import look_at_departure, unsubscribe
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers
from tests.unit.workflows.conftest import ADA, Later, Life

NEW = "ada.lovelace@example.com"


def reader(life: Life) -> Subscriber:
    with life.workplace.database.read() as connection:
        found = find_subscriber(connection, parse_address(life.address).canonical)
    assert found
    return found


def erased(life: Life) -> int:
    """The reader's id, after their erasure."""
    who = reader(life)
    assert erase(life.workplace, who.id, door="erasure page", evidence="POST of the page") == who.address
    return who.id


def suppressed_as(workplace: Workplace, address: str) -> Reason | None:
    with workplace.database.read() as connection:
        return suppression_of(connection, workplace.keyring, parse_address(address).canonical)


def files_with(workplace: Workplace, text: str) -> list[str]:
    """The files of the newsletter that hold *text*, in whatever case."""
    folder = Path(str(workplace.database.url.database)).parent
    wanted = text.encode().lower()
    assert (folder / "subscribers.db").stat().st_size
    return [each.name for each in folder.iterdir() if each.is_file() and wanted in each.read_bytes().lower()]


def change_address(life: Life, address: str) -> Life:
    """What a confirmed change of address leaves behind."""
    new, now = parse_address(address), life.workplace.clock.now()
    who = reader(life)
    with life.workplace.database.write() as connection:
        act = ConsentAct(
            newsletter="", action=Action.CHANGE, address=address, door="page", evidence="POST", acted_at=now
        )
        set_address(connection, who.id, new)
        record_consent(connection, life.workplace.keyring, who.id, act)
    return Life(life.workplace, address)


def test_nothing_of_the_address_is_left_in_any_file(ada: Life, caplog: pytest.LogCaptureFixture) -> None:
    mixed = Life(ada.workplace, "Ada@Example.ORG").confirmed()
    assert files_with(ada.workplace, ADA)
    with caplog.at_level("DEBUG"):
        erased(mixed)
    assert files_with(ada.workplace, ADA) == []
    assert ADA not in caplog.text.lower()
    assert ada.workplace.journal.size


def test_nothing_is_left_after_a_change_of_address_and_both_are_never_mailed(ada: Life) -> None:
    moved = change_address(ada.confirmed(), NEW)
    subscription = moved.subscription()
    assert subscription
    with ada.workplace.database.write() as connection:
        mail_link(
            connection,
            ada.workplace,
            LinkKind.PROFILE,
            subscriber=get_subscriber(connection, reader(moved).id),
            subscription=subscription,
            leaves_at=ada.workplace.clock.now(),
        )
    assert moved.mails()
    erased(moved)
    assert files_with(ada.workplace, ADA) == files_with(ada.workplace, NEW) == []
    assert suppressed_as(ada.workplace, ADA) is suppressed_as(ada.workplace, NEW) is Reason.ERASED


def test_an_address_that_was_given_up_and_is_somebody_elses_now_stays_theirs(ada: Life, later: Later) -> None:
    moved = change_address(ada.confirmed(), NEW)
    other = Life(later(ada.workplace, days=2)).confirmed()
    erased(moved)
    assert other.is_mailed()
    assert suppressed_as(ada.workplace, ADA) is None


def test_nothing_is_left_among_many_readers(workplace: Workplace) -> None:
    """SQLite moves rows between pages as a table grows: what it leaves behind has to go, too."""
    everyone = [
        f"reader{number * 7919 % 1500:04}.y{'x' * (number * 7 % 40)}@example.org" for number in range(1500)
    ]
    add_readers(workplace, *everyone)
    for address in everyone[100:1500:140]:
        erased(Life(workplace, address))
        assert files_with(workplace, address) == []


def test_the_chain_stays_whole_and_says_only_that_it_was_emptied(ada: Life) -> None:
    subscriber_id = erased(ada.confirmed())
    with ada.workplace.database.read() as connection:
        records = consent_records(connection, subscriber_id)
    report = examine_chain(records, ada.workplace.keyring)
    assert str(report) == "whole; the content of 2 of 3 records was deleted"
    last = records[-1].content
    assert (last.action, last.address, last.actor) == (Action.ERASE, "", Actor.READER)


def test_choices_links_and_mails_go_with_the_reader(ada: Life) -> None:
    ada.confirmed()
    who, sealer = reader(ada), Sealer(ada.workplace.keyring, Purpose.TOPICS)
    handle = ada.workplace.keyring.read(Purpose.CONFIRM, ada.confirm_token())
    with ada.workplace.database.write() as connection:
        now = ada.workplace.clock.now()
        set_topics(connection, sealer, who.id, TopicChoice(frozenset({"gout"})), now=now)
    erased(ada)
    with ada.workplace.database.read() as connection:
        tables = ("reader_topics", "mailed_links", "system_mails", "subscriptions")
        left = {t: connection.exec_driver_sql(f"SELECT count(*) FROM {t}").scalar() for t in tables}  # noqa: S608
        assert link_by_handle(connection, handle) is None
        assert get_subscriber(connection, who.id).canonical == "#" + who.handle.hex()
    assert set(left.values()) == {0}


def test_the_links_in_old_letters_still_say_that_one_is_off(ada: Life) -> None:
    token = ada.confirmed().token(Purpose.UNSUBSCRIBE)
    erased(ada)
    assert look_at_departure(ada.workplace, token).newsletter is None
    assert unsubscribe(ada.workplace, token, door="page", evidence="POST").left == ()


def test_doing_it_again_changes_nothing(ada: Life) -> None:
    subscriber_id = erased(ada.confirmed())
    size = ada.workplace.journal.size
    assert erase(ada.workplace, subscriber_id, door="page", evidence="POST") == ""
    assert ada.workplace.journal.size == size


def test_who_comes_back_and_confirms_is_a_new_reader(ada: Life, later: Later) -> None:
    before = erased(ada.confirmed())
    assert ada.at(later(ada.workplace, hours=1)).sign_up() is Asked.ASKED_LATELY
    again = ada.at(later(ada.workplace, hours=24))
    again.sign_up()
    assert not again.is_mailed()
    confirm(again.workplace, again.confirm_token(), page_url="http://letter.example/confirm/")
    assert again.is_mailed()
    assert reader(again).id != before
    assert again.acts() == [Action.REQUEST, Action.CONFIRM]
    assert suppressed_as(ada.workplace, ADA) is None


@pytest.mark.parametrize(
    ("known", "kept"), [(Reason.COMPLAINED, Reason.COMPLAINED), (Reason.BOUNCED, Reason.ERASED)]
)
def test_a_stricter_reason_stays_and_the_journal_knows_of_the_erasure(
    ada: Life, known: Reason, kept: Reason
) -> None:
    ada.confirmed().suppress(known)
    erased(ada)
    assert suppressed_as(ada.workplace, ADA) is kept
    last = list(ada.workplace.journal.read())[-1]
    assert (last.act, last.about) == (Act.SUPPRESS, Reason.ERASED)


def test_a_log_that_is_being_read_is_left_for_later(ada: Life) -> None:
    ada.confirmed()
    with ada.workplace.database.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM subscribers").all()
        erased(ada)
        assert not ada.workplace.database.truncate_log()
    assert ada.workplace.database.truncate_log()
    assert files_with(ada.workplace, ADA) == []


def test_a_journal_that_cannot_be_written_stops_the_erasure(ada: Life) -> None:
    ada.confirmed()
    ada.workplace.journal.path.mkdir()
    with pytest.raises((OSError, NewsletterError)):
        erased(ada)
    assert ada.state() is State.ACTIVE
