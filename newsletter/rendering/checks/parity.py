"""Whether the text part says all that the HTML part does: numbers with their units, list items, links.

Both parts are compared word by word, with whitespace of any kind (a line wrapped at 72, a no-break space)
between them, and with what the text part adds for links taken off: "(address)" behind the words, or the
number in "[3]".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from selectolax.lexbor import LexborNode

from newsletter.content.article import Block, ListBlock, Paragraph, plain_text
from newsletter.rendering.checks.check import Finding, Proof, named_parts
from newsletter.rendering.checks.mail import Mail, visible_blocks, visible_words
from newsletter.rendering.view import WARNING, needs_call_out, needs_warning


def _added(mark: str) -> re.Pattern[str]:
    """What stands behind the words of a link: closed up to punctuation, else cut out of its line."""
    return re.compile(rf"\s*{mark}(?=[^\w\s])|[^\S\n]*{mark}")


_NUMBERED = _added(r"\[\d{1,3}\]")
_MARK = re.compile(r"[-*•‣◦·–—]|\(?\w{1,4}[.)]")
_EDGES = " .,;:!?()[]{}\"'“”‘’«»،؛؟।…"
_NESTED = frozenset({"ul", "ol", "table"})
_DIGIT = re.compile(r"\d")
#: What may stand between an address and the words around it, in the text part.
_BEFORE, _AFTER = r"(?<![\w/@.-])", r"(?=[)\]>.,;:!?\"'”’…]*(?:\s|$))"


def parity_gaps(html: str, text: str) -> tuple[str, ...]:
    """What *html* says and *text* does not, each in a few words; empty when nothing is missing.

    Looked for: every number together with the word after it (its unit, if it has one), as often as the HTML
    has it; every list item and each paragraph within one, whole, at the beginning of a line; every link.

    >>> parity_gaps("<p>Take 5 mg.</p>", "Take 5 mg.")
    ()
    >>> parity_gaps("<p>Take 5 mg.</p>", "Take some.")
    ('number: 5', 'number: 5 mg')
    """
    return gaps(Mail(html, text))


def lost_in_text(proof: Proof) -> Iterator[Finding]:
    """What the text part lacks."""
    for gap in gaps(proof.mail):
        yield Finding(f"not in the text part: {gap}")


def lost_sections(proof: Proof) -> Iterator[Finding]:
    """Words of a picked section, and of what must stand beside it, that a part of the mail does not say."""
    said = {name: _plain_words(words) for name, words in named_parts(proof)}
    for pick in proof.issue.picks:
        for leaf in leaves(pick.blocks):
            wanted = " ".join(visible_words(plain_text(leaf)))
            for part, words in said.items():
                if _plain_words(wanted) not in words:
                    yield Finding(f"{pick.article_title}: “{wanted[:80]}” is not in the {part} part")
    for wanted in _must_accompany(proof):
        for part, words in said.items():
            if _plain_words(wanted) not in words:
                yield Finding(f"“{wanted[:80]}” is not in the {part} part")


def leaves(blocks: Iterable[Block]) -> Iterator[str]:
    """The inline HTML of every paragraph, list item and cell, with an item's label before it."""
    for block in blocks:
        if isinstance(block, Paragraph):
            yield block.html
        elif isinstance(block, ListBlock):
            for item in block.items:
                yield f"{item.label}: {item.html}" if item.label else item.html
                yield from leaves(item.blocks)
        else:
            for row in (block.header, *block.rows):
                yield from row


def _must_accompany(proof: Proof) -> Iterator[str]:
    """Our own sentences that a letter of these picks has to say."""
    picks, wording = proof.issue.picks, proof.wording
    if any(needs_warning(pick) for pick in picks):
        yield wording.gettext(WARNING)
    if needs_call_out(picks):
        yield wording.gettext("When to seek help")


def _plain_words(words: str) -> str:
    """*words* without numbers of links and without spaces, which a link or a raised sign may move."""
    return "".join(_NUMBERED.sub("", words).split()).casefold()


def gaps(mail: Mail) -> tuple[str, ...]:
    """As parity_gaps, of parts that are read already."""
    said = _without_addresses(mail)
    found = [*_numbers(mail, said), *_items(mail, said), *_links(mail)]
    return tuple(dict.fromkeys(found))


