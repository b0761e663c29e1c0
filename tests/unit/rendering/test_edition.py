"""The mail: both parts hold everything that issue 2 ("The mail") asks for, and nothing hostile works."""

from __future__ import annotations

import html as html_module
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import pytest

from newsletter.content.article import Flag, Item, Kind, ListBlock, Reference, block_html, plain_text
from newsletter.content.private_topic import SELF_HARM
from newsletter.issues.issue import Issue
from newsletter.rendering.edition import MAX_HTML_BYTES, Edition
from newsletter.rendering.view import PREFERENCES_HOLE, UNSUBSCRIBE_HOLE
from newsletter.settings import Settings
from tests.unit.factory import article, bullets, edition, issue, issue_with, paragraph, section, table

HOSTILE = "\"><script>alert(1)</script><mj-section> & 'x' {{ 7*7 }} @@"
PRINT = "from tests.unit.factory import edition; print(edition().hash)"


class Page(HTMLParser):
    """What a mail program sees: text, links by words, headings, and whether a script runs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.links: dict[str, str] = {}
        self.headings: list[tuple[int, str]] = []
        self.tags: dict[str, list[dict[str, str | None]]] = {}
        self._open: list[str] = []
        self._href = ""
        self.feed(html)
        self.close()
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.setdefault(tag, []).append(dict(attrs))
        if tag in ("style", "title", "a", "h1", "h2", "h3"):
            self._open.append(tag)
        if tag == "a":
            self._href = dict(attrs).get("href") or ""
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()
        if tag in ("p", "li", "td", "th", "h1", "h2", "div"):
            self.text += " "

    def handle_data(self, data: str) -> None:
        if "style" in self._open or "title" in self._open:
            return
        self.text += data
        if "a" in self._open:
            self.links[self._href] = self.links.get(self._href, "") + data
        if self.headings and self._open and self._open[-1].startswith("h"):
            self.headings[-1] = (self.headings[-1][0], self.headings[-1][1] + data)


def parts(made: Edition) -> tuple[str, str]:
    """The words of both parts, as one line each."""
    return Page(made.html).text, " ".join(made.text.split())


def in_both(made: Edition, *sayings: str) -> None:
    """Assert that each part says all of that (headings are capitals in the text part)."""
    for part in parts(made):
        for saying in sayings:
            assert saying.casefold() in part.casefold(), saying


def two_topics(**changes: Any) -> Issue:
    """Gout leads; a section on the causes of eczema comes beside it."""
    return issue(article("gout", **changes), article("eczema", sections=(section(Kind.CAUSES),)))


def test_both_parts_hold_preheader_date_and_reading_time():
    made = issue(article(sections=tuple(section(one.kind, paragraph(150)) for one in article().sections)))
    assert sum(pick.words for pick in made.picks) == 600
    in_both(edition(made), made.preheader, "Tuesday, 3 March 2026", "3 min read")


def test_the_preheader_is_visible_and_comes_first():
    made = edition()
    for part in parts(made):
        assert part.startswith(made.preheader)
    assert "display:none" not in made.html.replace(" ", "").split("<body", 1)[1].split(made.preheader)[0]


def test_even_a_short_letter_takes_a_minute():
    in_both(edition(), "1 min read")


def test_both_parts_hold_every_section_with_its_source_link_and_review_date():
    made = two_topics()
    shown = edition(made)
    page = Page(shown.html)
    assert len(made.picks) == 5
    for pick in made.picks:
        text = " ".join(block.plain() for block in pick.blocks)
        in_both(shown, text, pick.article_title)
        if pick is not made.lead:
            in_both(shown, pick.heading)
        assert pick.article_url in page.links
        assert pick.article_url in shown.text
    for part in parts(shown):
        assert part.count("reviewed 12 January 2026") == len(made.picks)


def test_a_shortened_section_says_so_and_links_to_the_whole():
    causes = section(Kind.CAUSES, paragraph(100), paragraph(100))
    shown = edition(issue(article("gout"), article("eczema", sections=(causes,))))
    in_both(shown, "Shortened", "read all of")
    assert "read all of" in Page(shown.html).links["https://clinic.example/eczema"]


def test_a_section_without_an_address_still_names_its_source():
    shown = edition(issue(article("gout", url="")))
    in_both(shown, "From Gout", "reviewed 12 January 2026")
    assert "None" not in shown.text + Page(shown.html).text


def test_both_parts_hold_the_disclaimer_and_each_articles_own_once():
    shown = edition(two_topics(disclaimer="Gout words."))
    in_both(shown, Settings().disclaimer, "About “Gout”: Gout words.")
    assert all(part.count("Gout words.") == 1 for part in parts(shown))


def test_both_parts_hold_the_references_once_with_their_links():
    shown = edition(two_topics())
    in_both(shown, "References", "Guide to gout", "Guide to eczema", "https://guide.example/eczema"[8:13])
    assert Page(shown.html).links["https://guide.example/gout"] == "Guide to gout"
    assert shown.text.count("https://guide.example/gout") == 1
    plain = edition(issue(article("gout", references=(Reference(text="A printed book"),))))
    in_both(plain, "A printed book")


def test_without_references_there_is_no_empty_heading():
    shown = edition(issue(article("gout", references=())))
    assert not any(re.search(r"\breferences\b", part, re.IGNORECASE) for part in parts(shown))


@pytest.mark.parametrize(
    ("settings", "number", "local"),
    [
        ({"region": "GB"}, "999", True),
        ({"region": "AU"}, "000", True),
        ({}, "112", False),
        ({"emergency_number": "1 2 3"}, "1 2 3", True),
    ],
)
def test_both_parts_hold_the_emergency_notice_with_the_regions_number(settings, number, local):
    shown = edition(settings=Settings(**settings))
    notice = f"call {number}" + ("" if local else " or your local emergency number") + " now."
    in_both(shown, f"If you think you have an emergency, {notice}")
    assert Page(shown.html).links[f"tel:{number.replace(' ', '')}"]


BOX = "do not reply to this e-mail for help"


@pytest.mark.parametrize(
    "made",
    [
        issue(article("stroke")),
        issue_with(slot="signs", flags=(Flag.EMERGENCY, Flag.SENSITIVE), private=(SELF_HARM,)),
    ],
)
def test_an_emergency_opens_the_letter_with_what_to_do_now(made):
    shown = edition(made, settings=Settings(region="US"))
    for part in parts(shown):
        assert "call 911" in part
        assert part.casefold().index(BOX) < part.casefold().index("today’s condition")


def test_without_an_emergency_there_is_no_box_even_if_seek_help_names_one():
    for made in (issue(), issue_with(slot="seek_help", flags=(Flag.EMERGENCY,))):
        assert not any(BOX in part.casefold() for part in parts(edition(made)))


def test_a_sensitive_subject_comes_with_the_crisis_line_where_there_is_one():
    made = issue_with(flags=(Flag.SENSITIVE,))
    in_both(edition(made, settings=Settings(region="GB")), "call 116 123.")
    assert not any("free of charge" in part for part in parts(edition(made)))
    assert not any("116 123" in part for part in parts(edition(settings=Settings(region="GB"))))


def test_after_a_treatment_the_letter_says_to_ask_first():
    advice = "Talk to a doctor or pharmacist before you start, stop or change a treatment"
    for made in (issue(), issue_with(slot="what_helps", flags=(Flag.WARNING,))):
        in_both(edition(made), advice)
    bare = issue(article(sections=tuple(section(one) for one in (Kind.OVERVIEW, Kind.SYMPTOMS))))
    assert not any(advice in part for part in parts(edition(bare)))


def test_without_a_section_on_it_the_letter_still_says_when_to_seek_help_once():
    bare = tuple(one for one in article().sections if one.kind is not Kind.WHEN_TO_SEEK_HELP)
    alone = issue(article("gout", sections=bare))
    beside = issue(article("gout", sections=bare), article("eczema", sections=(section(Kind.CAUSES),)))
    for made in (alone, beside, issue()):
        for part in body_parts(edition(made)):
            # The link to the whole of a section names it once more.
            assert part.casefold().replace("“when to seek help”", "").count("when to seek help") == 1


def body_parts(made: Edition) -> list[str]:
    """Both parts without the preheader, which may name any heading."""
    return [part.removeprefix(made.preheader) for part in parts(made)]


def test_both_parts_say_why_you_get_this_and_how_it_was_chosen():
    in_both(
        edition(title="Good Morning"),
        "You get this letter because you asked for Good Morning at this address and confirmed it",
        "chosen by fixed rules",
    )


def test_both_parts_hold_publisher_postal_address_and_every_link_of_the_foot():
    settings = Settings(
        base_url="https://letter.example/x", publisher="Clinic & Co", postal_address="7 Road, Town"
    )
    shown = edition(settings=settings, name="good", title="Good")
    in_both(shown, "Clinic & Co", "7 Road, Town")
    links = Page(shown.html).links
    for address, words in {
        "https://letter.example/x/privacy": "Privacy policy",
        "https://letter.example/x/issues/good/2026-03-03": "Read or share this letter on the web",
        "https://letter.example/x/subscribe": "Subscribe to Good",
        PREFERENCES_HOLE: "Preferences",
        UNSUBSCRIBE_HOLE: "Unsubscribe",
    }.items():
        assert links[address] == words
        assert re.search(rf"(^|\s){re.escape(address)}($|\s)", shown.text)


def test_both_parts_hold_the_four_words_that_are_promised():
    in_both(edition(), "privacy", "unsubscribe", "preferences", "general information")


def test_each_part_has_exactly_one_hole_for_each_link_and_each_is_filled():
    made = edition()
    for part in (made.html, made.text):
        assert re.findall(r"@@[A-Z]+@@", part).count(UNSUBSCRIBE_HOLE) == 1
        assert part.count(PREFERENCES_HOLE) == 1
    for part in made.filled(unsubscribe_url="https://x.example/u\\1", preferences_url="https://x.example/p"):
        assert "@@" not in part
        assert "https://x.example/u\\1" in part
        assert "https://x.example/p" in part


@pytest.mark.parametrize("mark", ["@@UNSUBSCRIBE@@", "@@PREFERENCES@@", "@@OTHER@@"])
def test_an_article_that_holds_the_mark_of_a_hole_is_refused(mark):
    for changes in ({"blocks": (paragraph(f"Click {mark} now."),)}, {"article_title": f"Gout {mark}"}):
        assert "must hold one unsubscribe and one preferences link" in "; ".join(
            edition(issue_with(**changes)).errors
        )


def test_a_mail_that_gmail_would_cut_is_refused():
    long = paragraph("word " * (MAX_HTML_BYTES // 5))
    assert f"over {MAX_HTML_BYTES}" in "; ".join(edition(issue_with(blocks=(long,))).errors)


def test_nesting_too_deep_to_render_is_refused_and_not_a_crash():
    block = bullets("x")
    for _ in range(120):
        block = ListBlock(ordered=False, items=(Item(html="x", blocks=(block,)),))
    assert "nested deeper" in "; ".join(edition(issue_with(blocks=(block,))).errors)


def test_a_control_character_in_an_article_is_refused():
    assert "not well-formed" in "; ".join(edition(issue_with(blocks=(paragraph("bell \x07"),))).errors)


def test_the_document_names_language_direction_and_title():
    page = Page(edition(title="Good Morning").html)
    assert page.tags["html"][0].items() >= {"lang": "en", "dir": "ltr"}.items()
    assert len(page.tags["title"]) == 1
    assert f"<title>Good Morning: {issue().subject}</title>" in edition(title="Good Morning").html


def test_there_is_one_first_heading_and_the_others_follow_in_order():
    headings = Page(edition(two_topics()).html).headings
    assert headings[0] == (1, "Gout")
    assert headings[1:] == [
        (2, "Symptoms"),
        (2, "Treatment"),
        (2, "When to seek help"),
        (2, "Eczema"),
        (3, "Causes"),
        (2, "References"),
    ]


def test_layout_tables_are_hidden_from_screen_readers_and_data_tables_are_not():
    made = edition(issue_with(blocks=(table(("Age", "Risk"), ("40", "low")),)))
    tables = Page(made.html).tags["table"]
    assert sum("role" not in attributes for attributes in tables) == 1
    assert all(attributes.get("role", "presentation") == "presentation" for attributes in tables)


def test_nothing_is_fetched_and_nothing_tracks():
    page = Page(edition(two_topics()).html)
    assert not {"img", "script", "link", "iframe", "form", "object"} & set(page.tags)
    assert "url(" not in edition().html


def test_dark_mode_survives():
    assert "prefers-color-scheme: dark" in edition().html


@pytest.mark.parametrize("slot", ["overview", "signs", "seek_help", "also_today"])
@pytest.mark.parametrize("name", ["article_title", "heading", "article_disclaimer", "article_url"])
def test_hostile_words_of_an_article_are_shown_and_do_nothing(slot, name):
    shown = edition(issue_with(two_topics(), slot=slot, **{name: HOSTILE}))
    harmless(shown)
    assert HOSTILE in html_module.unescape(shown.html) or (slot, name) == ("overview", "heading")


@pytest.mark.parametrize("name", ["subject", "preheader"])
def test_a_hostile_headline_is_shown_and_does_nothing(name):
    shown = edition(issue().model_copy(update={name: HOSTILE}))
    harmless(shown)
    assert HOSTILE in html_module.unescape(shown.html)


def test_hostile_labels_and_references_are_shown_and_do_nothing():
    block = ListBlock(ordered=False, items=(Item(label=HOSTILE, html="x"),))
    shown = edition(
        issue_with(blocks=(block,), references=(Reference(text=HOSTILE, url=f"https://x/{HOSTILE}"),))
    )
    harmless(shown)
    in_both(shown, f"{HOSTILE}: x", f"1. {HOSTILE}"[3:])


@pytest.mark.parametrize("name", ["publisher", "postal_address", "disclaimer"])
def test_hostile_settings_are_shown_and_do_nothing(name):
    hostile: dict[str, Any] = {name: HOSTILE}
    shown = edition(settings=Settings(**hostile))
    harmless(shown)
    in_both(shown, HOSTILE)


def test_a_hostile_newsletter_title_is_shown_and_does_nothing():
    shown = edition(title=HOSTILE[:60])
    harmless(shown)
    in_both(shown, HOSTILE[:60])


def harmless(made: Edition) -> None:
    """Assert that no markup of HOSTILE came alive."""
    page = Page(made.html)
    assert "script" not in page.tags
    assert "<mj-" not in made.html
    assert "49" not in page.text
    assert made.html.count("<body") == 1


def test_the_text_part_says_all_words_numbers_and_links_of_the_html_part():
    blocks = (
        paragraph('Take <b>2</b> of 10 with <a href="https://x.example/7">care</a>.'),
        bullets("first 11", "second 12", ordered=True, start=5),
        table(("Age", "Risk"), ("40", "3 in 1,000")),
    )
    shown = edition(issue_with(two_topics(disclaimer="Words 99."), slot="also_today", blocks=blocks))
    page, text = Page(shown.html), shown.text
    said = set(re.findall(r"\d[\d,.]*", text))
    for number in re.findall(r"\d[\d,.]*", page.text):
        assert number in said
    for link in page.links:
        assert link.startswith("tel:") or link in text
    for block in blocks:
        for word in plain_text(block_html(block).replace("<", " <")).split():
            assert word.strip(".") in text


def test_a_numbered_list_keeps_its_numbers_in_both_parts():
    shown = edition(issue_with(blocks=(bullets("first", "second", ordered=True, start=5),)))
    assert '<ol start="5"' in shown.html
    assert "5. first\n6. second" in shown.text


def test_the_text_part_is_72_wide_but_for_addresses():
    long = "Nodular calcinosis of the skin and what is known of its many causes in adults and children"
    made = two_topics(title=long)
    shown = edition(issue_with(made, slot="also_today", heading=long, article_title=long), title="T" * 60)
    for line in shown.text.splitlines():
        assert len(line) <= 72 or "http" in line or "@@" in line, line
    assert "\n\n\n" not in shown.text
    assert shown.text.endswith("\n")
    assert not re.search(r"[ \t]$", shown.text, re.MULTILINE)


def test_the_same_issue_gives_the_same_bytes_on_any_machine():
    hashes = {edition().hash, edition().hash}
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "TZ": "Asia/Tokyo"}
        ended = subprocess.run(
            [sys.executable, "-c", PRINT], env=environment, capture_output=True, text=True, check=True
        )
        hashes.add(ended.stdout.strip())
    assert len(hashes) == 1


def test_the_hash_changes_with_anything_a_reader_sees():
    made = edition()
    for part in ("subject", "preheader", "html", "text"):
        changed = {**vars(made), part: getattr(made, part) + "."}
        assert Edition(**changed).hash != made.hash
