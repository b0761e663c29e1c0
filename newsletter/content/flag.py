"""What a text contains that later rooms must respect, by tables of wordings.

A flag that is set once too often costs a little (the section comes whole, the mail gets a box at the
top); one that is missed may cost a reader. Emergency and sensitive topics look at the titles first: a
passing mention of "stroke" in a text on blood pressure does not make that text about an emergency. A line
that only names one ("Stroke", "Signs of sepsis"), and a sentence that tells its signs, do count.

Every wording is a regular expression in lower case, and stands between the edges of words: "cure" is not
found in "manicure". The wordings of contraindications, interactions and red flags are warnings, too.
Those of Spanish, Bengali, Arabic and Hindi are in content/language/.
"""

from __future__ import annotations

import re
from functools import lru_cache

from newsletter.content.article import Flag
from newsletter.content.language import reading

_NUMBER = r"(?:\d+(?:[.,\u00a0]\d+)*|half|one|two|three|four|five|six|eight|ten)"
_RANGE = rf"{_NUMBER}(?:\s*(?:-|–|—|to|or)\s*{_NUMBER})?"

#: Units that a dose is given in. Laboratory values (mg/dL, mmol/L) are not doses.
DOSE_UNITS = (
    r"mg|mcg|µg|μg|ug|ng|g|kg|gm?s?|milligrams?|micrograms?|grams?|ml|mls|millilit(?:re|er)s?|cc|l|"
    r"iu|i\.u\.|units?|international units?|meq|mmol|mg/kg|mcg/kg|mg/ml|%\s*(?:cream|gel|ointment|solution)|"
    r"puffs?|inhalations?|sprays?|drops?|tablets?|pills?|capsules?|caplets?|lozenges?|sachets?|patch(?:es)?|"
    r"ampoules?|vials?|suppositor(?:y|ies)|injections?|doses?|spoonfuls?|teaspoon(?:ful)?s?|tablespoon(?:ful)?s?|tsps?|tbsps?"
)

#: Wordings of a dose.
DOSE = (
    rf"{_RANGE}[\s\u00a0\u202f-]*(?:{DOSE_UNITS})(?!\w)(?!\s*/\s*(?:d?l|100|m2|m²|mol|mmol|\d))",
    rf"{_NUMBER} ?(?:x|×) ?(?:/ ?|an? |per |each )?(?:day|daily|week|night)",
    r"every\s+(?:\d+|four|six|eight|twelve)(?:\s*(?:-|–|to)\s*(?:\d+|six|eight))?\s+hours",
    r"(?:maximum|usual|daily|starting|recommended|single|highest|lowest)\s+(?:daily\s+)?dos(?:e|es|age)",
    r"dos(?:e|es|age) of \w+",
    (r"(?:take|taken|taking|inhaled?|inject(?:ed)?|swallow(?:ed)?|appl(?:y|ied)) [^.\n]{0,40}\b"
     r"(?:once|twice|times|tablet|pill|capsule)s? (?:daily|nightly|(?:a|per|each|every) (?:day|night|week))"),
)  # fmt: skip

#: Amounts of what people eat and drink, which are no doses of a medicine: "5 g of salt a day". The amount
#: has to be one a day or a limit: "half a teaspoon of salt in a litre of water" is a recipe against
#: dehydration, and "sodium valproate" is a medicine.
FOOD = (
    r"(?:(?:added|free|table|cooking|dietary|saturated|trans|total|unsaturated) )?"
    r"(?:salt|sugars?|fib(?:re|er)|fats?|carbohydrates?|protein|alcohol|sodium(?! \w+(?:ate|ide|ine)\b))"
)
_AMOUNT = rf"{_RANGE}[\s\u00a0\u202f-]*(?:g|mg|gm?s?|milligrams?|grams?|units?|teaspoon(?:ful)?s?|tsps?)"
_LIMIT = r"(?:less than|no more than|not more than|at most|under|below|up to|at least|limit of)"
FOOD_AMOUNT = (
    rf"{_AMOUNT} (?:of )?{FOOD} (?:daily|(?:a|per|each|every) (?:day|week))",
    rf"{_LIMIT} (?:about )?{_AMOUNT} (?:of )?{FOOD}(?! (?:in|to|into|dissolved|substitute))",
)

