"""The documentation runs, and names everything there is."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import typer.main

from newsletter.cli.app import app
from newsletter.content.article import Kind
from newsletter.delivery.delivery import State
from newsletter.rendering.view import SectionView, issue_context
from newsletter.settings import (
    DomainRate,
    NewsletterSettings,
    RelaySettings,
    Settings,
    SiteSettings,
    SlotSettings,
    SourceSettings,
)
from newsletter.wording import wording_of
from tests.unit.factory import edition, issue

ROOT = Path(__file__).parent.parent.parent
_CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def commands_of(page: Path) -> list[str]:
    blocks = _CONSOLE.findall(page.read_text(encoding="utf-8"))
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.long
def test_a_newcomer_can_follow_the_tutorial_word_for_word(tmp_path: Path) -> None:
    # The same checkout, but for what the tutorial writes; a free port, so that tests can run side by side.
    (tmp_path / "newsletter").symlink_to(ROOT / "newsletter")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    script = "\n".join(["set -e", *commands_of(ROOT / "docs/tutorial.md")]).replace("2525", port)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NEWSLETTER_")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "var/tutorial/preview/issue.html").is_file()
    assert len(list((tmp_path / "var/tutorial/mails/new").iterdir())) == 1
    assert done.stdout.count("1 accepted") == 3


def test_every_command_is_in_the_reference() -> None:
    page = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    group = typer.main.get_command(app)
    for name in group.commands:  # type: ignore[attr-defined] # a group, as our app has several commands
        assert f"`newsletter {name}" in page, name


def test_every_command_that_a_page_names_exists_with_its_options() -> None:
    pages = [ROOT / "README.md", *ROOT.glob("docs/how-to/*.md"), *ROOT.glob("docs/explanation/*.md")]
    named = {
        line
        for page in pages
        for line in re.findall(r"`newsletter ([a-z][^`]*)`", page.read_text(encoding="utf-8"))
    }
    assert len(named) > 30
    for line in sorted(named):
        words = line.split()
        command = typer.main.get_command(app)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]  # type: ignore[attr-defined] # a group has them
        assert not hasattr(command, "commands"), f"newsletter {line}: no such command"
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, f"newsletter {line}"


@pytest.mark.parametrize(
    "model",
    [
        Settings,
        NewsletterSettings,
        SiteSettings,
        SlotSettings,
        SourceSettings,
        RelaySettings,
        DomainRate,
    ],
)
def test_every_setting_is_in_the_reference_and_in_the_example(model: type[Settings]) -> None:
    page = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    example = (ROOT / "newsletter.example.toml").read_text(encoding="utf-8")
    for name in model.model_fields:
        assert f"`{name}`" in page or f"[{name}]" in page, name
        assert re.search(rf"^(# )?(\[\[?(newsletters\.)?)?{name}\b", example, re.MULTILINE), name


def test_every_kind_and_every_delivery_state_is_explained() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    states = (ROOT / "docs/reference/delivery-states.md").read_text(encoding="utf-8")
    assert all(kind.value in glossary for kind in Kind)
    assert all(state.value in states for state in State)


def test_every_block_of_the_mails_is_in_the_reference_with_its_parts() -> None:
    page = (ROOT / "docs/reference/blocks.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| (both|mjml|txt) \|", page, re.MULTILINE))
    parts: dict[str, set[str]] = {}
    for path in (ROOT / "templates/email/blocks").iterdir():
        name, part = path.name.removesuffix(".j2").split(".")
        parts.setdefault(name, set()).add(part)
    assert told == {name: "both" if len(found) == 2 else found.pop() for name, found in parts.items()}


def test_every_name_that_letters_are_given_is_in_the_reference_and_no_other(tmp_path: Path) -> None:
    page = (ROOT / "docs/reference/blocks.md").read_text(encoding="utf-8")
    _, given, of_view = re.split(r"^\| (?:name|field) \|.*\n", page, flags=re.MULTILINE)
    told = _first_cells(given)
    asked = "".join(f"{{{{ '' if {name} is defined else 'no {name}! ' }}}}" for name in sorted(told))
    (tmp_path / "email/blocks").mkdir(parents=True)
    (tmp_path / "email/blocks/masthead.txt.j2").write_text(f"Asked. {asked}\n", encoding="utf-8")
    settings, newsletter = Settings(templates=tmp_path), NewsletterSettings()
    assert edition(issue(), settings=settings).text.startswith("Asked.\n")
    assert told >= set(issue_context(issue(), settings=settings, newsletter=newsletter, wording=wording_of()))
    assert _first_cells(of_view) == {field.name for field in fields(SectionView)}


def _first_cells(table: str) -> set[str]:
    cells = re.findall(r"^\| ([^|]*) \|", table.partition("\n\n")[0], re.MULTILINE)
    return set(re.findall(r"`(\w+)`", " ".join(cells)))


def test_no_link_between_pages_is_broken() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    assert len(pages) > 8
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http", "mailto:")):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_readme_names_the_commands_that_the_makefile_has() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z]+)\b", readme))
    assert {"demo", "test", "run"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
