"""An e-mail address: kept and mailed as its owner wrote it, compared in one canonical form."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from newsletter.errors import SubscriberError
from newsletter.wording import message

#: Plain ASCII addresses, which email-validator takes as they are: a property test holds the two together.
#: Labels with "--" in third place may be IDN (RFC 5890), and are left to the library.
_PLAIN = re.compile(
    r"(?=.{1,64}@)(?=.{1,254}\Z)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*"
    r"@(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63})",
    re.IGNORECASE | re.ASCII,
)
#: Last labels under which a name may be reserved (RFC 6761): the library says which.
_RESERVED = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)


@dataclass(frozen=True, kw_only=True)
class Address:
    """An e-mail address: *given* as its owner wrote it, *canonical* for comparison only."""

    given: str
    canonical: str


def parse_address(text: str) -> Address:
    """Read an address (RFC 5321 syntax, RFC 6531 for other scripts), without asking any DNS server.

    The mail goes to the address as given. For comparison the local part becomes lower-case and the
    domain lower-case A-labels (RFC 5890), in NFC. Dots and +tags count, because only some providers ignore
    them; and so do letters that casefolding would make one of ("ß" and "ss"): they are other mailboxes.

    Raises:
        SubscriberError: it is not an address; the reason says what is wrong with it, and holds no more of
            it than the part at fault.
    """
    given = text.strip()
    plain = _PLAIN.fullmatch(given)
    if plain and plain[1].lower() not in _RESERVED:
        return Address(given=given, canonical=given.lower())
    return parse_any_address(given)


def parse_any_address(given: str) -> Address:
    """The same without the short cut for plain addresses: email-validator decides."""
    try:
        # test_environment lets ".test" (RFC 2606) pass: rehearsals use it, and no mail can go there.
        # strict holds the local part to its 64 octets (RFC 5321 4.5.3.1.1).
        valid = validate_email(given, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as error:
        raise SubscriberError(
            "the e-mail address",
            str(error),
            message("Check it for a typing error, such as a missing dot."),
        ) from None
    local = unicodedata.normalize("NFC", unicodedata.normalize("NFC", valid.local_part).lower())
    return Address(given=given, canonical=f"{local}@{valid.ascii_domain.lower()}")


def compared(text: str) -> str:
    """How *text* is compared with others where it may be no address at all: its canonical form if it is."""
    try:
        return parse_address(text).canonical
    except SubscriberError:
        return text.strip().lower()


def wire_address(given: str) -> str:
    """A stored address as SMTP and the To header take it: the domain as A-labels (RFC 5891)."""
    local, _, domain = given.rpartition("@")
    return given if domain.isascii() else f"{local}@{ascii_domain(domain)}"


def mail_domain(given: str) -> str:
    """Where the mailbox of a stored address is, as in the envelope; "" where that cannot be written."""
    try:
        return wire_address(given).rpartition("@")[2].lower()
    except ValueError:
        return ""


def ascii_domain(domain: str) -> str:
    """*domain* as it is compared: in lower-case A-labels (RFC 5891).

    Raises:
        ValueError: it cannot be written so.
    """
    if domain.isascii():
        return domain.lower()
    valid = validate_email(f"a@{domain}", check_deliverability=False, test_environment=True)
    return valid.ascii_domain.lower()
