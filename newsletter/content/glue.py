"""Source names and bare domains that saved pages glue to the end of sentences, where the site had links."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from newsletter.content.flag import DOSE_UNITS, find_flags

#: Organisations whose names are found glued together or alone after a sentence.
SOURCES = (
    *("PubMed Central", "PubMed", "PMC", "NCBI", "NIH", "NHS inform", "NHS", "CDC", "WHO", "FDA", "NICE"),
    *("Wikipedia", "Medscape", "Physiopedia", "Kenhub", "Radiopaedia", "Radiology Assistant", "Osmosis"),
    *(
        "Spine-health",
        "Spine Society",
        "WebMD",
        "Mayo Clinic",
        "MayoClinic",
        "Cleveland Clinic",
        "Healthline",
    ),
    *("MedlinePlus", "Merck Manuals", "Merck Manual", "MSD Manuals", "MSD Manual", "StatPearls", "UpToDate"),
    *("Verywell Health", "VerywellHealth", "ScienceDirect", "Elsevier", "SpringerLink", "Springer", "Wiley"),
    *("Orthobullets", "Johns Hopkins Medicine", "Johns Hopkins", "Barrow Neurological Institute"),
    *("ResearchGate", "TeachMeAnatomy", "DermNet NZ", "DermNet", "BMJ", "JAMA", "The Lancet", "Frontiers"),
    *("MDPI", "Orphanet", "OMIM", "GARD", "NORD", "AAOS", "OrthoInfo", "Hospital for Special Surgery"),
    *("Medical News Today", "Britannica", "ACOG", "AAFP", "AAD", "Harvard Health", "Everyday Health"),
    *("Patient.info", "Drugs.com", "eMedicine", "RxList", "MedicineNet", "KidsHealth", "TeachMeSurgery"),
    *("TeachMePaediatrics", "Geeky Medics", "Health"),
)
#: A word that only the names of organisations have, as they print it.
ORGANISATION = (
    r"\b(?:Society|Societies|Association|Foundation|Institutes?|College|Academy|Organi[sz]ation|Alliance|"
    r"Federation|Council|University|Hospitals?|Ministry|Department|Centers?|Centres?|Agency|Library|Clinic|"
    r"Collaboration|Collaborative|Trust|Charity|Network|League|Registry|Press|Images|Media)\b"
)
#: Endings after which the next domain is glued on.
ENDINGS = (
    *("com", "org", "net", "gov", "edu", "info", "co.uk", "nhs.uk", "gov.uk", "ac.uk", "org.uk"),
    *("com.au", "org.au", "gov.au", "edu.au", "net.au", "co.nz", "org.nz", "govt.nz", "gc.ca", "europa.eu"),
)
#: Endings with which many a word begins ("my.cancer.org"): they count before or after a known site.
COUNTRIES = ("int", "eu", "de", "ca", "au", "ie", "nz", "ch", "uk", "fr")
#: Sites that are no names of the sources above, as they stand before the ending.
SITES = (
    *("who", "ncbi", "hopkinsmedicine", "heart", "cancer", "arthritis", "stroke", "kidney", "lung", "nature"),
    *(
        "thelancet",
        "nejm",
        "oup",
        "lww",
        "orpha",
        "rarediseases",
        "clevelandclinic",
        "jamanetwork",
        "cochrane",
    ),
    *("canada", "healthdirect", "betterhealth", "rki", "eular", "hse", "mims", "bnf", "nhsinform"),
)
#: What stands before a site's name: the first are words, too, and belong to the address in a heading only.
WORDS_BELOW = {
    "link": "springer", "health": "clevelandclinic|harvard", "academic": "oup", "journals": "lww|plos",
    "media": "springernature", "newsroom": "heart",
}  # fmt: skip
NAMES_BELOW = {
    "orthoinfo": "aaos", "bestpractice": "bmj", "ghr": "nlm", "onlinelibrary": "wiley", "jnnp": "bmj",
    "rarediseases": r"info\.nih", "cks": "nice", "bnf": "nice", "pubs": "acs|rsna", "emedicine": "medscape",
    "ema": "europa", "ecdc": "europa",
}  # fmt: skip

#: Source names are short: only the end of a text is looked at.
TAIL = 160

_NAMES = "|".join(re.escape(name) for name in sorted(SOURCES, key=lambda name: (-len(name), name)))
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_DOMAIN_END = re.compile(r"\.(?:com|org|net|gov|edu|int|info|io|co|eu|uk|au|ca|in|de|fr|nz|ie|us|health)$")
_ENDING = "|".join(re.escape(ending) for ending in ENDINGS)
# Sites of the organisations above (and their short names), as they stand in addresses.
_SITE_NAMES = "|".join(
    sorted(
        {re.sub(r"[^a-z0-9-]", "", name.lower()) for name in SOURCES} | set(SITES),
        key=lambda name: (-len(name), name),
    )
)
_BELOW = (
    r"(?:www|pmc|pubmed|ncbi|nlm|ods|my|en|m|emedicine|medlineplus|rarediseases|ni[a-z]{1,3}|nhlbi|nei|nci)"
)
_SITE = rf"(?:{_BELOW}\.)*(?:{_SITE_NAMES})\.(?:com|org|net|gov|edu|int|co|nhs|uk|ca|nz)"
_COUNTRY = "|".join(COUNTRIES)
_JOINT = re.compile(
    rf"(?:(?<!www)\.(?:{_ENDING})|^(?:www\.)?(?:nhs|gov)\.uk)(?=[a-z0-9-]{{2,}}\.[a-z])|"
    rf"(?<!www)\.(?:{_COUNTRY})(?={_SITE})|"
    rf"(?:^|\.)(?:{_SITE_NAMES})\.(?:{_COUNTRY})(?=[a-z0-9-]{{2,}}\.[a-z])"
)
_HOST = re.compile("|".join(rf"{below}\.(?:{name})\." for below, name in NAMES_BELOW.items()))
_HOST_OF_WORDS = re.compile("|".join(rf"{below}\.(?:{name})\." for below, name in WORDS_BELOW.items()))
_NUMBER = r"[^\w\s]*\d+(?:[.,–-]\d+)*"
_UNIT = rf"(?:{DOSE_UNITS}|°[CF]|m?U|mm|cm)"
_HEADS = (
    # "7.1nih.gov", "20%webmd.com", "7.webmd.com": a number, then a site.
    re.compile(rf"(?P<head>{_NUMBER}{_UNIT}?[%°)]*\.?)(?={_SITE})"),
    re.compile(rf"(?P<head>{_NUMBER}[.,]\d+(?:[–-]\d+(?:[.,]\d+)*)?[%°)]*\.?)(?=[a-z][a-z0-9-]+\.[a-z])"),
    re.compile(rf"(?P<head>[^\W_.:]+(?:/[^\W_.:]+?)+)(?={_SITE})"),
    # "mmol/L.webmd.com": no label of a domain has such signs.
    re.compile(r"(?P<head>[^\W\d_.:]*(?:[/%°²³µμ)\]][^\W\d_.:]*)+\d?[)\]]*\.)(?=[a-z0-9-]+\.[a-z])"),
)
# "hurts.nih.gov": a word that is no part of a known site's address.
_WORD_HEAD = re.compile(rf"(?P<head>(?!{_BELOW}\.)[\w'’-]+\.)(?={_SITE})")
# "hurts.example.orgexample.com": it may be a word, so it stays.
_WORD_BEFORE_DOMAINS = re.compile(rf"(?!{_BELOW}\.)[\w-]+\.(?!com|org|net|gov|edu|co\.)(?=[a-z0-9-]+\.[a-z])")
# "5 mg.example.org", "5 mgnih.gov": what stands after a number is its unit.
_UNIT_HEADS = (
    re.compile(rf"(?P<head>{_UNIT})(?={_SITE})"),
    # "stone.2 thelancet.comexample.org": a word before an ending and one more domain is a site.
    re.compile(
        rf"(?P<head>(?!{_BELOW}\.)(?!(?!(?:{_UNIT})\.)[a-z]{{4,}}\.(?:{_ENDING})[a-z0-9-]{{2,}}\.)"
        rf"[^\W\d_]{{1,12}}\.)(?=[a-z0-9-]+\.[a-z])"
    ),
)
_BEGINS = re.compile(rf"(?:The )?(?:{_NAMES})\b")
# "PMC+2": how many more sources a site names behind its link.
_NAME = rf"(?:{_NAMES})®?(?:\+\d{{1,2}})?"
_CHIP = r"(?:[A-Z][A-Za-z&’'-]{2,}\+\d{1,2})"
# A full stop is the end of a sentence; a colon or question mark may lead to the name: "Charity: NHS".
_STOP = r"(?:(?<=[.!])|(?<=[.!][)\]”\"’])|(?<=\d\]))"
_NAMES_AFTER_STOP = re.compile(rf"{_STOP}\s?((?:{_NAME}[+ ]?)+\.?)$")
_CHIPS_AFTER_STOP = re.compile(rf"{_STOP}\s?({_CHIP}(?: ?{_CHIP})*\.?)$")
_NAMES_AFTER_COLON = re.compile(rf"(?<=[:?)\]])\s?((?:{_NAME}){{2,}}\.?)$")
_GLUED_NAMES = re.compile(rf"\s((?:(?:{_NAME}){{2,}}|(?:{_NAMES})\+\d{{1,2}})\.?)$")
# Names that no list knows: "Spine SocietyEuropean Journal." joins a small letter to a capital one.
_CAMEL_AFTER_STOP = re.compile(
    rf"{_STOP}\s((?=\S+ \S)(?=[^.!?]*[a-z]{{3}}[A-Z][a-z]{{2}})(?:[A-Z][\w®&-]+ ?){{1,4}}\.)$"
)
_TOP = r"(?:com|org|net|gov|edu|info|io|int|eu|co\.uk|nhs\.uk|org\.uk)"
# "rare.TeachMeSurgery", "rare.Patient.info": no blank stands between the sentence and the link.
_GLUED_TO_STOP = re.compile(
    rf"(?<=[a-z0-9)\]%][.!])((?=[^!?]*(?:[a-z]{{2}}[A-Z][a-z]|\.{_TOP}\.?$))"
    rf"[A-Z][\w®&-]+(?:\.{_TOP}(?![a-z]))?[\w®&-]*(?: [A-Z][\w®&-]+){{0,3}}\.?)$"
)
# "Patient.infoNHS.": an address with a name glued on.
_ADDRESS_AND_NAME = re.compile(
    rf"(?:^|\s|(?<=[a-z0-9)\]%][.!])(?=[A-Z]))((?:[A-Za-z0-9-]+\.)+{_TOP}(?=[A-Z][A-Za-z])[\w.®&-]+)$"
)
_NAME_PATTERNS = (
    _NAMES_AFTER_STOP, _CHIPS_AFTER_STOP, _CAMEL_AFTER_STOP, _NAMES_AFTER_COLON, _GLUED_NAMES,
    _ADDRESS_AND_NAME, _GLUED_TO_STOP,
)  # fmt: skip
#: A single name in CamelCase after a sentence, which may be a medicine's: a source only where it recurs.
_LONE_CAMEL = re.compile(rf"{_STOP}\s((?=\w*[a-z][A-Z][a-z])[A-Z]\w+)\.?$")
# Two names or more glued together, of which a table knows one, or which are organisations' by a word.
_TITLED = r"[A-Z][\w&®'’-]*"
_TITLES_AFTER_STOP = re.compile(
    rf"(?:{_STOP}|(?<=[:?]))\s?({_TITLED}(?: (?:(?:of|for|the|and|in|on|&) ){{0,2}}{_TITLED}){{0,12}}\.?)$"
)
_LISTED = "|".join(re.escape(name) for name in SOURCES if name != "Health")
_GLUED_TO_LISTED = re.compile(
    rf"(?<=[A-Za-z])(?:{_LISTED})(?![a-z])|(?<![A-Za-z])(?:{_LISTED})(?=[A-Z][A-Za-z])"
)
_GLUED = re.compile(r"(?<=[a-z]{3})(?=[A-Z][a-z]{2})|(?<=[A-Z]{2})(?=[A-Z][a-z]{2})")
_ORGANISED = re.compile(ORGANISATION.removesuffix(r"\b") + "(?![a-z])")
_ABBREVIATED = re.compile(r"\b(?:drs?|mrs?|ms|prof|st|vs|fig|e\.g|i\.e|approx)\.$", re.IGNORECASE)
_ENDS = re.compile(r"[.!?:)\]][\"'”’]?$")
_STOPS = re.compile(r"[.!][\"'”’)\]]?$")
#: Questions that a site's address answers.
_ASKS_WHERE = re.compile(
    r"\b(?:where|find|more|contact|(?:web)?sites?|pages?|addresse?s?)\b[^.]*\?$", re.IGNORECASE
)
_ASKS_TO_VISIT = re.compile(r"\b(?:at|on|from|visit|see|to|website|www)\W*$", re.IGNORECASE)


def split_glued_sources(text: str, *, recurring: frozenset[str] = frozenset()) -> tuple[str, str]:
    """*text* without the source names or bare domains glued to its end, and what was cut off (or "").

    *recurring* are names that stand after sentences all over the page (see recurring_names).

    >>> split_glued_sources("It is rare. PubMedWikipedia.")
    ('It is rare.', 'PubMedWikipedia.')
    """
    kept, cut = _split_domains(text)
    if cut:
        return kept, cut
    lone = _LONE_CAMEL.search(text[-TAIL:])
    if lone and lone[1] in recurring:
        return text[: len(text) - len(lone[0])].rstrip(), lone[0].strip()
    titles = _TITLES_AFTER_STOP.search(text[-TAIL:])
    kept = text[: len(text) - len(titles[0])].rstrip() if titles else ""
    if titles and kept and _are_sources(titles[1], recurring) and not _belongs(titles[1], before=kept):
        return kept, titles[1].strip()
    for pattern in _NAME_PATTERNS:
        match = pattern.search(text[-TAIL:])
        kept = text[: len(text) - len(match[0])].rstrip() if match else ""
        if match and kept and not _belongs(match[1], before=kept):
            return kept, match[1].strip()
    return text, ""


def recurring_names(texts: Sequence[str]) -> frozenset[str]:
    """Names in CamelCase that stand alone after sentences of several *texts*, and nowhere within one."""
    ends = [match for text in texts if (match := _LONE_CAMEL.search(text[-TAIL:]))]
    counts = Counter(match[1] for match in ends if not _ABBREVIATED.search(match.string[: match.start()]))
    glued = (match for text in texts if (match := _TITLES_AFTER_STOP.search(text[-TAIL:])))
    parts = Counter(part for match in glued for part in _parts(match[1]))
    often = [name for name, count in counts.items() if count > 1]
    alone = {name for name in often if sum(text.count(name) for text in texts) == counts[name]}
    return frozenset(alone | {part for part, count in parts.items() if count > 1})


def _parts(names: str) -> list[str]:
    """The names that are glued together in *names*; none where there is only one."""
    parts = _GLUED.split(names.rstrip("."))
    return parts if len(parts) > 1 else []


def _are_sources(names: str, recurring: frozenset[str]) -> bool:
    """Whether *names* in title case are glued together, and the tables or the page know them."""
    if find_flags(names):
        return False
    if _GLUED_TO_LISTED.search(names):
        return True
    parts = _parts(names)
    return bool(parts) and (recurring.issuperset(parts) or all(map(_ORGANISED.search, parts)))


def _belongs(cut: str, *, before: str) -> bool:
    """Whether what was found to be a source may be words of the sentence *before* it."""
    if _ABBREVIATED.search(before) or (_ASKS_TO_VISIT.search(before) and "." in cut.rstrip(".")):
        return True
    # "Stanford HealthWebMD": where the name begins is not known.
    last = before.rsplit(maxsplit=1)[-1]
    return cut.startswith("Health") and last[:1].isupper() and not _ENDS.search(last)


def names_source(text: str) -> bool:
    """Whether *text* begins with the name of a known source."""
    return bool(_BEGINS.match(text))


def _split_domains(text: str) -> tuple[str, str]:
    """Cut off a last word of glued domains, or a single domain that stands after the sentence's end."""
    last = text[-TAIL:].rsplit(maxsplit=1)[-1] if text.strip() and not text[-1].isspace() else ""
    kept = text[-TAIL:].removesuffix(last)
    head = _head(last, before=kept)
    if head:
        return text[: len(text) - len(last) + len(head)], last[len(head) :]
    domain = last.removesuffix(".")
    if not kept.strip() or not _DOMAIN.fullmatch(domain) or not _DOMAIN_END.search(domain):
        return text, ""
    asked = kept.rstrip().endswith("?") and not _ASKS_WHERE.search(kept.rstrip())
    alone = asked or (_STOPS.search(kept.rstrip()) and not _ASKS_TO_VISIT.search(kept))
    if not alone and (not _JOINT.search(domain) or domain[0].isdigit()):
        return text, ""
    word = None if alone or _is_host(last, before=kept) else _WORD_BEFORE_DOMAINS.match(last)
    if word and _JOINT.search(last[word.end() :]):
        return text[: len(text) - len(last) + word.end()], last[word.end() :]
    return text[: len(text) - len(last)].rstrip(), last


