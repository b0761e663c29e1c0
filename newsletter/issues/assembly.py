"""From a selection to an issue: the words of the sections, the reasons in words, the trace. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from newsletter.content.article import Article, Block, Flag, Kind, ListBlock, Paragraph, Section
from newsletter.content.candidate import CALL_OUT, MYTH_POSITION, private_names
from newsletter.content.excerpt import WHOLE_FLAGS, WHOLE_KINDS, fit
from newsletter.content.flag import find_flags
from newsletter.errors import PickError
from newsletter.issues.headline import headline, names_what_is_private
from newsletter.issues.history import LADDER
from newsletter.issues.issue import Issue, Pick, Week
from newsletter.issues.layout import RECAP
from newsletter.issues.ranking import ALGORITHM, DRAW, FIT, PARTS, WHOLE, Ranking
from newsletter.issues.sections import Chosen
from newsletter.issues.selection import Brief, Search, Selection
from newsletter.issues.trace import SlotTrace, Trace
from newsletter.wording import Wording

#: A sentence that stands at the beginning of a paragraph, whole: its last word is no abbreviation ("St."),
#: and what follows, if anything, begins like a sentence. Where that is in doubt there is none.
_SENTENCE = re.compile(r"[^.!?…]{12,300}\b[a-z]{4,}[)\"”’]*[.!?][\"'”’)]*(?=\s+[\"'“‘(]?[A-Z]|\s*$)")


@dataclass(frozen=True)
class Setting:
    """What surrounds a selection: hashes for the trace, the issues of the week so far, the last form.

    *edition* names the topic set; *is_discreet*: the subject may not name the lead; *period*: "week" or
    "month", what a digest is of; *wording*: the newsletter's, for its subject (English if not given).
    """

    settings_hash: str
    last_form: str = ""
    week: tuple[Issue, ...] = ()
    edition: str = ""
    is_discreet: bool = False
    period: str = "week"
    wording: Wording | None = None


def assemble(
    selection: Selection,
    articles: Mapping[str, Article],
    *,
    brief: Brief,
    ranking: Ranking,
    setting: Setting,
) -> Issue:
    """The issue that *selection* makes of *articles* (at least those chosen, by id).

    Raises:
        PickError: an article changed between the pick and this.
    """
    picks = _recap(selection, setting) if selection.is_recap else _picks(selection, articles, ranking)
    subject, preheader, form = headline(
        picks,
        layout=brief.layout.name,
        day=brief.day,
        seed=brief.seed,
        last_form=setting.last_form,
        is_discreet=setting.is_discreet,
        period=setting.period,
        wording=setting.wording,
    )
    notes: list[str] = []
    decided = {"subject": brief.hand.subject, "preheader": brief.hand.preheader}
    for name, text in decided.items():
        if text and names_what_is_private(text, picks):
            notes.append(f"the {name} is not as decided: it names what many keep private")
            decided[name] = ""
    return Issue(
        newsletter=brief.newsletter,
        issued_on=brief.day,
        subject=decided["subject"] or subject,
        preheader=decided["preheader"] or preheader,
        picks=picks,
        seed=brief.seed,
        snapshot=ranking.index.catalogue.snapshot,
        form=form,
        week=_week(brief, setting, selection.lead_id) if brief.layout.by_week else None,
        trace=_trace(selection, brief=brief, ranking=ranking, setting=setting, notes=notes),
    )


def _picks(selection: Selection, articles: Mapping[str, Article], ranking: Ranking) -> tuple[Pick, ...]:
    return tuple(
        _pick(chosen, search, articles[chosen.candidate.id], ranking)
        for chosen, search in zip(selection.chosen, selection.searches, strict=True)
    )


def _pick(chosen: Chosen, search: Search, article: Article, ranking: Ranking) -> Pick:
    blocks, flags, pin = _text(chosen, article)
    return Pick(
        slot=chosen.slot.name,
        article_id=article.id,
        article_title=article.title,
        article_url=article.url,
        article_disclaimer=article.disclaimer,
        topics=article.topics,
        reviewed_on=article.reviewed_on or date.min,
        section_position=chosen.facts.position,
        heading=chosen.facts.heading,
        kind=chosen.facts.kind,
        flags=flags,
        blocks=blocks,
        cut=chosen.cut,
        words=chosen.words,
        references=article.references,
        reasons=reasons(chosen, ranking),
        score=chosen.score,
        runner_up=search.runner_up.label if search.runner_up else None,
        standing_call_out=chosen.facts.companion == CALL_OUT,
        private=private_names(chosen.facts.private),
        sha256=pin,
    )


def _text(chosen: Chosen, article: Article) -> tuple[tuple[Block, ...], tuple[Flag, ...], str]:
    """What is shown, its flags, and the hash of all that it was taken from."""
    facts = chosen.facts
    if facts.position == MYTH_POSITION and article.myth and article.myth.claim == facts.heading:
        fact = article.myth.fact
        flags = find_flags(f"{article.myth.claim}\n{fact}", title=article.title)
        return (Paragraph(html=escape(fact, quote=False)),), flags, article.myth.hash
    section = next((one for one in article.sections if one.position == facts.position), None)
    if section is None or section.heading != facts.heading or section.words != facts.words:
        raise PickError(f"article {article.id}", "changed while it was picked", "Run it again.")
    return _blocks(chosen, section), section.flags, section.hash


def _blocks(chosen: Chosen, section: Section) -> tuple[Block, ...]:
    if not chosen.cut:
        return section.blocks
    fitted = fit(section, chosen.words, continues=True)
    if fitted is None:
        raise PickError(f"article {chosen.candidate.id}", "changed while it was picked", "Run it again.")
    return fitted.blocks


def parts(chosen: Chosen, ranking: Ranking) -> dict[str, int]:
    """The points of a pick by name; their sum is its score."""
    own = {"interest": chosen.interest, "repeat": chosen.repeat}
    return {
        **ranking.parts(chosen.place),
        "fit": chosen.fit,
        "whole": chosen.whole,
        "draw": chosen.draw,
        **{name: points for name, points in own.items() if points},
    }


def reasons(chosen: Chosen, ranking: Ranking) -> tuple[str, ...]:
    """Why a section was picked, a sentence a part, each with its points, and last how much of it is shown.

    The section's own three come first, then those of its article.
    """
    points = parts(chosen, ranking)
    one, rules = chosen.candidate, ranking.rules
    age = rules.day.toordinal() - one.reviewed
    used = rules.used_age.get(one.id)
    topics = [rules.topic_age[topic] for topic in one.topics if topic in rules.topic_age]
    season = ranking.season.best(one.title, one.topics)[1]
    told = {
        "fit": (f"{chosen.facts.kind.value.replace('_', ' ')} fits the slot", FIT),
        "whole": ("comes whole" if chosen.whole else "does not come whole", WHOLE),
        "draw": ("the day’s draw", DRAW),
        "quality": ("quality: its sections, references and readability", PARTS["quality"]),
        "freshness": (f"reviewed {age} days before", PARTS["freshness"]),
        "rest": (
            _last_used(used, ever=one.id in ranking.ever_used),
            PARTS["rest"],
        ),
        "season": (f"in season, {season}", PARTS["season"]),
        "news": ("new on its site, and not told yet", PARTS["news"]),
        "coverage": (
            f"its topics were last told {min(topics)} days before" if topics else "its topics are fresh",
            PARTS["coverage"],
        ),
    }
    said = [
        f"{words}: {points[name]} of {most}"
        for name, (words, most) in told.items()
        if points[name] or name not in ("season", "news")
    ]
    if chosen.interest:
        said.append(f"a topic of this edition: {chosen.interest}")
    if chosen.repeat:
        said.append(f"the issue has this kind of section already: {chosen.repeat}")
    left = ", trailing blocks left out with a link to the whole" if chosen.cut else ", whole"
    return (*said, f"{chosen.words} of {chosen.slot.budget} words{left}")


def _last_used(days: int | None, *, ever: bool) -> str:
    if not ever:
        return "not used before"
    return (
        f"article last used {days} days before"
        if days is not None
        else "article last used half a year before"
    )


def _recap(selection: Selection, setting: Setting) -> tuple[Pick, ...]:
    """What the week has told, again: headings, links and whole sentences that were sent, nothing new."""
    told: dict[str, Pick] = {}
    for issue in setting.week:
        for pick in issue.picks:
            if pick.article_id == selection.lead_id and not pick.is_myth and pick.slot != "recap":
                told.setdefault(pick.section_key, _told_again(pick, issue.issued_on))
    if not told:
        raise PickError(
            f"the week of {selection.lead_id}", "has told nothing yet", "Send an issue of it first."
        )
    return tuple(told.values())


def _told_again(pick: Pick, sent_on: date) -> Pick:
    """One sentence of a section that was sent; "when to seek help" is worth its whole length again."""
    whole = pick.kind is Kind.WHEN_TO_SEEK_HELP
    blocks = pick.blocks if whole else _first_sentence(pick)
    return pick.model_copy(
        update={
            "slot": "recap",
            "blocks": blocks,
            "cut": not whole,
            "words": sum(len(block.plain().split()) for block in blocks),
            "reasons": (f"told on {sent_on.isoformat()}",),
            "told_on": sent_on,
            "score": 0,
            "runner_up": None,
            "standing_call_out": False,
        }
    )


def _first_sentence(pick: Pick) -> tuple[Paragraph, ...]:
    """The first sentence of a paragraph that was sent; none of a treatment, a dose or a warning."""
    if pick.kind in WHOLE_KINDS or WHOLE_FLAGS & set(pick.flags) or not pick.blocks:
        return ()
    first = pick.blocks[0]
    if isinstance(first, ListBlock) and all(item.label for item in first.items):
        # All of them, so that the list is not cut.
        said = "; ".join(item.label for item in first.items)
        return (Paragraph(html=escape(f"{said}.", quote=False)),)
    if not isinstance(first, Paragraph) or "<su" in first.html:
        return ()
    sentence = _SENTENCE.match(first.plain())
    return (Paragraph(html=escape(sentence[0], quote=False)),) if sentence else ()


def _week(brief: Brief, setting: Setting, lead_id: str) -> Week:
    before = next((issue for issue in reversed(setting.week) if issue.picks), None)
    if before is not None and before.lead.article_id != lead_id:
        before = None  # another took over: readers are not sent back to what was withdrawn
    coming = sorted(day for day in brief.weekdays if day > brief.day.weekday())
    names = ["recap" if weekday == RECAP else brief.layout.weekday_name(weekday) for weekday in coming]
    return Week(
        before=_subject_of(before) if before else "",
        before_on=before.issued_on if before else None,
        next_slot=names[0] if names else "",
    )


def _subject_of(issue: Issue) -> str:
    """The heading that an issue of a series was about: its day's own, after an introduction."""
    own = [pick for pick in issue.picks if pick.slot not in ("overview", "seek_help", "myth", "also_today")]
    return (own or list(issue.picks))[0].heading


