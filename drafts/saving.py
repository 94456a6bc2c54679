"""Keeps what somebody types beside their application (A20). A draft never becomes part of it: only 「保存」 writes there.

One row for each person and browser, encrypted, bounded in size, read by its owner alone. Of a field that was typed in two
windows of one browser, the newest is kept; of 学习工作经历, the rows of both.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, NamedTuple

from sqlalchemy import Integer, bindparam, delete, or_, select

from accounts import logins
from common.errors import NotPermitted, NotVisible
from drafts.merging import ROWS, Fields, Row, Typed, both, digest
from models import Account, Application, ApplicationDraft, db, exclusive, now
from models.object_statements import ObjectStatement
from models.secrets import vault
from workflow import review, scope
from workflow.transitions import STATES_WITH_APPLICANT, is_editable

LIFETIME = timedelta(days=30)
MOST_DRAFTS = 6
"""Browsers of one person whose drafts are kept; the one that was used longest ago is dropped."""
MOST_CHARACTERS = 2_000
"""Of one field: five times the longest answer that an administrator can allow."""
MOST_ROWS = 50
MOST_FIELDS = 200
MOST_BYTES = 64 * 1024
"""Of one request."""

Entry = dict[str, Any]
"""A field of a draft: the newest `value`, its `tab`, `sequence` and `base` as in Typing, the time `at`, and `beside`: of
学习工作经历, the rows that other pages of this browser typed, by page."""


class DraftTooLarge(Exception):
    """What was typed is larger than any form can be."""


class Typing(NamedTuple):
    """What was typed on one page since its last request: the fields that changed, and the digests that they began with.

    `tab` names the page, `sequence` grows with each request of it: a request that was overtaken changes nothing. `restored` and
    `restored_at` as in SavedPage.
    """

    tab: str
    sequence: int
    fields: Mapping[str, Typed]
    base: Mapping[str, str]
    restored: int | None = None
    restored_at: datetime | None = None


class Unsaved(NamedTuple):
    """A draft as its owner is offered it: the fields that differ from what is saved."""

    id: int
    here: bool
    """Whether it was typed at this browser."""
    updated_at: datetime
    fields: Mapping[str, Typed]
    base: Mapping[str, str]


class SavedPage(NamedTuple):
    """The page from which 「保存」 came: `restored` is the draft with which it was filled, `restored_at` its time then."""

    device: str
    tab: str
    restored: int | None = None
    restored_at: datetime | None = None

    def covers(self, draft: ApplicationDraft, entry: Entry) -> bool:
        """Say whether this field of a draft was on the page that has been saved."""
        if entry["tab"] == self.tab:
            return True
        if draft.id != self.restored or self.restored_at is None:
            return False
        return datetime.fromisoformat(entry["at"]) <= self.restored_at


def key_at_browser(account: Account) -> str:
    """Return the key by which a browser encrypts what it could not send. Only the pages of this person know it."""
    return vault.digest(f"draft at a browser:{account.id}")


def keep(actor: Account, application_id: int | None, device: str, typing: Typing) -> datetime:
    """Add what was typed to the draft of this browser. Returns the time that is shown to its owner.

    `application_id` is None before the application is begun. Raises DraftTooLarge, NotVisible, and NotPermitted for an
    application that cannot be changed any more.
    """
    check_size(typing.fields)
    with exclusive():
        logins.lock_account(actor)
        _require_editable(actor, application_id)
        draft = _of_browser(actor.id, application_id, device)
        fields = _entries(draft)
        page = SavedPage(device, typing.tab, typing.restored, typing.restored_at)
        at = now()
        for key, value in typing.fields.items():
            before = fields.get(key)
            if before and before["tab"] == typing.tab and before["sequence"] > typing.sequence:
                continue
            beside = _rows_beside(page, draft, before) if draft and before and key == ROWS else {}
            if typing.base.get(key) == digest(value) and not beside:
                fields.pop(key, None)
                continue
            fields[key] = {
                "value": value,
                "base": typing.base.get(key, ""),
                "tab": typing.tab,
                "sequence": typing.sequence,
                "at": at.isoformat(),
                "beside": beside,
            }
        if len(fields) > MOST_FIELDS:
            raise DraftTooLarge
        _write(draft, actor.id, application_id, device, fields, at)
        return at


def _entries(draft: ApplicationDraft | None) -> dict[str, Entry]:
    """Return the fields of a draft. Some were stored before there was `beside`."""
    return {key: {"beside": {}, **entry} for key, entry in draft.fields.items()} if draft else {}


def _rows_beside(page: SavedPage, draft: ApplicationDraft, entry: Entry) -> dict[str, list[Row]]:
    """Return the rows that other pages of this browser typed, by page: a row is added, and not typed over as a text is.

    A page that was filled with the draft has them among its own.
    """
    if entry["tab"] == page.tab:
        same: dict[str, list[Row]] = entry["beside"]
        return same
    if page.covers(draft, entry):
        return {}
    pages = {**entry["beside"], entry["tab"]: entry["value"]}
    return {tab: rows for tab, rows in pages.items() if tab != page.tab}


def _value(entry: Entry) -> Typed:
    """Return what a field of a draft holds: of 学习工作经历, the rows of all pages of this browser, each once."""
    value: Typed = reduce(both, (*entry["beside"].values(), entry["value"]))
    return value if isinstance(value, str) else value[:MOST_ROWS]


def check_size(fields: Fields) -> None:
    """Raise DraftTooLarge for what is larger than any form can be."""
    for value in fields.values():
        rows = [{"": value}] if isinstance(value, str) else value
        if len(rows) > MOST_ROWS or any(len(text) > MOST_CHARACTERS for row in rows for text in row.values()):
            raise DraftTooLarge


def _require_editable(actor: Account, application_id: int | None) -> None:
    if application_id is None:
        if review.open_application(actor) is not None:
            raise NotPermitted
        return
    own = select(Application.state).where(Application.id == application_id, scope.visible(actor))
    state = db.session.scalar(own)
    if state is None:
        raise NotVisible
    if not is_editable(state):
        raise NotPermitted


def _of_browser(account_id: int, application_id: int | None, device: str) -> ApplicationDraft | None:
    query = select(ApplicationDraft).where(
        ApplicationDraft.account_id == account_id,
        ApplicationDraft.application_id.is_(None)
        if application_id is None
        else ApplicationDraft.application_id == application_id,
        ApplicationDraft.device == device,
    )
    return db.session.scalars(query.limit(1)).first()


def _write(
    draft: ApplicationDraft | None,
    account_id: int,
    application_id: int | None,
    device: str,
    fields: dict[str, Any],
    at: datetime,
) -> None:
    if draft is not None and not fields:
        db.session.delete(draft)
    elif draft is not None:
        draft.fields, draft.updated_at = fields, at
    elif fields:
        new = ApplicationDraft(
            account_id=account_id, application_id=application_id, device=device, fields=fields
        )
        new.updated_at = at
        db.session.add(new)
        db.session.flush()
        of_person = (
            select(ApplicationDraft.id)
            .where(ApplicationDraft.account_id == account_id)
            .order_by(ApplicationDraft.updated_at.desc())
        )
        db.session.execute(
            delete(ApplicationDraft).where(
                ApplicationDraft.id.in_(db.session.scalars(of_person.offset(MOST_DRAFTS)).all())
            )
        )


_OF_FORM = ObjectStatement(
    lambda: select(ApplicationDraft).where(
        ApplicationDraft.account_id == bindparam("account_id", type_=Integer),
        or_(
            ApplicationDraft.application_id.is_(None),
            ApplicationDraft.application_id == bindparam("application_id", type_=Integer),
        ),
    )
)


def unsaved(actor: Account, application_id: int | None, device: str, saved: Fields) -> list[Unsaved]:
    """Return the person's drafts for the form on which `saved` is shown, this browser's first, then the newest.

    One that was begun before the application existed belongs to the one under way. Fields that are saved by now, or that the
    form does not have, are left out.
    """
    rows = _OF_FORM.objects({"account_id": actor.id, "application_id": application_id})
    found = []
    for row in rows:
        typed = {key: _value(entry) for key, entry in _entries(row).items() if key in saved}
        values = {key: value for key, value in typed.items() if value != saved[key]}
        if values:
            base = {key: row.fields[key]["base"] for key in values}
            found.append(Unsaved(row.id, row.device == device, row.updated_at, values, base))
    return sorted(found, key=lambda one: (one.here, one.updated_at), reverse=True)


def discard(actor: Account, draft_id: int) -> None:
    """Delete one of the person's own drafts. Does nothing when it is not there any more, or somebody else's."""
    with exclusive():
        db.session.execute(
            delete(ApplicationDraft).where(
                ApplicationDraft.id == draft_id, ApplicationDraft.account_id == actor.id
            )
        )


class SaveResult(NamedTuple):
    """What 「保存」 has done with the fields of a page: `saved` as they are stored now; `refused` as they were typed, with the digests
    of what is stored in their place."""

    saved: Fields
    refused: Fields
    base: Mapping[str, str]


def settle_begun(actor: Account, application: Application, page: SavedPage, result: SaveResult) -> None:
    """Settle after the first 「保存」, which begins the application."""
    with exclusive():
        settle(actor.id, application.id, page, result)


def settle(account_id: int, application_id: int, page: SavedPage, result: SaveResult) -> None:
    """After 「保存」: remove what the page had from the drafts; keep what another window or device has typed meanwhile.

    Fields that were refused stay in the draft of this browser. Call within the transaction that saves.
    """
    drafts = _OF_FORM.objects({"account_id": account_id, "application_id": application_id})
    at = now()
    for draft in drafts:
        before = _entries(draft)
        left = {
            key: rest
            for key, entry in before.items()
            if (rest := _left_after(page, draft, entry, result.saved.get(key))) is not None
        }
        if left != before:
            _write(draft, account_id, draft.application_id, draft.device, left, draft.updated_at)
    if result.refused:
        own = _of_browser(account_id, application_id, page.device)
        before = _entries(own)
        entries = {
            key: {
                "value": value,
                "base": result.base.get(key, ""),
                "tab": page.tab,
                "sequence": 0,
                "at": at.isoformat(),
                "beside": before[key]["beside"] if key in before else {},
            }
            for key, value in result.refused.items()
        }
        _write(own, account_id, application_id, page.device, before | entries, at)


def _left_after(page: SavedPage, draft: ApplicationDraft, entry: Entry, saved: Typed | None) -> Entry | None:
    """Return what is left of a field of a draft after a page was saved; None for nothing.

    `saved`: the value that the page saved; None if it was refused. When the newest rows were saved, `saved` and the rows of another
    page take their place.
    """
    others = {tab: rows for tab, rows in entry["beside"].items() if tab != page.tab}
    left = {**entry, "beside": others}
    if page.covers(draft, entry):
        if entry["tab"] != page.tab or not others:
            return None
        if saved is not None:
            tab, rows = others.popitem()
            left |= {"tab": tab, "sequence": 0, "value": both(saved, rows), "base": digest(saved)}
    return left if _value(left) != saved else None


def delete_expired() -> None:
    """Delete drafts that nobody has touched for LIFETIME, and those of applications that cannot be changed any more."""
    closed = select(Application.id).where(
        Application.id == ApplicationDraft.application_id, Application.state.not_in(STATES_WITH_APPLICANT)
    )
    with exclusive():
        db.session.execute(
            delete(ApplicationDraft)
            .where(or_(ApplicationDraft.updated_at < now() - LIFETIME, closed.exists()))
            .execution_options(synchronize_session=False)
        )
