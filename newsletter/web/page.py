"""How a page is made: one layout, escaped, with every link under the path that base_url names."""

from __future__ import annotations

import hashlib
from functools import cached_property
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from markdown_it import MarkdownIt
from markupsafe import Markup

from newsletter.overrides import search_path
from newsletter.rendering.template import web_templates
from newsletter.rendering.tokens import Palette, Tokens, load_tokens
from newsletter.settings import Settings
from newsletter.wording import Wording, wording_of
from newsletter.workflows.workplace import Workplace


class Pages:
    """The templates of the public pages, ready to fill."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def environment(self, language: str | None = None) -> Environment:
        """The templates in *language* (default: the first newsletter's)."""
        spoken = language or self._settings.newsletters[0].language
        return web_templates(self.wording(spoken), self._settings.templates)

    def wording(self, language: str) -> Wording:
        """Our words in *language*."""
        return wording_of(language, overrides=self._settings.templates)

    @property
    def tokens(self) -> Tokens:
        """The tokens of the letter, for what stands around it on the web."""
        return load_tokens(self._settings.templates)

    @property
    def root(self) -> str:
        """The path under which readers see these pages: "" or such as "/letter", from base_url."""
        return urlsplit(self._settings.base_url).path.rstrip("/")

    @cached_property
    def stylesheet(self) -> bytes:
        """The one stylesheet, behind the colours of the mails' tokens."""
        folders = search_path("web", self._settings.templates)
        css = next(path for folder in folders if (path := folder / "site.css").is_file()).read_bytes()
        return colours(self.tokens).encode() + css

    @cached_property
    def stylesheet_version(self) -> str:
        """Changes with the stylesheet, so that browsers may keep it for long."""
        return hashlib.sha256(self.stylesheet).hexdigest()[:12]

    def page(self, name: str, status: int = 200, **context: object) -> HTMLResponse:
        """Fill ``<name>.html.j2``; *context* holds what that template names.

        *personal*: the page is behind somebody's own link, so the footer must not say where to find it.
        """
        first = self._settings.newsletters[0]
        body = (
            self.environment()
            .get_template(f"{name}.html.j2")
            .render(
                root=self.root,
                css_version=self.stylesheet_version,
                lang=first.language,
                publication=first.title,
                publisher=self._settings.publisher,
                postal_address=self._settings.postal_address,
                **{"personal": False, **context},
            )
        )
        return HTMLResponse(body, status)

    def notice(
        self,
        title: str,
        *paragraphs: str,
        status: int = 200,
        link: tuple[str, str] | None = None,
        personal: bool = False,
    ) -> HTMLResponse:
        """A page that says one thing; *link* is the next step: its path under the root, and its words."""
        return self.page("notice", status, title=title, paragraphs=paragraphs, link=link, personal=personal)


def colours(tokens: Tokens) -> str:
    """The colours of *tokens* as rules for a stylesheet, by day and by night."""
    dark = f"@media (prefers-color-scheme: dark) {{ {_variables(tokens.dark)} }}"
    return f"{_variables(tokens.light)}\n{dark}\n"


def _variables(palette: Palette) -> str:
    """The colours as custom properties: ``accent_soft`` is ``--accent-soft``."""
    said = "; ".join(f"--{name.replace('_', '-')}: {colour}" for name, colour in palette.model_dump().items())
    return f":root {{ {said} }}"


def markdown(text: str) -> Markup:
    """The operator's Markdown as HTML; raw HTML in it shows as text, and only harmless links are links."""
    rendered = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return Markup(rendered)  # noqa: S704 - markdown-it has escaped all that was not its own markup


def workplace_of(request: Request) -> Workplace:
    """The workplace that this application was made for."""
    workplace: Workplace = request.app.state.workplace
    return workplace


def pages_of(request: Request) -> Pages:
    """The pages of this application."""
    pages: Pages = request.app.state.pages
    return pages
