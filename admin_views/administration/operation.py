"""「运行情况」: whether worker, storage, backup and messages are in order, and 「重发」 of what could not be delivered (S4)."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from flask import abort, current_app, flash, redirect, request
from flask_babel import format_decimal, gettext, ngettext
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from admin_views.administration.base import Administration, respond_to_refusal
from admin_views.site import rate_limits
from admin_views.site.base import expose
from admin_views.site.lists import Badge, Column, DataTable
from admin_views.site.typed import row_number
from admin_views.site.wording import stamp, translated
from common.errors import ActionRefused, NotPermitted
from common.wording import N_
from models import Channel, Delivery, DeliveryState, EventOutcome, Message, db, now
from operation import redelivery, state
from operation.state import OperationState
from uploads import decoding
from uploads.sets import is_storage_available
from workflow.transitions import ROLE_WORDS

MOST_LISTED = 50

LOW_DISK = 0.1
"""Below this part of the disk the page warns."""

OLD_BACKUP_DAYS = 2
OLD_SWEEP_DAYS = 2
"""It runs once a day."""
LATE_MINUTES = 5
"""A job that is due for so long has no worker that works on it."""

QUEUE_WORDS = {
    "deliveries": N_("邮件和短信"),
    "imports": N_("批量导入企业"),
    "bulk": N_("批量办理"),
    "files": N_("为人员生成的文件"),
    "bank_answers": N_("读取银行回执"),
    "pictures": N_("生成图片"),
}
CHANNEL_WORDS = {Channel.MAIL: N_("邮件"), Channel.SMS: N_("短信")}

PARTS = (
    Column("part", N_("项目"), cell="title"),
    Column("state", N_("状态"), cell="badge"),
    Column("note", N_("说明")),
)
JOBS = (
    Column("kind", N_("任务"), cell="title"),
    Column("count", N_("未完成"), style="num"),
    Column("state", N_("状态"), cell="badge"),
)
FAILED = (
    Column("number", N_("编号"), cell="title", style="num"),
    Column("at", N_("写成时间"), cell="stamp", style="num"),
    Column("channel", N_("方式")),
    Column("receiver", N_("收件人")),
    Column("error", N_("没有送达的原因")),
    Column("again", N_("操作"), cell="macro"),
)


class PartRow(NamedTuple):
    """A row about a part of the system."""

    part: str
    state: Badge
    note: str


class JobRow(NamedTuple):
    """A row about a kind of job."""

    kind: str
    count: str
    state: Badge


class FailedDelivery(NamedTuple):
    """A row about a mail or SMS that was not delivered. `again`: whether it can be sent again."""

    number: int
    at: datetime
    channel: str
    receiver: str
    error: str
    again: bool


class Operation(Administration):
    """The state of the operation. Shows no name, address or text: an operator need not know them."""

    exposed_routes = ("index_view", "send_again")

    @expose("/")
    def index_view(self) -> str:
        found = state.current(current_app.config)
        failed = self._failed()
        return self.render(
            "administration/operation.html",
            title=gettext("运行情况"),
            parts=DataTable(PARTS, list(_parts(found))),
            jobs=DataTable(JOBS, [_job(queue) for queue in found.queues]),
            failed=DataTable(FAILED, failed),
            failed_count=found.failed_deliveries,
            can_send_again=any(row.again for row in failed),
        )

    @expose("/send-again/", methods=("POST",))
    def send_again(self) -> Response:
        chosen = row_number(request.form.get("delivery"))
        if chosen is None and "all" not in request.form:
            abort(404)
        try:
            count = redelivery.redeliver(current_user, chosen)
        except NotPermitted as refusal:
            return respond_to_refusal(refusal)  # type: ignore[no-any-return]
        except ActionRefused as refusal:
            flash(translated(refusal.args[0]), "error")
        else:
            flash(
                ngettext(
                    "%(num)s 条邮件或短信将在一分钟内重发。", "%(num)s 条邮件或短信将在一分钟内重发。", count
                ),
                "success",
            )
        return redirect(self.get_url(".index_view"), 303)

    def _failed(self) -> list[FailedDelivery]:
        rows = db.session.execute(
            select(Delivery, redelivery.can_be_sent_again())
            .where(Delivery.state == DeliveryState.FAILED)
            .options(joinedload(Delivery.message).defer(Message.secret_words), joinedload(Delivery.account))
            .order_by(Delivery.id.desc())
            .limit(MOST_LISTED)
        ).all()
        return [
            FailedDelivery(
                delivery.id,
                delivery.message.created_at,
                translated(CHANNEL_WORDS[delivery.channel]),
                translated(ROLE_WORDS[delivery.account.role]),
                delivery.error,
                bool(again),
            )
            for delivery, again in rows
        ]


def _parts(found: OperationState) -> Iterator[PartRow]:
    yield PartRow(
        gettext("后台进程"),
        Badge("bad", gettext("没有运行")) if found.worker_silent else Badge("good", gettext("正常")),
        gettext("最近一次动静：%(time)s", time=_time(found.worker_seen)),
    )
    yield PartRow(
        gettext("数据库"),
        Badge("bad", gettext("只能读")) if found.database_read_only else Badge("good", gettext("正常")),
        gettext("不能保存任何内容：磁盘已满，或者这是备用的数据库") if found.database_read_only else "",
    )
    available = is_storage_available()
    yield PartRow(
        gettext("文件存储"),
        Badge("good", gettext("正常")) if available else Badge("bad", gettext("没有应答")),
        gettext("附件和生成的文件"),
    )
    checked = decoding.is_available()
    yield PartRow(
        gettext("检查文件"),
        Badge("good", gettext("正常")) if checked else Badge("bad", gettext("没有运行")),
        gettext("在单独的进程里打开上传的文件") if checked else gettext("不能上传，原因在日志里"),
    )
    if current_app.config["REDIS_URL"]:
        alone = rate_limits.of_this_site().by_fallback()
        yield PartRow(
            gettext("次数限制"),
            Badge("late", gettext("Redis 没有应答，或不接受写入"))
            if alone
            else Badge("good", gettext("正常")),
            gettext("各进程暂时分别计数，网站照常使用") if alone else gettext("由 Redis 合计"),
        )
    if disk := found.disk:
        low = disk.free < disk.total * LOW_DISK
        yield PartRow(
            gettext("磁盘"),
            Badge("bad", gettext("将满")) if low else Badge("good", gettext("正常")),
            gettext(
                "可用 %(free)s GB，共 %(total)s GB", free=_gigabytes(disk.free), total=_gigabytes(disk.total)
            ),
        )
    yield PartRow(gettext("备份"), _backup_badge(found), _backup_note(found))
    yield PartRow(
        gettext("每日清理"),
        _sweep_badge(found),
        _sweep_note(found),
    )


def _sweep_badge(found: OperationState) -> Badge:
    if found.unfinished_sweep is not None:
        return Badge("late", gettext("没有完成"))
    if found.last_sweep is None:
        return Badge("idle", gettext("还没有"))
    old = (now() - found.last_sweep).days >= OLD_SWEEP_DAYS
    return Badge("late", gettext("已过期")) if old else Badge("good", gettext("正常"))


def _sweep_note(found: OperationState) -> str:
    if found.unfinished_sweep is None:
        return gettext("最近一次：%(time)s", time=_time(found.last_sweep))
    return gettext(
        "最近一次完成：%(time)s；%(began)s 开始的一次还没有完成，失败的一小时后重试，原因在日志里",
        time=_time(found.last_sweep),
        began=_time(found.unfinished_sweep),
    )


def _backup_badge(found: OperationState) -> Badge:
    if found.last_backup is None:
        return Badge("late", gettext("还没有"))
    if found.last_backup.outcome is EventOutcome.FAILED:
        return Badge("bad", gettext("最近一次失败"))
    old = (now() - found.last_backup.at).days >= OLD_BACKUP_DAYS
    return Badge("late", gettext("已过期")) if old else Badge("good", gettext("正常"))


def _backup_note(found: OperationState) -> str:
    good = found.last_good_backup
    return gettext("最近一次成功：%(time)s", time=_time(good and good.at))


def _job(queue: state.Queue) -> JobRow:
    late = queue.oldest_due and (now() - queue.oldest_due).total_seconds() > LATE_MINUTES * 60
    if late:
        badge = Badge("late", gettext("自 %(time)s 起等待", time=stamp(queue.oldest_due)))
    elif queue.count:
        badge = Badge("wait", gettext("正在处理"))
    else:
        badge = Badge("idle", gettext("没有"))
    count = f"{state.MOST_COUNTED}+" if queue.count >= state.MOST_COUNTED else str(queue.count)
    return JobRow(translated(QUEUE_WORDS[queue.kind]), count, badge)


def _time(at: datetime | None) -> str:
    return stamp(at) if at else gettext("从未")


def _gigabytes(count: int) -> str:
    return str(format_decimal(round(count / 1e9, 1)))
