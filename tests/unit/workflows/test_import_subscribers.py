from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from newsletter.database import metadata
from newsletter.delivery.outbox import MailKind
from newsletter.errors import SettingsError
from newsletter.subscribers.consent import Action, Actor, examine_chain
from newsletter.subscribers.journal import Act
from newsletter.subscribers.ledger import chain_end
from newsletter.subscribers.origin import open_origin
from newsletter.subscribers.store import get_subscriber
from newsletter.subscribers.subscriber import Frequency, State
from newsletter.subscribers.suppression import Reason, journal_entry, suppression_of
from newsletter.subscribers.token import Purpose
from newsletter.subscribers.transfer import ImportRow, Wish
from newsletter.workflows import import_subscribers as import_module
from newsletter.workflows.change_address import Answer, ask_address, change_address
from newsletter.workflows.erase import erase
from newsletter.workflows.import_subscribers import ImportReport, Manner, import_subscribers
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace
from tests.unit.workflows.conftest import Later, Life
from tests.unit.workflows.fresh import fresh_token, mailed_tokens

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


def test_who_was_erased_here_cannot_be_imported_again(ada: Life) -> None:
    found = ada.confirmed().subscription()
    assert found
    erase(ada.workplace, found.subscriber_id, door="page", evidence="x")
    report = bring(ada.workplace, ada.address, basis=BASIS)
    assert (report.suppressed, report.new_suppressions, report.imported) == (1, 0, 0)
    assert ada.subscription() is None


def test_a_basis_confirms_a_reader_who_was_asked_and_has_not_answered(ada: Life) -> None:
    ada.sign_up()
    assert bring(ada.workplace, ada.address, basis=BASIS).updated == 1
    assert ada.is_mailed()


def test_a_reader_asked_today_for_another_newsletter_is_put_off_in_words(ada: Life) -> None:
    ada.sign_up()
    report = bring(ada.workplace, ada.address, newsletter="weekly")
    assert report.rejected[0]["row"] == 2
    assert "import it again later" in report.rejected[0]["reason"]


def test_rows_with_a_fault_are_named_and_the_others_come_in(ada: Life) -> None:
    report = bring(ada.workplace, "ada@", ada.address, "", "ADA@example.org", basis=BASIS)
    assert (report.read, report.imported, report.unchanged) == (4, 1, 1)
    assert [fault["row"] for fault in report.rejected] == [2, 4]
    assert all(fault["reason"] for fault in report.rejected)


def gone(address: str, reason: Reason = Reason.IMPORTED) -> ImportRow:
    return ImportRow(number=3, address=address, wish=Wish.SUPPRESS, reason=reason)


@pytest.mark.parametrize("basis", ["", BASIS])
@pytest.mark.parametrize("reason", [Reason.IMPORTED, Reason.BOUNCED, Reason.COMPLAINED])
def test_who_left_elsewhere_is_never_mailed_and_only_a_hash_is_kept(
    ada: Life, basis: str, reason: Reason
) -> None:
    report = import_subscribers(ada.workplace, [gone(ada.address, reason)], basis=basis)
    assert (report.suppressed, report.new_suppressions, report.imported) == (1, 1, 0)
    assert bring(ada.workplace, ada.address, basis=basis).suppressed == 1
    assert (ada.subscription(), ada.mails(), ada.is_mailed()) == (None, [], False)
    entries = list(ada.workplace.journal.read())
    assert [(entry.act, entry.about) for entry in entries] == [(Act.SUPPRESS, reason)]
    assert ada.address.encode() not in ada.workplace.journal.path.read_bytes()


def test_who_left_elsewhere_is_not_mailed_though_active_here(ada: Life) -> None:
    ada.confirmed()
    import_subscribers(ada.workplace, [gone(ada.address)])
    assert not ada.is_mailed()


