"""Checks the database and its content: tables, worker, backup, messages, people, holidays, keys."""

from datetime import timedelta
from typing import Any

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, exists, func, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

from accounts import logins
from commands.doctor.findings import CLOCK_TOLERANCE, LOCAL_HOSTS, OK, UNSAFE, WARN, Check, Finding, Findings
from common import heartbeats, working_days
from common.settings import HELP_LINE, setting
from common.system_events import BACKUP, last_event
from config import ROOT
from models import (
    Account,
    Channel,
    Delivery,
    DeliveryState,
    EventOutcome,
    Message,
    Office,
    OfficeDuty,
    Region,
    Role,
    db,
    now,
)
from workflow import periods

OLDEST_BACKUP = timedelta(days=2)
"""One night without a backup may be a night of maintenance."""


COLLATION_HAS_CHANGED = text("""
    SELECT coalesce(datcollversion <> pg_database_collation_actual_version(oid), false)
    FROM pg_database WHERE datname = current_database()
""")


def database(config: dict[str, Any]) -> Findings:
    url = make_url(config["SQLALCHEMY_DATABASE_URI"])
    kind = url.get_backend_name()
    try:
        with db.engine.connect() as connection:
            current = set(MigrationContext.configure(connection).get_current_heads())
            database_time = connection.execute(text("SELECT CURRENT_TIMESTAMP")).scalar_one()
            sorted_otherwise = collation_has_changed(connection)
    except SQLAlchemyError as error:
        yield Finding(
            UNSAFE,
            f"数据库 {kind} 连不上（{type(error).__name__}）",
            "核对 TALENT_DATABASE_URL，启动数据库",
        )
        return
    if current != set(ScriptDirectory(str(ROOT / "migrations")).get_heads()):
        yield Finding(UNSAFE, f"数据库 {kind} 的表不是这个版本的", "执行命令 prepare")
        return
    if kind == "sqlite":
        yield Finding(WARN, "SQLite 适合试用，不适合全市使用", "TALENT_DATABASE_URL=postgresql://…")
    elif (
        url.host not in LOCAL_HOSTS
        and not str(url.host).startswith("/")
        and url.query.get("sslmode") not in ("require", "verify-ca", "verify-full")
    ):
        yield Finding(
            WARN, f"与数据库 {url.host} 的连接可能不加密", "TALENT_DATABASE_URL 加 ?sslmode=verify-full"
        )
    else:
        yield Finding(OK, f"数据库 {kind}，表是最新的")
    if sorted_otherwise:
        yield Finding(
            UNSAFE,
            f"数据库是按另一版的排序规则（{kind} 所在系统升级过）建的索引，查找可能漏掉已有的行",
            f"停下网站，psql 里依次执行 REINDEX DATABASE {url.database}; "
            f"ALTER DATABASE {url.database} REFRESH COLLATION VERSION;",
        )
    if hasattr(database_time, "tzinfo") and abs(database_time - now()) > CLOCK_TOLERANCE:
        yield Finding(WARN, "数据库机器与本机的时钟不一致", "两台机器都启用时间同步")


def collation_has_changed(connection: Connection) -> bool:
    """Say whether PostgreSQL sorts text by other rules than when the database was made: its indexes may be in the wrong order then.

    The rules are those of the operating system, which an upgrade may change. PostgreSQL keeps their version since 15, and only warns.
    """
    if connection.dialect.name != "postgresql" or (connection.dialect.server_version_info or ()) < (15,):
        return False
    return bool(connection.execute(COLLATION_HAS_CHANGED).scalar_one())


def worker_process(_config: dict[str, Any]) -> Findings:
    beat = heartbeats.last(heartbeats.WORKER)
    remedy = "启用服务 talent-worker（deploy/systemd）"
    if beat is None:
        yield Finding(WARN, "后台进程从未运行", remedy)
    elif now() - beat > heartbeats.MAX_SILENCE:
        yield Finding(WARN, f"后台进程自 {beat:%Y-%m-%d %H:%M} UTC 起没有动静", remedy)
    else:
        yield Finding(OK, "后台进程")
    newest = db.session.scalar(select(func.max(Message.created_at)))
    if newest is not None and newest > now() + CLOCK_TOLERANCE:
        yield Finding(WARN, "有消息的时间在将来，时钟曾经走快", "启用时间同步")


