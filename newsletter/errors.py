"""Every error the newsletter raises on purpose.

NewsletterError
├── SettingsError          newsletter.toml, a NEWSLETTER_* variable or the key file is wrong
├── ContentError           a document or the content store cannot be used
│   ├── ParseError         one document cannot be read as an article
│   ├── FetchError         (content.fetch) an address gave nothing usable, and why
│   └── RestBlockedError   (content.sources.wordpress) a site does not offer its REST API
├── PickError              no issue can be made from what the store holds
├── RenderError            a mail would lose content or say something undefined
├── SubscriberError        an address or a reader is not what the caller thinks
│   └── TokenError         a link's token is forged, foreign or for another purpose
├── OperatorError          an operator's account, password, link or sign-in is not what is needed
├── DeliveryError          the relay cannot be used
└── RefusedError           refused for the readers' safety

Each names the thing, the reason and the next step, and carries the exit status that the command line
ends with (house interface: 1 a part failed, 2 used wrongly, 3 refused for safety).
"""

from __future__ import annotations


class NewsletterError(Exception):
    """Something the newsletter was asked to do could not be done."""

    exit_status = 1

    def __init__(self, thing: str, reason: str, next_step: str = "") -> None:
        super().__init__(thing, reason, next_step)
        self.thing = thing
        self.reason = reason
        self.next_step = next_step

    def __str__(self) -> str:
        said = f"{self.thing}: {self.reason}".rstrip(".") + "."
        return f"{said} {self.next_step}".rstrip()


class SettingsError(NewsletterError):
    """A setting or the key file is missing or wrong."""

    exit_status = 2


class ContentError(NewsletterError):
    """A document or the content store cannot be used."""


class ParseError(ContentError):
    """One document cannot be read as an article."""


class PickError(NewsletterError):
    """No issue can be made from what the content store holds."""


class RenderError(NewsletterError):
    """A mail would lose content or say something undefined, so it is not made."""


class SubscriberError(NewsletterError):
    """An address or a reader is not what the caller thinks."""


class TokenError(SubscriberError):
    """A link's token is forged, foreign or meant for another purpose."""


class OperatorError(NewsletterError):
    """An operator's account, password, link or sign-in is not what is needed."""


class DeliveryError(NewsletterError):
    """The relay cannot be used."""


class RefusedError(NewsletterError):
    """Refused for the readers' safety."""

    exit_status = 3
