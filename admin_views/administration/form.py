"""申请表: its fields and statements. Changes go into a draft, which is previewed and published; a published version never changes (D2)."""

from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user

from admin_views.administration.base import MOST_SHOWN, Administration, respond_to_refusal
from admin_views.administration.field_forms import ChoiceFieldForm, FieldForm, form_for_field
from admin_views.administration.form_columns import VERSION_COLUMNS, VersionRow
from admin_views.administration.form_words import (
    difference_rows,
    kinds_of_section,
    own_english,
    section_listings,
    untranslated_labels,
)
from admin_views.personal.form import form_class
from admin_views.personal.page_parts import section_context
from admin_views.site.base import ScopedView, confirmed, expose
from admin_views.site.exporting import ListExport, ListSheet
from admin_views.site.lists import DataTable
from admin_views.site.trail import change_text, changes_of
from admin_views.site.wording import translated
from administration import form_draft, form_rules
from administration.form_draft import Draft
from administration.form_rules import KIND_WORDS, STATEMENTS
from administration.tables import TABLES
from common.errors import ActionRefused, ChangedMeanwhile, ConfirmationRequired, NotVisible, Unacceptable
from common.identity import CITIZEN
from common.wording import N_
from models import Account, FormVersion, Role, db
from workflow.form import versions as description
from workflow.form.fields import Field, Kind

TITLE = N_("申请表")


