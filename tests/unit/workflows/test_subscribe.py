from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from newsletter.errors import SettingsError, SubscriberError
from newsletter.subscribers.consent import Action
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.policy import kept_policy
from newsletter.subscribers.schema import signup_counts, subscribers
from newsletter.subscribers.signup import Asked, SignUp
from newsletter.subscribers.subscriber import State
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.token import Purpose
from newsletter.workflows.confirm import look_at_confirmation
from newsletter.workflows.retain import retain
from newsletter.workflows.subscribe import current_policy, subscribe
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace
from newsletter.workflows.write_mail import write_mail
from tests.unit.workflows.conftest import Later, Life


def test_a_new_reader_is_asked_by_mail_and_mailed_nothing_else(ada: Life) -> None:
    assert ada.sign_up() is Asked.MAILED
    assert ada.state() is State.PENDING
    assert [mail.kind for mail in ada.mails()] == ["confirmation"]
    assert not ada.is_mailed()


def test_the_request_is_recorded_with_wording_policy_door_and_mail(ada: Life, workplace: Workplace) -> None:
    ada.sign_up()
    (record,) = ada.consents()
    policy = current_policy(workplace)
    assert record.content.action is Action.REQUEST
    assert record.content.wording == "Yes, send it."
    assert (record.content.policy_version, record.content.policy_sha256) == (policy.version, policy.sha256)
    assert (record.content.door, record.content.page_url) == (
        "sign-up page",
        "http://letter.example/subscribe",
    )
    assert record.content.message_id == ada.mails()[0].message_id
    with workplace.database.read() as connection:
        assert kept_policy(connection, policy.version) == policy.text


def test_asking_again_within_a_day_sends_and_records_nothing_more(ada: Life, later: Later) -> None:
    ada.sign_up()
    soon = ada.at(later(ada.workplace, hours=23, minutes=59))
    assert soon.sign_up() is Asked.ASKED_LATELY
    assert len(soon.mails()) == 1
    assert len(soon.consents()) == 1
    next_day = ada.at(later(ada.workplace, hours=24))
    assert next_day.sign_up() is Asked.MAILED
    assert len(next_day.mails()) == 2


def test_what_is_asked_for_before_the_mail_is_answered_is_asked_by_the_same_mail(
    ada: Life, later: Later
) -> None:
    ada.sign_up()
    soon = ada.at(later(ada.workplace, hours=2))
    assert soon.sign_up("weekly") is Asked.ADDED
    assert soon.sign_up("weekly") is Asked.ASKED_LATELY
    assert len(soon.mails()) == 1
    seen = look_at_confirmation(soon.workplace, soon.confirm_token())
    assert (seen.newsletters, seen.added) == (("daily",), ("weekly",))
    confirmed = soon.confirm("weekly")
    assert confirmed.newsletters == ("daily", "weekly")
    assert soon.is_mailed("daily")
    assert soon.is_mailed("weekly")
    first, second = (each.content.wording for each in soon.consents()[-2:])
    assert "Daily Health" in first
    assert "Weekly Health" not in first
    assert "Weekly Health" in second


def test_what_was_added_and_is_not_ticked_is_not_consented_to(ada: Life) -> None:
    ada.sign_up()
    assert ada.sign_up("weekly") is Asked.ADDED
    assert ada.confirm().newsletters == ("daily",)
    assert not ada.is_mailed("weekly")


def test_each_site_hears_of_what_was_asked_through_its_own_form(ada: Life) -> None:
    ada.sign_up(site="clinic")
    ada.sign_up("weekly", site="heart-club")
    ada.confirm("weekly")
    sites = [found.site for name in ("daily", "weekly") if (found := ada.subscription(name))]
    assert sites == ["clinic", "heart-club"]


def test_who_leaves_one_before_answering_is_not_brought_back_to_it(ada: Life) -> None:
    ada.sign_up("daily", "weekly")
    weekly = ada.token(Purpose.UNSUBSCRIBE, "weekly")
    unsubscribe(ada.workplace, weekly, door="page", evidence="POST")
    ada.confirm()
    assert ada.is_mailed("daily")
    assert not ada.is_mailed("weekly")


def test_several_newsletters_are_asked_about_in_one_mail(ada: Life) -> None:
    assert ada.sign_up("daily", "weekly") is Asked.MAILED
    (mail,) = ada.mails()
    text = write_mail(ada.workplace, mail).decode()
    assert "Daily Health and Weekly Health" in text
    assert not ada.is_mailed("daily")
    ada.confirm()
    assert ada.is_mailed("daily")
    assert ada.is_mailed("weekly")


def test_no_address_is_asked_more_than_three_times_in_thirty_days(ada: Life, later: Later) -> None:
    answers = [ada.at(later(ada.workplace, days=day)).sign_up() for day in range(31)]
    assert [day for day, asked in enumerate(answers) if asked is Asked.MAILED] == [0, 1, 2, 30]


def test_a_mailbox_is_not_asked_more_often_for_being_written_in_other_ways(workplace: Workplace) -> None:
    asked = [
        Life(workplace, address).sign_up()
        for address in ("ada.l@gmail.com", "adal@gmail.com", "ada.l+x@googlemail.com", "ada.l@outlook.com")
    ]
    assert [each is Asked.MAILED for each in asked] == [True, False, False, True]
    # Elsewhere another tag may be another mailbox.
    assert Life(workplace, "ada+x@example.org").sign_up() is Asked.MAILED
    assert Life(workplace, "ada+y@example.org").sign_up() is Asked.MAILED


