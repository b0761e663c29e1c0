"""The domain of an address that somebody typed: a slip of the finger, or one that keeps no mail."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from disposable_email_domains import blocklist

from newsletter.subscribers.address import ascii_domain

#: Mailbox providers with very many users, those that are meant most often first.
PROVIDERS = (
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "live.com",
    "aol.com",
    "msn.com",
    "googlemail.com",
    "yahoo.co.in",
    "yahoo.co.uk",
    "yahoo.com.br",
    "yahoo.com.mx",
    "yahoo.fr",
    "yahoo.de",
    "yahoo.es",
    "hotmail.co.uk",
    "hotmail.fr",
    "hotmail.es",
    "rediffmail.com",
    "protonmail.com",
    "proton.me",
    "yandex.ru",
    "yandex.com",
    "mail.ru",
    "gmx.de",
    "gmx.net",
    "web.de",
)
#: Never taken for a slip, though one looks like it: others that give mailboxes, and firms with mail.
REAL = frozenset(PROVIDERS) | {
    "cloud.com",
    "email.com",
    "grail.com",
    "mail.com",
    "pmail.com",
    "rmail.com",
    "yahoo.co",
    "yandex.cloud",
    "yandex.net",
    "ymail.com",
}
#: A name with fewer letters is one letter away from too many others that are real: aon.com, love.com.
_LONG = 5


def near_domain(domain: str) -> str:
    """The large provider whose domain was probably meant by *domain*; "" when nothing seems wrong with it.

    One letter too many, missing, other or changed over with its neighbour (distance 1 by optimal string
    alignment) is taken for a slip; so is a long provider's name with a wrong generic ending. Of a name with
    fewer than five letters only a change-over is. A country's ending is believed.

    >>> near_domain("gmial.com"), near_domain("hotmail.con"), near_domain("example.org")
    ('gmail.com', 'hotmail.com', '')
    """
    typed = domain.lower()
    if typed in REAL:
        return ""
    for provider in PROVIDERS:
        if _is_one_slip(typed, provider) and _is_telling(typed, provider):
            return provider
    label, _, ending = typed.partition(".")
    meant = f"{label}.com"
    is_generic = len(ending) > 2 and "." not in ending
    return meant if is_generic and len(label) >= _LONG and meant in PROVIDERS else ""


def is_disposable(domain: str, *, refused: Collection[str]) -> bool:
    """Whether *domain* is, or is under, one of throw-away mailboxes or one of *refused*.

    Throw-away ones are those that the installed package disposable-email-domains lists.
    """
    return _is_among(_compared(domain), blocklist) or is_refused(domain, refused=refused)


def is_refused(domain: str, *, refused: Collection[str]) -> bool:
    """Whether *domain* is, or is under, one of *refused*, in letters of its script or as A-labels."""
    return _is_among(_compared(domain), _all_compared(tuple(refused)))


def _is_one_slip(typed: str, meant: str) -> bool:
    """Whether two different texts are at distance 1 by optimal string alignment."""
    if abs(len(typed) - len(meant)) > 1:  # most are told apart by this, in no time
        return False
    same = 0
    for one, other in zip(typed, meant, strict=False):
        if one != other:
            break
        same += 1
    ours, theirs = typed[same:], meant[same:]
    return (
        ours[1:] == theirs[1:]
        or ours[1:] == theirs
        or ours == theirs[1:]
        or (ours[2:] == theirs[2:] and ours[:2] == theirs[1::-1])
    )


def _is_telling(typed: str, provider: str) -> bool:
    """Whether a slip tells that *provider* was meant, rather than that another domain is much like it."""
    typed_label, _, typed_ending = typed.partition(".")
    label, _, ending = provider.partition(".")
    if typed_ending == ending:
        return len(label) >= _LONG or sorted(typed_label) == sorted(label)
    if typed_label == label:
        country = typed_ending.rpartition(".")[2]
        is_other_country = len(country) == 2 and not ending.endswith(f".{country}")
        return ending == "com" or (len(ending) > 2 and not is_other_country)
    return True


def _is_among(domain: str, domains: Collection[str]) -> bool:
    labels = domain.split(".")
    return any(".".join(labels[first:]) in domains for first in range(len(labels)))


@lru_cache(maxsize=4)
def _all_compared(domains: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_compared(domain.strip(".")) for domain in domains)


def _compared(domain: str) -> str:
    """*domain* as the package writes its own: lower-case A-labels. What cannot be written so stays."""
    try:
        return ascii_domain(domain)
    except ValueError:
        return domain.lower()


def mailbox_of(canonical: str) -> str:
    """The mailbox behind a canonical address, as far as large providers say how they read it.

    They deliver ``ada+anything@`` to ``ada@``, and Gmail does not see dots. For counting only: whoever
    floods a mailbox writes it in many ways.
    """
    local, _, domain = canonical.rpartition("@")
    if domain not in PROVIDERS:
        return canonical
    local = local.partition("+")[0]
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"
