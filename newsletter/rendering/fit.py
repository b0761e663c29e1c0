"""Making an issue fit into what mail programs show: optional sections go, the rest never does."""

from __future__ import annotations

from collections.abc import Collection

from newsletter.content.article import Kind
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
    """The preheader of *after*: ours written anew, an operator's kept unless it names what was left out."""

    def ours(issue: Issue, *, is_discreet: bool) -> str:
        return headline.headline(
            issue.picks,
            layout=layout.name,
            day=issue.issued_on,
            seed=issue.seed,
            last_form="",
            is_discreet=is_discreet,
            period="month" if newsletter.cadence == "monthly" else "week",
            wording=wording_of(newsletter.language, overrides=settings.templates),
        )[1]

    for is_discreet in (False, True):
        if before.preheader == ours(before, is_discreet=is_discreet):
            return ours(after, is_discreet=is_discreet)
    gone = {pick.article_title for pick in before.picks} - {pick.article_title for pick in after.picks}
    if any(headline.one_line(title) in before.preheader for title in gone):
        return ours(after, is_discreet=False)
    return before.preheader


def _without_last(issue: Issue, optional: Collection[str]) -> Issue | None:
    for place in reversed(range(1, len(issue.picks))):
        dropped = issue.picks[place]
        # Whatever the layout says: where to turn in need is not left out for room.
        if dropped.slot in optional and dropped.kind is not Kind.WHEN_TO_SEEK_HELP:
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
