"""Every rule of preflight has something that makes it speak up, at each of its levels."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from newsletter.issues.issue import Issue, State
from newsletter.rendering.checks.check import Level, Proof
from newsletter.rendering.preflight import RULES
from newsletter.settings import NewsletterSettings, Settings
from tests.unit.factory import article, issue, issue_with, paragraph, table
from tests.unit.rendering.checks.proof import (
    Spoil,
    adding,
    checked,
    good,
    html,
    knowing,
    link_to,
    of,
    saying,
    text,
    with_settings,
)

_HARD = "Hyperuricaemia characteristically necessitates pharmacological intervention. " * 12
_LONG = "Hyperuricaemia characteristically necessitates individualised antihyperuricaemic intervention. " * 9
_DARK_INK = ".ink div, .ink strong { color: #E8ECEA"
_CELL = '<table><tr><td style="color:#000">5 mg</td></tr></table>'
_BOX = "Stroke: if you think this is happening to you or someone near you, call"
_BOX_NUMBER = '<a href="tel:999" dir="ltr" style="color:#8A1A14;">999</a>'
_WAY_OUT = '<a href="@@UNSUBSCRIBE@@"'
_CHANGED = "changed since it was picked"


def emergency(part: str) -> Spoil:
    """A letter on stroke whose *part* has lost the box at the top, but for the notice in the footer."""
    stroke = of(issue(article("stroke"), article("eczema")))
    if part == "text":
        return lambda proof: text(f"EMERGENCY. {_BOX} 999", "Call")(_unwrapped(stroke(proof)))
    return lambda proof: html(_BOX_NUMBER, "us", times=1)(stroke(proof))


def _unwrapped(proof: Proof) -> Proof:
    before, at, after = proof.edition.text.partition("STROKE\n")
    return saying(text=f"{' '.join(before.split())}\n{at}{after}")(proof)


def short_preheader(proof: Proof) -> Proof:
    long = proof.edition.preheader
    return html(long, "Gout.")(text(long, "Gout.")(saying(preheader="Gout.")(proof)))


def badly_worded(proof: Proof) -> Proof:
    """An operator's wording that has lost the value that the message has."""
    with TemporaryDirectory() as folder:
        catalogue = Path(folder) / "translations" / "en.po"
        catalogue.parent.mkdir()
        # The value is misspelt.
        said = 'msgid "%(num)s min read"\nmsgid_plural "%(num)s min read"\n'
        catalogue.write_text(f'{said}msgstr[0] "%(n)s minute"\nmsgstr[1] "%(n)s minutes"\n', encoding="utf-8")
        spoilt = with_settings(templates=Path(folder))(proof)
        assert spoilt.wording.missing
    return spoilt


def issue_with_gout_reviewed(day: date) -> Issue:
    made = issue()
    picks = (
        one.model_copy(update={"reviewed_on": day}) if one.article_id == "gout" else one for one in made.picks
    )
    return made.model_copy(update={"picks": tuple(picks)})


