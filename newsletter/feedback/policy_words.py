"""The policy in sentences, made from its table: for the people who answer for it.

English, as the console is; each sentence goes through *translate*, as those of its templates do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from newsletter.feedback.event import Permanence, Reason
from newsletter.feedback.policy import Consequence, Policy, Rule

#: Turns one of our sentences into somebody's language.
Gettext = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Sentence:
    """What follows from what (*when*, *then*), and who says so. *code*: the word of the table."""

    when: str
    then: str
    source: str
    code: str = ""


#: Why something came back, in words (event.Reason).
REASONS: dict[Reason, str] = {
    Reason.NO_ADDRESS: "there is no such mailbox",
    Reason.NO_DOMAIN: "the domain takes no mail",
    Reason.MAILBOX_FULL: "the mailbox is full",
    Reason.TOO_BIG: "the letter is too big",
    Reason.CONTENT: "something in the letter",
    Reason.BLOCKED: "we are blocked as senders",
    Reason.RATE: "we send too fast",
    Reason.UNREACHABLE: "the server cannot be reached",
    Reason.SYSTEM: "trouble of the receiving server",
    Reason.NOT_TRIED: "the provider did not try, for a fault of ours",
    Reason.VACATION: "an absence note",
    Reason.CHALLENGE: "we are asked to prove ourselves",
    Reason.SPAM: "reported as spam",
    Reason.UNSUBSCRIBE: "wants no more letters",
    Reason.PERSON: "somebody wrote",
    Reason.DMARC: "a report about our domain",
    Reason.OTHER: "something else",
}
#: What a status of the table is about (RFC 3463), by its pattern.
STATUSES = {
    "5.7.*": "refused because of who sends it",
    "4.7.*": "put off because of who sends it, or how fast",
    "?.3.4": "the letter is too big for the server",
    "?.2.3": "the letter is longer than the mailbox takes",
    "?.6.*": "the letter's content or form cannot be taken",
    "?.2.2": "the mailbox is full",
    "4.2.1": "the mailbox takes nothing for now",
}
_KINDS = {"complaint": "A complaint", "bounce": "A letter that comes back"}
_THEN: dict[Consequence, str] = {
    Consequence.NOTHING: "nothing changes.",
    Consequence.SUPPRESS: "the address is never mailed again, until its owner signs up anew.",
    Consequence.SOFT: (
        "the day is counted against the reader; {limit} days within {window}, or as many letters in a row, "
        "make the address dead."
    ),
    Consequence.DOMAIN: (
        "our fault as senders: you are told, and from five readers on the domain is sent less; the reader "
        "keeps the letter."
    ),
    Consequence.ISSUE: (
        "our fault in the letter: it counts against the issue and you are told; the reader keeps it."
    ),
    Consequence.COMPLAIN: "the reader is unsubscribed from everything and never mailed again.",
    Consequence.LEAVE: "the reader is unsubscribed from that newsletter.",
}
_LASTING = {
    Permanence.PERMANENT.value: "for good",
    Permanence.TEMPORARY.value: "for now",
}


def rules_in_words(policy: Policy, translate: Gettext) -> list[Sentence]:
    """The rules in their order, of which the first that fits decides."""
    return [
        Sentence(
            _when(rule, translate),
            translate(_THEN[rule.then]).format(limit=policy.soft_limit, window=policy.soft_window.days),
            rule.source,
            rule.then.value,
        )
        for rule in policy.rules
    ]


def _when(rule: Rule, translate: Gettext) -> str:
    more = []
    if rule.status:
        status = rule.status.replace("?", "x").replace("*", "x")
        about = translate(STATUSES[rule.status])
        more.append(translate("{about} (status {status})").format(about=about, status=status))
    if rule.reason:
        more.append(translate(" or ").join(translate(REASONS[Reason(each)]) for each in rule.reason))
    if rule.permanence:
        more.append(translate(_LASTING[rule.permanence]))
    return f"{translate(_KINDS[rule.kind])}: {', '.join(more or [translate('any other')])}"


def numbers_in_words(policy: Policy, translate: Gettext) -> list[Sentence]:
    """The numbers that decide, and for how long what came back is kept."""
    return [
        Sentence(
            translate("Failures that may be over tomorrow"),
            translate(
                "make an address dead on {limit} days within {window}, or in {limit} letters in a row."
            ).format(limit=policy.soft_limit, window=policy.soft_window.days),
            policy.sources["soft"],
        ),
        Sentence(
            translate("An outage"),
            translate(
                "is when more than {share}, and at least {readers}, of a domain's readers fail who were "
                "reached before: nothing is held against any of them."
            ).format(share=f"{policy.outage_share:.0%}", readers=policy.outage_readers),
            policy.sources["outage"],
        ),
        Sentence(
            translate("The verdict on a dead address in a crowd"),
            translate("falls {days} days after the issue.").format(days=policy.verdict_after.days),
            policy.sources["verdict"],
        ),
        Sentence(
            translate("What came back"),
            translate(
                "is kept sealed for {days} days: {octets} bytes of each, and the newest {items} of what "
                "matched nobody."
            ).format(
                days=policy.keep_raw.days, octets=f"{policy.raw_octets:,}", items=f"{policy.tray_items:,}"
            ),
            policy.sources["keep"],
        ),
    ]
