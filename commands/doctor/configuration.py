"""Checks the configuration, and the services that it names: storage, Redis, mail, SMS, clock."""

import io
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import redis
from flask import current_app

from commands.doctor.findings import CLOCK_TOLERANCE, LOCAL_HOSTS, OK, UNSAFE, WARN, Check, Finding, Findings
from config import ROOT
from models import now
from uploads.confined import landlock
from uploads.errors import StorageUnavailable
from uploads.storage_locations import S3Location, configured_location, places_at
from worker import mail

KEY_BYTES = 32
BROWSER_LIBRARY = ROOT / "static" / "vendor" / "tus.min.js"
"""Made by `make environment` (tools/npm)."""

LEAST_FREE_BYTES = 5 * 1024**3


def mode(config: dict[str, Any]) -> Findings:
    if config["PRODUCTION"]:
        yield Finding(OK, "生产模式")
    else:
        yield Finding(UNSAFE, "试用模式，密钥自动生成，账号公开", "正式使用时设 TALENT_ENV=production")
    if config["DEBUG"]:
        yield Finding(UNSAFE, "调试模式向任何人显示代码和数据", "去掉 FLASK_DEBUG 和 --debug")
    samples = Path(config["INSTANCE"]) / "sample-accounts.json"
    if config["PRODUCTION"] and samples.exists():
        yield Finding(
            UNSAFE, "数据目录里有示例账号的密码", f"停用示例账号，删除 {samples}，或换一个空的数据库"
        )


def keys(config: dict[str, Any]) -> Findings:
    new = "用 generate-keys 生成新的"
    if len(config["SECRET_KEY"]) < KEY_BYTES or len(set(config["SECRET_KEY"])) < 10:
        yield Finding(UNSAFE, "TALENT_SECRET_KEY 太短或太简单", f"{new}，至少 {KEY_BYTES} 个字符")
    else:
        yield Finding(OK, "会话密钥")
    weak = [name for name, key in config["ENCRYPTION_KEYS"].items() if not _strong(key)]
    if weak:
        yield Finding(
            UNSAFE,
            f"加密密钥 {'、'.join(weak)} 太短或太简单",
            f"TALENT_ENCRYPTION_KEYS 每个 {KEY_BYTES} 字节，{new}",
        )
    else:
        yield Finding(OK, f"加密密钥 {len(config['ENCRYPTION_KEYS'])} 个")
    if not _strong(config["DIGEST_KEY"]):
        yield Finding(
            UNSAFE, "TALENT_DIGEST_KEY 太短或太简单", f"投入使用前{new}，{KEY_BYTES} 字节；以后不能再换"
        )
    elif config["DIGEST_KEY"] in config["ENCRYPTION_KEYS"].values():
        yield Finding(UNSAFE, "摘要密钥与加密密钥相同", f"投入使用前{new}")
    else:
        yield Finding(OK, "摘要密钥")


def _strong(key: bytes) -> bool:
    return len(key) >= KEY_BYTES and len(set(key)) >= KEY_BYTES // 3


def https(config: dict[str, Any]) -> Findings:
    if not config["HTTPS"]:
        yield Finding(
            UNSAFE, "不要求 https，密码和证件号码明文传输", "去掉 TALENT_HTTPS=no，由反向代理提供证书"
        )
    elif not config["PROXIES"]:
        yield Finding(
            WARN, "要求 https，但没有说明前面有反向代理", "有代理时设 TALENT_PROXIES=1，否则浏览器反复跳转"
        )
    else:
        yield Finding(OK, f"https，{config['PROXIES']} 层反向代理")
    loose = [
        name
        for name, right in (("SECURE", True), ("HTTPONLY", True), ("SAMESITE", "Lax"))
        if config[f"SESSION_COOKIE_{name}"] != right
    ]
    if loose:
        yield Finding(UNSAFE, f"会话 cookie 缺少 {'、'.join(loose)}", "cookie 随 https 设置，不要另改")
    else:
        yield Finding(OK, "会话 cookie")


def site_address(config: dict[str, Any]) -> Findings:
    remedy = "设 TALENT_SITE_URL，如 https://rc.example.cn"
    if not config["SITE_URL"]:
        yield Finding(
            WARN, "没有设网站的网址：邮件里没有，通知书的二维码用浏览器给的网址，可以被人改成别的网站", remedy
        )
    elif config["HTTPS"] and not config["SITE_URL"].startswith("https://"):
        yield Finding(WARN, "邮件和通知书里的网址不是 https", remedy)
    else:
        yield Finding(OK, f"邮件和通知书里的网址 {config['SITE_URL']}")


def request_limits(config: dict[str, Any]) -> Findings:
    if not config["RATELIMIT_ENABLED"]:
        yield Finding(UNSAFE, "登录次数不限制，可以猜密码", "去掉 TALENT_RATE_LIMITS=no")
    elif not config["REDIS_URL"]:
        yield Finding(
            WARN, "防洪的次数限制由各进程分别计算；输错密码的次数总是合计", "设 TALENT_REDIS_URL，合计限制"
        )
    elif error := _redis_error(config["REDIS_URL"]):
        yield Finding(
            UNSAFE,
            f"Redis 不能用（{error}），次数限制由各进程分别计算",
            "启动 Redis，核对 TALENT_REDIS_URL 和它的内存、磁盘",
        )
    else:
        yield Finding(OK, "登录、注册的次数限制，Redis")


def _redis_error(url: str) -> str:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3) as client:
            client.set("talent/doctor", 1, ex=1)  # a full one or a replica answers a ping too
    except (redis.RedisError, OSError, ValueError) as error:
        return type(error).__name__
    return ""


