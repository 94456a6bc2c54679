"""The SQL statements of a page, and copies of rows to test whether a page needs more statements when tables grow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, event, func, select

from models.transactions import WRITE_OPTIONS

NOT_COUNTED = ("BEGIN", "PRAGMA")
UNIQUE = {
    "accounts": {"login_digest": "{0}"},
    "applications": {"number": "2025-{0:06d}"},
    "attachments": {"storage_name": "aa/bb/{0:028x}"},
    "enterprises": {"credit_code": "C{0:017d}"},
}
"""What no two rows may share, with a pattern for the copies."""


@contextmanager
def recorded_statements(engine: Engine) -> Iterator[list[str]]:
    """`with recorded_statements(engine) as statements:` collects every statement sent inside the block."""
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(NOT_COUNTED):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


Change = Callable[[int, dict[str, Any]], dict[str, Any]]
"""Returns the changed columns of a copy, given the number of the copy and the original row."""


def _unchanged(_number: int, _row: dict[str, Any]) -> dict[str, Any]:
    return {}


class RowCopier:
    """Copies stored rows, thousands a second, without the procedure of an application."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        metadata = MetaData()
        metadata.reflect(engine)
        self._tables = metadata.tables

    def copy_with_new_people(self, application_id: int, number: int, *, employers: bool = False) -> None:
        """Copy an application `number` times. Each copy has its own person (and employer) and its history."""
        application = self._row("applications", application_id)
        employer_ids: dict[int, int] = {}
        if employers and application["submitted_enterprise_id"]:
            employer = self._row("enterprises", application["submitted_enterprise_id"])
            employer_ids = {
                n: copy[0]["id"] for n, copy in enumerate(self._copies("enterprises", [employer], number))
            }
        people = self._copies("accounts", [self._row("accounts", application["applicant_id"])], number)
        applications = self._copies(
            "applications",
            [application],
            number,
            lambda n, _: (
                {"applicant_id": people[n][0]["id"]}
                | (
                    {"enterprise_id": employer_ids[n], "submitted_enterprise_id": employer_ids[n]}
                    if employer_ids
                    else {}
                )
            ),
        )
        self._copy_dependents(
            application_id,
            number,
            lambda n: applications[n][0]["id"],
            lambda n, row: (
                {"account_id": row["account_id"] and people[n][0]["id"]}
                | ({"enterprise_id": row["enterprise_id"] and employer_ids[n]} if employer_ids else {})
            ),
        )

    def copy_history(self, application_id: int, number: int) -> None:
        """Copy the history rows with their messages and the attachments `number` times, within one application."""
        self._copy_dependents(application_id, number, lambda _: application_id)

    def copy_for_same_person(self, application_id: int, number: int) -> None:
        """Copy a finished application `number` times for the same person."""
        copies = self._copies("applications", [self._row("applications", application_id)], number)
        self._copy_dependents(application_id, number, lambda n: copies[n][0]["id"])

    def copy_row(self, table: str, row_id: int, number: int) -> None:
        """Copy one row `number` times."""
        self._copies(table, [self._row(table, row_id)], number)

    def _copy_dependents(
        self, application_id: int, number: int, owner: Callable[[int], int], change: Change = _unchanged
    ) -> None:
        """Copy attachments, history and messages. `owner` gives the application id, `change` the other changed columns of messages."""
        files = self._rows("application_id", application_id, "attachments")
        self._copies("attachments", files, number, lambda n, _: {"application_id": owner(n)})
        lines = self._rows("application_id", application_id, "reviews")
        last = max((line["sequence"] for line in lines), default=0)
        reviews = self._copies(
            "reviews",
            lines,
            number,
            lambda n, line: {"application_id": owner(n), "sequence": line["sequence"] + last * (n + 1)},
        )
        place = {line["id"]: index for index, line in enumerate(lines)}
        self._copies(
            "messages",
            [row for row in self._rows("application_id", application_id, "messages") if row["review_id"]],
            number,
            lambda n, row: {
                "application_id": owner(n),
                "review_id": reviews[n][place[row["review_id"]]]["id"],
                **change(n, row),
            },
        )

    def _row(self, table: str, row_id: int) -> dict[str, Any]:
        (row,) = self._rows("id", row_id, table)
        return row

    def _rows(self, column: str, value: int, table: str) -> list[dict[str, Any]]:
        found = self._tables[table]
        with self._engine.connect() as connection:
            rows = connection.execute(found.select().where(found.c[column] == value).order_by(found.c.id))
            return [dict(row) for row in rows.mappings()]

    def _copies(
        self,
        name: str,
        rows: list[dict[str, Any]],
        number: int,
        change: Change = _unchanged,
    ) -> list[list[dict[str, Any]]]:
        """Add `number` copies of each of the rows; return them, copy by copy."""
        table: Table = self._tables[name]
        with self._engine.begin() as connection:
            free = (connection.scalar(select(func.max(table.c.id))) or 0) + 1
            copies: list[list[dict[str, Any]]] = []
            for n in range(number):
                copies.append([])
                for row in rows:
                    fresh = {**row, **change(n, row), "id": free}
                    fresh |= {column: form.format(free) for column, form in UNIQUE.get(name, {}).items()}
                    copies[-1].append(fresh)
                    free += 1
            if copies and rows:
                connection.execute(table.insert(), [row for several in copies for row in several])
                if connection.dialect.name == "postgresql":
                    sequence = func.pg_get_serial_sequence(name, "id")
                    connection.execute(select(func.setval(sequence, free - 1)))
        return copies


