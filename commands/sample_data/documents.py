"""The papers of a trial: a printed form, a notice of decision, a file of one's own."""

from commands.sample_data.clock import at, days_ago
from documents import decision_notices, exports, printed_forms
from documents.decision_notices import offered_notices
from documents.exports import Asked
from models import Account, Application, db
from worker import file_jobs
from workflow import progress


def fill(city: Account, application: Application, days: int) -> None:
    """Make them of an application; the file for the city, whose list it is."""
    person = db.session.get_one(Account, application.applicant_id)
    with at(days_ago(days)):
        printed_forms.print_form(application)
        passed = next(offered_notices(progress.history(application), person))
        decision_notices.issue(application.number, passed.sequence, person)
    exports.ask_for_export(city, Asked("/city/?tab=all", "city.index_view", "全部"), "zh")
    file_jobs.process_due()
