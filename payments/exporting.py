"""The bank's files of a run (P4): made once when it is exported, kept, and the same bytes at every download.

A file holds full account numbers: each download is in the audit trail and, for each person in it, among the disclosures.
"""

import io
from collections.abc import Callable
from typing import BinaryIO

from sqlalchemy import insert, literal, select

from accounts.access import active_account
from common.errors import NotVisible
from models import (
    Account,
    AuditEntry,
    BankLayout,
    ChangeKind,
    Disclosure,
    Grant,
    Payment,
    PaymentRun,
    RunAction,
    RunFile,
    RunRow,
    db,
    exclusive,
    now,
)
from models.database import Instant
from models.statements import table_of
from payments import bank_file, payment_scope, runs
from payments.bank_file import KINDS, Layout, layout_from_json
from payments.bank_lines import bank_lines, hash_of_lines
from uploads.storage import StoredFile

Store = Callable[[BinaryIO], StoredFile]
"""Stores a file durably (uploads/storage.py)."""

DISCLOSED_FIELD = "bank_account"


def newest_layout() -> BankLayout | None:
    """Return the layout that holds now; None while the administrator has set none."""
    return db.session.scalars(select(BankLayout).order_by(BankLayout.id.desc()).limit(1)).one_or_none()


def layout_of(row: BankLayout | None) -> Layout:
    """Return a stored layout, or the one that holds until one is set."""
    return layout_from_json(row.content) if row is not None else Layout()


def layout_of_run(run: PaymentRun) -> Layout:
    """Return the layout that a run was exported with."""
    return layout_of(db.session.get(BankLayout, run.layout_id) if run.layout_id is not None else None)


def export(run_id: int, actor: Account, *, seen_version: int, store: Store) -> PaymentRun:
    """Make and keep the files of an approved run. Raises what `runs.perform` raises; then no row names a file."""

    def write(run: PaymentRun, _person: Account) -> None:
        stored_layout = newest_layout()
        layout = layout_of(stored_layout)
        run.layout_id = stored_layout.id if stored_layout is not None else None
        lines = list(bank_lines(run))  # read and decrypted once for the hash and both files
        control = bank_file.control_rows(run.number, run.count, run.total_fen, hash_of_lines(lines))
        for kind in KINDS:
            content = io.BytesIO()
            bank_file.write_bank_file(kind, content, layout, lines, control)
            content.seek(0)
            stored = store(content)
            db.session.add(
                RunFile(
                    run_id=run.id,
                    kind=kind,
                    display_name=bank_file.file_name(kind, layout, run.number, run.count, run.total_fen),
                    storage_name=stored.name,
                    size=stored.size,
                    sha256=stored.sha256,
                    count=run.count,
                    total_fen=run.total_fen,
                )
            )

    return runs.perform(run_id, RunAction.EXPORT, actor, seen_version=seen_version, effect=write)


def files(run: PaymentRun) -> list[RunFile]:
    """Return the files of a run, .xlsx first."""
    found = db.session.scalars(select(RunFile).where(RunFile.run_id == run.id)).all()
    return sorted(found, key=lambda file: list(KINDS).index(file.kind))


def record_run_download(run_id: int, kind: str, actor: Account) -> RunFile:
    """Record that this person downloads a file, and return its row. Raises NotVisible."""
    with exclusive():
        person = active_account(actor)
        file = db.session.scalars(
            select(RunFile)
            .join(PaymentRun, PaymentRun.id == RunFile.run_id)
            .where(RunFile.run_id == run_id, RunFile.kind == kind, payment_scope.runs(person))
        ).one_or_none()
        if file is None:
            raise NotVisible
        run = db.session.get_one(PaymentRun, run_id)
        db.session.add(
            AuditEntry(
                actor_id=person.id,
                actor_name=person.name,
                table_name=PaymentRun.__tablename__,
                row_key=str(run.id),
                label=run.number,
                kind=ChangeKind.CHANGED,
                before={},
                after={"downloaded": file.display_name, "sha256": file.sha256, "count": file.count},
            )
        )
        seen = (
            select(
                Grant.application_id, literal(person.id), literal(DISCLOSED_FIELD), literal(now(), Instant)
            )
            .join(Payment, Payment.grant_id == Grant.id)
            .join(RunRow, RunRow.payment_id == Payment.id)
            .where(RunRow.run_id == run.id, RunRow.left_out.is_(None))
            .distinct()
        )
        db.session.execute(
            insert(table_of(Disclosure)).from_select(["application_id", "account_id", "field", "at"], seen)
        )
    return file
