"""An edition becomes one reader's letter: tokens into the holes, and the headers that bulk mail needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parseaddr
from urllib.parse import urlsplit

from newsletter.delivery.message import Letter, message_id, return_path
from newsletter.errors import DeliveryError, RenderError
from newsletter.rendering.edition import Edition
from newsletter.rendering.notice import Notice
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.address import wire_address
from newsletter.subscribers.token import Keyring, Purpose


@dataclass(frozen=True)
class Reader:
    """Whom a letter goes to; *handle* is the subscription's."""

    address: str
    handle: bytes


#: Whom previews are made for.
EXAMPLE_READER = Reader("reader@example.org", b"example-hand")


def system_letter(
    notice: Notice, newsletter: NewsletterSettings, *, recipient: str, sent_at: datetime, message_id: str
) -> Letter:
    """A system mail (confirmation, welcome, an alert …) to one address.

    Raises:
        RenderError: the notice has errors.
    """
    if notice.errors:
        raise RenderError("a system mail", "; ".join(notice.errors), "Mend the templates.")
    return Letter(
        sender=newsletter.sender,
        reply_to=newsletter.reply_to,
        recipient=wire_address(recipient),
        subject=notice.subject,
        html=notice.html,
        text=notice.text,
        sent_at=sent_at,
        message_id=message_id,
        headers=(("Auto-Submitted", "auto-generated"),),  # RFC 3834 section 5
    )


@dataclass(frozen=True)
class Postman:
    """Writes letters of one issue. *sent_at* is the same for all, so that a repeat is the same message."""

    settings: Settings
    newsletter: NewsletterSettings
    keyring: Keyring
    issued_on: date
    edition: Edition
    sent_at: datetime

    def letter(self, reader: Reader) -> Letter:
        """The letter for *reader*: deterministic, and nothing in it names the reader but the To line.

        Raises:
            DeliveryError: the sender is not an address.
        """
        newsletter, base = self.newsletter, self.settings.base_url
        unsubscribe = f"{base}/unsubscribe/{self.keyring.token(Purpose.UNSUBSCRIBE, reader.handle)}"
        preferences = f"{base}/preferences/{self.keyring.token(Purpose.PREFERENCES, reader.handle)}"
        html, text = self.edition.filled(unsubscribe_url=unsubscribe, preferences_url=preferences)
        host = urlsplit(base).hostname or "localhost"
        domain = self._sender_address.rpartition("@")[2]
        key = (newsletter.name, self.issued_on.isoformat(), reader.handle.hex())
        return Letter(
            sender=newsletter.sender,
            reply_to=newsletter.reply_to,
            recipient=reader.address,
            subject=self.edition.subject,
            html=html,
            text=text,
            sent_at=self.sent_at,
            message_id=message_id(self.keyring, *key, domain=domain),
            headers=(
                ("List-Id", f"<{newsletter.name}.{host}>"),
                # RFC 8058: exactly one HTTPS address, answered by a POST without cookie or redirect.
                ("List-Unsubscribe", f"<{unsubscribe}>"),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
                ("List-Archive", f"<{base}/issues/>"),
            ),
        )

    def envelope_from(self, reader: Reader) -> str:
        """Where a bounce of this letter goes: a return path of its own, if one is configured."""
        if self.settings.return_path:
            return return_path(self.keyring, self.settings.return_path, reader.handle)
        return self._sender_address

    @property
    def _sender_address(self) -> str:
        try:
            return wire_address(parseaddr(self.newsletter.sender)[1])
        except ValueError:
            raise DeliveryError(
                f"sender {self.newsletter.sender!r}", "is not an address", "Mend sender in newsletter.toml."
            ) from None