# Every application many times over

UNIQUE_COLUMNS = {
    "accounts": ("login_digest",),
    "applications": ("number", "identity_digest"),
    "enterprises": ("credit_code",),
    "attachments": ("storage_name",),
}
"""Columns with a unique value. The number of the copy replaces the first characters."""


def multiply_applications(engine: Engine, times: int) -> None:
    """Have `times` copies of every application, with its person, employer and history; SQL makes the copies."""
    metadata = MetaData()
    metadata.reflect(engine)
    tables = [table for table in metadata.sorted_tables if table.name in COPIED]
    for_this_transaction = {
        "postgresql": (
            "SET LOCAL session_replication_role = replica",
            "SET LOCAL maintenance_work_mem = '256MB'",
        ),
        "sqlite": ("PRAGMA defer_foreign_keys = ON", "PRAGMA cache_size = -500000"),
    }
    with (
        engine.connect().execution_options(**WRITE_OPTIONS[engine.dialect.name]) as connection,
        connection.begin(),
    ):
        for statement in for_this_transaction[engine.dialect.name]:
            connection.exec_driver_sql(statement)
        shift = 1 + max(
            connection.scalar(select(func.max(table.c.id))) or 0 for table in tables if "id" in table.c
        )
        with _indexes_built_at_the_end(connection):
            for table in tables:
                connection.exec_driver_sql(_insert_copies(table, shift, times, engine.dialect.name))
        connection.exec_driver_sql("ANALYZE")


INDEXES = {
    "postgresql": (
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    ),
    "sqlite": "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
}


@contextmanager
def _indexes_built_at_the_end(connection: Connection) -> Iterator[None]:
    """Drop the indexes of the copied tables and create them after the block: adding each row to each takes several times as long."""
    found = [
        (name, statement)
        for table, name, statement in connection.exec_driver_sql(INDEXES[connection.dialect.name])
        if table in COPIED
    ]
    for name, _ in found:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    for _, statement in found:
        connection.exec_driver_sql(statement.replace("%", "%%"))


COPIED = {
    "accounts", "applications", "attachments", "enterprises", "experiences", "message_readings", "messages",
    "registration_events", "reviews",
}  # fmt: skip


def _insert_copies(table: Table, shift: int, times: int, dialect: str) -> str:
    series = {
        "postgresql": f"generate_series(1, {times - 1}) AS copy(n)",
        "sqlite": f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {times - 1}) SELECT n FROM c) copy",
    }[dialect]
    values = []
    for column in table.columns:
        name = f'own."{column.name}"'
        points = any(key.column.table.name in COPIED for key in column.foreign_keys)
        if points or (column.primary_key and column.name == "id"):
            name = f"{name} + copy.n * {shift}"
        elif column.name in UNIQUE_COLUMNS.get(table.name, ()):
            copy = "CAST(copy.n AS TEXT)"
            name = f"{copy} || '-' || substr({name}, length({copy}) + 2)"
        values.append(name)
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    return f"INSERT INTO {table.name} ({columns}) SELECT {', '.join(values)} FROM {table.name} own, {series}"
