"""Who is in, how often coming in was tried in vain, and the codes of those who forgot their password. No secret in the clear."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, now


class LoginSession(Model):
    """One login at one browser, until it ends: a cookie that names no row is worth nothing.

    `seen_at` is when its person last asked for something, kept to the minute.
    """

    __tablename__ = "login_sessions"

    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    begun_at: Mapped[datetime] = mapped_column(Instant, default=now)
    seen_at: Mapped[datetime] = mapped_column(Instant, default=now)

    __table_args__ = (Index(None, "account_id"), Index(None, "seen_at"))


class Attempts(Model):
    """How often a secret was tried in vain, lately: for a login from an address or a browser, for a login, or from an address.

    `subject` and `address` are keyed digests, "" where the count is not theirs; whether anybody has the login is not
    asked. For a browser that the login has come in from before, `address` is the digest of that browser. `opened_at` is when
    the secret was last right.
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
    """A code for a forgotten password. It opens once, and only at the browser that asked for it, which knows `token`.

    `account_id` is empty where nobody has the login: all the rest is the same.
    """

    __tablename__ = "reset_codes"

    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    login_digest: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    code_digest: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime] = mapped_column(Instant, default=now)

    __table_args__ = (Index(None, "account_id"), Index(None, "asked_at"))
