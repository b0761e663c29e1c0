"""The page behind a fresh link: all that a reader may choose, each in a form of its own.

One page, so that nobody searches; a form for each choice, so that saving one never changes another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from babel import Locale
from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from newsletter.content.private_topic import PRIVATE_TOPICS
from newsletter.errors import SubscriberError
from newsletter.subscribers.subscriber import Frequency
from newsletter.web.cadence import cadence
from newsletter.web.form import address_fault, text
from newsletter.web.page import language_of, pages_of, workplace_of
from newsletter.web.security import form_nonce
from newsletter.web.visitor import origin_of
from newsletter.wording import LANGUAGES, Wording, message
from newsletter.workflows import change_address
from newsletter.workflows.ask_link import ask_data
from newsletter.workflows.change_address import ask_address
from newsletter.workflows.change_preferences import (
    Change,
    Preferences,
    change_language,
    switch_newsletters,
)
from newsletter.workflows.change_rhythm import change_frequency, pause_letters, resume_letters
from newsletter.workflows.choose_topics import Kept, choose_topics, forget_topics
from newsletter.workflows.record_choice import Shown
from newsletter.workflows.subscribe import consent_wording

_CHANGES = {
    Change.ON: message("%(title)s is on."),
    Change.OFF: message("%(title)s is off. You get no more of it."),
    Change.REFUSED: message("%(title)s cannot be switched on for this address. Please write to us."),
}
#: What is said beside the box that lets us keep topics (GDPR Art. 9(2)(a): explicit, and of its own).
TOPICS_WORDING = message(
    "Yes, keep what I choose here, although it may say something about my health, and use it only to choose "
    "what stands in my letters. I can have it forgotten here at any time."
)
#: The private topics (content/private_topic.py) as a reader sees them.
NEVER = {
    "pregnancy loss": message("Pregnancy loss"),
    "fertility": message("Fertility"),
    "sexual health": message("Sexual health"),
    "mental health": message("Mental health"),
    "suicide and self-harm": message("Suicide and self-harm"),
    "eating disorders": message("Eating disorders"),
    "addiction": message("Addiction"),
    "abuse and violence": message("Abuse and violence"),
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the page says in its *section* after a form was sent: *lines*, or a *fault* beside the field.

    *typed*: what the form held, where a fault brings it back.
    """

    section: str = ""
    lines: tuple[str, ...] = ()
    fault: str = ""
    typed: dict[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Sent:
    """A form of the page, by whom it was sent, and the words to answer in."""

    request: Request
    found: Preferences
    token: str
    form: FormData
    wording: Wording


def act_on(request: Request, found: Preferences, token: str, form: FormData) -> Told:
    """Do what the form asks for, if there is such a form; what to say of it.

    Raises:
        TokenError: the fresh link stopped working meanwhile.
        SettingsError: the policy cannot be read.
    """
    act = _ACTS.get(text(form, "act"))
    sent = _Sent(request=request, found=found, token=token, form=form, wording=_spoken(request, found))
    return act(sent) if act else Told()


def profile_page(
    request: Request, found: Preferences, token: str, *, told: Told | None = None, status: int = 200
) -> HTMLResponse:
    """Everything that the reader may choose, as it stands."""
    workplace, wording = workplace_of(request), _spoken(request, found)
    settings, _ = workplace.settings, wording.gettext
    return pages_of(request).page(
        "preferences",
        status,
        language=wording.language,
        title=_("Your preferences"),
        found=found,
        told=told or Told(),
        again=status == 400,
        cadences={each.name: cadence(each, wording) for each in settings.newsletters},
        weekly={each.name: cadence(each.weekly, wording) for each in settings.newsletters if each.weekly},
        spoken_in={each.name: each.language for each in settings.newsletters},
        consent=_consent_of_switch(request, wording),
        rests_until=wording.date(found.paused_until) if found.paused_until else "",
        topics_consent=_(TOPICS_WORDING),
        agreed=wording.date(found.topics.agreed_at.date()) if found.topics.agreed_at else "",
        never={topic: _(NEVER[topic]) for topic in PRIVATE_TOPICS},
        languages={language: _own_name(language) for language in LANGUAGES},
        token=token,
        nonce=form_nonce(workplace.keyring, "preferences", token, now=workplace.clock.now()),
        personal=True,
    )


def _newsletters(sent: _Sent) -> Told:
    workplace, _ = workplace_of(sent.request), sent.wording.gettext
    ticked = {name for name in sent.form.getlist("newsletter") if isinstance(name, str)}
    shown = Shown(wording=_consent_of_switch(sent.request, sent.wording), locale=sent.wording.language)
    origin = origin_of(sent.request)
    changes = switch_newsletters(workplace, sent.token, on=ticked, shown=shown, origin=origin)
    wanted = {
        choice.newsletter: Frequency(often)
        for choice in sent.found.choices
        if (often := text(sent.form, f"often-{choice.newsletter}")) in list(Frequency)
    }
    changed = change_frequency(workplace, sent.token, wanted, origin=origin)
    titles = {choice.newsletter: choice.title for choice in sent.found.choices}
    lines = [
        _(_CHANGES[change], title=titles[name]) for name, change in changes.items() if change in _CHANGES
    ]
    lines += [
        _("%(titles)s: from now on once a week.", titles=titles[name])
        if wanted[name] is Frequency.WEEKLY
        else _("%(title)s: from now on every letter.", title=titles[name])
        for name in changed
    ]
    return Told(section="newsletters", lines=tuple(lines) or (_("Saved. Everything is as it was."),))


def _pause(sent: _Sent) -> Told:
    _, given = sent.wording.gettext, text(sent.form, "until").strip()
    try:
        until = date.fromisoformat(given)
    except ValueError:
        fault = _("Choose the date on which letters shall come again, such as %(date)s.", date=_example(sent))
        return Told(section="pause", fault=fault, typed={"until": frozenset({given})})
    try:
        resting = pause_letters(
            workplace_of(sent.request), sent.token, until=until, origin=origin_of(sent.request)
        )
    except SubscriberError as error:
        return Told(section="pause", fault=_(error.reason), typed={"until": frozenset({given})})
    if not resting:
        return Told(section="pause", lines=(_("No newsletter is on, so there is nothing to pause."),))
    line = _("Your letters rest. They come again on %(date)s.", date=sent.wording.date(until))
    return Told(section="pause", lines=(line,))


def _resume(sent: _Sent) -> Told:
    resume_letters(workplace_of(sent.request), sent.token, origin=origin_of(sent.request))
    return Told(section="pause", lines=(sent.wording.gettext("Your letters come again from now on."),))


def _topics(sent: _Sent) -> Told:
    _, interests, never = sent.wording.gettext, _ticked(sent, "topic"), _ticked(sent, "never")
    is_agreed = text(sent.form, "consent") == "yes"
    kept = choose_topics(
        workplace_of(sent.request),
        sent.token,
        interests=interests,
        never=never,
        consent=Shown(wording=_(TOPICS_WORDING), locale=sent.wording.language) if is_agreed else None,
        origin=origin_of(sent.request),
    )
    if kept is Kept.REFUSED:
        fault = _("Tick this box if we may keep them. Without that nothing is kept, and nothing was.")
        return Told(section="topics", fault=fault, typed={"topic": interests, "never": never})
    return Told(section="topics", lines=(_(_KEPT[kept]),))


_KEPT = {
    Kept.SAVED: message("Saved, sealed, and used for nothing but your letters."),
    Kept.UNCHANGED: message("Saved. Everything is as it was."),
    Kept.FORGOTTEN: message("Forgotten. Your letters are those that everybody gets."),
}


def _forget(sent: _Sent) -> Told:
    kept = forget_topics(workplace_of(sent.request), sent.token, origin=origin_of(sent.request))
    return Told(section="topics", lines=(sent.wording.gettext(_KEPT[kept]),))


def _language(sent: _Sent) -> Told:
    chosen = text(sent.form, "language")
    if chosen not in ("", *LANGUAGES):
        fault = sent.wording.gettext("Choose one of the languages on this page.")
        return Told(section="language", fault=fault)
    change_language(workplace_of(sent.request), sent.token, chosen, origin=origin_of(sent.request))
    spoken = pages_of(sent.request).wording(language_of(sent.request, sent.found.newsletter, chosen))
    return Told(section="language", lines=(spoken.gettext("Saved."),))


def _address(sent: _Sent) -> Told:
    _, given = sent.wording.gettext, text(sent.form, "email").strip()
    fault = address_fault(given, sent.wording)
    if not fault:
        asked = ask_address(workplace_of(sent.request), sent.token, new=given)
        if asked is change_address.Asked.SAME:
            fault = _("Your letters go to this address already.")
        if asked is change_address.Asked.STOPPED:
            fault = _(
                "Nothing is sent to the address you have now, so it cannot be changed here. Write to us."
            )
    if fault:
        return Told(section="address", fault=fault, typed={"email": frozenset({given})})
    line = _(
        "If %(address)s can take your letters, a mail is on its way there with a button to press. Until then "
        "everything goes to the address you have now.",
        address=given,
    )
    return Told(section="address", lines=(line,))


def _data(sent: _Sent) -> Told:
    ask_data(workplace_of(sent.request), sent.token)
    line = sent.wording.gettext(
        "A link to your data is on its way to your address, if none went there within the last hour. "
        "It works once, for 24 hours."
    )
    return Told(section="data", lines=(line,))


_ACTS: dict[str, Callable[[_Sent], Told]] = {
    "newsletters": _newsletters,
    "pause": _pause,
    "resume": _resume,
    "topics": _topics,
    "forget": _forget,
    "language": _language,
    "address": _address,
    "data": _data,
}


def _ticked(sent: _Sent, name: str) -> frozenset[str]:
    return frozenset(each for each in sent.form.getlist(name) if isinstance(each, str))


def _example(sent: _Sent) -> str:
    return sent.found.pause_until[0].isoformat()


def _consent_of_switch(request: Request, wording: Wording) -> str:
    settings = workplace_of(request).settings
    titles = [newsletter.title for newsletter in settings.newsletters]
    title = titles[0] if len(titles) == 1 else wording.gettext("the newsletters ticked here")
    return consent_wording(settings, title, wording)


def _own_name(language: str) -> str:
    """A language's name in itself."""
    name = Locale.parse(language).get_display_name(language) or language
    return name[:1].upper() + name[1:]


def _spoken(request: Request, found: Preferences) -> Wording:
    return pages_of(request).wording(language_of(request, found.newsletter, found.language))