#: Verbs of what a reader must not do.
_FORBIDDEN = (
    r"take|use|stop|give|drink|eat|drive|exceed|start|double|share|ignore|wait|put|burst|drain|rub|apply|"
    r"move|leave|let|try|mix|be (?:taken|used|given|stopped)"
)
_NOT = r"(?:(?:do|should|must|can) ?not|(?:don|shouldn|mustn|can)['’]?t|never)"
_PROMPTLY = r"(?:straight away|right away|immediately|at once|urgently|as soon as possible)"
_DOCTOR = r"(?:doctor|gp|nurse|midwife|pharmacist|provider|professional|specialist|dentist|team|surgeon)"
_MEDICINES = r"(?:medicines?|medications?|drugs?|tablets|supplements?|vitamins|herbal \w+|painkillers)"

#: Wordings of a warning of any other sort than those below.
WARNING = (
    rf"{_NOT} (?:{_FORBIDDEN})",
    r"(?:should|must) (?:not|never)|(?:shouldn|mustn)['’]t",
    r"not (?:safe|suitable|recommended|advised)|unsafe",
    r"avoid (?:taking|using|giving|alcohol|aspirin|ibuprofen|nsaids?|driving)",
    r"(?:serious|severe|dangerous) side effects?",
    r"(?:before|without) (?:taking|stopping|starting|changing|asking|advice|talking|your doctor)",
    r"(?:be|is|are) (?:fatal|deadly)|poison(?:ing|ous)|overdos\w+",
    r"(?:keep|stay|store)[^.\n]{0,40} (?:away from|out of (?:the )?(?:reach|sight))|flammable|naked flames?",
    r"(?:warnings?|caution|important):",
)

_WHEN_NOT = (
    r"(?:if|when|while|during|unless|until|who|under (?:the age|\d+)|younger|in pregnancy|to children)"
)

#: Wordings of who must not have a treatment, or when.
CONTRAINDICATION = (
    r"contra-?indicat\w+",
    (rf"(?:{_NOT} (?:take|use|give|start|be (?:taken|used|given))|(?:should|must|can) ?not (?:have|get))\b"
     rf"[^.\n]{{0,80}}\b{_WHEN_NOT}"),
    r"(?:who|you|people|anyone|patients|children|women) (?:should|must|can)(?: ?not|n['’]t) (?:take|use)",
    r"(?:not (?:safe|suitable|recommended|advised)|unsafe) (?:for|in|if|during|when|while)",
    r"(?:not|never) (?:in|during|while|for|if) (?:pregnan\w+|breast-?feeding|children|babies|you are)",
    r"not to be (?:used|taken|given)|(?:should|must|ought to) be avoided (?:in|during|by|if|when|with|while)",
    r"(?:should|must|can) ?not be (?:used|taken|given) (?:in|during|by|if|when|with|while)",
    r"avoid(?:ed)? (?:\w+ ){0,4}(?:in|during|if|when) (?:pregnan\w+|you|people|patients|children|nursing)",
    r"(?:you are|you['’]re|known to be|if) allergic to|(?:severe|serious) allergic reactions?",
    r"(?:pregnant|breast-?feeding)\b.{0,60}\b(?:ask|avoid|not|talk|tell)",
    r"(?:ask|avoid|should not|must not|do not|talk|tell)\b[^.\n]{0,60}\b(?:pregnant|breast-?feeding)",
)  # fmt: skip

