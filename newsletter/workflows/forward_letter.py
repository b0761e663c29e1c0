"""Forward a letter that a person wrote to us to the operator, and answer it once with the emergency notice.

Both leave through the outbox. What is queued twice is queued once: each has a Message-ID made of the letter.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from enum import Enum, auto

from sqlalchemy import Connection

from newsletter.delivery.enclosure import enclose
from newsletter.delivery.message import message_id
from newsletter.delivery.outbox import MailKind, enqueue, mail_called
from newsletter.feedback.correspondence import Correspondence, correspondence_of
from newsletter.feedback.incoming import Incoming
from newsletter.rendering.notice import Alert
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.address import compared, parse_address
from newsletter.subscribers.limit import opens_at, within_limit
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.store import find_subscriber
from newsletter.subscribers.suppression import suppression_of
from newsletter.subscribers.token import Purpose, new_handle
from newsletter.workflows.alert import alert
from newsletter.workflows.workplace import Workplace

#: RFC 3834 2 leaves it to the responder; a week is what vacation replies use (RFC 5230 4.1 takes 7 days).
ANSWER_ONCE_IN = timedelta(days=7)
#: Whoever forges senders must not make us write to many.
ANSWERS_AN_HOUR = 60
#: More letters than a person reads are a flood; they stay in the mailbox.
LETTERS_AN_HOUR, LETTERS_A_DAY_OF_ONE = 100, 10
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_CUT = "The letter is longer than 256 kB: the end of it is missing here, and is in the mailbox."
_FLOOD = f"more than {LETTERS_AN_HOUR} letters in an hour"


class Handling(Enum):
    """What became of a letter."""

    FORWARDED = auto()
    #: The mailbox keeps it, unread: nobody is to be sent letters, or this one is of a flood.
    KEPT = auto()
    #: It is a mail of our own.
    OURS = auto()


def forward_letter(workplace: Workplace, incoming: Incoming, *, is_answered: bool = True) -> Handling:
    """Queue the letter for the operator, and the answer to its writer; once, however often it is given.

    *is_answered* False: no answer, because a machine may have written it.
    """
    settings, now = workplace.settings, workplace.clock.now()
    letter = correspondence_of(incoming.raw, ours=own_addresses(settings))
    if compared(letter.writer) in own_addresses(settings):
        return Handling.OURS
    if not settings.letters_go_to:
        return Handling.KEPT
    newsletter = _addressed(settings, letter)
    with workplace.database.write() as connection:
        queue = _Queue(connection, workplace, newsletter, hashlib.sha256(incoming.raw).hexdigest(), now)
        if queue.has(MailKind.FORWARD):
            return Handling.FORWARDED
        if not _is_within_limits(connection, workplace, letter, now=now):
            return Handling.KEPT
        queue.add(
            MailKind.FORWARD,
            settings.letters_go_to,
            incoming.raw,
            alert=Alert.LETTER,
            reason=_CUT if incoming.is_cut else "",
        )
        if is_answered and _may_be_answered(connection, workplace, letter, now=now):
            reader = find_subscriber(connection, compared(letter.answer_to))
            references = {"In-Reply-To": letter.message_id, "References": " ".join(letter.references)}
            queue.add(
                MailKind.ANSWER,
                letter.answer_to,
                json.dumps(references).encode(),
                language=reader.language if reader else "",
            )
    return Handling.FORWARDED


def own_addresses(settings: Settings) -> frozenset[str]:
    """Every address that our mail comes from or answers go to, in canonical form."""
    named = [one for each in settings.newsletters for one in (each.sender, each.reply_to)]
    found = [parseaddr(one)[1] for one in (*named, settings.return_path)]
    return frozenset(compared(one) for one in found if one)


@dataclass(frozen=True)
class _Queue:
    """The outbox, for what follows from one letter, which is known by its *digest*."""

    connection: Connection
    workplace: Workplace
    newsletter: NewsletterSettings
    digest: str
    now: datetime

    def has(self, kind: MailKind) -> bool:
        """Whether it is queued, or was sent."""
        return mail_called(self.connection, self._message_id(kind)) is not None

    def add(
        self,
        kind: MailKind,
        recipient: str,
        content: bytes,
        *,
        language: str = "",
        alert: str = "",
        reason: str = "",
    ) -> None:
        """Queue a mail with its enclosure."""
        enqueue(
            self.connection,
            kind=kind,
            recipient=recipient,
            newsletter=self.newsletter.name,
            handle=new_handle(),
            message_id=self._message_id(kind),
            now=self.now,
            language=language,
            alert=alert,
            reason=reason,
        )
        mail = mail_called(self.connection, self._message_id(kind))
        assert mail is not None  # noqa: S101 - it was queued just now
        enclose(self.connection, Sealer(self.workplace.keyring, Purpose.ENCLOSURE), mail.id, content)

    def _message_id(self, kind: MailKind) -> str:
        domain = parseaddr(self.newsletter.sender)[1].rpartition("@")[2]
        return message_id(self.workplace.keyring, kind, self.digest, domain=domain)


def _addressed(settings: Settings, letter: Correspondence) -> NewsletterSettings:
    """The newsletter that was written to; the first one where that cannot be told."""
    for one in settings.newsletters:
        if {compared(parseaddr(each)[1]) for each in (one.sender, one.reply_to) if each} & letter.sent_to:
            return one
    return settings.newsletter()


def _is_within_limits(
    connection: Connection, workplace: Workplace, letter: Correspondence, *, now: datetime
) -> bool:
    """Whether one more letter is forwarded. The flood of one writer does not use up the limit of all."""

    def counts(who: str, limit: int, window: timedelta) -> bool:
        return within_limit(
            connection, workplace.keyring, what="letter", who=who, limit=limit, window=window, now=now
        )

    if not counts(compared(letter.writer), LETTERS_A_DAY_OF_ONE, _DAY):
        return False
    if counts("\0all", LETTERS_AN_HOUR, _HOUR):
        return True
    alert(connection, workplace, Alert.LETTERS, reason=_FLOOD, now=now)
    return False


def _may_be_answered(
    connection: Connection, workplace: Workplace, letter: Correspondence, *, now: datetime
) -> bool:
    if not letter.answer_to:
        return False
    canonical = parse_address(letter.answer_to).canonical
    reason = suppression_of(connection, workplace.keyring, canonical)
    if reason is not None and not reason.lifted_by_opt_in:
        return False
    # The writer counts beside the return path, which may change with each letter. A slot of theirs is used
    # only if an answer leaves: a flood must not use it up.
    writers = dict.fromkeys(one for one in (canonical, compared(letter.writer)) if one)
    keyring, week = workplace.keyring, ANSWER_ONCE_IN
    for one in writers:
        if opens_at(connection, keyring, what="answer", who=one, limit=1, window=week, now=now) > now:
            return False
    is_free = within_limit(
        connection, keyring, what="answer", who="\0all", limit=ANSWERS_AN_HOUR, window=_HOUR, now=now
    )
    if not is_free:
        return False
    for one in writers:
        within_limit(connection, keyring, what="answer", who=one, limit=1, window=week, now=now)
    return True
