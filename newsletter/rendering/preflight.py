"""What is checked before an issue goes out: a table of named rules.

Each has a level, a reason and a way to mend. Warnings inform; failures hold the issue. An edition with errors
(content would be lost, a template is broken) fails the first rule, and is asked nothing else.
docs/reference/preflight.md is this table, as ``as_markdown`` writes it.
"""

from __future__ import annotations

from collections.abc import Iterable

from newsletter.rendering.checks import (
    contrast,
    footer,
    headline,
    link,
    markup,
    parity,
    setup,
    source,
    wording,
)
from newsletter.rendering.checks.check import Check, Level, Proof, Rule

_BOTH: tuple[Level, ...] = ("warn", "fail")
_WCAG = "WCAG 2.2"

_MAIL = (
    Rule(
        "edition", ("fail",),
        "A mail that could not be made as meant would tell less than was picked, or something else.",
        "Mend what each error names, then compose again.",
        source.errors, lambda proof: f"sha256 {proof.edition.hash}",
    ),
    Rule(
        "size", _BOTH,
        "Gmail cuts a mail at about 102,000 bytes of HTML, and with it the way to unsubscribe.",
        "Leave out an optional slot, or pick shorter sections (newsletter decide swap).",
        markup.size, lambda proof: f"{markup.size_of(proof):,} bytes of HTML",
    ),
    Rule(
        "document", ("fail",),
        "Screen readers take voice and direction from lang and dir, and webmail keeps only what stands in "
        "body (Email Markup Consortium 2026: missing in 95 of 100 mails).",
        "Mend the layout in templates/email: lang and dir on mjml, and a title.",
        markup.document, once=True,
    ),
    Rule(
        "headings", ("fail",),
        f"Readers who hear a letter move by its headings ({_WCAG}, 1.3.1 and 2.4.6).",
        "Mend the block in templates/email: one h1, and no level left out.",
        markup.headings, once=True,
    ),
    Rule(
        "data tables", _BOTH,
        f"A dose in a cell means something beside its header only ({_WCAG}, 1.3.1).",
        "Give the article's table a header row; in templates/email, th with scope.",
        markup.data_tables,
    ),
    Rule(
        "image words", ("fail",),
        f"Many read with images off, or hear the letter ({_WCAG}, 1.1.1).",
        'Give the image an alt; an empty one (alt="") if it only decorates.',
        markup.images_without_alt,
    ),
    Rule(
        "remote images", ("warn",),
        "Who serves an image learns who reads the letter, and when.",
        "Serve it from base_url, or leave it out.",
        markup.foreign_images,
    ),
    Rule(
        "pixels", ("fail",),
        "An image that nobody sees watches readers, which needs a consent of its own "
        "(EDPB Guidelines 2/2023; CNIL, 14 April 2026). We never do that.",
        "Take the image out.",
        markup.pixels,
    ),
    Rule(
        "contrast", ("fail",),
        f"Faint words are lost on weak eyes and in the sun: 4.5:1, large ones 3:1 ({_WCAG}, 1.4.3).",
        "Change the colour in tokens.toml.",
        contrast.faint_words, once=True,
    ),
    Rule(
        "contrast in dark", ("fail",),
        f"The same where a mail program is dark and applies the letter's own rules ({_WCAG}, 1.4.3).",
        "Change the dark colour in tokens.toml, or add a rule for what has none.",
        contrast.faint_words_in_dark, once=True,
    ),
    Rule(
        "unsupported css", ("warn",),
        "What a mail program does not know it leaves out, and the letter falls apart there (caniemail).",
        "Take it out of the block in templates/email, or make sure that nothing is lost without it.",
        markup.unsupported_properties,
    ),
    Rule(
        "text parity", ("fail",),
        "Who reads the plain part must get the same doses, lists and links.",
        "Mend the text template of the block for what is named.",
        parity.lost_in_text,
    ),
    Rule(
        "sections", ("fail",),
        "All that was picked, approved and reviewed is in both parts, and what must stand beside it.",
        "Mend the layout or block in your templates folder, which leaves it out.",
        parity.lost_sections,
    ),
    Rule(
        "hidden words", ("fail", "warn"),
        "What is hidden looks like spam (Gmail: do not use HTML and CSS to hide content), and an exit or a "
        "warning that nobody sees is none. Under 14 px is hard to read.",
        "Mend the block in templates/email: show it, or take it out.",
        contrast.hidden_words, once=True,
    ),
)  # fmt: skip

