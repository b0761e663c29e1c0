"""A reader gets everything that is kept of them: once, by the link that was mailed to their address.

The right to access and to portability (GDPR Art. 15 and 20): JSON for programs, CSV for people.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from newsletter.delivery.history import SentLetter, letters_to
from newsletter.delivery.outbox import mails_to
from newsletter.errors import TokenError
from newsletter.feedback.record import KeptEvent, records_of
from newsletter.notices.queue import events_of
from newsletter.subscribers.consent import ConsentRecord
from newsletter.subscribers.ledger import consent_records
from newsletter.subscribers.link import LinkKind, link_by_handle, links_of, spend_link
from newsletter.subscribers.origin import open_origin
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.store import get_subscriber, get_subscription, subscriptions_of
from newsletter.subscribers.subscriber import Subscriber, Subscription
from newsletter.subscribers.suppression import suppression_of
from newsletter.subscribers.token import Keyring, Purpose
from newsletter.subscribers.topics import topics_of
from newsletter.subscribers.transfer.cell import guard
from newsletter.workflows.workplace import Workplace

Row = dict[str, Any]


class Answer(StrEnum):
    """Where a link to somebody's data stands, or what pressing its button did."""

    OPEN = "open"
    GIVEN = "given"
    SPENT = "used or expired"


@dataclass(frozen=True, kw_only=True)
class DataLink:
    """The answer, the newsletter (its name) that mailed the link, the reader's own *language* or "".

    *archive*: a ZIP file, when it is given.
    """

    answer: Answer
    newsletter: str
    language: str = ""
    archive: bytes = b""


def look_at_data(workplace: Workplace, token: str) -> DataLink:
    """What the page behind the link shows. Changes nothing, and shows nothing of the reader.

    Raises:
        TokenError: the token is forged, or its reader is gone.
    """
    handle = workplace.keyring.read(Purpose.DATA, token)
    with workplace.database.read() as connection:
        return _look(connection, workplace, handle)


def give_data(workplace: Workplace, token: str) -> DataLink:
    """The file, once. The caller has seen that the form of the page was sent, not just any POST.

    Raises:
        TokenError: the token is forged, or its reader is gone.
        SubscriberError: something was sealed under a key that is gone.
    """
    handle = workplace.keyring.read(Purpose.DATA, token)
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        found = _look(connection, workplace, handle)
        link = link_by_handle(connection, handle)
        if link is None or found.answer is not Answer.OPEN or not spend_link(connection, link, now=now):
            return DataLink(answer=Answer.SPENT, newsletter=found.newsletter, language=found.language)
        subscription = get_subscription(connection, link.subscription_id)
        subscriber = get_subscriber(connection, subscription.subscriber_id)
        kept = everything_of(connection, workplace, subscriber)
    return DataLink(
        answer=Answer.GIVEN,
        newsletter=found.newsletter,
        language=found.language,
        archive=as_zip(kept, made_at=now),
    )


def everything_of(connection: Connection, workplace: Workplace, subscriber: Subscriber) -> Row:
    """All that is kept of a reader, by table, with what is sealed opened; ready for JSON.

    Raises:
        SubscriberError: something was sealed under a key that is gone.
    """
    keyring = workplace.keyring
    theirs = subscriptions_of(connection, subscriber.id)
    ids = [each.id for each in theirs]
    chosen = topics_of(connection, Sealer(keyring), ids[0]) if ids else None
    return {
        "address": subscriber.address,
        "language": subscriber.language,
        "never_mailed_because": suppression_of(connection, keyring, subscriber.canonical) or "",
        "subscriptions": [_subscription(each) for each in theirs],
        "topics": [
            *({"topic": topic, "wish": "more"} for topic in sorted(chosen.interests if chosen else ())),
            *({"topic": topic, "wish": "never"} for topic in sorted(chosen.never if chosen else ())),
        ],
        "consents": [
            _consent(record, keyring, subscriber.id) for record in consent_records(connection, subscriber.id)
        ],
        "letters": [_letter(each, keyring) for each in letters_to(connection, ids)],
        "mails": [
            {"kind": mail.kind, "asked_at": mail.created_at, "state": mail.state, "reply": mail.last_reply}
            for mail in mails_to(connection, subscriber.address)
        ],
        "links": [
            {
                "kind": link.kind,
                "mailed_at": link.requested_at,
                "works_until": link.expires_at,
                "used_at": link.spent_at,
                "new_address": link.new_address,
            }
            for link in links_of(connection, ids)
        ],
        "came_back": [_came_back(each) for each in records_of(connection, subscriber.id)],
        "told_sites": [
            {"site": event.site, "told": event.type, "at": event.created_at, "state": event.state}
            for event in events_of(connection, subscriber.id)
        ],
    }


