"""Sign-up: somebody typed an address. Whoever it belongs to is asked by mail, at most once a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network

from sqlalchemy import Connection

from newsletter.overrides import template_root
from newsletter.settings import CONSENT, Settings
from newsletter.subscribers.address import Address, parse_address
from newsletter.subscribers.limit import ip_block, within_limit
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.policy import PrivacyPolicy, load_policy
from newsletter.subscribers.signup import Asked, SignUp
from newsletter.subscribers.site import Step, count_steps
from newsletter.subscribers.store import add_subscriber
from newsletter.subscribers.suppression import suppression_of
from newsletter.subscribers.token import new_handle
from newsletter.wording import Wording
from newsletter.workflows.request_confirmation import request_confirmation
from newsletter.workflows.workplace import Workplace

#: So many sign-ups may come from one network in an hour (limit.ip_block).
SIGNUPS_AN_HOUR = 30


def current_policy(workplace: Workplace) -> PrivacyPolicy:
    """The privacy policy that forms and mails link now.

    Raises:
        SettingsError: the operator's file cannot be read.
    """
    return policy_of(workplace.settings)


def policy_of(settings: Settings) -> PrivacyPolicy:
    """The privacy policy that these settings name: the operator's file, or the draft we ship.

    Raises:
        SettingsError: the operator's file cannot be read.
    """
    return load_policy(settings, draft=template_root() / "web" / "privacy.md")


def consent_wording(settings: Settings, title: str, wording: Wording) -> str:
    """The sentence beside the consent box, about *title*: ours in the page's language, or the operator's."""
    said = settings.consent_wording
    return (wording.gettext(CONSENT) if said == CONSENT else said).replace("{newsletter}", title)


def subscribe(workplace: Workplace, signup: SignUp) -> Asked:
    """Take a sign-up: consent "request" and the queued confirmation mail in one transaction.

    It lifts nothing and switches nothing on: only the answer to the mail does.

    Raises:
        SubscriberError: the address is not one.
        SettingsError: there is no such newsletter.
    """
    (asked,) = subscribe_all(workplace, [signup])
    if isinstance(asked, Exception):
        raise asked
    return asked


def subscribe_all(workplace: Workplace, signups: Sequence[SignUp]) -> list[Asked | Exception]:
    """Take sign-ups that came at the same time, in one transaction; a few, so that it stays short.

    What is wrong with one stands in its place, and leaves the others alone.
    """
    policy, now = current_policy(workplace), workplace.clock.now()
    answers: list[Asked | Exception] = []
    with workplace.database.write() as connection:
        for signup in signups:
            try:
                with connection.begin_nested():
                    answers.append(_take(connection, workplace, signup, policy, now=now))
            except Exception as error:  # noqa: BLE001 - handed to whoever signed up
                answers.append(error)
    return answers


def _take(
    connection: Connection, workplace: Workplace, signup: SignUp, policy: PrivacyPolicy, *, now: datetime
) -> Asked:
    address = parse_address(signup.address)
    for name in signup.newsletters:
        workplace.settings.list_of(name)
    if not _is_heard(connection, workplace, signup.origin, now=now):
        return Asked.TOO_MANY
    asked = _ask(connection, workplace, address, signup, policy, now=now)
    steps = (Step.TAKEN, Step.MAILED) if asked is Asked.MAILED else (Step.TAKEN,)
    count_steps(connection, signup.site, *steps, on=now.date())
    return asked


def _ask(
    connection: Connection,
    workplace: Workplace,
    address: Address,
    signup: SignUp,
    policy: PrivacyPolicy,
    *,
    now: datetime,
) -> Asked:
    reason = suppression_of(connection, workplace.keyring, address.canonical)
    if reason is not None and not reason.lifted_by_opt_in:
        return Asked.SUPPRESSED
    handle = new_handle()
    subscriber = add_subscriber(connection, address, handle=handle, suppressed=reason is not None, now=now)
    return request_confirmation(
        connection,
        workplace,
        subscriber=subscriber,
        signup=signup,
        policy=policy,
        now=now,
        is_new=subscriber.handle == handle,
    )


def _is_heard(connection: Connection, workplace: Workplace, origin: Origin | None, *, now: datetime) -> bool:
    """Whether its network has not signed up too many; this machine itself is nobody's network.

    What a proxy names that is no address counts as one network: it must not be a way around the limit.
    """
    block = ip_block(origin.ip) if origin else ""
    return (
        origin is None
        or bool(block and ip_network(block).is_loopback)
        or within_limit(
            connection,
            workplace.keyring,
            what="sign-up",
            who=block or "unknown",
            limit=SIGNUPS_AN_HOUR,
            window=timedelta(hours=1),
            now=now,
        )
    )
