"""What the applicant has typed and not saved: kept while it is typed, offered when the page is opened again, and compared
field by field with what another window or device has saved (A20). drafts/ has the rules."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from flask import redirect, request
from flask_babel import gettext
from flask_login import current_user

from accounts import devices
from admin_views.personal.saved_form import SavedForm
from admin_views.personal.typed_fields import CELLS, form_with, label, readable, typed_fields
from admin_views.site import rate_limits
from admin_views.site.base import expose
from admin_views.site.login_session import sent_device
from admin_views.site.typed import row_number
from admin_views.site.wording import stamp
from common.calendar import local_date, today
from common.characters import cleaned
from common.errors import NotPermitted
from drafts import merging, saving
from drafts.merging import ROWS, FieldChange, Fields, Typed
from models import Application
from workflow import review
from workflow.form import versions as description

LIMIT = "120 per minute"
"""Of draft requests of one person. A page sends one at most every two seconds while somebody types."""
LONGEST_KEY = 60
MOST_NAMED = 4
"""Labels that are named of a draft before it is opened."""


class DraftRoutes:
    """The routes of the applicant's view for drafts, and what its form page shows of them."""

    exposed_routes: tuple[str, ...] = ("keep_draft", "saved_version", "discard_draft")
    sent_by_page = ("saved_version",)
    get_one: Callable[[Any], Any]
    get_url: Any
    render: Any
    _form_page: Callable[..., Any]

    @expose("/<number>/draft/", methods=("POST",))
    @expose("/draft/", methods=("POST",))
    def keep_draft(self, number: str | None = None) -> Any:
        """Keep the fields that a page has sent while they are typed. Answers JSON, with the version that is saved now."""
        found = self.get_one(number) if number else None
        version = description.form_of(found) if found else description.published()
        too_large = {"failed": gettext("填写的内容太长，草稿没有存上，请缩短后再试。")}, 413
        if (request.content_length or 0) > saving.MOST_BYTES:
            return too_large
        try:
            typing = _typing(_read_json(request.get_data()) if request.is_json else None, version)
            if typing is None:
                return {"failed": gettext("草稿没有存上。")}, 400
            rate_limits.of_this_site().count(LIMIT, f"draft:{current_user.id}")
            at = saving.keep(current_user, found.id if found else None, this_device(), typing)
        except saving.DraftTooLarge:
            return too_large
        except NotPermitted:
            return self._elsewhere(found), 409
        return self._elsewhere(found) | {"at": stamp(at)[-5:]}

    @expose("/<number>/draft/")
    @expose("/draft/")
    def saved_version(self, number: str | None = None) -> Any:
        """Say which version is saved now, for pages that have been open for a while."""
        return self._elsewhere(self.get_one(number) if number else review.open_application(current_user))

    def _elsewhere(self, found: Application | None) -> dict[str, Any]:
        found = found or review.open_application(current_user)
        return {
            "version": found.version if found else 0,
            "compare": self.get_url(".application", number=found.number) if found else "",
        }

    @expose("/draft/discard/", methods=("POST",))
    def discard_draft(self) -> Any:
        """Discard a draft, and lead back to the form."""
        draft_id = row_number(request.form.get("draft"))
        if draft_id is not None:
            saving.discard(current_user, draft_id)
        return redirect(self.get_url(".index_view"))

    # Opening the form

    def opened_form(self, found: Application | None) -> Any:
        """Return the page of the form as it is saved, with the drafts there are; with `?draft=` filled with one of them."""
        version = description.form_of(found) if found else description.published()
        form = SavedForm(found, current_user, version)
        saved = typed_fields(form)
        drafts = saving.unsaved(current_user, found.id if found else None, this_device(), saved)
        wanted = row_number(request.args.get("draft"))
        chosen = next((one for one in drafts if one.id == wanted), None)
        if chosen is None:
            return self._form_page(found, form, offered=[_offer(one, version) for one in drafts])
        mine: dict[str, Typed] = {**saved, **chosen.fields}
        changed = merging.changes({**merging.digests(saved), **chosen.base}, mine, saved)
        filled = form_with(version, merging.merged(mine, changed, {}), found.version if found else 0)
        return self._form_page(
            found,
            filled,
            dirty=True,
            restored=f"{chosen.id} {chosen.updated_at.isoformat()}",
            opened_draft=_offer(chosen, version)
            | {"sections": {_section(key, version) for key in chosen.fields}},
            changed=shown_changes(changed, version),
        )

    def present_base(self, found: Application | None) -> dict[str, str]:
        """Return the digests of what is saved now, for a page that stays open."""
        return {"base": _digests_of(saved_fields(found))}

    def draft_values(self, found: Application | None, saved: Fields) -> dict[str, Any]:
        """Return what the form carries for its drafts: the digests it began with, its own name, and the key for its browser.

        `saved`: the fields as they are saved.
        """
        number = found.number if found else None
        return {
            "base": _digests_of(saved),
            "tab": request.form.get("tab") or uuid4().hex[:12],
            "restored": request.form.get("restored", ""),
            "draft_key": saving.key_at_browser(current_user),
            "draft_url": self.get_url(".keep_draft", number=number)
            if number
            else self.get_url(".keep_draft"),
        }

    # Another window or device

    def compared(
        self,
        found: Application,
        form: Any,
        sentence: str = "",
        *,
        unresolved: Sequence[str] = (),
    ) -> Any:
        """Answer a page that is older than what is saved: what was changed elsewhere, field by field, to choose from.

        `unresolved` are fields for which no choice has been made yet.
        """
        version = description.form_of(found)
        saved, mine = saved_fields(found), typed_fields(form)
        changed = changed_elsewhere(mine, saved)
        changed += [
            FieldChange(key, mine[key], saved[key], asked=True)
            for key in unresolved
            if mine[key] != saved[key]
        ]
        status = 422 if unresolved else 409
        if unresolved:
            sentence = gettext("请逐项选择保留哪一份，再点“保存”。")
        sentence = sentence or gettext("此申请在另一窗口保存过，请核对不同的内容后再点“保存”。")
        shown = shown_changes(changed, version)
        if request.accept_mimetypes.best == "application/json":
            if request.form.get("do") == "compare" and not unresolved:
                status = 200  # what was asked for, and no failure
            return {
                "failed": sentence,
                "version": form.version.data,
                "errors": {},
                "compare": self.get_url(".application", number=found.number),
                "changed": self.render("personal/changed.html", changed=shown),
            }, status
        filled = form_with(version, merging.merged(mine, changed, {}), found.version)
        return self._form_page(found, filled, status=status, failed=sentence, dirty=True, changed=shown)


