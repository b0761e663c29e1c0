"""Every page of the console, on the morning of console_stage. A new page is added here; audits follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from playwright.sync_api import Browser, Page

from newsletter.content.store import ContentStore
from newsletter.operators import account
from newsletter.operators.invitation import invite
from newsletter.operators.role import Role
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.store import find_subscriber
from newsletter.workflows.workplace import Workplace
from tests.browser.console_stage import ADA, TODAY, YESTERDAY
from tests.integration.console_site import session_for
from tests.unit.content.page import CAPTURE

#: In a console in which nothing is yet.
EMPTY = {
    f"console-empty-{name}": f"/console/{path}"
    for name, path in {
        "today": "", "calendar": "calendar", "issue": f"issues/daily/{TODAY}", "content": "content",
        "sources": "content/sources", "readers": "readers", "suppressions": "readers/suppressions",
        "feedback": "feedback", "statistics": "statistics", "audit": "audit",
        "forms": "settings/forms", "keys": "settings/keys",
    }.items()
}  # fmt: skip
_ISSUE = f"/console/issues/daily/{TODAY}"
#: What is no page of its own: a part of one, or what moves on one.
NO_PAGE = (
    "/console/events",
    "/console/calendar/made",
    "/console/issues/{newsletter}/{day}/letter",
    "/console/issues/{newsletter}/{day}/events",
    "/console/issues/{newsletter}/{day}/sending/events",
)


def open_pages(workplace: Workplace) -> dict[str, str]:
    """The paths of the pages before one is signed in: one of them with a link for somebody new."""
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        mary = account.find(connection, "Mary") or account.add(connection, "Mary", [Role.EDITOR], now=now)
        token = invite(connection, mary, now=now).token
    return {"console-sign-in": "/console/sign-in", "console-welcome": f"/console/welcome/{token}"}


def pages(workplace: Workplace) -> dict[str, str]:
    """The paths of all pages that have an address, for somebody who has every role."""
    with ContentStore(workplace.settings.content_path) as store:
        ids = {one.id.rpartition("-")[0]: one.id for one in store.articles()}
    with workplace.database.read() as connection:
        ada = find_subscriber(connection, parse_address(ADA).canonical)
    assert ada is not None
    return {
        "console-today": "/console/",
        "console-calendar": "/console/calendar",
        "console-calendar-move": f"/console/calendar?move={TODAY}",
        "console-issue": _ISSUE,
        "console-issue-send": f"{_ISSUE}/send",
        "console-issue-desktop": f"{_ISSUE}?tab=desktop",
        "console-issue-dark": f"{_ISSUE}?tab=dark",
        "console-issue-text": f"{_ISSUE}?tab=text",
        "console-issue-source": f"{_ISSUE}?tab=source",
        "console-issue-raw": f"{_ISSUE}?tab=raw",
        "console-issue-held": f"/console/issues/heart/{TODAY}",
        "console-issue-sent": f"/console/issues/daily/{YESTERDAY}",
        "console-slot": f"{_ISSUE}/slots/also_today",
        "console-sending-over": f"/console/issues/daily/{YESTERDAY}/sending",
        "console-sending-paused": f"/console/issues/heart/{YESTERDAY}/sending",
        "console-content": "/console/content",
        "console-content-search": "/console/content?q=pain",
        "console-content-overdue": "/console/content?show=overdue",
        "console-content-none": "/console/content?q=zzzzz",
        "console-article": f"/console/content/articles/{ids['eczema']}",
        "console-article-long": f"/console/content/articles/{ids['hand-foot-and-mouth']}",
        "console-article-withdrawn": f"/console/content/articles/{ids['plantar-fasciitis']}",
        "console-sources": "/console/content/sources",
        "console-try": "/console/content/try",
        "console-readers": "/console/readers",
        "console-reader": f"/console/readers/one/{ada.handle.hex()}",
        "console-reader-gone": f"/console/readers/one/{'0' * len(ada.handle.hex())}",
        "console-suppressions": "/console/readers/suppressions",
        "console-import": "/console/readers/import",
        "console-feedback": "/console/feedback",
        "console-policy": "/console/feedback/policy",
        "console-tray-item": "/console/feedback/tray/1",
        "console-statistics": "/console/statistics",
        "console-statistics-many": "/console/statistics?newsletter=heart",
        "console-settings": "/console/settings",
        "console-templates": "/console/settings/templates",
        "console-forms": "/console/settings/forms",
        "console-keys": "/console/settings/keys",
        "console-account": "/console/account",
        "console-again": "/console/again",
        "console-operators": "/console/operators",
        "console-audit": "/console/audit",
        "console-help": "/console/help",
        "console-no-such-page": "/console/no-such-page",
        "console-wrong": "/console/calendar?newsletter=none",
    }


def _swap(page: Page) -> None:
    page.goto(_ISSUE)
    page.locator("[data-swap]").first.click()
    page.get_by_role("dialog").get_by_role("listitem").first.wait_for()


def _stranger(page: Page) -> None:
    page.goto("/console/readers")
    page.get_by_label("Address", exact=True).first.fill("nobody@example.org")
    page.get_by_role("button", name="Look up").click()
    page.get_by_text("nobody@example.org").first.wait_for()


def _import_report(page: Page) -> None:
    page.goto("/console/readers/import")
    rows = b"email,x\nbob@example.org,1\nno,2\n"
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "list.csv", "mimeType": "text/csv", "buffer": rows}
    )
    page.get_by_role("button", name="Look, change nothing").click()
    page.get_by_role("heading", name="What would happen to list.csv").wait_for()


def _tried(page: Page) -> None:
    page.goto("/console/content/try")
    page.get_by_label("Paste a page").fill(CAPTURE)
    page.get_by_role("button", name="Read it").click()
    page.get_by_role("heading", name="Left out").wait_for()


def _key_made(page: Page) -> None:
    page.goto("/console/settings/keys")
    # Two keys in use for one purpose have different names.
    page.get_by_label("What you call it").fill(f"Program {page.get_by_role('row').count()}")
    page.get_by_role("button", name="Make the key").click()
    page.get_by_role("heading", name="Key ").first.wait_for()


def _menu(page: Page) -> None:
    page.goto("/console/help")
    page.locator("[data-menu]").evaluate("menu => { menu.open = true }")


def _sent(page: Page, path: str, form: str, fields: Mapping[str, str], heard: str) -> None:
    """Send the form with that selector as a browser without scripts does, its *fields* set by hand."""
    page.goto(path)
    page.locator(form).first.evaluate(
        """(form, fields) => {
          for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
          HTMLFormElement.prototype.submit.call(form); }""",
        dict(fields),
    )
    page.get_by_text(heard).first.wait_for()


def _forged(page: Page) -> None:
    _sent(page, "/console/readers", "form[action$=find]", {"csrf": "x"}, "Nothing was done")


def _too_late(page: Page) -> None:
    written = {"version": "0.0.0.none", "text": "Itchy skin, and what soothes it"}
    _sent(page, _ISSUE, "form:has(#subject)", written, "while you looked at it")


def _unwanted(page: Page) -> None:
    _sent(page, _ISSUE, "form:has(#subject)", {"text": "Free pills!!! {{ name }} " * 7}, "Not done")


def _no_list(page: Page) -> None:
    _sent(page, "/console/readers/import", "form[data-import]", {}, "missing or empty")


def _nothing_pasted(page: Page) -> None:
    _sent(page, "/console/content/try", "form[action$=try]", {}, "is empty")


def _nameless_key(page: Page) -> None:
    _sent(page, "/console/settings/keys", "form[action$=keys]", {"name": ""}, "is empty")


def _not_me(page: Page) -> None:
    _sent(page, "/console/again", "form[action$=again]", {"password": "not mine at all"}, "Signing in")


def _stranger_at_the_door(page: Page) -> None:
    written = {"name": "Ada Example", "password": "not mine at all"}
    _sent(page, "/console/sign-in", "form[action$=sign-in]", written, "Signing in")


#: What pages show after an act, which changes nothing that another page shows, or the same each time.
ACTS: Mapping[str, Callable[[Page], None]] = {
    "console-swap": _swap,
    "console-stranger": _stranger,
    "console-import-report": _import_report,
    "console-tried": _tried,
    "console-key-made": _key_made,
    "console-menu": _menu,
    "console-forged": _forged,
    "console-too-late": _too_late,
    "console-unwanted": _unwanted,
    "console-no-list": _no_list,
    "console-nothing-pasted": _nothing_pasted,
    "console-nameless-key": _nameless_key,
    "console-not-me": _not_me,
}
#: The same, before one is signed in.
OPEN_ACTS: Mapping[str, Callable[[Page], None]] = {"console-sign-in-wrong": _stranger_at_the_door}


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


def shown(page: Page, path: str) -> int:
    """Open *path* and wait for what comes after it: letters in frames. The status of the answer."""
    answer = page.goto(path)
    assert answer is not None
    for frame in page.locator("iframe[data-letter], .paper iframe").all():
        frame.scroll_into_view_if_needed()
        frame.content_frame.locator("h1").first.wait_for(timeout=20_000)
    page.evaluate("scrollTo(0, 0)")
    return answer.status
