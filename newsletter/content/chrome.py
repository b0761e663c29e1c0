"""What on a saved page belongs to the site and not to the article, by tables of wordings.

Each rule has its reason in words, which an operator reads beside the line that was left out.
"""

from __future__ import annotations

import re

from newsletter.content.article import Flag
from newsletter.content.flag import find_flags
from newsletter.content.glue import ORGANISATION, SOURCES

#: Lines of this many words or more are text, whatever they begin with (but for copyright lines).
MAX_WORDS = 30
MAX_LENGTH = 300

#: Whole lines of page furniture, in lower case with straight quotes, and why each is left out.
RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "newsletter box",
        (
            r"(?:to )?get (?:our |the |a |your )?(?:free )?.{0,40}newsletters?",
            (r"(?:subscribe|sign up|join)\b.{0,60}\b(?:newsletters?|mailing list|updates|"
             r"e-?mail list|inbox|letter|bulletin|digest).{0,40}"),
            r"(?:receive|get) (?:our|the|a|your) .{0,40}\b(?:letter|digest|bulletin|updates)(?: by e-?mail)?",
            r"newsletter(?: sign-?up)?",
            r"subscribe(?: now)?",
            r"(?:enter )?your e-?mail(?: address)?",
            r"(?:e-?mail|name) ?\*",
            r"(?:health )?(?:news|tips|stories)\b.{0,30} (?:in|to) your inbox.{0,30}",
            r"never miss (?:a|an) .{0,40}",
            r"(?:stay|keep) (?:up to date|updated|informed) with (?:our|us\b).{0,40}",
        ),
    ),
    (
        "newsletter box: privacy note",
        (
            r"your e-?mail (?:address )?(?:stays|is safe|will (?:never|not|only))\b.*",
            r".{0,60}\bhow we (?:handle|use|protect) your (?:data|details|information)\b.{0,40}",
            r"we (?:don't|do not|never|will never|won't) (?:send )?spam\b.*",
            r".{0,40}\bread our privacy (?:policy|notice)\b.*",
            r"we (?:value|respect|care about) your privacy\b.{0,60}",
            r"(?:you can )?unsubscribe (?:at any ?time|any ?time)\b.*",
        ),
    ),
    (
        "app download line",
        (
            # A whole sentence may say what for: "Download the app to book a blood test within 24 hours."
            r"(?!(?:\S+ ){7}.*\.$).{0,40}\b(?:get|download) (?:the|our) (?:free )?app\b.{0,40}",
            (r"(?!(?:\S+ ){7}.*\.$)(?:download|get|try|install) (?:our |the )?(?:free |mobile )*"
             r"(?:\w+ ){0,2}apps?\b.{0,40}"),
            r"(?:available|download|get it) (?:on|from) (?:the )?(?:app store|google play)\b.*",
            r"app store",
            r"google play",
            r"scan the qr code\b.*",
        ),
    ),
    (
        "social media line",
        (
            (r"(?:follow|find|join|like|connect with) us(?: (?:on|at|via|through)\b.{0,60}| (?:today|now|"
             r"here|everywhere|online))?[.!:]?"),
            r"(?:share|tweet|bookmark|copy link|whatsapp|telegram)",
            (r"(?:share|tweet|pin|print|email|e-mail|save|bookmark|copy link|whatsapp|"
             r"telegram)(?: (?:this|it|on|via|to|article|page|post|link|now|a friend|facebook|"
             r"twitter|x|pinterest|linkedin|whatsapp|email|with|friends|your)){1,6}"),
            (r"(?:(?:facebook|twitter|instagram|youtube|linkedin|pinterest|whatsapp|telegram|"
             r"tiktok|reddit|mastodon|x)[\s|,/·•]*)+"),
            r"(?:stay|keep) (?:connected|in touch)(?: with us)?[.!:]?",
            r"social media(?: links)?",
        ),
    ),
    (
        "copyright line",
        (
            r"(?:©|\(c\)|copyright\b|&copy;).*",
            r".{0,120}\ball rights reserved\b.*",
            r".{0,80}\bcopyright (?:©|\(c\)|\d{4}).*",
            r"(?:[\w.&'’+-]+ ){1,5}(?:©|\(c\)) ?(?:19|20)\d\d(?:\s?[–-]\s?\d{2,4})?(?:\W.{0,60})?",
        ),
    ),
    (
        "site credit",
        (
            r"(?:proudly )?powered by\b.{0,80}",
            r"(?:website|site|theme) (?:by|design)\b.{0,60}",
            r"designed by\b.{0,60}",
        ),
    ),
    (
        "logo or image placeholder",
        (
            r"(?:site |company )?logo",
            r".{1,40} logo",
            r"advertisements?",
            r"sponsored(?: content| links)?",
        ),
    ),
    (
        "donation banner",
        (
            r".*\b(?:donat|fund|gift|contribut)\w*.*>>>.*|.*>>>.*\b(?:donat|link\b|click|here\b).*",
            r"(?:please )?donate(?: now| here| today| online)?(?:(?: link)?\W*| to\b.{0,80})[.!]?",
            r".{0,120}\byour (?:contribution|donation|support|gift) (?:will|can) help\b.*",
            r"support (?:us|our work)\b.{0,60}",
            r"buy (?:me|us) a coffee.*",
        ),
    ),
    (
        "site navigation",
        (
            r"skip to (?:main )?(?:content|navigation)",
            r"(?:main |toggle |open |close )(?:menu|navigation|search)",
            r"search (?:this|the|our) (?:web)?site.{0,30}|search for:?|search by .{0,20}",
            r"home\s*(?:[>»/›|→]|::).*",
            r"you are here:?.*",
            r"back to top",
            r"breadcrumbs?",
            r"(?:log|sign) ?in",
            r"(?:log|sign) ?out",
            r"sign up",
            r"my account",
            r"contact us",
            r"about us",
            r"sitemap",
            r"site map",
            r"terms (?:of use|of service|and conditions|& conditions)",
            r"privacy (?:policy|notice)",
            r"cookie (?:policy|settings|preferences)",
            r"accessibility statement",
            r"advertise with us",
            (r"(?:(?:home|about(?: us)?|contact(?: us)?|privacy(?: policy)?|terms(?: of use)?|"
             r"cookies|sitemap|careers|help|blog|shop|news|a-z|search|menu)\s*[|"
             r"·•/>]\s*)+[\w -]{0,30}"),
        ),
    ),
    (
        "cookie notice",
        (
            r"(?:we|this (?:web)?site) uses? cookies\b.*",
            r"(?:accept|reject|manage)(?: all)? cookies.*",
            r"accept all",
            r"cookie (?:notice|consent)",
        ),
    ),
    (
        "page navigation",
        (
            r"(?:table of )?contents",
            r"on this page:?",
            r"in this article:?",
            r"jump to:?.{0,40}",
            r"show more",
            r"read more(?:\b.{0,80})?",
            r"continue reading.{0,80}",
            r"view all",
            r"see all",
            r"load more",
            r"expand all",
            r"(?:[«‹<←]+ ?)?previous(?: (?:post|article|page|story)(?:\W.{0,80})?)?",
            r"next(?: (?:post|article|page|story)(?:\W.{0,80})?)?(?: ?[»›>→]+)?",
            r"(?:read|up|watch) next\b.{0,80}",
        ),
    ),
    (
        "related posts",
        (
            (r"(?:related|popular|recent|recommended|similar|trending|latest|more) (?:posts?|"
             r"articles?|stories|reading|pages|content|news)\b.{0,40}"),
            r"you (?:may|might) also (?:like|enjoy).{0,40}",
            r"you (?:may|might) (?:also )?be interested in(?:\s*[:–—-].{0,120})?",
            r"(?:read|see) also\s*[:–—-].{0,120}|(?:also read|don't miss)\s*[:–—-].{0,120}",
            r"tags?:? ?",
        ),
    ),
    (
        "comments or feedback box",
        (
            r"(?:leave|post|add|write) a (?:comment|reply|review).{0,40}",
            r"(?:post|submit|add) (?:comment|reply)",
            r"(?:\d+ |no )?comments?(?: \(\d+\))?",
            r"comments are closed\.?",
            r"your e-?mail address will not be published\b.*",
            r"was this (?:page|article|guide|information)? ?(?:helpful|useful)\b.*",
            r"rate this (?:page|article)\b.*",
            r"yes\s*[|/]?\s*no",
            r"thank(?:s| you) for (?:your feedback|reading|visiting).{0,40}",
        ),
    ),
    (
        "page tool",
        (
            r"(?:estimated )?reading time:?.{0,30}",
            r"\d+ min(?:ute)?s?(?: read)?",
            r"[\d,.]+k? (?:views|shares|likes|reads)",
            r"views:? ?[\d,]+",
            r"listen to this (?:article|page).*",
            r"(?:read|listen) aloud",
            r"font size.*",
            r"a[+-](?: a[+-])*",
            r"print (?:this )?page",
        ),
    ),
    (
        "generated takeaway",
        (
            (r"this (?:article|guide|page|post) (?:explains|covers|describes|"
             r"discusses) .* in (?:simple|plain|easy) (?:medical )?(?:language|words|english|"
             r"terms)\.?"),
        ),
    ),
)  # fmt: skip