#: Wordings of what does not go together with a treatment.
INTERACTION = (
    r"interact(?:s|ed|ing|ions?)? with|can interact|interactions? between",
    r"(?:drug|food|medicine|medication|herb|alcohol) interactions?",
    (r"(?:take|taken|taking|drink|use|used|using|mix|mixed|mixing|combine|combined)\b[^.\n]{0,40}\b"
     rf"(?:with|and) (?:\w+ )?(?:alcohol|grapefruit|antacids?|antidepressants|nsaids?|other {_MEDICINES})"),
    r"(?:avoid|no|not|with|of|drink|eat) (?:\w+ ){0,3}grapefruit",
    (rf"(?:tell|ask|check with)\b[^.\n]{{0,60}}\b{_DOCTOR}\b[^.\n]{{0,80}}\b"
     rf"(?:other|all|any|what) (?:\w+ ){{0,4}}{_MEDICINES}"),
    (rf"(?:tell|ask|check with|talk to|speak to)\b[^.\n]{{0,40}}\b{_DOCTOR}\b[^.\n]{{0,40}}\b"
     r"(?:if|when|that) you (?:also |already |currently )?(?:take|are taking|use|are using|are on) "
     r"(?!it\b|this\b|part\b|care\b)\w+"),
    r"(?:take|taken|taking|use|used)\b[^.\n]{0,60}\bat the same time as",
    rf"makes? (?:\w+ ){{0,4}}{_MEDICINES} (?:\w+ )?(?:less|more) \w+",
    rf"(?:reduces?|increases?|changes?|affects?) (?:the effects? of|how) (?:\w+ ){{0,4}}{_MEDICINES}",
)  # fmt: skip

#: Wordings of signs that need help, and of how fast.
RED_FLAG = (
    r"(?:seek|get|needs?) (?:emergency|urgent|immediate|medical) (?:\w+ )?(?:help|care|attention|advice)",
    rf"(?:see|call|contact|tell|go|ring|help|care|doctor|attention)\b[^.]{{0,60}}\b{_PROMPTLY}",
    rf"(?:see|call|contact|ring) (?:your|a|an|the) (?:\w+ ){{0,3}}{_DOCTOR}\b[^.\n]{{0,40}}\b(?:if|when):?",
    r"emergency|life[- ]threatening|(?:warning|danger) signs?|red[- ]flags?",
    r"(?:call|ring|dial|phone) (?:an? ambulance|\d{3})",
    r"(?:difficulty|trouble|problems?|struggl\w+) (?:with |in |to )?breath(?:e|ing)",
    r"(?:unable|hard) to breathe",
    r"(?:weak\w*|numb\w*|paralys\w+) (?:\w+ ){0,4}one side|slurred speech|loss of consciousness",
    r"(?:cough\w*|throw\w*|vomit\w*|bring\w*) (?:up )?blood|blood in (?:your|the) (?:vomit|stools?|poo)",
    r"pain (?:that )?(?:spreads|spreading|moves|radiat\w+) to (?:the |your |one )?(?:arms?|jaw|neck|back)",
)

#: Signs of an emergency itself, wherever they are told. Each is a red flag, too.
EMERGENCY_SIGNS = (
    (r"sudden(?:ly)? (?:\w+ ){0,3}(?:weakness|numbness|paralysis|confusion|loss of (?:\w+ )?(?:speech|vision|"
     r"sight|balance)|(?:trouble|difficulty) (?:speaking|seeing|walking|understanding)|slurred speech|"
     r"severe headache)"),
    (r"(?:weak(?:ness)?|numb(?:ness)?|paralys\w+|droop\w*|dropped|limp) (?:on|of|down|in) "
     r"one side of (?:the|your|their) face|face (?:\w+ ){0,4}dropped"),
    r"fac(?:e|ial) (?:\w+ ){0,2}droop\w*",
    r"(?:worst|thunderclap|sudden,? severe) headache",
    r"(?:swelling|swollen) (?:\w+,? ){0,5}(?:tongue|throat)",
    r"(?:tongue|throat) (?:\w+ ){0,3}(?:swell\w*|swollen|closing)",
    (r"(?:blue|gr[ae]y|purple) (?:\w+ ){0,2}(?:lips|skin|face|tongue)|"
     r"(?:lips|skin|face|tongue) (?:that )?(?:\w+ ){0,3}(?:blue|gr[ae]y)"),
    r"(?:severe|extreme|great|serious) (?:difficulty|trouble) (?:in )?breathing|gasping for (?:air|breath)",
    r"too (?:breathless|short of breath) to (?:speak|talk|eat)",
    r"(?:stops?|stopped|not) breathing",
    r"(?:los(?:es?|ing)|lost) consciousness|(?:is|are|becomes?|falls?|goes) unconscious|unresponsive",
    (r"(?:(?:does|do|will) not|(?:doesn|don|won)['’]t|hard to) wake(?: up)?"
     r"(?! (?:\w+ )?(?:refreshed|rested|at|in|feeling|you))|(?:cannot|can['’]t) be woken"),
    (r"bleeding (?:that )?(?:\w+ )?(?:will not|won['’]t|does not|doesn['’]t|cannot be|can['’]t be|is hard to)"
     r" stop(?:ped)?"),
    r"rash (?:that )?(?:does not|doesn['’]t|won['’]t|will not) (?:fade|disappear|go away when)",
    r"(?:seizure|fit|convulsion)s? (?:that )?(?:last\w*|go\w* on) (?:for )?(?:longer|more)",
    r"(?:crushing|severe|sudden|squeezing) chest pains?",
)  # fmt: skip

