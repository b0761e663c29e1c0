"""An operator's folder of templates: what it changes, and that it changes nothing else."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from newsletter.content.article import Flag, Kind
from newsletter.issues.issue import Issue
from newsletter.rendering.checks.check import Proof
from newsletter.rendering.edition import Edition
from newsletter.rendering.preflight import failures, preflight
from newsletter.settings import FooterLink, NewsletterSettings, Settings
from newsletter.web.page import Pages
from tests.unit.factory import LEAD_KINDS, article, edition, issue, section

SECRET = "smtp://clinic:open-sesame@relay.example"
TOKENS = """\
[light]
accent = "#7A1F5C"
[dark]
accent = "#F0A8D8"
[logo]
url = "https://clinic.example/logo.png"
alt = "Riverside Clinic"
width = 64
"""
WARNING_MJML = """\
<mj-section css-class="surface gutter">
  <mj-column css-class="warn"><mj-text><p>Ask our pharmacist first, room 7.</p></mj-text></mj-column>
</mj-section>
"""
WARNING_TEXT = "{{ 'Ask our pharmacist first, room 7.'|wrap }}\n\n"
OUR_WARNING = "Some of this is not safe for everyone."
LINKS = (FooterLink(words="Our app", url="https://clinic.example/app"),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of templates, empty."""
    (tmp_path / "mine").mkdir()
    return tmp_path / "mine"


def save(folder: Path, name: str, text: str) -> None:
    path = folder / "email" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def rendered(folder: Path | None, **settings: object) -> Edition:
    values = {"templates": folder, "smtp_url": SecretStr(SECRET), **settings}
    return edition(warned(), settings=Settings.model_validate(values))


def warned() -> Issue:
    """An issue whose treatment is not for everyone, so that the warning stands in it."""
    sections = tuple(
        section(kind, flags=(Flag.WARNING,) if kind is Kind.TREATMENT else ()) for kind in LEAD_KINDS
    )
    return issue(article("gout", sections=sections), article("eczema", sections=(section(Kind.CAUSES),)))


