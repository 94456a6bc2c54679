"""The rows of an import (D1): each is checked against the rules and the existing enterprises; after the confirmation all accepted ones
are written, or none.

The enterprises and the import's new state are written in one commit, so nothing is imported twice.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from accounts import access
from administration import audit, region_names
from administration.import_table import (
    CODE,
    COLUMNS,
    CONTACT,
    NAME,
    REGION,
    TELEPHONE,
    ParsedRow,
    ParsedTable,
)
from administration.imports import ClaimedImport, fail
from common import checks, jobs, telephones
from common.errors import NotPermitted
from common.identity import normalised
from common.initials import initials
from common.row_faults import fault_as_json
from common.text import as_name, name_fault
from common.wording import N_, Sentence
from models import (
    Account,
    Enterprise,
    Import,
    ImportRow,
    ImportState,
    Region,
    Registration,
    db,
    exclusive,
    now,
)
from models.transactions import WITHOUT_JOINS

log = logging.getLogger(__name__)

BATCH_SIZE = 250
"""Rows that are processed between two progress reports."""

LONGEST_STORED_CELL = 120


def read(job: ClaimedImport, table: ParsedTable) -> None:
    """Check the rows and store them as the import's preview. Raises ClaimLost."""
    rows = table.rows
    same = _by_code(rows)
    regions, inactive_regions = (
        region_names.by_spelling(db.session.scalars(select(Region).where(Region.active == active)))
        for active in (True, False)
    )
    accepted = 0
    for index, batch in enumerate(_batches(rows)):
        with exclusive():
            done = min((index + 1) * BATCH_SIZE, len(rows))
            jobs.report(Import, job, done=done, total=len(rows))
            if not index:  # an earlier attempt may have stored some rows
                db.session.execute(delete(ImportRow).where(ImportRow.import_id == job.id))
            taken = _existing_codes(row.cells[CODE] for row in batch)
            for row in batch:
                _check_row(row, same, taken, regions, inactive_regions)
            db.session.add_all(_import_row(job, row) for row in batch)
            accepted += sum(not row.faults for row in batch)
    with exclusive():
        jobs.report(
            Import,
            job,
            state=ImportState.PREVIEW,
            accepted=accepted,
            refused=len(rows) - accepted,
            notes=[note.as_json() for note in table.notes],
            storage_name=None,
            error=None,
        )
    log.info("import %s: read, %s rows, %s of them refused", job.id, len(rows), len(rows) - accepted)


def _by_code(rows: Sequence[ParsedRow]) -> dict[str, list[int]]:
    """Normalise the codes, and return the row numbers of each code."""
    found: dict[str, list[int]] = {}
    for row in rows:
        row.cells[CODE] = normalised(row.cells[CODE])
        found.setdefault(row.cells[CODE], []).append(row.number)
    return found


def _existing_codes(codes: Iterable[str]) -> dict[str, Sentence]:
    """Return the codes that exist already, each with a sentence that names its enterprise."""
    existing = (
        select(Enterprise.credit_code, Enterprise.name, Region.name.label("region"))
        .join(Region, Region.id == Enterprise.region_id)
        .where(Enterprise.credit_code.in_([code for code in codes if code]))
    )
    wording = N_("系统中已有这个代码：%(enterprise)s（%(region)s）。")
    return {
        row.credit_code: Sentence(wording, {"enterprise": row.name, "region": row.region})
        for row in db.session.execute(existing)
    }


def _check_row(
    row: ParsedRow,
    same: Mapping[str, list[int]],
    taken: Mapping[str, Sentence],
    regions: Mapping[str, Region],
    inactive_regions: Mapping[str, Region],
) -> None:
    """Add all faults of a row to it."""
    cells = row.cells
    for key in (NAME, CONTACT):
        cells[key] = as_name(cells[key])
        if unusable := name_fault(cells[key]):
            row.add_fault(key, unusable.text, **unusable.words)
    for key in COLUMNS:
        if not cells[key]:
            row.add_fault(key, N_("这一格是空的。"))
    for key, most in (
        (NAME, checks.LONGEST_NAME),
        (CONTACT, checks.LONGEST_CONTACT),
        (TELEPHONE, telephones.LONGEST),
    ):
        if len(cells[key]) > most:
            row.add_fault(key, N_("最多 %(most)s 个字。"), most=str(most))
    if cells[CODE] and (fault := checks.code_fault(cells[CODE])):
        row.add_fault(CODE, fault)
    if others := [number for number in same[cells[CODE]] if number != row.number]:
        row.add_fault(CODE, N_("与第 %(rows)s 行的代码相同。"), rows="、".join(map(str, others[:5])))
    if known := taken.get(cells[CODE]):
        row.add_fault(CODE, known.text, **known.words)
    region = region_names.find(cells[REGION], regions)
    if region is not None:
        row.region_id, cells[REGION] = region.id, region.name
    elif inactive := region_names.find(cells[REGION], inactive_regions):
        sentence = _inactive_fault(inactive)
        row.add_fault(REGION, sentence.text, **sentence.words)
    elif cells[REGION]:
        row.add_fault(REGION, N_("没有这个地区，请从模板的下拉列表中选择。"))
    if fault := telephones.telephone_fault(cells[TELEPHONE]):
        row.add_fault(TELEPHONE, fault)


