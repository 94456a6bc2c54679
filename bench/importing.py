"""An Excel file with five thousand enterprises: the time the worker takes to read the file and to write the rows."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

import xlsxwriter
from sqlalchemy import select
from stdnum.cn import uscc

from administration import import_table, imports
from bench.servers import SampleDatabase
from commands.sample_data import names
from models import Account, Import, ImportState, Region, Role, db
from uploads.sets import storage
from worker import importing

ROWS = 5000


def enterprises(sample: SampleDatabase) -> dict[str, float]:
    """Return the seconds of both steps, as the worker runs them; no site may run meanwhile. The database is restored."""
    with _restored(sample), sample.site() as app, app.app_context():
        app.extensions["wake_importing"] = lambda: (
            None
        )  # else the task would wait in the queue for the next site
        administrator = db.session.scalars(
            select(Account).where(Account.role == Role.ADMINISTRATOR).order_by(Account.id).limit(1)
        ).one()
        stored = storage().store(io.BytesIO(_file()))
        number = imports.begin(administrator, "企业.xlsx", stored.name).id
        reading = _seconds(importing.process_due)
        _require_state(number, ImportState.PREVIEW)
        imports.confirm(administrator, number, seen=ROWS)
        writing = _seconds(importing.process_due)
        _require_state(number, ImportState.DONE)
    return {f"import of {ROWS:,} enterprises, read, s": reading, "the same, written, s": writing}


def _seconds(step: Callable[[], None]) -> float:
    begun = time.perf_counter()
    step()
    return time.perf_counter() - begun


def _require_state(number: int, state: ImportState) -> None:
    job = db.session.get_one(Import, number, populate_existing=True)
    if job.state is not state:
        raise RuntimeError(f"the import is {job.state.value}: {job.error}, {job.refused} refused")


def _file() -> bytes:
    regions = db.session.scalars(select(Region.name).where(Region.active).order_by(Region.id)).all()
    chance = Random(1)  # noqa: S311 - a sample, repeated by its seed
    with io.BytesIO() as file:
        with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, import_table.COLUMNS.values())
            for number in range(1, ROWS + 1):
                region = chance.choice(regions)
                body = f"91150602MBX{number:06d}"  # no sample enterprise has this prefix
                code = body + uscc.calc_check_digit(body)
                name = names.employer(chance, region)
                sheet.write_row(number, 0, (name, code, region, "其其格", "0477-8123456"))
        return file.getvalue()


@contextmanager
def _restored(sample: SampleDatabase) -> Iterator[None]:
    """Restore the database afterwards."""
    written = {"import_rows": "import_id", "changes": "id", "enterprises": "id", "imports": "id"}
    with sample.connected() as database:
        last = {
            table: database.execute(f"SELECT coalesce(max({key}), 0) FROM {table}").fetchone()[0]  # type: ignore[index] # noqa: S608
            for table, key in written.items()
        }
        try:
            yield
        finally:
            # No row refers to the new enterprises; checking foreign keys would read a million rows for each.
            database.execute("SET session_replication_role = replica")
            for table, key in written.items():
                database.execute(f"DELETE FROM {table} WHERE {key} > %s", [last[table]])  # noqa: S608
            # Clean up the GIN indexes, as autovacuum does within minutes.
            database.execute(f"VACUUM ANALYZE {', '.join(written)}")
