"""Counts what became of an issue's messages, for a verdict on whether it may go on."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from newsletter.delivery import ledger
from newsletter.delivery.delivery import State
from newsletter.delivery.ledger import deliveries
from newsletter.delivery.verdict import OutcomeTally


def outcome_tally(connection: Connection, issue_id: int) -> OutcomeTally:
    """What an issue's deliveries have come to; two queries, of which one reads the index alone.

    Of what was refused and put off only the rows that are there count: erased readers are totals by state.
    """
    counts = ledger.counts(connection, issue_id)
    blocked, unfit, deferred = connection.execute(
        select(
            _number(deliveries.c.state == State.REJECTED, deliveries.c.status.like("5.7.%")),
            _number(
                deliveries.c.state == State.REJECTED,
                (deliveries.c.status == "5.3.4") | deliveries.c.status.like("5.6.%"),
            ),
            # Without a code nobody said no: the connection broke, or the domain's turn has not come.
            _number(deliveries.c.state == State.DEFERRED, deliveries.c.code.between(400, 499)),
        ).where(deliveries.c.issue_id == issue_id, deliveries.c.state.in_((State.REJECTED, State.DEFERRED)))
    ).one()
    return OutcomeTally(
        accepted=counts[State.ACCEPTED],
        deferred=deferred,
        rejected=counts[State.REJECTED],
        blocked=blocked,
        unfit=unfit,
        bounced=counts[State.BOUNCED],
        complained=counts[State.COMPLAINED],
    )


def _number(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)
