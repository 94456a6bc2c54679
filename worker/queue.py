"""The queue that wakes the worker: huey in Redis, or in the site's database.

Losing its content is harmless. Its tables are separate: in their own file on SQLite, in their own schema on PostgreSQL.
"""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from huey import Huey, PostgresHuey, RedisHuey
from huey.serializer import SignedSerializer
from huey.storage import SqliteStorage
from redis import ConnectionPool
from sqlalchemy import make_url

NAME = "talent"
SCHEMA = "talent_queue"
CONNECT_SECONDS = 3
"""Timeout for connecting to the queue."""


class FastConnection(sqlite3.Connection):
    """A connection with less durability: after a power cut entries may be missing, but the file is not corrupt."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.execute("pragma synchronous=normal")


def for_config(config: Mapping[str, Any]) -> Huey:
    """Return the queue; it connects at first use."""
    given = {
        "name": NAME,
        "results": False,
        "serializer": SignedSerializer(secret=config["SECRET_KEY"], salt=f"{NAME} queue"),
    }
    if config["REDIS_URL"]:
        pool = ConnectionPool.from_url(config["REDIS_URL"], socket_connect_timeout=CONNECT_SECONDS)
        return RedisHuey(connection_pool=pool, **given)
    url = make_url(config["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() == "postgresql":
        return PostgresHuey(connection=lambda: _postgresql(config), create_tables=False, **given)
    file = Path(config["INSTANCE"]) / "queue.sqlite"
    return Huey(
        storage_class=SqliteStorage,
        factory=FastConnection,
        filename=str(file),
        create_tables=False,
        timeout=CONNECT_SECONDS,
        **given,
    )


def prepare(config: Mapping[str, Any], queue: Huey) -> None:
    """Create the queue's tables if they are missing. The worker calls it at its start."""
    if isinstance(queue, RedisHuey):
        return
    if isinstance(queue, PostgresHuey):
        with psycopg.connect(_dsn(config), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_advisory_lock(hashtext(%s))", [SCHEMA]
            )  # two workers may start at once
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            queue.storage.initialize_schema()
        return
    queue.storage.initialize_schema()


def _dsn(config: Mapping[str, Any]) -> str:
    url = make_url(config["SQLALCHEMY_DATABASE_URI"])
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _postgresql(config: Mapping[str, Any]) -> "psycopg.Connection[Any]":
    connection = psycopg.connect(_dsn(config), autocommit=True, connect_timeout=CONNECT_SECONDS)
    connection.execute(f"SET search_path TO {SCHEMA}")
    connection.execute("SET synchronous_commit TO off")
    return connection
