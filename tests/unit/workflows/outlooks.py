"""Outlooks made in the test's own process, and waited for."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

from newsletter.clock import FixedClock
from newsletter.settings import NewsletterSettings
from newsletter.workflows.look_ahead import look_ahead, made_here
from newsletter.workflows.outlook import Outlook
from newsletter.workflows.workplace import Workplace


def outlook(workplace: Workplace, newsletter: NewsletterSettings | None = None) -> Outlook:
    """What was worked out of the days ahead, once it is as things are now."""
    newsletter = newsletter or workplace.settings.newsletter()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found, is_being_made = look_ahead(workplace, newsletter, make=made_here)
        if found is not None and not is_being_made:
            return found
        time.sleep(0.02)
    raise AssertionError("the outlook was not made within a minute")


def later(workplace: Workplace, delay: timedelta) -> Workplace:
    """The same workplace, some time after."""
    return replace(workplace, clock=FixedClock(workplace.clock.now() + delay))
