"""The two parts of any mail, from one template and one context: HTML by way of MJML, and plain text."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError

from newsletter.rendering.mjml import compile_mjml
from newsletter.rendering.origin import placed
from newsletter.rendering.plain_text import Links
from newsletter.rendering.template import mail_templates
from newsletter.rendering.tokens import load_tokens
from newsletter.wording import Wording

_MANY_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class MailParts:
    """Both parts, and what is wrong with them; a mail with errors must not be sent.

    Where nothing could be rendered the HTML is a page that says why, so that previews show it.
    """

    html: str
    text: str
    errors: tuple[str, ...]


def render_mail(
    template: str, context: Mapping[str, object], *, wording: Wording, overrides: Path | None = None
) -> MailParts:
    """Fill ``<template>.mjml.j2`` and ``<template>.txt.j2``. Pure, but for reading the templates.

    *context* is joined by the language, its direction and faces, and the tokens.

    Raises:
        SettingsError: a token is wrong.
    """
    templates, whole = mail_templates(wording, overrides), {**_look(wording, overrides), **context}
    source, errors = mail_source(template, context, wording=wording, overrides=overrides)
    html = ""
    if not errors:
        html, errors = compile_mjml(source)
        errors = placed(errors, templates.html, f"{template}.mjml.j2", whole)
    text, text_errors = _filled(templates.text, f"{template}.txt.j2", {**whole, "text_links": Links()})
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    text = _MANY_BLANK_LINES.sub("\n\n", lines).strip() + "\n"
    errors = (*errors, *text_errors)
    return MailParts(html or _page_of(errors), text, errors)


def mail_source(
    template: str, context: Mapping[str, object], *, wording: Wording, overrides: Path | None = None
) -> tuple[str, tuple[str, ...]]:
    """The MJML of ``<template>.mjml.j2``, and what is wrong with the template."""
    templates = mail_templates(wording, overrides)
    return _filled(templates.html, f"{template}.mjml.j2", {**_look(wording, overrides), **context})


def _look(wording: Wording, overrides: Path | None) -> dict[str, object]:
    tokens = load_tokens(overrides)
    is_rtl = wording.direction == "rtl"
    return {
        "lang": wording.language,
        "dir": wording.direction,
        "start": "right" if is_rtl else "left",
        "end": "left" if is_rtl else "right",
        "t": tokens,
        "faces": tokens.faces(wording.language),
        "is_opening": False,
    }


def _filled(
    environment: Environment, name: str, context: Mapping[str, object]
) -> tuple[str, tuple[str, ...]]:
    try:
        return environment.get_template(name).render(context), ()
    except TemplateSyntaxError as error:
        return "", (f"template {error.name or name}, line {error.lineno}: {error.message}",)
    except RecursionError:
        return "", (f"template {name}: the text is nested deeper than can be rendered",)
    except Exception as error:  # noqa: BLE001 - whatever an operator's template does is told, and never raised
        return "", (f"template {_place(error) or name}: {type(error).__name__}: {error}",)


def _place(error: Exception) -> str:
    """The innermost template and line that *error* comes from."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
    return f"{frames[-1].filename.rpartition('/email/')[2]}, line {frames[-1].lineno}" if frames else ""


def _page_of(errors: tuple[str, ...]) -> str:
    """A page for whoever previews a mail that cannot be made."""
    said = "".join(f"<li>{escape(error)}</li>" for error in errors)
    return (
        '<!doctype html><html lang="en" dir="ltr"><head><meta charset="utf-8"><title>No mail</title></head>'
        f"<body><h1>This mail cannot be made</h1><ul>{said}</ul></body></html>"
    )
