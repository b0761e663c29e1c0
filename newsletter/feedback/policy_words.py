"""The policy in sentences, made from its table: for the people who answer for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from newsletter.feedback.event import Permanence, Reason
from newsletter.feedback.policy import Consequence, Policy, Rule
from newsletter.wording import message

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
    Reason.NO_ADDRESS: message("there is no such mailbox"),
    Reason.NO_DOMAIN: message("the domain takes no mail"),
    Reason.MAILBOX_FULL: message("the mailbox is full"),
    Reason.TOO_BIG: message("the letter is too big"),
    Reason.CONTENT: message("something in the letter"),
    Reason.BLOCKED: message("we are blocked as senders"),
    Reason.RATE: message("we send too fast"),
    Reason.UNREACHABLE: message("the server cannot be reached"),
    Reason.SYSTEM: message("trouble of the receiving server"),
    Reason.VACATION: message("an absence note"),
    Reason.CHALLENGE: message("we are asked to prove ourselves"),
    Reason.SPAM: message("reported as spam"),
    Reason.UNSUBSCRIBE: message("wants no more letters"),
    Reason.PERSON: message("somebody wrote"),
    Reason.DMARC: message("a report about our domain"),
    Reason.OTHER: message("something else"),
}
_KINDS = {"complaint": message("A complaint"), "bounce": message("A letter that comes back")}
_THEN: dict[Consequence, str] = {
    Consequence.NOTHING: message("nothing changes."),
    Consequence.SUPPRESS: message("the address is never mailed again, until its owner signs up anew."),
    Consequence.SOFT: message(
        "the day is counted against the reader; {limit} days within {window} make the address dead."
    ),
    Consequence.DOMAIN: message(
        "it is our fault as senders: the domain is sent less, and you are told; the reader keeps the letter."
    ),
    Consequence.ISSUE: message(
        "it is our fault in the letter: it counts against the issue, and you are told; the reader keeps it."
    ),
    Consequence.COMPLAIN: message("the reader is unsubscribed from everything and never mailed again."),
    Consequence.LEAVE: message("the reader is unsubscribed from that newsletter."),
}
_LASTING = {
    Permanence.PERMANENT.value: message("for good"),
    Permanence.TEMPORARY.value: message("for now"),
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
        more.append(translate(message("with the status {status}")).format(status=rule.status))
    if rule.reason:
        reasons = translate(message(" or ")).join(translate(REASONS[Reason(each)]) for each in rule.reason)
        more.append(translate(message("because {reasons}")).format(reasons=reasons))
    if rule.permanence:
        more.append(translate(_LASTING[rule.permanence]))
    return " ".join([translate(_KINDS[rule.kind]), *(more or [translate(message("of any other kind"))])])


def numbers_in_words(policy: Policy, translate: Gettext) -> list[Sentence]:
    """The numbers that decide, and for how long what came back is kept."""
    return [
        Sentence(
            translate(message("Failures that may be over tomorrow")),
            translate(message("make an address dead on {limit} days within {window}.")).format(
                limit=policy.soft_limit, window=policy.soft_window.days
            ),
            policy.sources["soft"],
        ),
        Sentence(
            translate(message("An outage")),
            translate(
                message(
                    "is when more than {share}, and at least {readers}, of a domain's readers fail who were "
                    "reached before: nothing is held against any of them."
                )
            ).format(share=f"{policy.outage_share:.0%}", readers=policy.outage_readers),
            policy.sources["outage"],
        ),
        Sentence(
            translate(message("The verdict on a dead address in a crowd")),
            translate(message("falls {days} days after the issue.")).format(days=policy.verdict_after.days),
            policy.sources["verdict"],
        ),
        Sentence(
            translate(message("What came back")),
            translate(
                message(
                    "is kept sealed for {days} days: {octets} bytes of each, and the newest {items} of what "
                    "matched nobody."
                )
            ).format(
                days=policy.keep_raw.days, octets=f"{policy.raw_octets:,}", items=f"{policy.tray_items:,}"
            ),
            policy.sources["keep"],
        ),
    ]