#: Topics that make an article or section, by its title or heading, one about an emergency.
EMERGENCY_TOPICS = (
    r"(?:heat|mini)?-?strokes?",
    r"transient isch(?:a)?emic attacks?",
    r"heart attacks?",
    r"myocardial infarctions?",
    r"cardiac arrests?",
    r"acute coronary syndromes?",
    r"chest pains?",
    r"anaphyla\w+",
    r"severe allergic reactions?",
    r"overdos\w+",
    r"poisonings?",
    r"suicid\w+",
    r"self[- ]harm\w*",
    r"sepsis",
    r"septic(?:a)?emia",
    r"(?:septic|toxic) shock",
    r"meningitis",
    r"chok(?:ing|e)",
    r"drowning",
    r"severe bleeding",
    r"h(?:a)?emorrhages?",
    r"pulmonary embolisms?",
    r"status epilepticus",
    r"aortic dissections?",
    r"ectopic pregnanc(?:y|ies)",
    r"diabetic ketoacidosis",
    r"unconsciousness",
    r"emergenc(?:y|ies)",
)

_DANGER = (
    r"(?:thoughts? of|think(?:s|ing)? (?:of|about)|feel like|wants? to|plan\w* to|tr(?:y|ies) to|urges? to)"
)
_HARM = (
    r"(?:hurt\w*|harm\w*|cut\w*|kill\w*|end\w*) (?:yourself|themselves|himself|herself|(?:your|their) life)"
)

#: Wordings that send the reader to the emergency services, or tell of danger to oneself, in any section.
EMERGENCY_CALLS = (
    (r"(?:call|ring|dial|phone) (?:(?:for )?(?:your )?(?:local )?(?:an? |the )?(?:ambulance|emergency)|"
     r"(?:\w+ ){0,3}(?:911|999|112|000|111|988|995|119|108))"),
    r"emergency services|local emergency number",
    (r"go (?:straight |right |immediately )?to (?:the|your|an?) (?:nearest |hospital )*"
     r"(?:casualty|er|a&e|emergency)"),
    r"accident and emergency",
    r"(?:seek|get|needs?) (?:immediate |urgent )?emergency (?:\w+ )?(?:help|care|treatment|attention)",
    r"(?:is|are|as) an? (?:medical )?emergency",
    r"medical emergenc(?:y|ies)",
    rf"suicidal (?:thoughts?|feelings?|ideas?|ideation)|{_DANGER}[^.\n]{{0,40}}\b(?:suicid\w+|{_HARM})",
    r"(?:harm|harms|harming|kill|killing) (?:yourself|themselves|himself|herself|themself)|ending your life",
    r"suicidal|self[- ]harm\w*",
)  # fmt: skip

#: What may stand before the emergency that a line names: "Signs of a stroke", "Sudden chest pain".
_BEFORE_NAME = (
    r"(?:an?|the|sudden|severe|serious|acute|crushing|massive|possible|life-threatening|signs?|symptoms?|of|"
    r"suspected|having|having had|new|worsening)"
)
#: What may follow there to the end of the line; verbs that make it a statement about the emergency may not.
_AFTER_NAME = (
    r"(?=\W*$| \(|:|\W+(?:can|may|could|might) (?:also )?(?:follow|occur|happen|develop|result|be fatal)|"
    r"[,/]? (?:and|or|with|that|which|spreading|from|after|in|during|due)\b(?!.*\b(?:is|are|was|were|has|"
    r"have|risks?|prevent\w*|vaccin\w*|histor\w+|rare\w*|less)\b).{0,50}$)"
)

