"""Where templates live, and the two ways to read them: escaped for HTML and MJML, plain for text."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def template_root() -> Path:
    """The folder of templates: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


def html_environment(folder: str) -> Environment:
    """Templates of *folder* ("email" or "web") for HTML and MJML.

    Escaping is on for every name: Jinja2 would choose by file ending, and ``.mjml.j2`` is not among its
    choices. An undefined name is an error, never an empty space.
    """
    return _environment(folder, autoescape=True)


def text_environment(folder: str) -> Environment:
    """Templates of *folder* for plain text, where escaping would show as ``&amp;``."""
    return _environment(folder, autoescape=False)


def _environment(folder: str, *, autoescape: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader(template_root() / folder),
        autoescape=autoescape,  # noqa: S701 - only text_environment switches it off, for text/plain
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