def changed(before: str, after: str) -> tuple[set[str], set[str]]:
    """The lines that went and the lines that came."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    went = {line[2:] for line in lines if line.startswith("- ") and line[2:].strip()}
    return went, {line[2:] for line in lines if line.startswith("+ ") and line[2:].strip()}


def test_two_colours_change_by_day_and_by_night_and_nothing_else_does(folder: Path):
    save(folder, "tokens.toml", TOKENS.partition("[logo]")[0])
    before, after = rendered(None), rendered(folder)
    assert "#0B5D5E" in before.html
    assert before.html.replace("#0B5D5E", "#7A1F5C").replace("#84D3CC", "#F0A8D8") == after.html
    assert "a { color: #7A1F5C" in after.html
    assert "color: #F0A8D8 !important" in after.html
    assert after.text == before.text
    assert not after.errors


def test_a_logo_stands_beside_the_name_with_its_words_and_width(folder: Path):
    save(folder, "tokens.toml", TOKENS)
    made = rendered(folder)
    assert not made.errors
    assert '<img src="https://clinic.example/logo.png" alt="Riverside Clinic" width="64"' in made.html
    assert "Daily Health</strong>" in made.html
    assert made.html.count("<img") == 1
    assert made.text == rendered(None).text


def test_footer_links_of_the_settings_stand_in_both_parts(folder: Path):
    before, after = rendered(folder), rendered(folder, footer_links=LINKS)
    assert '<a href="https://clinic.example/app"' in after.html
    assert changed(before.text, after.text) == (set(), {"Our app: https://clinic.example/app"})


def test_a_footer_of_ones_own_takes_the_place_of_ours_in_each_part(folder: Path):
    save(
        folder,
        "blocks/footer.mjml.j2",
        '<mj-section><mj-column><mj-text><p>{{ publisher }}, by the river. {{ disclaimer }}</p><p><a href="'
        '{{ unsubscribe_url }}">Leave</a> <a href="{{ preferences_url }}">Change</a></p></mj-text>'
        "</mj-column></mj-section>",
    )
    save(
        folder,
        "blocks/footer.txt.j2",
        "{{ publisher }}, by the river.\n{{ disclaimer|wrap }}\n"
        "Leave: {{ unsubscribe_url }}\nChange: {{ preferences_url }}\n",
    )
    made = rendered(folder)
    assert not made.errors
    html, text = made.filled(unsubscribe_url="https://u.example/u", preferences_url="https://u.example/p")
    assert '<a href="https://u.example/u">Leave</a>' in html
    assert "Leave: https://u.example/u\nChange: https://u.example/p\n" in text
    for part in (html, text):
        assert "Daily Health, by the river." in part
        assert "You get this letter because" not in part
        assert "gout" in part.lower()


def test_a_footer_that_forgets_the_way_out_is_an_error(folder: Path):
    save(folder, "blocks/footer.txt.j2", "Bye.\n")
    (error,) = rendered(folder).errors
    assert error.startswith("the text part must hold one unsubscribe and one preferences link")


def test_one_block_is_replaced_in_both_parts_and_the_rest_is_as_it_was(folder: Path):
    save(folder, "blocks/warning.mjml.j2", WARNING_MJML)
    save(folder, "blocks/warning.txt.j2", WARNING_TEXT)
    before, after = rendered(None), rendered(folder)
    assert not after.errors
    assert OUR_WARNING in before.html
    assert OUR_WARNING not in after.html
    assert "Ask our pharmacist first, room 7." in after.html
    went, came = changed(before.text, after.text)
    assert came == {"Ask our pharmacist first, room 7."}
    assert any(line.startswith(OUR_WARNING) for line in went)
    assert len(went) == 2
    for said in ("References", "Unsubscribe", "Guide to gout"):
        assert before.html.count(said) == after.html.count(said)


def test_the_public_pages_take_the_colours_too(folder: Path):
    save(folder, "tokens.toml", TOKENS)
    settings = Settings(templates=folder)
    day, night = Pages(settings).stylesheet.decode().split("@media (prefers-color-scheme: dark)")[:2]
    assert "--accent: #7A1F5C" in day
    assert "--accent: #F0A8D8" in night
    assert "#0B5D5E" not in day
    assert "--ink: #1F2A2E" in day
    assert Pages(settings).stylesheet_version != Pages(Settings()).stylesheet_version


def test_a_block_that_is_named_and_is_nowhere_is_an_error_with_its_name(folder: Path):
    save(folder, "blocks/warning.mjml.j2", '{% include "blocks/of-my-own.mjml.j2" %}')
    (error,) = rendered(folder).errors
    assert error.startswith(
        "template blocks/warning.mjml.j2, line 1: TemplateNotFound: 'blocks/of-my-own.mjml.j2'"
    )


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("<mj-hero>Hello</mj-hero>", "<mj-hero> is not a tag our mails use"),
        ('<mj-section role="alert" />', "<mj-section> does not take role"),
        ("<mj-section>Hello</mj-section>", "'Hello' in <mj-section> would be misplaced"),
        ("<p>Hello</p>", "<p> in <mj-body> would be dropped"),
        (
            '<mj-section><mj-column><mj-image src="https://x.example/a.png" /></mj-column></mj-section>',
            "<mj-image> needs alt",
        ),
        (
            "<mj-section><mj-column><mj-text><script>alert(1)</script></mj-text></mj-column></mj-section>",
            "<script> has no place in a mail",
        ),
        ("<mj-section><mj-column></mj-section>", "mismatched tag"),
        ("<mj-text>Hello</mj-text>", "<mj-text> may not stand in <mj-body>"),
        ("{{ nonsense }}", "UndefinedError: 'nonsense' is undefined"),
        ("{% if %}", "Expected an expression"),
    ],
)
def test_a_block_with_a_fault_makes_an_edition_with_an_error_that_names_the_place(
    folder: Path, block: str, said: str
):
    save(folder, "blocks/warning.mjml.j2", f"{{# Mine. #}}\n\n{block}\n")
    made = rendered(folder)
    (error,) = made.errors
    assert said in error
    assert re.match(r"template (blocks/)?warning\.mjml\.j2, line 3: ", error)
    assert "cannot be made" in made.html
    settings, newsletter = Settings(templates=folder), NewsletterSettings()
    held = failures(preflight(Proof(warned(), made, settings, newsletter)))
    assert error in {check.detail for check in held}


@pytest.mark.parametrize(
    "reach",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ ''['__class__']['__mro__'] }}",
        "{{ ''|attr('__class__') }}",
        "{{ _.__globals__ }}",
        "{{ lipsum.__globals__ }}",
        "{{ t.__class__.__init__.__globals__ }}",
        "{{ sections[0].__dict__ }}",
        "{{ t._hosted }}",
        "{{ settings.smtp_url }}",
        "{{ self.environment }}",
        "{{ sections[0].pick.parse_file('../newsletter.key') }}",
        "{{ t.model_fields }}",
        "{{ t.fonts.update({}) }}",
        "{{ sections.append(1) }}",
        "{{ sections.clear() }}",
        "{{ '{0.__class__}'.format(t) }}",
        "{% for x in range(10**9) %}{% endfor %}",
        "{{ 1 / 0 }}",
        '{% include "../../newsletter.key" %}',
        '{% include "../newsletter.key" %}',
        '{% include "/newsletter.key" %}',
        '{% import "../newsletter.key" as key %}',
        '{% extends "blocks/../../../newsletter.key" %}',
    ],
)
@pytest.mark.parametrize("part", ["mjml", "txt"])
def test_a_template_reaches_nothing_but_what_it_is_handed(folder: Path, reach: str, part: str):
    (folder.parent / "newsletter.key").write_text("open-sesame")
    save(folder, f"blocks/warning.{part}.j2", reach)
    made = rendered(folder)
    assert made.errors
    assert f"warning.{part}.j2, line 1" in made.errors[0]
    said = f"{made.html} {made.text} {made.errors}"
    assert "open-sesame" not in said
    assert "relay.example" not in said
