"""The DNS record of the key: what to publish, and whether it is there, asked of a real name server."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from newsletter.delivery.key_record import key_record, published_records, record_fault
from newsletter.errors import DeliveryError
from tests.integration.name_server import NameServer, Said

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RECORD = key_record(KEY, domain="example.org", selector="letter")
WHOLE = "".join(RECORD.strings)
OTHER = "".join(
    key_record(
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
        domain="example.org",
        selector="letter",
    ).strings
)


def test_the_record_is_split_into_strings_that_dns_can_hold():
    assert RECORD.name == "letter._domainkey.example.org"
    assert len(RECORD.strings[0]) == 255
    assert len(RECORD.strings) == 2
    assert WHOLE.startswith("v=DKIM1; k=rsa; p=MIIB")
    first, second = RECORD.strings
    assert RECORD.zone_line == f'letter._domainkey.example.org. IN TXT ( "{first}" "{second}" )'


def test_a_record_that_was_published_as_told_fits():
    first, second = RECORD.strings
    with NameServer({RECORD.name: Said(f'TXT "{first}" "{second}"')}) as server:
        found = published_records(server.address, RECORD.name)
    assert found == [WHOLE]
    assert record_fault(KEY, found) == ""


def test_a_name_without_a_record_says_nothing_and_a_name_server_without_an_answer_is_an_error():
    with NameServer({"broken.example": Said(rcode="SERVFAIL"), "bare.example": Said()}) as server:
        assert published_records(server.address, "none.example") == []
        assert published_records(server.address, "bare.example") == []
        with pytest.raises(DeliveryError, match=r"does not answer about broken\.example"):
            published_records(server.address, "broken.example")


@pytest.mark.parametrize(
    ("published", "fault"),
    [
        ([], "is not published"),
        (["v=spf1 -all"], "is not published"),
        ([WHOLE, WHOLE], "is published more than once"),
        (["v=DKIM1; p="], "is published as revoked"),
        ([OTHER], "holds another key"),
        ([WHOLE.replace("k=rsa", "k=ed25519")], "does not allow rsa-sha256"),
        ([WHOLE.replace("k=rsa", "h=sha1")], "does not allow rsa-sha256"),
        ([WHOLE.replace("k=rsa", "t=y:s")], "is published as a test"),
        ([WHOLE, "unrelated"], ""),
        ([WHOLE.replace("v=DKIM1; ", "").replace("p=MIIB", "p=MI IB")], ""),
    ],
)
def test_what_keeps_signatures_from_verifying_is_named(published, fault):
    assert record_fault(KEY, published).startswith(fault)
    assert bool(record_fault(KEY, published)) == bool(fault)
