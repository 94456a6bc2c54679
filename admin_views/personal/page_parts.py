"""Parts of the applicant's pages around the form: the state of each section, the route of the application, the open returns."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext, ngettext
from flask_login import current_user
from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from accounts.actor_shape import ActorShape
from admin_views.site.page_counts import current_shape, page_counts
from admin_views.site.wording import stamp, translated
from common.errors import NoticeUnread, PeriodClosed, Problem
from common.identity import masked
from common.money import in_yuan
from common.single_objects import single_object
from documents.decision_notices import offered_notices
from models import Account, Application, Enterprise, Grant, GrantEvent, Period, Result, Review, State, db
from payments import publicity
from payments.grant_transitions import GRANT_BADGES, GRANT_STATE_WORDS
from workflow import progress, reading, routing, scope
from workflow.form.answers import answer_text
from workflow.form.fields import Field
from workflow.form.versions import Form
from workflow.transitions import RETURNED, STATE_WORDS

STAGE_STATES = {progress.Stage.DONE: "done", progress.Stage.NOW: "now", progress.Stage.TO_COME: "todo"}


def section_context(
    form: Any, problems: Sequence[Problem], holder: Application | Account, version: Form
) -> list[dict[str, Any]]:
    """Return the sections of the form with their fields and their state: 完整, or how many problems.

    `form` belongs to `version`. The fixed fields come from `holder`: the application, or the account before the first save.
    """
    found = []
    for number, section in enumerate(version.sections, 1):
        lacking = sum(problem.section == section.key for problem in problems)
        found.append(
            {
                "key": section.key,
                "title": gettext(section.title),
                "number": number,
                "fields": [(field, form[field.key]) for field in section.fields if not field.fixed],
                "fixed": [_fixed_field(field, holder) for field in section.fields if field.fixed],
                "lacking": lacking,
                "word": gettext("缺 %(count)s 项", count=lacking) if lacking else gettext("完整"),
            }
        )
    return found


def _fixed_field(field: Field, holder: Application | Account) -> dict[str, str]:
    text = translated(answer_text(field, getattr(holder, field.key)))
    return {
        "key": field.key,
        "label": translated(field.label),
        "value": masked(text) if field.secret else text,
    }


def employer_words(enterprise_id: int | None) -> dict[str, str]:
    """Return what is shown beside a chosen employer: code, region and review route (A7); empty texts for none."""
    enterprise = db.session.get(Enterprise, enterprise_id) if enterprise_id else None
    if enterprise is None:
        return {"name": "", "code": "", "region": "", "route": ""}
    return {
        "name": enterprise.name,
        "code": enterprise.credit_code,
        "region": enterprise.region.name,
        "route": " → ".join(
            [gettext("个人申请"), *(step_name(step, enterprise) for step in routing.steps(enterprise.region))]
        ),
    }


def step_name(step: State, enterprise: Enterprise | None) -> str:
    """Return the name of a review step: 东胜区初审; without an employer 旗区或园区初审."""
    if step is not State.PRELIMINARY_REVIEW:
        return translated(routing.STEP_WORDS[step])
    place = enterprise.region.name if enterprise else gettext("旗区或园区")
    return gettext("%(place)s初审", place=place)


def trail_items(application: Application, reviews: Sequence[Review]) -> list[dict[str, Any]]:
    """Return the steps of the application's route as the progress trail draws them."""
    found = []
    enterprise = (
        application.submitted_enterprise
        if application.state in routing.REVIEW_STEPS
        else application.enterprise
    )
    refused_at = _refusing_step(application, reviews)
    for step in progress.step_list(application, reviews):
        item: dict[str, Any] = {"state": STAGE_STATES[step.stage], "label": step_name(step.state, enterprise)}
        if step.stage is progress.Stage.DONE:
            item |= {"who": step.by, "when": stamp(step.at)}
            if step.state is refused_at:
                item["state"] = "failed"
        elif step.responsible is not None:
            item |= {"note": step.responsible.name, "phone": step.responsible.telephone}
        if step.stage is progress.Stage.NOW:
            item["note"] = (
                gettext("%(desk)s 办理中", desk=step.responsible.name)
                if step.responsible
                else translated(STATE_WORDS[application.state])
            )
        found.append(item)
    return found


