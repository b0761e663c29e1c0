"""What a section's text contains that later rooms must respect, by tables of wordings.

A flag that is set once too often costs a little (the section comes whole, the mail gets a box at the
top); one that is missed may cost a reader. Emergency and sensitive topics look at the titles first: a
passing mention of "stroke" in a text on blood pressure does not make that text about an emergency.
"""

from __future__ import annotations

import re

from newsletter.content.article import Flag

_NUMBER = r"(?:\d+(?:[.,\u00a0]\d+)*|half|one|two|three|four|five|six|eight|ten)"
_RANGE = rf"{_NUMBER}(?:\s*(?:-|–|—|to|or)\s*{_NUMBER})?"

#: Units that a dose is given in. Laboratory values (mg/dL, mmol/L) are not doses.
DOSE_UNITS = (
    r"mg|mcg|µg|μg|ug|ng|g|kg|gm?s?|milligrams?|micrograms?|grams?|ml|mls|millilit(?:re|er)s?|cc|l|"
    r"iu|i\.u\.|units?|international units?|meq|mmol|mg/kg|mcg/kg|mg/ml|%\s*(?:cream|gel|ointment|solution)|"
    r"puffs?|inhalations?|sprays?|drops?|tablets?|pills?|capsules?|caplets?|lozenges?|sachets?|patch(?:es)?|"
    r"ampoules?|vials?|suppositor(?:y|ies)|injections?|doses?|spoonfuls?|teaspoon(?:ful)?s?|tablespoon(?:ful)?s?"
)

#: Wordings of a dose.
DOSE = (
    rf"\b{_RANGE}[\s\u00a0\u202f-]*(?:{DOSE_UNITS})(?![\w])(?!\s*/\s*(?:d?l|100|m2|m²|mol|mmol|\d))",
    r"\bevery\s+(?:\d+|four|six|eight|twelve)(?:\s*(?:-|–|to)\s*(?:\d+|six|eight))?\s+hours\b",
    r"\b(?:maximum|usual|daily|starting|recommended|single|highest|lowest)\s+(?:daily\s+)?dos(?:e|es|age)\b",
    r"\bdos(?:e|es|age) of \w+",
)

#: Verbs of what a reader must not do.
_FORBIDDEN = (
    r"take|use|stop|give|drink|eat|drive|exceed|start|double|share|ignore|wait|put|burst|drain|rub|apply|"
    r"move|leave|let|try|be (?:taken|used|given|stopped)"
)
_PROMPTLY = r"(?:straight away|right away|immediately|at once|urgently|as soon as possible)"

#: Wordings of a warning, a contraindication, an interaction or a red flag.
WARNING = (
    rf"\b(?:do|should|must|can) ?not (?:{_FORBIDDEN})\b|\b(?:don|shouldn|mustn|can)['’]?t (?:{_FORBIDDEN})\b",
    r"\b(?:should|must) (?:not|never)\b|\b(?:shouldn|mustn)['’]t\b",
    rf"\bnever (?:{_FORBIDDEN})\b",
    r"\bcontra-?indicat\w+",
    r"\binteract(?:s|ed|ing|ions?)? with\b|\b(?:drug|food|medicine) interactions?\b|\bcan interact\b",
    r"\bnot (?:safe|suitable|recommended|advised)\b|\bunsafe\b",
    r"\bavoid (?:taking|using|giving|alcohol|aspirin|ibuprofen|nsaids?|driving)\b",
    r"\b(?:you are|you['’]re|known to be) allergic to\b|\b(?:severe|serious) allergic reactions?\b",
    r"\b(?:serious|severe|dangerous) side effects?\b",
    r"\b(?:before|without) (?:taking|stopping|starting|changing|asking|advice|talking|your doctor)\b",
    r"\b(?:pregnant|breast-?feeding)\b.{0,60}\b(?:ask|avoid|not|talk|tell)\b",
    r"\b(?:seek|get|needs?) (?:emergency|urgent|immediate|medical) (?:\w+ )?(?:help|care|attention|advice)\b",
    rf"\b(?:see|call|contact|tell|go|ring|help|care|doctor|attention)\b[^.]{{0,60}}\b{_PROMPTLY}\b",
    r"\bemergency\b|\blife[- ]threatening\b|\bwarning signs?\b|\bred[- ]flags?\b",
    r"\b(?:call|ring|dial|phone) (?:an? ambulance|\d{3})\b",
    r"\b(?:be|is|are) (?:fatal|deadly)\b|\bpoison(?:ing|ous)\b|\boverdos\w+",
    r"\b(?:warnings?|caution|important):",
)

#: Topics that make an article or section, by its title or heading, one about an emergency.
EMERGENCY_TOPICS = (
    r"\b(?:heat|mini)?-?strokes?\b",
    r"\btransient isch(?:a)?emic attacks?\b",
    r"\bheart attacks?\b",
    r"\bmyocardial infarctions?\b",
    r"\bcardiac arrests?\b",
    r"\bacute coronary syndromes?\b",
    r"\bchest pains?\b",
    r"\banaphyla\w+",
    r"\bsevere allergic reactions?\b",
    r"\boverdos\w+",
    r"\bpoisonings?\b",
    r"\bsuicid\w+",
    r"\bself[- ]harm\w*",
    r"\bsepsis\b",
    r"\bseptic(?:a)?emia\b",
    r"\b(?:septic|toxic) shock\b",
    r"\bmeningitis\b",
    r"\bchok(?:ing|e)\b",
    r"\bdrowning\b",
    r"\bsevere bleeding\b",
    r"\bh(?:a)?emorrhages?\b",
    r"\bpulmonary embolisms?\b",
    r"\bstatus epilepticus\b",
    r"\baortic dissections?\b",
    r"\bectopic pregnanc(?:y|ies)\b",
    r"\bdiabetic ketoacidosis\b",
    r"\bunconsciousness\b",
    r"\bemergenc(?:y|ies)\b",
)

