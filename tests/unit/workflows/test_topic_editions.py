"""Topic editions from end to end: who chose what gets what, and nobody can tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select

from newsletter.content.store import ContentStore
from newsletter.delivery.ledger import deliveries
from newsletter.issues.decision import Act, Decision
from newsletter.issues.topic_set import GENTLE, MIN_READERS
from newsletter.rendering import store as edition_store
from newsletter.rendering.store import EditionFacts
from newsletter.settings import NewsletterSettings
from newsletter.subscribers.schema import subscribers, subscriptions
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.token import new_handle
from newsletter.subscribers.topics import TopicChoice, set_topics
from newsletter.web.page import Pages
from newsletter.workflows.compose import compose, make_draft
from newsletter.workflows.decide import decide
from newsletter.workflows.deliver import deliver
from newsletter.workflows.forget import forget_topic_editions
from newsletter.workflows.show_letter import find_letter, show_letter
from newsletter.workflows.topic_editions import edition_of, edition_path
from newsletter.workflows.withdraw import withdraw
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import fill

DAY = date(2026, 3, 3)
NAMES = ("lupus", "acne", "angina", "gout", "glaucoma", "asthma", "miscarriage")
TOPICS = ("acne", "angina", "asthma")


@pytest.fixture
def shop(connected: Workplace) -> Workplace:
    """A newsletter with topics, and readers: 50 for angina, 10 for acne, 3 who never want pregnancy loss."""
    fill(connected.settings.content_path, names=NAMES)
    newsletters = (NewsletterSettings(topics=TOPICS),)
    settings = connected.settings.model_copy(update={"newsletters": newsletters})
    opened = replace(connected, settings=settings)
    add_readers(opened, "angina", MIN_READERS, TopicChoice(frozenset({"angina"})))
    add_readers(opened, "acne", 10, TopicChoice(frozenset({"acne"})))
    add_readers(opened, "gentle", 3, TopicChoice(never=frozenset({"pregnancy loss"})))
    add_readers(opened, "general", 2, TopicChoice())
    return opened


def add_readers(workplace: Workplace, name: str, count: int, choice: TopicChoice) -> None:
    now = workplace.clock.now()
    sealer = Sealer(workplace.keyring)
    with workplace.database.write() as connection:
        for number in range(count):
            address = f"{name}{number}@example.org"
            subscriber = connection.execute(
                insert(subscribers).values(
                    handle=new_handle(), address=address, canonical=address, created_at=now, suppressed=False
                )
            ).inserted_primary_key[0]  # type: ignore[index] # one row, one key
            connection.execute(
                insert(subscriptions).values(
                    subscriber_id=subscriber, newsletter="daily", state="active", handle=new_handle(),
                    created_at=now, changed_at=now, confirmed_at=now,
                )
            )  # fmt: skip
            set_topics(connection, sealer, subscriber, choice, now=now)


def lead_with(workplace: Workplace, name: str) -> None:
    """Let the general edition be led by the article called *name*."""
    decision = Decision(act=Act.LEAD, issued_on=DAY, article_id=name)
    decide(workplace, workplace.settings.newsletter(), decision, actor="ada")


def test_enough_readers_of_a_topic_get_an_edition_and_too_few_do_not(shop):
    stored = compose(shop, shop.settings.newsletter(), DAY)
    with shop.database.read() as connection:
        facts = edition_store.edition_facts(connection, stored.id)
        angina = edition_store.find(connection, stored.id, "angina")
    assert set(facts) == {"", "angina", GENTLE}
    assert facts["angina"].readers == MIN_READERS
    assert angina is not None
    assert "Angina" in angina.html
    assert "angina" not in angina.subject.lower()


def test_an_edition_goes_beyond_its_topics(shop):
    newsletter = shop.settings.newsletter()
    issue = make_draft(shop.settings, shop.database, newsletter, DAY, since=DAY, topics=("angina",)).issue
    inside = {pick.article_id for pick in issue.picks if "angina" in pick.topics}
    assert inside
    assert {pick.article_id for pick in issue.picks} - inside


def test_every_reader_is_sent_the_edition_for_their_topics_once(shop, smtp_server):
    newsletter = shop.settings.newsletter()
    stored = compose(shop, newsletter, DAY)
    assert deliver(shop, newsletter, DAY)["accepted"] == MIN_READERS + 15
    letters = {mail["To"]: mail for mail in [one.message for one in smtp_server.received]}
    assert len(letters) == MIN_READERS + 15
    with shop.database.read() as connection:
        editions = {key: edition_store.find(connection, stored.id, key) for key in ("", "angina")}
    angina, general = editions["angina"], editions[""]
    assert angina is not None
    assert general is not None
    assert letters["angina0@example.org"]["Subject"] == angina.subject
    assert letters["acne0@example.org"]["Subject"] == general.subject
    own = letters["angina0@example.org"].get_body(("plain",)).get_content()
    assert "many readers share this edition" in " ".join(own.split())


def test_what_a_reader_never_wants_is_not_in_their_letter(shop, smtp_server):
    lead_with(shop, "miscarriage")
    newsletter = shop.settings.newsletter()
    compose(shop, newsletter, DAY)
    deliver(shop, newsletter, DAY)
    for mail in [one.message for one in smtp_server.received]:
        said = mail.get_body(("plain",)).get_content().lower()
        if mail["To"].startswith("gentle"):
            assert "miscarriage" not in said
        if mail["To"].startswith("general"):
            assert "miscarriage" in said


def test_who_has_no_edition_without_what_they_never_want_is_skipped_with_the_reason(connected, smtp_server):
    fill(connected.settings.content_path, names=("miscarriage",))
    shop = connected
    add_readers(shop, "gentle", 1, TopicChoice(never=frozenset({"pregnancy loss"})))
    newsletter = shop.settings.newsletter()
    compose(shop, newsletter, DAY)
    assert deliver(shop, newsletter, DAY)["skipped"] == 1
    assert [one.message for one in smtp_server.received] == []
    with shop.database.read() as connection:
        reason = connection.scalar(select(deliveries.c.reason))
    assert reason == "no edition without what the reader never wants to be sent"


def test_which_edition_a_reader_got_is_readable_nowhere(shop, smtp_server):
    newsletter = shop.settings.newsletter()
    compose(shop, newsletter, DAY)
    deliver(shop, newsletter, DAY)
    with shop.database.read() as connection:
        sealed = connection.scalars(select(deliveries.c.edition)).all()
    assert sum(one is None for one in sealed) == 12
    assert len({one for one in sealed if one}) == MIN_READERS + 3
    for mail in [one.message for one in smtp_server.received]:
        assert not any("angina" in str(value).lower() for key, value in mail.items() if key != "To")


def test_the_web_version_of_an_edition_has_a_name_that_tells_nothing(shop):
    newsletter = shop.settings.newsletter()
    compose(shop, newsletter, DAY)
    deliver(shop, newsletter, DAY)
    path = edition_path(shop.keyring, "daily", DAY, "angina")
    assert path
    assert "angina" not in path
    found, general = find_letter(shop, "daily", DAY, path), find_letter(shop, "daily", DAY, None)
    assert found is not None
    assert general is not None
    assert f"/issues/daily/{DAY}/{path}" in found.edition.html
    assert find_letter(shop, "daily", DAY, "angina") is None
    assert general.edition != found.edition


def test_what_is_withdrawn_goes_from_a_topic_edition_as_well_and_its_page_is_still_for_nobody_else(shop):
    newsletter = shop.settings.newsletter()
    compose(shop, newsletter, DAY)
    deliver(shop, newsletter, DAY)
    withdraw(shop.database, "angina", reason="wrong", actor="operator", clock=shop.clock)
    name = edition_path(shop.keyring, "daily", DAY, "angina")
    pages = Pages(shop.settings)
    shown = show_letter(shop, newsletter, DAY, name=name, templates=pages.environment(), tokens=pages.tokens)
    assert shown is not None
    assert shown.html is not None
    assert "This part was withdrawn on <strong>3 March 2026</strong>." in shown.html
    assert "angina" not in shown.html.lower()
    assert '<meta name="robots" content="noindex">' in shown.html


def test_what_never_comes_decides_before_what_is_liked():
    facts = {
        "": EditionFacts(0, frozenset()),
        "angina": EditionFacts(60, frozenset({"sexual health"})),
        GENTLE: EditionFacts(0, frozenset()),
    }
    liked = TopicChoice(frozenset({"angina"}))
    careful = TopicChoice(frozenset({"angina"}), frozenset({"sexual health"}))
    assert edition_of(liked, facts, offered=TOPICS, day=DAY) == "angina"
    assert edition_of(careful, facts, offered=TOPICS, day=DAY) == GENTLE
    without = {key: value for key, value in facts.items() if key != GENTLE}
    assert edition_of(careful, without, offered=TOPICS, day=DAY) is None


def test_after_ninety_days_nobody_can_tell_who_was_sent_what(shop):
    newsletter = shop.settings.newsletter()
    stored = compose(shop, newsletter, DAY)
    deliver(shop, newsletter, DAY)
    assert forget_topic_editions(shop.database, "daily", DAY + timedelta(days=90)) == 0
    assert forget_topic_editions(shop.database, "weekly", DAY + timedelta(days=91)) == 0
    assert forget_topic_editions(shop.database, "daily", DAY + timedelta(days=91)) == 2
    with shop.database.read() as connection:
        assert set(edition_store.edition_facts(connection, stored.id)) == {""}
        assert set(connection.scalars(select(deliveries.c.edition))) == {None}


def test_the_store_is_only_read(shop):
    with ContentStore(shop.settings.content_path) as store:
        before = len(store.articles())
    compose(shop, shop.settings.newsletter(), DAY)
    with ContentStore(shop.settings.content_path) as store:
        assert len(store.articles()) == before
