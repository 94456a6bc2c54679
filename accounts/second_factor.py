"""动态验证码: staff may, or must where the setting says so, show a telephone's code after the password (RFC 6238).

No code opens twice: of the telephone's the half minute is kept, of the spare ones the row goes. How often may be tried
is counted by whoever asks, like a password.
"""

import secrets
from enum import Enum

import pyotp
from pyotp.utils import strings_equal
from sqlalchemy import delete, func, select

from accounts import logins, passwords
from accounts.access import active_account
from common import audit, messages
from common.errors import NotPermitted
from common.identity import normalised
from common.settings import REQUIRED, STAFF_SECOND_FACTOR, setting
from models import Account, SecondFactor, SpareCode, db, exclusive, now
from models.secrets import vault


def remove_second_factor(account: Account) -> None:
    """Drop what an account's second step was checked against; whoever calls holds the transaction."""
    account.second_factor = False
    for table in (SpareCode, SecondFactor):
        db.session.execute(delete(table).where(table.account_id == account.id))


ISSUER = "鄂尔多斯人才补贴"  # stays Chinese: the name under which a telephone keeps the secret
SKEW = (-1, 0, 1)
"""Half minutes by which a telephone's clock may differ."""
SPARE_CODES = 10
SPARE_LENGTH = 10
"""Letters of a spare code: 49 bits, which no number of permitted tries comes near."""


class LoginStep(Enum):
    """What still lies between a right password and the session."""

    NONE = "none"
    CODE = "code"
    ENROLMENT = "enrolment"


def step_for(account: Account) -> LoginStep:
    """Return what an account has to do after its password."""
    if account.second_factor:
        return LoginStep.CODE
    return LoginStep.ENROLMENT if required_of(account) else LoginStep.NONE


def offered_to(account: Account) -> bool:
    """Say whether an account may have one."""
    return account.role in logins.STAFF


def required_of(account: Account) -> bool:
    """Say whether an account must have one."""
    return offered_to(account) and setting(STAFF_SECOND_FACTOR) == REQUIRED


def generate_secret() -> str:
    """Return a secret for a telephone; it is worth nothing before `enrol`."""
    return pyotp.random_base32()


def provisioning_uri(account: Account, secret: str) -> str:
    """Return what a telephone reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=account.login or "", issuer_name=ISSUER)


def enrol(actor: Account, secret: str, code: str) -> list[str] | None:
    """Begin with a secret whose present code the person has typed. Every session of the account ends.

    Returns the spare codes, to be shown this once; None when the code is not the secret's. Raises NotPermitted.
    """
    with exclusive():
        person = _lock_account(actor)
        if person.second_factor or not offered_to(person):
            raise NotPermitted
        step = _step_of(secret, code)
        if step is None:
            return None
        db.session.add(SecondFactor(account_id=person.id, secret=secret, last_step=step))
        person.second_factor = True
        passwords.end_sessions(person)
        audit.note_second_factor(person)
        return _new_spare_codes(person)


def use_code(actor: Account, code: str) -> bool:
    """Say whether this is the present code or a spare one, and let it be worth nothing from now on."""
    with exclusive():
        return _use_code(actor.id, code)


def renew_spare_codes(actor: Account, code: str) -> list[str] | None:
    """Return new spare codes in place of those before; None when the code is wrong."""
    with exclusive():
        person = _lock_account(actor)
        return _new_spare_codes(person) if _use_code(person.id, code) else None


def disable(actor: Account, code: str) -> bool:
    """Do without it from now on; False when the code is wrong. Raises NotPermitted where it is required."""
    with exclusive():
        person = _lock_account(actor)
        if required_of(person):
            raise NotPermitted
        if not _use_code(person.id, code):
            return False
        remove_second_factor(person)
        messages.write_message(person, "second_factor_off", {})
        audit.note_second_factor(person)
        return True


def spare_codes_left(account: Account) -> int:
    """Return how many spare codes an account still has."""
    mine = select(func.count()).select_from(SpareCode).where(SpareCode.account_id == account.id)
    return db.session.scalar(mine) or 0


def _lock_account(actor: Account) -> Account:
    logins.lock_account(actor)
    return active_account(actor)


def _use_code(account_id: int, code: str) -> bool:
    factor = db.session.scalars(
        select(SecondFactor)
        .where(SecondFactor.account_id == account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if factor is None:
        return False
    step = _step_of(factor.secret, code)
    if step is not None:
        fresh = step > factor.last_step
        factor.last_step = max(step, factor.last_step)
        return fresh
    spare = db.session.get(SpareCode, (account_id, _digest(account_id, code)), populate_existing=True)
    if spare is None:
        return False
    db.session.delete(spare)
    return True


def _step_of(secret: str, code: str) -> int | None:
    """Return the half minute whose code this is, as far as clocks may differ."""
    telephone, typed = pyotp.TOTP(secret), normalised(code)
    present_step = telephone.timecode(now())
    matching = [
        present_step + skew
        for skew in SKEW
        if strings_equal(typed, telephone.generate_otp(present_step + skew))
    ]
    return matching[-1] if matching else None


def _new_spare_codes(person: Account) -> list[str]:
    db.session.execute(delete(SpareCode).where(SpareCode.account_id == person.id))
    codes = [_generate_spare_code() for _ in range(SPARE_CODES)]
    db.session.add_all(SpareCode(account_id=person.id, digest=_digest(person.id, code)) for code in codes)
    return codes


def _generate_spare_code() -> str:
    letters = "".join(secrets.choice(passwords.CODE_LETTERS) for _ in range(SPARE_LENGTH))
    half = SPARE_LENGTH // 2
    return f"{letters[:half]}-{letters[half:]}"


def _digest(account_id: int, code: str) -> str:
    return vault.digest(f"spare code:{account_id}:{normalised(code)}")
