"""System mails: what a person asked for, or what an operator must know. Neutral, no promotion, one purpose.

Their subjects tell nothing of what somebody reads: they stand on lock screens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from newsletter.rendering.mail import render_mail
from newsletter.settings import NewsletterSettings, Settings
from newsletter.wording import Wording, message, wording_of

#: How long a request for confirmation may be answered (standards, section 6).
CONFIRM_WITHIN_HOURS = 48
#: How long a reader may say yes to a new policy.
RENEW_WITHIN_DAYS = 14
#: How long a link to one's own data or preferences works (standards, section 2: export by a fresh link).
FRESH_LINK_HOURS = 24


class Alert(StrEnum):
    """What operators are told of."""

    WAITING = "waiting"
    HELD = "held"
    NOTHING_SENT = "nothing_sent"
    BREAKER = "breaker"
    PAUSED = "paused"
    SIGNUPS = "signups"
    WEBHOOK = "webhook"
    FEEDBACK = "feedback"
    FIGURES = "figures"
    LETTER = "letter"
    LETTERS = "letters"


#: Subject, heading and next step of each.
_ALERTS = {
    Alert.WAITING: (
        message("%(title)s: a letter waits for your approval"),
        message("A letter waits for your approval"),
        message("It is not sent before somebody approves it."),
    ),
    Alert.HELD: (
        message("%(title)s: a letter is held"),
        message("A letter is held"),
        message("It is not sent before the reason is mended or somebody lets it go."),
    ),
    Alert.NOTHING_SENT: (
        message("%(title)s: nothing was sent today"),
        message("Nothing was sent today"),
        message("Readers expect a letter today. Look at what stopped it."),
    ),
    Alert.BREAKER: (
        message("%(title)s: sending is stopped"),
        message("Sending is stopped"),
        message("Too many mails came back or were reported as spam. Find out why before you let it go on."),
    ),
    Alert.PAUSED: (
        message("%(title)s: a letter is paused"),
        message("A letter is paused"),
        message("Some readers have it, the others wait. Find out why before you let it go on."),
    ),
    Alert.SIGNUPS: (
        message("%(title)s: sign-ups are held back"),
        message("Sign-ups are held back"),
        message("Only a few confirmation mails go out meanwhile. Find out why before you let the rest go."),
    ),
    Alert.WEBHOOK: (
        message("%(title)s: a site is no longer told of its readers"),
        message("A site is no longer told of its readers"),
        message("What it has missed is kept for 30 days. Mend its receiver, then switch it on again."),
    ),
    Alert.FEEDBACK: (
        message("%(title)s: letters come back, and not for their readers' sake"),
        message("Letters come back, and not for their readers' sake"),
        message("No reader was taken off the list for it. Find out what the receivers do not like."),
    ),
    Alert.FIGURES: (
        message("%(title)s: the figures of yesterday"),
        message("The figures of yesterday"),
        message("There is nothing that you have to do."),
    ),
    Alert.LETTER: (
        message("%(title)s: somebody wrote to us"),
        message("Somebody wrote to us"),
        message("Their letter is attached, and an answer to this mail goes to them. Show it to nobody else."),
    ),
    Alert.LETTERS: (
        message("%(title)s: letters to us are not forwarded"),
        message("Letters to us are not forwarded"),
        message("They lie in the mailbox that is collected. Look there."),
    ),
}


@dataclass(frozen=True)
class Notice:
    """The parts of one system mail; one with *errors* must not be sent."""

    subject: str
    html: str
    text: str
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    """What a system mail says. *button*: words and address; *links*: further ones, below everything."""

    subject: str
    heading: str
    paragraphs: Sequence[str]
    button: tuple[str, str] | None = None
    after: Sequence[str] = ()
    links: Sequence[tuple[str, str]] = ()


def confirmation_notice(
    settings: Settings,
    newsletter: NewsletterSettings,
    *,
    confirm_url: str,
    privacy_url: str,
    also: Sequence[NewsletterSettings] = (),
) -> Notice:
    """The mail that asks whether the person at an address really wants *newsletter*, and *also* others."""
    said = _wording(settings, newsletter)
    _, titles = said.gettext, said.listed([each.title for each in (newsletter, *also)])
    return write_notice(
        settings,
        newsletter,
        Said(
            subject=_("Please confirm: %(title)s", title=newsletter.title),
            heading=_("Please confirm your address"),
            paragraphs=[
                _(
                    "Someone, most likely you, asked for %(title)s at this address. The letter starts only "
                    "when you confirm that on the next page.",
                    title=titles,
                )
            ],
            button=(_("Go to the confirmation page"), confirm_url),
            after=[
                _("If it was not you, do nothing: no letter will come."),
                _hours(settings, newsletter, CONFIRM_WITHIN_HOURS),
            ],
            links=[(_("How we treat your address: our privacy policy"), privacy_url)],
        ),
    )


@lru_cache(maxsize=64)
def confirmation_sha256(
    settings: Settings, newsletter: NewsletterSettings, also: tuple[NewsletterSettings, ...] = ()
) -> str:
    """SHA-256, in hex, of the text of the confirmation mail before a link is put into it.

    The consent record keeps it: it tells which words somebody answered.
    """
    notice = confirmation_notice(settings, newsletter, confirm_url="", privacy_url="", also=also)
    return hashlib.sha256(notice.text.encode()).hexdigest()


def renewal_notice(
    settings: Settings, newsletter: NewsletterSettings, *, confirm_url: str, privacy_url: str
) -> Notice:
    """The mail that asks a reader whether they agree with a privacy policy that has changed in substance."""
    said = _wording(settings, newsletter)
    _, title = said.gettext, newsletter.title
    return write_notice(
        settings,
        newsletter,
        Said(
            subject=_("Our privacy policy has changed: %(title)s", title=title),
            heading=_("Our privacy policy has changed"),
            paragraphs=[
                _(
                    "You get %(title)s at this address. We have changed how we treat your data, and ask "
                    "whether you agree. Please read the new policy first.",
                    title=title,
                )
            ],
            button=(_("Read it and answer"), confirm_url),
            after=[
                _("If you do nothing, what you agreed to before goes on, and no more."),
                said.ngettext(
                    "The link works for %(num)s day.", "The link works for %(num)s days.", RENEW_WITHIN_DAYS
                ),
            ],
            links=[(_("Our privacy policy as it is now"), privacy_url)],
        ),
    )


def welcome_notice(
    settings: Settings,
    newsletter: NewsletterSettings,
    *,
    latest_url: str | None,
    preferences_url: str,
    unsubscribe_url: str,
) -> Notice:
    """The mail after a confirmation. *latest_url*: the newest issue's web version, if there is one."""
    said = _wording(settings, newsletter)
    _, title = said.gettext, newsletter.title
    latest = _("Until the next one comes, you can read the latest.")
    return write_notice(
        settings,
        newsletter,
        Said(
            subject=_("Welcome to %(title)s", title=title),
            heading=_("Welcome"),
            paragraphs=[
                _("Your address is confirmed, and %(title)s will come to it.", title=title),
                *([latest] if latest_url else []),
            ],
            button=(_("Read the latest letter"), latest_url) if latest_url else None,
            after=[_("You can change how often it comes, or stop it, at any time, here or in any letter.")],
            links=[
                (_("Preferences"), preferences_url),
                (_("Unsubscribe"), unsubscribe_url),
                privacy_link(settings, newsletter),
            ],
        ),
    )


