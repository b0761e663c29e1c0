"""How templates are read: sandboxed, ours or the operator's, escaped for HTML and MJML, plain for text."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel

from newsletter.overrides import search_path
from newsletter.rendering.grid import fits_phone, labelled
from newsletter.rendering.plain_text import block_text, wrap
from newsletter.wording import Wording, wording_of


class Sandbox(ImmutableSandboxedEnvironment):
    """What a template may reach: of a model what we made, not what every pydantic model can do.

    ``parse_file`` and ``parse_raw`` open files and load pickles: with them a template is a program. A power,
    or a text multiplied, would take all the time or memory there is.
    """

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Multiply small numbers."""
        numbers = (left, right)
        if operator == "**" or any(not isinstance(one, int | float) or abs(one) > 1e6 for one in numbers):
            raise SecurityError(f"a template may multiply small numbers only, not {operator} others")
        return left * right

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may read *attr* of *obj*."""
        if _is_model(obj if isinstance(obj, type) else type(obj)):
            return attr not in _OF_EVERY_MODEL and not attr.startswith("_")
        return super().is_safe_attribute(obj, attr, value)


_OF_EVERY_MODEL = frozenset(dir(BaseModel))


@cache
def _is_model(kind: Hashable) -> bool:
    """Kept: a letter asks thousands of times."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def html_environment(
    folder: str, *, wording: Wording | None = None, overrides: Path | None = None
) -> Sandbox:
    """Templates of *folder* ("email" or "web") for HTML and MJML.

    Escaping is on for every name: Jinja2 would choose by file ending, and ``.mjml.j2`` is not among its
    choices. An undefined name is an error, never an empty space. Operators may edit templates, so these see
    nothing but what they are handed (the sandbox), and cannot change it.
    """
    return _environment(folder, wording or wording_of(), overrides, autoescape=True)


def text_environment(
    folder: str, *, wording: Wording | None = None, overrides: Path | None = None
) -> Sandbox:
    """Templates of *folder* for plain text, where escaping would show as ``&amp;``."""
    environment = _environment(folder, wording or wording_of(), overrides, autoescape=False)
    environment.filters["wrap"] = wrap
    environment.filters["block"] = block_text
    return environment


@dataclass(frozen=True)
class MailTemplates:
    """The templates of both parts of a mail, in one language."""

    html: Sandbox
    text: Sandbox


def mail_templates(wording: Wording, overrides: Path | None = None) -> MailTemplates:
    """The mail templates in one language; compiled once, and again when a file has changed."""
    return _mail_templates(wording, overrides)


def web_templates(wording: Wording, overrides: Path | None = None) -> Sandbox:
    """The templates of pages in one language; compiled once, and again when a file has changed."""
    return _web_templates(wording, overrides)


@cache
def _web_templates(wording: Wording, overrides: Path | None) -> Sandbox:
    return html_environment("web", wording=wording, overrides=overrides)


@cache
def _mail_templates(wording: Wording, overrides: Path | None) -> MailTemplates:
    """Kept: compiling the templates takes most of the time of a first mail."""
    return MailTemplates(
        html_environment("email", wording=wording, overrides=overrides),
        text_environment("email", wording=wording, overrides=overrides),
    )


class _Loader(FileSystemLoader):
    """Notices, too, when a template of ours has got one in the operator's folder to take its place."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """The source, the name of its file, and whether that is still what would be found."""
        source, filename, is_unchanged = super().get_source(environment, template)
        places = [str(Path(folder, template)) for folder in self.searchpath]
        before = places[: places.index(str(Path(filename)))]
        return source, filename, lambda: is_unchanged() and not any(Path(one).is_file() for one in before)


def _environment(folder: str, wording: Wording, overrides: Path | None, *, autoescape: bool) -> Sandbox:
    environment = Sandbox(
        loader=_Loader(search_path(folder, overrides)),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.filters["fits_phone"] = fits_phone
    environment.filters["labelled"] = labelled
    environment.install_gettext_translations(wording.translations, newstyle=True)  # type: ignore[attr-defined]
    return environment