#: The rule, its level, words of its detail, and what makes it speak up.
FAULTS: list[tuple[str, Level, str, Spoil]] = [
    ("edition", "fail", "the logo has no alt", saying(errors=("the logo has no alt",))),
    ("size", "warn", "over 80,000", adding(" calm" * 11_000)),
    ("size", "fail", "over 95,000", adding(" calm" * 14_000)),
    ("document", "fail", "no lang on <html>", html('<html lang="en"', "<html")),
    ("document", "fail", "no dir on what stands in <body>", html(' lang="en" dir="ltr" style', " style")),
    ("document", "fail", "no <title>", html("<title>", "<!--", times=1)),
    ("headings", "fail", "2 headings of the first level", html("<h2", "<h1", times=1)),
    ("headings", "fail", "0 headings of the first level", html("<h1", "<h2")),
    ("headings", "fail", "“Symptoms” is of level 4 after level 1", html("<h2", "<h4", times=1)),
    ("headings", "fail", "a heading of level 2 without words", adding("<h2></h2>")),
    (
        "hidden words",
        "fail",
        "hidden: “Privacy policy”",
        html(">Privacy policy<", "><b hidden>Privacy policy</b><"),
    ),
    ("hidden words", "fail", "hidden: “x”", adding('<b style="display:none">x</b>', "x")),
    ("hidden words", "fail", "hidden: “x”", adding('<b style="font-size:2px">x</b>', "x")),
    ("hidden words", "fail", "hidden: “x”", adding('<b style="opacity:.1">x</b>', "x")),
    ("hidden words", "warn", "12 px: “x”", adding('<b style="font-size:12px">x</b>', "x")),
    ("sections", "fail", "is not in the text part", text("calm calm", "calm")),
    ("sections", "fail", "is not in the HTML part", html("calm calm", "calm")),
    (
        "sections",
        "fail",
        "“Some of this is not safe for everyone.",
        html("Some of this is not safe", "Some is not"),
    ),
    ("data tables", "warn", "a table without headers: “5 mg”", adding(_CELL, "5 mg")),
    ("data tables", "fail", "without scope: “Dose”", adding("<table><tr><th>Dose</th></tr></table>")),
    (
        "data tables",
        "fail",
        "with role=presentation",
        adding('<table role="presentation"><tr><th scope="col">Dose</th></tr></table>'),
    ),
    (
        "image words",
        "fail",
        "no alt: https://letter.example/a.png",
        adding('<img src="https://letter.example/a.png">'),
    ),
    (
        "remote images",
        "warn",
        "https://ads.example/a.png",
        adding('<img alt="" src="https://ads.example/a.png">'),
    ),
    ("remote images", "warn", "no address that a mail could load", adding('<img alt="" src="/a.png">')),
    (
        "pixels",
        "fail",
        "https://letter.example/o",
        adding('<img alt="" src="https://letter.example/o" width="1">'),
    ),
    ("pixels", "fail", "hidden: cid:a", adding('<img alt="" src="cid:a" style="display: none">')),
    ("pixels", "fail", "hidden: cid:a", adding('<img alt="" src="cid:a" style="width:0px;border:0">')),
    (
        "contrast",
        "fail",
        "“Gout” has 1.6:1, and needs 3:1",
        html('line-height:36px;font-weight:bold;"', 'color:#ccc"'),
    ),
    (
        "contrast",
        "fail",
        "“faint” has 4.47:1, and needs 4.5:1",
        adding('<i style="color:#777">faint</i>', "faint"),
    ),
    (
        "contrast in dark",
        "fail",
        "“Gout” has 1.26:1, and needs 3:1",
        html(_DARK_INK, _DARK_INK.replace("E8ECEA", "333333")),
    ),
    ("text parity", "fail", "number: 5 mg", adding("5 mg", "5 ml")),
    ("text parity", "fail", "list item: Rest.", adding("<ul><li>Rest.</li></ul>", "Do not Rest.")),
    (
        "text parity",
        "fail",
        "link: https://x.example/a",
        adding('<a href="https://x.example/a">a page</a>', "https://x.example/ab"),
    ),
    ("links", "fail", "not usable: javascript:alert(1)", link_to("javascript:alert(1)")),
    ("links", "fail", "not usable: (empty)", link_to("")),
    ("relative links", "fail", "relative: /gout", link_to("/gout")),
    ("relative links", "fail", "relative: //x.example/a", link_to("//x.example/a")),
    ("link words", "fail", "without words: https://x.example/a", link_to("https://x.example/a", "")),
    (
        "link words",
        "warn",
        "“Read more” says nothing of https://x.example/a",
        link_to("https://x.example/a", "Read more"),
    ),
    ("link words", "warn", "an address is all", link_to("https://x.example/a", "https://x.example/a")),
    ("link words", "warn", "“guide to gout” leads to 2", link_to("https://x.example/a", "Guide to gout")),
    ("short links", "warn", "shortened: https://bit.ly/3x", link_to("https://bit.ly/3x")),
    ("short links", "warn", "leads on", link_to("https://click.mail.example/c/abc")),
    ("trackers", "warn", "utm_source", link_to("https://x.example/?utm_source=letter")),
    ("trackers", "warn", "carries a tracker", link_to("https://x.example/?subscriber_id=7")),
    ("trackers", "fail", "would name the reader", link_to("https://x.example/?r=@@UNSUBSCRIBE@@")),
    ("encrypted links", "warn", "http://x.example/a", link_to("http://x.example/a")),
    (
        "reachable links",
        "warn",
        "https://x.example/a answers 404",
        knowing(unreachable={"https://x.example/a": "answers 404"}),
    ),
    ("unsubscribe", "fail", "no link in the HTML part", html("@@UNSUBSCRIBE@@", "https://letter.example/u")),
    ("unsubscribe", "fail", "the link in the HTML part does not say so", html(">Unsubscribe<", ">Leave<")),
    (
        "unsubscribe",
        "fail",
        "2 links in the HTML part",
        html(_WAY_OUT, f"{_WAY_OUT}>Unsubscribe</a>{_WAY_OUT}"),
    ),
    ("unsubscribe", "fail", "no link in the text part", text("@@UNSUBSCRIBE@@", "by letter")),
    ("unsubscribe", "fail", "the link in the text part does not say so", text("Unsubscribe: ", "Or: ")),
    (
        "unsubscribe",
        "fail",
        "2 links in the text part",
        text("Unsubscribe: ", "Unsubscribe: @@UNSUBSCRIBE@@\n"),
    ),
    ("preferences", "fail", "no link in the HTML part", html("@@PREFERENCES@@", "https://letter.example/p")),
    ("preferences", "fail", "no link in the text part", text("@@PREFERENCES@@", "by letter")),
    (
        "privacy",
        "fail",
        "no link in the HTML part",
        html("https://letter.example/privacy", "https://letter.example/x"),
    ),
    ("privacy", "fail", "the link in the text part does not say so", text("Privacy policy: ", "See ")),
    ("privacy policy", "warn", "still the shipped draft", with_settings(privacy_policy=None)),
    ("privacy policy", "warn", "still a draft, draft-1", with_settings(privacy_version="draft-1")),
    (
        "postal_address",
        "warn",
        "is the shipped example",
        with_settings(postal_address=Settings().postal_address),
    ),
    ("postal_address", "fail", "is not in the HTML part", html("7 Road, Town", "Town")),
    ("postal_address", "fail", "is not in the text part", text("7 Road, Town", "Town")),
    (
        "disclaimer",
        "fail",
        "the disclaimer is not in the HTML part",
        html("It does not know you, and", "And"),
    ),
    ("disclaimer", "fail", "the disclaimer is not in the text part", text("general information", "advice")),
    (
        "disclaimer",
        "fail",
        "the disclaimer of Gout is not in the text part",
        knowing(issue=issue_with(article_disclaimer="Ask first.")),
    ),
    ("emergency notice", "fail", "999 is not in the HTML part", html("999", "1999")),
    ("emergency notice", "fail", "999 is not in the text part", text("999", "us")),
    ("emergency notice", "fail", "999 does not come before the lead in the HTML part", emergency("HTML")),
    ("emergency notice", "fail", "999 does not come before the lead in the text part", emergency("text")),
    (
        "review dates",
        "fail",
        "12 January 2026 is not in the HTML part",
        html("12\u00a0January\u00a02026", "once"),
    ),
    (
        "review dates",
        "fail",
        "12 January 2026 is not in the text part",
        text("12\u00a0January\u00a02026", "once"),
    ),
    ("review dates", "fail", "more than 1,095 days", of(issue_with(reviewed_on=date(2022, 1, 1)))),
    ("review dates", "fail", "gives no review date", of(issue_with(reviewed_on=date.min))),
    (
        "review dates",
        "warn",
        "Gout is due for review by 2026-03-20",
        of(issue_with_gout_reviewed(date(2023, 3, 21))),
    ),
    ("references", "warn", "none in Gout", of(issue(article("gout", references=())))),
    ("references", "fail", "“Guide to gout” is not in the text part", text("Guide to gout", "Guide")),
    ("references", "fail", "is not in the HTML part", html("Guide to gout", "Guide")),
    ("source links", "warn", "no address known for Gout", of(issue(article("gout", url="")))),
    ("pins", "fail", "Gout (gout): withdrawn", knowing(changed={"gout": "withdrawn"})),
    ("pins", "fail", f"Gout (gout): {_CHANGED}", knowing(changed={"gout": _CHANGED})),
    ("pins", "warn", "gone from the content store", knowing(changed={"gout": "gone from the content store"})),
    (
        "pins",
        "warn",
        _CHANGED,
        knowing(changed={"gout": _CHANGED}, issue=issue().model_copy(update={"state": State.SENDING})),
    ),
    (
        "language",
        "fail",
        "without the message's own values: “%(num)s min read” (1 in all)",
        badly_worded,
    ),
    (
        "language",
        "warn",
        "nobody has marked the fixed texts in es",
        knowing(newsletter=NewsletterSettings(language="es")),
    ),
    ("unsupported css", "warn", "position (not in", adding('<p style="position:fixed">x</p>')),
    ("unsupported css", "warn", "display:flex (not in", adding('<p style="display:flex">x</p>')),
    ("subject", "fail", "empty", saying(subject=" ")),
    ("subject", "fail", "control character", saying(subject="Gout\nBcc: all")),
    ("subject", "fail", "an answer to a letter that nobody wrote", saying(subject="Re: your gout")),
    ("subject", "warn", "51 characters, over 50", saying(subject="x" * 51)),
    ("subject", "warn", "all in capitals", saying(subject="GOUT AND YOU")),
    ("subject", "warn", "shouts", saying(subject="Gout!!")),
    ("subject", "warn", "holds a picture: 🔥", saying(subject="Gout 🔥")),
    ("subject", "warn", "“breakthrough” promises or frightens", saying(subject="A breakthrough for gout")),
    ("preheader", "warn", "5 characters, not 40 to 90", short_preheader),
    (
        "preheader",
        "warn",
        "says the same as the subject",
        lambda proof: saying(subject=proof.edition.preheader)(proof),
    ),
    ("preheader", "fail", "is not to be seen in the HTML part", html("What it is, how", "How")),
    ("preheader", "fail", "is not to be seen in the text part", text("What it is, how", "How")),
    ("private topics", "fail", "the subject names it: “Living with HIV”", saying(subject="Living with HIV")),
    (
        "private topics",
        "fail",
        "the preheader names it",
        saying(preheader="And what helps after a miscarriage, kindly."),
    ),
    ("reading level", "warn", "the letter: Flesch-Kincaid", of(issue_with(blocks=(paragraph(_HARD),)))),
    ("reading level", "warn", "Gout: Overview: Flesch-Kincaid", of(issue_with(blocks=(paragraph(_LONG),)))),
    ("spam phrases", "warn", "“act now” in the subject", saying(subject="Gout: act now")),
    ("spam phrases", "warn", "“miracle cure” in the text part", adding("", "A miracle cure.")),
    ("placeholders", "fail", "left over: {{ in the HTML part", adding("{{ name }}")),
    ("placeholders", "fail", "left over: {% in the text part", adding("", "{% if %}")),
    ("placeholders", "fail", "left over: Lorem ipsum", adding("Lorem ipsum dolor")),
    ("placeholders", "fail", "left over: TODO: in the subject", saying(subject="TODO: write")),
    ("placeholders", "warn", "left over: XXX", adding("See XXX.")),
    ("placeholders", "warn", "left over: [Name]", adding("Dear [Name]")),
    ("placeholders", "fail", "left over: %%EMAIL%% in the preheader", saying(preheader="For %%EMAIL%%")),
    ("placeholders", "fail", "left over: *|FNAME|*", adding("Dear *|FNAME|*")),
    ("placeholders", "fail", "left over: @@READER@@", adding("Dear @@READER@@")),
    ("placeholders", "fail", "in the link https://x.example/{{", link_to("https://x.example/{{id}}")),
    ("year", "warn", "2024 in publisher", with_settings(publisher="Clinic 2024")),
    (
        "year",
        "warn",
        "2025 in postal_address",
        with_settings(postal_address="7 Road, Town. © 2020–2025 Clinic"),
    ),
    ("year", "warn", "the issue is of 2026-03-03, and today is 2028-01-01", knowing(today=date(2028, 1, 1))),
    (
        "date",
        "warn",
        "2026-03-03 is not one of its dates",
        knowing(newsletter=NewsletterSettings(weekdays=("sun",))),
    ),
    ("base_url", "fail", "http://letter.example: ", with_settings(base_url="http://letter.example")),
    ("base_url", "fail", "https://127.0.0.1:8443: ", with_settings(base_url="https://127.0.0.1:8443")),
    (
        "base_url",
        "warn",
        "need an HTTPS address",
        with_settings(base_url="http://127.0.0.1:8000", smtp_url=None),
    ),
    ("sender", "fail", "is the shipped example", with_settings(sender="A <a@example.org>")),
    (
        "sender",
        "warn",
        "is the shipped example",
        with_settings(sender="A <a@example.org>", smtp_url="smtp://localhost:25"),
    ),
]