def test_who_opted_in_afresh_since_is_not_taken_off_by_the_same_old_list_again(ada: Life) -> None:
    import_subscribers(ada.workplace, [gone(ada.address)])
    ada.confirmed()
    assert ada.is_mailed()
    report = import_subscribers(ada.workplace, [gone(ada.address)])
    assert (report.unchanged, report.suppressed) == (1, 0)
    assert ada.is_mailed()
    import_subscribers(ada.workplace, [gone(ada.address, Reason.COMPLAINED)])
    assert not ada.is_mailed()


def test_of_two_rows_for_one_address_the_stricter_one_wins(ada: Life) -> None:
    rows = [ImportRow(number=2, address=ada.address), gone(ada.address.upper())]
    report = import_subscribers(ada.workplace, rows, basis=BASIS)
    assert (report.imported, report.suppressed, report.new_suppressions) == (0, 2, 1)
    assert not ada.is_mailed()


def test_a_complaint_elsewhere_replaces_a_milder_suppression(ada: Life) -> None:
    ada.suppress(Reason.UNSUBSCRIBED)
    report = import_subscribers(ada.workplace, [gone(ada.address, Reason.COMPLAINED)])
    assert (report.suppressed, report.new_suppressions) == (1, 0)
    with ada.workplace.database.read() as connection:
        kept = suppression_of(connection, ada.workplace.keyring, ada.address)
    assert kept is Reason.COMPLAINED


def test_proof_in_the_list_makes_a_reader_active_and_is_kept_as_evidence(ada: Life) -> None:
    row = ImportRow(
        number=2, address=ada.address, evidence="confirmed 2024-01-05", is_proved=True, ip="192.0.2.4"
    )
    assert import_subscribers(ada.workplace, [row]).imported == 1
    assert ada.is_mailed()
    record = ada.consents()[0]
    assert (record.content.evidence, record.content.door) == ("import: confirmed 2024-01-05", "import")
    assert record.content.actor is Actor.OPERATOR
    assert record.origin is not None
    assert open_origin(ada.workplace.keyring, record.origin, subscriber_id=1)["ip"] == "192.0.2.4"


def test_rows_without_proof_are_refused_where_the_operator_wants_that(ada: Life) -> None:
    report = bring(ada.workplace, ada.address, manner=Manner(refuse_unproved=True))
    assert (report.imported, report.rejected_count) == (0, 1)
    assert "no proof of consent" in report.rejected[0]["reason"]
    assert (ada.subscription(), ada.mails()) == (None, [])


def test_confirmation_mails_leave_so_many_in_an_hour(workplace: Workplace) -> None:
    addresses = [f"reader{number}@example.org" for number in range(5)]
    report = bring(workplace, *addresses, manner=Manner(per_hour=2))
    assert (report.imported, report.asked) == (5, 5)
    now = workplace.clock.now()
    leave = [Life(workplace, address).mails()[0].next_at - now for address in addresses]
    assert leave == [timedelta(minutes=30) * number for number in range(5)]


def test_frequency_pause_and_language_of_our_own_export_come_in(ada: Life) -> None:
    until = date(2030, 1, 2)
    row = ImportRow(
        number=2, address=ada.address, frequency=Frequency.WEEKLY, paused_until=until, language="es"
    )
    import_subscribers(ada.workplace, [row], basis=BASIS)
    found = ada.subscription()
    assert found
    assert (found.state, found.frequency, found.paused_until) == (State.PAUSED, Frequency.WEEKLY, until)
    with ada.workplace.database.read() as connection:
        assert get_subscriber(connection, found.subscriber_id).language == "es"


def test_a_reader_of_one_newsletter_comes_in_to_another_on_the_same_chain(ada: Life) -> None:
    ada.confirmed()
    assert bring(ada.workplace, ada.address, newsletter="weekly", basis=BASIS).imported == 1
    assert ada.is_mailed("weekly")
    assert ada.acts() == [Action.REQUEST, Action.CONFIRM, Action.CONFIRM]
    with ada.workplace.database.read() as connection:
        end = chain_end(connection, 1)
    assert examine_chain(ada.consents(), ada.workplace.keyring, end=end).is_whole


