"""The rows of a frozen run as the bank gets them, and their hash (P4)."""

import hashlib
from collections.abc import Iterable, Iterator

from sqlalchemy import select

from models import PaymentRun, RunRow, db
from payments.bank_file import PaymentLine


def bank_lines(run: PaymentRun) -> Iterator[PaymentLine]:
    """Yield the rows of a frozen run as the bank gets them."""
    query = (
        select(RunRow.position, RunRow.number, RunRow.holder, RunRow.account, RunRow.bank, RunRow.amount_fen)
        .where(RunRow.run_id == run.id, RunRow.left_out.is_(None))
        .order_by(RunRow.position)
    )
    for row in db.session.execute(query):
        yield PaymentLine(
            row.position,
            row.number or "",
            row.holder or "",
            row.account or "",
            row.bank or "",
            row.amount_fen,
        )


def hash_of_lines(lines: Iterable[PaymentLine]) -> str:
    """Return the SHA-256 of a frozen run's rows, in hexadecimal: number, account, amount, each ended by a line break."""
    content = hashlib.sha256()
    for line in lines:
        content.update(f"{line.number}\t{line.account}\t{line.amount_fen}\n".encode())
    return content.hexdigest()


def bank_number(run: PaymentRun, position: int) -> str:
    """Return what the bank gets and answers with. Banks take letters and digits only, and a letter keeps it text in a spreadsheet."""
    return f"F{run.number.replace('-', '')}{position:05d}"
