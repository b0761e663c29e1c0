"""The API takes what its document says, type by type, and no word that only looks like it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from newsletter.web.new_subscription import NewSubscription

FITTING: dict[str, Any] = {"email": "ada@example.org", "consent": True}
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "array": (list,),
}
PROPERTIES = NewSubscription.model_json_schema()["properties"]
#: What other programs send for true and false, lists and texts.
NEARLY = st.sampled_from(
    ["yes", "on", "true", "True", "t", "y", "1", "no", "off", "false", "0", 1, 1.0, 0, 0.0]
)
ANYTHING = NEARLY | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def faulty_fields(body: dict[str, Any]) -> set[str]:
    """The fields that are refused of *body*, which travels as JSON."""
    try:
        NewSubscription.model_validate(json.loads(json.dumps(body)))
    except ValidationError as error:
        return {str(each["loc"][0]) for each in error.errors()}
    return set()


@given(field=st.sampled_from(sorted(PROPERTIES)), value=ANYTHING)
def test_a_value_of_another_type_than_the_document_says_is_refused(field: str, value: object) -> None:
    if type(value) not in TYPES[PROPERTIES[field]["type"]]:
        assert faulty_fields(FITTING | {field: value}) == {field}


@pytest.mark.parametrize("said", ["192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7", "", "2001:DB8:0::7"])
def test_the_visitors_address_is_taken_in_either_version(said: str) -> None:
    assert not faulty_fields(FITTING | {"visitor_ip": said})


@pytest.mark.parametrize(
    "said", ["notanip", "192.0.2", "192.0.2.7:443", "192.0.2.7/24", "[2001:db8::7]", "fe80::1%eth0", " ", "1"]
)
def test_what_is_no_ip_address_is_refused(said: str) -> None:
    assert faulty_fields(FITTING | {"visitor_ip": said}) == {"visitor_ip"}


def test_one_address_is_written_one_way() -> None:
    assert (
        NewSubscription.model_validate(FITTING | {"visitor_ip": "2001:DB8:0::7"}).visitor_ip == "2001:db8::7"
    )


def test_a_language_is_one_of_ours_or_left_out() -> None:
    for said in ("", *PROPERTIES["language"]["enum"]):
        assert not faulty_fields(FITTING | {"language": said})
    for said in ("xx", "EN", "en-GB", "de"):
        assert faulty_fields(FITTING | {"language": said}) == {"language"}
