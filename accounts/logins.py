"""Logins: which account logs in by which door. Never says whether an account exists."""

from sqlalchemy import select

from accounts.passwords import LONGEST_PASSWORD, set_password, verify
from common.identity import normalised
from models import Account, Role, db
from models.secrets import vault

STAFF = (Role.OFFICE, Role.CITY, Role.ADMINISTRATOR)
DOORS = {
    "personal": (Role.APPLICANT,),
    "enterprise": (Role.ENTERPRISE,),
    "staff": STAFF,
}
"""「个人登录」, 「企业登录」 and the staff entrance: a login is unique within its door."""

DOOR_OF = {role: door for door, roles in DOORS.items() for role in roles}


def login_digest(door: str, login: str) -> str:
    """Return the keyed hash under which a login is found: the number of a paper is never stored as a login name."""
    return vault.digest(f"{door}:{normalised(login)}")


def login_matches_number(person: Account) -> bool:
    """Say whether this person's paper still leads to the account: not when TALENT_DIGEST_KEY is another one since."""
    return person.login_digest == login_digest("personal", person.identity_number or "")


def find(door: str, login: str) -> Account | None:
    """Return the account that logs in by this door with this name."""
    return db.session.scalars(
        select(Account).where(Account.login_digest == login_digest(door, login))
    ).one_or_none()


def lock_account(account: Account) -> None:
    """Let one transaction at a time begin something for this person; the others wait until it has ended."""
    db.session.execute(select(Account.id).where(Account.id == account.id).with_for_update(key_share=True))


def authenticate(door: str, login: str, password: str) -> Account | None:
    """Return the active account whose password this is, or None; as slow for a stranger as for a wrong password."""
    account = find(door, login)
    right = verify(account.password_hash if account else None, password[:LONGEST_PASSWORD])
    return account if right and account is not None and account.is_active else None


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
