"""The preview: the letter anew from what is stored, with what is wrong in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from newsletter.workflows.compose import compose, make_draft
from newsletter.workflows.watch_letter import Previews
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import fill

DAY = date(2026, 3, 3)


@pytest.fixture
def previews(workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Previews:
    """Of the newsletter in the working folder, whose own templates are in "mine"."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine" / "email").mkdir(parents=True)
    (tmp_path / "newsletter.toml").write_text('templates = "mine"\n')
    fill(workplace.settings.content_path)
    return Previews(workplace.settings, None, workplace.database, DAY)


def test_it_is_what_preview_writes_and_nothing_is_stored(previews: Previews, workplace: Workplace):
    made = previews.preview()
    assert not made.errors
    assert not made.is_composed
    assert made.subject
    assert "/unsubscribe/v1.example." in made.html
    assert made.text.count("/unsubscribe/v1.example.") == 1
    draft = make_draft(previews.settings, workplace.database, previews.settings.newsletter(), DAY, since=DAY)
    assert (made.size, made.checks) == (draft.edition.size, tuple(draft.checks))


def test_a_composed_issue_keeps_its_picks_and_takes_the_new_look(previews: Previews, workplace: Workplace):
    before = previews.preview()
    compose(workplace, workplace.settings.newsletter(), DAY)
    fill(workplace.settings.content_path, names=("lupus", "angina", "acne"))
    Path("mine/email/tokens.toml").write_text('[light]\naccent = "#123456"\n')
    after = previews.preview()
    assert after.is_composed
    assert after.text.split("Read or share")[0] == before.text.split("Read or share")[0]
    assert "#123456" in after.html
    frozen = make_draft(
        workplace.settings, workplace.database, workplace.settings.newsletter(), DAY, since=DAY
    )
    assert "#123456" not in frozen.edition.html


def test_a_letter_with_faults_is_still_shown_with_them(previews: Previews):
    Path("newsletter.toml").write_text(
        f'templates = "mine"\ndisclaimer = "{"General information. " * 6000}"\n'
    )
    made = previews.preview()
    assert "over 95000" in made.errors[0]
    assert made.html
    Path("newsletter.toml").write_text('templates = "mine"\n')
    Path("mine/email/daily.mjml.j2").write_text("{% nonsense %}")
    made = previews.preview()
    assert made.errors[0].startswith("template daily.mjml.j2, line 1:")
    assert not made.html


@pytest.mark.parametrize(
    "name",
    [
        "newsletter.toml",
        "content.db",
        "mine/email/blocks/x.j2",
        "mine/translations/en.po",
        "mine/email/t.toml",
    ],
)
def test_the_version_follows_every_file_and_stands_still_without_a_change(previews: Previews, name: str):
    previews.preview()
    version = previews.version()
    assert previews.preview().version == version == previews.version()
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(b"\n")
    assert previews.version() != version
