"""Making an issue fit into what mail programs show: optional sections go, the rest never does."""

from __future__ import annotations

from collections.abc import Collection

from newsletter.issues import headline
from newsletter.issues.issue import Issue
from newsletter.issues.layout import Layout
from newsletter.rendering.edition import MAX_HTML_BYTES, Edition, render_edition
from newsletter.settings import NewsletterSettings, Settings
from newsletter.wording import wording_of


def fitting_edition(
    issue: Issue,
    *,
    layout: Layout,
    settings: Settings,
    newsletter: NewsletterSettings,
    web_path: str | None = None,
    is_chosen: bool = False,
) -> tuple[Issue, Edition]:
    """*issue* without the optional sections that would make it larger than MAX_HTML_BYTES, and its edition.

    They go from the last one up; the disclaimers, references and footer are no sections and stay. If it is
    still too large the edition says so in its errors.
    """
    while True:
        edition = render_edition(
            issue, settings=settings, newsletter=newsletter, web_path=web_path, is_chosen=is_chosen
        )
        if edition.size <= MAX_HTML_BYTES:
            return issue, edition
        smaller = _without_last(issue, optional_slots(layout))
        if smaller is None:
            return issue, edition
        issue = smaller.model_copy(
            update={"preheader": _preheader(issue, smaller, layout, newsletter, settings)}
        )


def optional_slots(layout: Layout) -> frozenset[str]:
    """The slots that an issue may do without: not required, and not needed by another one."""
    needed = {name for slot in layout.slots for name in slot.needs}
    kept = {slot.name for slot in layout.slots if slot.required or slot.as_companion} | needed
    return frozenset(slot.name for slot in layout.slots) - kept


def _preheader(
    before: Issue, after: Issue, layout: Layout, newsletter: NewsletterSettings, settings: Settings
) -> str:
    """The preheader, written anew where it promised what was left out."""
    gone = {pick.article_title for pick in before.picks} - {pick.article_title for pick in after.picks}
    if not any(headline.one_line(title) in before.preheader for title in gone):
        return before.preheader
    return headline.headline(
        after.picks,
        layout=layout.name,
        day=after.issued_on,
        seed=after.seed,
        last_form="",
        period="month" if newsletter.cadence == "monthly" else "week",
        wording=wording_of(newsletter.language, overrides=settings.templates),
    )[1]


def _without_last(issue: Issue, optional: Collection[str]) -> Issue | None:
    for place in reversed(range(1, len(issue.picks))):
        dropped = issue.picks[place]
        if dropped.slot in optional:
            picks = issue.picks[:place] + issue.picks[place + 1 :]
            note = f"{dropped.slot}: “{dropped.heading}” was left out, the mail would be too large"
            trace = issue.trace
            if trace is not None:
                slots = trace.slots
                if len(slots) == len(issue.picks):
                    slots = slots[:place] + slots[place + 1 :]
                trace = trace.model_copy(update={"notes": (*trace.notes, note), "slots": slots})
            return issue.model_copy(update={"picks": picks, "trace": trace})
    return None
