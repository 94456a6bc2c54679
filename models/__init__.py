"""The tables: what is stored, and what the constraints forbid. Nothing here knows a request, a login session or a view."""

from models.access import Attempts, LoginSession, ResetCode
from models.accounts import Account, Invitation
from models.applications import Application, Counter, Experience
from models.audit import AuditEntry
from models.batches import Batch, Grant, GrantEvent, Objection, ObjectionFile
from models.bulk import BulkJob, BulkRow
from models.calendar import CalendarYear
from models.database import db, now
from models.deputies import Deputy
from models.desk_work import Assignment, InternalNote, OpenPage
from models.drafts import ApplicationDraft
from models.enterprises import Enterprise, RegistrationEvent
from models.forms import FormVersion
from models.imports import Import, ImportRow
from models.marks import Mark
from models.materials import Attachment, Material
from models.messages import Delivery, Digest, Message, MessageReading
from models.notices import Notice, NoticeReading
from models.partial_uploads import PartialUpload
from models.periods import Period
from models.regions import Office, Region
from models.reviews import Disclosure, Review
from models.second_factor import SecondFactor, SpareCode
from models.settings import Setting
from models.standards import Standard
from models.transactions import exclusive
from models.vocabulary import (
    REACHED_BITS,
    Action,
    BatchState,
    BulkState,
    ChangeKind,
    Channel,
    DeliveryState,
    ExperienceKind,
    GrantAction,
    GrantState,
    ImportState,
    ObjectionDecision,
    OfficeDuty,
    RegionKind,
    Registration,
    RegistrationAction,
    Result,
    Role,
    StandardState,
    State,
)
from models.work import Heartbeat

__all__ = [
    "REACHED_BITS",
    "Account",
    "Action",
    "Application",
    "ApplicationDraft",
    "Assignment",
    "Attachment",
    "Attempts",
    "AuditEntry",
    "Batch",
    "BatchState",
    "BulkJob",
    "BulkRow",
    "BulkState",
    "CalendarYear",
    "ChangeKind",
    "Channel",
    "Counter",
    "Delivery",
    "DeliveryState",
    "Deputy",
    "Digest",
    "Disclosure",
    "Enterprise",
    "Experience",
    "ExperienceKind",
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
    "NoticeReading",
    "Objection",
    "ObjectionDecision",
    "ObjectionFile",
    "Office",
    "OfficeDuty",
    "OpenPage",
    "PartialUpload",
    "Period",
    "Region",
    "RegionKind",
    "Registration",
    "RegistrationAction",
    "RegistrationEvent",
    "ResetCode",
    "Result",
    "Review",
    "Role",
    "SecondFactor",
    "Setting",
    "SpareCode",
    "Standard",
    "StandardState",
    "State",
    "db",
    "exclusive",
    "now",
]
