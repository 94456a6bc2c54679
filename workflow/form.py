"""基本信息 as a description: what is asked, in what order, of what kind.

SECTIONS declares what the procedure itself knows. Over it lie the versions that administrators publish; an application
keeps the one that it was begun with. From its version come the form, the page, the review page, completeness and the
difference since the last submission. The guide's pictures are lost, so these fields are our reading (REQUIREMENTS.md,
"Ambiguities").
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select

from common.identity import PAPERS
from common.text import same_text
from common.wording import N_, Bilingual
from models import Application, Experience, ExperienceKind, FormVersion, db


class Kind(Enum):
    TEXT = "text"
    PHONE = "phone"
    EMAIL = "email"
    NUMBER = "number"
    """Digits that name something, such as an account."""
    QUANTITY = "quantity"
    """A number that is more or less; kept as its decimal text, so that none is rounded and 0 is an answer."""
    DATE = "date"
    MONTH = "month"
    CHOICE = "choice"
    ENTERPRISE = "enterprise"
    PROMISE = "promise"


def _same(*labels: str) -> Mapping[str, str]:
    return MappingProxyType({label: label for label in labels})


SEXES = MappingProxyType({"male": N_("男"), "female": N_("女")})
YES_NO = MappingProxyType({"yes": N_("是"), "no": N_("否")})
EDUCATIONS = MappingProxyType(
    {
        "doctor": N_("博士研究生"),
        "master": N_("硕士研究生"),
        "bachelor": N_("大学本科"),
        "college": N_("大学专科"),
        "other": N_("其他"),
    }
)
DEGREES = MappingProxyType(
    {"doctor": N_("博士"), "master": N_("硕士"), "bachelor": N_("学士"), "none": N_("无学位")}
)
INDUSTRIES = MappingProxyType(
    {
        "information": N_("新一代信息技术产业"),
        "equipment": N_("高端装备制造产业"),
        "materials": N_("新材料产业"),
        "biology": N_("生物产业"),
        "new_energy_vehicles": N_("新能源汽车产业"),
        "new_energy": N_("新能源产业"),
        "environment": N_("节能环保产业"),
        "digital_creative": N_("数字创意产业"),
        "services": N_("相关服务业"),
    }
)
"""《战略性新兴产业分类（2018）》, National Bureau of Statistics, order 23."""

POLITICAL = MappingProxyType(
    {
        "party": N_("中共党员"),
        "probationary": N_("中共预备党员"),
        "league": N_("共青团员"),
        "democratic": N_("民主党派成员"),
        "independent": N_("无党派人士"),
        "masses": N_("群众"),
    }
)
ETHNICITIES = _same(
    *[
        N_("汉族"),
        N_("蒙古族"),
        N_("回族"),
        N_("藏族"),
        N_("维吾尔族"),
        N_("苗族"),
        N_("彝族"),
        N_("壮族"),
        N_("布依族"),
        N_("朝鲜族"),
        N_("满族"),
        N_("侗族"),
        N_("瑶族"),
        N_("白族"),
        N_("土家族"),
        N_("哈尼族"),
        N_("哈萨克族"),
        N_("傣族"),
        N_("黎族"),
        N_("傈僳族"),
        N_("佤族"),
        N_("畲族"),
        N_("高山族"),
        N_("拉祜族"),
        N_("水族"),
        N_("东乡族"),
        N_("纳西族"),
        N_("景颇族"),
        N_("柯尔克孜族"),
        N_("土族"),
        N_("达斡尔族"),
        N_("仫佬族"),
        N_("羌族"),
        N_("布朗族"),
        N_("撒拉族"),
        N_("毛南族"),
        N_("仡佬族"),
        N_("锡伯族"),
        N_("阿昌族"),
        N_("普米族"),
        N_("塔吉克族"),
        N_("怒族"),
        N_("乌孜别克族"),
        N_("俄罗斯族"),
        N_("鄂温克族"),
        N_("德昂族"),
        N_("保安族"),
        N_("裕固族"),
        N_("京族"),
        N_("塔塔尔族"),
        N_("独龙族"),
        N_("鄂伦春族"),
        N_("赫哲族"),
        N_("门巴族"),
        N_("珞巴族"),
        N_("基诺族"),
    ],
    N_("外国血统"),
)
EXPERIENCE_KINDS = MappingProxyType({ExperienceKind.STUDY: N_("学习"), ExperienceKind.WORK: N_("工作")})


@dataclass(frozen=True)
class Field:
    """One question. `fixed`: taken from the account, not asked; `secret`: masked wherever it is only listed.

    `needed` says why a version cannot leave it out, `closed` why none adds to its choices. `further` ones an administrator
    has added: their keys are generated and never mean anything else. `used`: whether the version asks it.
    """

    key: str
    label: str
    kind: Kind
    required: bool = True
    choices: Mapping[str, str] = field(default_factory=dict)
    help: str = ""
    fixed: bool = False
    secret: bool = False
    longest: int = 60
    wide: bool = False
    needed: str = ""
    closed: str = ""
    used: bool = True
    further: bool = False
    least: str = ""
    most: str = ""
    decimals: int = 0


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    fields: tuple[Field, ...] = ()


F = Field
OF_THE_ACCOUNT = N_("取自申请人的账号，用来认人。")
CHECKED_DATE = N_("系统核对劳动合同是否有效。")

# fmt: off
SECTIONS = (
    Section("basic", N_("基本信息"), (
        F("name", N_("姓名"), Kind.TEXT, fixed=True, needed=OF_THE_ACCOUNT),
        F("paper", N_("证件类型"), Kind.CHOICE, fixed=True, choices={key: paper.label for key, paper in PAPERS.items()}, needed=OF_THE_ACCOUNT),
        F("identity_number", N_("公民身份号码"), Kind.TEXT, fixed=True, secret=True, needed=OF_THE_ACCOUNT),
        F("sex", N_("性别"), Kind.CHOICE, choices=SEXES, closed=N_("系统按公民身份号码核对，所以不能增加。")),
        F("birth_date", N_("出生日期"), Kind.DATE),
        F("ethnicity", N_("民族"), Kind.CHOICE, choices=ETHNICITIES),
        F("political", N_("政治面貌"), Kind.CHOICE, choices=POLITICAL),
        F("phone", N_("手机号码"), Kind.PHONE, longest=30, help=N_("审核结果会联系此号码。"), needed=N_("审核结果按它通知本人。")),
        F("email", N_("电子邮箱"), Kind.EMAIL, required=False),
        F("household", N_("户籍所在地"), Kind.TEXT, longest=100, wide=True, help=N_("填到旗县区，例如：内蒙古自治区包头市昆都仑区。")),
    )),
    Section("schooling", N_("教育情况"), (
        F("school", N_("毕业院校"), Kind.TEXT, longest=100),
        F("major", N_("所学专业"), Kind.TEXT, longest=100),
        F("education", N_("学历"), Kind.CHOICE, choices=EDUCATIONS, needed=N_("审核列表按它筛选。"),
          closed=N_("审核列表按这些选项筛选，所以不能增加。")),
        F("degree", N_("学位"), Kind.CHOICE, choices=DEGREES),
        F("graduated_on", N_("毕业时间"), Kind.MONTH),
        F("full_time", N_("是否全日制"), Kind.CHOICE, choices=YES_NO),
    )),
    Section("employment", N_("工作单位"), (
        F("enterprise_id", N_("工作单位"), Kind.ENTERPRISE, wide=True, needed=N_("它决定由谁审核。")),
        F("industry", N_("所属战略性新兴产业"), Kind.CHOICE, choices=INDUSTRIES),
        F("position", N_("岗位职务"), Kind.TEXT),
        F("arrived_on", N_("来鄂(引进)时间"), Kind.DATE),
        F("contract_start", N_("劳动合同起始时间"), Kind.DATE, needed=CHECKED_DATE),
        F("contract_end", N_("劳动合同终止时间"), Kind.DATE, help=N_("无固定期限合同填 2099-12-31。"), needed=CHECKED_DATE),
        F("insurance_start", N_("社保缴纳起始时间"), Kind.MONTH, help=N_("与社会保险缴纳证明一致。")),
    )),
    Section("bank", N_("银行账户"), (
        F("bank", N_("开户银行"), Kind.TEXT, longest=100, help=N_("填到支行，例如：鄂尔多斯银行东胜支行。")),
        F("bank_account", N_("银行账号"), Kind.NUMBER, secret=True, longest=30, help=N_("本人名下的账号，只填数字。"),
          needed=N_("补贴发到这个账号，系统还核对它是否与他人相同。")),
    )),
    Section("experience", N_("学习工作经历")),
    Section("attachments", N_("附件")),
    Section("promise", N_("承诺"), (
        F("promise", N_("本人承诺"), Kind.PROMISE, wide=True, needed=N_("提交前至少要有一项承诺。"), help=N_(
            "本人承诺所填信息和所传材料真实、准确、完整，所有附件已经所在企业审核、签字并加盖单位公章；"
            "如有虚假，自愿退回补贴并承担相应责任。")),
    )),
)
# fmt: on

FIELDS = {one.key: one for section in SECTIONS for one in section.fields}
DAY_KINDS = (Kind.DATE, Kind.MONTH)
FIRST = 1
"""The number of the version that the declaration itself is."""


@dataclass(frozen=True, eq=False)
class Form:
    """One version of the form; `everything` holds also what it does not ask, `issued` the last number given to a key."""

    number: int
    everything: tuple[Section, ...]
    issued: int = 0

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """Return the sections with what is asked in them."""
        return tuple(
            replace(section, fields=tuple(one for one in section.fields if one.used))
            for section in self.everything
        )

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Return what is asked, by key, in the order of the page."""
        return {one.key: one for section in self.sections for one in section.fields}

    @cached_property
    def known(self) -> dict[str, Field]:
        """Return what is described, by key, whether it is asked or not."""
        return {one.key: one for section in self.everything for one in section.fields}

    @cached_property
    def section_of(self) -> dict[str, str]:
        """Return the section of each key."""
        return {one.key: section.key for section in self.everything for one in section.fields}


