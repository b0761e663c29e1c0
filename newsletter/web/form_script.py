"""The script that makes a form on a site's page, and everything that a form of a site shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from newsletter.overrides import search_path
from newsletter.settings import Settings, SiteSettings
from newsletter.web.cadence import cadence
from newsletter.web.door import consent_line, language_of
from newsletter.web.page import Pages
from newsletter.wording import Wording

#: What a site's script may weigh before anybody compresses it (docs/how-to/put-the-form-on-a-site.md).
MOST_BYTES = 10_000
#: A string of a script, which stays as it is, or the blanks around a sign that needs none.
_TOKEN = re.compile(
    r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|[ \t]*([{}()=,;:?&|<>*!\[\]])[ \t]*"""
)


def form_script(settings: Settings, pages: Pages, site: SiteSettings, *, lang: str = "") -> str:
    """The code of the form of *site*, in *lang* or the site's language."""
    # Each octet counts: what begins every address is said once, and what nobody is shown not at all.
    base, described = settings.base_url, form_description(settings, pages, site, lang=lang)
    later = words_after(pages.wording(described["lang"]))
    described = {"base": base} | _spare(_without(base, described), later=later)
    said = json.dumps(described, ensure_ascii=False, separators=(",", ":"))
    solver = _short(script_source("solver.js", settings)) if settings.proof_of_work else ""
    code = _short(script_source("embed.js", settings))
    return f'"use strict";(()=>{{const FORM={said};\n{solver}{code}}})();\n'


def weight(settings: Settings, site: SiteSettings) -> int:
    """How many bytes the script of *site* has, in its language and before anybody compresses it."""
    return len(form_script(settings, Pages(settings), site).encode())


def form_description(
    settings: Settings, pages: Pages, site: SiteSettings, *, lang: str = ""
) -> dict[str, Any]:
    """Everything a form of *site* shows and where it posts to; for the script, and for the API."""
    language = language_of(settings, site, lang)
    wording = pages.wording(language)
    _, base = wording.gettext, settings.base_url
    light, dark = pages.tokens.light, pages.tokens.dark
    path = f"{base}/api/v1/sites/{quote(site.key)}"
    return {
        "site": site.key if settings.sites else "",
        "lang": language,
        "dir": wording.direction,
        "api": f"{path}/subscriptions",
        "action": f"{base}/subscribe",
        "challenge": f"{path}/challenge" if settings.proof_of_work else "",
        "newsletters": [
            {"name": each.name, "title": each.title, "cadence": cadence(each, wording)}
            for each in settings.offered_by(site)
        ],
        "policy": _policy(wording, f"{base}/privacy"),
        "theme": {
            "accent": site.theme.accent or f"light-dark({light.accent},{dark.accent})",
            "onAccent": site.theme.on_accent
            or (light.surface if site.theme.accent else f"light-dark({light.on_accent},{dark.on_accent})"),
            "ink": site.theme.ink or "inherit",
            "surface": site.theme.surface or "transparent",
            "fault": f"light-dark({light.alarm_ink},{dark.alarm_ink})",
            "faultSurface": f"light-dark({light.alarm_bg},{dark.alarm_bg})",
        },
        "words": {
            "title": _("Get it by e-mail"),
            "newsletter": _("Newsletter"),
            "email": _("Your e-mail address"),
            "help": _(
                "We mail you once to ask whether it is really you. The letters start when you say yes."
            ),
            "consent": consent_line(settings, site, wording),
            "button": _("Sign up"),
            "promise": _("The letters and nothing else: no advertising, and your address goes to nobody."),
            "empty": _("Leave this empty"),
            **words_after(wording),
            "instead": _("Yes, use %(address)s", address="{}"),
        },
    }


def words_after(wording: Wording) -> dict[str, str]:
    """What stands beside the parts of the answer to a sign-up. The script is told with that answer."""
    _ = wording.gettext
    return {
        "to": _("To"),
        "from": _("From"),
        "open": _("Open your mail:"),
        "subject": _("Subject"),
        "again": _("Ask for the mail again"),
    }


def script_source(name: str, settings: Settings) -> str:
    """The code of one of our scripts, or of the operator's own in its place."""
    folders = search_path("web", settings.templates)
    return _read(next(path for folder in folders if (path := folder / name).is_file()))


@cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _policy(wording: Wording, url: str) -> dict[str, str]:
    """The line with the link to the privacy policy, in parts: a script must not read markup."""
    line = wording.gettext(
        'Our <a href="%(url)s">privacy policy</a> says what we keep and for how long.', url=url
    )
    before, words, after = re.split(r"<a [^>]*>|</a>", line)
    return {"before": before, "words": words, "after": after, "url": url}


def _without(base: str, described: dict[str, Any]) -> dict[str, Any]:
    """A description of a form whose addresses are paths under *base*."""
    policy = described["policy"] | {"url": described["policy"]["url"].removeprefix(base)}
    paths = {name: described[name].removeprefix(base) for name in ("api", "action")}
    challenge = described["challenge"].rpartition("/")[2]
    return described | paths | {"policy": policy, "challenge": challenge}


def _spare(described: dict[str, Any], *, later: Iterable[str]) -> dict[str, Any]:
    """*described* without the words that this form does not show, or is told *later*."""
    newsletters, words = described["newsletters"], described["words"]
    unseen = {"empty", *later}
    if len(newsletters) == 1:
        unseen.add("newsletter")
        newsletters = [{"name": newsletters[0]["name"]}]
    seen = {name: said for name, said in words.items() if name not in unseen}
    return described | {"words": seen, "newsletters": newsletters}


def _short(code: str) -> str:
    """*code* without its blanks, the comments that have a line of their own, and breaks inside a call."""
    lines = (line.strip() for line in code.splitlines())
    kept = "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))
    dense = _TOKEN.sub(lambda found: _rules(found[1]) or found[2], kept)
    return re.sub(r"(?<=[,{(;])\n", "", dense).replace(";}", "}")


def _rules(string: str | None) -> str:
    """A *string* of a script: one of several lines is a style sheet, and needs no blanks around its signs."""
    if not string or "\n" not in string:
        return string or ""
    return re.sub(r"\s*([{};,])\s*", r"\1", string).replace(": ", ":")
