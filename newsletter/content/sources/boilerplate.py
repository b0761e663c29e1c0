"""Which elements of a web page are the site's and not the article's, by tables of tags and class names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from selectolax.lexbor import LexborNode

#: Elements that are never text of an article, by tag; an empty reason is not worth noting.
TAGS: dict[str, str] = {
    **dict.fromkeys(("script", "style", "link", "meta", "title", "head", "base", "x-template"), ""),
    **dict.fromkeys(("nav", "menu"), "site navigation"),
    "aside": "beside the article",
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
    "x-math": "a formula: mails carry none",
    "noscript": "for browsers without scripts",
    **dict.fromkeys(("s", "strike", "del"), "struck out"),
    "dialog": "a dialog box",
    "rp": "",
    "xmp": "source code",
    "x-plaintext": "source code",
}

#: Class names and ids (lower case, hyphens) of boxes that are not the article, whole, and why.
CLASSES: tuple[tuple[str, str], ...] = (
    (
        "hidden on the page",
        r"screen-reader-text|sr-only|visually-hidden|visuallyhidden|d-none|is-hidden|hidden|element-invisible",
    ),
    (
        "social media line",
        (
            r"share|shares|sharing|sharedaddy|addtoany|a2a-kit|addthis.*|shareaholic.*|sd-sharing.*|essb.*|"
            r"ssba.*|heateor.*|(?:[a-z]+-)?(?:social|share)-?(?:share|sharing|links?|icons?|media|buttons?|bar|"
            r"nav|list|menu|tools|widget|this)(?:-.*)?|post-share.*|social|sociable|follow-us"
        ),
    ),
    (
        "related posts",
        (
            r"related|related-?(?:posts?|articles?|content|links|stories|pages|reading|topics|items)(?:-.*)?|"
            r"(?:[a-z]+-)?(?:related|recommended|similar|popular|recent|latest|trending|more)-(?:posts?|articles?|"
            r"stories|content)|jp-relatedposts|yarpp.*|crp-related.*|recommended|recommendations|outbrain.*|"
            r"taboola.*|read-next|read-more-box|you-may-also-like|also-read|wp-block-latest-posts.*"
        ),
    ),
    (
        "table of contents",
        (
            r"toc|toc-.*|table-of-contents|tableofcontents|.*-table-of-contents|ez-toc.*|lwptoc.*|rank-math-toc.*|"
            r"simple-toc.*|on-this-page|in-this-article|jump-links?|jump-to|contents-list|page-contents|"
            r"wp-block-yoast-seo-table-of-contents"
        ),
    ),
    (
        "comments or feedback box",
        (
            r"comments?|comments?-(?:area|list|form|section|wrap|respond|link|count|box)|comment-respond|respond|"
            r"disqus.*|feedback|(?:page-|article-)?feedback-?(?:form|box)?|was-this-helpful|helpful.*|rating|"
            r"post-ratings|wp-postratings|kk-star-ratings|kksr-.*|star-rating.*"
        ),
    ),
    (
        "cookie notice",
        r"cookies?|cookie-.*|cc-window|cc-banner|.*-cookie-(?:bar|banner|notice|consent)|gdpr.*|consent.*|cmplz-.*",
    ),
    (
        "newsletter box",
        (
            r"newsletter.*|(?:.*-)?newsletter-(?:signup|box|form|sign-up|widget|subscribe)|subscribe.*|"
            r"subscription.*|sign-?up(?:-.*)?|mailpoet.*|mc4wp.*|mc-embed.*|mailchimp.*|opt-?in(?:-.*)?|"
            r"jetpack-subscription.*|wp-block-jetpack-subscriptions.*|convertkit.*|ml-embedded"
        ),
    ),
    ("breadcrumbs", r"breadcrumbs?|breadcrumb-.*|.*-breadcrumbs?|crumbs|rank-math-breadcrumb|bread-crumb.*"),
    (
        "advertisement",
        (
            r"ads?|ad-.*|ads-.*|.*-ads?|adsbygoogle|advert.*|google-auto-placed|sponsor(?:ed)?(?:-.*)?|dfp-.*|"
            r"code-block|ai-viewports.*|promo|promo-.*|ezoic.*|mediavine.*|adthrive.*"
        ),
    ),
    (
        "site navigation",
        (
            r"nav|navbar.*|navigation|nav-links?|nav-menu|main-nav.*|site-nav.*|post-nav.*|posts-navigation|"
            r"pagination|page-links|pager|menu|(?:main|primary|mega|footer|side|site)-menu.*|skip-links?|"
            r"sidebar.*|widget-area|site-header|site-footer|masthead|colophon|top-?bar|back-to-top|to-top|"
            r"site-branding|search-form|searchform"
        ),
    ),
    (
        "author box",
        r"author-(?:box|bio|info|card|profile)(?:-.*)?|about-(?:the-)?author|post-author-.*|saboxplugin.*",
    ),
    (
        "page tool",
        r"print|print-.*|printfriendly.*|pf-button.*|font-size.*|text-resize.*|reading-time|listen-.*|speechkit.*",
    ),
    ("a box over the page", r"popup.*|pop-up.*|modal.*|overlay|lightbox.*|interstitial.*|paywall.*"),
    (
        "donation banner",
        r"donat(?:e|ion).*|fundrais.*|support-us.*",
    ),
    (
        "a picture's caption: mails carry no pictures",
        r"wp-caption|wp-caption-text|image-caption|gallery-caption",
    ),
    (
        "a picture: mails carry none",
        r"gallery|gallery-.*|wp-block-gallery|wp-block-image|slideshow.*|slider.*",
    ),
    (
        "an embedded page",
        r"wp-block-embed|wp-embedded-content|twitter-tweet|instagram-media|fb-post|tiktok-embed",
    ),
    ("link to itself", r"headerlink|header-anchor|anchor-link|heading-anchor|mw-editsection"),
)
ROLES = {
    "navigation": "site navigation",
    "banner": "site header",
    "contentinfo": "site footer",
    "search": "site navigation",
    "complementary": "beside the article",
    "dialog": "a dialog box",
    "alertdialog": "a dialog box",
    "form": "a form or button",
}
#: Elements that hold words of their own: an id such as "comments" is there only an anchor.
_WORDS = frozenset(
    {"h1", "h2", "h3", "h4", "h5", "h6", "html", "body", "main", "article", "table", "tr", "td", "th"}
)
_ANCHORED = frozenset({"li", "p", "dt", "dd", "section", "a", "span", "ol", "ul"})
_RULES = tuple((re.compile(pattern), why) for why, pattern in CLASSES)
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
MAX_NAMES = 400


def why_boilerplate(node: LexborNode) -> str | None:
    """Why the element *node* is not part of the article: a reason, "" for one not worth noting, or None."""
    tag = node.tag or ""
    if tag in TAGS:
        return TAGS[tag]
    attributes = node.attributes
    if not attributes:
        return None
    if _is_hidden(attributes):
        return "hidden on the page"
    if tag in _WORDS:
        return None
    if reason := ROLES.get((attributes.get("role") or "").strip().lower()):
        return reason
    names = attributes.get("class") or ""
    if tag not in _ANCHORED:
        names = f"{names} {attributes.get('id') or ''}"
    return _why_names(names[:MAX_NAMES]) if names.strip() else None


def _is_hidden(attributes: Mapping[str, str | None]) -> bool:
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return True
    style = attributes.get("style")
    return attributes.get("aria-hidden") == "true" or bool(style and _HIDDEN.search(style))


@lru_cache(maxsize=4096)
def _why_names(names: str) -> str | None:
    """Why a box with these class *names* and ids is left out, or None."""
    for name in names.lower().replace("_", "-").split():
        for pattern, why in _RULES:
            if pattern.fullmatch(name):
                return why
    return None
