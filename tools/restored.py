"""Checks a restored copy: the keys must decrypt all values, and every attachment must exist unchanged.

python -m tools.restored      with the TALENT_ variables of the copy; changes nothing, exits with 1 when something is missing.
"""

import sys
from collections.abc import Iterator
from hashlib import file_digest

from cryptography.exceptions import InvalidTag
from sqlalchemy import Column, null, select

from accounts.logins import login_matches_number
from app import create_app
from commands.backups.files import FILES
from models import Account, db
from models.secrets import sealed_columns
from uploads.sets import storage


def complaints() -> Iterator[str]:
    """Yield one line for each fault."""
    for column in sealed_columns(db.metadata):
        yield from _unreadable(column)
    yield from _unmatched_digest()
    for name, digest, _ in FILES:
        for row in db.session.execute(
            select(name, null() if digest is None else digest).where(name.is_not(None))
        ):
            yield from _different(*row)


def _unreadable(column: Column[object]) -> Iterator[str]:
    keys = list(column.table.primary_key.columns)
    for row in db.session.execute(select(*keys).where(column.is_not(None))).all():
        try:
            db.session.scalar(
                select(column).where(*(one == part for one, part in zip(keys, row, strict=True)))
            )
        except (KeyError, InvalidTag):
            name = "-".join(map(str, row))
            yield f"{column.table.name} {name}: TALENT_ENCRYPTION_KEYS 不能解密 · none opens {column.name}"


def _unmatched_digest() -> Iterator[str]:
    """Check one person: the key is the same for all."""
    of_people = select(Account).where(Account.identity_number.is_not(None)).limit(1)
    try:
        somebody = db.session.scalars(of_people).first()
    except (KeyError, InvalidTag):
        return  # reported already
    if somebody and not login_matches_number(somebody):
        yield "TALENT_DIGEST_KEY 不符 · is another one: 无人能登录 · nobody could log in"


def _different(name: str, digest: str | None) -> Iterator[str]:
    try:
        with storage().open(name) as file:
            if digest and file_digest(file, "sha256").hexdigest() != digest:
                yield f"{name}: 文件内容不同 · is another file"
    except FileNotFoundError:
        yield f"{name}: 文件不存在 · there is no such file"


def main() -> int:
    with create_app().app_context():
        found = list(complaints())
    print(*found, f"{len(found)} 处有问题 · {len(found)} to mend" if found else "完整 · whole", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