def browser_libraries(_config: dict[str, Any]) -> Findings:
    if not BROWSER_LIBRARY.is_file():
        what = "页面用的 npm 包没有安装，附件只能整个上传，断网后要重新开始"
        yield Finding(WARN, what, "在代码目录运行 make environment")


def attachment_storage(config: dict[str, Any]) -> Findings:
    location = configured_location(config)
    yield from _bucket(location) if isinstance(location, S3Location) else _directory(location, config)


def _bucket(location: S3Location) -> Findings:
    """Store, read and delete a file, as the site does."""
    files = places_at(location).files
    try:
        name = files.store(io.BytesIO(b"doctor")).name
        with files.open(name) as content:
            same = content.read() == b"doctor"
        files.remove(name)
    except (StorageUnavailable, FileNotFoundError):
        same = False
    if not same:
        yield Finding(
            UNSAFE,
            f"附件存储 {location} 不能写入或读取",
            "核对 TALENT_STORAGE_URL 和 TALENT_S3_ 各项、存储桶和密钥的权限；原因见上面的日志",
        )
    elif not location.is_encrypted and urlsplit(location.endpoint).hostname not in LOCAL_HOSTS:
        yield Finding(WARN, f"与附件存储 {location} 的连接不加密", "TALENT_S3_ENDPOINT 用 https://")
    else:
        yield Finding(OK, f"附件存储 {location}")


def _directory(directory: Path, config: dict[str, Any]) -> Findings:
    public = Path(current_app.static_folder or ROOT / "static").resolve()
    remedy = "把 TALENT_ATTACHMENTS_DIR 设到代码之外的绝对路径"
    if directory.resolve().is_relative_to(public):
        yield Finding(UNSAFE, f"附件目录 {directory} 在 static 之内，任何人都能下载", remedy)
    elif config["PRODUCTION"] and directory.resolve().is_relative_to(ROOT):
        yield Finding(WARN, f"附件目录 {directory} 在代码目录之内，换代码时可能丢失", remedy)
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        yield Finding(UNSAFE, f"附件目录 {directory} 不能写入（{error.strerror}）", "让运行网站的用户拥有它")
        return
    if directory.exists() and directory.stat().st_mode & 0o007:
        yield Finding(UNSAFE, f"附件目录 {directory} 对本机所有用户开放", f"chmod 700 {directory}")
    elif (free := shutil.disk_usage(existing).free) < LEAST_FREE_BYTES:
        yield Finding(WARN, f"附件所在磁盘只剩 {free // 1024**2} MB", "扩大磁盘或换目录")
    else:
        yield Finding(OK, f"附件目录 {directory}")


def confinement(_config: dict[str, Any]) -> Findings:
    if landlock.ruleset_of([]) is None:
        yield Finding(
            WARN,
            "打开附件的进程没有与其他文件隔开（Landlock）：恶意文件若能控制它，就读得到密钥和别人的附件",
            "用 Linux 5.13 以上的内核；在容器里，放行 landlock_ 开头的系统调用",
        )
    else:
        yield Finding(OK, "打开附件的进程与其他文件隔开")


def by_mail(config: dict[str, Any]) -> Findings:
    if not config["SMTP_URL"]:
        yield Finding(WARN, "不发送邮件", "设 TALENT_SMTP_URL 和 TALENT_MAIL_FROM")
        return
    server = mail.Server.from_url(config["SMTP_URL"])
    if server.tls == "none" and server.host not in LOCAL_HOSTS:
        yield Finding(UNSAFE, "邮件和邮箱密码明文传输", "TALENT_SMTP_URL 去掉 tls=none")
    try:
        server.connect().close()
    except Exception as error:
        yield Finding(
            WARN,
            f"邮件服务器 {server.host}:{server.port} 不接受（{type(error).__name__}）",
            "核对地址、证书、用户名和密码",
        )
    else:
        yield Finding(OK, f"邮件服务器 {server.host}:{server.port}")


def by_sms(config: dict[str, Any]) -> Findings:
    if not config["SMS_URL"]:
        yield Finding(WARN, "不发送短信", "设 TALENT_SMS_URL 等，见 docs/production.md")
        return
    parts = urlsplit(config["SMS_URL"])
    if parts.scheme != "https" and parts.hostname not in LOCAL_HOSTS:
        yield Finding(UNSAFE, "短信内容和验证码明文传输", "TALENT_SMS_URL 用 https://")
    elif not config["SMS_OK"]:
        yield Finding(WARN, "短信网关只凭 HTTP 2xx 算作成功", "网关用正文报错时设 TALENT_SMS_OK")
    else:
        yield Finding(OK, f"短信网关 {parts.hostname}")


def database_clock(_config: dict[str, Any]) -> Findings:
    try:
        zone = ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        yield Finding(UNSAFE, "没有时区数据，申报期的日期会错", "安装 tzdata")
        return
    built = max(path.stat().st_mtime for path in (ROOT / "migrations" / "versions").glob("*.py"))
    if now().timestamp() < built - CLOCK_TOLERANCE.total_seconds():
        yield Finding(UNSAFE, f"机器的时钟比程序还早（{now():%Y-%m-%d %H:%M} UTC）", "启用时间同步")
    else:
        yield Finding(OK, f"现在是鄂尔多斯时间 {now().astimezone(zone):%Y-%m-%d %H:%M}，请核对")


CONFIGURATION_CHECKS: tuple[Check, ...] = (
    mode,
    keys,
    https,
    site_address,
    request_limits,
    attachment_storage,
    confinement,
    browser_libraries,
    by_mail,
    by_sms,
    database_clock,
)
