"""Aside: an issue is sent by a thread of this process, so that whoever asked for it need not wait."""

from __future__ import annotations

import logging
import threading
from datetime import date

from newsletter.errors import NewsletterError
from newsletter.settings import NewsletterSettings
from newsletter.workflows.deliver import deliver_to_the_end
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)


def deliver_aside(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> threading.Thread:
    """Send the composed issue of *day*; if this process dies, a clock goes on with it."""
    thread = threading.Thread(
        target=_deliver, args=(workplace, newsletter, day), name=f"send {newsletter.name} {day}", daemon=True
    )
    thread.start()
    return thread


def _deliver(workplace: Workplace, newsletter: NewsletterSettings, day: date) -> None:
    try:
        deliver_to_the_end(workplace, newsletter, day)
    except NewsletterError as error:
        log.error("deliver %s %s failed: %s", newsletter.name, day, error)  # noqa: TRY400 - it says it all
    except Exception:
        # Nobody waits for this thread: what it met is in the log, and the issue stays to be taken up.
        log.exception("deliver %s %s failed", newsletter.name, day)
