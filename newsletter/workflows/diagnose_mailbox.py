"""The doctor on what comes back: whether its mailbox can be collected, and who is sent letters of people."""

from __future__ import annotations

from newsletter.errors import NewsletterError
from newsletter.feedback.mailbox import mailbox_at
from newsletter.settings import Settings
from newsletter.workflows.diagnosis import Diagnosis, failed


def diagnose_mailbox(settings: Settings) -> list[Diagnosis]:
    """Reach the mailbox, log in and open its folder; read nothing. Never raises for what it finds."""
    if settings.mailbox_url is None:
        if not settings.return_path:
            return []
        return [
            Diagnosis(
                name="mailbox",
                level="warn",
                detail="none is set: nobody learns which addresses are dead",
                mend="Set NEWSLETTER_MAILBOX_URL (docs/how-to/collect-what-comes-back.md), or run the pipe.",
            )
        ]
    try:
        with mailbox_at(settings.mailbox_url.get_secret_value()).open():
            found = Diagnosis(name="mailbox", detail="can be read and marked")
    except NewsletterError as error:
        return [failed("mailbox", error)]
    if settings.letters_go_to:
        return [found]
    return [
        found,
        Diagnosis(
            name="letters",
            level="warn",
            detail="what people write back stays unread in the mailbox",
            mend="Set forward_replies_to to an address where somebody reads it.",
        ),
    ]
