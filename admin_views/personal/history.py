"""The columns of 「查询历史」: a person's applications with state, result, reasons and the decision of each step."""

from collections.abc import Sequence
from typing import NamedTuple

from admin_views.site.lists import Badge, Column
from admin_views.site.wording import stamp, translated
from common.wording import N_
from documents.decision_notices import offered_notices
from models import Action, Application, Result, Review
from workflow import periods, progress, routing
from workflow.periods import Admission
from workflow.routing import Responsible
from workflow.scope import DECISIONS
from workflow.transitions import BY_STATE_AND_ACTION, RESULT_WORDS, STATE_WORDS, is_editable

BADGE_OF_RESULT = {Result.PASSED: "good", Result.REFUSED: "bad", Result.RETURNED: "late"}
"""The kind of badge of a result; without a result it says whether somebody has to decide."""


class OwnApplication(NamedTuple):
    """One application."""

    application: Application
    reviews: Sequence[Review]
    """Its history, newest first."""
    returns: Sequence[Review]
    """The returns that have not been dealt with, newest first."""
    desk: Responsible | None
    """Who has to decide now."""
    notices: Sequence[Review]
    """Its decisions that have a notice."""
    admission: Admission | None
    """Until when it can be submitted again."""
    selected: bool

    @property
    def badge(self) -> Badge:
        result = self.application.result
        kind = BADGE_OF_RESULT[result] if result else "wait" if self.desk else "idle"
        return Badge(kind, translated(STATE_WORDS[self.application.state]))

    @property
    def refusal(self) -> Review | None:
        return next((review for review in self.reviews if review.action is Action.REFUSE), None)

    @property
    def reasons(self) -> list[str]:
        return [review.reason for review in ([self.refusal] if self.refusal else self.returns)]

    @property
    def decisions(self) -> list[tuple[str, Review]]:
        """Return each decision, the oldest first: what the table calls it, and its row."""
        return [
            (translated(BY_STATE_AND_ACTION[review.from_state, review.action].wording), review)
            for review in reversed(self.reviews)
            if review.action in DECISIONS
        ]


COLUMNS = (
    Column("choose", N_("选中"), cell="macro", style="cell-choose"),
    Column("number", N_("编号"), lambda row: row.application.number, cell="macro", style="cell-title num"),
    Column("state", N_("业务状态"), lambda row: row.badge, cell="macro"),
    Column(
        "result",
        N_("审核结果"),
        lambda row: translated(RESULT_WORDS[row.application.result]) if row.application.result else None,
        empty="—",
    ),
    Column(
        "reason",
        N_("审批不通过/回退原因"),
        lambda row: "\n".join(row.reasons),
        cell="macro",
        style="pre-line",
    ),
    Column(
        "decisions",
        N_("各级审核"),
        lambda row: "\n".join(f"{words} {stamp(review.at)}" for words, review in row.decisions),
        cell="macro",
    ),
    Column(
        "updated",
        N_("更新时间"),
        lambda row: row.application.arrived_at if row.reviews else row.application.saved_at,
        cell="stamp",
        style="num",
    ),
)


def rows(applications: Sequence[Application]) -> list[OwnApplication]:
    """Return the rows; the first is selected."""
    histories = progress.histories(applications)
    return [
        OwnApplication(
            each,
            histories[each.id],
            progress.open_returns(histories[each.id]),
            routing.responsible_for(each),
            list(offered_notices(histories[each.id], each.applicant)),
            periods.admission(each) if is_editable(each.state) and each.round else None,
            selected=index == 0,
        )
        for index, each in enumerate(applications)
    ]
