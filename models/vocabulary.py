"""The enums that columns may hold. Their wording for people stands elsewhere, never here."""

from enum import Enum


class Role(Enum):
    APPLICANT = "applicant"
    ENTERPRISE = "enterprise"
    OFFICE = "office"
    CITY = "city"
    ADMINISTRATOR = "administrator"


class RegionKind(Enum):
    """市直属, 旗区, 市管园区: the only thing that decides the route of an application (R3)."""

    CITY = "city"
    BANNER = "banner"
    PARK = "park"


class OfficeDuty(Enum):
    """What an office is there for: a region's own office, or the city's expert centre that reviews last."""

    REGION = "region"
    FINAL = "final"


class State(Enum):
    DRAFT = "draft"
    ENTERPRISE_REVIEW = "enterprise_review"
    PRELIMINARY_REVIEW = "preliminary_review"
    CITY_REVIEW = "city_review"
    RETURNED = "returned"
    FINISHED = "finished"


REACHED_BITS = {State.ENTERPRISE_REVIEW: 0b001, State.PRELIMINARY_REVIEW: 0b010, State.CITY_REVIEW: 0b100}
"""One bit for each review step, in the order of the steps. `Application.reached` holds the bits of the steps that the
application has been at; scope, routing and the partial indexes all read them from here."""


class Result(Enum):
    PASSED = "passed"
    RETURNED = "returned"
    REFUSED = "refused"


class Action(Enum):
    SAVE = "save"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    PASS = "pass"  # noqa: S105
    RETURN = "return"
    REFUSE = "refuse"
    MOVE = "move"
    """Rerouted by an administrator (D3). Decides nothing, so it has no transition; its reason says why."""
    CLOSE = "close"
    """Its employer was closed by an administrator (D1); ON_ENTERPRISE_CLOSED says what follows."""
    CORRECT_NAME = "correct_name"
    CORRECT_NUMBER = "correct_number"
    """The person's name or identity number was wrong (desk/corrections.py). Decides nothing."""
    EXTEND = "extend"
    """The office of its region gave the applicant more time to resubmit it; it stays where it is."""


class ChangeKind(Enum):
    """What an administrator did to a row of the configuration; nothing of it is ever deleted."""

    CREATED = "created"
    CHANGED = "changed"


class Registration(Enum):
    """Where the registration of an enterprise's account stands (E2, E3); a listed one was imported and has no account."""

    LISTED = "listed"
    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


class RegistrationAction(Enum):
    REGISTER = "register"
    APPROVE = "approve"
    REFUSE = "refuse"
    RESUBMIT = "resubmit"


class Channel(Enum):
    """By what a message is delivered outside the site. On the site everybody sees their own messages anyway."""

    MAIL = "mail"
    SMS = "sms"


class DeliveryState(Enum):
    """`sending`: claimed by a worker until its lease ends. `failed`: no further attempt."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class ImportState(Enum):
    """Where an import stands; a worker has it while it is being read, and again once it was confirmed."""

    READING = "reading"
    PREVIEW = "preview"
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"
    DISCARDED = "discarded"


class ExperienceKind(Enum):
    STUDY = "study"
    WORK = "work"
