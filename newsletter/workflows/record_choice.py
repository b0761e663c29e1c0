"""What a reader chose on their own page becomes a record in their consent chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from newsletter.subscribers.consent import Action, ConsentAct, Subject
from newsletter.subscribers.ledger import record_consent
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.policy import keep_policy
from newsletter.subscribers.subscriber import Subscriber
from newsletter.workflows.subscribe import current_policy
from newsletter.workflows.workplace import Workplace

DOOR = "preferences page"


@dataclass(frozen=True)
class Shown:
    """The exact *wording* that the page showed beside a choice, in the language *locale*."""

    wording: str
    locale: str


@dataclass(frozen=True, kw_only=True)
class Choosing:
    """Who chooses what: *evidence* says it in words that name no topic; *shown* if they consent to it."""

    newsletter: str
    purpose: Subject = Subject.NEWSLETTER
    action: Action = Action.CHANGE
    evidence: str
    shown: Shown | None = None
    origin: Origin | None = None


def record_choice(
    connection: Connection,
    workplace: Workplace,
    subscriber: Subscriber,
    choosing: Choosing,
    *,
    now: datetime,
) -> None:
    """Append the choice; with a wording that was shown, the policy that stood beside it is kept, too.

    Raises:
        SettingsError: the policy cannot be read.
    """
    shown = choosing.shown
    policy = current_policy(workplace) if shown else None
    if policy:
        keep_policy(connection, policy, now=now)
    act = ConsentAct(
        newsletter=choosing.newsletter,
        purpose=choosing.purpose,
        action=choosing.action,
        address=subscriber.address,
        wording=shown.wording if shown else "",
        locale=shown.locale if shown else "",
        policy_version=policy.version if policy else "",
        policy_sha256=policy.sha256 if policy else "",
        door=DOOR,
        page_url=f"{workplace.settings.base_url}/preferences/",
        evidence=f"POST of the preferences page: {choosing.evidence}",
        acted_at=now,
    )
    sealed = workplace.seal_origin(choosing.origin, subscriber_id=subscriber.id)
    record_consent(connection, workplace.keyring, subscriber.id, act, origin=sealed)
