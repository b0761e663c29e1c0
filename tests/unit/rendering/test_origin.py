"""An error in filled MJML is told with the template and the line that its editor sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.rendering.mail import MailParts, render_mail
from newsletter.wording import wording_of

GOOD = "<mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>"
CONTEXT = {"head_title": "Title", "names": ("one", "two", "three")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "email").mkdir()
    return tmp_path


def made(folder: Path, *, language: str = "en", **templates: str) -> MailParts:
    """The mail of a template "mine", given as *mine*, with other templates by name."""
    for name, text in templates.items():
        (folder / "email" / f"{name}.mjml.j2").write_text(text, encoding="utf-8")
    (folder / "email" / "mine.txt.j2").write_text("Hello.", encoding="utf-8")
    return render_mail("mine", CONTEXT, wording=wording_of(language), overrides=folder)


def test_after_a_loop_that_made_many_lines_of_few(folder: Path):
    mine = (
        '{% extends "letter.mjml.j2" %}\n{% block order %}\n{% for name in names %}\n'
        f"{GOOD.format('{{ name }}')}\n{{# Two\nlines. #}}\n{{% endfor %}}\n<mj-hero />\n{{% endblock %}}\n"
    )
    assert made(folder, mine=mine).errors == (
        "template mine.mjml.j2, line 8: <mj-hero> is not a tag our mails use",
    )


def test_in_a_template_that_another_includes_in_the_middle_of_a_line(folder: Path):
    mine = '{% extends "letter.mjml.j2" %}\n{% block order %}\n{% include "part.mjml.j2" %}\n{% endblock %}\n'
    part = f"{GOOD.format('Hello')}\n{GOOD.format('<p>{{ names[0] }}<br></p>')}\n"
    assert made(folder, mine=mine, part=part).errors == ("template part.mjml.j2, line 2: mismatched tag",)


@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_beside_messages_in_any_language(folder: Path, language: str):
    said = GOOD.format("{% trans %}Privacy policy{% endtrans %} {{ _('Unsubscribe') }}")
    mine = f'{{% extends "letter.mjml.j2" %}}\n{{% block order %}}\n{said}\n<p>lost</p>\n{{% endblock %}}\n'
    (error,) = made(folder, mine=mine, language=language).errors
    assert error.startswith("template mine.mjml.j2, line 4: <p> in <mj-body> would be dropped")


def test_a_mail_without_faults_bears_no_mark(folder: Path):
    mine = (
        f'{{% extends "letter.mjml.j2" %}}\n{{% block order %}}\n{GOOD.format("Hello")}\n{{% endblock %}}\n'
    )
    parts = made(folder, mine=mine)
    assert not parts.errors
    assert "\ue000" not in parts.html
