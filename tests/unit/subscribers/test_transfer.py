"""Each format by a small list in our own words: what becomes of every row, and files that are no list."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import SubscriberError
from newsletter.subscribers.subscriber import Frequency
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.transfer import ImportRow, Wish
from newsletter.subscribers.transfer.cell import guard, unguard
from newsletter.subscribers.transfer.recognise import Format, RecognisedList, recognise
from newsletter.subscribers.transfer.row import is_moment
from newsletter.subscribers.transfer.table import read_table


def listed(text: str | bytes, name: str = "list.csv", **options: object) -> RecognisedList:
    octets = text.encode() if isinstance(text, str) else text
    return recognise(read_table(lambda: io.BytesIO(octets), name), **options)  # type: ignore[arg-type]


def fates(found: RecognisedList) -> dict[str, str]:
    """What becomes of each address, in a word; "proved" for a row that needs no basis."""
    return {row.address: _fate(row) for row in found}


def _fate(row: ImportRow) -> str:
    if row.wish is Wish.SUPPRESS:
        return row.reason.value
    if row.wish is Wish.SUBSCRIBE:
        return "proved" if row.is_proved else "subscribed"
    return row.wish.value


MAILCHIMP = (
    "Email Address,First Name,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,{more}LEID,EUID,NOTES,TAGS\n"
)
MAILPOET = (
    '\ufeff"Email","First name","Subscription time","Confirmation time","Confirmation IP",'
    '"List status","Global status","List"\n'
)
LISTS: dict[str, tuple[Format, str, dict[str, str]]] = {
    "mailpoet": (
        Format.MAILPOET,
        MAILPOET
        + '"ada@example.org","Ada \\"A\\", B","2024-01-05 10:00:00","2024-01-05 10:02:11","192.0.2.4",'
        '"subscribed","subscribed","Daily"\n'
        '"eve@example.org","","2024-01-05 10:00:00","","","unconfirmed","unconfirmed","Daily"\n'
        '"bo@example.org","","","","","bounced","bounced","Daily"\n'
        '"cy@example.org","","","","","unsubscribed","unsubscribed","Daily"\n'
        '"di@example.org","","","","","subscribed","inactive","Daily"\n',
        {
            "ada@example.org": "proved",
            "eve@example.org": "refuse",
            "bo@example.org": "bounced",
            "cy@example.org": "imported",
            "di@example.org": "refuse",
        },
    ),
    "mailpoet in German": (
        Format.MAILPOET,
        (
            '\ufeff"E-Mail","Vorname","Listenstatus","Globaler Status","Liste"\n'
            '"ada@example.org","Ada","subscribed","subscribed","Täglich"\n'
            '"cy@example.org","","subscribed","unsubscribed","Täglich"\n'
        ),
        {"ada@example.org": "subscribed", "cy@example.org": "imported"},
    ),
    "mailpoet in a language that is not known": (
        Format.MAILPOET,
        (
            '\ufeff"Sähköposti","Nimi","Tila","Kaikki","Ryhmä"\n'
            '"ada@example.org","Ada","subscribed","subscribed","Päivä"\n'
            '"cy@example.org","","unsubscribed","subscribed","Päivä"\n'
        ),
        {"ada@example.org": "subscribed", "cy@example.org": "imported"},
    ),
    "mailchimp subscribed": (
        Format.MAILCHIMP,
        MAILCHIMP.format(more="LAST_CHANGED,")
        + "ada@example.org,A,2023-04-21 11:16:57,,2023-04-21 11:20:01,192.0.2.4,,1,2,,\n"
        "eve@example.org,E,2023-04-21 11:16:57,,2023-04-21 11:16:57,,,1,2,,\n",
        {"ada@example.org": "proved", "eve@example.org": "subscribed"},
    ),
    "mailchimp unsubscribed": (
        Format.MAILCHIMP,
        MAILCHIMP.format(more="UNSUB_TIME,UNSUB_REASON,")
        + "ada@example.org,A,2023-04-21 11:16:57,,,,2024-01-01 00:00:00,NORMAL,1,2,,\n"
        "eve@example.org,E,2023-04-21 11:16:57,,,,2024-01-01 00:00:00,spam complaint,1,2,,\n",
        {"ada@example.org": "imported", "eve@example.org": "complained"},
    ),
    "mailchimp cleaned": (
        Format.MAILCHIMP,
        MAILCHIMP.format(more="CLEAN_TIME,") + "ada@example.org,A,,,,,2024-01-01 00:00:00,1,2,,\n",
        {"ada@example.org": "bounced"},
    ),
    "ghost": (
        Format.GHOST,
        (
            "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at\r\n"
            "1,ada@example.org,A,,true,false,,2024-01-01T00:00:00.000Z,\r\n"
            "2,cy@example.org,C,,false,false,,2024-01-01T00:00:00.000Z,\r\n"
            "3,di@example.org,D,,true,false,,2024-01-01T00:00:00.000Z,2024-02-01T00:00:00.000Z\r\n"
        ),
        {"ada@example.org": "subscribed", "cy@example.org": "imported", "di@example.org": "imported"},
    ),
    "substack": (
        Format.SUBSTACK,
        (
            "email,active_subscription,expiry,email_disabled,prefer_digests,created_at\n"
            "ada@example.org,true,,false,true,2020-01-01T00:00:00.000Z\ncy@example.org,true,,true,false,\n"
        ),
        {"ada@example.org": "subscribed", "cy@example.org": "imported"},
    ),
    "listmonk": (
        Format.LISTMONK,
        (
            "uuid,email,name,attributes,status,created_at,updated_at\n"
            '1,ada@example.org,A,"{""a"": 1}",enabled,2024-01-01T00:00:00Z,\n'
            "2,cy@example.org,C,{},blocklisted,2024-01-01T00:00:00Z,\n"
        ),
        {"ada@example.org": "subscribed", "cy@example.org": "imported"},
    ),
    "beehiiv": (
        Format.BEEHIIV,
        (
            "email,First Name,status,tier,created_at,unsubscribed_at\n"
            "ada@example.org,A,active,free,2023-03-24 10:23:10 UTC,\n"
            "bo@example.org,B,invalid,free,2023-03-24 10:23:10 UTC,\n"
            "cy@example.org,C,active,free,2023-03-24 10:23:10 UTC,2024-03-13 11:33:53 UTC\n"
            "di@example.org,D,pending,free,2023-03-24 10:23:10 UTC,\n"
        ),
        {
            "ada@example.org": "subscribed",
            "bo@example.org": "bounced",
            "cy@example.org": "imported",
            "di@example.org": "refuse",
        },
    ),
    "buttondown": (
        Format.BUTTONDOWN,
        (
            "id,email_address,notes,subscriber_type,ip_address,subscription_date,unsubscription_date\n"
            "1,ada@example.org,,regular,192.0.2.4,2024-01-01,\n2,bo@example.org,,undeliverable,,2024-01-01,\n"
            "3,cy@example.org,,unsubscribed,,2024-01-01,2024-02-01\n4,di@example.org,,unactivated,,,\n"
            "5,ed@example.org,,complained,,,\n6,flo@example.org,,a new one,,,\n"
        ),
        {
            "ada@example.org": "subscribed",
            "bo@example.org": "bounced",
            "cy@example.org": "imported",
            "di@example.org": "refuse",
            "ed@example.org": "complained",
            "flo@example.org": "refuse",
        },
    ),
    "plain with a status, as TSV": (
        Format.PLAIN,
        (
            "Name\tE-Mail\tStatus\nAda\tada@example.org\tSubscribed\nBo\tbo@example.org\tBounced\n"
            "Cy\tcy@example.org\tUnsubscribed\nDi\tdi@example.org\t3\n"
        ),
        {
            "ada@example.org": "subscribed",
            "bo@example.org": "bounced",
            "cy@example.org": "imported",
            "di@example.org": "refuse",
        },
    ),
    "plain, one column without a header": (
        Format.PLAIN,
        "ada@example.org\n\ncy@example.org\n",
        {"ada@example.org": "subscribed", "cy@example.org": "subscribed"},
    ),
    "our own": (
        Format.OWN,
        (
            "email,newsletter,state,frequency,paused_until,confirmed_at,created_at,language,suppressed\n"
            "ada@example.org,daily,active,weekly,,2024-01-01T00:00:00Z,2024-01-01T00:00:00Z,es,no\n"
            "bo@example.org,daily,bounced,daily,,,2024-01-01T00:00:00Z,,no\n"
            "cy@example.org,daily,unsubscribed,daily,,,2024-01-01T00:00:00Z,,no\n"
            "di@example.org,daily,pending,daily,,,2024-01-01T00:00:00Z,,no\n"
            "ed@example.org,other,active,daily,,2024-01-01T00:00:00Z,2024-01-01T00:00:00Z,,no\n"
            "flo@example.org,daily,active,daily,,2024-01-01T00:00:00Z,2024-01-01T00:00:00Z,,yes\n"
        ),
        {
            "ada@example.org": "proved",
            "bo@example.org": "bounced",
            "cy@example.org": "imported",
            "di@example.org": "refuse",
            "ed@example.org": "left out",
            "flo@example.org": "imported",
        },
    ),
}


@pytest.mark.parametrize("which", LISTS)
def test_every_format_is_recognised_and_nobody_who_left_is_subscribed(which: str) -> None:
    is_format, text, expected = LISTS[which]
    found = listed(text, newsletter="daily")
    assert (found.format, fates(found)) == (is_format, expected)


def test_the_name_of_a_mailchimp_export_says_which_it_is_when_the_header_does_not() -> None:
    text = MAILCHIMP.format(more="") + "ada@example.org,A,,,,,1,2,,\n"
    fate = {
        name: fates(listed(text, name=f"{name}_members_export_1.csv"))["ada@example.org"]
        for name in ("subscribed", "unsubscribed", "cleaned", "nonsubscribed")
    }
    assert list(fate.values()) == ["subscribed", "imported", "bounced", "refuse"]


def mailpoet(*rows: tuple[str, str, str]) -> str:
    """An export of one address: its status on the list, over all, and the list."""
    return MAILPOET + "".join(
        f'"ada@example.org","","2024-01-05 10:00:00","2024-01-05 10:02:11","","{on}","{overall}","{name}"\n'
        for on, overall, name in rows
    )


def test_who_left_one_list_of_mailpoet_comes_in_only_by_another_that_is_named() -> None:
    text = mailpoet(("subscribed", "subscribed", "Daily"), ("unsubscribed", "subscribed", "Weekly"))
    assert {row.wish for row in listed(text)} == {Wish.REFUSE}
    assert [row.wish for row in listed(text, lists=("daily",))] == [Wish.SUBSCRIBE, Wish.LEAVE_OUT]
    assert {row.wish for row in listed(text, lists=("Weekly",))} == {Wish.LEAVE_OUT, Wish.REFUSE}


def test_a_list_that_is_misspelled_is_told_with_those_that_there_are() -> None:
    text = mailpoet(("subscribed", "subscribed", "Daily"), ("subscribed", "subscribed", "Weekly"))
    with pytest.raises(SubscriberError, match="is none of the lists in this file: Daily, Weekly"):
        listed(text, lists=("Dayly",))


def test_columns_that_are_not_read_are_named_and_a_person_in_the_first_row_is_not() -> None:
    assert listed("email,abgemeldet\nada@example.org,ja\n").unused == ["abgemeldet"]
    assert listed("ada@example.org,Ada\ngrace@example.org,Grace\n").unused == []


def test_who_left_mailpoet_altogether_is_suppressed_whatever_a_list_says() -> None:
    text = mailpoet(("subscribed", "subscribed", "Daily"), ("subscribed", "unsubscribed", "Weekly"))
    assert {row.wish for row in listed(text)} == {Wish.SUPPRESS}


def test_two_lists_of_mailpoet_make_one_reader() -> None:
    text = mailpoet(("subscribed", "subscribed", "Daily"), ("subscribed", "subscribed", "Weekly"))
    assert [row.wish for row in listed(text)] == [Wish.SUBSCRIBE, Wish.SUBSCRIBE]
    assert len({row.address for row in listed(text)}) == 1


def test_of_two_rows_for_one_address_the_stricter_one_wins() -> None:
    found = listed("email,status\nada@example.org,subscribed\nADA@example.org,unsubscribed\n")
    assert {row.wish for row in found} == {Wish.SUPPRESS}


def test_the_proof_in_a_list_is_kept_without_the_network_address_and_the_name_of_the_list() -> None:
    row = next(iter(listed(LISTS["mailpoet"][1])))
    assert row.evidence == "opted in 2024-01-05 10:00:00; confirmed 2024-01-05 10:02:11"
    assert row.ip == "192.0.2.4"


def test_who_prefers_digests_on_substack_gets_the_weekly_one() -> None:
    assert next(iter(listed(LISTS["substack"][1]))).frequency is Frequency.WEEKLY


def test_our_own_export_brings_back_frequency_pause_and_a_language_that_is_spoken_here() -> None:
    text = LISTS["our own"][1] + (
        "gus@example.org,daily,paused,daily,2030-01-02,2024-01-01T00:00:00Z,2024-01-01T00:00:00Z,fr,no\n"
    )
    rows = {row.address: row for row in listed(text, newsletter="daily")}
    assert (rows["ada@example.org"].frequency, rows["ada@example.org"].language) == (Frequency.WEEKLY, "es")
    assert str(rows["gus@example.org"].paused_until) == "2030-01-02"
    assert rows["gus@example.org"].language == ""


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["email", "E-Mail", "Email Address", "ADDRESS", "\ufeffemail"])
def test_a_list_with_any_usual_delimiter_and_header_is_read(delimiter: str, name: str) -> None:
    found = listed(f"{name}{delimiter}name\r\nada@example.org{delimiter}Ada\r\n")
    assert list(found) == [ImportRow(number=2, address="ada@example.org")]


def test_a_list_in_utf_16_is_read() -> None:
    assert fates(listed("email\nada@example.org\n".encode("utf-16"))) == {"ada@example.org": "subscribed"}


def test_the_e_mail_column_is_taken_when_there_is_a_postal_address_as_well() -> None:
    assert list(fates(listed("Address,Email\n1 Street,ada@example.org\n"))) == ["ada@example.org"]


def test_rows_are_counted_as_a_spreadsheet_does_and_empty_ones_are_skipped() -> None:
    found = listed('name,email\n"Ada\nLovelace",ada@example.org\n,\n\nGrace,grace@example.org\nshort\n')
    assert [(row.number, row.address) for row in found] == [
        (2, "ada@example.org"),
        (5, "grace@example.org"),
        (6, ""),
    ]


def test_the_wanted_format_is_taken_instead_of_the_recognised_one() -> None:
    text = LISTS["ghost"][1]
    assert listed(text, wanted=Format.PLAIN).format is Format.PLAIN
    with pytest.raises(SubscriberError, match="no column"):
        listed(text, wanted=Format.BEEHIIV)


HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "no column for addresses": ("name,phone\nAda,1\n", "has no column for the address"),
    "nothing": ("", "has no column for the address"),
    "an empty line": ("\n", "has no column for the address"),
    "NUL": (b"email\nada@example.org\ne\0ve@example.org\n", r"holds a NUL character.*\(line 3\)"),
    "latin-1": ("email\nada@example.org\njosé@example.org\n".encode("latin-1"), r"not UTF-8 text \(line 3\)"),
    "cut in the middle of a character": (b"email\nada@example.org\njos\xc3", "not UTF-8"),
    "a huge cell": ('email,name\nada@example.org,"' + "a" * 200_000 + '"\n', "is not CSV from line 2 on"),
    "a quotation mark that is never closed": (
        'email,name\nada@example.org,"\n' + "eve@example.org,E\n" * 20_000,
        "is not CSV from line",
    ),
}


@pytest.mark.parametrize("which", HOSTILE)
def test_a_file_that_is_no_list_is_refused_in_words_before_the_first_row(which: str) -> None:
    content, reason = HOSTILE[which]
    with pytest.raises(SubscriberError, match=reason) as refused:
        next(iter(listed(content)))
    assert "list.csv" in refused.value.thing
    assert refused.value.next_step
    assert "example.org" not in str(refused.value)


def test_a_first_row_that_is_about_a_person_is_not_shown() -> None:
    with pytest.raises(SubscriberError) as refused:
        listed("Ada Lovelace,ada@example.org\nEve,eve@example.org\n")
    assert "Ada" not in str(refused.value)


def test_the_columns_are_shown_without_control_characters() -> None:
    with pytest.raises(SubscriberError) as refused:
        listed("\x1b[31mname,phone\nAda,1\n")
    assert "?[31mname" in str(refused.value)


def test_an_unknown_status_is_named_only_where_it_cannot_be_a_person() -> None:
    rows = list(listed("email,status\nada@example.org,half-active\neve@example.org,call: 0170/555 Eve\n"))
    assert "half-active" in rows[0].why
    assert "Eve" not in rows[1].why


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_guarded(cell: str) -> None:
    assert guard(cell) == f"'{cell}"


@given(st.text())
def test_the_guard_comes_off_as_it_went_on(cell: str) -> None:
    assert unguard(guard(cell)) == cell
    assert not guard(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_reasons_are_those_of_the_list() -> None:
    assert {row.reason for row in listed(LISTS["buttondown"][1]) if row.wish is Wish.SUPPRESS} == {
        Reason.BOUNCED,
        Reason.IMPORTED,
        Reason.COMPLAINED,
    }


@pytest.mark.parametrize(
    "text", ["2024-01-02 10:00:00", "2024-01-02", "2023-03-24 10:23:10 UTC", "3/7/2021 9:05 AM"]
)
def test_a_date_is_a_time_of_confirmation(text: str) -> None:
    assert is_moment(text)


@pytest.mark.parametrize(
    "text", ["", "0000-00-00 00:00:00", "0049 151 123456", "12345678", "yes", "2024-00-00"]
)
def test_what_is_no_date_proves_nothing(text: str) -> None:
    assert not is_moment(text)
