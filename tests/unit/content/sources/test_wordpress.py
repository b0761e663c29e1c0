from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from newsletter.content.fetch import Fetcher, FetchError
from newsletter.content.sources import wordpress
from newsletter.content.sources.item import Refused
from newsletter.content.sources.rest import RestPost
from newsletter.content.sources.wordpress import RestBlockedError, WordPress
from tests.integration.wordpress_double import BEGAN_AT, Act, WordPressDouble, answer, half, redirect


@pytest.fixture
def site() -> Iterator[WordPressDouble]:
    with WordPressDouble() as running:
        yield running


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(allow_loopback=True, timeout_s=10)


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordpress, "PER_PAGE", 4)
    monkeypatch.setattr(wordpress, "PER_PAGE_WITH_TEXT", 3)


def ids(pages: Iterator[tuple[int, list[RestPost | Refused]]]) -> list[int]:
    return [post.id for _, posts in pages for post in posts if isinstance(post, RestPost)]


@pytest.mark.parametrize("pretty", [True, False])
@pytest.mark.parametrize("advertised", ["header", "link", "nowhere"])
def test_the_interface_is_found_wherever_it_is(
    site: WordPressDouble, fetcher: Fetcher, *, pretty: bool, advertised: str
) -> None:
    site.fill(range(1, 6))
    site.pretty, site.advertised = pretty, advertised
    reader = WordPress(site.url.rstrip("/"), fetcher)
    assert ids(reader.changed()) == [1, 2, 3, 4, 5]
    assert reader.listing().keys() == {1, 2, 3, 4, 5}
    assert reader.lang == "en-GB"
    assert not reader.is_gone(3)
    assert reader.is_gone(99)


def test_a_site_without_interface_is_blocked(site: WordPressDouble, fetcher: Fetcher) -> None:
    site.fault("/", answer(200, "<html>Hello</html>"), times=-1)
    with pytest.raises(RestBlockedError, match="no WordPress REST interface"):
        WordPress(site.url, fetcher).discover()


def test_an_interface_named_elsewhere_is_judged_like_any_address(
    site: WordPressDouble, fetcher: Fetcher
) -> None:
    link = '<http://169.254.169.254/wp-json/>; rel="https://api.w.org/"'
    site.fault("/", answer(200, "<html></html>", Link=link))
    with pytest.raises(FetchError, match="not a public address"):
        WordPress(site.url, fetcher).listing()


@pytest.mark.parametrize(
    "link",
    ['<http://[bad>; rel="https://api.w.org/"', "<>", '<x; rel="https://api.w.org/"', ",,;;<<>>" * 500],
)
def test_a_garbled_link_header_is_no_link(site: WordPressDouble, fetcher: Fetcher, link: str) -> None:
    site.fill([1])
    site.fault("/", answer(200, "<html lang=de></html>", Link=link))
    reader = WordPress(site.url, fetcher)
    assert reader.discover() == site.root
    assert reader.lang == "de"


def test_only_what_changed_later_is_read(site: WordPressDouble, fetcher: Fetcher) -> None:
    site.fill(range(1, 8))
    after = BEGAN_AT + timedelta(minutes=5)
    assert ids(WordPress(site.url, fetcher).changed(after)) == [6, 7]


def test_reading_goes_on_at_a_page(site: WordPressDouble, fetcher: Fetcher) -> None:
    site.fill(range(1, 8))
    assert ids(WordPress(site.url, fetcher).changed(page=3)) == [7]
    assert ids(WordPress(site.url, fetcher).changed(page=9)) == []


def test_an_empty_site_is_empty(site: WordPressDouble, fetcher: Fetcher) -> None:
    assert ids(WordPress(site.url, fetcher).changed()) == []
    assert WordPress(site.url, fetcher).listing() == {}


@pytest.mark.parametrize("lie", [-7, 1000])
def test_totals_are_not_believed(site: WordPressDouble, fetcher: Fetcher, lie: int) -> None:
    site.fill(range(1, 10))
    site.total_lie = lie
    assert WordPress(site.url, fetcher).listing().keys() == set(range(1, 10))


def test_an_empty_page_between_others_is_not_the_end(site: WordPressDouble, fetcher: Fetcher) -> None:
    site.fill(range(1, 10))
    site.fault("page=2", answer(200, "[]", kind="application/json"))
    assert WordPress(site.url, fetcher).listing().keys() == set(range(1, 10))


def test_a_site_that_gives_one_page_for_ever_is_not_read_for_ever(
    site: WordPressDouble, fetcher: Fetcher
) -> None:
    same = json.dumps([{"id": 1, "modified_gmt": "2026-01-01T00:00:00"}])
    site.fault("/wp/v2/posts", answer(200, same, kind="application/json"), times=-1)
    assert WordPress(site.url, fetcher).listing() == {1: "2026-01-01T00:00:00"}
    assert len(site.requests) < 10


