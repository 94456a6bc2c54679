"""Login sessions, failed attempts, and codes to reset a password. No secret is stored in plain text."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, now


class LoginSession(Model):
    """One login in one browser. The row is deleted when the session ends; a cookie without a row is invalid.

    `seen_at` is the time of the last request, to the minute.
    """

    __tablename__ = "login_sessions"

    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    begun_at: Mapped[datetime] = mapped_column(Instant, default=now)
    seen_at: Mapped[datetime] = mapped_column(Instant, default=now)

    __table_args__ = (Index(None, "account_id"), Index(None, "seen_at"))


class Attempts(Model):
    """Counts recent failed attempts: of a login from one address or browser, of a login, or from one address.

    `subject` (the login) and `address` are keyed digests; "" where the row counts all of them. The login need not exist. For a
    browser in which the login has succeeded before, `address` is the digest of that browser. `opened_at` is the time of the
    last success.
    """

    __tablename__ = "attempts"

    purpose: Mapped[str] = mapped_column(String(16), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(Instant, default=now)
    locked_until: Mapped[datetime | None] = mapped_column(Instant)
    opened_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index(None, "subject"), Index(None, "last_at"))


class ResetCode(Model):
    """A code to reset a forgotten password. It works once, and only in the browser that requested it, which holds `token`.

    `account_id` is NULL when no account has the login. Such a row behaves the same, so that nothing is revealed.
    """

    __tablename__ = "reset_codes"

    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    login_digest: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    code_digest: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime] = mapped_column(Instant, default=now)

    __table_args__ = (Index(None, "account_id"), Index(None, "asked_at"))
