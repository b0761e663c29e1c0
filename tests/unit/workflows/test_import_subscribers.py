from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from newsletter.database import metadata
from newsletter.errors import SettingsError
from newsletter.subscribers.consent import Action
from newsletter.subscribers.subscriber import State
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.token import Purpose
from newsletter.subscribers.transfer import ImportRow
from newsletter.workflows.import_subscribers import ImportReport, import_subscribers
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace
from tests.unit.workflows.conftest import Later, Life

BASIS = "paper forms of the 2024 health fair, in the archive"


def bring(workplace: Workplace, *addresses: str, **options: Any) -> ImportReport:
    rows = [ImportRow(number=number, address=address) for number, address in enumerate(addresses, 2)]
    return import_subscribers(workplace, rows, **options)


def everything(workplace: Workplace) -> dict[str, list[Any]]:
    with workplace.database.read() as connection:
        return {table.name: list(connection.execute(select(table)).all()) for table in metadata.sorted_tables}


def test_with_a_basis_readers_are_active_with_it_as_evidence_and_get_no_mail(ada: Life) -> None:
    report = bring(ada.workplace, ada.address, "grace@example.org", basis=BASIS)
    assert (report.read, report.imported, report.rejected) == (2, 2, [])
    assert ada.is_mailed()
    assert ada.mails() == []
    act = ada.consents()[-1].content
    assert (act.action, act.evidence) == (Action.CONFIRM, f"import: {BASIS}")


def test_without_a_basis_each_reader_is_asked_by_mail(ada: Life) -> None:
    report = bring(ada.workplace, ada.address)
    assert report.imported == 1
    assert ada.state() is State.PENDING
    assert len(ada.mails()) == 1
    assert ada.acts() == [Action.REQUEST]


@pytest.mark.parametrize("basis", ["", BASIS])
def test_importing_again_changes_nothing(workplace: Workplace, later: Later, basis: str) -> None:
    addresses = [f"reader{number}@example.org" for number in range(60)]
    bring(workplace, *addresses, basis=basis)
    before = everything(workplace)
    report = bring(later(workplace, days=2), *addresses, basis=basis)
    assert (report.imported, report.updated, report.unchanged) == (0, 0, 60)
    assert everything(workplace) == before


@pytest.mark.parametrize("basis", ["", BASIS])
@pytest.mark.parametrize("newsletter", ["daily", "weekly"])
def test_a_reader_who_left_is_never_brought_back(ada: Life, basis: str, newsletter: str) -> None:
    ada.confirmed()
    unsubscribe(ada.workplace, ada.token(Purpose.UNSUBSCRIBE), everything=True, door="page", evidence="x")
    report = bring(ada.workplace, "ADA@EXAMPLE.ORG", basis=basis, newsletter=newsletter)
    assert (report.suppressed, report.imported, report.updated) == (1, 0, 0)
    assert not ada.is_mailed(newsletter)
    assert len(ada.mails()) == 1


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("basis", ["", BASIS])
def test_an_address_never_to_be_mailed_stays_so(ada: Life, reason: Reason, basis: str) -> None:
    ada.suppress(reason)
    report = bring(ada.workplace, ada.address, basis=basis)
    assert report.suppressed == 1
    assert ada.subscription() is None


def test_a_basis_confirms_a_reader_who_was_asked_and_has_not_answered(ada: Life) -> None:
    ada.sign_up()
    assert bring(ada.workplace, ada.address, basis=BASIS).updated == 1
    assert ada.is_mailed()


def test_a_reader_asked_today_for_another_newsletter_is_put_off_in_words(ada: Life) -> None:
    ada.sign_up()
    report = bring(ada.workplace, ada.address, newsletter="weekly")
    assert report.rejected[0]["row"] == 2
    assert "tomorrow" in report.rejected[0]["reason"]


def test_rows_with_a_fault_are_named_and_the_others_come_in(ada: Life) -> None:
    report = bring(ada.workplace, "ada@", ada.address, "", "ADA@example.org", basis=BASIS)
    assert (report.read, report.imported, report.unchanged) == (4, 1, 1)
    assert [fault["row"] for fault in report.rejected] == [2, 4]
    assert all(fault["reason"] for fault in report.rejected)


def test_a_row_that_is_unsubscribed_elsewhere_is_not_taken(ada: Life) -> None:
    rows = [ImportRow(number=2, address=ada.address, status="unsubscribed")]
    report = import_subscribers(ada.workplace, rows, basis=BASIS)
    assert "unsubscribed" in report.rejected[0]["reason"]
    assert ada.subscription() is None


@pytest.mark.parametrize("basis", ["", BASIS])
def test_a_dry_run_foretells_the_numbers_and_changes_nothing(ada: Life, basis: str) -> None:
    ada.sign_up()
    eve = Life(ada.workplace, "eve@example.org")
    eve.suppress(Reason.COMPLAINED)
    addresses = (ada.address, eve.address, "new@example.org", "new@example.org", "bad@")
    before = everything(ada.workplace)
    foretold = bring(ada.workplace, *addresses, basis=basis, dry_run=True)
    assert everything(ada.workplace) == before
    assert bring(ada.workplace, *addresses, basis=basis) == foretold


def test_an_unknown_newsletter_is_refused(workplace: Workplace) -> None:
    with pytest.raises(SettingsError):
        bring(workplace, "ada@example.org", newsletter="hourly")
