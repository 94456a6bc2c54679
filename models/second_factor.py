"""动态验证码: what a second step at the login is checked against. No secret in the clear, no code kept."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, now
from models.secrets import Encrypted


class SecondFactor(Model):
    """The secret that one person's telephone shares with us. `last_step` is the half minute whose code was used last."""

    __tablename__ = "second_factors"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(Encrypted("second_factors.secret"))
    last_step: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime] = mapped_column(Instant, default=now)


class SpareCode(Model):
    """A 「备用码」, for when the telephone is not at hand, as its digest; the row is gone once it was used."""

    __tablename__ = "spare_codes"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
