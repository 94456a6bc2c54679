"""The search of the reviewers' lists: what the typed words can be (a number, a name, ...), and a search path for each."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Select,
    String,
    and_,
    bindparam,
    cast,
    exists,
    false,
    literal,
    not_,
    select,
    true,
)

from accounts.logins import login_digest
from common import telephones
from common.checks import code_fault
from common.identity import IDENTITY_DOCUMENTS, normalised
from common.text import as_name
from common.wording import N_
from models import Application, Counter, Enterprise
from models.applications import tail_digest
from models.search import (
    Lookup,
    contains_by_lookup,
    digits_of,
    key_contains,
    lookup,
    lookup_values,
    search_key_of,
)
from models.spelling import search_key
from models.statements import CompiledStatement, constant
from workflow import scope
from workflow.scope import Criterion

LAST_LETTER = "\U0010ffff"
"""Sorts after every other character: the end of the range of a prefix."""

NUMBER = re.compile(r"(20\d{2})(-?)(\d{6,7})")
"""The number of an application. Without its hyphen it could also be that of an identity document."""
SERIAL = re.compile(r"0*[1-9]\d{0,6}", re.ASCII)
"""What follows the year in a number, with or without the zeros in front."""
LONGEST_SERIAL = 7
TAIL = re.compile(r"[0-9]{3}[0-9X]")
"""The end of an identity number."""
TELEPHONE = re.compile(r"\+?[0-9]{7,15}")
CODE = re.compile(r"[0-9A-Z]{18}")
LETTERS = re.compile(r"[A-Za-z]+")
SOMEBODY, OTHER_READING = 0, -1
"""Two extra rows beside the ids of employers: 0 says that an applicant has this name, -1 that one has these
initials by another reading of the surname."""
MOST_EMPLOYERS = 50
"""Up to so many employers are searched by their ids. With more, the name of each row's employer is compared."""


@dataclass(frozen=True)
class Search:
    """The search paths of the typed words, with their bind values. A row that any of them finds is in the result."""

    paths: tuple[str, ...] = ("everything",)
    lookup: Lookup | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


KEY_OF_EMPLOYER = (
    select(search_key_of(Enterprise.name))
    .where(Enterprise.id == Application.submitted_enterprise_id)
    .scalar_subquery()
)
MOST_YEARS = 100
OF_ANY_YEAR = select(cast(Counter.year, String) + bindparam("serial", type_=String)).limit(
    constant(MOST_YEARS)
)
"""The application numbers with this serial part, one for each year.

The LIMIT is for the planner: PostgreSQL assumes that a table that was never analysed is long."""
OF_THIS_CODE = select(Enterprise.id).where(Enterprise.credit_code == bindparam("code")).scalar_subquery()

SEARCH_PATHS: Mapping[str, Callable[[Lookup | None], Criterion]] = {
    "everything": lambda _: true(),
    "nothing": lambda _: false(),
    "number": lambda _: Application.number == bindparam("number"),
    "serial": lambda _: Application.number.in_(OF_ANY_YEAR),
    "telephone": lambda _: and_(
        digits_of(Application.phone) == bindparam("telephone", type_=String),
        not_(scope.IS_WITH_APPLICANT),  # it may have been typed since the last submission
    ),
    "identity tail": lambda _: Application.identity_tail == bindparam("identity_tail"),
    "identity": lambda _: Application.identity_digest == bindparam("identity_digest"),
    "initials": lambda _: Application.initials.between(bindparam("initials"), bindparam("initials_end")),
    "other initials": lambda _: _has_other_initials(),
    "name": lambda how: contains_by_lookup(Application.name, how) if how else false(),
    "an employer": lambda _: Application.submitted_enterprise_id == bindparam("employer"),
    "employers": lambda _: Application.submitted_enterprise_id.in_(bindparam("employers", expanding=True)),
    "an employer's code": lambda _: Application.submitted_enterprise_id == OF_THIS_CODE,
    "an employer's name": lambda how: key_contains(KEY_OF_EMPLOYER, how) if how else false(),
}
"""The criterion of each path. Each has an index, except that by an employer's name, which compares row by row."""

