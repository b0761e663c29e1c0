"""The web version of a letter: the frozen edition in the frame of a page.

What was sent, not what would be rendered now: the letter's bytes stay as they are. Around them come what a
page needs and a mail must not have: landmarks, a way to the other letters, canonical address, structured
data. What was withdrawn since is taken out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment
from markupsafe import Markup

from newsletter.rendering.tokens import Tokens
from newsletter.rendering.withdrawn_part import Told, WithdrawnPart, without_withdrawn
from newsletter.wording import Wording

_BODY = re.compile(r"<body\b[^>]*>")


@dataclass(frozen=True)
class LetterLink:
    """A way to another letter: its address and its date in words."""

    url: str
    date: str


@dataclass(frozen=True)
class Frame:
    """What the page says around the letter. Addresses are whole ones; empty: left out.

    *title* is what the page is called instead where a part of the letter was withdrawn, *date* the letter's
    date in words. *data* is the structured data (JSON-LD), None for none.
    """

    publication: str
    title: str
    date: str
    tokens: Tokens
    archive_url: str
    subscribe_url: str
    feed_url: str = ""
    canonical_url: str = ""
    earlier: LetterLink | None = None
    later: LetterLink | None = None
    is_indexed: bool = True
    data: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Letter:
    """A frozen letter with its links filled in, and what its head told."""

    html: str
    subject: str
    preheader: str


def web_version(
    letter: Letter,
    *,
    frame: Frame,
    templates: Environment,
    wording: Wording,
    withdrawn: Sequence[WithdrawnPart] = (),
) -> str | None:
    """The page of *letter*: pure. *templates* are those of the pages (templates/web), in *wording*'s words.

    None: a part of it was withdrawn that cannot be cut out of it safely; then nothing of it may be shown.
    """
    html: str | None = letter.html
    if withdrawn:
        told = Told(
            subject=letter.subject,
            preheader=letter.preheader,
            title=frame.title,
            heading=frame.date,
            is_lead_gone=any(part.is_lead for part in withdrawn),
        )

        def notice(parts: Sequence[WithdrawnPart], heading: str) -> str:
            said = [(part.title, wording.date(part.withdrawn_on)) for part in parts]
            return templates.get_template("letter_withdrawn.html.j2").render(parts=said, heading=heading)

        html = without_withdrawn(letter.html, withdrawn, told=told, notice=notice)
    if html is None:
        return None
    data = Markup(script_json(frame.data)) if frame.data else ""  # noqa: S704 - script_json escapes for <script>
    head = templates.get_template("letter_head.html.j2").render(
        frame=frame, data=data, faces=frame.tokens.faces(wording.language)
    )
    header = templates.get_template("letter_header.html.j2").render(frame=frame, dir=wording.direction)
    return _framed(html, head=head, header=header)


def script_json(data: Mapping[str, object]) -> str:
    r"""*data* as JSON that cannot end the script element it stands in, nor open a comment there.

    >>> script_json({"name": "</script>"})
    '{"name": "\\u003c/script\\u003e"}'
    """
    said = json.dumps(data, ensure_ascii=False)
    return said.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _framed(html: str, *, head: str, header: str) -> str:
    head_end = html.index("</head>")
    body = _BODY.search(html, head_end)
    assert body is not None  # noqa: S101 - every edition has a body: compile_mjml made it
    end = html.rindex("</body>")
    return "".join(
        [
            html[:head_end], head, html[head_end : body.end()], header, "<main>",
            html[body.end() : end], "</main>", html[end:],
        ]
    )  # fmt: skip
