"""Finds everything that is missing or wrong in an application, each problem with its field or slot (A15)."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Integer, and_, bindparam, exists, select

from common import identity, telephones
from common.calendar import today
from common.days import EARLIEST, WRONG_YEAR
from common.errors import Problem
from common.wording import N_
from models import Application, Attachment, Material, Registration
from models.experiences import experiences_of
from models.object_statements import ObjectStatement
from models.statements import CompiledStatement
from workflow.form import versions
from workflow.form.answers import value
from workflow.form.fields import Field, Kind
from workflow.form.living_allowance import SECTIONS

YOUNGEST = 16
"""Years; Labour Law of the People's Republic of China, article 15."""
OLDEST = 100
BANK_ACCOUNT = re.compile("[0-9]{8,30}")
"""The rule for payments, too: what can be submitted can be paid to."""


Slots = list[tuple[Material, list[Attachment]]]


def problems(application: Application, known_slots: Slots | None = None) -> list[Problem]:
    """Return every problem that prevents a submission, in the order of the page. `known_slots`: its slots, if the caller has them."""
    missing = (
        _MISSING.execute({"application_id": application.id})
        if known_slots is None
        else [(one.id, one.name) for one, uploaded in known_slots if one.required and not uploaded]
    )
    found = [*_fields(application), *_experiences(application), *_materials(missing)]
    order = [section.key for section in SECTIONS]
    return sorted(found, key=lambda problem: order.index(problem.section))


def _fields(application: Application) -> Iterator[Problem]:
    version = versions.form_of(application)
    for key, asked in version.fields.items():
        given, section, words = value(application, key), version.section_of[key], {"label": asked.label}
        if not given:
            if asked.required:
                yield Problem(section, key, MISSING[asked.kind], words, missing=True)
            continue
        if asked.choices and given not in asked.choices:
            yield Problem(section, key, MISSING[Kind.CHOICE], words)
        elif isinstance(given, date) and given < EARLIEST:
            yield Problem(section, key, WRONG_YEAR, words | {"year": given.isoformat()[:4]})
        elif (check := CHECKS.get(key)) and (sentence := check(application)):
            yield Problem(section, key, sentence, words)
        elif asked.further and (sentence := _out_of_limits(asked, given)):
            limits = {"least": asked.least, "most": asked.most, "decimals": str(asked.decimals)}
            yield Problem(section, key, sentence, words | limits)


def _out_of_limits(asked: Field, given: Any) -> str:
    """Return what is wrong with an answer to an added field, by the limits of the form version; "" when nothing is."""
    if asked.kind is Kind.DATE:
        if asked.least and given.isoformat() < asked.least:
            return N_("%(label)s不能早于 %(least)s。")
        if asked.most and given.isoformat() > asked.most:
            return N_("%(label)s不能晚于 %(most)s。")
    if asked.kind is Kind.QUANTITY:
        if len(given.partition(".")[2]) > asked.decimals:
            return N_("%(label)s最多 %(decimals)s 位小数。") if asked.decimals else N_("%(label)s应为整数。")
        if asked.least and Decimal(given) < Decimal(asked.least):
            return N_("%(label)s不能小于 %(least)s。")
        if asked.most and Decimal(given) > Decimal(asked.most):
            return N_("%(label)s不能大于 %(most)s。")
    return ""


MISSING = {kind: N_("请填写%(label)s。") for kind in Kind} | {
    Kind.CHOICE: N_("请选择%(label)s。"),
    Kind.ENTERPRISE: N_("请点击放大镜选择%(label)s。"),
    Kind.PROMISE: N_("请阅读承诺并勾选“%(label)s”。"),
}


def _identity(application: Application) -> str:
    return identity.fault(application.paper, application.identity_number)


def _sex(application: Application) -> str:
    holder = identity.holder(application.paper, application.identity_number)
    if holder and holder.sex and holder.sex != value(application, "sex"):
        if application.paper == identity.CITIZEN:
            return N_("性别与公民身份号码不一致。")
        return N_("性别与证件号码不一致。")
    return ""


def _birth_date(application: Application) -> str:
    born: date = value(application, "birth_date")
    holder = identity.holder(application.paper, application.identity_number)
    if holder and not holder.born_on(born):
        if application.paper == identity.CITIZEN:
            return N_("出生日期与公民身份号码不一致。")
        return N_("出生日期与证件号码不一致。")
    if not YOUNGEST <= _age(born) <= OLDEST:
        return N_("出生日期不合理，请核对。")
    return ""


def _age(born: date) -> int:
    at = today()
    return at.year - born.year - ((at.month, at.day) < (born.month, born.day))


def _phone(application: Application) -> str:
    return telephones.mobile_fault(application.phone or "")


def _email(application: Application) -> str:
    # Imported here: compiling its patterns would slow down every start.
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(value(application, "email"), check_deliverability=False)
    except EmailNotValidError:
        return N_("电子邮箱格式不正确，例如：name@example.com。")
    return ""


