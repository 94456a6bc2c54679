"""What does not fit together within one submission (W3): pure rules over its snapshot.

A rule only points something out and forbids nothing. It names the fields that it reads, and a form version without one of
them skips the rule. What is the same with somebody else is in desk/same_elsewhere.py.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from common import identity
from common.calendar import months_of
from common.wording import N_, Sentence
from models import ExperienceKind
from workflow.completeness import YOUNGEST
from workflow.form.fields import Field, Kind
from workflow.form.living_allowance import DEGREES, EDUCATIONS, EXPERIENCE_KINDS

Row = Mapping[str, str]

NEAR = 3
"""Months: a study that ends at most this long before or after the graduation fits it (defence, certificate, half a term)."""


class FieldContradiction(NamedTuple):
    """A sentence that stands beside a field."""

    key: str
    sentence: Sentence


class RowContradiction(NamedTuple):
    """A sentence that stands beside a row of 学习工作经历, by its index in the snapshot."""

    row: int
    sentence: Sentence


class Submitted(NamedTuple):
    """What the rules read. `fields` has the days as dates; `decided_on` is the day of the decision, or today before it; `due`
    is the last day of the present step, where it has a limit."""

    fields: Mapping[str, Any]
    experiences: Sequence[Row]
    decided_on: date
    under_review: bool = True
    due: date | None = None
    holder: identity.Holder | None = None
    """What the identity number says of its holder, where paper and number are filled in."""

    @classmethod
    def of(
        cls,
        snapshot: Mapping[str, Any],
        form: Mapping[str, Field],
        decided_on: date,
        under_review: bool,
        due: date | None = None,
    ) -> "Submitted":
        """Return the snapshot as the rules read it: the fields that the form version has, without empty ones."""
        read = {key: _read(asked, snapshot["fields"].get(key)) for key, asked in form.items()}
        given = {key: value for key, value in read.items() if value not in (None, "")}
        paper, number = given.get("paper"), given.get("identity_number")
        holder = identity.holder(paper, number) if paper and number else None
        return cls(given, snapshot["experiences"], decided_on, under_review, due, holder)


def _read(asked: Field, stored: Any) -> Any:
    if asked.kind in (Kind.DATE, Kind.MONTH):
        return _day(stored)
    return stored


def _day(text: Any) -> date | None:
    """Return the day of a stored date or month; None for anything else."""
    try:
        return date.fromisoformat(text if len(text) > len("2026-11") else f"{text}-01")
    except (TypeError, ValueError):
        return None


# --- between fields

Rule = Callable[[Submitted], Sentence | None]


class FieldRule(NamedTuple):
    """A rule that stands beside the field `key`. It runs when every field in `reads` is there and filled in."""

    key: str
    reads: tuple[str, ...]
    check: Rule


FIELD_RULES: list[FieldRule] = []


def rule(key: str, *further: str) -> Callable[[Rule], Rule]:
    """Register a rule beside a field. `further`: the other fields that it reads."""

    def add(check: Rule) -> Rule:
        FIELD_RULES.append(FieldRule(key, (key, *further), check))
        return check

    return add


@rule("sex", "paper", "identity_number")
def sex_of_the_identity_number(submitted: Submitted) -> Sentence | None:
    """The number may have been corrected after the submission."""
    holder = submitted.holder
    if holder and holder.sex and holder.sex != submitted.fields["sex"]:
        return Sentence(N_("与证件号码中的性别不一致"))
    return None


@rule("birth_date", "paper", "identity_number")
def birth_date_of_the_identity_number(submitted: Submitted) -> Sentence | None:
    holder = submitted.holder
    if holder and not holder.born_on(submitted.fields["birth_date"]):
        return Sentence(N_("与证件号码中的出生日期不一致"))
    return None


LEVELS = ("none", "bachelor", "master", "doctor")
"""Of degrees, from the lowest."""
DEGREE_OF = {"bachelor": "bachelor", "master": "master", "doctor": "doctor"}
"""The degree that belongs to an education; the others lead to none."""


@rule("degree", "education")
def degree_above_education(submitted: Submitted) -> Sentence | None:
    degree, education = submitted.fields["degree"], submitted.fields["education"]
    if degree not in LEVELS or education not in EDUCATIONS:
        return None
    if LEVELS.index(degree) <= LEVELS.index(DEGREE_OF.get(education, "none")):
        return None
    words = {"degree": DEGREES[degree], "education": EDUCATIONS[education]}
    return Sentence(N_("学位（%(degree)s）高于所填学历（%(education)s）"), words)


@rule("graduated_on", "birth_date")
def graduated_as_a_child(submitted: Submitted) -> Sentence | None:
    born, graduated = submitted.fields["birth_date"], submitted.fields["graduated_on"]
    if months_of(graduated) - months_of(born) < YOUNGEST * 12:
        return Sentence(N_("毕业时未满 16 周岁（出生日期 %(born)s）"), {"born": born.isoformat()})
    return None


@rule("graduated_on")
def graduated_when_no_study_ended(submitted: Submitted) -> Sentence | None:
    studies = [row for row in submitted.experiences if _is_study(row)]
    graduated = submitted.fields["graduated_on"]
    ends = [day for row in studies if (day := _day(row.get("end")))]
    if any(abs(months_of(end) - months_of(graduated)) <= NEAR for end in ends):
        return None
    if not studies:
        return Sentence(N_("学习工作经历中没有学习经历"))
    if not ends:
        return Sentence(N_("学习工作经历中的学习都还没有结束"))
    return Sentence(
        N_("学习工作经历中没有在毕业前后 3 个月内结束的学习，最后一段到 %(end)s"),
        {"end": max(ends).isoformat()[:7]},
    )


def _is_study(row: Row) -> bool:
    return row.get("kind") == EXPERIENCE_KINDS[ExperienceKind.STUDY]


@rule("contract_start", "birth_date")
def contract_of_a_child(submitted: Submitted) -> Sentence | None:
    """Labour Law of the People's Republic of China, article 15."""
    born, start = submitted.fields["birth_date"], submitted.fields["contract_start"]
    if (start.year - born.year - YOUNGEST, start.month, start.day) < (0, born.month, born.day):
        return Sentence(N_("当时未满 16 周岁（出生日期 %(born)s）"), {"born": born.isoformat()})
    return None