#: Wordings that send the reader to the emergency services, in any section.
EMERGENCY_CALLS = (
    r"\b(?:call|ring|dial|phone)(?: for)?(?: your)?(?: local)? (?:an? |the )?(?:ambulance|emergency)\b",
    r"\b(?:call|ring|dial|phone) (?:\w+ ){0,3}(?:911|999|112|000|111|988|995|119|108)\b",
    r"\b(?:your )?local emergency (?:number|services)\b",
    r"\bemergency services\b",
    r"\bgo (?:straight |right |immediately )?to (?:the|your|an?) (?:nearest )?(?:casualty|er|a&e)\b",
    r"\bgo (?:straight |right |immediately )?to (?:the|your|an?) (?:nearest |hospital )?emergency\b",
    r"\baccident and emergency\b",
    r"\b(?:seek|get|needs?) (?:immediate |urgent )?emergency (?:\w+ )?(?:help|care|treatment|attention)\b",
    r"\b(?:is|are|as) an? (?:medical )?emergency\b",
    r"\bmedical emergenc(?:y|ies)\b",
)

#: Topics that many people want kept private, by title or heading.
SENSITIVE_TOPICS = (
    # sexual and reproductive health
    r"\bsexual\w*\b",
    r"\bst[id]s?\b",
    r"\bhiv\b",
    r"\baids\b",
    r"\b(?:chlamydia|gonorrh|syphilis|herpes|genital|vagin|ejaculat|contracepti)\w*",
    r"\bhpv\b",
    r"\berectile\b",
    r"\bimpotence\b",
    r"\blibido\b",
    r"\bbirth control\b",
    r"\babortions?\b",
    r"\bpeni(?:s|le)\b",
    r"\binfertility\b",
    # mental health
    r"\bmental (?:health|illness\w*|disorders?)\b",
    r"\bdepress(?:ion|ive)\b",
    r"\banxiety\b",
    r"\bpanic (?:attacks?|disorder)\b",
    r"\bbipolar\b",
    r"\b(?:schizo|psychos[ie]s|psychotic|suicid)\w*",
    r"\bptsd\b|\bpost-?traumatic stress\b",
    r"\bocd\b|\bobsessive\b",
    r"\banorexia\b|\bbulimia\b|\beating disorders?\b",
    r"\bpersonality disorders?\b",
    r"\bself[- ]harm\w*",
    r"\bgrief\b|\bbereavement\b",
    # addiction
    r"\baddict\w+",
    r"\balcohol(?:ism| use disorder| dependence| misuse| abuse| withdrawal)\b",
    r"\b(?:drug|substance|opioid|cocaine|heroin|cannabis) (?:use|misuse|abuse|dependence|withdrawal)\b",
    r"\bgambling\b",
    r"\boverdos\w+",
    # loss and violence
    r"\bmiscarriages?\b|\bstillb\w+|\b(?:pregnancy|baby) loss\b",
    r"\bectopic pregnanc(?:y|ies)\b",
    r"\bdomestic (?:abuse|violence)\b|\brape\b|\bassault\b|\babuse\b",
)

#: Words that make any section sensitive, wherever they stand.
SENSITIVE_WORDS = (
    r"\bsuicid\w+|\bself[- ]harm\w*",
    r"\bkill (?:yourself|themselves|himself|herself)\b|\bending your life\b",
    r"\bmiscarriages?\b|\bstillb(?:irths?|orn)\b|\bpregnancy loss\b|\babortions?\b",
    r"\bsexually transmitted\b|\berectile dysfunction\b|\bsexual (?:abuse|assault|partners?)\b",
    r"\brape\b|\bhiv\b",
    r"\b(?:drug|alcohol|substance|opioid) (?:addiction|abuse|misuse|dependence|use disorder)\b",
)


def _any(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_DOSE, _WARNING = _any(DOSE), _any(WARNING)
_EMERGENCY_TOPIC, _EMERGENCY_CALL = _any(EMERGENCY_TOPICS), _any(EMERGENCY_CALLS)
_SENSITIVE_TOPIC, _SENSITIVE_WORD = _any(SENSITIVE_TOPICS), _any(SENSITIVE_WORDS)


def is_emergency_topic(title: str) -> bool:
    """Whether an article or section called *title* is, as a whole, about an emergency.

    Narrower than Flag.EMERGENCY, which a section also gets for telling the reader whom to call.

    >>> is_emergency_topic("Stroke and mini-stroke"), is_emergency_topic("High blood pressure")
    (True, False)
    """
    return bool(_EMERGENCY_TOPIC.search(title))


def find_flags(text: str, *, heading: str = "", title: str = "") -> tuple[Flag, ...]:
    """The flags of a section with this *text*, under *heading*, in the article called *title*.

    Returns:
        Flags in the order of the Flag enumeration, each once.
    """
    topic = f"{title}\n{heading}"
    found = {
        Flag.DOSE: _DOSE.search(text),
        Flag.WARNING: _WARNING.search(text),
        Flag.EMERGENCY: _EMERGENCY_TOPIC.search(topic) or _EMERGENCY_CALL.search(text),
        Flag.SENSITIVE: _SENSITIVE_TOPIC.search(topic) or _SENSITIVE_WORD.search(text),
    }
    return tuple(flag for flag in Flag if found[flag])
