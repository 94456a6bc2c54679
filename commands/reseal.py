"""Re-encrypts values sealed with older keys, so that a key can be retired. May run while the site is in use."""

from collections.abc import Iterator

import click
from cryptography.exceptions import InvalidTag
from flask.cli import with_appcontext
from sqlalchemy import Column, Text, select, type_coerce, update

from models import db, exclusive
from models.secrets import sealed_columns, vault

BATCH_SIZE = 200
"""Rows between two commits. Somebody who saves meanwhile waits at most for these."""


@click.command("reseal")
@with_appcontext
def reseal() -> None:
    """Re-encrypt with the first of TALENT_ENCRYPTION_KEYS every value that another key has sealed."""
    try:
        for column in sealed_columns(db.metadata):
            done = sum(_batches(column))
            click.echo(f"· {column.table.name}.{column.name}: {done}")
    except (KeyError, InvalidTag):
        raise click.ClickException(
            "有的值没有钥匙能解开，已停止；python -m tools.restored 逐条列出 / no key opens a value; tools.restored names it"
        ) from None
    click.echo(f"全部用 {vault.writes_with} 加密 / everything is sealed with {vault.writes_with}")


def _batches(column: Column[str]) -> Iterator[int]:
    """Yield the number of values that each commit re-encrypted."""
    while done := _batch(column):
        yield done


def _batch(column: Column[str]) -> int:
    keys, sealed = list(column.table.primary_key.columns), type_coerce(column, Text)
    older = (
        select(sealed, *keys).where(~sealed.startswith(vault.writes_with, autoescape=True)).order_by(*keys)
    )
    with exclusive():
        rows = db.session.execute(older.limit(BATCH_SIZE)).all()
        for value, *key in rows:
            resealed = vault.seal(vault.open(value, column.type.context), column.type.context)  # type: ignore[attr-defined]
            # Only if unchanged since it was read; a changed value is sealed with the current key anyway.
            db.session.execute(
                update(column.table)
                .where(*(one == part for one, part in zip(keys, key, strict=True)), sealed == value)
                .values({column.name: type_coerce(resealed, Text)})
            )
    return len(rows)
