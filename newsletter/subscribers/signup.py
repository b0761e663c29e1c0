"""A sign-up, before anybody knows whether the person at the address wants it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from newsletter.subscribers.consent import Actor
from newsletter.subscribers.origin import Origin

#: Doors behind which a form of the site's own stands: its words are those that the site declares, in its
#: settings or by its server with each sign-up, or none.
MAILPOET_FORM, JSON_API = "MailPoet form", "JSON API"


class Asked(StrEnum):
    """What a sign-up led to. For operators and tests; a visitor is told the same of every address."""

    MAILED = "mailed"
    ADDED = "added to what the last mail asks"
    ASKED_LATELY = "asked lately"
    ALREADY_ACTIVE = "already active"
    SUPPRESSED = "suppressed"
    TOO_MANY = "too many from this network"


@dataclass(frozen=True, kw_only=True)
class SignUp:
    """One request: which *door* it came through, and the exact *wording* shown there ("" for none).

    *also*: further newsletters, which the same mail asks about. *locale*: the language of those words.
    *site*: the key of the site whose form it was ("" for none). *origin*: where it came from, kept sealed
    for some weeks.
    """

    address: str
    newsletter: str
    also: tuple[str, ...] = ()
    door: str
    page_url: str = ""
    wording: str = ""
    locale: str = ""
    site: str = ""
    evidence: str
    actor: Actor = Actor.READER
    origin: Origin | None = None

    @property
    def newsletters(self) -> tuple[str, ...]:
        """All that it is about, the first one first."""
        return (self.newsletter, *self.also)