def preferences_notice(settings: Settings, newsletter: NewsletterSettings, *, preferences_url: str) -> Notice:
    """A fresh link to one's preferences, for whoever asked for it at this address."""
    _ = _wording(settings, newsletter).gettext
    return write_notice(
        settings,
        newsletter,
        Said(
            subject=_("Your link to %(title)s", title=newsletter.title),
            heading=_("Your preferences"),
            paragraphs=[
                _("Someone, most likely you, asked for the link to the preferences of this address.")
            ],
            button=(_("Go to your preferences"), preferences_url),
            after=[_hours(settings, newsletter), _("If it was not you, do nothing: nothing has changed.")],
            links=[privacy_link(settings, newsletter)],
        ),
    )


def data_notice(settings: Settings, newsletter: NewsletterSettings, *, download_url: str) -> Notice:
    """The link to everything that is kept of a person, which works once (GDPR articles 15 and 20)."""
    _ = _wording(settings, newsletter).gettext
    return write_notice(
        settings,
        newsletter,
        Said(
            subject=_("Your data at %(title)s", title=newsletter.title),
            heading=_("Your data"),
            paragraphs=[
                _("Everything we keep of this address is ready, as a file that people and programs can read.")
            ],
            button=(_("Go to the download page"), download_url),
            after=[
                _("The link works once."),
                _hours(settings, newsletter),
                _("If it was not you who asked, do nothing, and nobody gets the file."),
            ],
            links=[privacy_link(settings, newsletter)],
        ),
    )


