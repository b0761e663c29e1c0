"""Every page of the console that has an address. A new page is added here; audits and pictures follow."""

from __future__ import annotations

from playwright.sync_api import Browser, Page

from newsletter.operators.role import Role
from newsletter.workflows.workplace import Workplace
from tests.integration.console_site import session_for

#: Before one is signed in.
OPEN = {"console-sign-in": "/console/sign-in"}
#: For somebody who has every role.
SIGNED_IN = {
    "console-account": "/console/account",
    "console-again": "/console/again",
    "console-operators": "/console/operators",
    "console-audit": "/console/audit",
    "console-help": "/console/help",
    "console-no-such-page": "/console/no-such-page",
}


def signed_in_tab(
    chromium: Browser, workplace: Workplace, base: str, *, width: int, scheme: str, scale: int = 1
) -> Page:
    """A tab at *base* (http://localhost:…) of an operator who has every role; its context is to be closed."""
    context = chromium.new_context(
        base_url=base,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=scale,
    )
    token, _ = session_for(workplace, "Ada Example", list(Role))
    context.add_cookies([{"name": "console", "value": token, "url": base}])
    return context.new_page()