def test_a_listing_that_shifts_while_it_is_read_is_read_again(
    site: WordPressDouble, fetcher: Fetcher
) -> None:
    site.fill(range(1, 10))

    def take_away(address: str) -> None:
        if "page=2" in address:
            site.posts.pop(1, None)

    site.before = take_away
    assert WordPress(site.url, fetcher).listing().keys() == set(range(1, 10))  # 1 was there when it was read


def test_posts_are_read_by_name_in_lots(site: WordPressDouble, fetcher: Fetcher) -> None:
    site.fill(range(1, 10))
    lots = list(WordPress(site.url, fetcher).posts([1, 3, 5, 7, 99]))
    assert [[post.id for post in lot if isinstance(post, RestPost)] for lot in lots] == [[1, 3, 5], [7]]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (answer(401, '{"code": "rest_login_required"}', kind="application/json"), "401.*rest_login_required"),
        (answer(403, "<h1>Forbidden</h1>"), "403"),
        (answer(404, '{"code": "rest_no_route"}', kind="application/json"), "404"),
        (answer(400, '{"code": "rest_invalid_param"}', kind="application/json"), "400"),
        (answer(200, "<html>Checking your browser</html>"), "HTML"),
        (half, "half"),
        (answer(200, '{"an": "object"}', kind="application/json"), "no list"),
        (answer(200, "[" * 100_000, kind="application/json"), "no list"),
        (answer(200, "", kind="application/json"), "no list"),
    ],
)
def test_what_is_no_json_is_blocked(site: WordPressDouble, fetcher: Fetcher, act: Act, said: str) -> None:
    site.fill([1])
    site.fault("/wp/v2/posts", act, times=-1)
    with pytest.raises(RestBlockedError, match=said):
        WordPress(site.url, fetcher).listing()


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_site_in_trouble_is_down(site: WordPressDouble, fetcher: Fetcher, status: int) -> None:
    site.fault("/wp/v2/posts", answer(status, "busy", Retry_After="120"))
    with pytest.raises(FetchError, match=rf"{status} and asks to wait 120"):
        WordPress(site.url, fetcher).listing()


def test_a_byte_order_mark_before_the_json_is_passed_over(site: WordPressDouble, fetcher: Fetcher) -> None:
    site.fault("/wp/v2/posts", answer(200, "\ufeff[]", kind="application/json"))
    assert WordPress(site.url, fetcher).listing() == {}


def test_one_bad_post_does_not_stop_the_others(site: WordPressDouble, fetcher: Fetcher) -> None:
    site.add(1)
    good = {"id": 2, "title": {"rendered": "Gout"}, "content": {"rendered": "<p>Pain</p>"}}
    mixed = json.dumps([{"id": "x"}, None, good])
    site.fault("/wp/v2/posts", answer(200, mixed, kind="application/json"))
    found = [post for _, posts in WordPress(site.url, fetcher).changed() for post in posts]
    assert [type(post) for post in found[:3]] == [Refused, Refused, RestPost]


# --- gone -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410])
def test_a_post_is_gone_when_the_site_says_so(site: WordPressDouble, fetcher: Fetcher, status: int) -> None:
    site.gone_status = status
    assert WordPress(site.url, fetcher).is_gone(5)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 451, 500, 503])
def test_no_other_answer_means_that_it_is_gone(site: WordPressDouble, fetcher: Fetcher, status: int) -> None:
    site.fault("/wp/v2/posts/5", answer(status, "{}", kind="application/json"))
    assert not WordPress(site.url, fetcher).is_gone(5)


def test_an_interface_that_went_away_is_no_deletion(site: WordPressDouble, fetcher: Fetcher) -> None:
    site.fault("/wp/v2/posts/5", answer(404, '{"code": "rest_no_route"}', kind="application/json"))
    with pytest.raises(RestBlockedError):
        WordPress(site.url, fetcher).is_gone(5)


@pytest.mark.parametrize(("public", "gone"), [(404, True), (410, True), (200, False), (403, False)])
def test_a_post_in_the_bin_is_gone_when_its_page_is(
    site: WordPressDouble, fetcher: Fetcher, public: int, *, gone: bool
) -> None:
    site.add(5, status="trash")
    site.fault("/post-5/", answer(public, "x"))
    reader = WordPress(site.url, fetcher)
    assert not reader.is_gone(5)
    assert reader.is_gone(5, url=f"{site.url}post-5/") is gone


def test_a_page_that_leads_to_the_front_page_is_not_gone(site: WordPressDouble, fetcher: Fetcher) -> None:
    site.add(5, status="private")
    site.fault("/post-5/", redirect("/"))
    assert not WordPress(site.url, fetcher).is_gone(5, url=f"{site.url}post-5/")
