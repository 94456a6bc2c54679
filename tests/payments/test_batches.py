"""P1: which passed applications come into a batch, and what the public sees of it."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from common.calendar import today
from common.errors import NotPermitted, NotVisible, Unacceptable
from common.identity import CITIZEN
from desk import taking_back
from models import Batch, GrantEvent, GrantState, Message, ObjectionDecision, State, db
from models.secrets import vault
from payments import batch_making, objections, publicity, reinstating
from payments.objections import Objector
from tests.clock import at
from tests.factories import World, applicant, application_at, city_clerk, draft, fresh, world
from tests.machine.at_once import at_once
from tests.payments.batches import AMOUNT, batch_of, grants_of, passed, period_with_standard
from workflow.decision import Decision


@pytest.fixture
def ordos(shared_app: Flask) -> Iterator[World]:
    """A world beside others: each test has a period of its own, and its standard is for that period."""
    with shared_app.app_context():
        yield world()


@pytest.mark.guide("P1")
def test_a_batch_holds_what_has_a_standard_and_names_why_the_others_are_left_out(ordos: World) -> None:
    period = period_with_standard()
    rows = [passed(ordos, period, place) for place in (ordos.city, ordos.banner)]
    without_standard = passed(ordos, period)
    without_standard.education = "bachelor"
    other_period = passed(ordos, period_with_standard())
    same_person = passed(ordos, period, by=rows[0].applicant)
    under_review = application_at(State.CITY_REVIEW, ordos.city, ordos)
    db.session.commit()
    everything = [*rows, without_standard, other_period, same_person, under_review]
    summary = batch_making.summarise(ordos.centre, period.id, [one.id for one in everything], today())
    assert [one.application.id for one in summary.included] == [one.id for one in rows]
    assert summary.total_fen == 2 * AMOUNT
    assert {one.application.id: one.why for one in summary.left_out} == {
        without_standard.id: batch_making.NO_STANDARD,
        other_period.id: batch_making.OTHER_PERIOD,
        same_person.id: batch_making.TWICE,
        under_review.id: batch_making.NOT_PASSED,
    }
    batch = batch_of(ordos, period, everything)
    found = grants_of(batch)
    assert [(one.position, one.application_id, one.state) for one in found] == [
        (place, row.id, GrantState.PUBLICIZED) for place, row in enumerate(rows, 1)
    ]
    assert {(one.amount_fen, one.period_id) for one in found} == {(AMOUNT, period.id)}
    assert "硕士" in found[0].rule_text
    assert len(db.session.scalars(select(GrantEvent).where(GrantEvent.grant_id == found[0].id)).all()) == 1
    message = db.session.scalars(select(Message).where(Message.kind == "grant_publicized")).all()[-1]
    assert message.words is not None
    assert (message.words["batch"], message.words["closes"]) == (batch.number, batch.closes.isoformat())

    # Once per person and period: what was passed later is left out by name of the batch.
    again = batch_making.summarise(ordos.centre, period.id, [same_person.id, rows[0].id], today())
    assert [one.why.text for one in again.left_out] == [batch_making.TAKEN, batch_making.GRANTED_IN]
    assert not again.included
    with pytest.raises(Unacceptable):
        batch_making.make_batch(ordos.centre, period.id, [same_person.id], today(), batch_making.summarise(
            ordos.centre, period.id, [same_person.id], today()
        ).token)  # fmt: skip
    with pytest.raises(Unacceptable):
        taking_back.take_back(
            rows[0].number, ordos.centre, seen_version=fresh(rows[0]).version, decision=Decision("误批")
        )


@pytest.mark.guide("P1")
def test_a_batch_of_nothing_of_the_past_or_by_somebody_else_is_refused(ordos: World) -> None:
    period = period_with_standard()
    one = passed(ordos, period)
    before = len(db.session.scalars(select(Batch.id)).all())
    nothing = batch_making.summarise(ordos.centre, period.id, [], today())
    with pytest.raises(Unacceptable):
        batch_making.make_batch(ordos.centre, period.id, [], today(), nothing.token)
    for day in (today() - timedelta(days=1), today() + timedelta(days=31)):
        with pytest.raises(Unacceptable) as refused:
            batch_making.summarise(ordos.centre, period.id, [one.id], day)
        assert refused.value.field == "opens"
    for somebody in (ordos.banner.clerk, ordos.city.reviewer, ordos.administrator, one.applicant):
        with pytest.raises(NotPermitted):
            batch_making.make_batch(somebody, period.id, [one.id], today(), "")
    with pytest.raises(NotVisible):
        batch_making.summarise(ordos.centre, period.id, [draft(ordos.city.enterprise).id], today())
    with pytest.raises(NotVisible):
        batch_making.summarise(ordos.centre, 999_999, [one.id], today())
    summary = batch_making.summarise(ordos.centre, period.id, [one.id], today())
    with pytest.raises(Unacceptable):
        batch_making.make_batch(ordos.centre, period.id, [one.id], today(), summary.token, omitted=[one.id])
    one.education = "bachelor"
    db.session.commit()
    with pytest.raises(batch_making.SummaryChanged):
        batch_making.make_batch(ordos.centre, period.id, [one.id], today(), summary.token)
    assert len(db.session.scalars(select(Batch.id)).all()) == before
    assert not fresh(one).in_batch


@pytest.mark.guide("P1")
def test_of_two_who_make_a_batch_of_the_same_rows_at_once_one_does(ordos: World) -> None:
    period = period_with_standard()
    rows = [passed(ordos, period) for _ in range(3)]
    ids = [row.id for row in rows]
    centre, period_id, day = ordos.centre, period.id, today()
    token = batch_making.summarise(centre, period_id, ids, day).token

    def make() -> str:
        return batch_making.make_batch(centre, period_id, ids, day, token).number

    outcomes = at_once(make, make)
    assert sorted(one == "SummaryChanged" for one in outcomes) == [False, True], outcomes
    numbers = db.session.scalars(select(Batch.number).where(Batch.period_id == period.id)).all()
    assert len(numbers) == 1
    assert numbers[0] in outcomes


@pytest.mark.guide("P3")
@pytest.mark.parametrize(
    ("paper", "first", "second"),
    [
        (CITIZEN, None, "another"),
        ("hk_mo", "H8765432101", "H8765432102"),
        ("taiwan", "87654321", "8765432101"),
    ],
)
def test_one_person_is_granted_once_by_whichever_number(
    ordos: World, paper: str, first: str | None, second: str
) -> None:
    period = period_with_standard()
    if paper == CITIZEN:  # an administrator corrected the number between the two applications
        one = passed(ordos, period)
        other = passed(ordos, period, by=one.applicant)
        other.identity_digest = vault.digest(second)
        db.session.commit()
    else:
        one, other = (passed(ordos, period, by=applicant("陈", each, paper)) for each in (first, second))
    both = batch_making.summarise(ordos.centre, period.id, [one.id, other.id], today())
    assert [each.why for each in both.left_out] == [batch_making.TWICE]
    stranger = passed(ordos, period)
    (grant,) = grants_of(batch_of(ordos, period, [one]))
    again = batch_making.summarise(ordos.centre, period.id, [other.id, stranger.id], today())
    assert [each.why.text for each in again.left_out] == [batch_making.GRANTED_IN]
    objections.enter(ordos.centre, grant.id, Objector("匿名", "", "重复"), seen_version=grant.version)
    (objection,) = objections.of_grant(ordos.centre, grant.id)
    objections.decide_objection(ordos.centre, objection.id, ObjectionDecision.UPHELD, "属实")
    (later,) = grants_of(batch_of(ordos, period, [other]))
    with pytest.raises(Unacceptable) as refused:
        reinstating.reconsider(grant.id, city_clerk(), seen_version=grant.version, reason="误判")
    assert refused.value.sentence.words["position"] == str(later.position)


@pytest.mark.guide("P1")
@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王敏", "王*"),
        ("王晓敏", "王*敏"),
        ("欧阳晓敏", "欧**敏"),
        ("乌仁图雅", "乌**雅"),
        ("敏", "*"),
        ("𠮷田", "𠮷*"),
        ("阿卜杜拉·买买提", "阿**拉·买*提"),
        ("阿·买买提艾力", "*·买***力"),
        ("John Smith", "J*** S***"),
        ("Jean-Luc O'Neil", "J*** O***"),
        ("王David", "*D***"),
        ("ᠮᠣᠩᠭᠣᠯ", "ᠮ***"),
    ],
)
def test_a_name_is_masked_by_the_rule_of_the_docs(name: str, masked: str) -> None:
    assert publicity.public_name(name) == masked


@given(st.lists(st.text("王晓敏乌雅𠮷", min_size=1, max_size=8), min_size=1, max_size=3))
def test_each_part_of_a_name_keeps_its_length_and_shows_at_most_its_first_and_last_character(
    parts: list[str],
) -> None:
    for part, masked in zip(parts, publicity.public_name("·".join(parts)).split("·"), strict=True):
        assert len(masked) == len(part)
        assert "*" in masked
        assert set(masked[1:-1]) <= {"*"}


@pytest.mark.guide("P1")
def test_the_days_of_a_publicity_are_working_days_after_its_first_and_unknown_holidays_are_named(
    ordos: World,
) -> None:
    with at("2026-09-25 10:00"):  # a holiday, Friday; the National Day holiday follows
        assert publicity.term_from(date(2026, 9, 30)).last == date(2026, 10, 13)
        assert publicity.term_from(date(2026, 9, 30)).unknown == ()
    assert 2036 in publicity.term_from(date(2035, 12, 28)).unknown