def _between_birth_and_today(key: str) -> Callable[[Application], str]:
    def check(application: Application) -> str:
        day, born = value(application, key), value(application, "birth_date")
        if day > today():
            return N_("%(label)s不能晚于今天。")
        return N_("%(label)s不能早于出生日期。") if born and day < born else ""

    return check


def _contract_end(application: Application) -> str:
    start, end = application.contract_start, application.contract_end
    if start and end and end <= start:
        return N_("劳动合同终止时间应晚于起始时间。")
    if end and end < today():
        return N_("劳动合同已到期，请按现行合同填写。")
    return ""


def _enterprise(application: Application) -> str:
    chosen = application.enterprise
    if (
        chosen is None
        or not chosen.active
        or chosen.registration is not Registration.APPROVED
        or not chosen.region.active
    ):
        return N_("所选单位的账号目前不可用，请重新选择或联系单位。")
    return ""


def _bank_account(application: Application) -> str:
    if BANK_ACCOUNT.fullmatch(application.bank_account or ""):
        return ""
    return N_("银行账号应为 8 至 30 位数字。")


CHECKS: dict[str, Callable[[Application], str]] = {
    "identity_number": _identity,
    "sex": _sex,
    "birth_date": _birth_date,
    "phone": _phone,
    "email": _email,
    "graduated_on": _between_birth_and_today("graduated_on"),
    "enterprise_id": _enterprise,
    "arrived_on": _between_birth_and_today("arrived_on"),
    "contract_start": _between_birth_and_today("contract_start"),
    "contract_end": _contract_end,
    "insurance_start": _between_birth_and_today("insurance_start"),
    "bank_account": _bank_account,
}


ROW_LACKS = N_("第 %(row)s 条经历：请填写%(label)s。")
ROW_STARTS_LATER = N_("第 %(row)s 条经历：起始年月不能晚于今天。")
ROW_WRONG_YEAR = N_("第 %(row)s 条经历：%(label)s的年份“%(year)s”不对，请填写四位数字，不早于 1900 年。")
ROW_ENDS_EARLIER = N_("第 %(row)s 条经历：终止年月不能早于起始年月。")
EXPERIENCE_LABELS = {
    "kind": N_("类别"),
    "start": N_("起始年月"),
    "end": N_("终止年月"),
    "place": N_("学校或单位"),
    "subject": N_("专业或职务"),
    "witness": N_("证明人"),
}


def _experiences(application: Application) -> Iterator[Problem]:
    rows = experiences_of(application)
    if not rows:
        yield Problem("experience", "experiences", N_("请点击“新增”填写学习工作经历。"), missing=True)
    for index, row in enumerate(rows):
        anchor = f"experiences-{index}"
        for key, label in EXPERIENCE_LABELS.items():
            if key != "end" and not getattr(row, key):
                words = {"row": str(index + 1), "label": label}
                yield Problem("experience", f"{anchor}-{key}", ROW_LACKS, words, missing=True)
        for key in ("start", "end"):
            day = getattr(row, key)
            if day and day < EARLIEST:
                words = {"row": str(index + 1), "label": EXPERIENCE_LABELS[key], "year": day.isoformat()[:4]}
                yield Problem("experience", f"{anchor}-{key}", ROW_WRONG_YEAR, words)
        if row.start and row.start > today():
            yield Problem("experience", f"{anchor}-start", ROW_STARTS_LATER, {"row": str(index + 1)})
        if row.start and row.end and row.end < row.start:
            yield Problem("experience", f"{anchor}-end", ROW_ENDS_EARLIER, {"row": str(index + 1)})


_UPLOADED = and_(
    Attachment.material_id == Material.id,
    Attachment.application_id == bindparam("application_id", type_=Integer),
    Attachment.removed_after.is_(None),
)
_MATERIALS = ObjectStatement(
    lambda: (
        select(Material, Attachment)
        .outerjoin(Attachment, _UPLOADED)
        .where(Material.active)
        .order_by(Material.position, Material.id, Attachment.id)
    )
)
_MISSING = CompiledStatement(
    lambda: (
        select(Material.id, Material.name)
        .where(Material.active, Material.required, ~exists().where(_UPLOADED))
        .order_by(Material.position, Material.id)
    )
)
"""The required materials without a file: a submission needs no more of them."""


def slots(application: Application) -> Slots:
    """Return each required or optional material in order, with its current attachments."""
    found: dict[Material, list[Attachment]] = {}
    for material, attachment in _MATERIALS.rows({"application_id": application.id}):
        found.setdefault(material, []).extend([attachment] if attachment else [])
    return list(found.items())


def _materials(missing: Iterable[Sequence[Any]]) -> Iterator[Problem]:
    for material_id, name in missing:
        anchor = f"material-{material_id}"
        yield Problem("attachments", anchor, N_("请上传%(material)s。"), {"material": name}, missing=True)
