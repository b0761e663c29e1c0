"""The mark that ties a part of a letter to the article it is from, so that it can be taken out again."""

from __future__ import annotations

import hashlib

PREFIX = "from-"
#: The class of what only stands beside a section, and goes with it (the warning after a treatment).
BESIDE = "beside"


def withdrawal_class(article_id: str) -> str:
    """The CSS class of every part of a mail's HTML that shows something of an article.

    Short, for a mail has room for 95 kB, and without the id, which may be an address. A part of several
    articles carries the class of each, and goes when all of them are withdrawn.

    >>> withdrawal_class("gout")
    'from-8892b24be57f'
    """
    return PREFIX + hashlib.sha256(article_id.encode()).hexdigest()[:12]
