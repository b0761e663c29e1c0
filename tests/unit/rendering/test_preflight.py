"""Preflight: the table of rules, told in the reference; failures hold the issue."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from newsletter.rendering.checks.check import Check, Finding, Rule
from newsletter.rendering.preflight import RULES, as_markdown, failures, preflight
from newsletter.settings import NewsletterSettings, Settings
from tests.unit.factory import article, bullets, issue, issue_with, paragraph, table
from tests.unit.rendering.checks.proof import good, knowing, saying

PAGE = Path("docs/reference/preflight.md")


def test_every_rule_is_one_line_of_the_result_in_the_order_of_the_table():
    assert [one.name for one in preflight(good())] == [rule.name for rule in RULES]


def test_a_topic_edition_is_asked_what_can_hold_it_and_a_mail_that_could_not_be_made_one_thing():
    asked = {one.name for one in preflight(good(), is_general=False)}
    assert {"sections", "pins", "disclaimer", "unsubscribe", "private topics", "text parity"} <= asked
    assert not {"contrast", "reading level", "base_url"} & asked
    assert [one.name for one in preflight(saying(errors=("no title",))(good()))] == ["edition"]


def test_the_reference_page_is_the_table():
    said = PAGE.read_text(encoding="utf-8")
    step = "write it anew with newsletter.rendering.preflight.as_markdown"
    assert as_markdown() in said, step


def test_every_rule_says_why_and_how_to_mend_in_one_line():
    for rule in RULES:
        for said in (rule.reason, rule.mend):
            assert said.endswith(".")
            assert "|" not in said
            assert "\n" not in said


def test_only_failures_hold():
    found = preflight(knowing(changed={"gout": "withdrawn"})(good(privacy_policy=None)))
    assert [one.name for one in failures(found)] == ["pins"]
    assert failures(preflight(good(privacy_policy=None))) == []


def test_a_check_is_plain_data_for_the_command_line():
    assert Check("size", "warn", "large", "Cut it.").document() == {
        "name": "size",
        "level": "warn",
        "detail": "large",
        "mend": "Cut it.",
    }


def test_many_findings_are_told_in_one_line_each_once_and_the_worst_counts():
    many = [Finding("one"), Finding("one"), Finding("two\nlines", "fail"), Finding("three"), Finding("four")]
    said = Rule("links", ("warn", "fail"), "Why.", "How.", lambda _: many).check(good())
    assert said == Check("links", "fail", "one; two lines; three; and 1 more", "How.")


@pytest.mark.parametrize(
    "relay", [None, "smtp://127.0.0.1:2525", "smtp://localhost:2525", "smtp://[::1]:2525"]
)
def test_on_a_machine_that_only_rehearses_shipped_settings_warn_and_do_not_hold(relay):
    shipped = good(smtp_url=relay, base_url=Settings().base_url, sender=NewsletterSettings().sender)
    found = {one.name: one.level for one in preflight(shipped)}
    assert (found["base_url"], found["sender"]) == ("warn", "warn")
    assert "fail" not in found.values()


@pytest.mark.parametrize("base_url", ["http://letter.example", "https://localhost", "https://127.0.0.1:8443"])
def test_before_real_readers_the_web_pages_need_an_https_address_that_they_can_reach(base_url):
    assert [one.name for one in failures(preflight(good(base_url=base_url)))] == ["base_url"]


def test_a_long_letter_is_checked_in_a_tenth_of_a_second():
    """Fifteen blocks, as the house promises without a network; the benchmark has the figure."""
    blocks = (
        paragraph("Drink <b>2 litres</b> a day, and rest."),
        bullets("5 mg", "10 mg"),
        table(("Dose",), ("5 mg",)),
    )
    made = issue_with(issue(article("gout"), article("eczema")), blocks=blocks * 5)
    proofs = [good(made) for _ in range(5)]
    taken = []
    for proof in proofs:
        began = time.thread_time()
        preflight(proof)
        taken.append(time.thread_time() - began)
    print(f"preflight: {min(taken) * 1000:.1f} ms")
    assert min(taken) < 0.1
