"""What the sample's applicants fill in: answers and experiences, which pass every check of the form."""

from datetime import date, timedelta
from random import Random
from typing import Any

from commands.sample_data import names
from commands.sample_data.bulk import Bulk
from common import identity
from models import Account, Enterprise, Experience, ExperienceKind
from workflow.form import living_allowance

SCHOOLS = (
    "内蒙古大学",
    "内蒙古工业大学",
    "内蒙古科技大学",
    "西安交通大学",
    "中国矿业大学",
    "哈尔滨工业大学",
    "兰州大学",
)
MAJORS = (
    "材料科学与工程",
    "化学工程与工艺",
    "新能源科学与工程",
    "电气工程",
    "计算机科学与技术",
    "机械工程",
    "生物工程",
)
POSITIONS = ("工程师", "高级工程师", "研发主管", "工艺工程师", "项目经理", "数据工程师")
EDUCATION = (("doctor", "master", "bachelor", "college"), (6, 38, 50, 6))
DEGREE_OF = {"doctor": "doctor", "master": "master", "bachelor": "bachelor", "college": "none"}
POLITICAL, INDUSTRIES = tuple(living_allowance.POLITICAL), tuple(living_allowance.INDUSTRIES)


def sample_answers(chance: Random, person: Account, employer: Enterprise, begun: date) -> dict[str, Any]:
    number = person.identity_number or ""
    arrived = begun - timedelta(days=chance.randrange(60, 900))
    education = chance.choices(*EDUCATION)[0]
    return {
        "sex": identity.sex(number),
        "birth_date": identity.birth_date(number),
        "ethnicity": "蒙古族" if person.name[:1] in names.MONGOLIAN_BEGINNINGS else "汉族",
        "political": chance.choice(POLITICAL),
        "phone": person.phone,
        "household": "内蒙古自治区鄂尔多斯市东胜区",
        "school": chance.choice(SCHOOLS),
        "major": chance.choice(MAJORS),
        "education": education,
        "degree": DEGREE_OF[education],
        "graduated_on": date(arrived.year - 1, 6, 1),
        "full_time": "yes",
        "enterprise_id": employer.id,
        "industry": chance.choice(INDUSTRIES),
        "position": chance.choice(POSITIONS),
        "arrived_on": arrived,
        "contract_start": arrived,
        "contract_end": date(2099, 12, 31),
        "insurance_start": arrived.replace(day=1),
        "bank": "鄂尔多斯银行东胜支行",
        "bank_account": f"62{chance.randrange(10**14):014d}",
        "promise": True,
    }


def sample_experiences(
    bulk: Bulk, chance: Random, application_id: int, employer: str, given: dict[str, Any]
) -> list[Experience]:
    graduated, arrived = given["graduated_on"], given["arrived_on"]
    begun = date(graduated.year - chance.randrange(3, 5), 9, 1)
    study = (ExperienceKind.STUDY, begun, graduated, given["school"], given["major"])
    work = (ExperienceKind.WORK, arrived.replace(day=1), None, employer, given["position"])
    return [
        bulk.add(
            Experience,
            application_id=application_id,
            position=position,
            kind=kind,
            start=start,
            end=end,
            place=place,
            subject=subject,
            witness=names.person(chance, "male"),
        )
        for position, (kind, start, end, place, subject) in enumerate((study, work))
    ]
