"""Letters of the samples pass preflight in every layout; hostile documents crash none of its rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.issues.desk import desk_for
from newsletter.issues.forecast import forecast
from newsletter.issues.history import History
from newsletter.rendering.checks.check import Proof
from newsletter.rendering.edition import render_edition
from newsletter.rendering.preflight import failures, preflight
from newsletter.settings import NewsletterSettings, Settings
from tests.acceptance.test_sample_year import FIRST, sample_articles
from tests.integration.hostile import PER_DOCUMENT, read_payloads
from tests.unit.content.page import reference
from tests.unit.factory import desk, index
from tests.unit.rendering.checks.proof import good

WEEKS = 4


@pytest.mark.parametrize("layout", ["daily", "series", "digest"])
def test_no_letter_of_the_samples_is_held(layout: str) -> None:
    articles, at = sample_articles(), desk(layout=layout)
    by_id = {one.id: one for one in articles}
    days = [FIRST + timedelta(days=ahead) for ahead in range(7 * WEEKS)]
    due = [day for day in days if day.weekday() in at.weekdays]
    warned: Counter[str] = Counter()
    for made in forecast(at, index(articles, at), History(), due, load=by_id.__getitem__):
        if not made.picks:
            continue
        checks = preflight(good(made))
        assert failures(checks) == [], (made.issued_on, made.subject)
        warned.update(f"{one.name}: {one.detail}" for one in checks if one.level == "warn")
    # Of a series, the way to the issue before may say the same as the way to the article.
    told = ("reading level", "preheader", "review dates", "link words")
    assert not [said for said in warned if not said.startswith(told)]


def test_no_weekly_digest_of_a_daily_newsletter_of_the_samples_is_held() -> None:
    weekly = NewsletterSettings(timezone="Europe/London").weekly
    assert weekly is not None
    settings = Settings(newsletters=(NewsletterSettings(timezone="Europe/London"),))
    articles, at = sample_articles(), desk_for(settings, weekly)
    by_id = {one.id: one for one in articles}
    due = [day for ahead in range(7 * WEEKS) if weekly.mails_on(day := FIRST + timedelta(days=ahead))]
    made = list(forecast(at, index(articles, at), History(), due, load=by_id.__getitem__))
    assert [(issue.newsletter, len(issue.picks) >= 4) for issue in made] == [("daily-weekly", True)] * WEEKS
    for issue in made:
        edition = render_edition(issue, settings=settings, newsletter=weekly)
        proof = Proof(issue, edition, settings, weekly)
        assert failures(preflight(proof)) == [], (issue.issued_on, issue.subject)


def test_no_rule_crashes_on_a_hostile_document() -> None:
    proof = good()
    payloads = read_payloads(reference("hostile-html/dev.jsonl.gz"))
    for start in range(0, len(payloads), PER_DOCUMENT):
        for payload in payloads[start : start + PER_DOCUMENT : 10]:
            said = f"<html><body>{payload.markup}</body></html>"
            spoilt = replace(proof.edition, html=said, text=payload.markup, subject=payload.markup)
            preflight(replace(proof, edition=spoilt))