DECLARED = Form(FIRST, SECTIONS)
_versions: WeakKeyDictionary[Engine, dict[int, Form]] = WeakKeyDictionary()
"""A published version never changes, so a process reads each one once."""


def version(number: int) -> Form:
    """Return a published version of the form; the first is the declaration until a row says what it was."""
    kept = _versions.setdefault(db.engine, {})
    if number not in kept:
        content = db.session.scalar(
            select(FormVersion.content).where(
                FormVersion.number == number, FormVersion.published_at.is_not(None)
            )
        )
        if content is None and number != FIRST:
            raise LookupError(f"no version {number} of the form has been published")
        kept[number] = DECLARED if content is None else understood(number, content)
    return kept[number]


def published() -> Form:
    """Return the version that a new application is begun with."""
    newest = select(func.max(FormVersion.number)).where(FormVersion.published_at.is_not(None))
    return version(db.session.scalar(newest) or FIRST)


def of(application: Application) -> Form:
    """Return the version that the application was begun with."""
    return version(application.form_version or FIRST)


# --- a version as JSON


def written(form: Form) -> dict[str, Any]:
    """Return a version as it is stored."""
    return {
        "issued": form.issued,
        "sections": {
            section.key: [entry(one) for one in section.fields]
            for section in form.everything
            if section.fields
        },
    }


