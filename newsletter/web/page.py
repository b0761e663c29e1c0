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

from newsletter.rendering.template import html_environment, template_root
from newsletter.rendering.web_version import Palette
from newsletter.settings import Settings
from newsletter.workflows.workplace import Workplace


class Pages:
    """The templates of the public pages, ready to fill."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._environment = html_environment("web")

    @property
    def root(self) -> str:
        """The path under which readers see these pages: "" or such as "/letter", from base_url."""
        return urlsplit(self._settings.base_url).path.rstrip("/")

    @cached_property
    def stylesheet(self) -> bytes:
        """The one stylesheet."""
        return (template_root() / "web" / "site.css").read_bytes()

    @cached_property
    def stylesheet_version(self) -> str:
        """Changes with the stylesheet, so that browsers may keep it for long."""
        return hashlib.sha256(self.stylesheet).hexdigest()[:12]

    @property
    def environment(self) -> Environment:
        """The templates themselves, for what is no page of this layout."""
        return self._environment

    @cached_property
    def palette(self) -> Palette:
        """The colours of the letter, for what stands around it on the web."""
        theme = vars(html_environment("email").get_template("theme.j2").module)
        return Palette(light=theme["light"], dark=theme["dark"])

    def page(self, name: str, status: int = 200, **context: object) -> HTMLResponse:
        """Fill ``<name>.html.j2``; *context* holds what that template names.

        *personal*: the page is behind somebody's own link, so the footer must not say where to find it.
        """
        first = self._settings.newsletters[0]
        body = self._environment.get_template(f"{name}.html.j2").render(
            root=self.root,
            css_version=self.stylesheet_version,
            lang=first.language,
            publication=first.title,
            publisher=self._settings.publisher,
            postal_address=self._settings.postal_address,
            **{"personal": False, **context},
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