@rule("contract_start", "graduated_on", "full_time")
def contract_of_a_full_time_student(submitted: Submitted) -> Sentence | None:
    """A student of a school is no employee: 劳部发〔1995〕309 号, article 12."""
    start, graduated = submitted.fields["contract_start"], submitted.fields["graduated_on"]
    if submitted.fields["full_time"] == "yes" and months_of(start) < months_of(graduated):
        return Sentence(N_("早于全日制毕业时间（%(month)s）"), {"month": graduated.isoformat()[:7]})
    return None


@rule("contract_end", "contract_start")
def contract_ends_before_it_starts(submitted: Submitted) -> Sentence | None:
    start = submitted.fields["contract_start"]
    if submitted.fields["contract_end"] <= start:
        return Sentence(N_("不晚于劳动合同起始时间（%(start)s）"), {"start": start.isoformat()})
    return None


@rule("contract_end")
def contract_ends_before_it_is_decided(submitted: Submitted) -> Sentence | None:
    end = submitted.fields["contract_end"]
    if end >= submitted.decided_on:
        if submitted.due and end < submitted.due:
            return Sentence(N_("劳动合同在本级办理期限（%(day)s）前到期"), {"day": submitted.due.isoformat()})
        return None
    if submitted.under_review:
        return Sentence(N_("劳动合同在审核结束前已到期"))
    return Sentence(N_("劳动合同在审核结束（%(day)s）前已到期"), {"day": submitted.decided_on.isoformat()})


def field_contradictions(submitted: Submitted) -> list[FieldContradiction]:
    """Return what does not fit, in the order of the rules."""
    found = []
    for each in FIELD_RULES:
        if all(key in submitted.fields for key in each.reads) and (sentence := each.check(submitted)):
            found.append(FieldContradiction(each.key, sentence))
    return found


# --- between rows of 学习工作经历


def crossing_rows(rows: Sequence[Row]) -> Iterator[RowContradiction]:
    """Yield each row that begins before an earlier one has ended. A month that ends one and begins the next crosses nothing.

    Each is compared with the one that lasts longest of those that began before it.
    """
    dated = sorted(
        (months_of(day), index) for index, row in enumerate(rows) if (day := _day(row.get("start")))
    )
    longest: tuple[float, int] | None = None
    for start, index in dated:
        end = _day(rows[index].get("end"))
        until = months_of(end) if end else float("inf")
        if longest is not None and start < longest[0]:
            other = rows[longest[1]]
            words = {
                "place": other.get("place", ""),
                "start": other.get("start", ""),
                "end": other.get("end") or N_("今"),
            }
            yield RowContradiction(
                index, Sentence(N_("与“%(place)s”（%(start)s 至 %(end)s）的时间交叉"), words)
            )
        if longest is None or until > longest[0]:
            longest = (until, index)