def understood(number: int, content: Mapping[str, Any]) -> Form:
    """Return a stored version. What was declared after it was written is not asked, unless the procedure needs it."""
    sections = []
    for section in SECTIONS:
        fields = [_field(stored) for stored in content["sections"].get(section.key, ())]
        told = {one.key for one in fields}
        later = [replace(one, used=bool(one.needed)) for one in section.fields if one.key not in told]
        sections.append(replace(section, fields=(*fields, *later)))
    return Form(number, tuple(sections), content["issued"])


def entry(one: Field) -> dict[str, Any]:
    """Return a field as it is stored."""
    found = {
        "key": one.key,
        "label": str(one.label),
        "english": in_english(one.label),
        "help": str(one.help),
        "help_english": in_english(one.help),
        "used": one.used,
        "required": one.required,
        "choices": [
            {"key": key, "label": str(label), "english": in_english(label)}
            for key, label in one.choices.items()
        ],
    }
    if one.further:
        found |= {
            "kind": one.kind.value,
            "longest": one.longest,
            "least": one.least,
            "most": one.most,
            "decimals": one.decimals,
        }
    return found


def _field(stored: Mapping[str, Any]) -> Field:
    wording: dict[str, Any] = {
        "label": Bilingual(stored["label"], stored["english"]),
        "help": Bilingual(stored["help"], stored["help_english"]),
        "used": stored["used"],
        "required": stored["required"],
        "choices": MappingProxyType(
            {each["key"]: Bilingual(each["label"], each["english"]) for each in stored["choices"]}
        ),
    }
    if (declared := FIELDS.get(stored["key"])) is not None:
        if declared.fixed:
            wording["choices"] = declared.choices  # what papers there are is the procedure's to say
        return replace(declared, **wording)
    limits = {name: stored[name] for name in ("longest", "least", "most", "decimals")}
    kind = Kind(stored["kind"])
    wide = kind is Kind.PROMISE or stored["longest"] > LONGEST_BESIDE
    return Field(stored["key"], kind=kind, further=True, wide=wide, **wording, **limits)