class FormVersions(Administration, ScopedView):
    """The sections of the form, the draft of its next version, and all former versions."""

    exposed_routes = ("index_view", "field", "new", "preview", "publishing", "discard", "versions", "version")
    exports = {"versions": "exported_versions"}
    lookup_column = "number"

    def criterion(self) -> Any:
        return TABLES[FormVersion].criterion(current_user)

    @expose("/")
    def index_view(self) -> str:
        draft = form_draft.current_draft()
        return self.render(
            "administration/form.html",
            title=gettext(TITLE),
            draft=draft,
            newest=self._row(draft.published.number),
            sections=section_listings(draft.form, draft.published, published=False),
            adding={section.key: kinds_of_section(section.key) for section in draft.form.everything},
            statements=STATEMENTS,
        )

    # One field

    @expose("/fields/<field>/", methods=("GET", "POST"))
    def field(self, field: str) -> Any:
        """Change one field in the draft."""
        draft = form_draft.current_draft()
        one = draft.form.known.get(field)
        if one is None:
            abort(HTTPStatus.NOT_FOUND)
        return self._save_field(draft, draft.form.section_of[field], one)

    @expose("/sections/<section>/new/", methods=("GET", "POST"))
    def new(self, section: str) -> Any:
        """Add a field at the end of a section, or a statement."""
        kinds = form_rules.kinds_of(section)
        if not kinds:
            abort(HTTPStatus.NOT_FOUND)
        asked = request.args.get("kind", "")
        kind = next((each for each in kinds if each.value == asked), kinds[0])
        one = Field("", "", kind, further=True, wide=kind is Kind.PROMISE)
        return self._save_field(form_draft.current_draft(), section, one)

    def _save_field(self, draft: Draft, section: str, one: Field) -> Any:
        field_form = form_for_field(one)
        if request.method != "POST":
            field_form.show(one)
            return self._form_page(draft, section, one, field_form)
        if request.form.get("do") == "more" and isinstance(field_form, ChoiceFieldForm):
            field_form.more()
            return self._form_page(draft, section, one, field_form, typed=True)
        if not field_form.validate():
            return self._form_page(draft, section, one, field_form)
        typed = field_form.described(one)
        for name, sentence in form_rules.faults(typed, draft.form):
            _add_error(field_form, name, translated(sentence.text, sentence.words))
        if _errors(field_form):
            return self._form_page(draft, section, one, field_form)
        try:
            saved = form_draft.save_field(section, typed, current_user, seen=request.form.get("seen", ""))
        except Unacceptable as refusal:
            _add_error(field_form, refusal.field, translated(refusal.sentence.text, refusal.sentence.words))
            return self._form_page(draft, section, one, field_form)
        except ChangedMeanwhile:
            now = form_draft.current_draft()
            return self._form_page(now, section, now.form.known.get(one.key, one), field_form, meanwhile=True)
        except ActionRefused as refusal:
            return respond_to_refusal(refusal)
        flash(
            gettext("已保存到草稿：%(name)s。发布后，新开始的申请才会用到。", name=translated(saved.label)),
            "success",
        )
        return redirect(f"{self.get_url('.index_view')}#section-{section}")

    def _form_page(
        self,
        draft: Draft,
        section: str,
        one: Field,
        field_form: FieldForm,
        *,
        meanwhile: bool = False,
        typed: bool = False,
    ) -> Any:
        wrong = _errors(field_form)
        seen = request.form.get("seen") if request.method == "POST" and not meanwhile else None
        content = self.render(
            "administration/form_field.html",
            title=gettext(TITLE),
            section=next(each for each in draft.form.everything if each.key == section),
            one=one,
            kind=KIND_WORDS[one.kind],
            kinds=kinds_of_section(section) if not one.key else [],
            form=field_form,
            wrong=wrong,
            typed=typed,
            meanwhile=meanwhile,
            own_english=own_english(one),
            seen=form_draft.fingerprint(one if one.key else None) if seen is None else seen,
            differences=difference_rows([each for each in draft.differences if each.one.key == one.key]),
        )
        if meanwhile:
            return content, HTTPStatus.CONFLICT
        return content, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK

    # Preview and versions

    @expose("/preview/")
    def preview(self) -> str:
        """Show the draft as an applicant will see it; `version` shows that version."""
        asked = request.args.get("version", "")
        version = form_draft.current_draft().form
        if asked.isdecimal():
            row = self.get_one(asked)
            version = description.from_json(row.number, row.content)
        holder = Account(
            name=gettext("示例"), paper=CITIZEN, identity_number="150602199001010000", role=Role.APPLICANT
        )
        return self.render(
            "administration/form_preview.html",
            title=gettext(TITLE),
            version=version,
            parts=section_context(form_class(version)(formdata=None), [], holder, version),
        )

    @expose("/versions/")
    def versions(self) -> str:
        """List every version, the newest first: date, author and number of differences."""
        return self.render(
            "administration/form_versions.html",
            title=gettext(TITLE),
            listing=DataTable(VERSION_COLUMNS, self._version_rows()),
        )

    def exported_versions(self) -> ListExport:
        """Return the versions for an export."""
        return ListExport(N_("申请表的版本"), [ListSheet(VERSION_COLUMNS, self._version_rows())])

    def _version_rows(self) -> list[VersionRow]:
        rows = db.session.scalars(
            self.rows()
            .where(FormVersion.published_at.is_not(None))
            .order_by(FormVersion.number.desc())
            .limit(MOST_SHOWN)
        ).all()
        forms = [description.from_json(row.number, row.content) for row in rows]
        earlier = [*forms[1:], None][: len(forms)]
        return [
            VersionRow(
                row.number,
                row.published_at,
                row.saved_by,
                len(difference_rows(form_rules.differences(before, this))) if before else 0,
                newest=row is rows[0],
            )
            for row, this, before in zip(rows, forms, earlier, strict=True)
        ]

    @expose("/versions/<key>/")
    def version(self, key: str) -> str:
        """Show one version: its fields, and its differences from the one before."""
        row = self.get_one(key)
        this = description.from_json(row.number, row.content)
        before = db.session.scalars(
            self.rows()
            .where(FormVersion.number < row.number, FormVersion.published_at.is_not(None))
            .order_by(FormVersion.number.desc())
            .limit(1)
        ).first()
        older = description.from_json(before.number, before.content) if before else None
        return self.render(
            "administration/form_version.html",
            title=gettext(TITLE),
            row=row,
            newest=row.number == description.published().number,
            sections=section_listings(this, older or this, published=True),
            differences=difference_rows(form_rules.differences(older, this)) if older else [],
            changes=changes_of(FormVersion, row.number),
            change_text=change_text,
        )

    # Publishing

    @expose("/publishing/", methods=("GET", "POST"))
    def publishing(self) -> Any:
        """Show the consequences of publishing; publish once they are confirmed."""
        if request.method != "POST":
            return self._publishing()
        try:
            row = form_draft.publish(current_user, seen=request.form.get("seen", ""), confirmed=confirmed())
        except ConfirmationRequired as question:
            return self._publishing(question=question)
        except ChangedMeanwhile:
            return self._publishing(meanwhile=True), HTTPStatus.CONFLICT
        except NotVisible:
            return redirect(self.get_url(".index_view"))
        except ActionRefused as refusal:
            return respond_to_refusal(refusal)
        flash(gettext("已发布第 %(number)s 版。", number=row.number), "success")
        return redirect(self.get_url(".index_view"))

    @expose("/discard/", methods=("POST",))
    def discard(self) -> Any:
        """Discard the draft. The page of publishing asks for confirmation."""
        try:
            form_draft.discard(current_user, seen=request.form.get("seen", ""))
        except ChangedMeanwhile:
            return self._publishing(meanwhile=True), HTTPStatus.CONFLICT
        except ActionRefused as refusal:
            return respond_to_refusal(refusal)
        flash(gettext("已放弃草稿，申请表与现行版本相同。"), "success")
        return redirect(self.get_url(".index_view"))

    def _publishing(self, *, question: ConfirmationRequired | None = None, meanwhile: bool = False) -> str:
        draft = form_draft.current_draft()
        return self.render(
            "administration/form_publishing.html",
            title=gettext(TITLE),
            draft=draft,
            differences=difference_rows(draft.differences),
            untranslated=untranslated_labels(draft.form),
            question=question,
            meanwhile=meanwhile,
        )

    def _row(self, number: int) -> FormVersion | None:
        return db.session.scalars(self.rows().where(FormVersion.number == number)).first()


def _add_error(field_form: FieldForm, place: str, sentence: str) -> None:
    """Add an error to the field of this name, else to the whole form."""
    if place == "choices" or place not in field_form:
        field_form.form_errors.append(sentence)
    else:
        field_form[place].errors = [*field_form[place].errors, sentence]


def _errors(field_form: FieldForm) -> list[tuple[str, str]]:
    """Return every error of the form as (anchor, text)."""
    found = []
    for one in field_form:
        if one.name == "choices":
            for row in one:
                found += [
                    (f"#{each.id}", " ".join(map(str, each.errors))) for each in row.form if each.errors
                ]
        elif one.errors:
            found.append((f"#{one.id}", " ".join(map(str, one.errors))))
    return found + [
        ("#choices" if "choices" in field_form else "#sheet", str(each)) for each in field_form.form_errors
    ]
