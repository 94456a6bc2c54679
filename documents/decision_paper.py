"""Prints 「审核结果通知书」 (A25): always the same for the same notice. A legal paper: its text stays Chinese."""

from datetime import date
from typing import Any

from common.calendar import local_date
from documents.decision_notices import grouped
from documents.qr_codes import qr_code
from documents.typesetting import MadeDocument, typeset
from models import DecisionNotice

NOTICE_TITLE = "审核结果通知书"  # stays Chinese

SIZES = ((700, 11.0), (1400, 9.5), (1800, 8.5))
"""The size of the type in points by the characters of reason and marks: with it everything stands on one page."""

SMALLEST = 7.5
"""For more; with the longest reason (workflow.decision.REASON_LIMIT) there is still one page."""

LINE = 40
"""Characters that a line break counts for: a list of short lines needs as much room."""


def print_notice(notice: DecisionNotice, check_page: str, check_url: str) -> MadeDocument:
    """Return the notice as PDF. `check_page` is printed, `check_url` (with the code) is in the QR code.

    Raises TypesettingError.
    """
    content = notice.content
    data = {
        **content,
        "day": day_text(content["day"]),
        "resubmit_by": day_text(content["resubmit_by"]),
        "issued_on": day_text(local_date(notice.issued_at).isoformat()),
        "code": grouped(notice.check_code),
        "check_page": check_page,
        "svg_qr": qr_code(check_url),
        "size": _size(content),
    }
    return typeset("decision_notice", data, title=f"{NOTICE_TITLE} {content['number']}")


def notice_file_name(notice: DecisionNotice) -> str:
    """Return the name of the file: 审核结果通知书2026-12.pdf."""
    return f"{NOTICE_TITLE}{notice.year}-{notice.ordinal}.pdf"


def day_text(iso: str) -> str:
    """Return a day as Chinese papers write it: 2026年11月29日; "" for none."""
    if not iso:
        return ""
    day = date.fromisoformat(iso)
    return f"{day.year}年{day.month}月{day.day}日"  # stays Chinese


def _size(content: dict[str, Any]) -> float:
    texts = [content["reason"], *content["marks"], content["objection"]]
    length = sum(len(each) + LINE * (each.count("\n") + 1) for each in texts)
    return next((size for most, size in SIZES if length <= most), SMALLEST)