#: Topics that many people want kept private, by title or heading.
SENSITIVE_TOPICS = (
    # sexual and reproductive health
    r"sexual\w*",
    r"st[id]s?",
    r"hiv",
    r"aids",
    r"(?:chlamydia|gonorrh|syphilis|herpes|genital|vagin|ejaculat|contracepti)\w*",
    r"hpv",
    r"erectile",
    r"impotence",
    r"libido",
    r"birth control",
    r"abortions?",
    r"peni(?:s|le)",
    r"infertility",
    # mental health
    r"mental (?:health|illness\w*|disorders?)",
    r"depress(?:ion|ive)",
    r"anxiety",
    r"panic (?:attacks?|disorder)",
    r"bipolar",
    r"(?:schizo|psychos[ie]s|psychotic|suicid)\w*",
    r"ptsd|post-?traumatic stress",
    r"ocd|obsessive",
    r"anorexia|bulimia|eating disorders?",
    r"personality disorders?",
    r"self[- ]harm\w*",
    r"grief|bereavement",
    # addiction
    r"addict\w+",
    r"alcohol(?:ism| use disorder| dependence| misuse| abuse| withdrawal)",
    r"(?:drug|substance|opioid|cocaine|heroin|cannabis) (?:use|misuse|abuse|dependence|withdrawal)",
    r"gambling",
    r"overdos\w+",
    # loss and violence
    r"miscarriages?|stillb\w+|(?:pregnancy|baby) loss",
    r"ectopic pregnanc(?:y|ies)",
    r"domestic (?:abuse|violence)|rape|assault|abuse",
)

_STREET_DRUGS = r"(?:heroin|cocaine|crack|methamphetamine|ecstasy|opioids?|cannabis|marijuana)"
#: Words that make any section sensitive, wherever they stand.
SENSITIVE_WORDS = (
    r"suicid\w+|self[- ]harm\w*",
    r"(?:hurting|harm|harms|harming|kill|killing) (?:yourself|themselves|himself|herself|themself)",
    r"end(?:ing)? (?:your|their) (?:own )?life",
    r"miscarriages?|stillb(?:irths?|orn)|pregnancy loss|abortions?",
    r"sexually transmitted|erectile dysfunction|sexual (?:abuse|assault|partners?)",
    r"rape|hiv",
    r"(?:drug|alcohol|substance|opioid) (?:addiction|abuse|misuse|dependence|use disorder)",
    rf"{_STREET_DRUGS} (?:use\w*|misuse|abuse|addict\w+)",
    rf"(?:us(?:e|es|ed|ing)|tak(?:e|es|ing)|inject\w*|smok\w+) {_STREET_DRUGS}",
    r"(?:chlamydia|gonorrh|syphilis|schizophren|psychos[ie]s|psychotic)\w*|bipolar disorder|genital\w*",
    r"herpes(?! zoster)|eating disorders?|anorexia nervosa|bulimia\w*",
)

#: Headings that say what stands below them, where the text itself may not ("Who should not take it").
HEADINGS: dict[Flag, tuple[str, ...]] = {
    Flag.DOSE: (r"dos(?:e|es|age|ing)", r"how (?:much )?(?:to|do i|should i|should you) (?:take|use)"),
    Flag.WARNING: (
        r"(?:special |important )?(?:warnings?|precautions?|cautions?)",
        r"before (?:you )?tak(?:e|ing)",
    ),
    Flag.CONTRAINDICATION: (r"who (?:should|must|can)(?: ?not|n['’]?t)", r"when not to (?:take|use)"),
    Flag.INTERACTION: (r"interactions?", r"taking (?:it )?with other \w+"),
    Flag.RED_FLAG: (
        r"when (?:to|should i|should you|do i need to) (?:see|seek|call|get|contact|go|visit|worry|ask)",
        r"(?:seek|seeking|get|getting) (?:\w+ )?(?:help|advice|attention)",
        r"emergenc(?:y|ies)|urgent \w+|severe reactions?",
    ),
}


def any_of(wordings: tuple[str, ...]) -> re.Pattern[str]:
    r"""One pattern of all *wordings*, for texts prepared by prepared.

    Ignoring case is slow in re, and so is trying every letter for ``\b``: the character before a word is
    looked for instead.
    """
    return re.compile(rf"\W(?:{'|'.join(wordings)})(?!\w)")


