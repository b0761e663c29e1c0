"""From an issue to an edition: one mail, frozen in HTML and text with four holes.

The holes are the only freedom a message has: unsubscribe and preferences link, in each of the two parts.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from newsletter.issues.issue import Issue
from newsletter.rendering.mail import render_mail
from newsletter.rendering.view import PREFERENCES_HOLE, UNSUBSCRIBE_HOLE, issue_context
from newsletter.settings import NewsletterSettings, Settings
from newsletter.wording import wording_of

#: Gmail cuts a mail at about 102 kB of HTML, and with it the way to unsubscribe.
MAX_HTML_BYTES = 95_000
_HOLE = re.compile(r"@@[A-Z]+@@")


@dataclass(frozen=True)
class Edition:
    """The frozen parts of an issue's mails. One with *errors* is never stored or sent."""

    subject: str
    preheader: str
    html: str
    text: str
    errors: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 over everything a reader sees."""
        said = f"{self.subject}\0{self.preheader}\0{self.html}\0{self.text}"
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of its HTML."""
        return len(self.html.encode())

    def filled(self, *, unsubscribe_url: str, preferences_url: str) -> tuple[str, str]:
        """HTML and text for one reader. Our URLs hold nothing that HTML would need escaped."""
        filling = {UNSUBSCRIBE_HOLE: unsubscribe_url, PREFERENCES_HOLE: preferences_url}

        def fill(match: re.Match[str]) -> str:
            return filling.get(match[0], match[0])

        return _HOLE.sub(fill, self.html), _HOLE.sub(fill, self.text)


def render_edition(
    issue: Issue,
    *,
    settings: Settings,
    newsletter: NewsletterSettings,
    web_path: str | None = None,
    is_chosen: bool = False,
) -> Edition:
    """Render *issue*: pure but for reading the templates; the same input gives the same bytes.

    *web_path*: the last part of the address of an edition that is not the general one; *is_chosen*: it is
    made for readers who chose topics, or not to be sent some. What is wrong with the mail (content would be
    lost, a hole is missing, the HTML is over MAX_HTML_BYTES) is in its errors.

    Raises:
        SettingsError: a token or a catalogue is wrong.
    """
    wording = wording_of(newsletter.language, overrides=settings.templates)
    context = dict(
        issue_context(issue, settings=settings, newsletter=newsletter, wording=wording, is_chosen=is_chosen)
    )
    if web_path:
        context["web_url"] = f"{context['web_url']}/{web_path}"
    parts = render_mail(newsletter.layout, context, wording=wording, overrides=settings.templates)
    errors = parts.errors or (*_holes("HTML", parts.html), *_holes("text", parts.text), *_size(parts.html))
    return Edition(issue.subject, issue.preheader, parts.html, parts.text, errors)


def _holes(name: str, part: str) -> tuple[str, ...]:
    found = sorted(_HOLE.findall(part))
    if found == [PREFERENCES_HOLE, UNSUBSCRIBE_HOLE]:
        return ()
    return (f"the {name} part must hold one unsubscribe and one preferences link, and holds {found}",)


def _size(html: str) -> tuple[str, ...]:
    size = len(html.encode())
    return (f"the HTML is {size} bytes, over {MAX_HTML_BYTES}",) if size > MAX_HTML_BYTES else ()
