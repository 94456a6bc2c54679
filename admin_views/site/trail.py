"""操作记录 as the screens show it: the changed fields, before and after."""

from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import ColumnElement, select

from admin_views.site.exporting import filters_text
from admin_views.site.lists import Column
from admin_views.site.standard_rules import conditions_lines
from admin_views.site.wording import translated
from administration.audit_words import AUDIT_WORDS
from administration.form_rules import KIND_WORDS, PROPERTIES, field_and_property
from common.audit import EXPORTS
from common.identity import IDENTITY_DOCUMENTS
from common.money import in_yuan
from common.settings import value_label
from common.wording import N_
from models import AuditEntry, ChangeKind, FormVersion, RegionKind, Role, Setting, Standard, StandardState, db
from payments.standards import STANDARD_STATES, condition_fields
from workflow import routing, scope
from workflow.form.fields import Kind
from workflow.transitions import ROLE_WORDS

LAST_CHANGES = 5
COLUMNS = (
    AuditEntry.at,
    AuditEntry.actor_name,
    AuditEntry.table_name,
    AuditEntry.row_key,
    AuditEntry.label,
    AuditEntry.kind,
    AuditEntry.before,
    AuditEntry.after,
)


def last_changes(*which: ColumnElement[bool]) -> list[Any]:
    return list(
        db.session.execute(select(*COLUMNS).where(*which).order_by(AuditEntry.id.desc()).limit(LAST_CHANGES))
    )


def changes_of(model: Any, key: Any) -> list[Any]:
    return last_changes(
        scope.administered(current_user),
        AuditEntry.table_name == model.__tablename__,
        AuditEntry.row_key == str(key),
    )


KINDS = {ChangeKind.CREATED: N_("新增"), ChangeKind.CHANGED: N_("修改")}


def change_text(row: Any) -> dict[str, Any]:
    """Return an audit entry as the screens show it."""
    table = AUDIT_WORDS.get(row.table_name)
    fields = table.fields if table else {}
    return {
        "at": row.at,
        "actor": row.actor_name,
        "table": table.label if table else row.table_name,
        "label": _label(row),
        "kind": KINDS[row.kind],
        "new": row.kind is ChangeKind.CREATED,
        "fields": [
            {
                "label": label,
                "before": words(name, row.before.get(name)),
                "after": words(name, row.after.get(name)),
            }
            for name, label, words in _audited_fields(row, fields)
        ],
    }


def _changed_fields(change: dict[str, Any]) -> str:
    """Return the changed fields as text, one line for each."""
    fields = [each for each in change["fields"] if each["before"] != each["after"] or not change["new"]]
    return "\n".join(
        f"{each['label']} {each['after'] if change['new'] else ' → '.join((each['before'], each['after']))}"
        for each in fields
    )


TRAIL_COLUMNS = (
    Column("label", N_("对象"), itemgetter("label"), cell="title"),
    Column(
        "table",
        N_("类别"),
        lambda change: f"{translated(change['kind'])} {translated(change['table'])}",
        style="nowrap",
    ),
    Column("fields", N_("修改内容"), _changed_fields, cell="macro", short=N_("内容")),
    Column("actor", N_("操作人"), itemgetter("actor"), style="nowrap"),
    Column("at", N_("时间"), itemgetter("at"), cell="stamp", style="num"),
)
"""Rows are results of `change_text`."""


def _label(row: Any) -> str:
    """Return the label of an entry; our own texts are stored in Chinese and translated here."""
    if row.table_name == FormVersion.__tablename__:
        return gettext("第 %(number)s 版", number=row.row_key)
    return translated(row.label) if row.table_name in (Setting.__tablename__, EXPORTS) else row.label


def _audited_fields(
    row: Any, fields: Mapping[str, str]
) -> Iterator[tuple[str, str, Callable[[str, Any], str]]]:
    """Yield the names in an audit entry, each with label and formatting function. Names of the form combine a field and its property."""
    if row.table_name == FormVersion.__tablename__:
        for name in row.after:
            field, prop = field_and_property(name)
            word = translated(PROPERTIES.get(prop, N_("现行版本")))
            yield (
                name,
                f"{translated(field)} · {word}" if field else word,
                lambda _, value, prop=prop: value_words(prop, value),
            )
        return
    of_setting = row.table_name == Setting.__tablename__
    words = WORDS_OF_TABLE.get(row.table_name, _word)
    for name, label in fields.items():
        if name in row.after or name in row.before:
            yield (
                name,
                translated(label),
                (lambda _, value: translated(value_label(row.row_key, value))) if of_setting else words,
            )


def value_words(prop: str, value: str | bool | None) -> str:
    """Return the text of a property of a form field."""
    if prop == "kind" and value:
        return translated(KIND_WORDS[Kind(value)])
    return _word("", value)


def standard_words(name: str, value: Any) -> str:
    """Return the text of a column of a standard."""
    if name == "amount_fen" and value is not None:
        return in_yuan(value)
    if name == "state" and value:
        return translated(STANDARD_STATES[StandardState(value)])
    if name == "conditions" and value is not None:
        return "\n".join(conditions_lines(Standard(conditions=value), condition_fields()))
    return _word(name, value)


def _export_words(name: str, value: Any) -> str:
    return filters_text(value) if name == "filter" and value is not None else _word(name, value)


WORDS_OF_TABLE: dict[str, Callable[[str, Any], str]] = {
    Standard.__tablename__: standard_words,
    EXPORTS: _export_words,
}
"""How the values of a table are shown, where not as those of the others."""


def _word(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if name == "kind" and value:
        return translated(routing.KIND_WORDS[RegionKind(value)])
    if name == "role" and value:
        return translated(ROLE_WORDS[Role(value)])
    if name == "paper" and value:
        return translated(IDENTITY_DOCUMENTS[value].label)
    return "" if value is None else str(value)