LONGEST_BESIDE = 100
"""A longer answer gets the whole width of the page."""


def in_english(text: str) -> str:
    """Return the English that was typed beside a wording; "" for none."""
    return text.english if isinstance(text, Bilingual) else ""


# --- what an application holds


def value(application: Application, key: str) -> Any:
    """Return what the application holds for a field: text, a date, a bool, or None."""
    if hasattr(Application, key):
        return getattr(application, key)
    stored = (application.answers or {}).get(key)
    if stored is not None and (FIELDS.get(key) or of(application).known[key]).kind in DAY_KINDS:
        return date.fromisoformat(stored)
    return stored


def put(application: Application, key: str, given: Any) -> None:
    """Keep a parsed value in its column, or in the answers when the procedure itself never reads it."""
    if hasattr(Application, key):
        setattr(application, key, given)
        return
    stored = given.isoformat() if isinstance(given, date) else given
    application.answers = {**(application.answers or {}), key: stored}


def worded(asked: Field, stored: Any) -> str:
    """Return a stored value as a person reads it, choices as their (untranslated) label."""
    if stored is None or stored == "":
        return ""
    if asked.kind is Kind.CHOICE:
        return asked.choices.get(stored, str(stored))
    if asked.kind is Kind.PROMISE:
        return N_("已承诺") if stored else N_("未承诺")
    if asked.kind is Kind.MONTH:
        return str(stored)[:7]
    return str(stored)


def _row(experience: Experience) -> dict[str, str]:
    return {
        "kind": EXPERIENCE_KINDS[experience.kind] if experience.kind else "",
        "start": month(experience.start),
        "end": month(experience.end),
        "place": experience.place,
        "subject": experience.subject,
        "witness": experience.witness,
    }


def month(day: date | None) -> str:
    """Return the month of a day as 2026-11; "" for none."""
    return day.isoformat()[:7] if day else ""


def snapshot(application: Application) -> dict[str, Any]:
    """Return everything the person wrote, as JSON: what reviewers read, and what later rounds are compared with.

    `employer` says which enterprise it is, for comparing (workflow.comparison); its text in `fields` is only shown.
    """
    fields = {key: _plain(value(application, key)) for key in of(application).known}
    found = {"fields": fields, "experiences": [_row(row) for row in application.experiences]}
    enterprise = application.enterprise
    if enterprise is not None:
        fields["enterprise_id"] = f"{enterprise.name}（{enterprise.credit_code}，{enterprise.region.name}）"
        found["employer"] = {
            "id": enterprise.id,
            "credit_code": enterprise.credit_code,
            "name": enterprise.name,
            "region": enterprise.region.name,
        }
    return found


def _plain(stored: Any) -> Any:
    return stored.isoformat() if isinstance(stored, date) else stored


@dataclass(frozen=True)
class Shown:
    """One field as a reviewer reads it; `before` is the last submission's wording where it differs."""

    asked: Field
    text: str
    before: str | None


def shown(section: Section, now: Mapping[str, Any], before: Mapping[str, Any] | None) -> Iterator[Shown]:
    """Yield the section's fields of a snapshot, each beside what the snapshot before it said when that differs."""
    for asked in section.fields:
        text = worded(asked, now["fields"].get(asked.key))
        earlier = worded(asked, before["fields"].get(asked.key)) if before else text
        yield Shown(asked, text, None if same_text(text, earlier) else earlier)
