"""How many readers there are, kept by triggers; and after which letter they left."""

from __future__ import annotations

from collections import Counter
from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

#: So many rows are read at once.
CHUNK = 50_000

_COUNT = """
INSERT INTO reader_counts (newsletter, state, frequency, suppressed, slot, count)
SELECT {row}.newsletter, {row}.state, {row}.frequency, subscribers.suppressed, 0, {by}
FROM subscribers WHERE subscribers.id = {row}.subscriber_id
ON CONFLICT (newsletter, state, frequency, suppressed, slot) DO UPDATE SET count = count + excluded.count;
"""
_DAY = """
INSERT INTO reader_days (newsletter, counted_on, change, slot, count)
SELECT NEW.newsletter, substr({row}.changed_at, 1, 10), '{change}', 0, {by} WHERE {condition}
ON CONFLICT (newsletter, counted_on, change, slot) DO UPDATE SET count = count + excluded.count;
"""
_SUPPRESSION = """
INSERT INTO reader_counts (newsletter, state, frequency, suppressed, slot, count)
SELECT newsletter, state, frequency, {row}.suppressed, 0, {by} FROM subscriptions WHERE subscriber_id = NEW.id
ON CONFLICT (newsletter, state, frequency, suppressed, slot) DO UPDATE SET count = count + excluded.count;
"""

#: (what, by how many, on the day of which row, when), where o and n are the row before and after. Whoever is
#: on the list is active or paused.
_CHANGES = (
    ("confirmed", 1, "n", "{n_on} AND NOT {o_on} AND {confirmed}"),
    # A withdrawal that was taken back, which does not confirm anew.
    ("unsubscribed", -1, "o", "{n_on} AND NOT {o_on} AND NOT ({confirmed})"),
    ("unsubscribed", 1, "n", "{o_on} AND {n}.state = 'unsubscribed'"),
    ("bounced", 1, "n", "{o_on} AND {n}.state = 'bounced'"),
    # A complaint withdraws first, at the same moment: then it was no unsubscription.
    ("complained", 1, "n", "{n}.state = 'complained' AND ({o_on} OR {complains})"),
    ("unsubscribed", -1, "n", "{n}.state = 'complained' AND {complains}"),
)


def upgrade() -> None:
    """Make the tables, count what is there, and keep the counts from now on."""
    _add_tables()
    connection = op.get_bind()
    _count_what_is_there(connection)
    _count_suppressions(connection)
    if connection.dialect.name == "sqlite":
        _keep_on_sqlite()
        _keep_suppressions_on_sqlite()
    else:
        _keep_on_postgresql()


