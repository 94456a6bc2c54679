"""The tables: what is stored, and what the constraints forbid. Nothing here knows a request, a login session or a view."""

from models.access import Attempts, LoginSession, ResetCode
from models.accounts import Account, Invitation
from models.applications import Application, Counter, Experience
from models.audit import AuditEntry
from models.batches import Batch, Grant, GrantEvent, Objection, ObjectionFile
from models.bulk import BulkJob, BulkRow
from models.calendar import CalendarYear
from models.continuations import Continuation
from models.database import db, now
from models.decision_notices import DecisionNotice, NoticeCounter
from models.deputies import Deputy
from models.desk_work import Assignment, InternalNote, OpenPage
from models.documents import FileJob
from models.drafts import ApplicationDraft
from models.enterprises import Enterprise, RegistrationEvent
from models.forms import FormVersion
from models.heartbeats import Heartbeat
from models.imports import Import, ImportRow
from models.marks import Mark
from models.materials import Attachment, Material
from models.messages import Delivery, Digest, Message, MessageReading
from models.notices import Notice, NoticeReading
from models.partial_uploads import PartialUpload
from models.payment_runs import BankAnswer, BankAnswerRow, BankLayout, PaymentRun, RunEvent, RunFile, RunRow
from models.payments import AccountCorrection, Deduction, Payment, PaymentEvent
from models.periods import Period
from models.picture_jobs import PictureJob
from models.printed_forms import PrintedForm
from models.regions import Office, Region
from models.reviews import Disclosure, Review
from models.second_factor import SecondFactor, SpareCode
from models.settings import Setting
from models.standards import Standard
from models.statistics import (
    counted_applications,
    counted_decisions,
    counted_reasons,
    enterprise_totals,
    statistic_changes,
    statistic_counts,
)
from models.system_events import SystemEvent
from models.transactions import exclusive
from models.vocabulary import (
    REACHED_BITS,
    Action,
    BankOutcome,
    BatchState,
    BulkState,
    ChangeKind,
    Channel,
    ContinuationAction,
    ContinuationState,
    CorrectionState,
    DeliveryState,
    DrawingState,
    EmploymentEnd,
    EventOutcome,
    ExperienceKind,
    FileState,
    GrantAction,
    GrantState,
    ImportState,
    ObjectionDecision,
    OfficeDuty,
    PaymentAction,
    PaymentState,
    RegionKind,
    Registration,
    RegistrationAction,
    Result,
    Role,
    RunAction,
    RunState,
    StandardState,
    State,
)

__all__ = [
    "REACHED_BITS",
    "Account",
    "AccountCorrection",
    "Action",
    "Application",
    "ApplicationDraft",
    "Assignment",
    "Attachment",
    "Attempts",
    "AuditEntry",
    "BankAnswer",
    "BankAnswerRow",
    "BankLayout",
    "BankOutcome",
    "Batch",
    "BatchState",
    "BulkJob",
    "BulkRow",
    "BulkState",
    "CalendarYear",
    "ChangeKind",
    "Channel",
    "Continuation",
    "ContinuationAction",
    "ContinuationState",
    "CorrectionState",
    "Counter",
    "DecisionNotice",
    "Deduction",
    "Delivery",
    "DeliveryState",
    "Deputy",
    "Digest",
    "Disclosure",
    "DrawingState",
    "EmploymentEnd",
    "Enterprise",
    "EventOutcome",
    "Experience",
    "ExperienceKind",
    "FileJob",
    "FileState",
    "FormVersion",
    "Grant",
    "GrantAction",
    "GrantEvent",
    "GrantState",
    "Heartbeat",
    "Import",
    "ImportRow",
    "ImportState",
    "InternalNote",
    "Invitation",
    "LoginSession",
    "Mark",
    "Material",
    "Message",
    "MessageReading",
    "Notice",
    "NoticeCounter",
    "NoticeReading",
    "Objection",
    "ObjectionDecision",
    "ObjectionFile",
    "Office",
    "OfficeDuty",
    "OpenPage",
    "PartialUpload",
    "Payment",
    "PaymentAction",
    "PaymentEvent",
    "PaymentRun",
    "PaymentState",
    "Period",
    "PictureJob",
    "PrintedForm",
    "Region",
    "RegionKind",
    "Registration",
    "RegistrationAction",
    "RegistrationEvent",
    "ResetCode",
    "Result",
    "Review",
    "Role",
    "RunAction",
    "RunEvent",
    "RunFile",
    "RunRow",
    "RunState",
    "SecondFactor",
    "Setting",
    "SpareCode",
    "Standard",
    "StandardState",
    "State",
    "SystemEvent",
    "counted_applications",
    "counted_decisions",
    "counted_reasons",
    "db",
    "enterprise_totals",
    "exclusive",
    "now",
    "statistic_changes",
    "statistic_counts",
]
