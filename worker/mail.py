"""Mail by SMTP. TLS unless the address says otherwise; what the server answers is kept as its number alone."""

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate, parseaddr
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from common.settings import SITE_NAME
from models import Channel
from worker.delivery import DeliveryRefused, Letter, Sender, Undelivered, Unreachable

SECONDS = 20
NOBODY_THERE = {550, 551, 553}
"""The server says for good that there is no such person. Others, such as a refused relay, can be mended."""

TLS = ("starttls", "implicit", "none")


@dataclass(frozen=True)
class Server:
    """A mail server as TALENT_SMTP_URL names it: smtp://user:password@host:587?tls=starttls, smtps://host."""

    host: str
    port: int
    user: str
    password: str
    tls: str
    ca: str | None

    @classmethod
    def named(cls, url: str) -> "Server":
        """Return it. Raises ValueError for an address that names none."""
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("smtp://user:password@host:587?tls=starttls or smtps://host:465 is needed")
        tls = query.get("tls", ["implicit" if parts.scheme == "smtps" else "starttls"])[0]
        if tls not in TLS:
            raise ValueError(f"tls is one of {', '.join(TLS)}")
        port = parts.port or {"implicit": 465, "starttls": 587, "none": 25}[tls]
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port, user, password, tls, query.get("ca", [None])[0])

    def connect(self) -> smtplib.SMTP:
        """Return a session with it, encrypted and logged in."""
        context = ssl.create_default_context(cafile=self.ca)
        if self.tls == "implicit":
            session: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=context)
        else:
            session = smtplib.SMTP(self.host, self.port, timeout=SECONDS)
        try:
            if self.tls == "starttls":
                session.starttls(context=context)
            if self.user:
                session.login(self.user, self.password)
        except BaseException:
            session.close()
            raise
        return session


def sender(config: Mapping[str, Any]) -> dict[Channel, Sender]:
    """Return the sender of mails; none without TALENT_SMTP_URL."""
    if not config["SMTP_URL"]:
        return {}
    server = Server.named(config["SMTP_URL"])

    def send(letter: Letter) -> None:
        message = compose_mail(letter, config["MAIL_FROM"], config["SITE_URL"])
        try:
            session = server.connect()
        except smtplib.SMTPResponseException as error:
            raise Unreachable(f"SMTP {error.smtp_code} at the login") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(f"SMTP: {type(error).__name__}") from None
        try:
            session.send_message(
                message, from_addr=parseaddr(config["MAIL_FROM"])[1], to_addrs=[letter.address]
            )
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise (DeliveryRefused if code in NOBODY_THERE else Undelivered)(
                f"SMTP {code} for the receiver"
            ) from None
        except smtplib.SMTPResponseException as error:
            raise Undelivered(f"SMTP {error.smtp_code}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise Undelivered(f"SMTP: {type(error).__name__}") from None
        finally:
            session.close()

    return {Channel.MAIL: send}


def compose_mail(letter: Letter, mail_from: str, site_url: str) -> EmailMessage:
    """Return the mail; its Message-ID is the same at each attempt, so that a second copy can be told."""
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = mail_from
    message["To"] = letter.address
    message["Subject"] = f"{SITE_NAME}通知"
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{letter.key}@{parseaddr(mail_from)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    lines = [letter.text, ""]
    if site_url:
        lines.append(f"登录查看：{site_url}")
    lines += [f"咨询电话：{letter.help_line}", "本邮件由系统自动发出，请勿回复。"]
    message.set_content("\n".join(lines) + "\n", charset="utf-8", cte="base64")
    return message
