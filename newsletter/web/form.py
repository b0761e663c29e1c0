"""What a form on these pages posted."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from newsletter.errors import SubscriberError
from newsletter.settings import Settings
from newsletter.subscribers.address import Address, parse_address
from newsletter.subscribers.domain import is_disposable, is_refused, near_domain
from newsletter.subscribers.mail_exchange import MailExchange
from newsletter.wording import SOURCE_LANGUAGE, Wording, message

#: What the reader of an address finds wrong, where it says that in the same words every time.
_ADDRESS_FAULTS = frozenset(
    {
        message("An email address must have an @-sign."),
        message("There must be something before the @-sign."),
        message("There must be something after the @-sign."),
        message("The part after the @-sign is not valid. It should have a period."),
        message("An email address cannot have a period immediately after the @-sign."),
        message("An email address cannot have two periods in a row."),
        message("An email address cannot end with a period."),
    }
)


#: More than the longest form has: the topics of several newsletters (MAX_TOPICS each) on one page.
_MAX_FIELDS = 400


async def posted(request: Request) -> FormData:
    """The posted fields, urlencoded or multipart; nothing of what cannot be read."""
    try:
        return await request.form(max_files=4, max_fields=_MAX_FIELDS)
    except HTTPException:
        return FormData()


def text(form: FormData, name: str) -> str:
    """The field *name*; "" when it is absent or a file."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def address_fault(given: str, wording: Wording) -> str:
    """What is wrong with an address that was typed, for the line beside its field; "" when nothing is."""
    try:
        parse_address(given)
    except SubscriberError as error:
        if not given:
            return wording.gettext("Enter your e-mail address.")
        return " ".join([_reason(error.reason, wording), wording.gettext(error.next_step)])
    return ""


def domain_fault(address: Address, wording: Wording, *, settings: Settings, exchange: MailExchange) -> str:
    """Why no mail for *address* would be kept, for the line beside its field; "" when it may well be.

    It may ask a name server and wait for it: not for the thread that serves everybody.
    """
    domain = _domain(address)
    is_lost = _is_throw_away(domain, settings)
    if not is_lost and exchange.takes_mail(domain):
        return ""
    _, shown = wording.gettext, address.given.rpartition("@")[2]
    # Lists of throw-away domains hold slips such as gmial.com, too: whoever made one has no such mailbox.
    if meant := near_domain(domain):
        return _("Mail to %(domain)s would be lost. Did you mean %(meant)s?", domain=shown, meant=meant)
    if is_lost:
        return _("Mail to a throw-away address would be lost within the hour. Please use one that you keep.")
    return _("The domain %(domain)s takes no mail: please check the part after the @.", domain=shown)


def suggestion(address: Address) -> str:
    """*address* at the large provider that was probably meant; "" when its domain looks right."""
    meant = near_domain(_domain(address))
    return f"{address.given.rpartition('@')[0]}@{meant}" if meant else ""


def _domain(address: Address) -> str:
    return address.canonical.rpartition("@")[2]


def _is_throw_away(domain: str, settings: Settings) -> bool:
    refused = settings.refused_domains
    if settings.disposable == "accept":
        return is_refused(domain, refused=refused)
    return is_disposable(domain, refused=refused)


def _reason(said: str, wording: Wording) -> str:
    if said in _ADDRESS_FAULTS:
        return wording.gettext(said)
    if wording.language == SOURCE_LANGUAGE:
        return said
    # Translators: shown in place of a reason that is known in English only.
    return wording.gettext("This is not an e-mail address.")
