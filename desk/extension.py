"""More time to resubmit one returned application, given by the office of its region. Decides nothing."""

from datetime import date

from accounts.access import active_account
from common.errors import ChangedMeanwhile
from models import Account, Action, Review, exclusive, now
from workflow import notifications, periods, scope
from workflow.decision import Decision
from workflow.history import last_review, write_row
from workflow.locking import lock
from workflow.transitions import BY_STATE_AND_ACTION


def extend(number: str, actor: Account, *, until: date, seen: date | None, decision: Decision) -> Review:
    """Extend the term to resubmit one application, and tell its applicant. Returns the row of the history.

    `until` is the last day in Ordos. `seen` is the term on the clerk's page: the second of two clerks learns of the first.
    The version does not change, so an applicant who is typing is not interrupted.
    Raises NotVisible for everybody but the office of its region, ChangedMeanwhile, ReasonMissing, ReasonTooLong,
    Unacceptable for a day that extends nothing.
    """
    with exclusive():
        person = active_account(actor)
        application = lock(number, person, sight=scope.extendable)
        if application.resubmit_by != seen:
            raise ChangedMeanwhile(last_review(application))
        transition = BY_STATE_AND_ACTION[application.state, Action.EXTEND]
        decision = decision.checked(needs_reason=transition.needs_reason)
        periods.check_extension(application, until)
        application.resubmit_by = until
        row = write_row(application, transition.action, application.state, person, decision, now())
        notifications.tell_applicant(application, row, "term_extended")
        return row