def prepared(text: str) -> str:
    """*text* as the patterns want it: in lower case, and with a character before its first word."""
    return f"\n{text.lower()}"


_WORDINGS = {
    Flag.DOSE: any_of(DOSE),
    Flag.WARNING: any_of(WARNING),
    Flag.CONTRAINDICATION: any_of(CONTRAINDICATION),
    Flag.INTERACTION: any_of(INTERACTION),
    Flag.RED_FLAG: any_of(RED_FLAG),
    Flag.EMERGENCY: any_of(EMERGENCY_CALLS),
    Flag.SENSITIVE: any_of(SENSITIVE_WORDS),
}
_HEADINGS = {flag: any_of(wordings) for flag, wordings in HEADINGS.items()}
_EMERGENCY_SIGN = any_of(EMERGENCY_SIGNS)
#: A line, as a rule an item of a list, that is the name of an emergency and little more.
_NAMES_EMERGENCY = re.compile(
    rf"^\W*(?:\d+\. )?(?:{_BEFORE_NAME} )*(?:{'|'.join(EMERGENCY_TOPICS)})(?!\w){_AFTER_NAME}", re.MULTILINE
)
_FOOD_AMOUNT = any_of(FOOD_AMOUNT)
_EMERGENCY_TOPIC, _SENSITIVE_TOPIC = any_of(EMERGENCY_TOPICS), any_of(SENSITIVE_TOPICS)
_WARNINGS = frozenset({Flag.CONTRAINDICATION, Flag.INTERACTION, Flag.RED_FLAG})


def is_emergency_topic(title: str) -> bool:
    """Whether an article or section called *title* is, as a whole, about an emergency.

    Narrower than Flag.EMERGENCY, which a section also gets for telling the reader whom to call.

    >>> is_emergency_topic("Stroke and mini-stroke"), is_emergency_topic("High blood pressure")
    (True, False)
    """
    return bool(_EMERGENCY_TOPIC.search(prepared(title))) or reading.is_emergency_topic(title)


def find_flags(text: str, *, heading: str = "", title: str = "") -> tuple[Flag, ...]:
    """The flags of a section or block with this *text*, under *heading*, in the article called *title*.

    Returns:
        Flags in the order of the Flag enumeration, each once. WARNING is among them wherever
        CONTRAINDICATION, INTERACTION or RED_FLAG is.

    >>> [flag.value for flag in find_flags("Do not take it if you have an ulcer.")]
    ['warning', 'contraindication']
    """
    lower = prepared(text)
    found = set(_topic_flags(heading, title))
    found.update(flag for flag, wordings in _WORDINGS.items() if flag not in found and wordings.search(lower))
    if _EMERGENCY_SIGN.search(lower):
        found |= {Flag.EMERGENCY, Flag.RED_FLAG}
    elif _NAMES_EMERGENCY.search(lower):
        found.add(Flag.EMERGENCY)
    if Flag.DOSE in found and _only_food(lower) and Flag.DOSE not in _topic_flags(heading, title):
        found.discard(Flag.DOSE)
    found |= reading.find_flags(text, heading=heading, title=title)
    if found & _WARNINGS:
        found.add(Flag.WARNING)
    return tuple(flag for flag in Flag if flag in found)


@lru_cache(maxsize=256)
def _topic_flags(heading: str, title: str) -> frozenset[Flag]:
    """What *heading* and *title* say of all that stands below them."""
    topic, below = prepared(f"{title}\n{heading}"), prepared(heading)
    found = {flag for flag, wordings in _HEADINGS.items() if wordings.search(below)}
    found.update(flag for flag in _WARNINGS if _WORDINGS[flag].search(below))
    if _EMERGENCY_TOPIC.search(topic):
        found.add(Flag.EMERGENCY)
    if _SENSITIVE_TOPIC.search(topic):
        found.add(Flag.SENSITIVE)
    return frozenset(found)


def _only_food(lower: str) -> bool:
    """Whether all that looks like a dose in the text is an amount of food."""
    without, amounts = _FOOD_AMOUNT.subn(" ", lower)
    return bool(amounts) and not _WORDINGS[Flag.DOSE].search(without)