def as_zip(kept: Row, *, made_at: datetime) -> bytes:
    """``data.json`` with everything, and a CSV file for each table of it that has rows."""
    archive = io.BytesIO()
    day = (made_at.year, made_at.month, made_at.day, made_at.hour, made_at.minute, made_at.second)

    def add(file: zipfile.ZipFile, name: str, text: str) -> None:
        file.writestr(zipfile.ZipInfo(name, day), text.encode(), zipfile.ZIP_DEFLATED)

    with zipfile.ZipFile(archive, "w") as file:
        add(file, "data.json", as_json({"made_at": made_at, **kept}))
        for name, rows in kept.items():
            if isinstance(rows, list) and rows:
                add(file, f"{name}.csv", _csv(rows))
    return archive.getvalue()


def as_json(kept: Mapping[str, Any]) -> str:
    """*kept* as indented JSON; times in ISO 8601."""
    return json.dumps(kept, indent=2, ensure_ascii=False, default=str) + "\n"


def _csv(rows: Iterable[Row]) -> str:
    """Rows of one table, safe to open in a spreadsheet."""
    every, text = list(rows), io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)  # where cells are parted by semicolons, too
    if every:
        writer.writerow(every[0])
    writer.writerows([guard("" if value is None else str(value)) for value in row.values()] for row in every)
    return text.getvalue()


def _subscription(each: Subscription) -> Row:
    return {
        "newsletter": each.newsletter,
        "state": each.state,
        "frequency": each.frequency,
        "paused_until": each.paused_until,
        "changed_at": each.changed_at,
        "confirmed_at": each.confirmed_at,
    }


def _consent(record: ConsentRecord, keyring: Keyring, subscriber_id: int) -> Row:
    act = record.act
    origin = open_origin(keyring, record.origin, subscriber_id=subscriber_id) if record.origin else {}
    said = vars(act) if act else {}
    return {
        "number": record.sequence,
        "acted_at": "",
        "action": "",
        **said,
        "network_address": origin.get("ip", ""),
        "browser": origin.get("agent", ""),
        "link": record.link.hex(),
    }


def _came_back(event: KeptEvent) -> Row:
    return {
        "at": event.happened_at,
        "what": event.kind,
        "reason": event.reason,
        "status": event.status,
        "said": event.diagnostic,
        "told_by": event.source,
        "followed": event.consequence,
    }


def _letter(letter: SentLetter, keyring: Keyring) -> Row:
    edition = Sealer(keyring).open(letter.edition, owner=letter.subscription_id) if letter.edition else ""
    return {
        "newsletter": letter.newsletter,
        "issue": letter.issued_on,
        "state": letter.state,
        "at": letter.changed_at,
        "reason": letter.reason,
        "edition": edition,
    }


def _look(connection: Connection, workplace: Workplace, handle: bytes) -> DataLink:
    link = link_by_handle(connection, handle)
    if link is None or link.kind is not LinkKind.DATA:
        raise TokenError("this link", "belongs to a reader who is gone", "Sign up again.")
    subscription = get_subscription(connection, link.subscription_id)
    language = get_subscriber(connection, subscription.subscriber_id).language
    answer = Answer.OPEN if link.is_open(workplace.clock.now()) else Answer.SPENT
    return DataLink(answer=answer, newsletter=subscription.newsletter, language=language)
