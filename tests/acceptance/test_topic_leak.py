"""Topics are health data: a whole run, and then a search of everything it left behind and sent.

Which topics a newsletter offers is public: it stands in its settings, on the pages that offer them, and in
the articles. That a reader chose one is not. So two searches are made: for a topic that nobody but one
reader's choice can have brought in (it may stand nowhere at all), and for topics that articles have (they
may stand where the articles do, and nowhere that names a reader).
"""

from __future__ import annotations

import io
import logging
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert

from newsletter.issues.topic_set import MIN_READERS
from newsletter.settings import NewsletterSettings
from newsletter.subscribers.schema import subscribers, subscriptions
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.subscriber import Recipient
from newsletter.subscribers.token import Keyring, new_handle, write_key_file
from newsletter.subscribers.topics import TopicChoice, set_topics
from newsletter.workflows.deliver import deliver
from newsletter.workflows.due import run_day
from newsletter.workflows.export_subscribers import ExportFormat, export_subscribers
from newsletter.workflows.retain import retain
from newsletter.workflows.rotate_keys import rotate_keys
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer, Received
from tests.integration.article_source import fill
from tests.integration.web_site import ADA, Site, running

#: Offered, and without an article: only Ada's choice can bring it anywhere.
CANARY = "quillwort"
#: Offered, with articles, and chosen by enough readers for an edition.
TOPIC = "angina"
#: A subject that Ada never wants to be sent; no article speaks of it.
NEVER = "eating disorders"
GRACE = "grace@example.org"
#: Tables in which a row is about a reader.
PERSONAL = (
    "subscribers",
    "subscriptions",
    "reader_topics",
    "consents",
    "consent_ends",
    "mailed_links",
    "system_mails",
    "deliveries",
    "limit_counts",
    "suppressions",
    "imports",
)


@pytest.fixture
def site(connected: Workplace, smtp_server: MailServer) -> Iterator[Site]:
    fill(connected.settings.content_path, names=("lupus", "angina", "gout", "glaucoma", "asthma", "acne"))
    newsletters = (NewsletterSettings(topics=(CANARY, TOPIC)),)
    settings = connected.settings.model_copy(update={"newsletters": newsletters})
    write_key_file(settings.key_path)
    workplace = replace(connected, settings=settings, keyring=Keyring.load(settings.key_path))
    with running(workplace) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
        yield Site(workplace, http, smtp_server)


def others_who_chose(workplace: Workplace, topic: str, count: int) -> None:
    sealer, now = Sealer(workplace.keyring), workplace.clock.now()
    with workplace.database.write() as connection:
        for number in range(count):
            address = f"reader{number}@example.org"
            (reader,) = connection.execute(
                insert(subscribers)
                .values(
                    handle=new_handle(), address=address, canonical=address, created_at=now, suppressed=False
                )
                .returning(subscribers.c.id)
            ).one()
            connection.execute(
                insert(subscriptions).values(
                    subscriber_id=reader,
                    newsletter="daily",
                    state="active",
                    handle=new_handle(),
                    created_at=now,
                    changed_at=now,
                    confirmed_at=now,
                )
            )
            set_topics(connection, sealer, reader, TopicChoice(frozenset({topic})), now=now)


def whole_run(site: Site) -> tuple[Recipient, list[httpx.Response]]:
    """Ada chooses topics; letters go out; keys are rotated; she gets her data; Grace is a reader, too."""
    ada = site.subscribed()
    site.subscribed(GRACE)
    others_who_chose(site.workplace, TOPIC, MIN_READERS)
    page = site.fresh_path(ada)
    answers = [
        site.http.get(page),
        site.press_the_button(page, act="topics", topic=[CANARY, TOPIC], never=NEVER),  # refused: no consent
        site.press_the_button(page, act="topics", topic=[CANARY, TOPIC], never=NEVER, consent="yes"),
        site.http.get(page),
        site.press_the_button(page, act="data"),
    ]
    day = site.workplace.clock.now().date()
    run_day(site.workplace, day)
    newsletter = site.workplace.settings.newsletter()
    deliver(site.workplace, newsletter, day)
    rotate_keys(site.workplace)
    retain(site.workplace)
    public = ("/issues/", "/issues/daily/feed.atom", f"/issues/daily/{day}", "/readyz", "/healthz", "/")
    answers += [site.http.get(path) for path in public]
    return ada, answers


def plain_text(mail: Received) -> str:
    body = mail.message.get_body(("plain",))
    return str(body.get_content()) if body else ""


def dump(path: Path) -> dict[str, str]:
    """Every table's rows as text."""
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {
            name: "\n".join(
                repr(row)
                for row in connection.execute(f'SELECT * FROM "{name}"')  # noqa: S608 - from the schema
            )
            for name in names
        }


def test_no_topic_that_a_reader_chose_is_found_where_it_may_not_be(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ada, answers = whole_run(site)
    mails = site.mails.received
    assert len(site.mails.to(ADA)) >= 4  # to confirm, the link, the data, the letter
    assert len(mails) > MIN_READERS

    # The canary: nowhere but on the page that offers it, and that only behind her own link.
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes().lower(), file.name
    assert all(CANARY not in str(mail.message).casefold() for mail in mails)

    # The test's mail server writes the mails themselves into its own log.
    logged = "\n".join(line.getMessage() for line in caplog.records if line.name != "mail.log").casefold()
    assert "accepted" in logged
    for word in (CANARY, TOPIC, NEVER):
        assert word not in logged, word
        for answer in answers:
            assert word not in str(answer.headers).casefold()
            assert word not in str(answer.request.url).casefold()
        for mail in mails:
            headers = {name: value for name, value in mail.message.items() if name not in ("Subject", "To")}
            assert word not in str(headers).casefold(), word

    rows = dump(tmp_path / "subscribers.db")
    for table in PERSONAL:
        for word in (CANARY, TOPIC, NEVER):
            assert word not in rows[table].casefold(), (table, word)
    assert rows["reader_topics"]

    for form in ExportFormat:
        written = io.StringIO()
        export_subscribers(site.workplace, written, written_as=form)
        listed = written.getvalue()
        assert ADA in listed
        assert not [word for word in (CANARY, TOPIC, NEVER) if word in listed.casefold()]

    # Who chose the topic shares an edition with all others who did; nobody else is sent it.
    told = {mail.recipients[0] for mail in mails if TOPIC in plain_text(mail) and "List-Id" in mail.message}
    assert told == {ADA, *(f"reader{number}@example.org" for number in range(MIN_READERS))}

    # It is not that nothing was kept: she sees it, and her own copy has it.
    assert f'value="{CANARY}" checked' in answers[3].text
    match = re.search(r"http://letter\.example(/data/\S+)", "\n".join(map(plain_text, site.mails.to(ADA))))
    assert match
    with zipfile.ZipFile(io.BytesIO(site.press_the_button(match[1]).content)) as archive:
        assert CANARY in archive.read("topics.csv").decode()
    assert "checked" not in answers[0].text.partition('name="topic"')[2].partition("</fieldset>")[0]
    assert ada.address == ADA
