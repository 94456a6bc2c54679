"""Exports of lists (W9): what is asked for, who may have it, what is recorded of it.

The consoles register how a list is opened: as it is filtered, sorted and scoped when the worker opens it, for the account that
asked and with its rights of that moment. Numbers are masked. In full they need `Account.may_export_full` and a reason, and each
application in the file gets a disclosure for each number.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import insert

from accounts.access import active_account, may_open_console
from common.audit import EXPORTS
from common.errors import NotPermitted, ReasonMissing, ReasonTooLong
from common.wording import N_, Sentence
from documents import jobs, workbooks
from documents.kinds import DocumentKind, FileNotMade, MadeFile, Making, RightLost, register_kind
from documents.workbooks import BookSheet, Cell
from models import Account, AuditEntry, ChangeKind, Disclosure, FileJob, db, now
from models.audit import LENGTH
from models.statements import table_of

KIND = "export"
TITLE = N_("导出：%(list)s")
LONGEST_REASON, LENGTH_OF_KEY = 500, 40
DISCLOSED_AT_A_TIME = 1000
NOT_FULL = Sentence(N_("账号现在没有导出完整号码的权限，得不到这个文件。可以重新导出，号码隐去中间部分。"))
LIST_GONE = Sentence(N_("现在不能再打开这个列表，文件没有生成。"))


Described = Sequence[tuple[str, str]]
"""What a list was narrowed to: label and value, as wording that is translated when it is shown."""


@dataclass(frozen=True)
class ExportedSheet:
    """One table of an opened list. Each row comes with the id of its application, if it is one.

    `secret`: the fields whose numbers it shows, each with the place of its column.
    """

    name: str
    headings: Sequence[str]
    rows: Iterable[tuple[int | None, Sequence[Cell]]]
    secret: Mapping[str, int] = field(default_factory=dict)


class OpenedList(NamedTuple):
    """A list as the worker opens it. `total`: how many rows, as far as it is known."""

    file_name: str
    sheets: Sequence[ExportedSheet]
    total: int = 0


class Asked(NamedTuple):
    """What was asked for: the address of the list, with what it is narrowed to, and whether numbers are in full."""

    address: str
    list: str
    """Names the list: the endpoint of its page."""
    label: str
    described: Described = ()
    full: bool = False
    reason: str = ""

    @property
    def parameters(self) -> dict[str, Any]:
        return {**self._asdict(), "described": [list(each) for each in self.described]}

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "Asked":
        return cls(
            **{**parameters, "described": tuple((label, value) for label, value in parameters["described"])}
        )


Opener = Callable[[Account, str, Asked], AbstractContextManager[OpenedList]]


@dataclass
class _Registered:
    consoles: dict[str, str | None] = field(default_factory=dict)
    """The console of each list; None for a list that every account has."""
    opener: Opener | None = None


_registered = _Registered()


def register_list(name: str, console: str | None) -> None:
    """Register that a list can be exported from this console; None: by every account."""
    _registered.consoles[name] = console


def register_opener(opener: Opener) -> None:
    """Register how a list is opened; it raises NotPermitted and NotVisible."""
    _registered.opener = opener


def exportable_lists() -> Mapping[str, str | None]:
    """Return the console of each registered list."""
    return _registered.consoles


def ask_for_export(actor: Account, asked: Asked, language: str) -> FileJob:
    """Ask for the export of a list. Raises NotPermitted, TooManyDocuments; ReasonMissing, ReasonTooLong for numbers in full."""
    reason = asked.reason.strip() if asked.full else ""
    if asked.full and not reason:
        raise ReasonMissing
    if len(reason) > LONGEST_REASON:
        raise ReasonTooLong
    parameters = asked.parameters | {"reason": reason}
    return jobs.ask(actor, KIND, parameters, Sentence(TITLE, {"list": asked.label}), language)


def _check(actor: Account, parameters: Mapping[str, Any]) -> None:
    name = parameters["list"]
    if name not in _registered.consoles:
        raise NotPermitted
    console = _registered.consoles[name]
    if console is not None and not may_open_console(actor, console):
        raise NotPermitted
    if parameters["full"] and not actor.may_export_full:
        raise RightLost(NOT_FULL)


def _make(making: Making) -> MadeFile:
    asked = Asked.of(making.parameters)
    if _registered.opener is None:
        raise FileNotMade(LIST_GONE)
    disclosed: Disclosed = {}
    try:
        with _registered.opener(making.actor, making.language, asked) as opened:
            sheets = (_sheet(sheet, asked.full, disclosed) for sheet in opened.sheets)
            count = workbooks.write_workbook(
                making.path, sheets, lambda done: making.progress(done, max(opened.total, done))
            )
            file_name = opened.file_name
    except NotPermitted as lost:
        raise FileNotMade(LIST_GONE) from lost
    return MadeFile(
        file_name,
        workbooks.CONTENT_TYPE,
        count=count,
        record=lambda: _record(making.actor, asked, count, disclosed),
    )


Disclosed = dict[str, "array[int]"]
"""The ids of the applications whose numbers a file shows in full, by field."""


def _sheet(sheet: ExportedSheet, full: bool, disclosed: Disclosed) -> BookSheet:
    rows = _noted(sheet, disclosed) if full and sheet.secret else (row for _, row in sheet.rows)
    return BookSheet(sheet.name, sheet.headings, rows)


def _noted(sheet: ExportedSheet, disclosed: Disclosed) -> Iterator[Sequence[Cell]]:
    """Yield the rows, and note whose numbers they show."""
    notes = [(place, disclosed.setdefault(name, array("q"))) for name, place in sheet.secret.items()]
    for application_id, row in sheet.rows:
        if application_id is not None:
            for place, note in notes:
                if row[place]:
                    note.append(application_id)
        yield row


def _record(actor: Account, asked: Asked, count: int, disclosed: Disclosed) -> None:
    """Record who exported what: one line in the trail, and a disclosure for each number that is in full."""
    person = active_account(actor)
    after: dict[str, Any] = {
        "filter": [list(each) for each in asked.described],
        "rows": count,
        "full": asked.full,
    }
    if asked.full:
        after["reason"] = asked.reason
    db.session.add(
        AuditEntry(
            actor_id=person.id,
            actor_name=person.name,
            table_name=EXPORTS,
            row_key=asked.list[:LENGTH_OF_KEY],
            label=asked.label[: LENGTH["label"]],
            kind=ChangeKind.CREATED,
            before={},
            after=after,
        )
    )
    db.session.flush()
    at = now()
    for name, noted in disclosed.items():
        ids = sorted(set(noted))
        for start in range(0, len(ids), DISCLOSED_AT_A_TIME):
            db.session.execute(
                insert(table_of(Disclosure)),
                [
                    {"application_id": key, "account_id": person.id, "field": name, "at": at}
                    for key in ids[start : start + DISCLOSED_AT_A_TIME]
                ],
            )


register_kind(DocumentKind(KIND, N_("导出"), _make, _check))
