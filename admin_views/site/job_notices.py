"""What pages say of a job of the worker (common/jobs.py): the badges of an import, and a notice when no worker has the job."""

from typing import NamedTuple

from flask_babel import gettext

from admin_views.site.wording import time_of_day, translated
from common.jobs import CLAIM_EXPECTED_WITHIN, LEASE, JobProgress, JobStatus, ReportedJob
from common.wording import N_
from models import ImportState

IMPORT_BADGES = {
    ImportState.READING: "wait",
    ImportState.PREVIEW: "late",
    ImportState.IMPORTING: "wait",
    ImportState.DONE: "good",
    ImportState.FAILED: "bad",
    ImportState.DISCARDED: "idle",
}
"""The kind of badge of each state of an uploaded table: a list of enterprises, or a bank's answer."""


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