def last_backup(_config: dict[str, Any]) -> Findings:
    remedy = "启用 deploy/systemd/talent-backup.timer，或定时执行命令 backup"
    found = last_event(BACKUP, EventOutcome.SUCCEEDED)
    if found is None:
        yield Finding(WARN, "从未备份", remedy)
    elif now() - found.at > OLDEST_BACKUP:
        yield Finding(WARN, f"最近一次成功的备份是 {found.at:%Y-%m-%d %H:%M} UTC", remedy)
    else:
        yield Finding(OK, f"备份，最近一次 {found.at:%Y-%m-%d %H:%M} UTC")


def deliveries(_config: dict[str, Any]) -> Findings:
    week = now() - timedelta(days=7)
    given_up = _count(Delivery.state == DeliveryState.FAILED, Delivery.next_try > week)
    stuck = Delivery.state.in_((DeliveryState.WAITING, DeliveryState.SENDING)) & (Delivery.attempts > 2)
    late = _count(stuck)
    if given_up:
        yield Finding(WARN, f"近七天有 {given_up} 条邮件或短信没有送达", "看后台进程的日志，核对地址和网关")
    if late:
        channels = db.session.scalars(select(Delivery.channel).where(stuck).distinct())
        names = "、".join({Channel.MAIL: "邮件", Channel.SMS: "短信"}[channel] for channel in channels)
        yield Finding(WARN, f"{late} 条{names}多次发送不成，仍在重试", "看后台进程的日志")


def _count(*criteria: Any) -> int:
    return db.session.scalar(select(func.count(Delivery.id)).where(*criteria)) or 0


def people(_config: dict[str, Any]) -> Findings:
    active = select(Account.id).where(Account.role == Role.ADMINISTRATOR, Account.active)
    if db.session.scalar(active.limit(1)) is None:
        yield Finding(UNSAFE, "没有系统管理员", "执行命令 create-admin")
    else:
        yield Finding(OK, "系统管理员")
    if not setting(HELP_LINE).strip():
        yield Finding(WARN, "没有咨询电话，忘记密码的人无处可问", "在系统设置里填写")
    if periods.open_period() is None and periods.next_period() is None:
        yield Finding(WARN, "没有开放或将要开放的申报期，不能提交", "在申报期里增加")


def offices(_config: dict[str, Any]) -> Findings:
    if db.session.scalar(select(Office.id).where(Office.duty == OfficeDuty.FINAL).limit(1)) is None:
        yield Finding(UNSAFE, "没有市专家服务中心，审核不能结束", "执行命令 prepare")
    is_needed = exists().where(Region.office_id == Office.id, Region.active) | (
        Office.duty == OfficeDuty.FINAL
    )
    has_staff = exists().where(Account.office_id == Office.id, Account.active)
    names = select(Office.name).where(is_needed).order_by(Office.id)
    without_staff = db.session.scalars(names.where(~has_staff)).all()
    without_telephone = db.session.scalars(names.where(func.trim(Office.telephone) == "")).all()
    if without_staff:
        yield Finding(WARN, f"没有工作人员的单位：{'、'.join(without_staff)}", "在工作人员里增加")
    if without_telephone:
        yield Finding(WARN, f"没有电话的单位：{'、'.join(without_telephone)}", "在单位里填写，申请人要看到")
    if not without_staff and not without_telephone:
        yield Finding(OK, "各单位有电话，有工作人员")


def holidays(_config: dict[str, Any]) -> Findings:
    """The State Council publishes the next year's holidays in November."""
    missing = working_days.missing_now()
    if missing:
        years = "、".join(map(str, missing))
        yield Finding(
            WARN,
            f"{years} 年的放假安排没有，工作日按周一至周五计算",
            "在系统管理的工作日历里录入，或升级 chinesecalendar",
        )
    else:
        yield Finding(OK, "放假安排")


def keys_fit(_config: dict[str, Any]) -> Findings:
    """Check one account: all digests come from one key, and every encryption key in use must be configured."""
    newest = select(Account).where(Account.identity_number.is_not(None)).order_by(Account.id.desc()).limit(1)
    try:
        person = db.session.scalars(newest).first()
    except (KeyError, InvalidTag):
        yield Finding(UNSAFE, "加密密钥不能解开已有的数据", "TALENT_ENCRYPTION_KEYS 里补上原来的密钥")
        return
    if person is None:
        return
    if not logins.login_matches_number(person):
        yield Finding(
            UNSAFE,
            "摘要密钥与已有的账号不符，没有人能登录",
            "TALENT_DIGEST_KEY 和 TALENT_CIPHER_SUITE 用回原来的",
        )
    else:
        yield Finding(OK, "密钥与已有的数据相符")


DATABASE_CHECKS: tuple[Check, ...] = (
    worker_process,
    last_backup,
    deliveries,
    people,
    offices,
    holidays,
    keys_fit,
)
