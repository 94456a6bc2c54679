"""The times at which the worker's recurring tasks last ran."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Instant, Model


class Heartbeat(Model):
    """When a recurring task last ran, by its name in common/heartbeats.py."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