#: Lines that may as well be headings or text of an article. They count only before the article's first
#: heading and among other furniture: "Contact" is a menu there, and a cause of dermatitis further down.
EDGE_RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("newsletter box", (r"e-?mail|name",)),
    ("social media line", (r"pin|print|e-?mail|save",)),
    ("logo or image placeholder", (r"image|photo|picture|banner|ads?",)),
    (
        "site navigation",
        (
            r"menu|navigation|search|home|top|register|contact|terms|privacy|accessibility|careers|help|advertise",
            r"blog|news|shop|a-z",
        ),
    ),
    ("cookie notice", (r"accept",)),
    ("page navigation", (r"hide", r"(?:previous|next)\s*: .{1,80}")),
    ("related posts", (r"also (?:on|in) .{0,40}", r"more (?:from|on|in) .{0,40}")),
    ("comments or feedback box", (r"reply",)),
)

_NAME = r"(?:[A-Z][\w.&'’-]*)(?:(?:,| of| the| and| for| via| from| /| &)* [A-Z][\w.&'’-]*){0,5}\.?"
#: Credits, as they are printed: a label and a name. "Source: contaminated water" is no credit.
CREDITS: tuple[tuple[str, str], ...] = (
    (
        "image credit",
        (rf"(?i:(?:photo|image|picture|illustration|graphic|video)s?(?: credits?| source| courtesy(?: of)?)?"
         rf"(?:\s*[:©]\s*| by ))(?:(?i:courtesy of|by) )?{_NAME}"),
    ),
    (
        "source credit",
        (rf"(?i:(?:article )?(?:source|credit|courtesy))\s*:\s*"
         rf"(?:[A-Z]\w*[a-z][A-Z]\w*|(?:{'|'.join(map(re.escape, SOURCES))})|(?=.*{ORGANISATION}){_NAME})"),
    ),
)  # fmt: skip

