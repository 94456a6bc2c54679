"""The worker's part in the bank's answers: reads the file, passes its cells to payments/answers.py, and lets it write what was confirmed."""

from flask import current_app
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from common import jobs
from common.wording import Sentence
from models import BankAnswer, ImportState, PaymentRun, db
from payments import answer_table, answers, exporting
from payments.answer_table import AnsweredRow, UnreadableAnswer
from payments.answers import IN_PROGRESS, ClaimedAnswer
from uploads import sheets, tables
from uploads.errors import InvalidFile
from uploads.receive import discard_file
from worker import leases, waking


def process_due() -> None:
    """Process every due answer. Stops one that another worker has claimed or somebody has dropped."""
    leases.process_each(BankAnswer, "bank answer", answers.claim, _process, answers.postpone)


def _process(job: ClaimedAnswer) -> None:
    if jobs.is_beyond_last_attempt(job):
        answers.interrupt(job)
    elif job.state is ImportState.IMPORTING:
        answers.write_answer(job)
    else:
        _read(job)


def _read(job: ClaimedAnswer) -> None:
    name = job.storage_name or ""
    try:
        rows, notes = _rows(job, name)
        answers.store_preview(job, rows, notes)
    except InvalidFile as unfit:
        answers.fail_answer(job, Sentence(sheets.wording(unfit.fault), {"name": job.file_name}))
    except UnreadableAnswer as unreadable:
        answers.fail_answer(job, unreadable.sentence)
    except FileNotFoundError:
        answers.fail_answer(job, answers.FILE_MISSING)
    discard_file(name)


def _rows(job: ClaimedAnswer, name: str) -> tuple[list[AnsweredRow], list[Sentence]]:
    """Return the rows of the file, and what the page must say of it. Raises InvalidFile, UnreadableAnswer, FileNotFoundError."""
    layout = exporting.layout_of_run(db.session.get_one(PaymentRun, job.run_id))
    if job.extension == tables.TEXT:
        text, encoding = answer_table.decoded(tables.read_text(name))
        found = answer_table.find_rows(answer_table.rows_of_text(text), layout)
        return found, answer_table.notes_on_text(text, encoding)
    sheets_found = tables.read_spreadsheet(
        name, answer_table.MOST_ROWS + answer_table.MOST_ROWS_ABOVE_HEADER + 1
    )
    return answer_table.rows_of_sheets(sheets_found, layout)


def _has_new_work(session: Session) -> bool:
    begun = any(isinstance(row, BankAnswer) for row in session.new)
    return begun or any(isinstance(row, BankAnswer) and _became_due(row) for row in session.dirty)


def _became_due(answer: BankAnswer) -> bool:
    return answer.state in IN_PROGRESS and inspect(answer).attrs.state.history.has_changes()


waking.wake_after_commit("bank answers", _has_new_work, lambda: current_app.extensions["wake_bank_answers"]())