def test_a_sound_issue_of_a_newsletter_that_is_set_up_passes_every_check():
    found = checked(good())
    assert {one.name: one.detail for one in found.values() if one.level != "ok"} == {}
    assert {one.mend for one in found.values()} == {""}


def test_as_shipped_only_what_is_to_be_set_up_warns():
    shipped = Settings().model_dump(
        include={"base_url", "postal_address", "smtp_url", "privacy_policy", "privacy_version", "region"}
    )
    made = good(sender=NewsletterSettings().sender, **shipped)
    warned = {one.name for one in checked(made).values() if one.level != "ok"}
    assert warned == {"base_url", "sender", "postal_address", "privacy policy"}


def test_a_text_part_may_number_its_links_and_list_them_at_the_end():
    numbered = text(
        "Unsubscribe: @@UNSUBSCRIBE@@", "Unsubscribe [4]\n\n[3] https://x.example\n[4] @@UNSUBSCRIBE@@"
    )
    assert checked(numbered(good()))["unsubscribe"].level == "ok"
    wrong = text("Unsubscribe: @@UNSUBSCRIBE@@", "Leave [4]\n\n[3] Unsubscribe\n[4] @@UNSUBSCRIBE@@")
    assert checked(wrong(good()))["unsubscribe"].level == "fail"


def test_every_rule_has_a_fault_for_each_of_its_levels():
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert {(rule.name, level) for rule in RULES for level in rule.levels} == {fault[:2] for fault in FAULTS}


@pytest.mark.parametrize(
    ("name", "level", "words", "spoil"), FAULTS, ids=[f"{fault[0]}: {fault[2][:40]}" for fault in FAULTS]
)
def test_a_fault_is_found_named_and_comes_with_a_way_to_mend(
    name: str, level: Level, words: str, spoil: Spoil
):
    found = checked(spoil(good()))[name]
    assert (found.level, words in found.detail) == (level, True), found
    assert found.mend


def test_a_table_of_data_in_a_letter_is_in_order_though_layout_tables_stand_around_it():
    made = issue_with(blocks=(table(("Age", "Dose"), ("40", "5 mg")),))
    assert checked(of(made)(good()))["data tables"].level == "ok"
