"""The labels of list items ("<strong>Trauma:</strong> an injury") in inline XHTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from newsletter.content.article import Item, plain_text
from newsletter.content.sectioning import split_label

_BOLD_LABEL = re.compile(
    r"^<(strong|b)>(?P<label>[^<]{1,120}?)(?P<inside>:?)\s*</\1>(?P<outside>\s*:)?\s*(?P<rest>.*)$", re.DOTALL
)


def label_items(items: Sequence[Item]) -> tuple[Item, ...]:
    """*items* with their labels split off; where most have one, short clauses count as labels too."""
    labelled = [_labelled(item, among_labels=False) for item in items]
    if sum(bool(item.label) for item in labelled) * 2 > len(labelled):
        labelled = [_labelled(item, among_labels=True) for item in labelled]
    return tuple(labelled)


def with_label(item: Item) -> str:
    """The inline XHTML of an item's own line, its label in bold before it."""
    return (
        f"<strong>{html.escape(item.label, quote=False)}:</strong> {item.html}" if item.label else item.html
    )


def _labelled(item: Item, *, among_labels: bool) -> Item:
    if item.label:
        return item
    label, rest = label_and_rest(item.html, among_labels=among_labels)
    return item.model_copy(update={"label": label, "html": rest}) if label else item


def label_and_rest(inline: str, *, among_labels: bool = False) -> tuple[str, str]:
    """Label and rest of inline XHTML: a bold opening with a colon, else "Label: text"."""
    bold = _BOLD_LABEL.match(inline)
    if bold and (bold["inside"] or bold["outside"]):
        label = " ".join(plain_text(bold["label"]).split()).rstrip(": ")
        rest = bold["rest"].lstrip(": \u00a0")
        return (label, rest) if label and plain_text(rest) else ("", inline)
    before = inline.split(": ", 1)[0]
    if "<" in before or "&" in before:
        return "", inline
    label, rest = split_label(inline, among_labels=among_labels)
    label = " ".join(label.split())
    return (label, rest.lstrip(": \u00a0")) if label and plain_text(rest.lstrip(": \u00a0")) else ("", inline)
