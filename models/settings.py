"""Settings that the administrator changes without a deployment."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Model


class Setting(Model):
    """A value that the administrator can change without a deployment, such as the number of the help line."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(400))
    explanation: Mapped[str] = mapped_column(String(200), default="")

    def __str__(self) -> str:
        return self.key
