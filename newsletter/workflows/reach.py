"""Reach: ask every link of a draft whether it answers. Only on request: it goes out to other sites."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from newsletter.content.fetch import Fetcher, FetchError
from newsletter.rendering.preflight import preflight
from newsletter.workflows.draft_editions import Draft

#: So many sites at a time, each asked for one page after another, with a breath between.
SITES_AT_ONCE = 4
PAUSE_S = 0.5
#: One link has this long to answer, and all of them together.
LINK_S, ALL_S = 10.0, 60.0


@dataclass(frozen=True)
class Pace:
    """How links are asked, in seconds; *monotonic* is a clock that never goes back."""

    pause_s: float = PAUSE_S
    link_s: float = LINK_S
    all_s: float = ALL_S
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic


def reach_links(draft: Draft, *, fetcher: Fetcher | None = None, pace: Pace | None = None) -> Draft:
    """*draft* with what its links answered, checked anew.

    Asked are web links, each once: never our marks (they are not addresses yet), numbers or mailboxes. The
    *fetcher* is by default one that refuses all but public addresses, and loopback if the setting
    fetch_loopback says so.
    """
    pace = pace or Pace()
    fetcher = fetcher or Fetcher(allow_loopback=draft.proof.settings.fetch_loopback, timeout_s=pace.link_s)
    links = dict.fromkeys(link.href for link in draft.proof.mail.links)
    web = [link for link in links if link.lower().startswith(("http://", "https://"))]
    proof = replace(draft.proof, unreachable=unreachable(web, fetcher, pace))
    return Draft(proof, preflight(proof))


def unreachable(links: Sequence[str], fetcher: Fetcher, pace: Pace) -> Mapping[str, str]:
    """Which of *links* give nothing, and why, in their order."""
    sites: dict[str, list[str]] = defaultdict(list)
    for link in links:
        sites[_site(link)].append(link)
    end = pace.monotonic() + pace.all_s
    with ThreadPoolExecutor(max_workers=SITES_AT_ONCE) as pool:
        answers = pool.map(lambda site: _ask_site(site, fetcher, pace, end=end), sites.values())
        why = {link: said for answer in answers for link, said in answer.items()}
    return {link: why[link] for link in links if why[link]}


def _ask_site(links: Sequence[str], fetcher: Fetcher, pace: Pace, *, end: float) -> dict[str, str]:
    said: dict[str, str] = {}
    for number, link in enumerate(links):
        if number:
            pace.sleep(pace.pause_s)
        left = end - pace.monotonic()
        if left <= 0:
            said[link] = f"was not asked: {pace.all_s:g} s were over"
            continue
        said[link] = _answer(link, fetcher, timeout_s=min(left, pace.link_s))
    return said


def _answer(link: str, fetcher: Fetcher, *, timeout_s: float) -> str:
    """Why *link* gives nothing; empty when it is there."""
    try:
        status = fetcher.status(link, timeout_s=timeout_s)
    except FetchError as error:
        return error.reason
    if status in (401, 403, 429):
        return f"answers {status}: it may refuse programs only, so open it yourself"
    return f"answers {status}" if status >= 400 else ""


def _site(link: str) -> str:
    try:
        return urlsplit(link).netloc.lower()
    except ValueError:
        return link
