"""Source names and bare domains that saved pages glue to the end of sentences, where the site had links."""

from __future__ import annotations

import re

from newsletter.content.flag import DOSE_UNITS

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
    *("Medical News Today", "Britannica", "ACOG", "AAFP", "AAD", "Health"),
)
#: A word that only the names of organisations have, as they print it.
ORGANISATION = (
    r"\b(?:Society|Societies|Association|Foundation|Institutes?|College|Academy|Organi[sz]ation|Alliance|"
    r"Federation|Council|University|Hospitals?|Ministry|Department|Centers?|Centres?|Agency|Library|Clinic|"
    r"Collaboration|Collaborative|Trust|Charity|Network|League|Registry|Press|Images|Media)\b"
)
#: Endings after which the next domain is glued on.
ENDINGS = ("com", "org", "net", "gov", "edu", "co.uk", "nhs.uk", "gov.uk", "ac.uk", "org.uk")

#: Source names are short: only the end of a text is looked at.
TAIL = 160

_NAMES = "|".join(re.escape(name) for name in SOURCES)
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_DOMAIN_END = re.compile(r"\.(?:com|org|net|gov|edu|int|info|io|co|eu|uk|au|ca|in|de|fr|nz|ie|us|health)$")
_JOINT = re.compile(rf"\.(?:{'|'.join(re.escape(ending) for ending in ENDINGS)})(?=[a-z0-9-]{{2,}}\.[a-z])")
# Sites of the organisations above (and their short names), as they stand in addresses.
_SITE_NAMES = "|".join(
    sorted(
        {re.sub(r"[^a-z0-9-]", "", name.lower()) for name in SOURCES} | {"ncbi", "who", "hopkinsmedicine"},
        key=lambda name: (-len(name), name),
    )
)
_BELOW = (
    r"(?:www|pmc|pubmed|ncbi|nlm|ods|my|en|m|emedicine|medlineplus|rarediseases|ni[a-z]{1,3}|nhlbi|nei|nci)"
)
_SITE = rf"(?:{_BELOW}\.)*(?:{_SITE_NAMES})\.(?:com|org|net|gov|edu|int|co|nhs|uk|ca|nz)"
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
    re.compile(rf"(?P<head>(?!{_BELOW}\.)[^\W\d_]{{1,12}}\.)(?=[a-z0-9-]+\.[a-z])"),
)
_BEGINS = re.compile(rf"(?:The )?(?:{_NAMES})\b")
_GLUED_NAMES = re.compile(rf"\s((?:(?:{_NAMES})®?){{2,}}\.?)$")
_NAMES_AFTER_END = re.compile(rf"(?<=[.!?:)\]])\s?((?:(?:{_NAMES})®?[+ ]?)+\.?)$")
# Names that no list knows: "Spine SocietyEuropean Journal." joins a small letter to a capital one.
_CAMEL_AFTER_END = re.compile(
    r"(?<=[.!?:)\]])\s((?=[^.!?]*[a-z]{3}[A-Z][a-z]{2})(?:[A-Z][\w®&-]+ ?){1,4}\.)$"
)
_ENDS = re.compile(r"[.!?:)\]][\"'”’]?$")
_ASKS_TO_VISIT = re.compile(r"\b(?:at|on|from|visit|see|to|website|www)\W*$", re.IGNORECASE)


def split_glued_sources(text: str) -> tuple[str, str]:
    """*text* without the source names or bare domains glued to its end, and what was cut off (or "").

    >>> split_glued_sources("It is rare. PubMedWikipedia.")
    ('It is rare.', 'PubMedWikipedia.')
    """
    kept, cut = _split_domains(text)
    if cut:
        return kept, cut
    tail = text[-TAIL:]
    for pattern in (_GLUED_NAMES, _NAMES_AFTER_END, _CAMEL_AFTER_END):
        match = pattern.search(tail)
        if match and (kept := text[: len(text) - len(match[0])].rstrip()):
            return kept, match[1].strip()
    return text, ""


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
    alone = _ENDS.search(kept.rstrip()) and not _ASKS_TO_VISIT.search(kept)
    if not alone and (not _JOINT.search(domain) or domain[0].isdigit()):
        return text, ""
    word = None if alone else _WORD_BEFORE_DOMAINS.match(last)
    if word and _JOINT.search(last[word.end() :]):
        return text[: len(text) - len(last) + word.end()], last[word.end() :]
    return text[: len(text) - len(last)].rstrip(), last


def _head(last: str, *, before: str) -> str:
    """What of the *last* word belongs to the sentence, where a site's address is glued to it; else empty."""
    before = before.rstrip()
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
