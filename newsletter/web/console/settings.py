"""Settings: what the program runs on and where each comes from, templates of one's own, forms, API keys."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.responses import Response

from newsletter.errors import NewsletterError, RefusedError
from newsletter.operators.role import Right
from newsletter.rendering.snippet import Door
from newsletter.subscribers.api_key import Scope, Wanted
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.words import in_full
from newsletter.workflows.give_api_key import (
    Given,
    about,
    api_keys,
    give_api_key,
    made,
    revoke_api_key,
    taken_back,
)
from newsletter.workflows.show_settings import show_settings

DOOR_LABELS = {
    Door.SCRIPT: "Script: a form in the page's own look, best for most pages",
    Door.IFRAME: "Frame: our page in yours",
    Door.HTML: "Plain form: no script at all",
}


def show_all(visit: Visit) -> Response:
    """Every setting, and where it comes from."""
    return visit.page("settings.html.j2", setup=show_settings(visit.workplace.settings, visit.config))


def show_templates(visit: Visit) -> Response:
    """The operator's own templates, and which of ours each replaces."""
    setup = show_settings(visit.workplace.settings, visit.config)
    return visit.page("settings_templates.html.j2", setup=setup)


def show_forms(visit: Visit) -> Response:
    """The lines to paste for each site, and how its form looks."""
    setup = show_settings(visit.workplace.settings, visit.config)
    base_url = visit.workplace.settings.base_url
    return visit.page("settings_forms.html.j2", setup=setup, labels=DOOR_LABELS, base_url=base_url)


def show_keys(visit: Visit) -> Response:
    """The keys to the JSON API."""
    return _keys(visit)


def make_key(visit: Visit) -> Response:
    """Make a key and show it, once."""
    form = visit.form
    scope = Scope.READ if form.get("scope") == Scope.READ else Scope.SIGN_UP
    wanted = Wanted(
        name=form.get("name", ""), site=form.get("site", ""), scope=scope,
        newsletter=form.get("newsletter", ""),
    )  # fmt: skip

    def note(connection: Connection, key_id: int) -> None:
        act, subject = made(key_id)
        visit.record(connection, act, subject, **about(wanted))

    try:
        given = give_api_key(visit.workplace, wanted, note=note)
    except NewsletterError as error:
        return _keys(visit, wanted=wanted, fault=in_full(error), status=422)
    return _keys(visit, given=given)


def revoke_key(visit: Visit) -> Response:
    """Take a key back."""
    written = str(visit.request.path_params["key_id"])
    if not (written.isascii() and written.isdigit() and len(written) < 10):
        raise RefusedError("that API key", "is not there", "See which are on the page Settings, API keys.")

    def note(connection: Connection, key_id: int) -> None:
        visit.record(connection, *taken_back(key_id))

    revoked = revoke_api_key(visit.workplace, int(written), note=note)
    return visit.back("/console/settings/keys", f"The key {revoked.name} is good for nothing any more.")


def _keys(
    visit: Visit,
    *,
    wanted: Wanted | None = None,
    given: Given | None = None,
    fault: str = "",
    status: int = 200,
) -> Response:
    settings = visit.workplace.settings
    return visit.page(
        "settings_keys.html.j2",
        status=status,
        keys=api_keys(visit.workplace),
        sites=[site.key for site in settings.every_site],
        newsletters=[(each.name, each.title) for each in settings.newsletters],
        wanted=wanted or Wanted(name="", site=settings.every_site[0].key, scope=Scope.SIGN_UP),
        given=given,
        fault=fault,
    )


ROUTES: tuple[Route, ...] = (
    Route("GET", "/console/settings", Right.SETTINGS, show_all),
    Route("GET", "/console/settings/templates", Right.SETTINGS, show_templates),
    Route("GET", "/console/settings/forms", Right.SETTINGS, show_forms),
    Route("GET", "/console/settings/keys", Right.SETTINGS, show_keys),
    Route("POST", "/console/settings/keys", Right.SETTINGS, make_key, about="make an API key"),
    Route(
        "POST",
        "/console/settings/keys/{key_id}/revoke",
        Right.SETTINGS,
        revoke_key,
        about="revoke an API key",
    ),
)
