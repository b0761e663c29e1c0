"""WordPress shortcodes that were never run: ``[caption]``, ``[gallery ids="1,2"]``, ``[vc_row]``.

Exports hold them always, pages where the plugin that ran them is gone. Brackets of the text ("[12]",
"[sic]", "[see below]") stay: an unknown name counts only with an attribute, a closing tag or an
underscore. Source of the shapes: WordPress, wp-includes/shortcodes.php.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.content.article import LeftOut
from newsletter.content.cleaning import clean_title

#: Shortcodes that stand for something a mail cannot hold; what they enclose goes with them.
DROPPED = {
    "caption": "a picture's caption: mails carry no pictures",
    "wp_caption": "a picture's caption: mails carry no pictures",
    "gallery": "a shortcode: picture gallery",
    "embed": "a shortcode: embedded page",
    "audio": "a shortcode: sound",
    "video": "a shortcode: video",
    "playlist": "a shortcode: playlist",
    "youtube": "a shortcode: video",
    "vimeo": "a shortcode: video",
    "contact-form-7": "a shortcode: form",
    "contact-form": "a shortcode: form",
    "mc4wp_form": "a shortcode: newsletter box",
    "mailpoet_form": "a shortcode: newsletter box",
    "gravityform": "a shortcode: form",
    "wpforms": "a shortcode: form",
    "toc": "a shortcode: table of contents",
    "ez-toc": "a shortcode: table of contents",
}
_OTHER = "a shortcode of a plugin"
_SHORTCODE = re.compile(
    r"\[(?P<escaped>\[)?(?P<close>/)?(?P<name>[a-zA-Z][\w-]{1,60})"
    r"(?P<attributes>(?:\s+[\w-]+\s*=\s*(?:\"[^\"\[\]]{0,2000}\"|'[^'\[\]]{0,2000}'|[^\s\[\]\"']{1,500}))*)"
    r"\s*/?\]"
)
_TAG = re.compile(r"<[^>]*>")
MAX_LINE = 200


@dataclass(frozen=True)
class _Code:
    start: int
    end: int
    name: str
    closes: bool
    has_attributes: bool


def drop_shortcodes(html: str) -> tuple[str, list[LeftOut]]:
    """*html* without its shortcodes, and what was left out with them.

    >>> drop_shortcodes("Rest [12] [sic]. [vc_row]Ice.[/vc_row]")[0]
    'Rest [12] [sic]. Ice.'
    """
    codes = [
        _Code(
            match.start(), match.end(), match["name"].lower(), bool(match["close"]), bool(match["attributes"])
        )
        for match in _SHORTCODE.finditer(html)
        if not match["escaped"]
    ]
    if not codes:
        return html, []
    closed = {code.name for code in codes if code.closes}
    kept: list[str] = []
    left_out: list[LeftOut] = []
    at = index = 0
    last_close = {code.name: place for place, code in enumerate(codes) if code.closes}
    while index < len(codes):
        code = codes[index]
        index += 1
        if not _is_shortcode(code, closed):
            continue
        kept.append(html[at : code.start])
        at = code.end
        why = DROPPED.get(code.name)
        if why and not code.closes and last_close.get(code.name, -1) >= index:
            closing = next(place for place in range(index, len(codes)) if _closes(codes[place], code))
            at, index = codes[closing].end, closing + 1
        line = clean_title(_TAG.sub(" ", html[code.start : at]))[:MAX_LINE]
        if not code.closes:
            left_out.append(LeftOut(line=line, why=why or _OTHER))
    return "".join((*kept, html[at:])), left_out


def _is_shortcode(code: _Code, closed: set[str]) -> bool:
    return code.name in DROPPED or code.has_attributes or code.name in closed or "_" in code.name


def _closes(code: _Code, opening: _Code) -> bool:
    return code.closes and code.name == opening.name
