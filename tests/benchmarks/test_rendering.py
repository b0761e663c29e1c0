"""`make bench`: from an issue to its frozen edition, beside the bare compile of the same MJML.

The bare costs are mjml-python's own compile of the MJML that our templates make, and that of npm's mjml (the
reference implementation, in JavaScript) of the same source, both warm.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import cycle
from pathlib import Path

import pytest
from mjml import mjml2html

from newsletter import samples
from newsletter.issues.issue import Issue
from newsletter.issues.topic_set import sets_of, topic_set_key
from newsletter.rendering.checks.check import Proof
from newsletter.rendering.edition import render_edition
from newsletter.rendering.mail import mail_source
from newsletter.rendering.preflight import preflight
from newsletter.rendering.store import pack
from newsletter.rendering.view import issue_context
from newsletter.settings import NewsletterSettings, Settings
from newsletter.wording import wording_of
from newsletter.workflows.draft_editions import Bench, Order, draft_editions
from tests.browser.mails import MONDAY, articles_in
from tests.browser.node import FOLDER, WHY_NOT, has_tools, node
from tests.unit.factory import desk, picked

BLOCKS = 15
ROUNDS = 40


def letter_of(blocks: int) -> Issue:
    """An issue of that many sections of the samples."""
    issue = picked(articles_in(Path(samples.__file__).parent), day=MONDAY)
    told = cycle(pick for pick in issue.picks if not pick.is_myth)
    return issue.model_copy(update={"picks": tuple(next(told) for _ in range(blocks))})


def median_ms(work: Callable[[], object]) -> float:
    """The median of ROUNDS warm runs, in milliseconds."""
    work()
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


def source_of(issue: Issue) -> str:
    """The MJML that our templates make of *issue*."""
    settings, wording = Settings(), wording_of()
    context = issue_context(issue, settings=settings, newsletter=settings.newsletter(), wording=wording)
    source, errors = mail_source("daily", context, wording=wording)
    assert errors == ()
    return source


def test_an_issue_becomes_a_frozen_edition() -> None:
    issue, settings = letter_of(BLOCKS), Settings()
    newsletter = settings.newsletter()

    def freeze() -> object:
        return pack(render_edition(issue, settings=settings, newsletter=newsletter))

    source = source_of(issue)
    ours = median_ms(lambda: render_edition(issue, settings=settings, newsletter=newsletter))
    frozen, bare = median_ms(freeze), median_ms(lambda: mjml2html(source, fonts={}))
    size = render_edition(issue, settings=settings, newsletter=newsletter).size
    print(
        f"\n{BLOCKS} blocks, {size:,} bytes of HTML: issue to edition {ours:.1f} ms ({frozen:.1f} ms packed "
        f"for the database); mjml-python's bare compile {bare:.2f} ms ({ours / bare:.1f} ×)"
    )
    assert ours <= 12.0
    proof = Bench(settings, newsletter, date(2026, 11, 23), {}).draft(Order(issue)).proof
    whole = median_ms(lambda: preflight(_fresh(proof)))
    print(f"preflight {whole:.1f} ms ({whole / bare:.1f} × the bare compile)")
    assert whole <= 100.0


def _fresh(proof: Proof) -> Proof:
    """The same proof, of which nothing has been read yet."""
    return replace(proof)


@pytest.mark.skipif(not has_tools(), reason=WHY_NOT)
def test_beside_the_reference_compiler(tmp_path: Path) -> None:
    issue, settings = letter_of(BLOCKS), Settings()
    source = source_of(issue)
    path = tmp_path / "letter.mjml"
    path.write_text(source, encoding="utf-8")
    done = subprocess.run(
        [str(node()), str(FOLDER / "time_mjml.mjs"), str(path)], capture_output=True, text=True, check=True
    )
    theirs = json.loads(done.stdout)
    ours = median_ms(lambda: render_edition(issue, settings=settings, newsletter=settings.newsletter()))
    bare = median_ms(lambda: mjml2html(source, fonts={}))
    print(
        f"\nnpm mjml {theirs['version']} compiles it in {theirs['ms']:.1f} ms: {theirs['ms'] / bare:.0f} × "
        f"mjml-python's {bare:.2f} ms, {theirs['ms'] / ours:.1f} × our whole edition with its text "
        f"({ours:.1f} ms)"
    )


def test_every_topic_edition_of_a_day() -> None:
    topics = (
        "allergies blood bones brain cancer children digestion ears eyes heart hormones infections joints "
    )
    topics += "kidneys lungs muscles nerves skin sleep nutrition"
    offered = tuple(sorted(topics.split()))
    newsletter = NewsletterSettings(topics=offered)
    issue = picked(articles_in(Path(samples.__file__).parent), day=MONDAY, at=desk(topics=offered))
    orders = [
        Order(issue, topic_set_key(chosen), 50, "opaque" if chosen else None) for chosen in sets_of(offered)
    ]
    bench = Bench(Settings(), newsletter, MONDAY, {})
    alone = median_ms(lambda: mjml2html(source_of(issue), fonts={}))
    began = time.perf_counter()
    drafts = list(draft_editions(bench, orders))
    took = time.perf_counter() - began
    assert len(drafts) == len(orders) == 1351
    packed = [one.packed for one in drafts if one.packed]
    assert len(packed) == len(drafts)
    print(
        f"\n{len(drafts):,} editions of {packed[0].size:,} bytes rendered, checked and packed in "
        f"{took:.1f} s ({took / (len(drafts) * alone / 1000):.1f} × the bare compile of as many)"
    )
    assert took <= 20.0