def test_what_was_added_to_a_newer_mail_is_kept_as_long_as_that_asks(ada: Life, later: Later) -> None:
    ada.sign_up("daily", "weekly")
    again = ada.at(later(ada.workplace, days=6, hours=23))
    assert again.sign_up("daily", "weekly") is Asked.MAILED
    soon = later(ada.workplace, days=7, hours=1)
    retain(soon)
    assert ada.at(soon).confirm().also == ("weekly",)


def test_not_even_after_what_was_kept_of_it_is_deleted(ada: Life, later: Later) -> None:
    for day in range(3):
        ada.at(later(ada.workplace, days=day)).sign_up()
    tenth = later(ada.workplace, days=20)
    retain(tenth)
    assert ada.at(tenth).sign_up() is Asked.ASKED_LATELY


def test_one_network_is_heard_thirty_times_an_hour_and_others_go_on(workplace: Workplace) -> None:
    def asked(number: int, ip: str) -> Asked:
        signup = SignUp(
            address=f"a{number}@example.org",
            newsletter="daily",
            door="x",
            evidence="x",
            origin=Origin(ip),
        )
        return subscribe(workplace, signup)

    answers = [asked(number, f"192.0.2.{number}") for number in range(40)]
    assert answers.count(Asked.MAILED) == 30
    assert answers[30:] == [Asked.TOO_MANY] * 10
    assert asked(50, "198.51.100.1") is Asked.MAILED
    # What comes from this machine comes through it, from anybody.
    assert [asked(100 + number, "127.0.0.1") for number in range(35)] == [Asked.MAILED] * 35
    # A proxy may name what is no address: that is one network, however it is spelt.
    nameless = [asked(200 + number, f"unknown{number}") for number in range(35)]
    assert nameless == [Asked.MAILED] * 30 + [Asked.TOO_MANY] * 5


def test_another_spelling_of_the_address_is_the_same_reader(ada: Life, workplace: Workplace) -> None:
    ada.sign_up()
    assert Life(workplace, "ADA@Example.ORG").sign_up() is Asked.ASKED_LATELY
    with workplace.database.read() as connection:
        assert connection.execute(select(subscribers.c.address)).scalars().all() == [ada.address]


def test_a_reader_who_is_subscribed_gets_no_second_confirmation(ada: Life, later: Later) -> None:
    ada.confirmed()
    next_day = ada.at(later(ada.workplace, days=2))
    assert next_day.sign_up() is Asked.ALREADY_ACTIVE
    assert len(next_day.mails()) == 1


def test_a_reader_who_left_stays_off_until_they_confirm_anew(ada: Life, later: Later) -> None:
    ada.confirmed()
    unsubscribe(ada.workplace, ada.token(Purpose.UNSUBSCRIBE), door="page", evidence="POST")
    next_week = ada.at(later(ada.workplace, days=7))
    assert next_week.sign_up() is Asked.MAILED
    assert next_week.state() is State.UNSUBSCRIBED
    assert not next_week.is_mailed()


@pytest.mark.parametrize("reason", [Reason.COMPLAINED, Reason.OPERATOR])
def test_an_address_never_to_be_mailed_is_not_even_stored(ada: Life, reason: Reason) -> None:
    ada.suppress(reason)
    assert ada.sign_up() is Asked.SUPPRESSED
    assert ada.subscription() is None
    assert ada.mails() == []


def test_a_reader_whose_mail_bounced_may_ask_again(ada: Life) -> None:
    ada.suppress(Reason.BOUNCED)
    assert ada.sign_up() is Asked.MAILED
    assert not ada.is_mailed()


def test_every_sign_up_is_counted_whatever_came_of_it(ada: Life, workplace: Workplace) -> None:
    ada.sign_up()
    ada.sign_up()
    Life(workplace, "eve@example.org").suppress(Reason.COMPLAINED)
    Life(workplace, "eve@example.org").sign_up()
    with workplace.database.read() as connection:
        assert connection.execute(select(signup_counts.c.taken)).scalar() == 3


def test_a_bad_address_or_newsletter_is_refused_and_leaves_no_trace(workplace: Workplace) -> None:
    with pytest.raises(SubscriberError):
        subscribe(workplace, SignUp(address="ada@", newsletter="daily", door="x", evidence="x"))
    with pytest.raises(SettingsError):
        subscribe(workplace, SignUp(address="ada@example.org", newsletter="hourly", door="x", evidence="x"))
    with workplace.database.read() as connection:
        assert connection.execute(select(subscribers)).first() is None


def test_many_sign_ups_at_once_for_one_address_send_one_mail(ada: Life) -> None:
    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(lambda _: ada.sign_up(), range(16)))
    assert sorted(asked) == [Asked.ASKED_LATELY] * 15 + [Asked.MAILED]
    assert len(ada.mails()) == 1
    assert len(ada.consents()) == 1


def test_each_mail_holds_its_readers_own_link_and_no_other(workplace: Workplace) -> None:
    mails = []
    for name in ("ada", "eve"):
        life = Life(workplace, f"{name}@example.org")
        life.sign_up()
        mails.append((life.mailed_token(), life.mails()[0]))
    for (token, mail), (other, _) in zip(mails, mails[::-1], strict=True):
        message = message_from_bytes(write_mail(workplace, mail), policy=default)
        for part in ("plain", "html"):
            body = message.get_body((part,))
            assert body is not None
            text = body.get_content()
            assert f"/confirm/{token}" in text
            assert other not in text
            assert workplace.keyring.token(Purpose.CONFIRM, bytes(12)) not in text
