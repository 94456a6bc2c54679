"""Accounts: who comes in by which door, passwords (argon2id) and recovery codes. Never says whether an account exists."""

import re
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from sqlalchemy import delete, select

from common.identity import normalised
from common.wording import N_
from models import Account, Role, SecondFactor, SpareCode, db, exclusive
from models.secrets import vault

STAFF = (Role.OFFICE, Role.CITY, Role.ADMINISTRATOR)
DOORS = {
    "personal": (Role.APPLICANT,),
    "enterprise": (Role.ENTERPRISE,),
    "staff": STAFF,
}
"""「个人登录」, 「企业登录」 and the staff entrance: a login is unique within its door."""

DOOR_OF = {role: door for door, roles in DOORS.items() for role in roles}

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 128
"""Characters; argon2 would take more, but hashing a megabyte is work for an attacker's benefit."""

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_GROUPS = 4
CODE_GROUP_LENGTH = 4

DRAWN_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
DRAWN_LENGTH = 12
"""A password that we draw: 59 bits, none of its letters mistaken for another when it is read out on the telephone."""

hasher = PasswordHasher()


def login_digest(door: str, login: str) -> str:
    """Return the keyed hash under which a login is found: the number of a paper is never stored as a login name."""
    return vault.digest(f"{door}:{normalised(login)}")


def found_again(person: Account) -> bool:
    """Say whether this person's paper still leads to the account: not when TALENT_DIGEST_KEY is another one since."""
    return person.login_digest == login_digest("personal", person.identity_number or "")


def find(door: str, login: str) -> Account | None:
    """Return the account that logs in by this door with this name."""
    return db.session.scalars(
        select(Account).where(Account.login_digest == login_digest(door, login))
    ).one_or_none()


@cache
def _nobody() -> str:
    return hasher.hash(secrets.token_hex())


def hold(account: Account) -> None:
    """Let one transaction at a time begin something for this person; the others wait until it has ended."""
    db.session.execute(select(Account.id).where(Account.id == account.id).with_for_update(key_share=True))


def verify(hashed: str | None, secret: str) -> bool:
    """Say whether the secret is the hashed one; takes the same time where there is nothing to compare with."""
    try:
        return hasher.verify(hashed or _nobody(), secret) and hashed is not None
    except Argon2Error:
        return False


def authenticate(door: str, login: str, password: str) -> Account | None:
    """Return the active account whose password this is, or None; as slow for a stranger as for a wrong password."""
    account = find(door, login)
    right = verify(account.password_hash if account else None, password[:LONGEST_PASSWORD])
    return account if right and account is not None and account.is_active else None


def password_fault(password: str) -> str:
    """Return what a password lacks, as a sentence; "" when it is good enough."""
    if len(password) < SHORTEST_PASSWORD:
        return N_("密码至少 8 位，须同时含有字母和数字。")
    if len(password) > LONGEST_PASSWORD:
        return N_("密码不能超过 128 位。")
    if not (re.search(r"[A-Za-z]", password) and re.search(r"\d", password)):
        return N_("密码至少 8 位，须同时含有字母和数字。")
    return ""


def set_password(account: Account, password: str, *, handed_over: bool = False) -> None:
    """Change the password and end every session of the account.

    A password that is handed over is good for one login: then its owner sets another, which nobody else knows.
    """
    account.password_hash = hasher.hash(password)
    account.must_change_password = handed_over
    end_sessions(account)


def draw_password() -> str:
    """Return a password made at random, to be shown once and handed over."""
    while True:
        password = "".join(secrets.choice(DRAWN_LETTERS) for _ in range(DRAWN_LENGTH))
        if not password_fault(password):
            return password


def end_sessions(account: Account) -> None:
    """Make every session of the account worthless."""
    account.session_stamp = secrets.token_hex(8)


def forget_second_factor(account: Account) -> None:
    """Drop what an account's second step was checked against; whoever calls holds the transaction."""
    account.second_factor = False
    for table in (SpareCode, SecondFactor):
        db.session.execute(delete(table).where(table.account_id == account.id))


def draw_code() -> str:
    """Return a code made at random, in groups that can be read out and typed."""
    groups = (
        "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_GROUP_LENGTH)) for _ in range(CODE_GROUPS)
    )
    return "-".join(groups)


def set_recovery_code(account: Account) -> str:
    """Give the account a new 「找回码」 and return it; only its hash is kept, so it can be shown this once."""
    code = draw_code()
    account.recovery_hash = hasher.hash(normalised(code))
    return code


def new_account(role: Role, login: str, name: str, password: str, **further: object) -> Account:
    """Return a new account, not yet added to the session; what a person logs in with is kept as a hash alone."""
    account = Account(
        role=role,
        login=None if role is Role.APPLICANT else login,
        login_digest=login_digest(DOOR_OF[role], login),
        name=name,
        active=True,
        **further,
    )
    set_password(account, password)
    return account


def new_person(paper: str, number: str, name: str, phone: str, password: str) -> Account:
    """Return a new applicant's account, not yet added; the number is encrypted and never a login in the clear."""
    return new_account(
        Role.APPLICANT,
        number,
        name,
        password,
        paper=paper,
        identity_number=normalised(number),
        phone=phone,
    )


def rename(account: Account, login: str) -> None:
    """Let a reviewer or clerk log in by another name; whoever calls holds the transaction.

    The flush raises sqlalchemy.exc.IntegrityError when the name is taken.
    """
    account.login = login
    account.login_digest = login_digest(DOOR_OF[account.role], login)


def change_password(account: Account, password: str) -> None:
    """Set a new password in a transaction of its own."""
    with exclusive():
        person = db.session.get_one(Account, account.id, populate_existing=True)
        set_password(person, password)


def renew_recovery_code(account: Account) -> str:
    """Return a new 「找回码」 in place of the old one, in a transaction of its own."""
    with exclusive():
        person = db.session.get_one(Account, account.id, populate_existing=True)
        return set_recovery_code(person)
