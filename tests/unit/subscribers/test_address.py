from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.errors import SubscriberError
from newsletter.subscribers.address import Address, parse_address, parse_any_address, wire_address


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("  ada@example.org\n", "ada@example.org"),
        ("a.d.a+news@example.org", "a.d.a+news@example.org"),
        ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
        ("Straße@example.org", "straße@example.org"),
        ("o'hara@example.test", "o'hara@example.test"),
    ],
)
def test_an_address_is_kept_as_given_and_compared_in_one_form(text: str, canonical: str) -> None:
    address = parse_address(text)
    assert address.given == text.strip()
    assert address.canonical == canonical


def test_composed_and_decomposed_spellings_of_an_address_are_the_same() -> None:
    assert (
        parse_address("jos\u00e9@example.org").canonical == parse_address("jose\u0301@example.org").canonical
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "a da@example.org",
        "ada@localhost",
        "ada@[127.0.0.1]",
        "ada@x..org",
        "ada@example.org\nBcc: b@example.org",
        "Ada <ada@example.org>",
        "a" * 65 + "@example.org",
        "a@b.invalid",
    ],
)
def test_what_is_no_address_is_refused_with_its_fault(text: str) -> None:
    with pytest.raises(SubscriberError) as refused:
        parse_address(text)
    assert refused.value.reason
    assert refused.value.next_step


@given(st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9+_-]{0,20}@[a-zA-Z0-9]{1,20}\.(org|com)", fullmatch=True))
def test_letter_case_never_makes_two_readers_of_one(text: str) -> None:
    try:
        address = parse_address(text)
    except SubscriberError:
        return
    assert parse_address(text.upper()).canonical == address.canonical
    assert parse_address(address.canonical).canonical == address.canonical


_NEAR_PLAIN = st.from_regex(
    r"[a-zA-Z0-9_+-]{1,40}([.][a-zA-Z0-9_+.-]{0,40})?@([a-zA-Z0-9-]{1,70}[.]){1,4}(test|local|[a-zA-Z0-9-]{1,64})",
    fullmatch=True,
)


@given(_NEAR_PLAIN)
@example("ada@xn--bcher-kva.example")
@example("ada@ab--cd.org")
@example("ada@mail.localhost")
@example("ada@1.2.3.4")
@example("a" * 64 + "@" + "b" * 63 + ".org")
@example("ada@" + "b." * 125 + "org")
@settings(max_examples=400, deadline=None)
def test_the_short_cut_for_plain_addresses_says_what_the_library_says(text: str) -> None:
    assert _said(parse_address, text) == _said(parse_any_address, text)


def _said(parse: Callable[[str], Address], text: str) -> Address | str:
    try:
        return parse(text)
    except SubscriberError as error:
        return error.reason


def test_an_international_domain_travels_as_a_labels_and_an_international_name_as_it_is() -> None:
    assert wire_address("ada@bücher.example") == "ada@xn--bcher-kva.example"
    assert wire_address("josé@example.org") == "josé@example.org"
