"""Dumps and restores the database while the site runs: SQLite by its online backup, PostgreSQL by pg_dump and pg_restore."""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from alembic.migration import MigrationContext
from sqlalchemy import URL, Connection, Engine, create_engine, inspect, make_url, text

from commands.backups.manifest import BackupError
from worker.queue import SCHEMA as QUEUE_SCHEMA

DEBIAN_PROGRAMS = Path("/usr/lib/postgresql")
LOCK_SECONDS = 10
"""How long a restore that replaces tables waits for whoever still uses them."""


class Database(Protocol):
    """One kind of database. `dump` yields a connection that sees exactly what the dump holds."""

    kind: str
    file_name: str

    def estimated_bytes(self) -> int: ...
    def dump(self, target: Path) -> Any: ...
    def require_readable(self, source: Path) -> None: ...
    def empty(self) -> None: ...
    def restore(self, source: Path) -> None: ...


def database_of(engine: Engine) -> Database:
    """Return how the database of this engine is dumped and restored."""
    return SQLite(engine) if engine.dialect.name == "sqlite" else PostgreSQL(engine)


def revision_of(connection: Connection) -> str:
    """Return the migration at which a database stands; "" for none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def has_tables(engine: Engine) -> bool:
    """Say whether the database has any table."""
    return bool(inspect(engine).get_table_names())


class SQLite:
    kind, file_name = "sqlite", "database.sqlite"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._path = Path(engine.url.database or "")

    def estimated_bytes(self) -> int:
        """Return how many bytes a dump takes."""
        return self._path.stat().st_size

    @contextmanager
    def dump(self, target: Path) -> Iterator[Connection]:
        """Copy the database in one step: in WAL mode writers go on meanwhile."""
        try:
            with _closing(self._path) as source, _closing(target) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, without -wal and -shm
        except sqlite3.Error as error:  # for one, that the disk is full, which is no OSError here
            raise BackupError(f"{target} 写入失败（磁盘已满？） / could not be written: {error}") from error
        reader = create_engine(URL.create("sqlite", database=str(target)))
        try:
            with reader.connect() as connection:
                yield connection
        finally:
            reader.dispose()

    def require_readable(self, source: Path) -> None:
        """Nothing to do: every version reads the files of the others."""

    def empty(self) -> None:
        """Nothing to do: a restore replaces everything."""

    def restore(self, source: Path) -> None:
        """Replace the content of the database. Raises BackupError."""
        self._engine.dispose()
        try:
            with _closing(source, mode="ro") as copy, _closing(self._path) as target:
                copy.backup(target)
        except sqlite3.Error as error:
            raise BackupError(f"{self._path} 写入失败 / could not be written: {error}") from error


@contextmanager
def _closing(path: Path, mode: str = "rwc") -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=LOCK_SECONDS)
    try:
        yield connection
    finally:
        connection.close()


class PostgreSQL:
    kind, file_name = "postgresql", "database.dump"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def estimated_bytes(self) -> int:
        """Return how many bytes a dump takes at most: it is compressed and has no indexes."""
        with self._engine.connect() as connection:
            size: int = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
            return size // 2

    @contextmanager
    def dump(self, target: Path) -> Iterator[Connection]:
        """Run pg_dump on the snapshot of the connection that is yielded."""
        program = self._program("pg_dump")
        with self._engine.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        ) as connection:
            snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            self._run(
                program,
                "--format=custom",
                f"--snapshot={snapshot}",
                f"--exclude-schema={QUEUE_SCHEMA}",  # losing it is harmless; the worker makes it anew
                f"--file={target}",
            )
            yield connection

    def empty(self) -> None:
        """Drop every table and function. Raises BackupError when somebody still uses them."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"SET lock_timeout = '{LOCK_SECONDS}s'"))
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
            connection.execute(text("RESET lock_timeout"))
        self._engine.dispose()  # prepared statements of dropped tables

    def require_readable(self, source: Path) -> None:
        """Raise BackupError for a dump that this server's pg_restore cannot read: it comes from a newer server."""
        _call(self._program("pg_restore"), "--list", str(source))

    def restore(self, source: Path) -> None:
        """Restore everything or nothing. Raises BackupError."""
        self._engine.dispose()
        self._run(
            self._program("pg_restore"),
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
            source=source,
        )

    def _program(self, name: str) -> str:
        """Return the program of the server's own version. Raises BackupError, naming Debian's package, when there is none.

        A newer one would dump, but nothing could restore that into this server (manual of pg_dump, Notes).
        """
        with self._engine.connect() as connection:
            server = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10000
        found = shutil.which(name, path=DEBIAN_PROGRAMS / str(server) / "bin") or shutil.which(name)
        if found and _version(found) == server:
            return found
        raise BackupError(
            f"缺少 {name} {server}（服务器是 PostgreSQL {server}，版本要相同）：apt-get install postgresql-client-{server}"
            f" / {name} {server} is missing, of the same version as the server: install the Debian package"
            f" postgresql-client-{server}"
        )

    def _run(self, program: str, *options: str, source: Path | None = None) -> None:
        url = make_url(self._engine.url).set(drivername="postgresql")
        # Everybody on this machine can read command lines, so the password is not in one.
        environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
        address = url.set(password=None).render_as_string(hide_password=False)
        _call(
            program,
            *options,
            f"--dbname={address}",
            *([str(source)] if source else []),
            environment=environment,
        )


def _call(program: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
    """Run a program. Raises BackupError with what it says when it fails."""
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise BackupError(f"{Path(program).name}: {done.stderr.strip()[-1500:]}")


def _version(program: str) -> int:
    """Return the major version that a program of PostgreSQL prints; 0 when it prints none."""
    printed = subprocess.run([program, "--version"], capture_output=True, text=True).stdout  # noqa: S603
    found = re.search(r"\d+", printed)
    return int(found[0]) if found else 0
