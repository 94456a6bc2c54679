"""Accounts. A person's identity number is never stored in plain text, not even as a login name."""

from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy import ForeignKey, Index, String, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.database import Instant, Model, enum_text, now
from models.enterprises import Enterprise
from models.regions import Office
from models.secrets import Encrypted
from models.spelling import key_unless_same
from models.vocabulary import RegionKind, Role

LONGEST_DESK = 100
"""Characters of `models.Review.desk`."""


class StandIn(NamedTuple):
    """A region of an absent office for which another office decides for a time (models/deputies.py)."""

    region_id: int
    kind: RegionKind
    office_id: int
    office_name: str


class Membership(NamedTuple):
    """The enterprise or office that an account belongs to, as pages show it and scopes need it."""

    office_id: int | None
    enterprise_id: int | None
    name: str
    """The name of the office or enterprise; "" for an applicant and an administrator."""
    regions: tuple[tuple[int, RegionKind], ...] = ()
    """The regions of its office, and of those for which its office stands in: id and kind."""
    absent: tuple[tuple[int, str], ...] = ()
    """The colleagues for whom the account is deputy today: id and name."""
    stands_in: tuple[StandIn, ...] = ()

    @property
    def absent_office_ids(self) -> list[int]:
        """Return the offices for which its office stands in."""
        return sorted({one.office_id for one in self.stands_in})

    def desk_name(self, region_id: int | None) -> str:
        """Return the name for the history of an application of this region; it says for which office this one decides."""
        for one in self.stands_in:
            if one.region_id == region_id:
                return f"{one.office_name}（由{self.name}代办）"[:LONGEST_DESK]  # stays Chinese
        return self.name


class Account(Model):
    """An applicant, a reviewer of an enterprise, a clerk of an office or of the city, or an administrator.

    `login_digest` is the keyed hash of the typed login. `session_stamp` is part of every session cookie, so a new stamp ends
    all sessions. `must_change_password`: somebody else set the password and knows it. `paper` is the kind of identity document
    (common/identity.py). Messages are delivered by the channels that the person wants and has an address for.
    """

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[Role] = mapped_column(enum_text(Role))
    login_digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str | None] = mapped_column(String(60))
    password_hash: Mapped[str] = mapped_column(String(160))
    recovery_hash: Mapped[str | None] = mapped_column(String(160))
    session_stamp: Mapped[str] = mapped_column(String(32))
    paper: Mapped[str | None] = mapped_column(String(20))
    identity_number: Mapped[str | None] = mapped_column(Encrypted("accounts.identity_number"))
    login: Mapped[str | None] = mapped_column(String(60))
    phone: Mapped[str] = mapped_column(String(30), default="")
    email: Mapped[str | None] = mapped_column(String(120))
    wants_sms: Mapped[bool] = mapped_column(default=True, server_default=true())
    wants_mail: Mapped[bool] = mapped_column(default=False, server_default=false())
    wants_digest: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether a reviewer or administrator wants the daily reminder (desk/digests.py)."""
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"))
    active: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=false())
    second_factor: Mapped[bool] = mapped_column(default=False, server_default=false())
    number_corrected_at: Mapped[datetime | None] = mapped_column(Instant)
    """When an administrator corrected the identity number, which is done once."""
    may_export_full: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the account may export numbers in full (W9). Given by an administrator."""
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)

    office: Mapped[Office | None] = relationship()
    enterprise: Mapped[Enterprise | None] = relationship()

    __table_args__ = (Index(None, "role"), Index(None, "office_id"), Index(None, "enterprise_id"))

    known_membership = cast("Membership | None", None)
    """The membership as loaded together with the account (accounts/sessions.py), else None."""

    @validates("name")
    def _key_with_it(self, _column: str, name: str) -> str:
        """Update the search key with the name."""
        self.name_key = key_unless_same(name, 60)
        return name

    is_authenticated = True
    is_anonymous = False

    @property
    def membership(self) -> Membership:
        """Return the membership; loads it if it is not known."""
        place, known = (self.office_id, self.enterprise_id), self.known_membership
        if known is not None and known[:2] == place:
            return known
        if self.office is not None:
            return Membership(
                *place, self.office.name, tuple((each.id, each.kind) for each in self.office.regions)
            )
        return Membership(*place, self.enterprise.name if self.enterprise is not None else "")

    @property
    def is_active(self) -> bool:
        """Whether the person may log in: not when deactivated, and not a reviewer of a closed enterprise."""
        return self.active and (self.enterprise is None or self.enterprise.active)

    def get_id(self) -> str:
        """Return the content of the session cookie. A changed stamp makes every older cookie invalid."""
        return f"{self.id}.{self.session_stamp}"

    def __str__(self) -> str:
        return self.name


class Invitation(Model):
    """An invitation to review for an enterprise. The row is deleted when it is accepted or withdrawn.

    The account exists already, but cannot log in. Only the digest of the invitation code is stored.
    """

    __tablename__ = "invitations"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    code_digest: Mapped[str] = mapped_column(String(64))
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    expires_at: Mapped[datetime] = mapped_column(Instant)

    account: Mapped[Account] = relationship(foreign_keys=[account_id])

    __table_args__ = (Index(None, "invited_by_id"),)
