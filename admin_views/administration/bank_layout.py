"""「银行文件设置」 (P4): columns, order, headings, encoding and unit of the bank's file, with three example rows as the bank reads them."""

from http import HTTPStatus
from typing import Any, NamedTuple

from flask import flash, redirect, request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import ColumnElement

from admin_views.administration.base import Administration
from admin_views.site.base import ScopedView, expose
from admin_views.site.typed import one_line
from admin_views.site.wording import translated
from common.errors import Unacceptable
from common.wording import N_
from payments import bank_file, exporting, layouts
from payments.bank_file import COLUMNS, ENCODINGS, NEEDED, TOTALS, UNITS, Layout
from workflow import scope


class ColumnChoice(NamedTuple):
    """One line of the form: a column, whether the file has it, where, and under which heading."""

    key: str
    label: str
    used: bool
    order: str
    heading: str
    needed: bool
    error: str = ""


class BankFileSettings(Administration, ScopedView):
    """The layout that holds, and its change."""

    exposed_routes = ("index_view", "save", "preview")
    title = N_("银行文件设置")

    def criterion(self) -> ColumnElement[bool]:
        return scope.administered(current_user)

    @expose("/")
    def index_view(self) -> Any:
        """Show the layout that holds now."""
        return self._page(exporting.layout_of(exporting.newest_layout()), {})

    @expose("/", methods=("POST",))
    def save(self) -> Any:
        """Store the layout; with the button 「预览」 only show it."""
        layout = _typed_layout()
        faults = {
            field: translated(fault.text, fault.words) for field, fault in bank_file.layout_faults(layout)
        }
        if faults or request.form.get("preview"):
            return self._page(layout, faults, HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK)
        try:
            saved = layouts.save_layout(current_user._get_current_object(), layout)
        except Unacceptable as refusal:
            wrong = {refusal.field: translated(refusal.sentence.text, refusal.sentence.words)}
            return self._page(layout, wrong, HTTPStatus.UNPROCESSABLE_ENTITY)
        if saved is None:
            flash(gettext("没有改动。"), "info")
        else:
            flash(gettext("已保存，今后导出的银行文件按此生成。"), "success")
        return redirect(self.get_url(".index_view"), HTTPStatus.SEE_OTHER)

    @expose("/preview/", methods=("POST",))
    def preview(self) -> str:
        """Return the example rows alone, for the page's script."""
        return self.render("payments/bank_layout_preview.html", **_preview(_typed_layout()))

    def _page(self, layout: Layout, faults: dict[str, str], status: int = HTTPStatus.OK) -> Any:
        content = self.render(
            "payments/bank_layout.html",
            title=translated(self.title),
            layout=layout,
            columns=_column_choices(layout, faults),
            faults=faults,
            encodings=[(key, translated(word)) for key, word in ENCODINGS.items()],
            units=[(key, translated(word)) for key, word in UNITS.items()],
            totals=[(key, translated(word)) for key, word in TOTALS.items()],
            **_preview(layout),
        )
        return content, status


def _column_choices(layout: Layout, faults: dict[str, str]) -> list[ColumnChoice]:
    """Return the lines of the form: the used columns in their order, then the others."""
    used = dict(layout.columns)
    return [
        ColumnChoice(
            key,
            translated(COLUMNS[key]),
            key in used,
            str(list(used).index(key) + 1) if key in used else "",
            used.get(key, COLUMNS[key]),
            key in NEEDED,
            faults.get(key, ""),
        )
        for key in [*used, *(key for key in COLUMNS if key not in used)]
    ]


def _typed_layout() -> Layout:
    """Return the layout of the request's form. What cannot be chosen on the page takes the default."""
    given = request.form

    def chosen(name: str, among: Any) -> str:
        value = given.get(name, "")
        return value if value in among else next(iter(among))

    def place(key: str) -> tuple[int, int]:
        typed = (given.get(f"order-{key}") or "").strip()
        return (int(typed) if typed.isdecimal() and len(typed) < 4 else 99, list(COLUMNS).index(key))

    keys = sorted((key for key in COLUMNS if given.get(f"use-{key}")), key=place)
    return Layout(
        tuple((key, one_line(given.get(f"heading-{key}")) or "") for key in keys),
        chosen("encoding", ENCODINGS),
        bool(given.get("bom")),
        chosen("unit", UNITS),
        chosen("totals", TOTALS),
        bool(given.get("headings")),
        one_line(given.get("purpose")) or "",
    )


def _preview(layout: Layout) -> dict[str, Any]:
    rows = bank_file.layout_preview(layout) if layout.columns else []
    head = rows[0] if layout.headings and rows else []
    names = [
        bank_file.file_name(kind, layout, "2026-001", 3, sum(line.amount_fen for line in bank_file.EXAMPLES))
        for kind in bank_file.KINDS
    ]
    return {
        "example_head": head,
        "example_rows": rows[1:] if layout.headings else rows,
        "file_names": names,
    }
