"""Delivery status notifications (RFC 3464): what each group of fields says of its recipient."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter.feedback.event import Kind
from newsletter.feedback.field import Fields, fields, first, mailbox
from newsletter.feedback.part import STATUS_KINDS, Part

_GROUP_MARK = re.compile(r"(?im)^[ \t]*(?:final|original)-recipient[ \t]*:")
_NEW_GROUP = re.compile(r"(?i)[ \t]*(final-recipient|original-recipient|action|status)[ \t]*:")
#: Groups of one report that are read.
_MOST_GROUPS = 200

_ACTIONS = (
    ("delay", Kind.DELAYED), ("defer", Kind.DELAYED), ("deliver", Kind.DELIVERED), ("relay", Kind.DELIVERED),
    ("expand", Kind.DELIVERED), ("fail", Kind.BOUNCE), ("expire", Kind.BOUNCE), ("error", Kind.BOUNCE),
    ("undeliver", Kind.BOUNCE), ("reject", Kind.BOUNCE),
)  # fmt: skip


@dataclass(frozen=True)
class RecipientStatus:
    """What one group of fields says; *recipient* is "" where it names none."""

    kind: Kind
    recipient: str
    status: str
    diagnostic: str


def statuses_of(parts: Sequence[Part], text: str) -> list[RecipientStatus]:
    """What the status parts among *parts* say; without one, what stands in the report's own *text*."""
    blocks = [part.text for part in parts if part.kind in STATUS_KINDS and not part.inside]
    if not any(_GROUP_MARK.search(block) for block in blocks):
        found = _GROUP_MARK.search(text)
        if found:
            # The fields of a group may begin with any of them: go back to the line after the last empty one.
            blocks.append(text[text.rfind("\n\n", 0, found.start()) + 1 :])
    groups = [group for block in blocks for group in _groups(block)]
    return [_status(group) for group in groups[:_MOST_GROUPS]]


def _groups(block: str) -> Iterator[Fields]:
    """The groups of *block* that say something of a recipient; a field said twice begins a new one, too."""
    lines: list[str] = []
    seen: set[str] = set()
    for line in [*block.split("\n"), ""]:
        mark = _NEW_GROUP.match(line)
        name = mark[1].lower() if mark else ""
        if not line.strip() or name in seen:
            if seen:
                yield fields(lines)
            lines, seen = [], set()
        if name:
            seen.add(name)
        lines.append(line.strip() if mark else line)


def _status(group: Fields) -> RecipientStatus:
    final = mailbox(first(group, "final-recipient"))
    original = mailbox(first(group, "original-recipient"))
    recipient = final or original or mailbox(first(group, "x-actual-recipient"))
    if original and final and _within(final, original):
        recipient = original
    status = first(group, "status")
    action = first(group, "action").lower()
    kind = next((kind for word, kind in _ACTIONS if word in action), None)
    if kind is None:
        kind = Kind.DELIVERED if status.startswith("2") else Kind.BOUNCE
    diagnostic = " ".join(group.get("diagnostic-code", ()))
    return RecipientStatus(
        kind=kind,
        recipient=recipient,
        status=status,
        diagnostic=re.sub(r"^[\w-]{1,20}[ \t]*;[ \t]*", "", diagnostic) or _comment(status),
    )


def _comment(status: str) -> str:
    return status.partition("(")[2].rpartition(")")[0]


def _within(final: str, original: str) -> bool:
    """Whether *final* is only how the recipient's own hosts write *original*, and no address elsewhere."""
    inner, outer = (address.rpartition("@")[2].lower() for address in (final, original))
    return "." not in inner or inner == outer or inner.endswith(f".{outer}")