def erased_notice(settings: Settings, newsletter: NewsletterSettings) -> Notice:
    """The last mail to an address: all that was kept of it is gone."""
    _ = _wording(settings, newsletter).gettext
    return write_notice(
        settings,
        newsletter,
        Said(
            subject=_("Done: %(title)s", title=newsletter.title),
            heading=_("Your data is erased"),
            paragraphs=[
                _("As you asked, everything we kept of this address is erased. This is the last mail to it."),
                _(
                    "One thing stays, so that nobody can sign this address up behind your back: a code made "
                    "from it, from which the address cannot be read."
                ),
            ],
            links=[privacy_link(settings, newsletter)],
        ),
    )


def address_notice(settings: Settings, newsletter: NewsletterSettings, *, confirm_url: str) -> Notice:
    """The mail to a reader's new address, where the change is confirmed."""
    _ = _wording(settings, newsletter).gettext
    return write_notice(
        settings,
        newsletter,
        Said(
            subject=_("Please confirm: %(title)s", title=newsletter.title),
            heading=_("Please confirm your new address"),
            paragraphs=[
                _(
                    "A reader of %(title)s asked for the letter to come to this address instead of another "
                    "one. It changes only when you confirm that on the next page.",
                    title=newsletter.title,
                )
            ],
            button=(_("Go to the confirmation page"), confirm_url),
            after=[_hours(settings, newsletter), _("If it was not you, do nothing: nothing has changed.")],
            links=[privacy_link(settings, newsletter)],
        ),
    )


def alert_notice(
    settings: Settings,
    newsletter: NewsletterSettings,
    alert: Alert,
    *,
    reason: str,
    day: date | None = None,
) -> Notice:
    """A mail to operators. *day*: of the letter that it is about, and that the console shows; None for none.

    *reason* is in the program's own words, which are English: they are isolated, so that they keep their
    order in text from right to left (UAX #9).
    """
    said = _wording(settings, newsletter)
    _ = said.gettext
    when = said.date(day, weekday=True) if day else ""
    about = [_("This is about the letter of %(date)s.", date=when)] if day else []
    subject, what, step = _ALERTS[alert]
    return write_notice(
        settings,
        newsletter,
        Said(
            subject=_(subject, title=newsletter.title),
            heading=_(what),
            paragraphs=[
                *about,
                *([_("The reason: %(reason)s", reason=f"\u2068{reason}\u2069")] if reason else []),
                _(step),
            ],
            button=(_("Go to the console"), f"{settings.base_url}/console/") if day else None,
            after=[_("You get this mail because you run this newsletter.")],
        ),
    )


def _hours(settings: Settings, newsletter: NewsletterSettings, hours: int = FRESH_LINK_HOURS) -> str:
    said = _wording(settings, newsletter)
    return said.ngettext("The link works for %(num)s hour.", "The link works for %(num)s hours.", hours)


def privacy_link(settings: Settings, newsletter: NewsletterSettings) -> tuple[str, str]:
    """The link that every mail to a reader has: the policy as it is now."""
    words = _wording(settings, newsletter).gettext("How we treat your address: our privacy policy")
    return words, f"{settings.base_url}/privacy"


def _wording(settings: Settings, newsletter: NewsletterSettings) -> Wording:
    return wording_of(newsletter.language, overrides=settings.templates)


def write_notice(settings: Settings, newsletter: NewsletterSettings, said: Said) -> Notice:
    """The notice that says so, in the language of *newsletter*."""
    context = {
        "title": newsletter.title,
        "head_title": said.subject,
        "heading": said.heading,
        "paragraphs": said.paragraphs,
        "button": said.button,
        "after": said.after,
        "links": said.links,
        "publisher": settings.publisher,
        "postal_address": settings.postal_address,
    }
    wording = _wording(settings, newsletter)
    parts = render_mail("notice", context, wording=wording, overrides=settings.templates)
    return Notice(said.subject, parts.html, parts.text, parts.errors)
