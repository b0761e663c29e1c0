"""`make screenshots`: the demo's letter and pages as pictures, phone and desk, light and dark.

Writes to var/screenshots; with ``--docs`` also the picture in the README.
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
from playwright.sync_api import Browser, sync_playwright

from newsletter import samples
from newsletter.cli.demo import Story, open_demo
from newsletter.cli.inbox import Inbox
from newsletter.content.sources.document import read_document
from newsletter.issues.decision import Act, Decision
from newsletter.issues.issue import Issue
from newsletter.issues.store import find as find_issue
from newsletter.issues.store import uses_of
from newsletter.rendering.edition import render_edition
from newsletter.settings import NewsletterSettings, Settings
from newsletter.workflows.withdraw import withdraw
from tests.unit.factory import desk, picked

WIDTHS = (320, 375, 1280)
SCHEMES = ("light", "dark")
#: A Monday on which the samples are in review.
MONDAY = date(2026, 11, 23)
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
def browser() -> Iterator[Browser]:
    """Headless Chromium that talks to nobody."""
    path = chromium_path()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        try:
            yield chromium
        finally:
            chromium.close()


def picture(chromium: Browser, url: str, path: Path, *, width: int, scheme: str, full: bool = True) -> None:
    """Save what *url* looks like."""
    page = chromium.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=2 if width < 600 else 1,
    )
    page.goto(url)
    page.screenshot(path=path, full_page=full)
    page.close()


def main() -> int:
    """Play the demo, then look at everything it shows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="also write docs/images/issue.png")
    parser.add_argument("--date", type=date.fromisoformat, default=date(2026, 11, 23))
    arguments = parser.parse_args()
    if chromium_path() is None:
        print("Chromium is needed for screenshots (Debian: apt-get install chromium).", file=sys.stderr)
        return 1
    out = Path("var/screenshots")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with open_demo(out / "demo") as story, browser() as chromium:
        story.play(arguments.date)
        pages = {name: story.base_url + path for name, path in PAGES.items()}
        pages |= _mails(story.inbox, out) | _letters(out)
        pages["confirm"] = _confirm_page(story)
        pages["web-version"] = f"{story.base_url}/issues/daily/{arguments.date}"
        pages["archive-month"] = f"{story.base_url}/issues/?month={arguments.date:%Y-%m}"
        pages["web-version-withdrawn"] = _withdrawn_letter(story, arguments.date + timedelta(days=1))
        for name, url in pages.items():
            for width in WIDTHS:
                for scheme in SCHEMES:
                    picture(chromium, url, out / f"{name}-{width}-{scheme}.png", width=width, scheme=scheme)
        if arguments.docs:
            target = Path("docs/images/issue.png")
            _picture_for_readme(chromium, pages["issue"], target)
            print(target)
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


def _letters(out: Path) -> dict[str, str]:
    """Letters of the samples that the demo does not send: an emergency, a series and its recap, a digest."""
    folder = Path(samples.__file__).parent
    read = (read_document(path) for path in sorted(folder.glob("*.*")) if path.suffix in (".md", ".txt"))
    articles = [one if one.reviewed_on else one.model_copy(update={"reviewed_on": MONDAY}) for one in read]
    articles = [one.model_copy(update={"status": "usable"}) for one in articles]
    ids = {one.slug.partition("-")[0]: one.id for one in articles}
    made = {
        "letter-emergency": (picked(articles, day=MONDAY, decisions=[_lead(ids["stroke"])]), "daily"),
        "letter-digest": (picked(articles, day=MONDAY, at=desk(layout="digest")), "digest"),
    }
    week: list[Issue] = []
    for ahead in range(6):
        day = MONDAY + timedelta(days=ahead)
        used = [one for issue in week for one in uses_of(issue)]
        decisions = [_lead(ids["asthma"])] if not ahead else []
        week.append(picked(articles, used, day=day, at=desk(layout="series"), week=week, decisions=decisions))
    made |= {"letter-series": (week[2], "series"), "letter-recap": (week[5], "series")}
    found = {}
    for name, (issue, layout) in made.items():
        newsletter = NewsletterSettings.model_validate({"layout": layout})
        path = (out / f"{name}.html").absolute()
        html = render_edition(issue, settings=Settings(region="GB"), newsletter=newsletter).html
        path.write_text(html, encoding="utf-8")
        found[name] = path.as_uri()
    return found


def _lead(article_id: str) -> Decision:
    return Decision(act=Act.LEAD, article_id=article_id)


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
