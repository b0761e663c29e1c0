"""An edition becomes one reader's letter: tokens into the holes, and the headers that bulk mail needs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parseaddr
from functools import cached_property
from urllib.parse import urlsplit

from newsletter.delivery.compiled import CompiledEdition, Personal, Slot
from newsletter.delivery.dkim import Draft, Signer
from newsletter.delivery.message import Letter, boundary_of, message_id, return_path
from newsletter.errors import DeliveryError, RenderError
from newsletter.rendering.edition import Edition
from newsletter.rendering.notice import Notice
from newsletter.rendering.view import PREFERENCES_HOLE, UNSUBSCRIBE_HOLE
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


#: A message in pieces, in their order: to join 60 kB over and over costs more than to fill the holes.
Pieces = Sequence[bytes]

_HOLES = {UNSUBSCRIBE_HOLE: Slot.UNSUBSCRIBE_URL, PREFERENCES_HOLE: Slot.PREFERENCES_URL}


@dataclass(frozen=True)
class Postman:
    """Writes letters of one issue; threads may share it.

    *sent_at* is the same for all, so that a repeat is the same message. Without a *signer* none is signed.
    """

    settings: Settings
    newsletter: NewsletterSettings
    keyring: Keyring
    issued_on: date
    edition: Edition
    sent_at: datetime
    signer: Signer | None = None

    def letter(self, reader: Reader) -> Letter:
        """The letter for *reader*: deterministic, and nothing in it names the reader but the To line.

        Raises:
            DeliveryError: the sender is not an address.
        """
        personal = self._personal(reader)
        html, text = self.edition.filled(
            unsubscribe_url=personal.unsubscribe_url, preferences_url=personal.preferences_url
        )
        return self._letter(personal, html=html, text=text)

    def message(self, reader: Reader) -> bytes:
        """The same letter as it travels: the one way in which every message of an issue is made.

        Raises:
            DeliveryError: a header or text cannot travel, or the reader's address is none.
        """
        raw = b"".join(self.unsigned(reader))
        return raw if self.signer is None else self.draft(raw).signed() + raw

    def unsigned(self, reader: Reader) -> Pieces:
        """The message before it is signed, which takes 20 times as long as this.

        Raises:
            DeliveryError: a header or text cannot travel, or the reader's address is none.
        """
        return self._compiled.pieces(self._personal(reader))

    def draft(self, raw: bytes) -> Draft:
        """The signature of an unsigned message but for the RSA.

        Raises:
            DeliveryError: there is no signer.
        """
        if self.signer is None:
            raise DeliveryError("the letter", "is to be signed by nobody", "Please report this.")
        return self.signer.draft(raw, signed_at=self.sent_at, is_relaxed=True)

    def _personal(self, reader: Reader) -> Personal:
        keyring, handle = self.keyring, reader.handle
        return Personal(
            recipient=reader.address,
            message_id=message_id(keyring, *self._issue_key, handle.hex(), domain=self._sender_domain),
            unsubscribe_url=f"{self._unsubscribe}{keyring.token(Purpose.UNSUBSCRIBE, handle)}",
            preferences_url=f"{self._preferences}{keyring.token(Purpose.PREFERENCES, handle)}",
        )

    def _letter(self, personal: Personal, *, html: str, text: str) -> Letter:
        newsletter, base = self.newsletter, self.settings.base_url
        host = urlsplit(base).hostname or "localhost"
        return Letter(
            sender=newsletter.sender,
            reply_to=newsletter.reply_to,
            recipient=personal.recipient,
            subject=self.edition.subject,
            html=html,
            text=text,
            sent_at=self.sent_at,
            message_id=personal.message_id,
            headers=(
                ("List-Id", f"<{newsletter.name}.{host}>"),
                ("List-Unsubscribe", personal.list_unsubscribe),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
                ("List-Archive", f"<{base}/issues/>"),
                ("Feedback-ID", self._feedback_id),
            ),
            boundary=boundary_of(self.edition.text + self.edition.html),
        )

    @cached_property
    def _compiled(self) -> CompiledEdition:
        anybody = self._personal(EXAMPLE_READER)
        return CompiledEdition(
            self._letter(anybody, html=self.edition.html, text=self.edition.text), holes=_HOLES
        )

    @property
    def _feedback_id(self) -> str:
        """By what Gmail counts complaints: issue, newsletter, kind of mail, and the sender's own mark.

        Never by reader or edition. The mark has 5 to 15 characters and stays (Gmail's help on Feedback-ID).
        """
        mark = hashlib.sha256(self._sender_domain.encode()).hexdigest()[:12]
        return f"{self.issued_on:%Y%m%d}:{self.newsletter.name}:issue:{mark}"

    def envelope_from(self, reader: Reader) -> str:
        """Where a bounce of this letter goes: a return path of its own, if one is configured."""
        if self.settings.return_path:
            return return_path(self.keyring, self.settings.return_path, reader.handle)
        return self._sender_address

    @cached_property
    def _issue_key(self) -> tuple[str, str]:
        return self.newsletter.name, self.issued_on.isoformat()

    @cached_property
    def _unsubscribe(self) -> str:
        return f"{self.settings.base_url}/unsubscribe/"

    @cached_property
    def _preferences(self) -> str:
        return f"{self.settings.base_url}/preferences/"

    @cached_property
    def _sender_domain(self) -> str:
        return self._sender_address.rpartition("@")[2]

    @cached_property
    def _sender_address(self) -> str:
        try:
            return wire_address(parseaddr(self.newsletter.sender)[1])
        except ValueError:
            raise DeliveryError(
                f"sender {self.newsletter.sender!r}", "is not an address", "Mend sender in newsletter.toml."
            ) from None
