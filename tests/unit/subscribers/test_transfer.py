from __future__ import annotations

import pytest

from newsletter.errors import SubscriberError
from newsletter.subscribers.transfer import ImportRow, read_rows


def rows(text: str) -> list[ImportRow]:
    return list(read_rows(text.splitlines(keepends=True)))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["email", "E-Mail", "Email Address", "ADDRESS", "\ufeffemail"])
def test_a_list_with_any_usual_delimiter_and_header_is_read(delimiter: str, name: str) -> None:
    found = rows(f"{name}{delimiter}name\r\nada@example.org{delimiter}Ada\r\n")
    assert found == [ImportRow(number=2, address="ada@example.org")]


def test_the_e_mail_column_is_taken_when_there_is_a_postal_address_as_well() -> None:
    assert rows("Address,Email\n1 Street,ada@example.org\n")[0].address == "ada@example.org"


def test_rows_are_counted_as_a_spreadsheet_does_and_empty_ones_are_skipped() -> None:
    found = rows('name,email\n"Ada\nLovelace",ada@example.org\n,\n\nGrace,grace@example.org\nshort\n')
    assert [(row.number, row.address) for row in found] == [
        (2, "ada@example.org"),
        (5, "grace@example.org"),
        (6, ""),
    ]


def test_the_status_elsewhere_is_read() -> None:
    assert rows("email,Status\nada@example.org, Unsubscribed\n")[0].status == "unsubscribed"


@pytest.mark.parametrize("text", ["", "name,phone\nAda,1\n", "\n"])
def test_a_list_without_an_address_column_is_refused(text: str) -> None:
    with pytest.raises(SubscriberError, match="no column for the address"):
        rows(text)


def test_a_list_that_is_no_csv_is_refused() -> None:
    with pytest.raises(SubscriberError, match="is not CSV"):
        rows("email\n" + '"' + "a" * 200_000 + '"\n')
