"""Content in the console: found, looked at, withdrawn; and nothing in it that would run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from urllib.parse import quote

import pytest
from sqlalchemy import select

from newsletter.content.article import Article, Kind, Reference
from newsletter.content.store import ContentStore
from newsletter.content.sync import Run, SyncState
from newsletter.issues.withdrawal import withdrawn_articles
from newsletter.operators.role import Role
from newsletter.operators.schema import audit_lines
from newsletter.settings import SourceSettings
from newsletter.workflows.compose import compose
from newsletter.workflows.sync_sources import open_desk, sync_sources
from newsletter.workflows.workplace import Workplace
from tests.conftest import NOW
from tests.integration.article_source import fill
from tests.integration.console_site import ConsoleSite, console_site, said
from tests.unit.factory import article, paragraph, section

SCRIPT = "<script>alert(1)</script>"
HOSTILE = f'Gout {SCRIPT}"><img src=x onerror=alert(2)> \u202egpj'
LIST = "/console/content"


def hostile_article() -> Article:
    """An article as nobody's cleaning would let it into a store."""
    toe = paragraph(f"A painful toe. {SCRIPT}<img src=x onerror=a()>")
    return article(
        "hostile",
        sections=(section(Kind.SYMPTOMS, toe, heading=f"Signs {SCRIPT}"),),
        title=HOSTILE,
        url="javascript:alert(3)",
        reviewer=SCRIPT,
        topics=(SCRIPT,),
        references=(Reference(text=SCRIPT, url="javascript:alert(4)"),),
    )


@pytest.fixture
def stocked(workplace: Workplace) -> Workplace:
    fill(workplace.settings.content_path)
    with ContentStore(workplace.settings.content_path) as store:
        store.save(hostile_article(), seen_at=datetime(2026, 1, 1, tzinfo=UTC))
    return workplace


@pytest.fixture
def console(stocked: Workplace) -> Iterator[ConsoleSite]:
    with console_site(stocked) as site:
        yield site


def ids(workplace: Workplace) -> list[str]:
    with ContentStore(workplace.settings.content_path) as store:
        return [one.id for one in store.articles()]


def is_harmless(page: str) -> bool:
    """Whether nothing of what is hostile is more than text."""
    return SCRIPT not in page and "<img" not in page and 'href="javascript' not in page


def test_articles_are_listed_with_their_review_and_found_by_their_words(console: ConsoleSite) -> None:
    with console.signed_in(roles=[Role.VIEWER]) as browser:
        page = browser.get(LIST)
        assert page.status_code == 200
        assert "reviewed" in said(page)
        found = browser.get(LIST, q="painful to")
        assert "A <mark>painful</mark> <mark>toe</mark>" in found.text
        assert "No section holds all of these words" in said(browser.get(LIST, q="zebra crossing"))
        assert "There is none of these" in said(browser.get(LIST, show="missing"))


def test_titles_and_texts_with_script_in_them_stay_text_wherever_they_are_shown(console: ConsoleSite) -> None:
    hostile = next(one for one in ids(console.workplace) if one.startswith("hostile"))
    path = f"{LIST}/articles/{quote(hostile)}"
    with console.signed_in() as browser:
        for page in (browser.get(LIST), browser.get(LIST, q="painful"), browser.get(LIST, q=SCRIPT)):
            assert page.status_code == 200
            assert is_harmless(page.text)
        page = browser.get(path)
        assert is_harmless(page.text)
        assert "&lt;script&gt;alert(1)" in page.text
        assert "<p>A painful toe." in page.text
        browser.post(f"{path}/withdraw", reason=f"wrong {SCRIPT}")
        assert is_harmless(browser.get(path).text)
        assert is_harmless(browser.get(LIST, show="withdrawn").text)


def test_an_article_tells_where_it_was_used_and_one_that_is_not_there_is_not_found(
    console: ConsoleSite,
) -> None:
    place = console.workplace
    lead = compose(place, place.settings.newsletter(), date(2026, 3, 3)).issue.lead.article_id
    with console.signed_in(roles=[Role.VIEWER]) as browser:
        page = browser.get(f"{LIST}/articles/{lead}")
        assert "/console/issues/daily/2026-03-03" in page.text
        assert "Withdraw the article" not in page.text
        assert browser.get(f"{LIST}/articles/nothing-000000").status_code == 404