def _refusing_step(application: Application, reviews: Sequence[Review]) -> State | None:
    """Return the step that has refused the application; None if none has."""
    refused = application.state is State.FINISHED and reviews and reviews[0].result is Result.REFUSED
    return reviews[0].from_state if refused else None


def notice_context(application: Application) -> dict[str, Any]:
    """Return 「申请须知」 for the side column, and when it was read for this application (A6)."""
    notice, notice_reading = reading.find(current_user, application)
    return {"notice": notice, "notice_reading": notice_reading}


@single_object()
def _own_applications(actor: ActorShape) -> Select[Any]:
    return select(func.count(Application.id)).where(scope.visible(actor))


def side_column(application: Application | None, reviews: Sequence[Review]) -> dict[str, Any]:
    """Return the context of the side column and the open returns. `reviews` is the history, newest first."""
    [number] = page_counts(_own_applications(current_shape()))
    returns = sum(row.to_state is RETURNED and not row.stayed for row in reviews)
    summary = ngettext("%(num)s 条申请", "%(num)s 条申请", number)
    if returns:
        summary += gettext("，本次回退 %(count)s 次", count=returns)
    return {
        "trail_items": trail_items(application, reviews) if application else [],
        "now": translated(STATE_WORDS[application.state]) if application else gettext("尚未保存"),
        "history_summary": summary,
        "begins_anew": application is None and number > 0,
        "returns": progress.open_returns(reviews),
        "notices": list(offered_notices(reviews, current_user)),
    }


def passed_in(period: Period) -> str | None:
    """Return the number of this person's application that has passed in a period: nobody is paid twice for one period."""
    passed = select(Application.number).where(
        scope.visible(current_user), Application.result == Result.PASSED
    )
    return db.session.scalar(
        passed.where(Application.period_id == period.id).order_by(Application.id.desc()).limit(1)
    )


def grant_of(application: Application) -> dict[str, Any] | None:
    """Return what the applicant sees of the grant for an application; None while no batch holds it, without a query."""
    if not application.in_batch:
        return None
    query = select(Grant).where(Grant.application_id == application.id).options(joinedload(Grant.batch))
    grant = db.session.scalars(query).one_or_none()
    if grant is None:
        return None
    decision = select(GrantEvent.reason).where(GrantEvent.grant_id == grant.id, GrantEvent.reason != "")
    return {
        "batch": grant.batch,
        "running": publicity.is_running(grant.batch),
        "granted": grant.granted_at is not None,
        "kind": GRANT_BADGES[grant.state],
        "word": translated(GRANT_STATE_WORDS[grant.state]),
        "amount": in_yuan(grant.amount_fen),
        "years": grant.years,
        "rule": grant.rule_text,
        "reason": db.session.scalar(decision.order_by(GrantEvent.id.desc()).limit(1)),
    }


def notice_unread_text(refusal: NoticeUnread) -> str:
    """Return the sentence for a form that was not saved because 「申请须知」 is unread."""
    return gettext(
        "请先阅读“申请须知”，还有 %(seconds)s 秒；内容仍在本页，读完后再点“保存”。", seconds=refusal.seconds
    )


def period_closed_text(refusal: PeriodClosed) -> str:
    """Return the sentence for a submission outside the application period or after its term."""
    if refusal.expired:
        return gettext("重新提交的期限已过，不能提交；填写的内容已保存。")
    if refusal.opens is None:
        return gettext("现在不在申报期内，不能提交；填写的内容已保存。")
    return gettext("现在不在申报期内，%(day)s 起可以提交；填写的内容已保存。", day=refusal.opens.isoformat())
