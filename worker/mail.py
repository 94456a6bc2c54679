"""Sends mail by SMTP, with TLS unless the url says otherwise. Of the server's reply only the status code is stored."""

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate, parseaddr
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from common.settings import SITE_NAME
from models import Channel
from worker.delivery import ChannelDown, DeliveryFailed, DeliveryRefused, RenderedMessage, Sender

TIMEOUT_SECONDS = 20
NO_SUCH_RECIPIENT = {550, 551, 553}
"""Permanent replies: the mailbox does not exist. Other errors, such as a refused relay, can be corrected."""

TLS_MODES = ("starttls", "implicit", "none")


class Server(NamedTuple):
    """The mail server of TALENT_SMTP_URL, such as smtp://user:password@host:587?tls=starttls or smtps://host."""

    host: str
    port: int
    user: str
    password: str
    tls: str
    ca: str | None

    @classmethod
    def from_url(cls, url: str) -> "Server":
        """Return the server of a url. Raises ValueError for an invalid one."""
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("smtp://user:password@host:587?tls=starttls or smtps://host:465 is needed")
        tls = query.get("tls", ["implicit" if parts.scheme == "smtps" else "starttls"])[0]
        if tls not in TLS_MODES:
            raise ValueError(f"tls is one of {', '.join(TLS_MODES)}")
        port = parts.port or {"implicit": 465, "starttls": 587, "none": 25}[tls]
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port, user, password, tls, query.get("ca", [None])[0])

    def connect(self) -> smtplib.SMTP:
        """Return an SMTP session, encrypted and logged in."""
        context = ssl.create_default_context(cafile=self.ca)
        if self.tls == "implicit":
            session: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            session = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
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
    """Return the sender for mail; an empty dict without TALENT_SMTP_URL."""
    if not config["SMTP_URL"]:
        return {}
    server = Server.from_url(config["SMTP_URL"])

    def send(message: RenderedMessage) -> None:
        mail = compose_mail(message, config["MAIL_FROM"], config["SITE_URL"])
        try:
            session = server.connect()
        except smtplib.SMTPResponseException as error:
            raise ChannelDown(f"SMTP {error.smtp_code} at the login") from error
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelDown(f"SMTP: {type(error).__name__}") from None
        try:
            session.send_message(
                mail, from_addr=parseaddr(config["MAIL_FROM"])[1], to_addrs=[message.address]
            )
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise (DeliveryRefused if code in NO_SUCH_RECIPIENT else DeliveryFailed)(
                f"SMTP {code} for the receiver"
            ) from None
        except smtplib.SMTPResponseException as error:
            raise DeliveryFailed(f"SMTP {error.smtp_code}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryFailed(f"SMTP: {type(error).__name__}") from None
        finally:
            session.close()

    return {Channel.MAIL: send}


def compose_mail(message: RenderedMessage, mail_from: str, site_url: str) -> EmailMessage:
    """Return the mail. Its Message-ID is the same at each attempt, so that a second copy can be recognised."""
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = mail_from
    mail["To"] = message.address
    mail["Subject"] = f"{SITE_NAME}通知"
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{message.idempotency_key}@{parseaddr(mail_from)[1].rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    lines = [message.text, ""]
    if site_url:
        lines.append(f"登录查看：{site_url}")
    lines += [f"咨询电话：{message.help_line}", "本邮件由系统自动发出，请勿回复。"]
    mail.set_content("\n".join(lines) + "\n", charset="utf-8", cte="base64")
    return mail
