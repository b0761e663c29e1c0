"""`make screenshots`: the demo's letter and pages as pictures, phone and desk, light and dark.

Writes to var/screenshots; with ``--docs`` also the pictures in the README and the how-to pages.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from newsletter.cli.demo import Story, open_demo
from newsletter.cli.inbox import Inbox
from newsletter.issues.store import find as find_issue
from newsletter.workflows.withdraw import withdraw
from tests.benchmarks import medquad
from tests.browser import console_pages
from tests.browser.console_stage import empty, stage
from tests.browser.doors import picture_doors
from tests.browser.mails import LOGO, Mail, mails
from tests.browser.seed import seed_mails
from tests.integration.console_site import ConsoleSite, console_site

WIDTHS = (320, 375, 1280)
SCHEMES = ("light", "dark")
MAIL_WIDTHS = (375, 600, 1280)
#: Chromium draws a frame of another process for screens of one pixel, whatever the picture has.
ONE_PROCESS = ("--disable-site-isolation-trials", "--disable-features=IsolateOrigins,site-per-process")
#: What stands for an operator's own logo.
_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">'
    '<circle cx="24" cy="24" r="22" fill="#0B5D5E"/>'
    '<path d="M20 12h8v8h8v8h-8v8h-8v-8h-8v-8h8z" fill="#fff"/></svg>'
)
PAGES = {
    "sign-up": "/subscribe",
    "archive": "/issues/",
    "privacy": "/privacy",
    "unsubscribe-without-link": "/unsubscribe",
    "no-such-page": "/nowhere",
}


def chromium_path() -> str | None:
    """Debian's Chromium, or another one on the path."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def browser(*arguments: str) -> Iterator[Browser]:
    """Headless Chromium that talks to nobody, started with *arguments* besides."""
    path = chromium_path()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                "--disable-component-update",
                *arguments,
            ],
        )
        try:
            yield chromium
        finally:
            chromium.close()


def picture(
    chromium: Browser,
    url: str,
    path: Path,
    *,
    width: int,
    scheme: str,
    full: bool = True,
    has_images: bool = True,
) -> None:
    """Save what *url* looks like. No picture is fetched: the logo of LOGO is answered for here."""
    page = chromium.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=2 if width < 600 else 1,
    )
    if has_images:
        page.route(LOGO, lambda route: route.fulfill(body=_PICTURE, content_type="image/svg+xml"))
    else:
        page.route(LOGO, lambda route: route.abort())
    page.goto(url)
    page.screenshot(path=path, full_page=full)
    page.close()


