"""What an article is about, in the house's own words: from its title, and from its site's categories.

The words are in topics.toml beside this module, one table that a person can read and extend.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from newsletter.content.article import Article
from newsletter.content.cleaning import clean_title

#: Categories that say where on the site an article stands, and nothing of what it is about.
NO_TOPICS = frozenset(
    {
        "uncategorized", "uncategorised", "general", "blog", "news", "articles", "article", "posts",
        "featured", "health", "health a-z", "a-z", "conditions", "diseases", "diseases and conditions",
        "diseases & conditions", "health conditions", "health topics", "medical", "other", "misc", "home",
    }
)  # fmt: skip
#: A longer category is a sentence, or keywords that were put in for search machines.
MAX_WORDS = 5


def topics_for(title: str, categories: Iterable[str] = ()) -> tuple[str, ...]:
    """The topics of an article called *title* that its site keeps under *categories* (or tags).

    Categories come first, in their order: as the house calls them where the table knows them, and in lower
    case as they are where it does not. Then follow those that the title speaks of, in the table's order.

    >>> topics_for("Hay fever", ["Uncategorized", "Respiratory System"])
    ('lungs', 'allergies')
    """
    found: dict[str, None] = {}
    for category in categories:
        name = clean_title(category).lower()
        if not name or name in NO_TOPICS:
            continue
        known = [name] if name in _table() else _in_table(name)
        found.update(dict.fromkeys(known))
        if not known and len(name.split()) <= MAX_WORDS:
            found[name] = None
    found.update(dict.fromkeys(_in_table(clean_title(title).lower())))
    return tuple(found)


def with_topics(article: Article) -> Article:
    """*article*, with topics read from its title where it brings none itself."""
    if article.topics:
        return article
    topics = topics_for(article.title)
    return article.model_copy(update={"topics": topics}) if topics else article


def _in_table(words: str) -> list[str]:
    words = re.sub("[‘’ʼ`´]", "'", words)
    return [topic for topic, pattern in _table().items() if pattern.search(words)]


@cache
def _table() -> dict[str, re.Pattern[str]]:
    """The pattern of each topic: the words that lead to it."""
    text = files("newsletter.content").joinpath("topics.toml").read_text(encoding="utf-8")
    table: dict[str, list[str]] = tomllib.loads(text)
    return {
        topic: word_pattern(
            (word for word in words if not word.startswith("! ")),
            not_after=(word[2:] for word in words if word.startswith("! ")),
        )
        for topic, words in table.items()
    }


def word_pattern(words: Iterable[str], *, not_after: Iterable[str] = ()) -> re.Pattern[str]:
    """Finds any of *words* whole, in lower case; one that ends in ``*`` is the beginning of words.

    None is found right after a word of *not_after*: fever is an infection's, hay fever is not.
    """
    unless = "".join(rf"(?<!\b{re.escape(word)} )" for word in not_after)
    written = (re.escape(word).replace(r"\*", r"\w*") for word in words)
    return re.compile(rf"(?<!\w){unless}(?:{'|'.join(written)})(?!\w)")