_LINKS = (
    Rule(
        "links", ("fail",),
        "A link that no mail program can open leaves a reader without what it promises.",
        "Mend the address in the article or template: https://…, mailto:… or tel:….",
        link.unusable,
    ),
    Rule(
        "relative links", ("fail",),
        "A mail stands at no address that a relative link could start from.",
        "Write the whole address, with https://.",
        link.relative,
    ),
    Rule(
        "link words", _BOTH,
        f"Links are read out one after another, without what stands around them ({_WCAG}, 2.4.4 and 2.4.9).",
        "Say in the link's words where it leads; the same words for the same address only.",
        link.without_words,
    ),
    Rule(
        "short links", ("warn",),
        "A shortened address hides where it leads, and may be led elsewhere later; filters count it as spam.",
        "Put the address that it ends at into the article.",
        link.shortened,
    ),
    Rule(
        "trackers", _BOTH,
        "A link must not tell a site who followed it: that tells of one's health (CJEU C-21/23).",
        "Take the named part out of the address.",
        link.tracking,
    ),
    Rule(
        "encrypted links", ("warn",),
        "By http, everyone on the way sees which health page a reader opens.",
        "Write https:// if the site has it; else find another source.",
        link.unencrypted,
    ),
    Rule(
        "reachable links", ("warn",),
        "A link that gives nothing costs trust. Asked only by: newsletter check DATE --reach.",
        "Open it; mend the address in the article, or wait until the site is back.",
        link.unreachable, lambda _: "none is known to be dead",
    ),
)  # fmt: skip

_DUTIES = (
    Rule(
        "unsubscribe", ("fail",),
        "The way out must be easy to see in every letter (CAN-SPAM; GDPR, Art. 7(3); Gmail and Yahoo).",
        "Mend the footer of the layout: one unsubscribe link in each part, in words.",
        footer.unsubscribe,
    ),
    Rule(
        "preferences", ("fail",),
        "Who said what they like to read must be able to take that back as easily (GDPR, Art. 7(3)).",
        "Mend the footer of the layout: one preferences link in each part, in words.",
        footer.preferences,
    ),
    Rule(
        "privacy", ("fail",),
        "Readers must find what becomes of their data (GDPR, Art. 13).",
        "Mend the footer of the layout: a link to the privacy policy in each part, in words.",
        footer.privacy,
    ),
    Rule(
        "privacy policy", ("warn",),
        "Readers consent to a named version of the publisher's own policy.",
        "Set privacy_policy and privacy_version.",
        footer.privacy_policy, once=True,
    ),
    Rule(
        "postal_address", ("fail", "warn"),
        "A letter to many must say where its publisher can be written to (CAN-SPAM; CASL).",
        "Set postal_address; if the mail lacks it, mend the footer of the layout.",
        footer.postal_address,
    ),
    Rule(
        "disclaimer", ("fail",),
        "No medical text goes out without its disclaimer, nor with a shortened one.",
        "Mend the footer of the layout: the newsletter's and every article's, word for word.",
        footer.disclaimers,
    ),
    Rule(
        "emergency notice", ("fail",),
        "Someone may read a letter while it happens to them: the number comes first then, and is in each.",
        "Mend the layout, or set region, emergency_number and crisis_line.",
        footer.emergency_notice,
    ),
    Rule(
        "review dates", _BOTH,
        "Medical text is reviewed in cycles of three years (NHS, HSE), and readers see when it was.",
        "Have the article reviewed and ingest it again, or swap it (newsletter decide swap).",
        source.review_dates,
    ),
    Rule(
        "references", ("warn", "fail"),
        "What is said of health can be looked up (HONcode: dated citations).",
        "Add references to the article; if the mail lacks one, mend the layout.",
        source.uncited,
    ),
    Rule(
        "source links", ("warn",),
        "Readers can go on reading only where the letter says where.",
        "Add url to the article.",
        source.without_address,
    ),
    Rule(
        "pins", _BOTH,
        "What was approved is what goes out: no text that was withdrawn, or changed since it was picked.",
        "Pick again: newsletter decide swap DATE SLOT, or hold the issue.",
        source.stale_pins,
    ),
    Rule(
        "language", _BOTH,
        "A letter half in another language, or in words that nobody has read, is not one to trust.",
        "Translate what is named in translations/ of your templates folder; when somebody who speaks the "
        "language has read it all, name it in reviewed_languages.",
        source.language_gaps,
    ),
)  # fmt: skip

