"""An operator's folder of templates through the command line: a look of one's own, and a fault in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsletter.subscribers.token import write_key_file
from tests.integration.watched import DAY, run, stock

TOKENS = """\
[light]
accent = "#7A1F5C"
paper = "#FFF8F0"
[dark]
accent = "#F0A8D8"
[logo]
url = "https://clinic.example/logo.png"
alt = "Riverside Clinic"
width = 64
"""
SETTINGS = """\
templates = "mine"
footer_links = [{ words = "Our app", url = "https://clinic.example/app" }]
"""
#: The callout stands in every daily letter: where to turn in need.
CALLOUT = '<mj-section css-class="gutter"><mj-column><mj-text><p>{}</p></mj-text></mj-column></mj-section>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    stock(tmp_path)
    write_key_file(tmp_path / "newsletter.key")
    (tmp_path / "newsletter.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


def save(folder: Path, name: str, text: str) -> None:
    path = folder / "mine" / "email" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.long
def test_colours_logo_footer_links_and_a_block_of_ones_own_are_in_the_letter(folder: Path) -> None:
    run(folder, "preview", DAY, "--out", "before")
    save(folder, "tokens.toml", TOKENS)
    save(
        folder,
        "blocks/masthead.txt.j2",
        "{{ preheader|wrap }}\n\nTHE RIVERSIDE LETTER, {{ date }}, {{ reading_time }}\n\n",
    )
    run(folder, "preview", DAY, "--out", "after")
    html, text = (
        (folder / "after" / name).read_text(encoding="utf-8") for name in ("issue.html", "issue.txt")
    )
    for said in ("#7A1F5C", "#FFF8F0", "#F0A8D8", 'alt="Riverside Clinic" width="64"', ">Our app</a>"):
        assert said in html
    for gone in ("#0B5D5E", "#84D3CC", "#FBFAF7"):
        assert gone not in html
    assert "THE RIVERSIDE LETTER, Monday, 23 November 2026" in text
    assert "Our app: https://clinic.example/app" in text
    before = (folder / "before" / "issue.txt").read_text(encoding="utf-8")
    assert before.partition("Today’s condition")[2] == text.partition("Today’s condition")[2]


@pytest.mark.long
def test_a_letter_with_a_fault_fails_the_check_is_refused_and_leaves_nothing_behind(folder: Path) -> None:
    save(folder, "blocks/footer.mjml.j2", f"\n{CALLOUT.format('Bye')}\n<script>alert(1)</script>\n")
    out, _ = run(folder, "check", DAY, "--json", status=1)
    (check,) = (one for one in json.loads(out)["checks"] if one["name"] == "edition")
    assert check["level"] == "fail"
    assert "template blocks/footer.mjml.j2, line 3: <script> in <mj-body> would be dropped" in check["detail"]
    _, said = run(folder, "send", DAY, status=3)
    assert "footer.mjml.j2, line 3" in said
    assert "Traceback" not in said
    _, said = run(folder, "deliveries", DAY, status=1)
    assert "is not composed" in said
    (folder / "mine" / "email" / "blocks" / "footer.mjml.j2").unlink()
    run(folder, "check", DAY)


def test_a_letter_with_a_fault_is_not_even_sent_as_a_test_copy(folder: Path) -> None:
    settings = f'{SETTINGS}smtp_url = "smtp://127.0.0.1:9"\n'
    (folder / "newsletter.toml").write_text(settings, encoding="utf-8")
    save(folder, "blocks/footer.txt.j2", "Bye.\n")
    _, said = run(folder, "send", DAY, "--to", "me@example.org", status=3)
    assert "the text part must hold one unsubscribe and one preferences link" in said


@pytest.mark.parametrize(
    ("tokens", "said"),
    [('[light]\naccent = "blue"\n', "light.accent"), ('[light]\naccnt = "#123456"\n', "light.accnt")],
)
def test_a_wrong_token_is_named_with_its_file(folder: Path, tokens: str, said: str) -> None:
    save(folder, "tokens.toml", tokens)
    _, error = run(folder, "check", DAY, status=2)
    assert f"mine/email/tokens.toml: {said}: " in error
    assert "Traceback" not in error


def test_a_folder_that_is_not_there_is_named(folder: Path) -> None:
    (folder / "newsletter.toml").write_text('templates = "other"\n', encoding="utf-8")
    _, error = run(folder, "check", DAY, status=2)
    assert f"templates {folder / 'other'}: there is no such folder" in error
