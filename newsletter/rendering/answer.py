"""The automatic answer to whoever writes to us: it repeats the emergency notice (standards, section 4)."""

from __future__ import annotations

from newsletter.rendering.notice import Notice, Said, privacy_link, write_notice
from newsletter.rendering.view import emergency_phone
from newsletter.settings import NewsletterSettings, Settings
from newsletter.wording import wording_of


def answer_notice(settings: Settings, newsletter: NewsletterSettings) -> Notice:
    """The automatic answer to a person's letter: that it came, and what to do in an emergency."""
    wording = wording_of(newsletter.language, overrides=settings.templates)
    _ = wording.gettext
    return write_notice(
        settings,
        newsletter,
        Said(
            subject=_("Your message to %(title)s", title=newsletter.title),
            heading=_("We have your message"),
            paragraphs=[
                " ".join(
                    (
                        _(
                            "If you think you have an emergency, call %(phone)s now.",
                            phone=emergency_phone(settings, wording),
                        ),
                        _("Do not reply to this e-mail for medical help."),
                    )
                ),
                _("A person will read it, but perhaps not today. Nobody here can give you medical advice."),
            ],
            after=[_("This answer is automatic. To leave, use the link at the foot of any letter.")],
            links=[privacy_link(settings, newsletter)],
        ),
    )
