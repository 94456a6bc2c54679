"""「引进人才生活补贴申请表」: the saved content of an application, laid out for the template application_form.typ (A22).

The form is a legal paper: all of its text stays Chinese, in whatever language the page around it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from documents.qr_codes import qr_code
from documents.typesetting import MadeDocument, typeset
from models import Application
from workflow.form import versions
from workflow.form.answers import answer_text
from workflow.form.fields import Field, Kind, Section

TITLE = "鄂尔多斯市战略性新兴产业引进人才生活补贴申请表"  # stays Chinese
UNANSWERED = "（未填）"  # stays Chinese; printed, so that nothing is added by hand
UP_TO_NOW = "至今"  # stays Chinese
UNITS = "年月日"  # stays Chinese
UNFINISHED = "未填完"  # stays Chinese


def form_as_pdf(
    application: Application, content: Mapping[str, Any], code: str, *, unfinished: bool
) -> MadeDocument:
    """Return the form as PDF. `content` is a snapshot of the application; an unfinished form has 「未填完」 across its pages."""
    data = {
        "title": TITLE,
        "number": application.number,
        "code": code,
        "svg_qr": qr_code(code, error="q"),
        "watermark": UNFINISHED if unfinished else "",
        **printed_content(application, content),
    }
    return typeset("application_form", data, title=f"{TITLE} {application.number}")


def printed_content(application: Application, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form says of the application, as the template wants it."""
    form = versions.form_of(application)
    return {
        "sections": [
            {"title": str(section.title), "rows": _rows(section, content["fields"])}
            for section in form.sections
            if any(_printed(asked) for asked in section.fields)
        ],
        "experiences": [_experience(row) for row in content["experiences"]],
        "promises": [
            {"label": str(asked.label), "text": str(asked.help)}
            for asked in form.fields.values()
            if asked.kind is Kind.PROMISE
        ],
    }


def _printed(asked: Field) -> bool:
    return asked.kind is not Kind.PROMISE


def _rows(section: Section, fields: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [
        {
            "label": str(asked.label),
            "value": _text(asked, fields.get(asked.key)) or UNANSWERED,
            "wide": asked.wide or asked.kind is Kind.ENTERPRISE,
            "answered": bool(_text(asked, fields.get(asked.key))),
        }
        for asked in section.fields
        if _printed(asked)
    ]


def _text(asked: Field, stored: Any) -> str:
    """Return an answer as Chinese papers write it: 1990年1月1日."""
    text = str(answer_text(asked, stored))
    if asked.kind in (Kind.DATE, Kind.MONTH) and text:
        return "".join(f"{int(part)}{unit}" for part, unit in zip(text.split("-"), UNITS, strict=False))
    return text


def _experience(row: Mapping[str, str]) -> list[str]:
    start, end = row["start"].replace("-", "."), row["end"].replace("-", ".") or UP_TO_NOW
    return [f"{start}-{end}", str(row["kind"]), row["place"], row["subject"], row["witness"]]
