"""动态验证码: the secrets of second factors. Secrets are encrypted, codes are never stored."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model, now
from models.secrets import Encrypted


class SecondFactor(Model):
    """The secret shared with one person's telephone. `last_step` is the time step (30 seconds) of the last code that was used."""

    __tablename__ = "second_factors"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(Encrypted("second_factors.secret"))
    last_step: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime] = mapped_column(Instant, default=now)


class SpareCode(Model):
    """The digest of a 「备用码」, which replaces the telephone once. The row is deleted when the code is used."""

    __tablename__ = "spare_codes"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
