"""The letter's words: how hard they are, what filters take for spam, what was left over, years gone by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from newsletter.content.readability import Readability, measure
from newsletter.rendering.checks.check import Finding, Level, Proof
from newsletter.rendering.checks.link import OUR_MARKS
from newsletter.rendering.view import disclaimer_of

#: NIH advises grades 6 to 8 for patients, by Flesch-Kincaid.
GRADE_LIMIT = 8.0
#: A section is too short for an exact grade: runs of ten sentences are off by two (content/readability.py).
SECTION_GRADE_LIMIT = 10.0
#: Farther from today, a letter's date is more likely a slip than meant.
FAR_DAYS = 366

#: What filters and readers take for spam: each with what it is about.
SPAM_PHRASES: dict[str, tuple[str, ...]] = {
    "haste": (
        "act now", "act fast", "apply now", "expires today", "hurry up",
        "last chance", "limited time", "offer expires", "once in a lifetime", "only today", "order now",
        "urgent response", "while supplies last", "while stocks last", "what are you waiting for",
    ),
    "money": (
        "100% free", "absolutely free", "best price", "big bucks", "buy direct", "cash bonus", "cheap meds",
        "double your", "earn money", "extra income", "free gift", "free trial", "free sample",
        "lowest price", "make money", "money back", "money-back", "no cost to you", "no obligation",
        "no purchase necessary", "risk-free", "risk free", "save big", "special promotion", "you have won",
        "you're a winner", "winner!",
    ),
    "cures": (
        "anti-aging", "clinically proven to", "cure-all", "doctors hate", "fda approved!", "instant relief",
        "lose weight fast", "lose weight while you sleep", "melt fat", "melts fat", "miracle cure",
        "miracle pill", "natural viagra", "no side effects", "no prescription needed",
        "online pharmacy", "secret remedy", "shed pounds", "this one trick", "weird trick",
    ),
    "pretence": (
        "as seen on tv", "click below", "congratulations!", "dear friend", "dear sir or madam",
        "this is not spam", "this isn't spam", "you have been selected", "you've been selected",
    ),
}  # fmt: skip
_ALL_PHRASES = tuple(phrase for phrases in SPAM_PHRASES.values() for phrase in phrases)
#: Marks of template languages and mail services, and what authors write to themselves. "TODO" alone is a
#: Spanish word, and XXX a set of chromosomes.
_LEFT_OVER = re.compile(
    r"\{\{|\}\}|\{%|%\}|\{#|%%\w+%%|\*\|[^|\n]{1,40}\|\*|(?i:lorem ipsum|dolor sit amet)|@@\w+@@|"
    r"\bTODO\s*[:(]|\bFIXME\b|(?<![\d,X])\bXXX\b(?!\s+syndrome)|"
    r"\[(?i:(?:(?:first|last|full|your)[ _]?)?name|date|link|url|title|(?:insert|your) [^\]\n]{1,40})\]"
)
_YEAR_OF = re.compile(
    r"(?:©|\(c\)|copyright|\b(?:in|of|for|since|until))\s*(?:20\d\d\s*[-–—]\s*)?(20\d\d)\b", re.IGNORECASE
)
_YEAR = re.compile(r"\b(20\d\d)\b")


def hard_to_read(proof: Proof) -> Iterator[Finding]:
    """The letter, or a section, that asks more of its readers than most have (English only)."""
    if not proof.is_english:
        return
    texts = _section_texts(proof)
    whole = _measured("\n".join(texts.values()))
    if whole.flesch_kincaid is not None and whole.flesch_kincaid > GRADE_LIMIT:
        yield Finding(f"the letter: {_grades(whole)}, over {GRADE_LIMIT:g} by Flesch-Kincaid")
    for name, text in texts.items():
        found = _measured(text)
        if found.flesch_kincaid is not None and found.flesch_kincaid > SECTION_GRADE_LIMIT:
            yield Finding(f"{name}: {_grades(found)}, over {SECTION_GRADE_LIMIT:g} by Flesch-Kincaid")


def reading_grades(proof: Proof) -> str:
    """The letter's grades, each with the formula's name."""
    if not proof.is_english:
        return "not measured: the formulas are for English"
    return _grades(_measured("\n".join(_section_texts(proof).values())))


def spam_phrases(proof: Proof) -> Iterator[Finding]:
    """Words that look like spam, wherever they stand."""
    for place, said in _places(proof):
        lower = said.replace("’", "'").lower()
        for phrase in _ALL_PHRASES:
            # A plain search first: a pattern of all phrases takes longer than the other rules together.
            if phrase in lower and re.search(rf"(?<![\w-]){re.escape(phrase)}(?!\w)", lower):
                yield Finding(f"“{phrase}” in the {place}")


def left_over(proof: Proof) -> Iterator[Finding]:
    """What a template or an author left behind."""
    for place, said in _places(proof):
        for match in _LEFT_OVER.finditer(said):
            if match[0] not in OUR_MARKS:
                # An article may say such a thing of a form, or of a karyotype.
                level: Level | None = "warn" if match[0].startswith(("[", "XXX")) else None
                yield Finding(f"left over: {match[0]} in the {place}", level)
    for link in proof.mail.links:
        found = _LEFT_OVER.search(link.href)
        if found and link.href not in OUR_MARKS:
            yield Finding(f"left over: {found[0]} in the link {link.href}")


def stale_years(proof: Proof) -> Iterator[Finding]:
    """Years gone by in the publisher's own words, and an issue far from today."""
    year, settings = proof.issue.issued_on.year, proof.settings
    names = {"title": proof.newsletter.title, "publisher": settings.publisher}
    sayings = {
        "postal_address": settings.postal_address,
        "disclaimer": disclaimer_of(settings, proof.wording),
    }
    for pattern, said_in in ((_YEAR, names), (_YEAR_OF, {**names, **sayings})):
        for name, said in said_in.items():
            old = [found[1] for found in pattern.finditer(said) if int(found[1]) < year]
            if old and not (name in names and str(year) in said):
                yield Finding(f"{old[-1]} in {name}: “{said}”")
    if proof.today is not None and abs((proof.issue.issued_on - proof.today).days) > FAR_DAYS:
        yield Finding(f"the issue is of {proof.issue.issued_on}, and today is {proof.today}")


def _places(proof: Proof) -> tuple[tuple[str, str], ...]:
    return (
        ("subject", proof.edition.subject),
        ("preheader", proof.edition.preheader),
        ("HTML part", proof.mail.words),
        ("text part", proof.mail.text_words),
    )


def _section_texts(proof: Proof) -> dict[str, str]:
    """The text of each section, by its name."""
    return {
        f"{pick.article_title}: {pick.heading}": "\n".join(block.plain() for block in pick.blocks)
        for pick in proof.issue.picks
    }


@lru_cache(maxsize=256)
def _measured(text: str) -> Readability:
    """As measure: an issue's editions share most of their sections."""
    return measure(text)


def _grades(found: Readability) -> str:
    said = [("Flesch-Kincaid", found.flesch_kincaid), ("SMOG", found.smog)]
    return (
        ", ".join(f"{name} {grade:g}" for name, grade in said if grade is not None) or "too short to measure"
    )
