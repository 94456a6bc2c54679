"""The draft of the form's next version. All administrators share one draft, and no applicant sees it before it is published."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from sqlalchemy import select

from administration import changes, form_rules
from administration.form_rules import Difference
from common.errors import ChangedMeanwhile, NotVisible
from models import Account, FormVersion, db, now
from workflow.form import versions
from workflow.form.fields import Field
from workflow.form.versions import Form


@dataclass(frozen=True)
class Draft:
    """The published form and its next version; `row` is None while nobody has changed anything."""

    published: Form
    form: Form
    row: FormVersion | None

    @property
    def differences(self) -> list[Difference]:
        return form_rules.differences(self.published, self.form)

    @property
    def changed(self) -> int:
        """Return how many fields differ."""
        return len({each.one.key for each in self.differences})

    @property
    def fingerprint(self) -> str:
        """Return a digest of the draft. It differs once somebody has changed the draft."""
        return _digest(versions.to_json(self.form))


def current_draft() -> Draft:
    """Return the current draft; if there is none, a draft equal to the published form."""
    published = versions.published()
    row = db.session.scalars(
        select(FormVersion).where(FormVersion.published_at.is_(None), FormVersion.number > published.number)
    ).one_or_none()
    if row is None:
        return Draft(
            published, versions.Form(published.number + 1, published.everything, published.issued), None
        )
    return Draft(published, versions.from_json(row.number, row.content), row)


def fingerprint(one: Field | None) -> str:
    """Return a digest of the field's description; "" for a field that has not been added yet."""
    return "" if one is None else _digest(versions.field_to_json(one))


def save_field(section: str, one: Field, actor: Account, *, seen: str) -> Field:
    """Save a field in the draft; one without a key is added at the end of the section. Returns the field.

    `seen` is the fingerprint of the field that the person looked at: others may change other fields at the same time.
    Raises what administration.changes.change raises.
    """
    saved = one

    def edit(draft: Form) -> Form:
        nonlocal saved
        if seen != fingerprint(draft.known.get(one.key)):
            raise ChangedMeanwhile(None)
        draft, saved = _with_keys(draft, one)
        return _with_field(draft, section, saved)

    _edit(edit, actor)
    return saved


def discard(actor: Account, *, seen: str) -> None:
    """Reset the draft to the published form. Raises what administration.changes.change raises."""

    def edit(draft: Form) -> Form:
        if seen != _digest(versions.to_json(draft)):
            raise ChangedMeanwhile(None)
        return replace(versions.published(), number=draft.number, issued=draft.issued)

    _edit(edit, actor)


def publish(actor: Account, *, seen: str, confirmed: str) -> FormVersion:
    """Publish the draft: new applications use it from now on, and it cannot be changed any more. Returns the version.

    Raises NotVisible when there is nothing to publish, and what administration.changes.change raises.
    """
    draft = current_draft()
    if draft.row is None or not draft.differences:
        raise NotVisible

    def published(row: FormVersion) -> None:
        if row.published_at is not None or seen != _digest(
            versions.to_json(versions.from_json(row.number, row.content))
        ):
            raise ChangedMeanwhile(None)
        row.published_at, row.saved_by = now(), actor.name

    return changes.change(FormVersion, draft.row.number, actor, published, confirmed=confirmed)


def _edit(edit: Callable[[Form], Form], actor: Account) -> None:
    """Apply a change to the draft, and create the draft if there is none.

    When two administrators create it at the same time, the second one continues with the first one's draft.
    """
    draft = current_draft()
    if draft.row is None:
        try:
            return _create(draft, edit, actor)
        except ChangedMeanwhile:
            draft = current_draft()
            if draft.row is None:
                raise

    def apply(row: FormVersion) -> None:
        if row.published_at is not None:
            raise ChangedMeanwhile(None)
        content = versions.to_json(edit(versions.from_json(row.number, row.content)))
        if content != row.content:
            row.content, row.saved_by = content, actor.name

    changes.change(FormVersion, draft.row.number, actor, apply)
    return None


def _create(draft: Draft, edit: Callable[[Form], Form], actor: Account) -> None:
    """Create the draft. Its number is the next one, and unique: of two created at once the second raises ChangedMeanwhile."""
    content = versions.to_json(edit(draft.form))
    if content != versions.to_json(draft.form):
        changes.add(FormVersion(number=draft.form.number, content=content, saved_by=actor.name), actor)


def _with_keys(draft: Form, one: Field) -> tuple[Form, Field]:
    """Give keys to a new field and to new choices. A key's number is never used again."""
    issued = draft.issued
    if not one.key:
        issued += 1
        one = replace(one, key=f"x{issued}")
    choices = {}
    for key, label in one.choices.items():
        if key.startswith(NEW_CHOICE_PREFIX):
            issued += 1
            key = f"x{issued}"
        choices[key] = label
    return replace(draft, issued=issued), replace(one, choices=choices)


NEW_CHOICE_PREFIX = "new-"
"""The prefix of a new choice's temporary key."""


def _with_field(draft: Form, section: str, one: Field) -> Form:
    """Return the draft with the field in it. A field that was never published and is no longer used is removed."""
    dropped = one.further and not one.used and one.key not in versions.published().known
    sections = []
    for each in draft.everything:
        fields = [one if field.key == one.key else field for field in each.fields]
        if each.key == section and one.key not in draft.known:
            fields.append(one)
        if dropped:
            fields = [field for field in fields if field.key != one.key]
        sections.append(replace(each, fields=tuple(fields)))
    return replace(draft, everything=tuple(sections))


def _digest(content: object) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
