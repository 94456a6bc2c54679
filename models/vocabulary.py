"""The enums of columns. Their wording for people is elsewhere, never here."""

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
    """The duty of an office: the office of a region, or the city's expert centre, which reviews last."""

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
"""One bit for each review step, in the order of the steps. `Application.reached` has the bits of the steps that the
application has reached. Scope, routing and the partial indexes use these constants."""


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
    REROUTE = "move"
    """Rerouted by an administrator (D3). Decides nothing, so it has no transition; its reason says why."""
    CLOSE = "close"
    """An administrator closed the employer (D1); the transitions are in ON_ENTERPRISE_CLOSED."""
    CORRECT_NAME = "correct_name"
    CORRECT_NUMBER = "correct_number"
    """The person's name or identity number was wrong (desk/corrections.py). Decides nothing."""
    EXTEND = "extend"
    """The office of the region gave the applicant more time to resubmit. The state stays the same."""
    TAKE_BACK = "take_back"
    """Whoever made the last decision took it back before anybody had opened the application (W13)."""


class ChangeKind(Enum):
    """What an administrator did to a row of the configuration. Such rows are never deleted."""

    CREATED = "created"
    CHANGED = "changed"


class Registration(Enum):
    """The state of an enterprise's registration (E2, E3). LISTED: it was imported and has no account."""

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
    """The channels by which messages are delivered outside the site. On the site everybody sees their messages anyway."""

    MAIL = "mail"
    SMS = "sms"


class DeliveryState(Enum):
    """`sending`: claimed by a worker until its lease ends. `failed`: no further attempt."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class ImportState(Enum):
    """The state of an import. A worker works on it while READING and while IMPORTING."""

    READING = "reading"
    PREVIEW = "preview"
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"
    DISCARDED = "discarded"


class BulkState(Enum):
    """Where a bulk decision stands. `chosen`: shown as a summary and not confirmed. `stopped`: whoever asked
    may decide no longer, or the worker failed at it too often."""

    CHOSEN = "chosen"
    WORKING = "working"
    DONE = "done"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


class StandardState(Enum):
    """A draft of a standard counts nowhere; `discarded`: a draft that was never put into force."""

    DRAFT = "draft"
    IN_FORCE = "in_force"
    DISCARDED = "discarded"


class FileState(Enum):
    """Where a file that the worker makes stands. `expired`: its time is over, and the file is deleted."""

    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class DrawingState(Enum):
    """A picture job has one state: it is deleted when the pictures are drawn, or cannot be."""

    WAITING = "waiting"


class ExperienceKind(Enum):
    STUDY = "study"
    WORK = "work"


class BatchState(Enum):
    """公示 runs until the end of the day `Batch.closes`; ENDED once every grant that no objection holds up was granted."""

    PUBLIC = "public"
    ENDED = "ended"


class GrantState(Enum):
    """Where a grant is. Its procedure is the table in payments/grant_transitions.py."""

    PUBLICIZED = "publicized"
    SUSPENDED = "suspended"
    GRANTED = "granted"
    DENIED = "denied"
    STOPPED = "stopped"
    COMPLETED = "completed"


class GrantAction(Enum):
    """What is done to a grant. PUBLICIZE creates it, when a batch is made, and has no transition."""

    PUBLICIZE = "publicize"
    OBJECT = "object"
    DISMISS = "dismiss"
    UPHOLD = "uphold"
    GRANT = "grant"
    STOP = "stop"
    COMPLETE = "complete"
    REOPEN = "reopen"
    HOLD = "hold"
    """The employment was not confirmed in time; the payments of that year stay suspended."""
    LEAVE = "leave"
    """The person no longer works there."""
    REINSTATE = "reinstate"
    """A stop was wrong: what was stopped is to be paid again."""
    RECONSIDER = "reconsider"
    """An objection was wrongly upheld: it is to be decided again."""


class ObjectionDecision(Enum):
    UPHELD = "upheld"
    DISMISSED = "dismissed"


class ContinuationState(Enum):
    """Where the yearly question about employment stands. ANSWERED: the enterprise has to confirm the person's yes."""

    ASKED = "asked"
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    ENDED = "ended"


class ContinuationAction(Enum):
    """What is done about it. END: person or enterprise says that the employment has ended. EXPIRE: the term has passed.

    ASK_AGAIN: the city has taken back that it has ended.
    """

    CONTINUE = "continue"
    CONFIRM = "confirm"
    END = "end"
    EXPIRE = "expire"
    ASK_AGAIN = "ask_again"


class EmploymentEnd(Enum):
    """Why somebody no longer works there."""

    LEFT = "left"
    MOVED = "moved"


class PaymentState(Enum):
    """Where one payment of a grant stands. REVERSED: it came back from the bank; a new payment replaces it."""

    OPEN = "open"
    IN_RUN = "in_run"
    PAID = "paid"
    REFUSED = "refused"
    SUSPENDED = "suspended"
    STOPPED = "stopped"
    REVERSED = "reversed"


class PaymentAction(Enum):
    """What happens to a payment. payments/run_transitions.py says when and where it leads."""

    INCLUDE = "include"
    RELEASE = "release"
    """The run was discarded, or the payment could not be frozen with it."""
    PAY = "pay"
    REFUSE = "refuse"
    REOPEN = "reopen"
    """The corrected account was confirmed, or the city pays to the same account again."""
    RESUME = "resume"
    STOP = "stop"
    REVERSE = "reverse"
    REINSTATE = "reinstate"
    """The grant is no longer stopped."""


class RunState(Enum):
    MADE = "made"
    FROZEN = "frozen"
    APPROVED = "approved"
    EXPORTED = "exported"
    ANSWERED = "answered"
    DISCARDED = "discarded"


class RunAction(Enum):
    MAKE = "make"
    FREEZE = "freeze"
    APPROVE = "approve"
    EXPORT = "export"
    ANSWER = "answer"
    """The bank answered some rows and others are left."""
    COMPLETE = "complete"
    """The bank answered the last row."""
    DISCARD = "discard"


class BankOutcome(Enum):
    """What the bank says of one row. UNKNOWN: it says itself that it does not know yet."""

    PAID = "paid"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class CorrectionState(Enum):
    """Where a corrected bank account stands: the enterprise, or the city in its place, confirms or refuses it."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class EventOutcome(Enum):
    """How a backup, or something else of the operation, ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
