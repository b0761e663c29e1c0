"""The console is warm before anybody comes: the next issue is there when it is opened."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest

from newsletter.workflows import keep_draft
from newsletter.workflows.keep_draft import kept_draft
from newsletter.workflows.keep_warm import keep_warm, warm_up
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import fill
from tests.integration.web_site import wait_until

DAY = date(2026, 3, 3)


def test_the_next_issue_is_there_when_it_is_opened(workplace: Workplace, monkeypatch) -> None:
    fill(workplace.settings.content_path)
    warm_up(workplace)
    # Whoever opens it now makes nothing: there is nothing left that could.
    monkeypatch.delattr(keep_draft, "drafting")
    assert kept_draft(workplace, workplace.settings.newsletter(), DAY).issue.picks
    with pytest.raises(NameError):
        kept_draft(workplace, workplace.settings.newsletter(), DAY + timedelta(days=1))


def test_it_is_made_again_after_a_change_until_the_server_ends(workplace: Workplace, monkeypatch) -> None:
    fill(workplace.settings.content_path, names=("asthma", "gout", "eczema"))
    stopping = threading.Event()
    thread = threading.Thread(target=keep_warm, args=(workplace, stopping), kwargs={"every_s": 0.01})
    thread.start()
    try:
        before = kept_draft(workplace, workplace.settings.newsletter(), DAY)
        fill(workplace.settings.content_path, names=("migraine",))
        wait_until(lambda: len(workplace.pool.drafts) > len(workplace.settings.publications))
    finally:
        stopping.set()
        thread.join()
    monkeypatch.delattr(keep_draft, "drafting")
    assert kept_draft(workplace, workplace.settings.newsletter(), DAY) is not before


def test_without_articles_or_with_a_broken_store_the_server_goes_on(workplace: Workplace, caplog) -> None:
    warm_up(workplace)
    workplace.settings.content_path.write_bytes(b"no database at all, " * 100)
    stopping = threading.Event()
    thread = threading.Thread(target=keep_warm, args=(workplace, stopping), kwargs={"every_s": 0.01})
    caplog.set_level("INFO")
    thread.start()
    try:
        wait_until(lambda: "the console is not warm (ContentError)" in caplog.text)
        workplace.settings.content_path.unlink()
        fill(workplace.settings.content_path)
        wait_until(lambda: len(workplace.pool.drafts) > 0)
    finally:
        stopping.set()
        thread.join()
