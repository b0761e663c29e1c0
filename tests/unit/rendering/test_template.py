"""Templates: found in a wheel and a checkout, escaped for HTML, plain for text, strict about names."""

from __future__ import annotations

import os
import pickle
import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from newsletter.content.article import Paragraph
from newsletter.overrides import template_root
from newsletter.rendering.template import html_environment, mail_templates, text_environment
from newsletter.rendering.tokens import load_tokens
from newsletter.wording import wording_of
from tests.unit.factory import issue

HOSTILE = "<b>\"Fish\" & 'chips'</b>"


def test_the_templates_are_there():
    assert (template_root() / "email" / "daily.mjml.j2").is_file()
    assert (template_root() / "web").is_dir()


@pytest.mark.parametrize("folder", ["email", "web"])
def test_html_and_mjml_are_escaped_whatever_the_name_of_the_template(folder):
    environment = html_environment(folder)
    assert environment.from_string("{{ x }}").render(x=HOSTILE) == (
        "&lt;b&gt;&#34;Fish&#34; &amp; &#39;chips&#39;&lt;/b&gt;"
    )
    assert environment.autoescape is True


def test_plain_text_is_not_escaped():
    assert text_environment("email").from_string("{{ x }}").render(x=HOSTILE) == HOSTILE


@pytest.mark.parametrize(
    "source", ["{{ x }}", "{% if x %}{% endif %}", "{% for y in x %}{% endfor %}", "{{ x ~ 'a' }}"]
)
def test_an_undefined_name_is_an_error_and_never_an_empty_space(source):
    for environment in (html_environment("email"), text_environment("email")):
        with pytest.raises(UndefinedError):
            environment.from_string(source).render()


@pytest.mark.parametrize(
    "source",
    [
        "{{ pick.parse_raw(x, proto='pickle', allow_pickle=True) }}",
        "{{ pick.parse_file('newsletter.key') }}",
        "{{ pick.model_copy() }}",
        "{{ pick.__class__.__mro__ }}",
        "{{ x.__class__ }}",
        "{{ (x ~ '{0.__class__}').format(x) }}",
    ],
)
def test_a_template_reaches_the_fields_of_what_it_is_handed_and_nothing_else(source):
    pick = issue().lead
    for environment in (html_environment("email"), text_environment("email")):
        assert environment.from_string("{{ pick.heading }}").render(pick=pick) == "Overview"
        with pytest.raises(SecurityError):
            environment.from_string(source).render(pick=pick, x="words")


@pytest.mark.parametrize("source", ["{{ 10**10**10 }}", "{{ 'a' * 1000000000 }}", "{{ [0] * x }}"])
def test_a_template_cannot_take_all_the_time_or_memory_by_a_sum(source):
    environment = text_environment("email")
    assert environment.from_string("{{ x * 3 }}").render(x=14) == "42"
    with pytest.raises(SecurityError):
        environment.from_string(source).render(x=10**9)


class Evil:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_a_template_cannot_run_a_program_by_way_of_what_it_is_handed(tmp_path: Path):
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Evil(tmp_path / "made")))
    environment = text_environment("email")
    reach = f"{{{{ x.parse_file('{tmp_path / 'evil.pkl'}', proto='pickle', allow_pickle=True) }}}}"
    for handed in (load_tokens(), Paragraph(html="calm")):
        with pytest.raises(SecurityError, match="parse_file"):
            environment.from_string(reach).render(x=handed)
    assert not (tmp_path / "made").exists()


def test_a_template_reads_what_our_models_say():
    said = text_environment("email").from_string("{{ t.light.ink }} {{ t.faces('ar').sans }} {{ p.plain() }}")
    assert "#1F2A2E" in said.render(t=load_tokens(), p=Paragraph(html="calm"))


def test_a_template_of_ours_gives_way_to_one_that_comes_and_comes_back_when_that_goes(tmp_path: Path):
    wording = wording_of()
    name = "blocks/warning.txt.j2"

    def said() -> str:
        return mail_templates(wording, tmp_path).text.get_template(name).render()

    assert "Talk to a doctor" in said()
    mine = tmp_path / "email" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("Ask first.")
    assert said() == "Ask first."
    mine.unlink()
    assert "Talk to a doctor" in said()


@pytest.mark.parametrize("layout", ["daily", "series", "digest"])
def test_both_parts_of_a_layout_are_the_same_blocks_in_the_same_order(layout):
    folder = template_root() / "email"
    html, text = (
        [
            block.replace(f".{part}.j2", "")
            for block in re.findall(
                r"{% include (.*?) %}", (folder / f"{layout}.{part}.j2").read_text(encoding="utf-8")
            )
        ]
        for part in ("mjml", "txt")
    )
    assert html == text
    assert html[0] == '"blocks/masthead"'
    assert html[-1] == '"blocks/footer"'
    assert len(html) >= 6