def saved_fields(found: Application | None) -> Fields:
    """Return each field of the page as it is saved now; before the first 「保存」 what the account holds."""
    version = description.form_of(found) if found else description.published()
    return typed_fields(SavedForm(found, current_user, version))


def changed_elsewhere(mine: Fields, saved: Fields) -> list[FieldChange]:
    """Return what was saved since the page was opened and differs from what the page holds."""
    return merging.changes(_sent_digests(), mine, saved)


def _digests_of(saved: Fields) -> str:
    return json.dumps(merging.digests(saved), separators=(",", ":"))


def this_device() -> str:
    """Return the browser under which drafts are kept."""
    return devices.draft_device(sent_device())


def _typing(sent: Any, version: description.Form) -> saving.Typing | None:
    """Return what a page's script has sent, normalised as the form would; None for anything else. Raises DraftTooLarge."""
    if not isinstance(sent, dict):
        return None
    fields, base, sequence = sent.get("fields"), sent.get("base"), sent.get("sequence")
    if not isinstance(fields, dict) or not isinstance(base, dict) or type(sequence) is not int:
        return None
    known = {key for key, one in version.fields.items() if not one.fixed} | {ROWS}
    typed = {key: value for key, value in fields.items() if key in known and _is_typed(key, value)}
    saving.check_size(typed)
    normal = typed_fields(form_with(version, typed))
    digests = {key: text for key, text in base.items() if key in typed and merging.is_digest(text)}
    tab = cleaned(str(sent.get("tab", "")))[:LONGEST_KEY]
    restored, at = _restored(sent.get("restored"))
    return saving.Typing(tab, sequence, {key: normal[key] for key in typed}, digests, restored, at)


