"""What the table of a language holds; content/language/script.py says how its wordings are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.content.article import Flag, Kind


@dataclass(frozen=True)
class Wording:
    """The words of one language.

    Attributes:
        headings: noun headings by kind, without the condition's name.
        questions: what else a question is told by, by kind.
        seek_help: anywhere in a heading, it is about when to seek help.
        asks: a heading with one of these is a question, whatever its end.
        joints: words between two parts of a heading ("and").
        fillers: words before a heading that say nothing of its kind.
        noun_last: "asthma's symptoms", where English has "symptoms of asthma", too.
        clause: words that make what stands before a colon a sentence, and no label.
        references, disclaimer: headings of what stands apart.
        units: units that a dose is given in.
        flags: wordings in any text.
        emergency_topics: titles and lines that name an emergency.
        emergency_signs: signs of an emergency, wherever they are told.
        private: private topics (content/private_topic.py) by name.
    """

    headings: Mapping[Kind, str]
    questions: Mapping[Kind, str]
    seek_help: str
    asks: str
    joints: str
    fillers: str
    noun_last: bool
    clause: str
    references: str
    disclaimer: str
    units: str
    flags: Mapping[Flag, str]
    emergency_topics: str
    emergency_signs: str
    private: Mapping[str, str]
