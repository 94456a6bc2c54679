"""What the search of the lists finds: what words can be, such as a number or a name, and a query for each."""

import re
import unicodedata
from collections.abc import Callable, Mapping
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
"""Sorts after every other."""

NUMBER = re.compile(r"(20\d{2})(-?)(\d{6,7})")
"""Of an application; its hyphen may be left out, and then it could be that of a paper as well."""
SERIAL = re.compile(r"0*[1-9]\d{0,6}", re.ASCII)
"""What follows the year in a number, with or without the zeros in front."""
LONGEST_SERIAL = 7
TAIL = re.compile(r"[0-9]{3}[0-9X]")
"""The end of an identity number."""
TELEPHONE = re.compile(r"\+?[0-9]{7,15}")
CODE = re.compile(r"[0-9A-Z]{18}")
LETTERS = re.compile(r"[A-Za-z]+")
SOMEBODY, READ_OTHERWISE = 0, -1
"""Two extra rows beside the ids of employers: 0 says that an applicant has this name, -1 that one has these
initials by another reading of the surname."""
MOST_EMPLOYERS = 50
"""So many are named one by one. Words that more employers have are looked for among the rows themselves."""


@dataclass(frozen=True)
class Search:
    """What somebody looks for: the paths to it, and the words that they go by. Any path may find a row."""

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
"""The numbers that end in this way. Limited: PostgreSQL takes a table that nobody analysed for a long one."""
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
    "other initials": lambda _: _read_otherwise(),
    "name": lambda how: contains_by_lookup(Application.name, how) if how else false(),
    "an employer": lambda _: Application.submitted_enterprise_id == bindparam("employer"),
    "employers": lambda _: Application.submitted_enterprise_id.in_(bindparam("employers", expanding=True)),
    "an employer's code": lambda _: Application.submitted_enterprise_id == OF_THIS_CODE,
    "an employer's name": lambda how: key_contains(KEY_OF_EMPLOYER, how) if how else false(),
}
"""Each is served by an index of its own."""

SEARCHED_FOR = N_(
    "可以查：姓名（全名或其中几个字）或姓名的拼音首字母、申请编号或其中的序号、联系电话、完整的证件号码或末四位、单位名称或统一社会信用代码。"
)
"""What can be searched for; shown when nothing was found."""


def search(words: str) -> Search:
    """Return the paths by which words can find rows.

    Application number or its serial part, telephone, identity number or its last four characters, pinyin
    initials, name, employer's name or code.
    """
    words, paths = as_name(words), list[str]()
    how: Lookup | None = None
    values: dict[str, Any] = {}
    plain = unicodedata.normalize("NFKC", words)
    if number := NUMBER.fullmatch(plain):
        paths.append("number")
        values["number"] = f"{number[1]}-{number[3]}"
        if number[2]:
            return Search(tuple(paths), None, values)
    if len(plain) <= LONGEST_SERIAL and SERIAL.fullmatch(plain):
        paths.append("serial")
        values["serial"] = f"-{int(plain):06d}"
    if TELEPHONE.fullmatch(digits := telephones.normalised_telephone(words).replace("-", "")):
        paths.append("telephone")
        values["telephone"] = digits
    typed = normalised(words)
    if TAIL.fullmatch(typed):
        paths.append("identity tail")
        values["identity_tail"] = tail_digest(typed)
    if any(paper.shape.fullmatch(typed) for paper in IDENTITY_DOCUMENTS.values()):
        paths.append("identity")
        values["identity_digest"] = login_digest("personal", typed)
    if CODE.fullmatch(typed):
        if not code_fault(typed):  # a paper's number is as long, and hardly ever one
            paths.append("an employer's code")
            values["code"] = typed
    elif key := search_key(words):
        letters = LETTERS.fullmatch(key) is not None
        if letters:
            paths.append("initials")
            values |= {"initials": key, "initials_end": f"{key}{LAST_LETTER}"}
        how = lookup(key)
        values |= lookup_values(key)
        found = [row_id for (row_id,) in _named(how, letters, key.isascii()).execute(values)]
        if READ_OTHERWISE in found:
            paths.append("other initials")
        if SOMEBODY in found or not key.isascii():
            paths.append("name")
        employers = [row_id for row_id in found if row_id > SOMEBODY]
        if len(employers) > MOST_EMPLOYERS:
            paths.append("an employer's name")
        elif len(employers) == 1:
            paths.append("an employer")
            [values["employer"]] = employers
        elif employers:
            paths.append("employers")
            values["employers"] = employers
    return Search(tuple(paths) or ("nothing",), how, values)


@cache
def _named(how: Lookup, letters: bool, ascii_only: bool) -> CompiledStatement:
    """Return the query for the employers of that name.

    Few people have letters or digits in theirs, or a surname with two readings. Whether anybody has, is asked
    in the same statement, because a list without these is planned in half the time.
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
        asked.append(select(literal(READ_OTHERWISE)).where(exists().where(_read_otherwise())))
    return select(employers.subquery()).union_all(*asked)


def _read_otherwise() -> Criterion:
    return Application.other_initials.between(bindparam("initials"), bindparam("initials_end"))