def main() -> int:
    """Play the demo, then look at everything it shows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="also write docs/images")
    parser.add_argument("--date", type=date.fromisoformat, default=date(2026, 11, 23))
    arguments = parser.parse_args()
    if chromium_path() is None:
        print("Chromium is needed for screenshots (Debian: apt-get install chromium).", file=sys.stderr)
        return 1
    out = Path("var/screenshots")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with open_demo(out / "demo") as story, browser(*ONE_PROCESS) as chromium:
        story.play(arguments.date)
        pages = {name: story.base_url + path for name, path in PAGES.items()}
        pages |= _mails(story.inbox, out)
        pages["confirm"] = _confirm_page(story)
        pages["web-version"] = f"{story.base_url}/issues/daily/{arguments.date}"
        pages["archive-month"] = f"{story.base_url}/issues/?month={arguments.date:%Y-%m}"
        pages["web-version-withdrawn"] = _withdrawn_letter(story, arguments.date + timedelta(days=1))
        for name, url in pages.items():
            for width in WIDTHS:
                for scheme in SCHEMES:
                    picture(chromium, url, out / f"{name}-{width}-{scheme}.png", width=width, scheme=scheme)
        _console(chromium, out)
        _sample_mails(chromium, out)
        _seed_mails(chromium, out)
        picture_doors(chromium, story, out / "doors")
        if arguments.docs:
            target = Path("docs/images/issue.png")
            _picture_for_readme(chromium, pages["issue"], target)
            print(target, *picture_doors(chromium, story, target.parent / "doors"), sep="\n")
    print("\n".join(str(path) for path in sorted(out.glob("*.png"))))
    return 0


def _picture_for_readme(chromium: Browser, url: str, path: Path) -> None:
    """The letter from its top to the end of its second section, so that nothing is cut through."""
    page = chromium.new_page(viewport={"width": 720, "height": 900}, device_scale_factor=2)
    page.goto(url)
    ends = page.evaluate(
        "[...document.querySelectorAll('p')].filter(p => p.textContent.includes('· reviewed '))"
        ".map(p => p.getBoundingClientRect().bottom)"
    )
    page.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": 720, "height": ends[1] + 24})
    page.close()


def _mails(inbox: Inbox, out: Path) -> dict[str, str]:
    """Addresses of the confirmation mail, an issue, and a confirm page."""
    confirmation = inbox.mails[0]
    issue = next(mail for mail in inbox.mails if mail.message["List-Id"])
    found = {}
    for name, mail in (("confirmation-mail", confirmation), ("issue", issue)):
        path = (out / f"{name}.html").absolute()
        path.write_text(mail.html, encoding="utf-8")
        found[name] = path.as_uri()
    found["unsubscribe"] = str(issue.message["List-Unsubscribe"]).strip("<>")
    for line in issue.text.splitlines():
        if line.startswith("Preferences: "):
            found["preferences"] = line.removeprefix("Preferences: ")
    return found


def _console(chromium: Browser, out: Path) -> None:
    """Every page of the console, of somebody who has every role; then before there is anything."""
    (out / "morning").mkdir()
    with stage(out / "morning") as workplace, console_site(workplace) as site:
        for width in WIDTHS:
            for scheme in SCHEMES:
                tab = _console_tab(chromium, site, width, scheme)
                for name, path in console_pages.pages(workplace).items():
                    console_pages.shown(tab, path)
                    _picture(tab, out / f"{name}-{width}-{scheme}.png")
                for name, act in console_pages.ACTS.items():
                    act(tab)
                    # A dialog is over what is on the screen.
                    tab.screenshot(
                        path=out / f"{name}-{width}-{scheme}.png", full_page=name != "console-swap"
                    )
                tab.context.clear_cookies()
                for name, path in console_pages.open_pages(workplace).items():
                    tab.goto(path)
                    tab.screenshot(path=out / f"{name}-{width}-{scheme}.png", full_page=True)
                for name, act in console_pages.OPEN_ACTS.items():
                    act(tab)
                    tab.screenshot(path=out / f"{name}-{width}-{scheme}.png", full_page=True)
                tab.context.close()
    (out / "empty").mkdir()
    with empty(out / "empty") as workplace, console_site(workplace) as site:
        for width in WIDTHS:
            tab = _console_tab(chromium, site, width, "light")
            for name, path in console_pages.EMPTY.items():
                console_pages.shown(tab, path)
                tab.screenshot(path=out / f"{name}-{width}-light.png", full_page=True)
            tab.context.close()


def _picture(tab: Page, file: Path) -> None:
    """The whole page; a frame below the window is painted only once the window reaches down to it."""
    size = tab.viewport_size
    assert size is not None
    if tab.locator(".paper iframe").count():
        tab.set_viewport_size(size | {"height": tab.evaluate("document.documentElement.scrollHeight")})
        tab.wait_for_timeout(300)
    tab.screenshot(path=file, full_page=True)
    tab.set_viewport_size(size)


def _console_tab(chromium: Browser, site: ConsoleSite, width: int, scheme: str) -> Page:
    scale = 2 if width < 600 else 1
    return console_pages.signed_in_tab(
        chromium, site.workplace, site.base, width=width, scheme=scheme, scale=scale
    )


def _sample_mails(chromium: Browser, out: Path) -> None:
    """Every kind of mail at every width, by day and by night; the one with a logo also with images off."""
    for mail in mails():
        url = _written(out, mail)
        for width in MAIL_WIDTHS:
            for scheme in SCHEMES:
                path = out / f"{mail.name}-{width}-{scheme}.png"
                picture(chromium, url, path, width=width, scheme=scheme)
                if mail.name == "issue-logo":
                    bare = out / f"{mail.name}-images-off-{width}-{scheme}.png"
                    picture(chromium, url, bare, width=width, scheme=scheme, has_images=False)


def _seed_mails(chromium: Browser, out: Path) -> None:
    """The page that this newsletter began with, ingested like any other, as a daily and as a series."""
    folder = medquad.REFERENCE.parent.parent / "captures"
    seeds = sorted(folder.glob("seed-*.txt"))
    if not seeds:
        print(f"The seed article is not in {folder}: no mails of it.", file=sys.stderr)
        return
    for mail in seed_mails(seeds[0], out / "seed"):
        url = _written(out, mail)
        for width in MAIL_WIDTHS:
            picture(chromium, url, out / f"{mail.name}-{width}-light.png", width=width, scheme="light")


def _written(out: Path, mail: Mail) -> str:
    """The address of the mail's HTML, written beside its text."""
    path = (out / f"{mail.name}.html").absolute()
    path.write_text(mail.html, encoding="utf-8")
    path.with_suffix(".txt").write_text(mail.text, encoding="utf-8")
    return path.as_uri()


def _withdrawn_letter(story: Story, day: date) -> str:
    """The address of a letter whose lead has been withdrawn since."""
    place = story.workplace
    with place.database.read() as connection:
        stored = find_issue(connection, "daily", day)
    assert stored is not None
    withdraw(
        place.database, stored.issue.lead.article_id, reason="shown", actor="operator", clock=place.clock
    )
    return f"{story.base_url}/issues/daily/{day}"


def _confirm_page(story: Story) -> str:
    """A confirm page whose button was not pressed: one more reader signs up."""
    before = len(story.inbox.mails)
    form = {"email": "katherine@example.org", "newsletter": "daily", "consent": "on"}
    httpx.post(f"{story.base_url}/subscribe", data=form)
    mail = story.inbox.wait_for(before + 1, timeout_s=30)[-1]
    return next(line for line in mail.text.splitlines() if "/confirm/" in line)


if __name__ == "__main__":
    sys.exit(main())
