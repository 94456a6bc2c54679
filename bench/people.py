"""Adds applicants for a load test to the database of a build, with that build's own code: `python people.py COUNT PASSWORD`.

Prints their logins as JSON. All have the same password, which is hashed once. Never run on a database with real people.
"""

import json
import sys
from importlib import import_module
from importlib.util import find_spec
from random import SystemRandom

from sqlalchemy import select
from stdnum.cn import ric

sys.path.insert(0, ".")

from app import create_app
from models import Account, db, exclusive

# The names before and after the rooms of accounts were made, so that an earlier build can be filled, too.
CURRENT = find_spec("accounts") is not None
logins = import_module("accounts.logins" if CURRENT else "workflow.accounts")
passwords = import_module("accounts.passwords" if CURRENT else "workflow.accounts")


class HashedOnce:
    """Hashes the one password once: a thousand times would take a minute."""

    def __init__(self, password: str) -> None:
        self._hashed = passwords.hasher.hash(password)

    def hash(self, _password: str) -> str:
        return self._hashed


def numbers(count: int) -> list[str]:
    """Return at least so many valid identity numbers of people who do not exist."""
    chance = SystemRandom()
    bodies = {
        f"150602{chance.randrange(1985, 1993)}{chance.randrange(1, 13):02d}{chance.randrange(1, 28):02d}{chance.randrange(1000):03d}"
        for _ in range(2 * count)
    }
    return [body + ric.calc_check_digit(body + "0") for body in chance.sample(sorted(bodies), len(bodies))]


def main() -> None:
    count, password = int(sys.argv[1]), sys.argv[2]
    app = create_app()
    passwords.hasher = HashedOnce(password)
    found = []
    with app.app_context(), exclusive():
        there = set(db.session.scalars(select(Account.login_digest)))
        for number in numbers(count):
            account = logins.new_person("citizen", number, f"申请{len(found)}", "13847710000", password)
            if account.login_digest not in there and len(found) < count:
                db.session.add(account)
                found.append(number)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
