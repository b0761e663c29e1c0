"""A confirmation that waited too long: its reader is asked once more, by a button of its page."""

from __future__ import annotations

from newsletter.errors import TokenError
from newsletter.subscribers.link import LinkKind, also_about, link_by_handle
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.signup import SignUp
from newsletter.subscribers.store import get_subscriber, get_subscription
from newsletter.subscribers.token import Purpose
from newsletter.workflows.subscribe import subscribe
from newsletter.workflows.workplace import Workplace


def ask_anew(workplace: Workplace, token: str, *, origin: Origin | None = None) -> str:
    """Ask the reader of a confirm link that is over, under the same limits; the newsletter it is about.

    Nothing is done while the link works, or after it was answered.

    Raises:
        TokenError: the token is forged, or its request is gone.
        SettingsError: the newsletter is no longer configured.
    """
    handle, now = workplace.keyring.read(Purpose.CONFIRM, token), workplace.clock.now()
    with workplace.database.read() as connection:
        link = link_by_handle(connection, handle)
        if link is None or link.kind is not LinkKind.CONFIRM:
            raise TokenError("this link", "belongs to a request that is gone", "Sign up again.")
        subscriptions = [
            get_subscription(connection, each)
            for each in (
                link.subscription_id,
                *(one.subscription_id for one in also_about(connection, link.id) if one.in_mail),
            )
        ]
        subscriber = get_subscriber(connection, subscriptions[0].subscriber_id)
    first, *others = [each.newsletter for each in subscriptions]
    if link.spent_at is None and now >= link.expires_at:
        signup = SignUp(
            address=subscriber.address,
            newsletter=first,
            also=tuple(others),
            door="confirm page",
            page_url=f"{workplace.settings.base_url}/confirm/",
            site=link.site,
            evidence="the button of the page behind a confirm link that was over",
            origin=origin,
        )
        subscribe(workplace, signup)
    return first
