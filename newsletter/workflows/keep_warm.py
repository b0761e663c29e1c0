"""Keep warm: what an operator opens first is worked out before they come, and again after each change."""

from __future__ import annotations

import logging
import threading

from newsletter.content.store import ContentStore
from newsletter.errors import NewsletterError
from newsletter.workflows.keep_draft import drafting_of, kept_draft
from newsletter.workflows.look_ahead import next_day
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)

#: So often it is looked whether anything has changed, which takes a hundredth of a second.
LOOK_EVERY_S = 60.0


def keep_warm(workplace: Workplace, stopping: threading.Event, *, every_s: float = LOOK_EVERY_S) -> None:
    """Have the next issue of each newsletter ready for the console, until *stopping*."""
    while not stopping.is_set():
        try:
            warm_up(workplace)
        except Exception as error:  # noqa: BLE001 - the page that needs it says what is wrong
            log.info("the console is not warm (%s)", type(error).__name__)
        stopping.wait(every_s)


def warm_up(workplace: Workplace) -> None:
    """Make the drafts of the next issues, unless they are there; the content store is brought up to date."""
    if not workplace.settings.content_path.is_file():
        return
    ContentStore(workplace.settings.content_path).close()
    for newsletter in workplace.settings.publications:
        day = next_day(workplace, newsletter)
        if day is None:
            continue
        try:
            kept_draft(workplace, newsletter, day)
            with drafting_of(workplace, newsletter, day) as desk:
                _ = desk.ranking  # what a change of it, and the list for a swap, begin with
        except NewsletterError as error:
            log.debug("no draft of %s on %s: %s", newsletter.name, day, error.reason)
