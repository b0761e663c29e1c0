"""Bodies that decode to what was written, in bytes that nothing on the way has a reason to change."""

from __future__ import annotations

import quopri
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.delivery.quoted_printable import encode_around_holes, encode_value

#: What is awkward in mail: dots and "From " at line starts, blanks in runs and at ends, other scripts.
AWKWARD = st.sampled_from(
    [
        *(
            ".",
            "..",
            "\n.",
            "\nFrom ",
            "From ",
            " ",
            "  ",
            "\t",
            " \n",
            "\t\n",
            "\r",
            "\r\n",
            "\n",
            "=",
            "=3D",
            "=\n",
        ),
        *(
            "a" * 73,
            "a" * 74,
            "a" * 75,
            "x" * 300,
            "é",
            "🙂",
            "مرحبا",
            "স্বাস্থ্য",
            "\x00",
            "\x85",
            "\u2028",
            "--",
        ),
    ]
)
TEXTS = st.lists(AWKWARD | st.text(st.characters(exclude_categories=["Cs"]), max_size=90), max_size=12).map(
    "".join
)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


def text_of(lines: str) -> bytes:
    """As a part of a message says it: CRLF line ends, and one at the end."""
    said = re.sub("\r\n|\r|\n", "\n", lines)
    return (said.removesuffix("\n") + "\n").replace("\n", "\r\n").encode()


def relaxed(body: bytes) -> bytes:
    """RFC 6376 3.4.4, word for word."""
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


@given(st.lists(TEXTS, min_size=1, max_size=5), st.data())
@example(["", ""], None)
@example(["a ", "", " b"], None)
@example(["." + "a" * 73 + " ", ".b"], None)
def test_what_is_written_is_what_is_read_with_any_value_in_any_hole(pieces, data):
    values = [data.draw(VALUES) if data else "…v 1" for _ in pieces[1:]]
    # A line end inside a value is no value of ours, but must not change what stands around it.
    values = [re.sub("[\r\n]", "_", value) for value in values]
    frozen = encode_around_holes(pieces)
    whole = frozen[0] + b"".join(encode_value(v) + f for v, f in zip(values, frozen[1:], strict=True))
    said = pieces[0] + "".join(v + p for v, p in zip(values, pieces[1:], strict=True))
    # The standard library's decoder joins lines with "\n" only; ours are read as they came.
    assert quopri.decodestring(whole.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n") == text_of(said)


@given(st.lists(TEXTS, min_size=1, max_size=4), VALUES)
def test_nothing_on_the_way_has_a_reason_to_change_a_line(pieces, value):
    frozen = encode_around_holes(pieces)
    whole = encode_value(value).join(frozen)
    lines = whole.split(b"\r\n")
    assert whole.isascii()
    assert whole.count(b"\r") == whole.count(b"\n") == whole.count(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert not [line for line in lines if line.startswith((b".", b"From "))]
    body = whole + b"--end\r\n"
    assert relaxed(body) == body


@given(VALUES)
def test_a_value_needs_at_most_74_octets_of_a_line(value):
    assert max(len(line.removesuffix(b"=")) for line in encode_value(value).split(b"\r\n")) <= 74


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("", b"\r\n"),
        ("\n", b"\r\n"),
        ("a  b\tc ", b"a =20b=09c=20\r\n"),
        (".", b"=2E\r\n"),
        ("From here", b"=46rom here\r\n"),
        ("a=b", b"a=3Db\r\n"),
        ("a" * 74 + ".", b"a" * 74 + b"=\r\n=2E\r\n"),
        ("a" * 73 + "é", b"a" * 73 + b"=\r\n=C3=A9\r\n"),
    ],
)
def test_what_it_looks_like(text, encoded):
    assert encode_around_holes([text]) == [encoded]
    assert quopri.decodestring(encoded.replace(b"\r\n", b"\n")) == (text.removesuffix("\n") + "\n").encode()


def test_half_a_character_is_refused():
    with pytest.raises(UnicodeEncodeError):
        encode_around_holes(["a\ud83d"])