_WORDS = (
    Rule(
        "subject", ("warn", "fail"),
        "It decides whether a letter is opened and trusted: at most 50 characters, nothing that frightens or "
        "promises a cure, no reply that is none (CAN-SPAM: no deceptive subject).",
        "Write another: newsletter decide subject DATE TEXT.",
        headline.subject, headline.length,
    ),
    Rule(
        "preheader", ("warn", "fail"),
        "It stands beside the subject in every list of mails, and what is hidden looks like spam (Gmail).",
        "Write another: newsletter decide preheader DATE TEXT.",
        headline.preheader, headline.preheader_length,
    ),
    Rule(
        "private topics", ("fail",),
        "Subject and preheader stand on lock screens; little is enough to make health data (CJEU C-21/23).",
        "Write one that names nothing: newsletter decide subject DATE TEXT.",
        headline.private_topics,
    ),
    Rule(
        "reading level", ("warn",),
        "Material for patients should ask for no more than eight years of school (AMA: 6; NIH: 6 to 8). "
        "Flesch-Kincaid over 8 for the letter, over 10 for a section; SMOG beside it. English only.",
        "Prefer plainer sections; medical text is never rewritten by a program.",
        wording.hard_to_read, wording.reading_grades,
    ),
    Rule(
        "spam phrases", ("warn",),
        "Filters weigh such words, and readers know them from fraud.",
        "Say it otherwise in subject, preheader or article.",
        wording.spam_phrases,
    ),
    Rule(
        "placeholders", ("fail", "warn"),
        "A mark that was to be filled tells readers that nobody looked.",
        "Fill it or take it out, in the article, the template or the decision.",
        wording.left_over,
    ),
    Rule(
        "year", ("warn",),
        "A year gone by in the footer, or a date far from today, makes a letter look stale.",
        "Mend title, publisher, postal_address or disclaimer; or check DATE.",
        wording.stale_years,
    ),
    Rule(
        "date", ("warn",),
        "Readers signed up for certain days.",
        "Check DATE against weekdays, cadence and quiet_dates.",
        source.off_dates,
    ),
    Rule(
        "base_url", ("fail", "warn"),
        "Readers' links (unsubscribe among them) need a public address, by HTTPS (RFC 8058). A warning only "
        "while there is no relay, or one on loopback.",
        "Set base_url to the https:// address of the public pages.",
        setup.base_url, setup.base_url_is, once=True,
    ),
    Rule(
        "sender", ("fail", "warn"),
        "Mail from an address that is not the publisher's is refused, and cannot be answered. A warning only "
        "while there is no relay, or one on loopback.",
        "Set sender to an address of your own domain.",
        setup.sender, setup.sender_is, once=True,
    ),
)  # fmt: skip

RULES: tuple[Rule, ...] = (*_MAIL, *_LINKS, *_DUTIES, *_WORDS)
_OF_EVERY_EDITION = tuple(rule for rule in RULES if "fail" in rule.levels and not rule.once)


def preflight(proof: Proof, *, is_general: bool = True) -> list[Check]:
    """Every check of *proof*, in the order of RULES. Pure: no network, no clock.

    Not *is_general*: only what can hold it and may differ from the general edition; nobody reads the warnings
    of a thousand editions.
    """
    # A mail that could not be made is no mail: what its stand-in lacks would hide the one thing to mend.
    rules = RULES[:1] if proof.edition.errors else RULES if is_general else _OF_EVERY_EDITION
    return [rule.check(proof) for rule in rules]


def failures(checks: Iterable[Check]) -> list[Check]:
    """The checks that hold an issue."""
    return [check for check in checks if check.level == "fail"]


def as_markdown() -> str:
    """RULES as the table of docs/reference/preflight.md."""
    lines = ["| check | level | why | to mend |", "|---|---|---|---|"]
    lines += [f"| {rule.name} | {' or '.join(rule.levels)} | {rule.reason} | {rule.mend} |" for rule in RULES]
    return "\n".join(lines) + "\n"
