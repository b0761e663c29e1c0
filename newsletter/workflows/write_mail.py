"""Write a system mail when its turn comes, unless nobody waits for it any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from json import loads

from sqlalchemy import Connection

from newsletter.delivery.enclosure import enclosed_in
from newsletter.delivery.letter import system_letter
from newsletter.delivery.message import Letter, to_bytes
from newsletter.delivery.outbox import MailKind, SystemMail
from newsletter.feedback.correspondence import correspondence_of
from newsletter.overrides import stamp
from newsletter.rendering.answer import answer_notice
from newsletter.rendering.notice import (
    Alert,
    Notice,
    address_notice,
    alert_notice,
    confirmation_notice,
    data_notice,
    preferences_notice,
    renewal_notice,
)
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.address import compared
from newsletter.subscribers.link import also_about, link_by_handle
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.store import get_subscriber, get_subscription
from newsletter.subscribers.suppression import suppression_of
from newsletter.subscribers.token import HANDLE_BYTES, Purpose
from newsletter.workflows.workplace import Workplace

#: An answer that comes later than that answers nothing.
_ANSWER_WITHIN = timedelta(days=1)

_Writer = Callable[[Settings, NewsletterSettings, str, Sequence[NewsletterSettings]], Notice]

#: By kind: the page behind the link, what its token is bound to, and who writes the mail around it (about
#: a newsletter, and perhaps further ones).
_WRITERS: dict[MailKind, tuple[str, Purpose, _Writer]] = {
    MailKind.CONFIRMATION: (
        "confirm",
        Purpose.CONFIRM,
        lambda settings, newsletter, url, also: confirmation_notice(
            settings, newsletter, confirm_url=url, privacy_url=f"{settings.base_url}/privacy", also=also
        ),
    ),
    MailKind.RENEWAL: (
        "confirm",
        Purpose.CONFIRM,
        lambda settings, newsletter, url, _: renewal_notice(
            settings, newsletter, confirm_url=url, privacy_url=f"{settings.base_url}/privacy"
        ),
    ),
    MailKind.PREFERENCES: (
        "preferences",
        Purpose.PROFILE,
        lambda settings, newsletter, url, _: preferences_notice(settings, newsletter, preferences_url=url),
    ),
    MailKind.DATA: (
        "data",
        Purpose.DATA,
        lambda settings, newsletter, url, _: data_notice(settings, newsletter, download_url=url),
    ),
    MailKind.ADDRESS: (
        "address",
        Purpose.ADDRESS,
        lambda settings, newsletter, url, _: address_notice(settings, newsletter, confirm_url=url),
    ),
}


def why_unwanted(workplace: Workplace, connection: Connection, mail: SystemMail) -> str:
    """Why nobody waits for this mail any more, or ""."""
    match mail.kind:
        case MailKind.ALERT:
            is_theirs = mail.recipient == workplace.settings.alert_address
            return "" if is_theirs else "not sent: alert_address is not this address any more"
        case MailKind.FORWARD:
            return ""
        case MailKind.ANSWER:
            is_late = workplace.clock.now() - mail.created_at > _ANSWER_WITHIN
            suppressed = _why_suppressed(workplace, connection, compared(mail.recipient))
            return "not sent: it would come too late" if is_late else suppressed
        case _:
            return _why_closed(workplace, connection, mail)


def _why_closed(workplace: Workplace, connection: Connection, mail: SystemMail) -> str:
    """Why nobody waits for a mail with a link any more, or ""."""
    link = link_by_handle(connection, mail.handle)
    if link is None or link.spent_at is not None:
        return "not sent: it was answered or withdrawn meanwhile"
    if link.expires_at <= workplace.clock.now():
        return "not sent: its link would not work any more"
    subscriber = get_subscriber(connection, get_subscription(connection, link.subscription_id).subscriber_id)
    return _why_suppressed(workplace, connection, subscriber.canonical)


def _why_suppressed(workplace: Workplace, connection: Connection, canonical: str) -> str:
    reason = suppression_of(connection, workplace.keyring, canonical)
    if reason is not None and not reason.lifted_by_opt_in:
        return f"not sent: the address is suppressed ({reason})"
    return ""


def write_mail(workplace: Workplace, mail: SystemMail) -> bytes:
    """The message, ready for the relay.

    Raises:
        RenderError: the templates cannot write it.
        SettingsError: its newsletter is no longer configured, or the key that signs cannot be used.
    """
    settings = workplace.settings
    newsletter = settings.newsletter(mail.newsletter)
    if mail.language:
        newsletter = newsletter.model_copy(update={"language": mail.language})
    notice = _notice(workplace, newsletter, mail)
    letter = system_letter(
        notice, newsletter, recipient=mail.recipient, sent_at=mail.created_at, message_id=mail.message_id
    )
    return to_bytes(_with_enclosure(workplace, mail, letter), signer=workplace.signer(newsletter))


def _with_enclosure(workplace: Workplace, mail: SystemMail, letter: Letter) -> Letter:
    """The letter with what the mail carries, if it carries something."""
    if mail.kind not in (MailKind.FORWARD, MailKind.ANSWER):
        return letter
    with workplace.database.read() as connection:
        found = enclosed_in(connection, Sealer(workplace.keyring, Purpose.ENCLOSURE), mail.id) or b""
    if mail.kind is MailKind.FORWARD:
        return replace(letter, reply_to=correspondence_of(found, ours=()).writer, enclosed=found)
    # RFC 3834 3.1.7, and RFC 5322 3.6.4 for the references.
    return replace(letter, headers=(("Auto-Submitted", "auto-replied"), *loads(found or b"{}").items()))


def _notice(workplace: Workplace, newsletter: NewsletterSettings, mail: SystemMail) -> Notice:
    settings = workplace.settings
    if mail.kind is MailKind.ANSWER:
        return answer_notice(settings, newsletter)
    if mail.kind in (MailKind.ALERT, MailKind.FORWARD):
        return alert_notice(settings, newsletter, Alert(mail.alert), reason=mail.reason)
    _, purpose, _ = _WRITERS[mail.kind]
    token = workplace.keyring.token(purpose, mail.handle)
    # Of the same length and letters as any other, so that no line is broken elsewhere.
    stand_in = workplace.keyring.token(purpose, bytes(HANDLE_BYTES))
    notice = _with_stand_in(
        settings, newsletter, mail.kind, _also(workplace, mail), stand_in, _stamp_of(settings)
    )
    return replace(
        notice, html=notice.html.replace(stand_in, token), text=notice.text.replace(stand_in, token)
    )


@lru_cache(maxsize=64)
def _with_stand_in(
    settings: Settings,
    newsletter: NewsletterSettings,
    kind: MailKind,
    also: tuple[NewsletterSettings, ...],
    stand_in: str,
    _stamp: object,
) -> Notice:
    """A mail but for its token: to compile its MJML takes longer than to send it."""
    page, _, write = _WRITERS[kind]
    return write(settings, newsletter, f"{settings.base_url}/{page}/{stand_in}", also)


def _stamp_of(settings: Settings) -> object:
    """What changes with the operator's own templates and words."""
    return stamp(sorted(settings.templates.rglob("*"))) if settings.templates else None


def _also(workplace: Workplace, mail: SystemMail) -> tuple[NewsletterSettings, ...]:
    """The further newsletters that a confirmation asks about."""
    if mail.kind is not MailKind.CONFIRMATION:
        return ()
    with workplace.database.read() as connection:
        link = link_by_handle(connection, mail.handle)
        further = also_about(connection, link.id) if link else []
        named = [each.subscription_id for each in further if each.in_mail]
        names = [get_subscription(connection, each).newsletter for each in named]
    return tuple(workplace.settings.newsletter(name) for name in names)
