"""The body of a sign-up by the API: what it may hold. OpenAPI is made from here."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from newsletter.wording import LANGUAGES


def _known_language(value: str) -> str:
    if value and value not in LANGUAGES:
        raise PydanticCustomError("language", f"Send one of {', '.join(LANGUAGES)}, or leave it out.")
    return value


def _network_address(value: str) -> str:
    """*value* as it is usually written; "" for none. A zone ("%eth0") names a wire here and no visitor."""
    try:
        address = ip_address(value) if value and "%" not in value else None
    except ValueError:
        address = None
    if value and address is None:
        said = "Send an IP address, such as 192.0.2.7 or 2001:db8::7, or leave it out."
        raise PydanticCustomError("network_address", said)
    return str(address or "")


_ADDRESSES = [{"format": "ipv4"}, {"format": "ipv6"}, {"maxLength": 0}]


class NewSubscription(BaseModel):
    """What somebody filled in on a site's form."""

    # Strict: "no", "off" and 0 are not what a program sends that meant true.
    model_config = ConfigDict(extra="forbid", strict=True)

    email: Annotated[str, Field(max_length=320)]
    newsletters: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=20)] = []
    consent: Annotated[bool, Field(description="Whether the person ticked the box, or pressed the button.")]
    language: Annotated[
        str,
        AfterValidator(_known_language),
        Field(description="Of the answer.", json_schema_extra={"enum": ["", *LANGUAGES]}),
    ] = ""
    wording: Annotated[
        str,
        Field(
            max_length=2000,
            description="With the site's secret only: what stood on the form.",
        ),
    ] = ""
    form: Annotated[
        Literal["script", "own"], Field(description="Which form: our script's, or one's own.")
    ] = "own"
    page_url: Annotated[str, Field(max_length=400, description="Where the form stood.")] = ""
    website: Annotated[str, Field(max_length=400, description="A field that people leave empty.")] = ""
    proof: Annotated[str, Field(max_length=4000, description="A solved challenge, in base64.")] = ""
    address_is_right: Annotated[bool, Field(description="After a suggestion: it was looked at.")] = False
    visitor_ip: Annotated[
        str,
        AfterValidator(_network_address),
        Field(
            max_length=45,
            description="With the site's secret only: the IP address of who filled the form in.",
            json_schema_extra={"anyOf": _ADDRESSES},
        ),
    ] = ""