def _trace(
    selection: Selection, *, brief: Brief, ranking: Ranking, setting: Setting, notes: Sequence[str]
) -> Trace:
    number = _rung_of(setting.week) if selection.is_recap else selection.rung
    rung = LADDER[number]
    catalogue = ranking.index.catalogue
    return Trace(
        algorithm=ALGORITHM,
        seed=brief.seed,
        settings=setting.settings_hash,
        snapshot=catalogue.snapshot,
        edition=setting.edition,
        rung=number,
        relaxed=tuple(one.said for one in LADDER[1 : number + 1]),
        section_gap=rung.section_gap,
        lead_gap=rung.lead_gap,
        candidates=len(catalogue.candidates),
        removed=dict(sorted(catalogue.removed.items())),
        decisions=brief.hand.said,
        notes=(*selection.notes, *notes),
        by_hand=selection.by_hand,
        slots=tuple(
            _slot_trace(chosen, search, ranking)
            for chosen, search in zip(selection.chosen, selection.searches, strict=True)
        ),
    )


def _rung_of(week: Sequence[Issue]) -> int:
    """The lowest rung that an issue of the week stood on: what a recap tells again was relaxed with it."""
    return max((issue.trace.rung for issue in week if issue.trace), default=0)


def _slot_trace(chosen: Chosen, search: Search, ranking: Ranking) -> SlotTrace:
    second = search.runner_up
    return SlotTrace(
        slot=chosen.slot.name,
        article_id=chosen.candidate.id,
        heading=chosen.facts.heading,
        score=chosen.score,
        parts=parts(chosen, ranking),
        looked_at=search.looked_at,
        removed=dict(search.removed),
        runner_up=second.label if second else "",
        runner_up_article=second.candidate.id if second else "",
        runner_up_title=second.candidate.title if second else "",
        runner_up_position=second.facts.position if second else None,
        runner_up_score=search.runner_up_score if second else 0,
        decided_by=search.score,
    )
