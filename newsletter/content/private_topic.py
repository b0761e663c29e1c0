"""Subjects that a reader may ask never to be sent, and how they are recognised in a section.

They are the parts of the SENSITIVE flag (content/flag.py) by name. A missed one hurts somebody; one found
once too often costs that reader another letter. So a section that is sensitive for a reason that none of
the names covers counts as every one of them.
"""

from __future__ import annotations

from newsletter.content.article import Flag
from newsletter.content.flag import any_of, prepared
from newsletter.content.language import reading

SELF_HARM = "suicide and self-harm"

#: Each subject with its English wordings: regular expressions in lower case, between the edges of words.
#: Those of other languages are in content/language/, by the same names.
PRIVATE_TOPICS: dict[str, tuple[str, ...]] = {
    "pregnancy loss": (
        r"miscarr\w+|stillb\w+|(?:pregnancy|baby|perinatal|fetal|foetal|neonatal) (?:loss|death)",
        r"los(?:s|ing|e|t) (?:of )?(?:a |the |your |their )?(?:baby|pregnancy)|ectopic pregnanc(?:y|ies)",
        r"abortions?|terminations? of pregnancy|molar pregnanc(?:y|ies)",
    ),
    "fertility": (r"infertil\w+|sub-?fertil\w+|fertility|ivf|unable to (?:conceive|get pregnant)",),
    "sexual health": (
        r"sexual\w*|st[id]s?|hiv|aids|(?:chlamydia|gonorrh|syphilis|herpes|genital|vagin|ejaculat|erect)\w*",
        r"contracepti\w*|birth control|hpv|impotence|libido|peni(?:s|le)",
    ),
    "mental health": (
        r"mental (?:health|illness\w*|disorders?)|depress(?:ion|ive|ed)|anxiety|panic (?:attacks?|disorder)",
        r"bipolar|(?:schizo|psychos[ie]s|psychotic)\w*|ptsd|post-?traumatic stress|ocd|obsessive",
        r"personality disorders?|grief|bereavement",
    ),
    SELF_HARM: (
        r"suicid\w*|self[- ](?:harm|injur)\w*",
        (r"(?:hurt\w*|harm\w*|cut\w*|kill\w*) (?:yourself|themselves|himself|herself|themself)"
         r"|end\w* (?:your|their) (?:own )?life"),
    ),
    "eating disorders": (r"anorexia|anorexic|bulimi\w+|binge[- ]eating|eating disorders?",),
    "addiction": (
        r"addict\w*|alcohol(?:ism|ic| use| dependence| misuse| abuse| withdrawal)\w*|gambling|overdos\w+",
        r"(?:drug|substance|opioid|cocaine|heroin|cannabis) (?:use|misuse|abuse|dependence|withdrawal)\w*",
    ),
    "abuse and violence": (r"domestic (?:abuse|violence)|rape\w*|assault\w*|abuse\w*|violence",),
}  # fmt: skip

_PATTERNS = {topic: any_of(wordings) for topic, wordings in PRIVATE_TOPICS.items()}
_ANY = any_of(tuple(wording for wordings in PRIVATE_TOPICS.values() for wording in wordings))


def private_topics(text: str, flags: tuple[Flag, ...]) -> tuple[str, ...]:
    """Which of the private topics a section speaks of, in their table's order.

    Args:
        text: all that the reader would see: the article's title, the heading and the section.
        flags: the section's flags.

    >>> private_topics("Coping after a miscarriage", ())
    ('pregnancy loss',)
    """
    lower = prepared(text)
    found = reading.private_topics(text)
    if found or _ANY.search(lower):
        return tuple(topic for topic, pattern in _PATTERNS.items() if topic in found or pattern.search(lower))
    return tuple(PRIVATE_TOPICS) if Flag.SENSITIVE in flags else ()