def _inactive_fault(region: Region) -> Sentence:
    """Say that a region is deactivated, or which active region took its place."""
    into = region
    while into.merged_into is not None:
        into = into.merged_into
    if not into.active:
        return Sentence(N_("这个地区已停用，请从模板的下拉列表中选择。"))
    return Sentence(
        N_("%(region)s已并入%(into)s，请改填%(into)s。"), {"region": region.name, "into": into.name}
    )


def _import_row(job: ClaimedImport, row: ParsedRow) -> ImportRow:
    return ImportRow(
        import_id=job.id,
        number=row.number,
        region_id=row.region_id,
        hidden=row.hidden,
        refused=bool(row.faults),
        faults=[
            fault_as_json(*fault)
            for fault in sorted(row.faults, key=lambda fault: list(COLUMNS).index(fault[0]))
        ],
        **{key: _shortened(value) for key, value in row.cells.items()},
    )


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_STORED_CELL else f"{text[:LONGEST_STORED_CELL]}…"


def run_import(job: ClaimedImport) -> None:
    """Import all accepted rows or none. If a row has become invalid, the preview is shown again and names it. Raises ClaimLost."""
    for _ in range(jobs.MOST_ATTEMPTS):
        try:
            _import_rows(job)
        except IntegrityError:  # somebody has just registered one of the codes: the next attempt reports it
            continue
        except NotPermitted:
            fail(job, Sentence(N_("确认导入的人已不是系统管理员。")))
        return


def _import_rows(job: ClaimedImport) -> None:
    prepared = _prepare(job)
    with exclusive():
        person = access.active_administrator(db.session.get_one(Account, job.confirmed_by_id))
        if not _reject_outdated_rows(job):
            _write(job, person, prepared)


def _prepare(job: ClaimedImport) -> list[dict[str, Any]]:
    """Return the values of the new enterprises. The slow part runs here, before any lock is taken."""
    columns = ("name", "credit_code", "region_id", "contact_name", "contact_phone")
    rows = db.session.execute(
        select(*(getattr(ImportRow, column) for column in columns))
        .where(ImportRow.import_id == job.id, ~ImportRow.refused)
        .order_by(ImportRow.number)
    ).all()
    prepared: list[dict[str, Any]] = []
    for batch in _batches(rows):
        prepared += [
            row._asdict() | {"initials": initials(row.name), "registration": Registration.LISTED}
            for row in batch
        ]
        with exclusive():
            jobs.report(Import, job, done=len(prepared))
    return prepared


def _reject_outdated_rows(job: ClaimedImport) -> bool:
    """Reject accepted rows that have become invalid, and return to the preview. Returns whether there were any."""
    regions = db.session.scalars(
        select(Region)
        .order_by(Region.id)
        .options(WITHOUT_JOINS)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    inactive = {region.id: _inactive_fault(region) for region in regions.all() if not region.active}
    good = select(ImportRow).where(ImportRow.import_id == job.id, ~ImportRow.refused)
    rows = db.session.scalars(good.execution_options(populate_existing=True)).all()
    rejected: list[tuple[ImportRow, list[Any]]] = []
    for batch in _batches(rows):
        taken = _existing_codes(row.credit_code for row in batch)
        for row in batch:
            faults = [fault_as_json(CODE, taken[row.credit_code])] if row.credit_code in taken else []
            if row.region_id in inactive:
                faults.append(fault_as_json(REGION, inactive[row.region_id]))
            if faults:
                rejected.append((row, faults))
    if rejected:
        count = len(rejected)
        accepted, refused = job.accepted - count, job.refused + count
        state = ImportState.PREVIEW
        jobs.report(Import, job, state=state, accepted=accepted, refused=refused, rejected_at_import=count)
        for row, faults in rejected:
            row.refused, row.faults = True, faults
        log.warning("import %s: nothing imported, %s rows are no longer valid", job.id, count)
    return bool(rejected)


def _write(job: ClaimedImport, person: Account, prepared: Sequence[Mapping[str, Any]]) -> None:
    regions = {region.id: region for region in db.session.scalars(select(Region))}
    enterprises = [Enterprise(**values, region=regions[values["region_id"]]) for values in prepared]
    db.session.add_all(enterprises)
    db.session.flush()
    with db.session.no_autoflush:
        for enterprise in enterprises:
            audit.record_new(enterprise, person)
    # The import before its rows, as `discard` locks them; late, so that the lease can be renewed until here.
    jobs.report(Import, job, state=ImportState.DONE, done=len(enterprises), finished_at=now())
    db.session.execute(delete(ImportRow).where(ImportRow.import_id == job.id, ~ImportRow.refused))
    log.info("import %s: %s enterprises", job.id, len(enterprises))


def _batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH_SIZE)):
        yield batch
