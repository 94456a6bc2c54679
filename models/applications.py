"""Applications and their answers.

Only workflow/review.py sets `state` and the columns of the procedure, but for two: desk/extension.py sets `resubmit_by` too, and
desk/taking_back.py `opened_at`. `enterprise_id` is the current answer in the form;
`submitted_enterprise_id` and `region_id` are what was submitted, and every scope uses them.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.accounts import Account
from models.database import Instant, Model, by_code_point, enum_text, now, partial
from models.enterprises import Enterprise
from models.periods import Period
from models.regions import Region
from models.search import digits_of, searchable
from models.secrets import Encrypted, vault
from models.spelling import key_unless_same
from models.vocabulary import REACHED_BITS, ExperienceKind, Result, State

UNDER_WAY = text("state <> 'finished'")
REACHED_CITY = text(f"reached & {REACHED_BITS[State.CITY_REVIEW]} <> 0")
REACHED_CITY_UNDER_WAY = text(f"{REACHED_CITY} AND {UNDER_WAY}")
"""Written exactly as in the queries of workflow/scope.py: a database uses a partial index only for a condition it recognizes."""


WITHOUT_BATCH = partial(
    text("result = 'passed' AND NOT in_batch"), on_sqlite=text("result = 'passed' AND in_batch = 0")
)
"""As SQLAlchemy writes `~Application.in_batch` for each database (payments/grant_scope.py)."""


QUEUED_ROWS: dict[str, Any] = {"postgresql_where": UNDER_WAY}
"""Only on PostgreSQL: SQLite does not conclude from `state = x` that `state <> 'finished'`, and would not use the index."""
COUNTED_ROWS = QUEUED_ROWS | {"postgresql_include": ["reached"]}

SORT_COLUMNS = ("number", "initials", "submitted_at")
"""The sort columns of lists, besides the waiting time (`arrived_at`)."""


TAIL_LENGTH = 4
"""The last characters of an identity number, by which people refer to it."""


def tail_digest(number: str) -> str:
    """Return the keyed digest of the last characters of an identity number, for searching.

    Only about eleven thousand endings exist. The key prevents finding the ending of a digest by trying them all.
    """
    return vault.digest(f"identity tail:{number[-TAIL_LENGTH:]}")[:16]


class Application(Model):
    """One person's application. A unique index allows each person one application that is not finished."""

    __tablename__ = "applications"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    applicant_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))

    state: Mapped[State] = mapped_column(enum_text(State), default=State.DRAFT)
    result: Mapped[Result | None] = mapped_column(enum_text(Result))
    reached: Mapped[int] = mapped_column(default=0)
    """The review steps it has reached, as a sum of REACHED_BITS. A step once reached keeps its access."""
    version: Mapped[int] = mapped_column(default=1)
    round: Mapped[int] = mapped_column(default=0)
    """How many times it was submitted."""
    submitted_enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"))
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    saved_at: Mapped[datetime] = mapped_column(Instant, default=now)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    period_id: Mapped[int | None] = mapped_column(ForeignKey("periods.id"))
    """The period in which it was first submitted. It never changes."""
    resubmit_by: Mapped[date | None]
    """While it is returned: the last day in Ordos on which it can be resubmitted outside of any period."""
    arrived_at: Mapped[datetime] = mapped_column(Instant, default=now)
    """When it arrived in its current state."""
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    """When whoever has it now first opened it there; NULL until then (desk/taking_back.py)."""

    marked: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether any desk has marks on it (models/marks.py): not always the one it waits for now. Without it nothing looks for them."""

    in_batch: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether a batch holds it (models/batches.py); its last decision then stands. Only payments/batch_making.py sets it."""

    form_version: Mapped[int] = mapped_column(default=1)
    """The number of the form version that it was begun with (models/forms.py). It never changes."""
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str | None] = mapped_column(String(60))
    initials: Mapped[str] = mapped_column(by_code_point(60), default="")
    other_initials: Mapped[str | None] = mapped_column(by_code_point(60))
    """Initials by the other reading of the surname, where there is one (common/initials.py)."""
    paper: Mapped[str] = mapped_column(String(20))
    """The kind of identity document (common/identity.py)."""
    identity_number: Mapped[str] = mapped_column(Encrypted("applications.identity_number"))
    identity_digest: Mapped[str] = mapped_column(String(64))
    identity_tail: Mapped[str | None] = mapped_column(String(16))
    """The keyed digest of its last characters; NULL where a migration could not read the number."""
    phone: Mapped[str | None] = mapped_column(String(30))
    education: Mapped[str | None] = mapped_column(String(20))
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"))
    contract_start: Mapped[date | None]
    contract_end: Mapped[date | None]
    bank_account: Mapped[str | None] = mapped_column(Encrypted("applications.bank_account"))
    bank_digest: Mapped[str | None] = mapped_column(String(64))
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """The other fields of the form by key, as typed JSON (workflow/form/fields.py)."""

    applicant: Mapped[Account] = relationship(foreign_keys=[applicant_id])
    enterprise: Mapped[Enterprise | None] = relationship(foreign_keys=[enterprise_id])
    submitted_enterprise: Mapped[Enterprise | None] = relationship(foreign_keys=[submitted_enterprise_id])
    region: Mapped[Region | None] = relationship()
    period: Mapped[Period | None] = relationship()
    experiences: Mapped[list["Experience"]] = relationship(
        order_by="Experience.position", cascade="all, delete-orphan", back_populates="application"
    )

    __table_args__ = (
        Index(
            "uq_applications_one_under_way",
            "applicant_id",
            unique=True,
            **partial(UNDER_WAY),
        ),
        Index(None, "applicant_id", "id"),
        # For each scope: all rows in each sort order. The filter columns follow, so that rows are filtered in the index.
        Index("ix_applications_by_arrived_at", "arrived_at", "id", "education", "result", "period_id"),
        *(
            Index(
                f"ix_applications_by_{column}", column, "id", "education", "region_id", "result", "period_id"
            )
            for column in SORT_COLUMNS
        ),
        Index(
            "ix_applications_by_region_and_arrived_at",
            "region_id",
            "arrived_at",
            "id",
            "education",
            "period_id",
        ),
        Index(None, "submitted_enterprise_id", "arrived_at", "id", "education"),
        *(Index(None, "submitted_enterprise_id", column, "id") for column in SORT_COLUMNS),
        # Rows waiting in one state: few, and scattered over the whole table in every sort order, hence own indexes.
        # `reached` is included so that the number on a tab is counted in the index alone: counting in the table read
        # 15,000 pages at a million rows. The city's numbers have an index of their own.
        Index(
            "ix_applications_counted_in_the_city",
            "state",
            "arrived_at",
            "period_id",
            **partial(REACHED_CITY_UNDER_WAY),
        ),
        Index(None, "state", "arrived_at", "id", "education", **QUEUED_ROWS),
        Index(None, "region_id", "state", "arrived_at", "id", "education", **COUNTED_ROWS),
        Index(None, "submitted_enterprise_id", "state", "arrived_at", "id", **QUEUED_ROWS),
        *(Index(None, "state", column, "id", "education", **QUEUED_ROWS) for column in SORT_COLUMNS),
        *(Index(None, "region_id", "state", column, "id", **QUEUED_ROWS) for column in SORT_COLUMNS),
        # The newest rows have mostly not reached the city yet; these indexes leave them out.
        *(
            Index(None, column, "id", "education", **partial(REACHED_CITY))
            for column in ("number", "submitted_at")
        ),
        # Waiting for a batch: few of all that passed, once batches are made regularly.
        Index(
            "ix_applications_without_batch",
            "period_id",
            "arrived_at",
            "id",
            "education",
            "region_id",
            **WITHOUT_BATCH,
        ),
        Index(None, "identity_digest"),
        Index(None, "identity_tail"),
        Index(
            "ix_applications_other_initials", "other_initials", **partial(text("other_initials IS NOT NULL"))
        ),
        Index("ix_applications_telephone", digits_of(phone)),
        Index(None, "bank_digest"),
    )

    @validates("name")
    def _key_with_it(self, _column: str, name: str) -> str:
        """Update the search key with the name."""
        self.name_key = key_unless_same(name, 60)
        return name

    @validates("identity_number")
    def _tail_with_it(self, _column: str, number: str) -> str:
        """Update the digest of the last characters with the number."""
        self.identity_tail = tail_digest(number)
        return number

    @validates("bank_account")
    def _digest_with_it(self, _key: str, account: str | None) -> str | None:
        """Update the digest with the account number."""
        self.bank_digest = vault.digest(account) if account else None
        return account

    def __str__(self) -> str:
        return self.number


searchable(Application, "name")


class Experience(Model):
    """One row of 学习工作经历 (A10). Months are stored as their first day; an open end means 至今."""

    __tablename__ = "experiences"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    position: Mapped[int]
    kind: Mapped[ExperienceKind | None] = mapped_column(enum_text(ExperienceKind))
    start: Mapped[date | None]
    end: Mapped[date | None]
    place: Mapped[str] = mapped_column(String(100), default="")
    subject: Mapped[str] = mapped_column(String(100), default="")
    witness: Mapped[str] = mapped_column(String(60), default="")

    application: Mapped[Application] = relationship(back_populates="experiences")

    @property
    def content(self) -> tuple[object, ...]:
        """Return what is typed in the row and its place: equal rows need not be written again."""
        return self.position, self.kind, self.start, self.end, self.place, self.subject, self.witness

    __table_args__ = (Index(None, "application_id"),)


class Counter(Model):
    """The last application number of a year. The row is locked while a number is taken, so none is given twice."""

    __tablename__ = "counters"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(default=0)
