"""The page after a sign-up: which mail to look for, and where."""

from __future__ import annotations

from email.utils import parseaddr
from typing import NamedTuple
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse

from newsletter.web.door import Filled
from newsletter.web.page import pages_of, workplace_of
from newsletter.web.security import FORM_REFERRER


class Webmail(NamedTuple):
    """Where the mail of some domains is read. *search*: put before the search for a sender, where known."""

    name: str
    url: str
    domains: tuple[str, ...]
    search: str = ""


#: The big webmails, each by its own front page.
WEBMAILS = (
    Webmail(
        "Gmail",
        "https://mail.google.com/",
        ("gmail.com", "googlemail.com"),
        "https://mail.google.com/mail/u/0/#search/in%3Aanywhere+from%3A",
    ),
    Webmail(
        "Outlook",
        "https://outlook.live.com/mail/",
        ("outlook.com", "hotmail.com", "live.com", "msn.com", "hotmail.co.uk", "hotmail.es", "hotmail.fr"),
    ),
    Webmail(
        "Yahoo Mail",
        "https://mail.yahoo.com/",
        ("yahoo.com", "yahoo.co.uk", "yahoo.co.in", "yahoo.es", "yahoo.fr", "ymail.com", "rocketmail.com"),
    ),
    Webmail("iCloud Mail", "https://www.icloud.com/mail/", ("icloud.com", "me.com", "mac.com")),
    Webmail("AOL Mail", "https://mail.aol.com/", ("aol.com", "aim.com")),
    Webmail("GMX", "https://www.gmx.net/", ("gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com")),
    Webmail("Proton Mail", "https://mail.proton.me/", ("proton.me", "protonmail.com", "pm.me")),
)


def webmails_for(address: str, *, sender: str) -> list[tuple[str, str]]:
    """Names and links: of the one webmail where *address* is read, or of the big ones."""
    domain = address.rpartition("@")[2].casefold()
    theirs = [each for each in WEBMAILS if domain in each.domains]
    return [
        (each.name, each.search + quote(sender) if theirs and each.search else each.url)
        for each in theirs or WEBMAILS[:4]
    ]


def check_inbox_page(
    request: Request,
    *,
    newsletter: str,
    language: str,
    address: str = "",
    site: str = "",
    template: str = "check_inbox",
    action: str = "/subscribe",
) -> HTMLResponse:
    """What to look for after a sign-up, the same for every address; and a button to ask once more.

    *address*: what was typed on the page before; "" where that is not known, and then the button leads to the
    form, where it is typed again.
    *site*: the key of the form, which it posts again. *template*, *action*: of the page or the frame that the
    form stands on.
    """
    pages = pages_of(request)
    one = workplace_of(request).settings.newsletter(newsletter)
    sender = parseaddr(one.sender)[1]
    page = pages.page(
        template,
        202,
        language=language,
        title=pages.wording(language).gettext("Check your inbox"),
        newsletter=one.title,
        newsletter_name=one.name,
        signup=pages.signup_path(one.name),
        sender=sender,
        subject=request.app.state.subjects[one.name],
        address=address,
        action=action,
        site=site,
        webmails=webmails_for(address, sender=sender),
        in_frame=action != "/subscribe",
    )
    page.headers["Referrer-Policy"] = FORM_REFERRER
    return page


def too_many_page(request: Request, filled: Filled, *, template: str = "notice") -> HTMLResponse:
    """Why a form was not taken that is one too many from its network; nothing of the address is in it."""
    pages = pages_of(request)
    _ = pages.wording(filled.language).gettext
    response = pages.page(
        template,
        429,
        language=filled.language,
        title=_("Please wait an hour"),
        paragraphs=[
            _("From your network so many addresses were signed up that we stop for now."),
            _("Nothing has been changed. Please come back in an hour."),
        ],
        link=None,
        site=filled.site.key if workplace_of(request).settings.sites else "",
    )
    response.headers["Retry-After"] = "3600"
    return response