def test_an_article_is_withdrawn_with_a_reason_and_on_record(console: ConsoleSite) -> None:
    place = console.workplace
    lead = compose(place, place.settings.newsletter(), date(2026, 3, 3)).issue.lead.article_id
    path = f"{LIST}/articles/{lead}"
    with console.signed_in() as browser:
        refused = browser.post(f"{path}/withdraw", reason="  ")
        assert (refused.status_code, "without a reason" in said(refused)) == (409, True)
        done = browser.post(f"{path}/withdraw", reason="retracted by its\r\nauthors")
        assert (done.status_code, done.headers["location"]) == (303, path)
        assert "retracted by its authors" in said(browser.get(path))
        assert "Withdraw the article" not in browser.get(path).text
    with place.database.read() as connection:
        assert lead in withdrawn_articles(connection)
        lines = connection.execute(select(audit_lines.c.operator, audit_lines.c.act, audit_lines.c.subject))
        assert ("ada", "withdraw", f"article {lead}") in [tuple(line) for line in lines]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SENDER, Role.PRIVACY])
def test_who_only_looks_withdraws_nothing_and_tries_no_page(console: ConsoleSite, role: Role) -> None:
    first = ids(console.workplace)[0]
    with console.signed_in("bob", [role]) as browser:
        assert browser.post(f"{LIST}/articles/{quote(first)}/withdraw", reason="x").status_code == 403
        assert browser.post(f"{LIST}/try", text="# Gout").status_code == 403
    with console.workplace.database.read() as connection:
        assert not withdrawn_articles(connection)


def test_without_a_store_the_page_says_how_to_make_one(workplace: Workplace) -> None:
    with console_site(workplace) as site, site.signed_in() as browser:
        assert "newsletter ingest" in said(browser.get(LIST))
        assert "No source is configured" in said(browser.get(f"{LIST}/sources"))
    assert not workplace.settings.content_path.exists()


def test_every_page_of_a_long_list_is_reached_once(workplace: Workplace) -> None:
    with ContentStore(workplace.settings.content_path) as store:
        made = [article(f"a{number}", title=f"Same {number // 60}") for number in range(120)]
        store.save_many(made, seen_at=NOW)
    seen: list[str] = []
    with console_site(workplace) as site, site.signed_in() as browser:
        path = LIST
        while path:
            page = browser.get(path).text
            seen += [line.partition('"')[0] for line in page.split("/console/content/articles/")[1:]]
            after = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
            path = LIST + after if after else ""
    assert len(seen) == len(set(seen)) == 120


def test_a_source_shows_its_last_sync_and_what_it_rejected_as_text(console: ConsoleSite) -> None:
    name = f"https://feed.example/{SCRIPT}"
    run = Run(NOW, {"new": 3, "rejected": 900}, ((HOSTILE, f"is no article {SCRIPT}"),), "")
    with SyncState(console.workplace.settings.content_path, origin=f"feed {name}") as state:
        state.keep_run(run)
    with console.signed_in() as browser:
        page = browser.get(f"{LIST}/sources")
        assert is_harmless(page.text)
        assert "some rejected" in said(page)
        assert "900" in said(page)
        assert "newsletter ingest lists all" in said(page)


def test_the_run_of_a_folder_is_kept_also_when_it_fails(workplace: Workplace) -> None:
    folder = workplace.settings.content_path.parent / "articles"
    folder.mkdir()
    (folder / "bad.html").write_bytes(b"")
    sources = (SourceSettings(path=folder), SourceSettings(url="http://127.0.0.1:1/gout.html"))
    settings = workplace.settings.model_copy(update={"sources": sources})
    with open_desk(settings, workplace.database, workplace.clock) as desk:
        sync_sources(sources, desk)
    placed = Workplace(settings, workplace.clock, workplace.database, workplace.keyring)
    with console_site(placed) as site, site.signed_in() as browser:
        words = said(browser.get(f"{LIST}/sources"))
    assert "bad.html" in words
    assert "broke off" in words
    assert "127.0.0.1" in words