def _add_tables() -> None:
    op.create_table(
        "reader_counts",
        sa.Column("newsletter", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("suppressed", sa.Boolean(), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "newsletter", "state", "frequency", "suppressed", "slot", name=op.f("pk_reader_counts")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reader_days",
        sa.Column("newsletter", sa.Text(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("change", sa.String(length=12), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("newsletter", "counted_on", "change", "slot", name=op.f("pk_reader_days")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "suppression_counts",
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("reason", "slot", name=op.f("pk_suppression_counts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "count_pauses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_pauses")),
    )
    op.create_table(
        "issue_departures",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_issue_departures_issue_id_issues")
        ),
        sa.PrimaryKeyConstraint("issue_id", "slot", name=op.f("pk_issue_departures")),
    )


def _count_what_is_there(connection: sa.Connection) -> None:
    """Count the list in bounded chunks; by day, as far as the rows still tell."""
    counts: Counter[tuple[str, str, str, bool]] = Counter()
    days: Counter[tuple[str, date, str]] = Counter()
    last = connection.scalar(sa.text("SELECT max(id) FROM subscriptions")) or 0
    for first in range(0, last, CHUNK):
        some = {"first": first, "last": first + CHUNK}
        for *key, number in connection.execute(_BY_STATE, some):
            newsletter, state, frequency, suppressed = key
            counts[newsletter, state, frequency, bool(suppressed)] += number
        for newsletter, day, change, number in connection.execute(_by_day(connection.dialect.name), some):
            days[newsletter, date.fromisoformat(str(day)), change] += number
    if counts:
        table = sa.table(
            "reader_counts", *map(sa.column, ("newsletter", "state", "frequency")),
            sa.column("suppressed", sa.Boolean), sa.column("slot"), sa.column("count"),
        )  # fmt: skip
        names = ("newsletter", "state", "frequency", "suppressed")
        rows = [dict(zip(names, key, strict=True)) | {"slot": 0, "count": n} for key, n in counts.items()]
        connection.execute(sa.insert(table), rows)
    if days:
        table = sa.table(
            "reader_days", sa.column("newsletter"), sa.column("counted_on", sa.Date),
            *map(sa.column, ("change", "slot", "count")),
        )  # fmt: skip
        fields = ("newsletter", "counted_on", "change")
        rows = [dict(zip(fields, key, strict=True)) | {"slot": 0, "count": n} for key, n in days.items()]
        connection.execute(sa.insert(table), rows)


def _count_suppressions(connection: sa.Connection) -> None:
    counted = "SELECT reason, 0, count(*) FROM suppressions GROUP BY reason"
    connection.execute(sa.text(f"INSERT INTO suppression_counts (reason, slot, count) {counted}"))


_BY_STATE = sa.text("""
SELECT newsletter, state, frequency, suppressed, count(*)
FROM subscriptions JOIN subscribers ON subscribers.id = subscriptions.subscriber_id
WHERE subscriptions.id > :first AND subscriptions.id <= :last
GROUP BY newsletter, state, frequency, suppressed
""")


def _by_day(dialect: str) -> sa.TextClause:
    """What the rows tell of days: who came with the list, signed up, confirmed, and went."""
    some = "FROM subscriptions WHERE id > :first AND id <= :last"
    parts = (
        ("imported", "created_at", "confirmed_at = created_at"),
        ("signed_up", "created_at", "(confirmed_at IS NULL OR confirmed_at <> created_at)"),
        ("confirmed", "confirmed_at", "confirmed_at <> created_at"),
        *(
            (state, "changed_at", f"confirmed_at IS NOT NULL AND state = '{state}'")
            for state in ("unsubscribed", "bounced", "complained")
        ),
    )
    selects = [
        f"SELECT newsletter, {_date(dialect, column)} AS day, '{change}' AS change, count(*) "
        f"{some} AND {condition} GROUP BY newsletter, {_date(dialect, column)}"
        for change, column, condition in parts
    ]
    return sa.text(" UNION ALL ".join(selects))


def _date(dialect: str, column: str) -> str:
    """A stored moment's UTC date."""
    return f"substr({column}, 1, 10)" if dialect == "sqlite" else f"({column} AT TIME ZONE 'UTC')::date"


def _condition(condition: str, *, old: str, new: str, dialect: str) -> str:
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    on = "{}.state IN ('active', 'paused')"
    return condition.format(
        n=new,
        o_on=on.format(old),
        n_on=on.format(new),
        confirmed=f"{new}.confirmed_at {differs} {old}.confirmed_at",
        complains=(
            f"({old}.state = 'unsubscribed' AND {old}.changed_at = {new}.changed_at "
            f"AND {old}.confirmed_at IS NOT NULL)"
        ),
    )


def _keep_on_sqlite() -> None:
    days = "".join(
        _DAY.format(
            change=change,
            by=by,
            row={"o": "OLD", "n": "NEW"}[row],
            condition=_condition(condition, old="OLD", new="NEW", dialect="sqlite"),
        )
        for change, by, row, condition in _CHANGES
    )
    came = (
        "INSERT INTO reader_days (newsletter, counted_on, change, slot, count) "
        "SELECT NEW.newsletter, substr(NEW.changed_at, 1, 10), "
        "CASE NEW.state WHEN 'pending' THEN 'signed_up' ELSE 'imported' END, 0, 1 "
        "WHERE NEW.state IN ('pending', 'active', 'paused') "
        "ON CONFLICT (newsletter, counted_on, change, slot) DO UPDATE SET count = count + 1;"
    )
    one_more, one_less = _COUNT.format(row="NEW", by=1), _COUNT.format(row="OLD", by=-1)
    op.execute(
        "CREATE TRIGGER count_subscription_in AFTER INSERT ON subscriptions "  # noqa: S608 - our own words
        f"WHEN NOT EXISTS (SELECT 1 FROM count_pauses) BEGIN {one_more} {came} END"
    )
    op.execute(
        "CREATE TRIGGER count_subscription_change "
        "AFTER UPDATE OF newsletter, state, frequency ON subscriptions "
        "WHEN OLD.newsletter <> NEW.newsletter OR OLD.state <> NEW.state OR OLD.frequency <> NEW.frequency "
        f"BEGIN {one_less} {one_more} {days} END"
    )
    op.execute(f"CREATE TRIGGER count_subscription_out AFTER DELETE ON subscriptions BEGIN {one_less} END")
    op.execute(
        "CREATE TRIGGER count_suppression AFTER UPDATE OF suppressed ON subscribers "
        "WHEN OLD.suppressed <> NEW.suppressed BEGIN "
        f"{_SUPPRESSION.format(row='OLD', by=-1)} {_SUPPRESSION.format(row='NEW', by=1)} END"
    )


def _keep_suppressions_on_sqlite() -> None:
    more = (
        "INSERT INTO suppression_counts (reason, slot, count) VALUES ({row}.reason, 0, {by}) "
        "ON CONFLICT (reason, slot) DO UPDATE SET count = count + excluded.count;"
    )
    for name, event, row, by in (
        ("count_suppressed_in", "INSERT", "NEW", 1),
        ("count_suppressed_out", "DELETE", "OLD", -1),
    ):
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON suppressions BEGIN {more.format(row=row, by=by)} END"
        )


def _keep_on_postgresql() -> None:
    """Once for each statement, whatever the number of its rows."""
    reasons = (
        "INSERT INTO suppression_counts AS kept (reason, slot, count) "
        "SELECT reason, pg_backend_pid(), {by} * count(*) FROM {table} GROUP BY reason "
        "ON CONFLICT (reason, slot) DO UPDATE SET count = kept.count + excluded.count;"
    )
    function = (
        "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
        "AS $body$ BEGIN {body} RETURN NULL; END $body$"
    )
    counts = (
        "INSERT INTO reader_counts AS kept (newsletter, state, frequency, suppressed, slot, count) "
        "SELECT newsletter, state, frequency, suppressed, pg_backend_pid(), sum(by) FROM ({rows}) AS rows "
        "GROUP BY newsletter, state, frequency, suppressed HAVING sum(by) <> 0 "
        "ON CONFLICT (newsletter, state, frequency, suppressed, slot) "
        "DO UPDATE SET count = kept.count + excluded.count;"
    )
    days = (
        "INSERT INTO reader_days AS kept (newsletter, counted_on, change, slot, count) "
        "SELECT newsletter, day, change, pg_backend_pid(), sum(by) FROM ({rows}) AS rows "
        "GROUP BY newsletter, day, change HAVING sum(by) <> 0 "
        "ON CONFLICT (newsletter, counted_on, change, slot) "
        "DO UPDATE SET count = kept.count + excluded.count;"
    )
    of = (
        "SELECT s.newsletter, s.state, s.frequency, r.suppressed, {by} AS by "
        "FROM {table} AS s JOIN subscribers AS r ON r.id = s.subscriber_id"
    )
    now = "(changed_at AT TIME ZONE 'UTC')::date"
    came = (
        f"SELECT newsletter, {now} AS day, "  # noqa: S608 - our own words
        "CASE state WHEN 'pending' THEN 'signed_up' ELSE 'imported' END "
        "AS change, 1 AS by FROM new_rows WHERE state IN ('pending', 'active', 'paused')"
    )
    changed = " UNION ALL ".join(
        f"SELECT n.newsletter, ({row}.changed_at AT TIME ZONE 'UTC')::date AS day, "  # noqa: S608 - our own words
        f"'{change}' AS change, {by} AS by FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id "
        f"WHERE {_condition(condition, old='o', new='n', dialect='postgresql')}"
        for change, by, row, condition in _CHANGES
    )
    suppressed = (
        "SELECT s.newsletter, s.state, s.frequency, c.suppressed, c.by FROM subscriptions AS s JOIN ("
        "SELECT o.id, o.suppressed, -1 AS by FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id "
        "WHERE o.suppressed <> n.suppressed UNION ALL "
        "SELECT n.id, n.suppressed, 1 FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id "
        "WHERE o.suppressed <> n.suppressed) AS c ON c.id = s.subscriber_id"
    )
    more, less = of.format(by=1, table="new_rows"), of.format(by=-1, table="old_rows")
    for name, event, table, body in (
        (
            "count_subscription_in",
            "INSERT",
            "subscriptions",
            "IF EXISTS (SELECT 1 FROM count_pauses) THEN RETURN NULL; END IF; "  # noqa: S608 - our own words
            + counts.format(rows=more)
            + days.format(rows=came),
        ),
        (
            "count_subscription_change",
            "UPDATE",
            "subscriptions",
            counts.format(rows=f"{less} UNION ALL {more}") + days.format(rows=changed),
        ),
        ("count_subscription_out", "DELETE", "subscriptions", counts.format(rows=less)),
        ("count_suppression", "UPDATE", "subscribers", counts.format(rows=suppressed)),
        ("count_suppressed_in", "INSERT", "suppressions", reasons.format(by=1, table="new_rows")),
        ("count_suppressed_out", "DELETE", "suppressions", reasons.format(by=-1, table="old_rows")),
    ):
        op.execute(function.format(name=name, body=body))
        seen = {
            "INSERT": "NEW TABLE AS new_rows",
            "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
            "DELETE": "OLD TABLE AS old_rows",
        }[event]
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {seen} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
