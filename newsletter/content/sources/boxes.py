"""Class names and ids by which web pages mark the boxes that are the site's, in one table."""

from __future__ import annotations

import re
from functools import lru_cache

#: Reasons that content/sources/boilerplate.py looks at again inside an article.
HIDDEN, BESIDE, OVER = "hidden on the page", "beside the article", "a box over the page"

#: Class names and ids (lower case, hyphens) of boxes that are not the article, whole, and why.
CLASSES: tuple[tuple[str, str], ...] = (
    (
        HIDDEN,
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
            r"newsletter|(?:.*-)?newsletter-?(?:sign-?up|box|form|widget|subscri.*|opt-?in|banner|bar|cta|block|"
            r"popup|footer|sidebar|container|wrap(?:per)?)(?:-.*)?|subscribe|subscribe-?(?:box|form|button|widget|"
            r"banner|bar|block|wrap(?:per)?|section|now|us)(?:-.*)?|subscription.*|sign-?up(?:-.*)?|mailpoet.*|mc4wp.*|mc-embed.*|mailchimp.*|opt-?in(?:-.*)?|"
            r"jetpack-subscription.*|wp-block-jetpack-subscriptions.*|convertkit.*|ml-embedded"
        ),
    ),
    ("breadcrumbs", r"breadcrumbs?|breadcrumb-.*|.*-breadcrumbs?|crumbs|rank-math-breadcrumb|bread-crumb.*"),
    (
        "advertisement",
        (
            r"ads?|ads?-(?!free).*|.*-ads?|adsbygoogle|advert.*|google-auto-placed|sponsor(?:ed)?(?:-.*)?|dfp-.*|"
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
    (OVER, r"popup.*|pop-up.*|modal.*|overlay|lightbox.*|interstitial.*|paywall.*"),
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
    (
        "link to itself",
        r"headerlink|header-anchor|anchor-link|anchorjs-link|heading-anchor|hash-link|mw-editsection",
    ),
    (
        BESIDE,
        r"widget|widget-(?:recent|popular|categor|tag|archive|search|nav|meta|calendar|rss|media).*",
    ),
)

#: Reasons for which a name may be mistaken: such a box goes only where nothing in it is of the article.
MISTAKABLE = frozenset(
    {
        *("newsletter box", "advertisement", "social media line", "cookie notice", "site navigation"),
        *("page tool", "donation banner", "table of contents", "breadcrumbs"),
    }
)
#: Reasons for which a box mostly teases other pages: it stays for a whole sentence with a dose or warning.
TEASING = frozenset({"related posts", "author box"})
_RULES = tuple((re.compile(pattern), why) for why, pattern in CLASSES)
#: Names that show on wide screens what "hidden" or "d-none" hides on small ones (Tailwind, Bootstrap).
_SHOWN = re.compile(
    r"(?:(?:sm|md|lg|xl|2xl|print):|d-(?:sm|md|lg|xl|xxl|print)-)"
    r"(?:block|flex|grid|contents|inline(?:-\w+)?|table(?:-\w+)*|list-item)"
)


@lru_cache(maxsize=4096)
def why_names(names: str) -> str | None:
    """Why a box with these class *names* and ids is left out, or None."""
    plain = names.lower().replace("_", "-").split()
    shown = shows_wide(names)
    for name in plain:
        for pattern, why in _RULES:
            if pattern.fullmatch(name) and not (shown and why == HIDDEN):
                return why
    return None


def shows_wide(names: str) -> bool:
    """Whether what these class *names* hide is only hidden on small screens."""
    return any(_SHOWN.fullmatch(name) for name in names.lower().split())
