"""What both parts of an issue's mail say: the words and blocks of the letter, in reading order. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from newsletter.content.article import Kind, Reference
from newsletter.content.flag import is_emergency_topic
from newsletter.content.private_topic import SELF_HARM, private_topics
from newsletter.issues.headline import PARTS
from newsletter.issues.issue import Issue, Pick, is_sensitive
from newsletter.rendering.mark import withdrawal_class
from newsletter.settings import DISCLAIMER, NewsletterSettings, Settings
from newsletter.wording import Wording, message

UNSUBSCRIBE_HOLE = "@@UNSUBSCRIBE@@"
PREFERENCES_HOLE = "@@PREFERENCES@@"
WORDS_PER_MINUTE = 200

_LEAD_LABELS = {
    "daily": message("Today’s condition"),
    "series": message("This week’s condition"),
    "weekly digest": message("This week"),
    "monthly digest": message("This month"),
}
_LABELS = {
    "also_today": message("Also today"),
    "prevention": message("To stay well"),
    "weekly story": message("Also this week"),
    "monthly story": message("Also this month"),
    "myth": message("Myth and fact"),
}


#: What stands after a treatment that is not safe for everyone (the block "warning").
WARNING = message(
    "Some of this is not safe for everyone. Talk to a doctor or pharmacist before you start, stop or "
    "change a treatment."
)


@dataclass(frozen=True)
class SectionView:
    """One section, or another thing that stands between sections, as both parts of the mail show it.

    *block* is its template; one without a *pick* needs none. *mark* is the class that ties it to its
    article.
    *is_titled*: its heading is shown; a lead's overview needs none below the title. *url* leads to the whole
    section, or to the letter that told it before; empty where there is none. *read_on*: that link's words.
    """

    block: str
    pick: Pick | None = None
    label: str = ""
    mark: str = ""
    is_titled: bool = True
    reviewed: str = ""
    url: str = ""
    read_on: str = ""


@dataclass(frozen=True)
class ReferenceGroup:
    """The sources of one article; *start* is the number of the first.

    *mark* is the article's class. An entry that other articles cite as well carries theirs, too, so that it
    stays when one of them is withdrawn; *marks* are those of all entries.
    """

    title: str
    start: int
    entries: tuple[Reference, ...]
    mark: str
    entry_marks: tuple[str, ...]

    @property
    def marks(self) -> str:
        """The classes of all entries, each once."""
        return " ".join(dict.fromkeys(" ".join(self.entry_marks).split()))


def issue_context(
    issue: Issue,
    *,
    settings: Settings,
    newsletter: NewsletterSettings,
    wording: Wording,
    is_chosen: bool = False,
) -> Mapping[str, object]:
    """Everything that the templates of both parts may say; *is_chosen* as in render_edition."""
    number, crisis_line = settings.emergency
    base = settings.base_url
    words = sum(pick.words for pick in issue.picks)
    minutes = max(1, round(words / WORDS_PER_MINUTE))
    told = [pick for pick in issue.picks if not pick.is_myth]
    contents = dict.fromkeys((one.article_title, withdrawal_class(one.article_id)) for one in told)
    return {
        "is_chosen": is_chosen,
        "title": newsletter.title,
        "head_title": f"{newsletter.title}: {issue.subject}",
        "publisher": settings.publisher,
        "subject": issue.subject,
        "preheader": issue.preheader,
        "date": wording.date(issue.issued_on, weekday=True),
        "reading_time": wording.ngettext("%(num)s min read", "%(num)s min read", minutes),
        "contents": tuple(contents),
        "before": _before(issue, f"{base}/issues/{newsletter.name}", wording),
        "tomorrow": _tomorrow(issue, newsletter, wording),
        "sections": _sections(
            issue, newsletter, wording, base=f"{base}/issues/{newsletter.name}", is_chosen=is_chosen
        ),
        "emergency": _emergency(issue.emergency),
        "is_crisis": any(is_sensitive(pick) for pick in issue.picks) and bool(crisis_line),
        "emergency_number": number,
        "emergency_phone": emergency_phone(settings, wording),
        "crisis_line": crisis_line,
        "crisis_phone": unbroken(crisis_line),
        "is_local_number": _is_local(settings),
        "references": _references(issue.picks),
        "reference_marks": " ".join(sorted({withdrawal_class(pick.article_id) for pick in issue.picks})),
        "disclaimer": disclaimer_of(settings, wording),
        "article_disclaimers": _disclaimers(issue.picks),
        "postal_address": settings.postal_address,
        "footer_links": settings.footer_links,
        "web_url": f"{base}/issues/{newsletter.name}/{issue.issued_on.isoformat()}",
        "subscribe_url": f"{base}/subscribe",
        "privacy_url": f"{base}/privacy",
        "unsubscribe_url": UNSUBSCRIBE_HOLE,
        "preferences_url": PREFERENCES_HOLE,
    }


def disclaimer_of(settings: Settings, wording: Wording) -> str:
    """The disclaimer of the settings; ours in the language of the letter, if they have none of their own."""
    return wording.gettext(DISCLAIMER) if settings.disclaimer == DISCLAIMER else settings.disclaimer


def needs_call_out(picks: Sequence[Pick]) -> bool:
    """Whether our own "when to seek help" has to be said: no section says it, or one says too little."""
    told = any(pick.kind is Kind.WHEN_TO_SEEK_HELP and pick.blocks for pick in picks)
    return not told or any(pick.standing_call_out for pick in picks)


def needs_warning(pick: Pick) -> bool:
    """Whether WARNING has to stand after a section."""
    return pick.kind in (Kind.TREATMENT, Kind.MEDICATIONS) and bool(pick.blocks)


def unbroken(said: str) -> str:
    """*said* on one line. It also keeps the order of groups of digits in text from right to left (UAX #9)."""
    return said.replace(" ", "\u00a0")


def _sections(
    issue: Issue, newsletter: NewsletterSettings, wording: Wording, *, base: str, is_chosen: bool
) -> list[SectionView]:
    """In reading order: the picks, a warning after what needs one, our own call-out where it is needed."""
    stands = needs_call_out(issue.picks)
    views: list[SectionView] = []
    for pick in issue.picks:
        view = _section(pick, issue, newsletter, wording)
        if pick.told_on and not is_chosen:
            view = _told_again(view, pick.told_on, base, wording)
        if stands and view.block in ("also_today", "myth"):
            views.append(SectionView("seek_help"))
            stands = False
        views.append(view)
        if needs_warning(pick):
            views.append(SectionView("warning", mark=view.mark))
    return [*views, SectionView("seek_help")] if stands else views


def _section(pick: Pick, issue: Issue, newsletter: NewsletterSettings, wording: Wording) -> SectionView:
    is_lead = pick is issue.lead
    if is_lead:
        block, label = "lead", _lead_label(issue, newsletter)
    elif pick.is_myth:
        block, label = "myth", _LABELS["myth"]
    elif pick.article_id != issue.lead.article_id:
        name = f"{newsletter.cadence} story" if pick.slot == "story" else pick.slot
        block, label = "also_today", _LABELS.get(name, _LABELS["also_today"])
    else:
        block, label = "callout" if pick.kind is Kind.WHEN_TO_SEEK_HELP else "section", ""
    return SectionView(
        block=block,
        pick=pick,
        label=wording.gettext(label) if label else "",
        mark=withdrawal_class(pick.article_id),
        is_titled=not is_lead or pick.kind is not Kind.OVERVIEW,
        reviewed=unbroken(wording.date(pick.reviewed_on)),
        url=pick.article_url,
        read_on=_read_on(pick, wording),
    )


def _told_again(view: SectionView, told_on: date, base: str, wording: Wording) -> SectionView:
    """*view* with a link to the letter that told it, which every reader of the general edition has got."""
    heading = view.pick.heading if view.pick else ""
    words = wording.gettext(
        "Read “%(heading)s” in the letter of %(weekday)s", heading=heading, weekday=wording.weekday(told_on)
    )
    return replace(view, url=f"{base}/{told_on.isoformat()}", read_on=words)


def _read_on(pick: Pick, wording: Wording) -> str:
    """The words of the link to the whole section. They say where it leads, also when read by themselves."""
    values = {"heading": pick.heading, "article": pick.article_title}
    if pick.is_myth:
        return wording.gettext("Read more about %(article)s", **values)
    if pick.article_title.casefold() in pick.heading.casefold():
        if pick.cut:
            return wording.gettext("Shortened: read all of “%(heading)s”", **values)
        return wording.gettext("Read “%(heading)s” on its page", **values)
    if pick.cut:
        return wording.gettext("Shortened: read all of “%(heading)s” in %(article)s", **values)
    return wording.gettext("Read “%(heading)s” in %(article)s", **values)


def _lead_label(issue: Issue, newsletter: NewsletterSettings) -> str:
    if issue.week is not None and issue.lead.slot in _LABELS:
        # A series that has nothing to tell of its condition today leads with another.
        return _LABELS[issue.lead.slot]
    name = newsletter.layout
    return _LEAD_LABELS[f"{newsletter.cadence} digest" if name == "digest" else name]


def _before(issue: Issue, base: str, wording: Wording) -> dict[str, str] | None:
    """What the issue before told, in a series; None where there is none."""
    week = issue.week
    if week is None or week.before_on is None:
        return None
    is_yesterday = (issue.issued_on - week.before_on).days == 1
    said = wording.gettext("Yesterday") if is_yesterday else _on_weekday(week.before_on, wording)
    return {
        "heading": week.before,
        "day": said,
        "url": f"{base}/{week.before_on.isoformat()}",
        "mark": withdrawal_class(issue.lead.article_id),
    }


def _tomorrow(issue: Issue, newsletter: NewsletterSettings, wording: Wording) -> dict[str, str] | None:
    """What the next issue of a series tells, and when; None at the end of the week."""
    if issue.week is None or issue.week.next_slot not in PARTS:
        return None
    coming = (issue.issued_on + timedelta(days=days) for days in range(1, 8))
    day = next((one for one in coming if newsletter.mails_on(one)), None)
    if day is None:
        return None
    is_tomorrow = (day - issue.issued_on).days == 1
    said = wording.gettext("Tomorrow") if is_tomorrow else _on_weekday(day, wording)
    return {"label": said, "what": wording.gettext(PARTS[issue.week.next_slot])}


def _on_weekday(day: date, wording: Wording) -> str:
    return wording.gettext("On %(weekday)s", weekday=wording.weekday(day))


def emergency_phone(settings: Settings, wording: Wording) -> str:
    """Whom to call in an emergency, as words: a number that holds everywhere is not everybody's own."""
    phone = unbroken(settings.emergency[0])
    if _is_local(settings):
        return phone
    return wording.gettext("%(phone)s or your local emergency number", phone=phone)


def _is_local(settings: Settings) -> bool:
    return settings.region != "international" or bool(settings.emergency_number)


def _emergency(pick: Pick | None) -> dict[str, object] | None:
    """What the box on top is about; None when no section is about an emergency."""
    if pick is None:
        return None
    is_danger = SELF_HARM in private_topics(pick.article_title, ()) or not is_emergency_topic(
        pick.article_title
    )
    return {
        "condition": pick.article_title,
        "is_danger": is_danger,
        "mark": withdrawal_class(pick.article_id),
    }


def _references(picks: Sequence[Pick]) -> list[ReferenceGroup]:
    """The references of every article used, in reading order, each once, numbered through."""
    groups: list[ReferenceGroup] = []
    seen: set[Reference] = set()
    citing: dict[Reference, dict[str, None]] = {}
    for pick in picks:
        for entry in pick.references:
            citing.setdefault(entry, {})[withdrawal_class(pick.article_id)] = None
    for pick in picks:
        entries = tuple(dict.fromkeys(entry for entry in pick.references if entry not in seen))
        if entries:
            mark = withdrawal_class(pick.article_id)
            entry_marks = tuple(" ".join(citing[entry]) for entry in entries)
            groups.append(ReferenceGroup(pick.article_title, len(seen) + 1, entries, mark, entry_marks))
            seen.update(entries)
    return groups


def _disclaimers(picks: Sequence[Pick]) -> list[tuple[str, str, str]]:
    """(article title, its own disclaimer, its mark) for every article used that has one, each once."""
    found = (
        (pick.article_title, pick.article_disclaimer, withdrawal_class(pick.article_id))
        for pick in picks
        if pick.article_disclaimer
    )
    return list(dict.fromkeys(found))