def _is_typed(key: str, value: Any) -> bool:
    if key != ROWS:
        return isinstance(value, str)
    return isinstance(value, list) and all(
        isinstance(row, dict)
        and row.keys() <= set(CELLS)
        and all(isinstance(text, str) for text in row.values())
        for row in value
    )


def _sent_digests() -> Mapping[str, str]:
    """Return the digests that the page carried of what it began with."""
    sent = _read_json(request.form.get("base", "{}"))
    return sent if isinstance(sent, dict) else {}


def _read_json(text: str | bytes) -> Any:
    """Return what a text of JSON says; None for what is none, and for more levels than Python reads."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def sent_choices(form: Any, saved: Fields) -> tuple[dict[str, Typed], list[str]]:
    """Return the page's fields with the choices between two windows applied, and the keys without a choice."""
    mine = typed_fields(form)
    asked = [key for key in request.form.get("asked", "").split(",") if key in mine]
    for_all = request.form.get("choose-all", "")
    chosen = {key: for_all or request.form.get(f"choose-{key}", "") for key in asked}
    found = [FieldChange(key, mine[key], saved[key], asked=True) for key in asked]
    unresolved = [key for key in asked if chosen[key] not in merging.CHOICES and mine[key] != saved[key]]
    return merging.merged(mine, found, chosen), unresolved


def sent_page() -> saving.SavedPage:
    """Return which page 「保存」 was pressed on."""
    return saving.SavedPage(
        this_device(), request.form.get("tab", ""), *_restored(request.form.get("restored"))
    )


def _restored(text: Any) -> tuple[int | None, datetime | None]:
    """Return the draft with which a page was filled, and its time then."""
    number, _, instant = text.partition(" ") if isinstance(text, str) else ("", "", "")
    try:
        at = datetime.fromisoformat(instant)
    except ValueError:
        at = None
    return row_number(number), at if at is not None and at.tzinfo is not None else None


def save_result(form: Any, stored: Fields | None) -> saving.SaveResult:
    """Return what 「保存」 does with the fields of the page. `stored` is what is saved before, None for nothing."""
    fields = typed_fields(form)
    wrong = {key for key, field in form.described_fields() if field.errors}
    if any(entry.form.errors for entry in form.experiences):
        wrong.add(ROWS)
    base = {key: merging.digest(value) for key, value in (stored or {}).items()}
    return saving.SaveResult(
        {key: value for key, value in fields.items() if key not in wrong},
        {key: value for key, value in fields.items() if key in wrong},
        base,
    )


def shown_changes(changed: Sequence[FieldChange], version: description.Form) -> list[dict[str, Any]]:
    """Return changes as the page shows them: label, both texts, and whether to choose."""
    return [
        {
            "key": one.key,
            "label": label(version, one.key),
            "mine": readable(version, one.key, one.mine),
            "theirs": readable(version, one.key, one.theirs),
            "asked": one.asked,
            "rows": one.key == ROWS,
        }
        for one in changed
    ]


def _offer(one: saving.Unsaved, version: description.Form) -> dict[str, Any]:
    labels = [label(version, key) for key in one.fields]
    named = gettext("、").join(labels[:MOST_NAMED])
    if len(labels) > MOST_NAMED:
        named = gettext("%(fields)s 等 %(count)s 项", fields=named, count=len(labels))
    return {"id": one.id, "here": one.here, "when": _when(one.updated_at), "fields": named}


def _section(key: str, version: description.Form) -> str:
    return "experience" if key == ROWS else version.section_of[key]


def _when(instant: datetime) -> str:
    """Return the time of an instant of today, else its day and time."""
    return stamp(instant)[-5:] if local_date(instant) == today() else stamp(instant)
