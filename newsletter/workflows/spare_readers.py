"""Too many readers of a domain failed in one issue to be to blame: nothing is held against any of them."""

from __future__ import annotations

from newsletter.feedback.blame import held_against, is_dead, page_of_blamed, spare
from newsletter.feedback.policy import load_policy
from newsletter.subscribers.member import members_by_id
from newsletter.subscribers.suppression import Reason, lift, suppression_of
from newsletter.workflows.workplace import Workplace

#: So many readers share a transaction.
CHUNK = 100


def spare_readers(workplace: Workplace, issue_id: int, domain: str) -> int:
    """Give back every reader of *domain* (or ALL) who was suppressed for failing in an issue; how many.

    Whoever is dead by another issue, too, or is never mailed for another reason, stays as they are.
    """
    given_back = 0
    while page := _spare_page(workplace, issue_id, domain):
        given_back += page.count(True)
    return given_back


def _spare_page(workplace: Workplace, issue_id: int, domain: str) -> list[bool]:
    policy, now = load_policy(), workplace.clock.now()
    with workplace.database.write() as connection:
        blamed = page_of_blamed(connection, issue_id, domain, limit=CHUNK)
        spare(connection, issue_id, blamed)
        held = held_against(connection, blamed)
        members = members_by_id(connection, blamed)
        back = []
        for subscriber_id in blamed:
            member = members.get(subscriber_id)
            if member is None:
                back.append(False)
                continue
            canonical = member.subscriber.canonical
            is_back = (
                not is_dead(held.get(subscriber_id, ()), policy, since=member.opted_in_at)
                and suppression_of(connection, workplace.keyring, canonical) is Reason.BOUNCED
                and lift(connection, workplace.keyring, canonical, journal=workplace.journal, now=now)
            )
            back.append(is_back)
    return back
