"""Script in whatever others may write, on every page: nothing of it runs, even without our policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.content.store import ContentStore
from newsletter.content.sync import Run, SyncState
from newsletter.delivery.slow_domain import strike
from newsletter.issues.decision import Act, Decision
from newsletter.operators import audit
from newsletter.settings import Settings, SourceSettings
from newsletter.subscribers.api_key import Scope, Wanted
from newsletter.subscribers.breaker import open_breaker
from newsletter.workflows.decide import decide
from newsletter.workflows.give_api_key import give_api_key
from newsletter.workflows.hold_back import BREAKER
from newsletter.workflows.take_feedback import take
from newsletter.workflows.withdraw import withdraw
from newsletter.workflows.workplace import Workplace
from tests.browser.console_pages import pages, shown
from tests.browser.console_stage import FEED, NOW, TODAY, stage
from tests.browser.screenshots import browser, chromium_path
from tests.integration.console_site import EVERY_ROLE, ConsoleSite, console_site, session_for
from tests.unit.feedback.mailing import bounce

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]
#: Runs wherever it is taken for markup: as an element, out of an attribute, out of a script or a style.
SCRIPT = "'\"></title></script><img src=x onerror=window.owned=1><script>window.owned=1</script>{{7*7}}"
SHORT = '"><img src=x onerror=window.owned=1>'
#: Pages on which something that others wrote stands.
SHOWING = {
    "article", "audit", "calendar", "content", "content-overdue", "content-search", "forms",
    "import", "issue", "issue-held", "issue-raw", "issue-source", "issue-text", "keys", "readers",
    "sending-over", "sending-paused", "settings", "slot", "sources", "statistics", "today",
}  # fmt: skip
_LOOK = """() => ({
  owned: window.owned ?? null,
  handlers: document.querySelectorAll('[onerror],[onload],[onclick]').length,
  scripts: [...document.scripts].filter(one => !one.src).length,
  links: [...document.links].map(one => one.href).filter(one => !/^(https?:|mailto:|tel:)/.test(one)),
})"""
#: A handler of a picture that is not there runs only after that was tried.
_LATE_MS = 200
_CLEAN: dict[str, object] = {"owned": None, "handlers": 0, "scripts": 0, "links": []}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleSite]:
    with stage(tmp_path_factory.mktemp("attack")) as workplace:
        poison(workplace)
        placed = replace(workplace, settings=poisoned(workplace.settings))
        with console_site(placed) as site:
            yield site


def poisoned(settings: Settings) -> Settings:
    """What a settings file may say: it is an operator's, yet nothing in it is markup."""
    daily, heart = settings.newsletters
    return settings.model_copy(
        update={
            "newsletters": (daily, heart.model_copy(update={"title": SHORT})),
            "sources": (*settings.sources, SourceSettings(url=f"https://feeds.example/{SHORT}", kind="feed")),
            "sites": tuple(one.model_copy(update={"wording": SCRIPT}) for one in settings.sites),
            "publisher": SHORT,
        }
    )


def poison(workplace: Workplace) -> None:
    """Script in every text that comes from a source, a mail, a program or another operator."""
    with ContentStore(workplace.settings.content_path) as store:
        ids = [one.id for one in store.articles()]
        for article_id in ids[:6]:
            article = store.get(article_id)
            sections = tuple(
                one.model_copy(update={"heading": f"{one.heading} {SCRIPT}"}) for one in article.sections
            )
            changed = article.model_copy(
                update={
                    "title": f"{article.title} {SCRIPT}",
                    "sections": sections,
                    "reviewer": SCRIPT,
                    "url": "javascript:window.owned=1",
                }
            )
            store.save(changed, seen_at=NOW + timedelta(minutes=1))
    with SyncState(workplace.settings.content_path, origin=f"feed {FEED}") as state:
        state.keep_run(Run(NOW, {SHORT: 1, "rejected": 1}, ((f"{FEED}{SCRIPT}", SCRIPT),)))
    withdraw(workplace.database, ids[6], reason=SCRIPT, actor=SHORT, clock=workplace.clock)
    take(workplace, [bounce(recipient="nobody@example.net")], source="mailbox", raw=SCRIPT.encode())
    give_api_key(workplace, Wanted(name=SHORT, site="clinic", scope=Scope.SIGN_UP))
    with workplace.database.write() as connection:
        strike(connection, f"{SHORT}.example", reason=SCRIPT, now=NOW)
        open_breaker(connection, BREAKER, reason=SCRIPT, now=NOW)
        audit.record(connection, audit.COMMAND_LINE, SHORT, SCRIPT, at=NOW, detail={SHORT: SCRIPT})
    for act in (Act.SUBJECT, Act.PREHEADER):
        decide(
            workplace,
            workplace.settings.newsletter(),
            Decision(act=act, issued_on=TODAY, text=SHORT),
            actor=SHORT,
        )


