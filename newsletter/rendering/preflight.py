"""What is checked before an issue goes out: named checks with a level, a reason and a way to mend.

Failures hold the issue; warnings inform. The check "edition" fails with what rendering found wrong: content
that would be lost, a template that cannot be filled, a mail that is too large.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal
from urllib.parse import urlsplit

from newsletter.issues.headline import SUBJECT_LIMIT
from newsletter.issues.issue import Issue
from newsletter.rendering.edition import Edition
from newsletter.settings import NewsletterSettings, Settings

Level = Literal["ok", "warn", "fail"]
WARN_HTML_BYTES = 80_000
_HREF = re.compile(r'href="([^"]*)"')
_REQUIRED_WORDS = ("privacy", "unsubscribe", "preferences", "general information")
#: What no reader sees as words: styles, tags with their addresses, marks to be filled, bare addresses.
_NOT_WORDS = re.compile(r"<style.*?</style>|<[^>]*>|@@[A-Z]+@@|https?://\S+", re.DOTALL)
_LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}|lorem ipsum|\bTODO\b", re.IGNORECASE)


@dataclass(frozen=True)
class Check:
    """The result of one check."""

    name: str
    level: Level
    detail: str

    def document(self) -> dict[str, str]:
        """As the command line shows it."""
        return asdict(self)


def preflight(
    issue: Issue, edition: Edition, *, settings: Settings, newsletter: NewsletterSettings
) -> list[Check]:
    """Every check of *edition*, in a fixed order. Pure: no network, no clock."""
    return [
        *_parts(edition),
        *_content(issue, newsletter),
        *_addresses(settings, newsletter, edition),
    ]


def failures(checks: list[Check]) -> list[Check]:
    """The checks that hold an issue."""
    return [check for check in checks if check.level == "fail"]


def _parts(edition: Edition) -> Iterator[Check]:
    size = len(edition.html.encode())
    yield Check(
        "size",
        "warn" if size > WARN_HTML_BYTES else "ok",
        f"{size} bytes of HTML; Gmail cuts mails at about 102,000",
    )
    for word in _REQUIRED_WORDS:
        missing = [
            name
            for name, part in (("HTML", edition.html), ("text", edition.text))
            if word not in _words(part)
        ]
        detail = (
            f"missing in {', '.join(missing)}: mend the template or the disclaimer" if missing else "there"
        )
        yield Check(f"wording: {word}", "fail" if missing else "ok", detail)
    found = _LEFT_OVER.search(edition.text)
    yield Check(
        "placeholders", "fail" if found else "ok", f"left over: {found[0]}" if found else "none left over"
    )
    long = len(edition.subject) > SUBJECT_LIMIT
    yield Check("subject", "warn" if long else "ok", f"{len(edition.subject)} of {SUBJECT_LIMIT} characters")
    bad = [link for link in _HREF.findall(edition.html) if not _is_plain_link(link)]
    yield Check("links", "fail" if bad else "ok", f"not usable: {bad[0]}" if bad else "all absolute")


def _words(part: str) -> str:
    return " ".join(_NOT_WORDS.sub(" ", part).casefold().split())


def _is_plain_link(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return (
        link.startswith("@@")
        or parts.scheme == "tel"
        or (parts.scheme in ("http", "https") and bool(parts.hostname))
    )


def _content(issue: Issue, newsletter: NewsletterSettings) -> Iterator[Check]:
    due = newsletter.mails_on(issue.issued_on)
    yield Check(
        "date",
        "ok" if due else "warn",
        "one of its dates" if due else "not one of its dates: weekdays, cadence or quiet_dates leave it out",
    )
    unlinked = sorted({pick.article_title for pick in issue.picks if not pick.article_url})
    yield Check(
        "source links",
        "warn" if unlinked else "ok",
        f"no address known for {', '.join(unlinked)}: add url to the article"
        if unlinked
        else "every section has one",
    )
    bare = sorted({pick.article_title for pick in issue.picks if not pick.references})
    yield Check(
        "references",
        "warn" if bare else "ok",
        f"none in {', '.join(bare)}" if bare else "every article cites its sources",
    )


def _addresses(settings: Settings, newsletter: NewsletterSettings, edition: Edition) -> Iterator[Check]:
    rehearsal = settings.smtp_url is None or _is_loopback(
        urlsplit(settings.smtp_url.get_secret_value()).hostname or ""
    )
    base = urlsplit(settings.base_url)
    public = base.scheme == "https" and not _is_loopback(base.hostname or "")
    yield Check(
        "base_url",
        "ok" if public else "warn" if rehearsal else "fail",
        f"{settings.base_url}: readers' links need an HTTPS address that they can reach"
        if not public
        else settings.base_url,
    )
    draft = newsletter.sender.rstrip(">").endswith("@example.org")
    yield Check(
        "sender",
        "ok" if not draft else "warn" if rehearsal else "fail",
        f"{newsletter.sender} is the shipped example: set sender" if draft else newsletter.sender,
    )
    shipped = Settings.model_fields["postal_address"].default == settings.postal_address
    yield Check(
        "postal_address",
        "warn" if shipped else "ok",
        "still the shipped example: set postal_address" if shipped else "set",
    )
    draft_policy = settings.privacy_policy is None or settings.privacy_version.startswith("draft")
    yield Check(
        "privacy policy",
        "warn" if draft_policy else "ok",
        "still the shipped draft, or its version: set privacy_policy and privacy_version"
        if draft_policy
        else settings.privacy_version,
    )
    yield Check(
        "edition",
        "fail" if edition.errors else "ok",
        "; ".join(edition.errors) or f"sha256 {edition.hash}",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
