"""The privacy policy is published: its text is kept from now on, so that every version can be read later."""

from __future__ import annotations

from newsletter.subscribers.policy import KeptVersion, PrivacyPolicy, keep_policy, kept_versions
from newsletter.workflows.subscribe import current_policy
from newsletter.workflows.workplace import Workplace


def publish_policy(workplace: Workplace) -> PrivacyPolicy:
    """The current policy, after its text was kept.

    Raises:
        SettingsError: the operator's file cannot be read.
    """
    policy = current_policy(workplace)
    with workplace.database.write() as connection:
        keep_policy(connection, policy, now=workplace.clock.now())
    return policy


def earlier_versions(workplace: Workplace) -> list[KeptVersion]:
    """Every version of the policy that is kept but for the current one, newest first."""
    with workplace.database.read() as connection:
        found = kept_versions(connection)
    return [one for one in found if one.version != workplace.settings.privacy_version]
