"""Reach: the links of a mail are asked, a few at a time, and what gives nothing warns."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from newsletter.content.fetch import Fetcher
from newsletter.rendering.preflight import preflight
from newsletter.workflows.draft_editions import Draft
from newsletter.workflows.reach import SITES_AT_ONCE, Pace, reach_links, unreachable
from tests.integration.wordpress_double import Handler, WordPressDouble, answer, hang, redirect
from tests.unit.factory import article, issue
from tests.unit.rendering.checks.proof import good, link_to, of


@pytest.fixture
def site() -> Iterator[WordPressDouble]:
    with WordPressDouble() as running:
        yield running


def pace(*, link_s: float = 5, all_s: float = 60) -> Pace:
    return Pace(link_s=link_s, all_s=all_s, sleep=lambda _: None)


def ask(links: list[str], *, at: Pace | None = None) -> dict[str, str]:
    return dict(unreachable(links, Fetcher(allow_loopback=True, timeout_s=5), at or pace()))


def test_pages_that_answer_are_fine_and_others_are_named_with_the_reason(site):
    site.fault("/shy", answer(403), times=2)
    site.fault("/broken", answer(500), times=2)
    links = [f"{site.url}{path}" for path in ("", "nowhere", "shy", "broken")]
    assert ask(links) == {
        f"{site.url}nowhere": "answers 404",
        f"{site.url}shy": "answers 403: it may refuse programs only, so open it yourself",
        f"{site.url}broken": "answers 500",
    }


def test_a_page_is_asked_by_head_and_by_get_only_where_a_site_knows_no_head(site, monkeypatch):
    asked: list[str] = []

    def do_head(handler: Handler) -> None:
        asked.append(handler.path)
        handler.send("", status=405 if "old" in handler.path else 200)

    monkeypatch.setattr(Handler, "do_HEAD", do_head, raising=False)
    assert ask([f"{site.url}new", f"{site.url}old"]) == {f"{site.url}old": "answers 404"}
    assert asked == ["/new", "/old"]
    assert site.requests == ["/old"]


def test_what_a_page_holds_does_not_matter_a_pdf_is_a_source_too(site):
    site.fault("/guide.pdf", answer(200, b"%PDF\0", kind="application/pdf"))
    assert ask([f"{site.url}guide.pdf"]) == {}


def test_a_redirect_is_followed_to_its_end(site):
    site.fault("/old", redirect("/nowhere"), times=2)
    assert ask([f"{site.url}old"]) == {f"{site.url}old": "answers 404"}


def test_a_slow_site_costs_no_more_than_its_time_and_the_rest_is_told_as_not_asked(site):
    site.fault("/slow", hang, times=9)
    found = ask([f"{site.url}slow", f"{site.url}next"], at=pace(link_s=0.2, all_s=0.2))
    assert found[f"{site.url}slow"].startswith("did not answer in full")
    assert found[f"{site.url}next"] == "was not asked: 0.2 s were over"


def test_an_address_that_is_not_public_is_refused_without_being_asked(site):
    found = unreachable([site.url, "http://10.0.0.1/"], Fetcher(), pace())
    assert "only 80 and 443" in found[site.url]
    assert "10.0.0.1, which is not a public address" in found["http://10.0.0.1/"]
    assert site.requests == []


def test_a_site_is_asked_for_one_page_after_another_with_a_breath_between(site):
    breaths: list[float] = []
    running = threading.Semaphore(1)
    crowded: list[str] = []

    def before(path: str) -> None:
        if not running.acquire(blocking=False):
            crowded.append(path)
        else:
            running.release()

    site.before = before
    ask([f"{site.url}{number}" for number in range(5)], at=replace(Pace(), sleep=breaths.append))
    assert breaths == [Pace().pause_s] * 4
    assert crowded == []
    assert site.requests == [f"/{number}" for number in range(5)]


def test_no_more_than_a_few_sites_are_asked_at_once():
    now: set[int] = set()
    most: list[int] = []
    lock = threading.Lock()
    together = threading.Barrier(SITES_AT_ONCE)

    class Counting(Fetcher):
        def status(self, url: str, *, timeout_s: float | None = None) -> int:
            with lock:
                now.add(threading.get_ident())
                most.append(len(now))
            together.wait(10)
            with lock:
                now.discard(threading.get_ident())
            return 200

    links = [f"https://site{number}.example/" for number in range(2 * SITES_AT_ONCE)]
    assert unreachable(links, Counting(), pace()) == {}
    assert max(most) == SITES_AT_ONCE


def test_a_draft_is_checked_anew_with_what_its_links_answered(site):
    made = issue(
        article("gout", url=f"{site.url}gone", references=()), article("eczema", url=site.url, references=())
    )
    proof = link_to("tel:112")(of(made, base_url=site.url.rstrip("/"), fetch_loopback=True)(good()))
    draft = reach_links(Draft(proof, preflight(proof)), pace=pace())
    found = {one.name: one for one in draft.checks}["reachable links"]
    assert found.level == "warn"
    assert f"{site.url}gone answers 404" in found.detail
    asked = {urlsplit(path).path for path in site.requests}
    assert "/gone" in asked
    assert not any("@@" in path or "tel" in path for path in site.requests)
    assert draft.proof.edition == proof.edition


def test_without_the_setting_nothing_on_this_machine_is_asked(site):
    made = issue(article("gout", url=f"{site.url}gone"), article("eczema"))
    proof = of(made, base_url=site.url.rstrip("/"))(good())
    resolved: list[str] = []

    def resolver(name: str, _port: int) -> list[str]:
        resolved.append(name)
        return ["127.0.0.1"]

    fetcher = Fetcher(allow_loopback=proof.settings.fetch_loopback, resolver=resolver)
    draft = reach_links(Draft(proof, preflight(proof)), fetcher=fetcher, pace=pace())
    assert site.requests == []
    assert draft.proof.unreachable["https://clinic.example/eczema"].startswith("leads to 127.0.0.1")
