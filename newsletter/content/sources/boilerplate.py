"""Which elements of a web page are the site's and not the article's, by tables of tags and class names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from selectolax.lexbor import LexborNode

from newsletter.content.article import Flag, Kind
from newsletter.content.chrome import why_chrome
from newsletter.content.cleaning import clean_title
from newsletter.content.flag import find_flags
from newsletter.content.heading import heading_kind
from newsletter.content.language.script import STOPS
from newsletter.content.sources.boxes import BESIDE, HIDDEN, MISTAKABLE, OVER, TEASING, shows_wide, why_names
from newsletter.content.sources.node import (
    FIGURE,
    WARNING,
    Control,
    beside,
    controls_of,
    first_heading,
    in_heading,
    is_link_to_itself,
    linked_share,
    opener_of,
    paired_panels,
    says_something,
)

#: Elements that are never text of an article, by tag; an empty reason is not worth noting.
TAGS: dict[str, str] = {
    **dict.fromkeys(("script", "style", "link", "meta", "title", "head", "base", "x-template"), ""),
    **dict.fromkeys(("nav", "menu"), "site navigation"),
    "aside": BESIDE,
    **dict.fromkeys(
        ("form", "input", "button", "textarea", "x-select", "option", "optgroup", "datalist", "label"),
        "a form or button",
    ),
    **dict.fromkeys(
        ("iframe", "object", "embed", "applet", "frame", "x-frameset", "noembed", "noframes"),
        "an embedded page",
    ),
    **dict.fromkeys(("video", "audio", "source", "track", "bgsound"), "sound or video"),
    **dict.fromkeys(("canvas", "x-svg", "picture", "img", "map", "area"), "a picture: mails carry none"),
    "noscript": "for browsers without scripts",
    **dict.fromkeys(("s", "strike", "del"), "struck out"),
    "dialog": "a dialog box",
    "rp": "",
    "xmp": "source code",
    "x-plaintext": "source code",
}

ROLES = {
    "navigation": "site navigation",
    "banner": "site header",
    "contentinfo": "site footer",
    "search": "site navigation",
    "complementary": BESIDE,
    "dialog": "a dialog box",
    "alertdialog": "a dialog box",
    "form": "a form or button",
}
#: Elements that hold words of their own: an id such as "comments" is there only an anchor.
_WORDS = frozenset(
    {"h1", "h2", "h3", "h4", "h5", "h6", "html", "body", "main", "article", "table", "tr", "td", "th"}
)
_ANCHORED = frozenset({"li", "p", "dt", "dd", "section", "a", "span", "ol", "ul"})
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
MAX_NAMES = 400
#: An aside or a hidden part is chrome with more than this share of its text in links.
MAX_LINKED = 0.5
#: A hidden part with so many sentences is text of the article.
MIN_SENTENCES = 2
#: So much of a part is looked at, and of all parts of a document together.
MAX_LOOK, MAX_LOOKS = 2000, 20_000_000
_HEADS = "h1,h2,h3,h4,h5,h6,summary"
#: Longer words on a tab are no heading.
MAX_LABEL = 160
_READ_OUT = frozenset(
    {"screen-reader-text", "sr-only", "visually-hidden", "visuallyhidden", "element-invisible"}
)
#: Flags of what must not be lost with a box whose name alone says that it is the site's.
_MEDICAL = frozenset(Flag) - {Flag.SENSITIVE}
#: Orders of the site to its visitors, which are no medical warnings.
_SITE = re.compile(
    r"\b(?:cookies?|newsletters?|subscri\w+|e-?mails?|inbox|spam|privacy|advert\w*|sponsor\w*|donat\w+|notice|"
    r"sign(?:ing)? up|your (?:data|address|details)|website|browser|consent|share (?:this|it))\b",
    re.IGNORECASE,
)
_WHOLE = re.compile(rf"[{STOPS}][\"'”’)\]]*\s*$")
_SENTENCE_GAP = re.compile(rf"(?<=[{STOPS}])\s+|\n\s*")
#: What a box announces in its first line, whether or not that is a heading.
_BOX_LINES = frozenset({"related posts", "newsletter box", "social media line", "comments or feedback box"})
_SENTENCE = re.compile(rf"[^{STOPS}]{{12,400}}?[{STOPS}](?=\s|$)")
_WARNING_NAME = re.compile(
    r"(?<![a-z])(?:warn|caution|danger|alert|important|notice|note|tip|callout|call-?out|key-?(?:points?|facts?)|"
    r"info|fact|emergency|urgent|summary|highlight)",
    re.IGNORECASE,
)
_PANEL = re.compile(
    r"(?<![a-z])(?:accordions?|tabs?|tabbed|tabpanel|collaps(?:e|ed|ible)|panels?|toggles?|expand(?:ed|able|er)?|faqs?|"
    r"answers?|spoiler|read-?more|show-?more|more-content|drawer)(?![a-z])",
    re.IGNORECASE,
)
_ICON = re.compile(r"icon|symbol|(?<![a-z])fa[bsrl]?(?![a-z])", re.IGNORECASE)
_LIGATURE = re.compile(r"[a-z0-9_]+")
#: What screen readers are told of the page and not of its subject.
_READ_CHROME = re.compile(
    r"\b(?:opens?|windows?|new tab|skip|jump|read more|continue reading|share|links?|permalink|toggle|menu|"
    r"close|search|navigation|icon|image|logo|facebook|twitter|instagram|youtube|linkedin|pinterest|whatsapp|"
    r"e-?mail|print|previous|next|pages?|breadcrumbs?|advertisement|comments?|scroll|loading|slide|external|"
    r"expand|collapse|show|hide|table of contents|posted|published|author|categor(?:y|ies)|tags?)\b",
    re.IGNORECASE,
)
_RELATION_WORDS = re.compile(
    r"\d|\b(?:at (?:least|most)|than|equals?|plus|minus|up to|not?|never|warning|caution|danger|important|"
    r"approximately|about|per|times|degrees?|percent|over|under|above|below|between|from|to|micrograms?|"
    r"milligrams?|grams?|millilit(?:re|er)s?)\b",
    re.IGNORECASE,
)


def why_boilerplate(node: LexborNode) -> str | None:
    """Why the element *node* is not part of the article: a reason, "" for one not worth noting, or None."""
    tag = node.tag or ""
    if tag in TAGS:
        return TAGS[tag]
    attributes = node.attributes
    if not attributes:
        return None
    if _is_hidden(attributes):
        return HIDDEN
    if tag in _WORDS:
        return None
    if reason := ROLES.get((attributes.get("role") or "").strip().lower()):
        return reason
    return why_named(node)


def why_named(node: LexborNode) -> str | None:
    """Why the class names and the id of *node* say that it is not part of the article, or None."""
    attributes = node.attributes
    names = attributes.get("class") or ""
    if node.tag not in _ANCHORED:
        names = f"{names} {attributes.get('id') or ''}"
    return why_names(names[:MAX_NAMES]) if names.strip() else None


def _is_hidden(attributes: Mapping[str, str | None]) -> bool:
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return True
    style = attributes.get("style")
    return bool(style and _HIDDEN.search(style))


class Judge:
    """Says what inside an article is not of it: there, hidden and set-off parts may be its text."""

    def __init__(self, root: LexborNode, *, title: str = "") -> None:
        self._root = root
        self._title = title
        self._looks = MAX_LOOKS
        self._found: dict[str, Control] | None = None
        self._paired: dict[int, Control] | None = None
        self._opens = root.css_first("[aria-expanded]") is not None

    def why_box(self, node: LexborNode) -> str | None:
        """As why_boilerplate; but no class name alone makes chrome of known headings, doses and warnings."""
        why = why_boilerplate(node)
        if why is None or node.tag in TAGS or self._role(node):
            return why
        return None if self._is_mistaken(node, why) else why

    def _is_mistaken(self, node: LexborNode, why: str) -> bool:
        """Whether the class name that gives the reason *why* is wrong about a box."""
        return self._says_more(node) if why in MISTAKABLE else why in TEASING and self._warns(node)

    def why(self, node: LexborNode) -> str | None:
        """As why_boilerplate, for an element within the article."""
        if is_link_to_itself(node):
            return ""
        why = self.why_box(node)
        if node.tag == "button" and in_heading(node):
            return None  # the heading of an accordion
        if why == BESIDE:
            return self._why_aside(node)
        if why in (HIDDEN, OVER):
            return self._why_hidden(node, why)
        return self._why_unseen(node) if why is None else why

    def _why_unseen(self, node: LexborNode) -> str | None:
        """Why an element goes that nothing on it says is boilerplate: it is said elsewhere, or never seen."""
        if node.attributes.get("role") == "tablist" and self._names_panels(node):
            return "tabs: each name stands over what it opens"
        hidden = node.attributes.get("aria-hidden") == "true" and not is_seen(node)
        return HIDDEN if hidden or self._is_twin(node) else None

    @staticmethod
    def _role(node: LexborNode) -> str:
        return ROLES.get((node.attributes.get("role") or "").strip().lower(), "")

    @staticmethod
    def _is_twin(node: LexborNode) -> bool:
        """Whether what is shown on wide screens only is said beside it for small ones."""
        if not shows_wide(node.attributes.get("class") or ""):
            return False
        text = clean_title(node.text(deep=True))
        return any(clean_title(twin.text(deep=True)) == text for twin in beside(node))

    def _says_more(self, node: LexborNode) -> bool:
        """Whether a box holds what an article says: known headings, doses, warnings."""
        if linked_share(node) > MAX_LINKED:
            return False
        heads = [clean_title(head.text(deep=True)) for head in node.css(_HEADS)]
        kinds = [heading_kind(head, title=self._title) for head in heads if not _SITE.search(head)]
        known = sum(kind not in (None, Kind.OTHER) for kind in kinds)
        asks = node.css_first("input,textarea,x-select") is not None
        if known > 1 or (known and not asks):
            return True
        return any(self._flagged(node))

    def _warns(self, node: LexborNode) -> bool:
        """Whether a whole sentence of a box that may tease other pages is a dose or warning of this one."""
        if linked_share(node) > MAX_LINKED or any(head.css_first("a") for head in node.css(_HEADS)):
            return False
        return node.css_first("a h2,a h3,a h4") is None and any(map(_WHOLE.search, self._flagged(node)))

    def _flagged(self, node: LexborNode) -> Iterator[str]:
        """The sentences of *node* that a reader must not lose."""
        if self._looks < 0:
            return
        text = node.text(deep=True, separator=" ")
        self._looks -= len(text)
        for sentence in _SENTENCE_GAP.split(text):
            flags = _MEDICAL.intersection(find_flags(sentence))
            if flags - {Flag.WARNING} or (flags and not _SITE.search(sentence)):
                yield sentence

    def _why_aside(self, node: LexborNode) -> str | None:
        named = why_named(node)
        if named not in (None, BESIDE):
            return None if self._is_mistaken(node, named) else named
        text = self._text(node)
        if _WARNING_NAME.search(node.attributes.get("class") or "") and text:
            return None
        role = ROLES.get((node.attributes.get("role") or "").strip().lower())
        heads = [clean_title(head.text(deep=True)) for head in node.css(_HEADS)]
        if role is not None and not (WARNING.search(text) or self._is_known(heads)):
            return role
        first = next((line for line in node.text(deep=True, separator="\n").split("\n") if line.strip()), "")
        is_chrome = any(why_chrome(line) for line in (*heads, text) if line)
        is_chrome = is_chrome or why_chrome(first) in _BOX_LINES
        says = _SENTENCE.search(text) or WARNING.search(text) or FIGURE.search(text)
        is_ours = bool(says) or self._is_known(heads)
        return BESIDE if is_chrome or not is_ours or linked_share(node) > MAX_LINKED else None

    def _why_hidden(self, node: LexborNode, why: str) -> str | None:
        names = (node.attributes.get("class") or "").lower().replace("_", "-").split()
        if not _READ_OUT.isdisjoint(names):
            return self._why_read_out(node)
        named = why_named(node)
        if named not in (None, HIDDEN, OVER):
            return named
        text = self._text(node)
        if not text or linked_share(node) > MAX_LINKED:
            return why
        heads = [clean_title(head.text(deep=True)) for head in node.css(_HEADS)]
        is_over = why == OVER and self._says_more(node)
        if is_over or self._is_known(heads) or node.css_first("x-math") is not None:
            return None
        is_panel = self._is_panel(node)
        if is_panel and why == HIDDEN and (node.attributes.get("role") or "") not in ROLES:
            return None
        lines = [line.strip() for line in _SENTENCE.findall(text)]
        is_chrome = any(why_chrome(line) for line in (*lines, text))
        says = (is_panel or len(lines) >= MIN_SENTENCES) and node.css_first("input,textarea,x-select") is None
        return None if says and not is_chrome else why

    def _text(self, node: LexborNode) -> str:
        """The begin of the text of *node*, on one line; of all looks together, no more than MAX_LOOKS."""
        if self._looks < 0:
            return ""
        text = node.text(deep=True, separator=" ")
        self._looks -= len(text)
        return clean_title(text[:MAX_LOOK])

    def _is_known(self, heads: list[str]) -> bool:
        return any(heading_kind(head, title=self._title) is not None for head in heads if head)

    def _is_panel(self, node: LexborNode) -> bool:
        """Whether *node* belongs to an accordion or tabs: a reader of the page can open it."""
        attributes = node.attributes
        role = (attributes.get("role") or "").lower()
        if node.tag == "details" or role == "tabpanel" or attributes.get("aria-labelledby"):
            return True
        if _PANEL.search(f"{attributes.get('class') or ''} {attributes.get('id') or ''}"):
            return True
        if node.parent is not None and node.parent.tag == "details":
            return True
        return self._control(node) is not None

    def _controls(self) -> dict[str, Control]:
        if self._found is None:
            self._found = controls_of(self._root)
        return self._found

    def _control(self, node: LexborNode) -> Control | None:
        """The tab or button that opens *node*: by their ids, by its place among tabs, or right before it."""
        attributes = node.attributes
        names = attributes.get("id") or "", f"#{attributes.get('aria-labelledby') or ''}"
        control = next((found for name in names if (found := self._controls().get(name))), None)
        if control is None and attributes.get("role") == "tabpanel":
            control = self._pairs().get(node.mem_id)
        if control is None and self._opens and (opener := opener_of(node)) is not None:
            is_chrome = why_chrome(opener.words) or _READ_CHROME.search(opener.words)
            control = None if is_chrome else opener
        return control

    def _pairs(self) -> dict[int, Control]:
        if self._paired is None:
            self._paired = paired_panels(self._root)
        return self._paired

    def label_of(self, node: LexborNode) -> str:
        """The words on the tab or button that opens *node*, unless they stand over it anyway."""
        attributes = node.attributes
        is_tab = attributes.get("role") == "tabpanel"
        if not is_tab and not attributes.get("id") and not self._opens:
            return ""
        control = self._control(node)
        if control is None or control.heads or not 0 < len(control.words) <= MAX_LABEL:
            return ""
        words = clean_title(control.words)
        head = first_heading(node)
        if head is not None and clean_title(head.text(deep=True)).casefold() == words.casefold():
            return ""
        folds = is_tab or ("hidden" in attributes and not attributes.get("id"))
        return words if folds or heading_kind(words, title=self._title) else ""

    def _names_panels(self, node: LexborNode) -> bool:
        """Whether a list of tabs only holds names that label_of puts over their panels."""
        if node.css_first("h1,h2,h3,h4,h5,h6,[role=tabpanel]") is not None:
            return False
        tabs = node.css("[role=tab]")
        named = all(tab.attributes.get("aria-controls") or tab.attributes.get("id") for tab in tabs)
        words = {control.words for control in self._pairs().values()}
        if not named and not all(" ".join(tab.text(deep=True).split()) in words for tab in tabs):
            return False
        names = "".join("".join(tab.text(deep=True).split()) for tab in tabs)
        return len(names) == len("".join(node.text(deep=True).split()))

    @staticmethod
    def _why_read_out(node: LexborNode) -> str | None:
        """Why words for screen readers are left out: a sign beside them says it, or they are chrome."""
        twins = [twin for twin in beside(node) if twin.attributes.get("aria-hidden") == "true"]
        if any(is_seen(twin) for twin in twins):
            return HIDDEN
        text = clean_title(node.text(deep=True, separator=" ")[:MAX_LOOK])
        if not text or _READ_CHROME.search(text) or why_chrome(text):
            return HIDDEN
        return None if twins or _RELATION_WORDS.search(text) or len(_SENTENCE.findall(text)) > 1 else HIDDEN


def is_seen(node: LexborNode) -> bool:
    """Whether an element that is hidden from screen readers only says something to those who see."""
    attributes = node.attributes
    if "hidden" in attributes or why_boilerplate(node) is not None:
        return False
    if node.tag == "a" and (attributes.get("href") or "#").startswith("#"):
        return False
    text = node.text(deep=True).strip()
    if _ICON.search(attributes.get("class") or "") and _LIGATURE.fullmatch(text):
        return False
    before = next((twin for twin in beside(node) if twin.css_first("x-math") is not None), None)
    if before is not None:
        return False  # the drawing of a formula that is read itself
    return says_something(node, text)