def _head(last: str, *, before: str) -> str:
    """What of the *last* word belongs to the sentence, where a site's address is glued to it; else empty."""
    before = before.rstrip()
    if _is_host(last, before=before):
        return ""
    patterns: tuple[re.Pattern[str], ...] = _HEADS
    if before[-1:].isdigit():
        patterns = (*_UNIT_HEADS, *_HEADS, _WORD_HEAD)
    elif not _ENDS.search(before) and not _ASKS_TO_VISIT.search(before):
        patterns = (*_HEADS, _WORD_HEAD)
    for pattern in patterns:
        match = pattern.match(last)
        domain = last[match.end() :].removesuffix(".") if match else ""
        if match and _DOMAIN.fullmatch(domain) and _DOMAIN_END.search(domain):
            return match["head"]
    return ""


def _is_host(last: str, *, before: str) -> bool:
    """Whether the *last* word begins with an address whose first part is no word of the sentence *before*.

    "Drug Therapy health.example.org" is a heading and an address; "good for your health." ends a sentence.
    """
    if _HOST.match(last):
        return True
    word = before.rsplit(maxsplit=1)[-1] if before.strip() else ""
    apart = word[:1].isupper() or word[-1:].isdigit() or bool(_ENDS.search(word))
    return apart and bool(_HOST_OF_WORDS.match(last))
