"""Source names and bare domains that saved pages glue to the end of sentences, where the site had links."""

from __future__ import annotations

import re

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
#: Endings after which the next domain is glued on.
ENDINGS = ("com", "org", "net", "gov", "edu", "co.uk", "nhs.uk", "gov.uk", "ac.uk", "org.uk")

#: Source names are short: only the end of a text is looked at.
TAIL = 160

_NAMES = "|".join(re.escape(name) for name in SOURCES)
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_DOMAIN_END = re.compile(r"\.(?:com|org|net|gov|edu|int|info|io|co|eu|uk|au|ca|in|de|fr|nz|ie|us|health)$")
_JOINT = re.compile(rf"\.(?:{'|'.join(re.escape(ending) for ending in ENDINGS)})(?=[a-z0-9-]{{2,}}\.[a-z])")
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
    kept, _, last = text[-TAIL:].rpartition(" ")
    domain = last.removesuffix(".")
    if not kept.strip() or not _DOMAIN.fullmatch(domain) or not _DOMAIN_END.search(domain):
        return text, ""
    alone = _ENDS.search(kept.rstrip()) and not _ASKS_TO_VISIT.search(kept)
    if not _JOINT.search(domain) and not alone:
        return text, ""
    return text[: len(text) - len(last)].rstrip(), last
