"""The administrator sets how the bank wants its file (P4). Each saving is a new row; runs that are exported already keep theirs."""

from typing import Any

from accounts.access import active_administrator
from common.errors import Unacceptable
from models import Account, AuditEntry, BankLayout, ChangeKind, db, exclusive
from payments.bank_file import COLUMNS, ENCODINGS, TOTALS, UNITS, Layout, layout_faults
from payments.exporting import layout_of, newest_layout

LABEL = "银行文件"  # stays Chinese: the audit trail stores it
YES_NO = {True: "是", False: "否"}  # stays Chinese


def save_layout(actor: Account, layout: Layout) -> BankLayout | None:
    """Store a layout that holds from now on; None when it is the one that holds. Raises NotPermitted, Unacceptable."""
    with exclusive():
        person = active_administrator(actor)
        for field, fault in layout_faults(layout):
            raise Unacceptable(field, fault)
        former = layout_of(newest_layout())
        if former == layout:
            return None
        row = BankLayout(content=layout.as_json(), made_by_id=person.id)
        db.session.add(row)
        db.session.flush()
        before, after = audited_layout(former), audited_layout(layout)
        changed = [key for key in after if before[key] != after[key]]
        db.session.add(
            AuditEntry(
                actor_id=person.id,
                actor_name=person.name,
                table_name=BankLayout.__tablename__,
                row_key=str(row.id),
                label=LABEL,
                kind=ChangeKind.CHANGED,
                before={key: before[key] for key in changed},
                after={key: after[key] for key in changed},
            )
        )
    return row


def audited_layout(layout: Layout) -> dict[str, Any]:
    """Return a layout as the audit trail stores it, in words."""
    return {
        "columns": "、".join(f"{heading}（{COLUMNS[key]}）" for key, heading in layout.columns),
        "encoding": ENCODINGS[layout.encoding],
        "bom": YES_NO[layout.bom],
        "unit": UNITS[layout.unit],
        "totals": TOTALS[layout.totals],
        "headings": YES_NO[layout.headings],
        "purpose": layout.purpose,
    }
