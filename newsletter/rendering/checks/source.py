"""What the letter is made of: reviews that hold, sources told, text still as it was picked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from newsletter.content.article import review_reason
from newsletter.issues.issue import State
from newsletter.rendering.checks.check import Finding, Proof, named_parts
from newsletter.rendering.checks.mail import visible_words

#: A review that ends so soon is worth a word to the editors now.
DUE_WITHIN = timedelta(days=30)
#: Once a letter is under way, its text is what was approved; before, it can still be picked again.
_UNDER_WAY = frozenset({State.SENDING, State.PAUSED, State.SENT, State.CANCELLED, State.EXPIRED})
WITHDRAWN, CHANGED, GONE = "withdrawn", "changed since it was picked", "gone from the content store"


def errors(proof: Proof) -> Iterator[Finding]:
    """What went wrong when the mail was made."""
    for error in proof.edition.errors:
        yield Finding(error)


def review_dates(proof: Proof) -> Iterator[Finding]:
    """Reviews that do not hold on the issue's date, or soon will not; and dates that are not shown."""
    day, limit = proof.issue.issued_on, proof.settings.review_limit
    for pick in proof.issue.picks:
        if pick.reviewed_on == date.min:
            yield Finding(f"{pick.article_title} gives no review date", "fail")
            continue
        why = review_reason(pick, day, limit=limit)
        if why:
            yield Finding(f"{pick.article_title}: {why}", "fail")
        elif review_reason(pick, day + DUE_WITHIN, limit=limit):
            yield Finding(f"{pick.article_title} is due for review by {pick.reviewed_on + limit}", "warn")
        shown = proof.wording.date(pick.reviewed_on)
        for part, words in named_parts(proof):
            if shown not in words:
                yield Finding(f"{pick.article_title}: {shown} is not in the {part} part", "fail")


def uncited(proof: Proof) -> Iterator[Finding]:
    """Articles that cite nothing, and references that the letter does not show."""
    for pick in proof.issue.picks:
        if not pick.references:
            yield Finding(f"none in {pick.article_title}", "warn")
        for reference in pick.references:
            wanted = " ".join(visible_words(reference.text))
            for part, words in named_parts(proof):
                if wanted not in words:
                    yield Finding(f"{pick.article_title}: “{wanted}” is not in the {part} part", "fail")


def without_address(proof: Proof) -> Iterator[Finding]:
    """Articles that readers are given no link to."""
    for pick in proof.issue.picks:
        if not pick.article_url:
            yield Finding(f"no address known for {pick.article_title}")


def stale_pins(proof: Proof) -> Iterator[Finding]:
    """Sections whose text is no longer what was picked."""
    titles = {pick.article_id: pick.article_title for pick in proof.issue.picks}
    for article_id, why in proof.changed.items():
        if article_id not in titles:
            continue
        # A withdrawn text is never sent again. A store can be made anew, and an issue carries its own text.
        is_grave = why == WITHDRAWN or (why != GONE and proof.issue.state not in _UNDER_WAY)
        yield Finding(f"{titles[article_id]} ({article_id}): {why}", "fail" if is_grave else "warn")


def off_dates(proof: Proof) -> Iterator[Finding]:
    """Issues of a date on which none is due."""
    if not proof.newsletter.mails_on(proof.issue.issued_on):
        yield Finding(f"{proof.issue.issued_on} is not one of its dates")


def language_gaps(proof: Proof) -> Iterator[Finding]:
    """Fixed texts that are not in the letter's language, or that nobody has read in it."""
    language, missing = proof.newsletter.language, proof.wording.missing
    if missing:
        some = ", ".join(f"“{words}”" for words in missing[:3])
        said = f"not translated into {language}, or without the message's own values: {some}"
        yield Finding(f"{said} ({len(missing)} in all)", "fail")
    if not proof.is_english and language not in proof.settings.reviewed_languages:
        yield Finding(f"nobody has marked the fixed texts in {language} as reviewed", "warn")
