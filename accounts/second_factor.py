"""The second factor (动态验证码): staff may enter a telephone's code after the password, or must if the setting says so (RFC 6238).

No code works twice: for the telephone's codes the last time step is stored, a spare code's row is deleted. The caller
limits the tries (accounts.attempts).
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
    """Delete the account's secret and spare codes. Call within `exclusive()`."""
    account.second_factor = False
    for table in (SpareCode, SecondFactor):
        db.session.execute(delete(table).where(table.account_id == account.id))


ISSUER = "鄂尔多斯人才补贴"  # stays Chinese: the name under which a telephone keeps the secret
SKEW = (-1, 0, 1)
"""Time steps of half a minute by which a telephone's clock may differ."""
SPARE_CODES = 10
SPARE_LENGTH = 10
"""Letters of a spare code: 49 bits, far beyond the permitted number of tries."""


class LoginStep(Enum):
    """What an account must still do between the right password and the session."""

    NONE = "none"
    CODE = "code"
    ENROLMENT = "enrolment"


def step_for(account: Account) -> LoginStep:
    """Return the account's next step after the password."""
    if account.second_factor:
        return LoginStep.CODE
    return LoginStep.ENROLMENT if required_of(account) else LoginStep.NONE


def offered_to(account: Account) -> bool:
    """Say whether the account may have a second factor."""
    return account.role in logins.STAFF


def required_of(account: Account) -> bool:
    """Say whether the account must have a second factor."""
    return offered_to(account) and setting(STAFF_SECOND_FACTOR) == REQUIRED


def generate_secret() -> str:
    """Return a new secret for a telephone. It takes effect with `enrol`."""
    return pyotp.random_base32()


def provisioning_uri(account: Account, secret: str) -> str:
    """Return the otpauth:// address in the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account.login or "", issuer_name=ISSUER)


def enrol(actor: Account, secret: str, code: str) -> list[str] | None:
    """Enable the second factor after the person has typed a present code of the secret. Every session of the account ends.

    Returns the spare codes, which can be shown only now; None when the code is wrong. Raises NotPermitted.
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
    """Say whether this is a present code or a spare code, and use it up."""
    with exclusive():
        return _use_code(actor.id, code)


def renew_spare_codes(actor: Account, code: str) -> list[str] | None:
    """Replace the spare codes and return the new ones; None when the code is wrong."""
    with exclusive():
        person = _lock_account(actor)
        return _new_spare_codes(person) if _use_code(person.id, code) else None


def disable(actor: Account, code: str) -> bool:
    """Disable the second factor; False when the code is wrong. Raises NotPermitted when it is required."""
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
    """Return the time step of this code, within SKEW; None when there is none."""
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
