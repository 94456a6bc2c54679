"""Logins: finds and creates accounts by login name. Its answers must never reveal to a visitor whether an account exists."""

from sqlalchemy import select, update

from accounts.passwords import LONGEST_PASSWORD, renewed_hash, set_password, verify
from common.identity import normalised, other_spellings
from models import Account, Role, db, exclusive
from models.secrets import vault

STAFF = (Role.OFFICE, Role.CITY, Role.ADMINISTRATOR)
LOGIN_KINDS = {
    "personal": (Role.APPLICANT,),
    "enterprise": (Role.ENTERPRISE,),
    "staff": STAFF,
}
"""「个人登录」, 「企业登录」 and the staff entrance: a login is unique within its kind."""

LOGIN_KIND_OF = {role: login_kind for login_kind, roles in LOGIN_KINDS.items() for role in roles}


def login_digest(login_kind: str, login: str) -> str:
    """Return the keyed digest by which a login is looked up: an identity number is never stored as a login name."""
    return vault.digest(f"{login_kind}:{normalised(login)}")


def login_matches_number(person: Account) -> bool:
    """Say whether the person's identity number still finds the account: not after TALENT_DIGEST_KEY has changed."""
    return person.login_digest == login_digest("personal", person.identity_number or "")


def find(login_kind: str, login: str) -> Account | None:
    """Return the account with this login of this kind (a key of LOGIN_KINDS), or None."""
    return db.session.scalars(
        select(Account).where(Account.login_digest == login_digest(login_kind, login))
    ).one_or_none()


def find_person(paper: str, number: str) -> Account | None:
    """Return the account with this number, or else the one of the same person: with another count of renewals on the permit.

    A passport can have nine characters like a permit's, so the other account must be one with the same kind of document.
    """
    exact = login_digest("personal", number)
    others = [login_digest("personal", each) for each in other_spellings(paper, normalised(number))]
    found = db.session.scalars(select(Account).where(Account.login_digest.in_([exact, *others]))).all()
    same = (each for each in found if each.login_digest == exact)
    return next(same, None) or next((each for each in found if each.paper == paper), None)


def find_with_stand_in(login_kind: str, login: str) -> tuple[Account | None, Account | None]:
    """Return the account with this login, or None, and the account with whose hash the secret is to be compared.

    For an unknown login that is the account whose digest follows: always the same, and anybody's. Hashes from before a change
    of argon2's parameters take another time until their owners log in, so a constant hash would tell which logins exist.
    """
    digest = login_digest(login_kind, login)
    following = select(Account).where(Account.login_digest >= digest).order_by(Account.login_digest).limit(1)
    stand_in = db.session.scalars(following).one_or_none()
    found = stand_in if stand_in is not None and stand_in.login_digest == digest else None
    return found, stand_in


def lock_account(account: Account) -> None:
    """Lock the account's row until the transaction ends."""
    db.session.execute(select(Account.id).where(Account.id == account.id).with_for_update(key_share=True))


def authenticate(login_kind: str, login: str, password: str) -> Account | None:
    """Return the active account if the password is right, else None. An unknown login takes as long as a wrong password.

    The returned object is as it was read with the password that was verified: somebody may have changed it meanwhile.
    """
    account, stand_in = find_with_stand_in(login_kind, login)
    password = password[:LONGEST_PASSWORD]
    identifier = account.get_id() if account else ""
    right = verify(stand_in.password_hash if stand_in else None, password)
    if not right or account is None or not account.is_active:
        return None
    _renew_hash(account, password)  # after it the object is read anew
    return account if account.get_id() == identifier else None


def _renew_hash(account: Account, password: str) -> None:
    """Replace a hash that was made with other parameters, unless the password was changed meanwhile."""
    former = account.password_hash
    if (renewed := renewed_hash(former, password)) is None:
        return
    with exclusive():
        same = (Account.id == account.id, Account.password_hash == former)
        db.session.execute(update(Account).where(*same).values(password_hash=renewed))


def new_account(role: Role, login: str, name: str, password: str, **further: object) -> Account:
    """Return a new account, not yet added to the session. An applicant's login is stored as a digest only."""
    account = Account(
        role=role,
        login=None if role is Role.APPLICANT else login,
        login_digest=login_digest(LOGIN_KIND_OF[role], login),
        name=name,
        active=True,
        **further,
    )
    set_password(account, password)
    return account


def new_person(paper: str, number: str, name: str, phone: str, password: str) -> Account:
    """Return a new applicant's account, not yet added to the session. The identity number is stored encrypted."""
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
    """Change the login name of a reviewer or clerk. Call within `exclusive()`.

    The flush raises sqlalchemy.exc.IntegrityError when the name is taken.
    """
    account.login = login
    account.login_digest = login_digest(LOGIN_KIND_OF[account.role], login)
