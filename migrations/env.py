"""Runs the migrations inside the application's context, on its own engine."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import DateTime, Text

from models.database import Instant
from models.search import PIECE_TABLE
from models.secrets import Encrypted, EncryptedJSON
from models.transactions import WRITE_OPTIONS

PLAIN = {Instant: DateTime, Encrypted: Text, EncryptedJSON: Text}
"""A migration writes down what the database sees, and stays true when our own types change."""


def plain_types(kind: str, column_type: Any, autogen_context: Any) -> str | bool:
    """Return how a type of ours is written into a new migration."""
    plain = PLAIN.get(type(column_type)) if kind == "type" else None
    return f"sa.{plain.__name__}()" if plain else False


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Say whether models describe a table: those beside it that only SQLite needs are made by models/search.py."""
    return kind != "table" or not PIECE_TABLE.fullmatch(name or "")


migrate = current_app.extensions["migrate"]
engine = migrate.db.engine
with engine.connect().execution_options(**WRITE_OPTIONS[engine.dialect.name]) as connection:
    context.configure(
        connection=connection,
        target_metadata=migrate.db.metadatas[None],
        render_item=plain_types,
        include_name=is_ours,
        **migrate.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