def _without_addresses(mail: Mail) -> str:
    """The text part without the addresses and numbers that stand behind the words of links."""
    addresses = sorted({link.href for link in mail.links if link.href}, key=len, reverse=True)
    behind = "|".join(_spaced(address) for address in addresses)
    text = _added(rf"\((?:{behind})\)").sub("", mail.text) if behind else mail.text
    return _NUMBERED.sub("", text)


def _numbers(mail: Mail, text: str) -> Iterator[str]:
    have = Counter(_pairs(visible_words(text)))
    need: Counter[tuple[str, str]] = Counter()
    for block in mail.blocks:
        words = visible_words(_NUMBERED.sub("", _without_parentheses(block, mail)))
        need.update(
            pair for pair in _pairs(words) if _DIGIT.search(pair[0]) and (not pair[1] or _is_unit(pair[1]))
        )
    for (number, unit), times in need.items():
        if have[number, unit] < times:
            yield f"number: {number} {unit}".rstrip()


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every word alone, and together with the next, without the marks around them."""
    bare = [word.strip(_EDGES).casefold() for word in words]
    for place, word in enumerate(bare):
        yield word, ""
        if place + 1 < len(bare):
            yield word, bare[place + 1]


def _is_unit(word: str) -> bool:
    return word[:1].isalpha() or word[:1] in "%‰°℃℉"


def _items(mail: Mail, text: str) -> Iterator[str]:
    need: Counter[tuple[str, ...]] = Counter()
    for node in mail.tree.css("li"):
        for block in _own_blocks(node):
            words = visible_words(_NUMBERED.sub("", _without_parentheses(block, mail)))
            need[tuple(words)] += 1
    if not need:
        return
    have, words = _line_starts(text)
    for item, times in need.items():
        if not item:
            continue
        found = sum(tuple(words[place : place + len(item)]) == item for place in have.get(item[0], ()))
        if found < times:
            yield f"list item: {' '.join(item)}"


def _without_parentheses(block: str, mail: Mail) -> str:
    """*block* without an address in brackets: written out in the HTML, it would be taken off the text."""
    for link in mail.links:
        if link.href and f"({link.href})" in block:
            block = block.replace(f"({link.href})", "")
    return block


def _own_blocks(node: LexborNode) -> Iterable[str]:
    """The words of a list item, without those of the lists and tables in it, paragraph by paragraph.

    An item's link without words shows its address in the text part; it is the rule on link words that
    speaks of it.
    """
    return visible_blocks("".join(_own_markup(node)))


def _own_markup(node: LexborNode) -> Iterator[str]:
    child = node.child
    while child is not None:
        if child.tag in _NESTED:
            yield "<hr>"
        elif child.tag != "-text" and child.css_first("li") is not None:
            yield f"<hr>{''.join(_own_markup(child))}<hr>"
        else:
            yield child.html or ""
        child = child.next


def _line_starts(text: str) -> tuple[dict[str, list[int]], list[str]]:
    """Where each word begins a line of *text*, alone or behind the mark of a list; and all words."""
    starts: dict[str, list[int]] = {}
    words: list[str] = []
    for line in text.splitlines():
        here = visible_words(line)
        if not here:
            continue
        starts.setdefault(here[0], []).append(len(words))
        if len(here) > 1 and _MARK.fullmatch(here[0]):
            starts.setdefault(here[1], []).append(len(words) + 1)
        words += here
    return starts, words


def _links(mail: Mail) -> Iterator[str]:
    digits = re.sub(r"[\s()-]", "", mail.text)
    for link in dict.fromkeys(link.href for link in mail.links):
        scheme, _, rest = link.partition(":")
        if scheme == "tel":
            is_there = re.sub(r"[\s()-]", "", rest) in digits
        elif scheme == "mailto":
            is_there = any(_address(one).search(mail.text) for one in (link, rest, rest.partition("?")[0]))
        else:
            is_there = bool(_address(link).search(mail.text))
        if link and not link.startswith("#") and not is_there:
            yield f"link: {link}"


def _address(link: str) -> re.Pattern[str]:
    """*link* standing by itself, or in brackets: not as a part of a longer one."""
    said = _spaced(link)
    return re.compile(rf"[(<\[]{said}[)>\]]|{_BEFORE}{said}{_AFTER}")


def _spaced(link: str) -> str:
    """*link* as a pattern; whitespace in it may be a line's end."""
    return r"\s+".join(re.escape(part) for part in link.split())