def test_script_that_others_wrote_is_text_on_every_page(chromium: Browser, console: ConsoleSite) -> None:
    page = tab(chromium, console)
    found, showing = {}, set()
    for name, path in pages(console.workplace).items():
        shown(page, path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        # A letter in its sandboxed frame may have a link that preflight refuses; nothing there can follow it.
        inner = [frame.evaluate(_LOOK) | {"links": []} for frame in page.frames[1:]]
        found[name] = [page.evaluate(_LOOK), *inner]
        if "window.owned" in page.locator("main").inner_text():
            showing.add(name.removeprefix("console-"))
    assert {name: looks for name, looks in found.items() if looks != [_CLEAN] * len(looks)} == {}
    # It was there to be seen: a page that shows nothing of it would show nothing by this test.
    assert showing >= SHOWING
    page.goto("/console/feedback/tray/2")
    assert SCRIPT in page.locator("pre").inner_text()
    page.context.close()


@pytest.mark.parametrize(
    "path",
    [
        "/console/content?q={}",
        "/console/content?review={}",
        "/console/content/articles/{}",
        "/console/calendar?newsletter={}&move={}",
        f"/console/issues/daily/{TODAY}?tab={{}}",
        f"/console/issues/daily/{TODAY}/slots/also_today?words={{}}&tab={{}}",
        f"/console/issues/daily/{TODAY}/slots/{{}}",
        "/console/issues/{}/2026-03-03",
        "/console/statistics?newsletter={}&month={}",
        "/console/audit?act={}&by={}&words={}",
        "/console/again?next={}",
        "/console/sign-in?next={}",
        "/console/feedback?before={}",
        "/console/{}",
    ],
)
def test_script_in_an_address_is_text(chromium: Browser, console: ConsoleSite, path: str) -> None:
    page = tab(chromium, console)
    answer = page.goto(path.replace("{}", quote(SCRIPT, safe="")))
    assert answer is not None
    assert answer.status < 500
    expect(page.locator("main h1").first).to_be_attached()  # a page of ours, and not what is there before it
    page.wait_for_timeout(_LATE_MS)
    assert page.evaluate(_LOOK) == _CLEAN
    page.context.close()


def test_script_in_what_is_pasted_or_uploaded_is_text(chromium: Browser, console: ConsoleSite) -> None:
    page = tab(chromium, console)
    page.goto("/console/content/try")
    page.get_by_label("Paste a page").fill(
        f"# {SCRIPT}\n\n## Causes {SCRIPT}\n\nWords of a cause. {SCRIPT}\n"
    )
    page.get_by_role("button", name="Read it").click()
    page.get_by_role("heading", name="Causes").first.wait_for()  # not there before
    assert page.evaluate(_LOOK) == _CLEAN
    page.goto("/console/readers/import")
    rows = f"email,{SHORT}\nbob@example.org,{SCRIPT}\n{SCRIPT},2\n".encode()
    page.get_by_label("File", exact=True).set_input_files(
        {"name": f"{SHORT}.csv", "mimeType": "text/csv", "buffer": rows}
    )
    page.get_by_role("button", name="Look, change nothing").click()
    page.get_by_role("heading", name="What would happen").wait_for()
    assert page.evaluate(_LOOK) == _CLEAN
    page.goto("/console/readers")
    page.get_by_label("Address", exact=True).first.evaluate(
        "(one, text) => { one.type = 'text'; one.value = text }", SCRIPT
    )
    with page.expect_navigation():
        page.get_by_role("button", name="Look up").click()
    assert page.evaluate(_LOOK) == _CLEAN
    page.context.close()


def test_a_page_that_let_script_through_would_be_found(chromium: Browser, console: ConsoleSite) -> None:
    page = tab(chromium, console)
    page.goto("/console/help")
    page.evaluate("text => document.querySelector('main').insertAdjacentHTML('beforeend', text)", SCRIPT)
    page.wait_for_function("window.owned === 1")
    assert page.evaluate(_LOOK) != _CLEAN
    page.context.close()


def tab(chromium: Browser, console: ConsoleSite) -> Page:
    """A tab whose browser does not heed our policy: what is held back is so by us alone."""
    token, _ = session_for(console.workplace, "Ada Example", EVERY_ROLE)
    context = chromium.new_context(base_url=console.base, bypass_csp=True)
    context.add_cookies([{"name": "console", "value": token, "url": console.base}])
    page = context.new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog was opened: {dialog.message}"))
    return page
