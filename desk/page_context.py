"""What stands beside an application on a reviewer's page, read with one statement: the colleagues of the desk, who of them has
taken it and who has it open (W4), the internal notes (W7), the person's other applications within the scope of who looks (W12), and
what is the same with other people's (W3)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, Integer, Select, String, and_, bindparam, case, cast, select

from accounts.actor_shape import ActorShape
from desk.assignments import Taker
from desk.desks import at_desk, colleagues, desk_of
from desk.notes import notes_query
from desk.open_now import COUNTS_FOR
from desk.same_elsewhere import SAME, Same, compared_values, same_of, same_queries, text_column
from models import Account, Application, Assignment, InternalNote, OpenPage, Period, Result, State, db, now
from models.database import Instant
from models.statements import CompiledStatement, as_stored, constant, table_of
from workflow import scope

MOST_SHOWN = 10
"""Other applications of a person; there is one under way and one for each earlier year."""
MOST_COLLEAGUES = 200
PERSON, APPLICATION, NOTE = "person", "application", "note"
TAKEN, OPEN = "taken", "open"


class Colleague(NamedTuple):
    """An account that can decide at the same desk."""

    id: int
    name: str


class OtherApplication(NamedTuple):
    """Another application of the same person."""

    number: str
    period: str | None
    state: State
    result: Result | None


class ShownNote(NamedTuple):
    """An internal note that the account reads (desk/notes.py)."""

    author_name: str
    desk_name: str
    at: datetime
    text: str


class PageContext(NamedTuple):
    """`holder`: who of the desk has taken it, oneself included. `more`: there are more applications than `others` has."""

    colleagues: tuple[Colleague, ...] = ()
    holder: Taker | None = None
    open_by: tuple[str, ...] = ()
    others: tuple[OtherApplication, ...] = ()
    more: bool = False
    notes: tuple[ShownNote, ...] = ()
    same: tuple[Same, ...] = ()


def page_context(
    application: Application, actor: Account, submitted: Mapping[str, Any] = MappingProxyType({})
) -> PageContext:
    """Return what stands beside an application for this account, which may see it. `submitted`: the fields of its last submission."""
    return send_page_context(application, actor, submitted)()


def send_page_context(
    application: Application, actor: Account, submitted: Mapping[str, Any]
) -> Callable[[], PageContext]:
    """Ask for it within `read_together()`; the returned function returns it after the block."""
    shape = ActorShape.of(actor)
    rows = _statement(shape).send(
        {
            **shape.bind_values(actor),
            "application_id": application.id,
            "applicant_id": application.applicant_id,
            "since": now() - COUNTS_FOR,
            **compared_values(application, submitted),
        }
    )
    return lambda: _context_of(rows(), actor, bool(submitted))


def _context_of(rows: Sequence[Any], actor: Account, was_submitted: bool) -> PageContext:
    people = [row for row in rows if row[0] == PERSON]
    others = [
        OtherApplication(number, period, State(state), Result(result) if result else None)
        for kind, _, period, number, state, result in rows
        if kind == APPLICATION
    ]
    return PageContext(
        tuple(Colleague(key, name) for _, key, name, *_ in people if key != actor.id),
        next((Taker(key, name) for _, key, name, taken, *_ in people if taken), None),
        tuple(name for _, key, name, _, is_open, _ in people if is_open and key != actor.id),
        tuple(others[:MOST_SHOWN]),
        len(others) > MOST_SHOWN,
        tuple(
            ShownNote(author, desk, datetime.fromisoformat(at).replace(tzinfo=UTC), _opened(text))
            for kind, _, author, desk, at, text in rows
            if kind == NOTE
        ),
        tuple(same_of((key, file_id, number) for kind, file_id, key, number, *_ in rows if kind == SAME))
        if was_submitted
        else (),
    )


def _opened(text: str) -> str:
    """Return the text of a note. The union has the type of its first part, so the text comes as it is stored: encrypted."""
    stored: Any = table_of(InternalNote).c.text.type
    return str(stored.process_result_value(text, db.engine.dialect))


@cache
def _statement(actor: ActorShape) -> CompiledStatement:
    return CompiledStatement(lambda: _query(actor))


def _query(actor: ActorShape) -> CompoundSelect[Any]:
    parts = [_others(actor), _notes(actor), *same_queries(actor)]
    if actor.has_enterprise or actor.has_office:
        parts.insert(0, _people(actor))
    first, *others = [select(part.subquery()) for part in parts]
    return first.union_all(*others)


def _people(actor: ActorShape) -> Select[Any]:
    """Return the colleagues of the desk with whether they have taken the application and have it open."""
    desk, application_id = desk_of(actor), bindparam("application_id", type_=Integer)
    taken = and_(
        Assignment.account_id == Account.id,
        Assignment.application_id == application_id,
        at_desk(Assignment, desk),
    )
    is_open = and_(
        OpenPage.account_id == Account.id,
        OpenPage.application_id == application_id,
        OpenPage.seen_at > bindparam("since", type_=Instant()),
    )
    return (
        select(
            text_column(PERSON).label("kind"),
            Account.id.label("id"),
            Account.name.label("name"),
            case((Assignment.id.is_not(None), text_column(TAKEN)), else_=text_column("")).label("first"),
            case((OpenPage.account_id.is_not(None), text_column(OPEN)), else_=text_column("")).label(
                "second"
            ),
            text_column("").label("third"),
        )
        .select_from(Account)
        .outerjoin(Assignment, taken)
        .outerjoin(OpenPage, is_open)
        .where(colleagues(actor))
        .order_by(Account.name, Account.id)
        .limit(constant(MOST_COLLEAGUES))
    )


def _others(actor: ActorShape) -> Select[Any]:
    """Return the person's other applications, the newest first."""
    period = select(Period.name).where(Period.id == Application.period_id).scalar_subquery()
    return (
        select(
            text_column(APPLICATION).label("kind"),
            Application.id.label("id"),
            period.label("name"),
            Application.number.label("first"),
            as_stored(Application.state).label("second"),
            as_stored(Application.result).label("third"),
        )
        .where(
            Application.applicant_id == bindparam("applicant_id", type_=Integer),
            Application.id != bindparam("application_id", type_=Integer),
            scope.visible(actor),
        )
        .order_by(Application.id.desc())
        .limit(constant(MOST_SHOWN + 1))
    )


def _notes(actor: ActorShape) -> Select[Any]:
    """Return the notes in the columns of the other parts, the time as a text."""
    found = notes_query(actor).subquery()
    return select(
        text_column(NOTE).label("kind"),
        found.c.id,
        found.c.author_name.label("name"),
        found.c.desk_name.label("first"),
        cast(as_stored(found.c.at), String).label("second"),
        found.c.text.label("third"),
    )
