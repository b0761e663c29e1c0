"""Subject and preheader: all that is read before a letter is opened, and on lock screens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from newsletter.issues.headline import SUBJECT_LIMIT, names_what_is_private
from newsletter.rendering.checks.check import Finding, Proof, named_parts
from newsletter.rendering.checks.mail import visible_words

#: Shorter, and mail programs fill the line up with whatever comes next; longer, and they cut it.
PREHEADER_LIMITS = (40, 90)

_REPLY = re.compile(r"(?:re|fwd?|aw|wg|tr|rv)\s*:", re.IGNORECASE)
_ALARM = re.compile(
    r"\b(?:miracle|breakthrough|secret|shocking|scary|terrifying|deadly|killer|horror|panic now|must[- ]know|"
    r"wonder (?:drug|cure|diet)|guaranteed|cures?|cured|instantly|doctors hate|before it.s too late)\b",
    re.IGNORECASE,
)
#: Punctuation that is drawn as a picture, and what asks for that.
_DRAWN = "\u203c\u2049\ufe0f"
_SHOUTING = re.compile(r"[!?]\s*[!?]|!!")


def subject(proof: Proof) -> Iterator[Finding]:
    """What a subject must not be, and what it should not be."""
    said = proof.edition.subject
    if not said.strip():
        yield Finding("empty", "fail")
        return
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in said):
        yield Finding("holds a control character or line break", "fail")
    if len(said) > SUBJECT_LIMIT:
        yield Finding(f"{len(said)} characters, over {SUBJECT_LIMIT}")
    if _REPLY.match(said.strip()):
        yield Finding(f"“{said}” looks like an answer to a letter that nobody wrote", "fail")
    yield from _tone(said)


def preheader(proof: Proof) -> Iterator[Finding]:
    """Whether the first line adds to the subject, and can be seen in the letter."""
    said, (least, most) = proof.edition.preheader, PREHEADER_LIMITS
    if not least <= len(said) <= most:
        yield Finding(f"{len(said)} characters, not {least} to {most}")
    if said.casefold().strip() == proof.edition.subject.casefold().strip():
        yield Finding("says the same as the subject")
    wanted = " ".join(visible_words(said))
    for part, words in named_parts(proof):
        if wanted not in words:
            yield Finding(f"is not to be seen in the {part} part", "fail")
    yield from _tone(said)


def private_topics(proof: Proof) -> Iterator[Finding]:
    """Whether what stands on a lock screen names what many keep to themselves."""
    for name, said in (("subject", proof.edition.subject), ("preheader", proof.edition.preheader)):
        if names_what_is_private(said, proof.issue.picks):
            yield Finding(f"the {name} names it: “{said}”")


def length(proof: Proof) -> str:
    """The subject's length beside its limit."""
    return f"{len(proof.edition.subject)} of {SUBJECT_LIMIT} characters"


def preheader_length(proof: Proof) -> str:
    """The preheader's length beside its limits."""
    return f"{len(proof.edition.preheader)} characters, of {PREHEADER_LIMITS[0]} to {PREHEADER_LIMITS[1]}"


def _tone(said: str) -> Iterator[Finding]:
    letters = [letter for letter in said if letter.isalpha()]
    if len(letters) > 4 and all(letter.isupper() for letter in letters):
        yield Finding(f"“{said}” is all in capitals")
    if _SHOUTING.search(said):
        yield Finding(f"“{said}” shouts")
    emoji = [letter for letter in said if _is_emoji(letter)]
    if emoji:
        yield Finding(f"holds a picture: {' '.join(emoji)}")
    alarm = _ALARM.search(said)
    if alarm:
        yield Finding(f"“{alarm[0]}” promises or frightens")


def _is_emoji(letter: str) -> bool:
    return letter in _DRAWN or (unicodedata.category(letter) == "So" and letter not in "°©®™")