def test_what_only_the_journal_knows_holds_for_those_who_came_in(ada: Life) -> None:
    workplace = ada.workplace
    entry = journal_entry(
        workplace.keyring, ada.address, Act.SUPPRESS, about=Reason.ERASED, now=workplace.clock.now()
    )
    with workplace.database.read() as connection:  # as after a restore: the database does not know of it
        workplace.journal.append(connection, [entry])
    assert bring(workplace, ada.address, basis=BASIS).imported == 1
    assert not ada.is_mailed()
    assert bring(workplace, ada.address, basis=BASIS).suppressed == 1


class _StopError(Exception):
    """The import is stopped from outside."""


def test_a_stopped_import_goes_on_behind_its_last_batch(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module, "BATCH", 20)
    addresses = [f"reader{number}@example.org" for number in range(50)]

    def stop(report: ImportReport) -> None:
        if report.read > 20:
            raise _StopError

    with pytest.raises(_StopError):
        bring(workplace, *addresses, basis=BASIS, manner=Manner(key="a list", tell=stop))
    told: list[int] = []
    manner = Manner(key="a list", tell=lambda report: told.append(report.read))
    report = bring(workplace, *addresses, basis=BASIS, manner=manner)
    assert told == [50]
    assert (report.resumed_at, report.read, report.imported, report.unchanged) == (40, 50, 50, 0)
    again = bring(workplace, *addresses, basis=BASIS, manner=Manner(key="a list"))
    assert (again.resumed_at, again.imported, again.unchanged) == (0, 0, 50)


def test_of_many_rejected_rows_all_are_counted_and_told_and_the_first_are_named(workplace: Workplace) -> None:
    told: list[int] = []
    manner = Manner(tell_rejected=lambda outcome: told.append(outcome.number))
    report = bring(workplace, *["no address"] * 1500, basis=BASIS, manner=manner)
    assert (report.rejected_count, len(report.rejected), len(told)) == (1500, 1000, 1500)


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


def test_a_dry_run_foretells_the_numbers_over_many_batches(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module, "BATCH", 2)
    rows = [
        *(ImportRow(number=n, address=f"reader{n % 3}@example.org") for n in range(9)),
        *(gone(f"gone{n % 2}@example.org") for n in range(5)),
        ImportRow(number=20, address="gone1@example.org"),
    ]
    foretold = import_subscribers(workplace, rows, basis=BASIS, dry_run=True)
    assert (foretold.imported, foretold.unchanged) == (3, 6)
    assert (foretold.suppressed, foretold.new_suppressions) == (6, 2)
    assert import_subscribers(workplace, rows, basis=BASIS) == foretold


def test_an_unknown_newsletter_is_refused(workplace: Workplace) -> None:
    with pytest.raises(SettingsError):
        bring(workplace, "ada@example.org", newsletter="hourly")


def test_who_moved_and_left_does_not_come_back_by_the_address_they_gave_up(ada: Life) -> None:
    old = ada.address
    ada.confirmed()
    ask_address(ada.workplace, fresh_token(ada), new="ada@example.com")
    token = mailed_tokens(ada.workplace, MailKind.ADDRESS, Purpose.ADDRESS)[-1]
    assert change_address(ada.workplace, token).answer is Answer.CHANGED
    rows = [ImportRow(number=2, address=old, is_proved=True)]
    report = import_subscribers(ada.workplace, rows, basis=BASIS)
    assert (report.imported, report.suppressed) == (0, 1)
    moved = Life(ada.workplace, "ada@example.com")
    assert moved.is_mailed()
    ask_address(ada.workplace, fresh_token(moved), new=old)  # and may move back
    token = mailed_tokens(ada.workplace, MailKind.ADDRESS, Purpose.ADDRESS)[-1]
    assert change_address(ada.workplace, token).answer is Answer.CHANGED
    assert ada.is_mailed()