#: Headings of a tool widget that some sites put before the article.
WIDGET = re.compile(
    r"(?:patient|reader|reading|doctor|student|article|page) (?:tools?|mode|options|view)|article summary|"
    r"(?:quick|ai|smart) summary|summary of this article|key takeaways|(?:read, )?save,? and share this \w+|"
    r"understand this (?:article|guide|page) easily"
)

_AFTER_GREEK = 0x0400
_LATIN_LATER = (0x1E00, 0x1FFF)
_ANY_LENGTH = frozenset({"copyright line", "donation banner", "cookie notice"})
_RULES = tuple((re.compile("|".join(patterns)), why) for why, patterns in RULES)
_EDGE_RULES = tuple((re.compile("|".join(patterns)), why) for why, patterns in EDGE_RULES)
_CREDITS = tuple((re.compile(pattern), why) for why, pattern in CREDITS)
#: What no rule may take for furniture, whatever it begins with.
_NEVER = frozenset({Flag.DOSE, Flag.CONTRAINDICATION, Flag.EMERGENCY})


def why_chrome(line: str, *, inside: bool = False) -> str:
    """Why *line* is page furniture, in words; empty when no rule says so.

    *inside* says that it stands within an article, where the rules that may take a heading are not asked.
    """
    plain = _plain(line)
    if not plain:
        return ""
    short = len(plain.split()) < MAX_WORDS and len(plain) < MAX_LENGTH
    for pattern, why in _RULES if inside else (*_RULES, *_EDGE_RULES):
        if (short or why in _ANY_LENGTH) and pattern.fullmatch(plain):
            return "" if short and _NEVER.intersection(find_flags(line)) else why
    credited = (why for pattern, why in _CREDITS if pattern.fullmatch(line.strip()))
    return next(credited, "") if short else ""


def is_widget(line: str) -> bool:
    """Whether *line* is a heading of a tool widget."""
    return bool(WIDGET.fullmatch(_plain(line).rstrip(":")))


def is_other_script(line: str) -> bool:
    """Whether most letters of *line* are not Latin (Greek letters are at home in medicine)."""
    if line.isascii():
        return False
    letters = [character for character in line if character.isalpha()]
    foreign = sum(
        1
        for letter in letters
        if ord(letter) >= _AFTER_GREEK and not _LATIN_LATER[0] <= ord(letter) <= _LATIN_LATER[1]
    )
    return len(letters) >= len("abcd") and foreign > len(letters) / 2


def _plain(line: str) -> str:
    text = re.sub("[‘’ʼ`´]", "'", line.strip().lower())
    return " ".join(re.sub(r"^(?:[•◦▪*·–-]\s+)", "", text).split())
