"""A proof that is in order, and ways to spoil it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from newsletter.issues.issue import Issue
from newsletter.rendering.checks.check import Check, Proof
from newsletter.rendering.edition import render_edition
from newsletter.rendering.preflight import RULES
from newsletter.settings import NewsletterSettings, Settings
from tests.unit.factory import issue

Spoil = Callable[[Proof], Proof]

#: As for a real newsletter: nothing to complain about.
READY: dict[str, Any] = {
    "base_url": "https://letter.example",
    "smtp_url": "smtp://mail.example:587?tls=starttls",
    "postal_address": "7 Road, Town",
    "privacy_policy": Path("privacy.md"),
    "privacy_version": "2026-03",
    "region": "GB",
}


def good(made: Issue | None = None, *, sender: str = "A <a@letter.example>", **settings: Any) -> Proof:
    """The example issue, or *made*, of a newsletter that is set up."""
    made = made or issue()
    ready = Settings(**{**READY, **settings})
    newsletter = NewsletterSettings(sender=sender)
    return Proof(made, render_edition(made, settings=ready, newsletter=newsletter), ready, newsletter)


def of(made: Issue, **settings: Any) -> Spoil:
    """Another issue instead, rendered."""
    return lambda _: good(made, **settings)


def with_settings(**settings: Any) -> Spoil:
    """The same issue, rendered with other settings."""
    return lambda proof: good(proof.issue, **settings)


def knowing(**facts: Any) -> Spoil:
    """The same mail, and something else that is known of it."""
    return lambda proof: replace(proof, **facts)


def saying(**parts: Any) -> Spoil:
    """The mail with whole parts of it replaced."""
    return lambda proof: replace(proof, edition=replace(proof.edition, **parts))


def html(old: str, new: str, *, times: int = -1) -> Spoil:
    """The mail with something else in its HTML part."""

    def spoil(proof: Proof) -> Proof:
        assert old in proof.edition.html
        return saying(html=proof.edition.html.replace(old, new, times))(proof)

    return spoil


def text(old: str, new: str) -> Spoil:
    """The mail with something else in its text part."""

    def spoil(proof: Proof) -> Proof:
        assert old in proof.edition.text
        return saying(text=proof.edition.text.replace(old, new))(proof)

    return spoil


def adding(markup: str, words: str = "") -> Spoil:
    """The mail with *markup* at the end of its first paragraph, and *words* at the end of its text part."""

    def spoil(proof: Proof) -> Proof:
        edition = proof.edition
        made = edition.html.replace("calm.</p>", f"calm. {markup}</p>", 1)
        assert made != edition.html
        return replace(proof, edition=replace(edition, html=made, text=f"{edition.text}\n{words}\n"))

    return spoil


def link_to(href: str, words: str = "a page on gout") -> Spoil:
    """The mail with one more link, in both parts."""
    return adding(f'<a href="{href}" style="color:#0B5D5E">{words}</a>', href)


def checked(proof: Proof) -> dict[str, Check]:
    """Every check by name."""
    return {one.name: one for one in (rule.check(proof) for rule in RULES)}
