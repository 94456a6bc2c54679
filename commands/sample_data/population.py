"""Sample people and employers: staff of the offices, enterprises with a reviewer each, and applicants.

Nobody can log in with one of these accounts: the password is discarded.
"""

import secrets
from collections import defaultdict
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from stdnum.cn import ric, uscc

from accounts import logins, passwords
from commands.sample_data import names
from commands.sample_data.bulk import Bulk
from common import identity
from models import (
    Account,
    Enterprise,
    OfficeDuty,
    Region,
    Registration,
    RegistrationAction,
    RegistrationEvent,
    Role,
    db,
)
from models.accounts import Membership
from workflow import routing

YEARS = 5
"""How far back the sample goes."""

AREAS = ("150602", "150621", "150622", "150627", "150202", "150102", "150402", "610802", "640102", "140602")
FIRST_BIRTHDAY = date(1968, 1, 1)
BIRTHDAYS = 12000
STRIDE = 7919
"""Coprime to BIRTHDAYS: consecutive rows have different ages, and each day occurs once per cycle."""

SEQUENCES = 499


class Population:
    """The accounts and enterprises made so far. `earliest` is the time of the first application."""

    def __init__(self, bulk: Bulk, chance: Random, earliest: datetime) -> None:
        self._bulk, self._chance, self._earliest = bulk, chance, earliest
        self._unusable_hash = passwords.hasher.hash(
            secrets.token_hex()
        )  # one hash for all: hashing each would take hours
        self._regions = list(db.session.scalars(select(Region).where(Region.active)))
        self.centre = routing.final_office()
        self.clerks: dict[int, list[Account]] = defaultdict(list)
        for clerk in db.session.scalars(select(Account).where(Account.office_id.is_not(None))):
            self.clerks[clerk.office_id or 0].append(clerk)
        self.reviewers: dict[int, Account] = {}
        self._enterprises: list[Enterprise] = []

    def add_offices_and_enterprises(self, number: int) -> None:
        """Add a clerk for every office without one, and `number` enterprises."""
        for office in (self.centre, *(region.office for region in self._regions)):
            if not self.clerks[office.id]:
                role = Role.CITY if office.duty is OfficeDuty.FINAL else Role.OFFICE
                self.clerks[office.id].append(self._staff(role, office=office, office_id=office.id))
        self._add_existing_enterprises()
        for _ in range(number):
            self._enterprises.append(self._enterprise(self._chance.choice(self._regions)))

    def employer(self) -> Enterprise:
        """Return a random enterprise; few get many applications, most get few."""
        return self._enterprises[int(len(self._enterprises) * self._chance.random() ** 2)]

    def _add_existing_enterprises(self) -> None:
        approved = select(Enterprise).where(Enterprise.registration == Registration.APPROVED)
        for one in db.session.scalars(approved).all():
            known = select(Account).where(Account.enterprise_id == one.id).limit(1)
            self._enterprises.append(one)
            self.reviewers[one.id] = db.session.scalars(known).first() or self._reviewer(one)

    def _enterprise(self, region: Region) -> Enterprise:
        place = region.name if self._chance.random() < 0.5 else "鄂尔多斯市"
        name = names.employer(self._chance, place.removesuffix("(综合保税区)"))
        at = self._earliest - timedelta(days=self._chance.randrange(1, 60))
        one: Enterprise = self._bulk.add(
            Enterprise,
            name=name,
            initials=names.initials_of(name),
            region=region,
            region_id=region.id,
            contact_name=names.person(self._chance, "female"),
            contact_phone=f"0477-8{self._chance.randrange(10**6):06d}",
            registration=Registration.APPROVED,
            waiting_since=at,
        )
        body = f"91{region.code[:6]}MAC{one.id:06d}"
        one.credit_code = body + uscc.calc_check_digit(body)
        self.reviewers[one.id] = self._reviewer(one)
        clerk = self.clerks[region.office_id][0]
        for action, who, desk, when in (
            (RegistrationAction.REGISTER, None, one.name, at),
            (RegistrationAction.APPROVE, clerk, region.office.name, at + timedelta(days=3)),
        ):
            self._bulk.add(
                RegistrationEvent,
                enterprise_id=one.id,
                action=action,
                actor_id=who.id if who else None,
                actor_name=who.name if who else one.contact_name,
                desk=desk,
                at=when,
            )
        return one

    def _reviewer(self, of: Enterprise) -> Account:
        return self._staff(Role.ENTERPRISE, enterprise=of, enterprise_id=of.id)

    def _staff(self, role: Role, **place: Any) -> Account:
        login = f"sample{self._bulk.fresh(Account)}"
        return self._account(role, login, names.person(self._chance, "female"), login=login, **place)

    def citizen(self, begun: datetime) -> Account:
        sex = self._chance.choice(("male", "female"))
        turn, day = divmod(
            self._bulk.fresh(Account), BIRTHDAYS
        )  # unique combination of area, day and sequence
        area, order = divmod(turn, SEQUENCES)
        born = FIRST_BIRTHDAY + timedelta(days=day * STRIDE % BIRTHDAYS)
        body = f"{AREAS[area % len(AREAS)]}{born:%Y%m%d}{order * 2 + (sex == 'male'):03d}"
        number = str(body + ric.calc_check_digit(body + "0"))
        return self._account(
            Role.APPLICANT,
            number,
            names.person(self._chance, sex),
            paper=identity.CITIZEN,
            identity_number=number,
            phone=f"1{self._chance.choice('3589')}{self._chance.randrange(10**9):09d}",
            created_at=begun - timedelta(days=1),
        )

    def _account(self, role: Role, typed: str, name: str, **further: Any) -> Account:
        office, enterprise = further.pop("office", None), further.pop("enterprise", None)
        account: Account = self._bulk.add(
            Account,
            role=role,
            login_digest=logins.login_digest(logins.LOGIN_KIND_OF[role], typed),
            name=name,
            office=office,
            enterprise=enterprise,
            membership=Membership(None, None, name=getattr(office or enterprise, "name", "")),
            password_hash=self._unusable_hash,
            session_stamp=secrets.token_hex(8),
            **further,
        )
        return account