SEARCHED_FOR = N_(
    "可以查：姓名（全名或其中几个字）或姓名的拼音首字母、申请编号或其中的序号、联系电话、完整的证件号码或末四位、单位名称或统一社会信用代码。"
)
"""What can be searched for; shown when nothing was found."""


def search(words: str) -> Search:
    """Return the paths by which words can find rows.

    Application number or its serial part, telephone, identity number or its last four characters, pinyin
    initials, name, employer's name or code.
    """
    words = as_name(words)
    plain = unicodedata.normalize("NFKC", words)
    number = NUMBER.fullmatch(plain)
    if number and number[2]:  # with its hyphen it can be nothing else
        return Search(("number",), None, _number_values(number))
    paths = list(_number_paths(words, plain))
    key = "" if CODE.fullmatch(normalised(words)) else search_key(words)
    how, values = None, dict[str, Any]()
    if key:
        how, values = lookup(key), dict(lookup_values(key))
        paths += _name_paths(key, how)
    for _, bound in paths:
        values |= bound
    return Search(tuple(path for path, _ in paths) or ("nothing",), how, values)


def _number_values(number: re.Match[str]) -> dict[str, Any]:
    return {"number": f"{number[1]}-{number[3]}"}


def _number_paths(words: str, plain: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each path on which the words can be a number, with its bind values. `plain`: the words in half width."""
    if number := NUMBER.fullmatch(plain):
        yield "number", _number_values(number)
    if len(plain) <= LONGEST_SERIAL and SERIAL.fullmatch(plain):
        yield "serial", {"serial": f"-{int(plain):06d}"}
    if TELEPHONE.fullmatch(digits := telephones.normalised_telephone(words).replace("-", "")):
        yield "telephone", {"telephone": digits}
    typed = normalised(words)
    if TAIL.fullmatch(typed):
        yield "identity tail", {"identity_tail": tail_digest(typed)}
    if any(paper.shape.fullmatch(typed) for paper in IDENTITY_DOCUMENTS.values()):
        yield "identity", {"identity_digest": login_digest("personal", typed)}
    if CODE.fullmatch(typed) and not code_fault(
        typed
    ):  # an identity number is as long, and hardly ever a valid code
        yield "an employer's code", {"code": typed}


def _name_paths(key: str, how: Lookup) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each path on which the words can be a name or initials, with its bind values beside those of the lookup."""
    letters = LETTERS.fullmatch(key) is not None
    initials = {"initials": key, "initials_end": f"{key}{LAST_LETTER}"} if letters else {}
    if letters:
        yield "initials", initials
    named = _named(how, letters, key.isascii()).execute(lookup_values(key) | initials)
    found = [row_id for (row_id,) in named]
    if OTHER_READING in found:
        yield "other initials", {}
    if SOMEBODY in found or not key.isascii():
        yield "name", {}
    employers = [row_id for row_id in found if row_id > SOMEBODY]
    if len(employers) > MOST_EMPLOYERS:
        yield "an employer's name", {}
    elif len(employers) == 1:
        yield "an employer", {"employer": employers[0]}
    elif employers:
        yield "employers", {"employers": employers}


@cache
def _named(how: Lookup, letters: bool, ascii_only: bool) -> CompiledStatement:
    """Return the statement for the employers with this name.

    Few applicants have letters or digits in their names, or a surname with two readings. The same statement asks whether
    anybody has, because a list without these paths is planned in half the time.
    """
    return CompiledStatement(lambda: _named_query(how, letters, ascii_only))


def _named_query(how: Lookup, letters: bool, ascii_only: bool) -> Select[Any] | CompoundSelect[Any]:
    employers = (
        select(Enterprise.id).where(contains_by_lookup(Enterprise.name, how)).limit(MOST_EMPLOYERS + 1)
    )
    if not ascii_only:
        return employers
    asked = [select(literal(SOMEBODY)).where(exists().where(contains_by_lookup(Application.name, how)))]
    if letters:
        asked.append(select(literal(OTHER_READING)).where(exists().where(_has_other_initials())))
    return select(employers.subquery()).union_all(*asked)


def _has_other_initials() -> Criterion:
    return Application.other_initials.between(bindparam("initials"), bindparam("initials_end"))
