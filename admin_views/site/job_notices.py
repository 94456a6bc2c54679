"""What a page says of a job that a worker should have and perhaps does not (common/jobs.py)."""

from typing import NamedTuple

from flask_babel import gettext

from admin_views.site.wording import time_of_day, translated
from common.jobs import CLAIM_EXPECTED_WITHIN, LEASE, JobProgress, JobStatus, ReportedJob
from common.wording import N_


class NoticeTexts(NamedTuple):
    """The sentences of one kind of job, for whoever waits for it. `paused` has the placeholder of a time."""

    paused: str
    silent: str
    late: str = N_("后台进程恢复后 15 秒内自动开始。请联系维护人员。")
    late_title: str = N_("后台进程没有来处理，似乎没有运行或正忙")


def job_notice(job: ReportedJob, progress: JobProgress, texts: NoticeTexts) -> dict[str, str] | None:
    """Return the notice on an unfinished job; None while all goes as expected."""
    status, since = progress
    if status is JobStatus.PAUSED:
        again = gettext(texts.paused, time=time_of_day(job.next_try))
        return {"kind": "warn", "title": translated(*(job.error or [""])), "text": again}
    if status is JobStatus.SILENT:
        last = time_of_day(job.next_try - LEASE)
        title = gettext("处理中断：%(time)s 以后没有收到后台进程的回应", time=last)
        return {"kind": "warn", "title": title, "text": gettext(texts.silent)}
    if status is JobStatus.QUEUED and since >= CLAIM_EXPECTED_WITHIN:
        return {"kind": "warn", "title": gettext(texts.late_title), "text": gettext(texts.late)}
    return None
