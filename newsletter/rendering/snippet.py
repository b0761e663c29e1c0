"""The lines that a site owner pastes into a page, one for each door."""

from __future__ import annotations

from enum import StrEnum

from newsletter.rendering.template import web_templates
from newsletter.settings import CONSENT, Settings, SiteSettings
from newsletter.wording import wording_of


class Door(StrEnum):
    """How a form stands on somebody's page."""

    HTML = "html"
    SCRIPT = "script"
    IFRAME = "iframe"


def snippet_of(settings: Settings, site: SiteSettings, door: Door) -> str:
    """The HTML to paste into the page of *site*, in its language."""
    offered = settings.offered_by(site)
    wording = wording_of(site.language or offered[0].language, overrides=settings.templates)
    titles = [newsletter.title for newsletter in offered]
    title = titles[0] if len(titles) == 1 else wording.gettext("the newsletter chosen here")
    said = settings.consent_wording
    template = web_templates(wording, settings.templates).get_template(f"snippet_{door}.html.j2")
    return template.render(
        base=settings.base_url,
        key=site.key if settings.sites else "",
        lang=wording.language,
        direction=wording.direction,
        newsletters=offered,
        # The site's own words stand on its form, and are what each sign-up is kept with.
        consent=site.wording
        or (wording.gettext(CONSENT) if said == CONSENT else said).replace("{newsletter}", title),
    )
