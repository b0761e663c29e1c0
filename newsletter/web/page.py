"""How a page is made: one layout, escaped, with every link under the path that base_url names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from markdown_it import MarkdownIt
from markupsafe import Markup

from newsletter.overrides import search_path
from newsletter.rendering.template import web_templates
from newsletter.rendering.tokens import Fonts, Palette, Tokens, load_tokens
from newsletter.settings import Settings
from newsletter.wording import LANGUAGES, Wording, wording_of
from newsletter.workflows.workplace import Workplace


class Pages:
    """The templates of the public pages, ready to fill."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def environment(self, language: str | None = None) -> Environment:
        """The templates in *language* (default: the first newsletter's)."""
        return web_templates(self.wording(language), self._settings.templates)

    def wording(self, language: str | None = None) -> Wording:
        """Our words in *language* (default: the first newsletter's)."""
        spoken = language or self._settings.newsletters[0].language
        return wording_of(spoken, overrides=self._settings.templates)

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
        """The one stylesheet, behind the colours of the mails' tokens and the faces of each language."""
        folders = search_path("web", self._settings.templates)
        css = next(path for folder in folders if (path := folder / "site.css").is_file()).read_bytes()
        tokens = self.tokens
        faces = "\n".join(_faces(language, tokens.faces(language)) for language in LANGUAGES)
        return f"{colours(tokens)}{faces}\n".encode() + css

    @cached_property
    def stylesheet_version(self) -> str:
        """Changes with the stylesheet, so that browsers may keep it for long."""
        return hashlib.sha256(self.stylesheet).hexdigest()[:12]

    def page(
        self, name: str, status: int = 200, *, language: str | None = None, **context: object
    ) -> HTMLResponse:
        """Fill ``<name>.html.j2``; *context* holds what that template names.

        *language*: the page's (default: the first newsletter's); words in *context* are in it already.
        *in_frame*: it stands in a frame on somebody's page. *personal*: the page is behind somebody's own
        link, so the footer must not say where to find it.
        """
        first = self._settings.newsletters[0]
        wording = self.wording(language)
        body = (
            self.environment(language)
            .get_template(f"{name}.html.j2")
            .render(
                root=self.root,
                css_version=self.stylesheet_version,
                lang=wording.language,
                direction=wording.direction,
                spoken=lambda other: "" if other == wording.language else _spoken(self.wording(other)),
                publication=first.title,
                publication_language=first.language,
                publisher=self._settings.publisher,
                postal_address=self._settings.postal_address,
                **{"personal": False, "in_frame": False, **context},
            )
        )
        return HTMLResponse(body, status)

    def notice(
        self,
        title: str,
        *paragraphs: str,
        status: int = 200,
        link: tuple[str, str] | None = None,
        language: str | None = None,
        personal: bool = False,
    ) -> HTMLResponse:
        """A page that says one thing; *link* is the next step: its path under the root, and its words."""
        return self.page(
            "notice",
            status,
            language=language,
            title=title,
            paragraphs=paragraphs,
            link=link,
            personal=personal,
        )

    def ask(
        self,
        title: str,
        *paragraphs: str,
        button: str,
        action: str,
        fields: Mapping[str, str],
        status: int = 200,
        again: bool = False,
        doubt: str = "",
        back: tuple[str, str] | None = None,
        is_grave: bool = False,
        language: str | None = None,
    ) -> HTMLResponse:
        """A page with one *button*, which posts *fields* to *action* (its path under the root).

        *again*: nothing was done by the last press; *doubt*: what to do instead; *back*: a link, its path and
        words; *is_grave*: it cannot be undone.
        """
        return self.page(
            "ask",
            400 if again else status,
            language=language,
            title=title,
            paragraphs=paragraphs,
            button=button,
            action=action,
            fields=fields,
            again=again,
            doubt=doubt,
            back=back,
            is_grave=is_grave,
            personal=True,
        )

    def signup_path(self, newsletter: str) -> str:
        """The path of the sign-up form on which *newsletter* is chosen, in its language."""
        first = self._settings.newsletters[0].name
        return "/subscribe" if newsletter == first else f"/subscribe?newsletter={newsletter}"


def colours(tokens: Tokens) -> str:
    """The colours of *tokens* as rules for a stylesheet, by day and by night."""
    dark = f"@media (prefers-color-scheme: dark) {{ {_variables(tokens.dark)} }}"
    return f"{_variables(tokens.light)}\n{dark}\n"


def _variables(palette: Palette) -> str:
    """The colours as custom properties: ``accent_soft`` is ``--accent-soft``."""
    said = "; ".join(f"--{name.replace('_', '-')}: {colour}" for name, colour in palette.model_dump().items())
    return f":root {{ {said} }}"


def _faces(language: str, faces: Fonts) -> str:
    return f":lang({language}) {{ --serif: {faces.serif}; --sans: {faces.sans} }}"


def _spoken(wording: Wording) -> Markup:
    """The attributes of an element in another language than its page."""
    return Markup(' lang="{}" dir="{}"').format(wording.language, wording.direction)


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


def language_of(request: Request, newsletter: str, chosen: str = "") -> str:
    """The language of a page about *newsletter*: what the reader has *chosen*, or the newsletter's.

    The first newsletter's if that one is no longer configured.
    """
    every = workplace_of(request).settings.newsletters
    return chosen or next((one.language for one in every if one.name == newsletter), every[0].language)


def title_of(settings: Settings, newsletter: str) -> str:
    """The title of the newsletter with that name; the name, if it is no longer configured."""
    titles = {each.name: each.title for each in settings.newsletters}
    return titles.get(newsletter, newsletter)
