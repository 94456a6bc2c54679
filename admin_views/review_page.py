"""What a reviewer reads of one application: the last submission, beside the one before where they differ."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from sqlalchemy import select

from admin_views.frame import said
from models import Account, Action, Application, Review, db
from workflow import form, scope
from workflow.people import masked
from workflow.reasons import REASON_LIMIT
from workflow.transitions import WITH_THE_APPLICANT
from workflow.words import N_

PHRASES = {
    Action.RETURN: (
        N_("附件不清晰，请重新上传。"),
        N_("附件未签字或未加盖单位公章。"),
        N_("所填信息与佐证材料不一致。"),
        N_("劳动合同不完整，请上传全部页。"),
        N_("社保缴纳证明与所填时间不一致。"),
        N_("学习工作经历不完整。"),
    ),
    Action.REFUSE: (
        N_("不属于战略性新兴产业引进人才。"),
        N_("不符合申报条件。"),
        N_("提供的材料不真实。"),
    ),
}
"""Reasons often given, to choose from (SCREENS.md)."""


def too_long() -> str:
    """Return what stands beside a reason that is too long."""
    return gettext("原因最多 %(most)d 个字。", most=REASON_LIMIT)


@dataclass(frozen=True)
class PageSection:
    """One section of the form as read by a reviewer."""

    section: form.Section
    facts: list[dict[str, Any]]
    experiences: list[dict[str, str]]


def submissions(application: Application, most: int = 2) -> list[dict[str, Any]]:
    """Return what the person wrote at the last submissions, newest first."""
    return [
        snapshot
        for snapshot in db.session.scalars(
            select(Review.snapshot)
            .where(Review.application_id == application.id, Review.action == Action.SUBMIT)
            .order_by(Review.sequence.desc())
            .limit(most)
        )
        if snapshot
    ]


def sections(application: Application, actor: Account) -> list[PageSection]:
    """Return the sections with their fields; empty for an application that was never submitted."""
    rounds = submissions(application)
    if not rounds:
        return []
    return _sections(application, rounds[0], _comparable(rounds), _notes(application, actor))


def unsent(application: Application) -> list[PageSection]:
    """Return the sections as they would be submitted now, for the person's own last look."""
    return _sections(application, form.snapshot(application), None, {})


def _sections(
    application: Application, newest: dict[str, Any], before: dict[str, Any] | None, notes: dict[str, str]
) -> list[PageSection]:
    found = []
    for section in form.of(application).sections:
        facts = [_fact(shown, notes) for shown in form.shown(section, newest, before)]
        rows = newest["experiences"] if section.key == "experience" else []
        if facts or rows:
            found.append(PageSection(section, facts, rows))
    return found


def _comparable(rounds: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the submission before the last; none when that went to another employer, whose it is."""
    if len(rounds) < 2 or rounds[0]["fields"]["enterprise_id"] != rounds[1]["fields"]["enterprise_id"]:
        return None
    return rounds[1]


def _fact(shown: form.Shown, notes: dict[str, str]) -> dict[str, Any]:
    asked = shown.asked
    hide = masked if asked.secret else said
    return {
        "key": asked.key,
        "label": said(asked.label),
        "value": hide(shown.text),
        "before": hide(shown.before) if shown.before is not None else None,
        "note": notes.get(asked.key),
        "agreed": said(asked.help) if asked.kind is form.Kind.PROMISE else "",
        "secret": asked.secret and bool(shown.text),
    }


def _notes(application: Application, actor: Account) -> dict[str, str]:
    """Return what the system noticed about a field and a reviewer should look at."""
    found: dict[str, str] = {}
    if application.bank_digest and application.state not in WITH_THE_APPLICANT:
        other = db.session.execute(
            select(Application.number, scope.visible(actor))
            .where(
                Application.bank_digest == application.bank_digest,
                Application.applicant_id != application.applicant_id,
                ~scope.IS_WITH_THE_APPLICANT,
            )
            .limit(1)
        ).first()
        if other is not None:
            found["bank_account"] = (
                gettext("与 %(number)s 相同", number=other[0]) if other[1] else gettext("与另一人的申请相同")
            )
    return found
