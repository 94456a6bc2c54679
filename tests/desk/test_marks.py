"""Marks are a desk's draft: shared by its clerks, seen by nobody else, sent by a return and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select, text

from common.errors import NotPermitted, NotVisible, ReasonMissing, Unacceptable
from desk import marks, taking_back
from desk.marks import DeskDecision
from models import Account, Action, Application, Mark, Review, State, db
from tests.factories import (
    REASON,
    World,
    act,
    application_at,
    desk_person,
    experiences,
    fresh,
    materials,
    reviewer,
    submit,
)
from tests.machine.at_once import at_once
from workflow import review
from workflow.decision import Decision
from workflow.form import answers

NOTE = "少了一位。"


def put(application: Application, by: Account, target: str = "field:phone", note: str = NOTE) -> Mark:
    return marks.put(application.number, by, target, note)


def seen(application: Application, by: Account) -> dict[str, str]:
    return {mark.target: mark.note for mark in marks.drafts(fresh(application), by)}


def decide(application: Application, action: Action, by: Account, reason: str = "") -> Review:
    version = fresh(application).version
    done = review.perform(application.id, action, by, seen_version=version, decision=DeskDecision(reason))
    assert done is not None
    return done


def sent(line: Review) -> dict[str, str]:
    return {mark["target"]: mark["note"] for mark in line.marks or ()}


def second_row(application: Application) -> str:
    return marks.row_target(answers.snapshot(application)["experiences"][1])


@pytest.mark.guide("W1")
def test_only_the_desk_that_has_the_application_marks_it_and_only_what_is_there(ordos: World) -> None:
    at = ordos.banner
    application = application_at(State.PRELIMINARY_REVIEW, at, ordos)
    for who in (at.reviewer, ordos.administrator, application.applicant):
        with pytest.raises(NotPermitted):
            put(application, who)
    for who in (ordos.elsewhere.clerk, ordos.centre):
        with pytest.raises(NotVisible):
            put(application, who)
    for target in ("field:x1", "field:", "row:00", "paper:0", "paper:x", "phone", "", "other:phone"):
        with pytest.raises(Unacceptable):
            put(application, at.clerk, target)
    for note in ("", " \u200b\n", "长" * 301):
        with pytest.raises(Unacceptable):
            put(application, at.clerk, note=note)
    assert not fresh(application).marked
    put(application, at.clerk, note="长" * 300)
    assert seen(application, at.clerk) == {"field:phone": "长" * 300}


@pytest.mark.guide("W1")
def test_a_mark_that_quotes_a_number_is_not_readable_in_the_database(ordos: World) -> None:
    application = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    put(application, ordos.banner.reviewer, "field:bank_account", "6217000012345678 不是本人的。")
    decide(application, Action.RETURN, ordos.banner.reviewer)
    put_again = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    put(put_again, ordos.banner.reviewer, "field:bank_account", "6217000012345678 不是本人的。")
    for query in ("SELECT note, content FROM marks", "SELECT marks, reason FROM reviews"):
        stored = " ".join(str(value) for row in db.session.execute(text(query)) for value in row)
        assert "6217000012345678" not in stored


@pytest.mark.guide("W1")
def test_two_clerks_who_mark_one_place_at_once_leave_one_mark(ordos: World) -> None:
    at = ordos.banner
    application = application_at(State.ENTERPRISE_REVIEW, at, ordos)
    key, number, people = application.id, application.number, (at.reviewer.id, reviewer(at.enterprise).id)

    def marking(who: int) -> Callable[[], Any]:
        def do() -> str:
            marks.put(number, db.session.get_one(Account, who), "field:phone", NOTE)
            return "marked"

        return do

    assert at_once(*map(marking, people)) == ["marked", "marked"]
    count = select(func.count(Mark.id)).where(Mark.application_id == key)
    assert db.session.scalar(count) == 1


@pytest.mark.guide("W1")
def test_a_withdrawal_keeps_the_draft_and_a_return_sends_what_stands_there_then(ordos: World) -> None:
    at = ordos.banner
    application = application_at(State.ENTERPRISE_REVIEW, at, ordos)
    put(application, at.reviewer)
    put(application, at.reviewer, second_row(application), "请写结束时间。")
    act(application, Action.WITHDRAW, application.applicant)
    assert seen(application, at.reviewer) == {}

    def change(found: Application) -> None:
        found.phone = "13900001234"
        found.experiences[1].end = date(2023, 1, 1)

    act(application, Action.SUBMIT, application.applicant, change=change)
    assert len(seen(application, at.reviewer)) == 2
    line = decide(application, Action.RETURN, at.reviewer)
    assert sent(line) == {"field:phone": NOTE, second_row(application): "请写结束时间。"}
    assert line.marks is not None
    assert line.marks[0]["former"]["text"] == "13900001234", "what the desk returned"


@pytest.mark.guide("W13")
def test_a_return_that_is_taken_back_gives_its_marks_back_to_the_desk(ordos: World) -> None:
    at = ordos.banner
    application = application_at(State.ENTERPRISE_REVIEW, at, ordos)
    put(application, at.reviewer)
    decide(application, Action.RETURN, at.reviewer)
    version = fresh(application).version
    taking_back.take_back(
        application.number, at.reviewer, seen_version=version, decision=Decision("按错了键。")
    )
    assert seen(application, at.reviewer) == {"field:phone": NOTE}
    assert sent(decide(application, Action.RETURN, at.reviewer)) == {"field:phone": NOTE}


@pytest.mark.guide("W1")
@pytest.mark.parametrize("seed", range(2))
def test_whatever_desks_do_a_mark_reaches_nobody_before_its_own_desk_returns(ordos: World, seed: int) -> None:
    """A second book-keeping beside the system: which notes are the present desk's, which went out with which return."""
    chance, at = Random(seed), ordos.banner
    application = application_at(State.ENTERPRISE_REVIEW, at, ordos)
    desks = [at.reviewer, at.clerk, ordos.centre]
    targets = ["field:phone", "field:email", second_row(application), marks.paper_target(materials()[0].id)]
    notes: dict[str, str] = {}
    for step in range(30):
        application = fresh(application)
        if application.state in (State.RETURNED, State.DRAFT):
            submit(application)
            continue
        present = desk_person(application, at, ordos)
        doing = chance.choice(["put", "put", "put", "remove", "return", "pass", "withdraw"])
        target = chance.choice(targets)
        if doing == "put":
            notes[target] = f"第 {step} 步"
            put(application, present, target, notes[target])
        elif doing == "remove":
            marks.remove(application.number, present, target)
            notes.pop(target, None)
        elif doing == "return":
            line = decide(application, Action.RETURN, present, "" if notes else REASON)
            assert sent(line) == notes
            notes = {}
        elif doing == "pass" and application.state is not State.CITY_REVIEW:
            assert sent(decide(application, Action.PASS, present)) == {}
            notes = {}
        elif doing == "withdraw" and application.state is State.ENTERPRISE_REVIEW:
            act(application, Action.WITHDRAW, application.applicant)
            continue
        if fresh(application).state not in (State.RETURNED, State.DRAFT):
            present = desk_person(application, at, ordos)
            assert seen(application, present) == notes
            assert all(seen(application, other) == {} for other in desks if other is not present)
        lines = db.session.scalars(select(Review).where(Review.application_id == application.id))
        told = [line.reason_with_marks for line in lines]
        assert not [note for note in notes.values() if any(note in reason for reason in told)]


@pytest.mark.guide("W1")
def test_a_mark_follows_a_changed_row_and_is_gone_with_a_deleted_one(ordos: World) -> None:
    at = ordos.banner
    application = application_at(State.ENTERPRISE_REVIEW, at, ordos)
    put(application, at.reviewer, second_row(application), "请写结束时间。")
    put(application, at.reviewer, note="号码不对。")

    def resubmitted(change: Callable[[Application], None]) -> None:
        act(application, Action.WITHDRAW, application.applicant)
        act(application, Action.SUBMIT, application.applicant, change=change)

    def end(found: Application) -> None:
        found.experiences[1].end = date(2023, 1, 1)

    resubmitted(end)
    place = second_row(application)
    put(application, at.reviewer, place, "请写职务。")
    assert seen(application, at.reviewer) == {"field:phone": "号码不对。", place: "请写职务。"}
    resubmitted(lambda found: setattr(found.experiences[1], "end", date(2023, 2, 1)))
    marks.remove(application.number, at.reviewer, second_row(application))
    assert seen(application, at.reviewer) == {"field:phone": "号码不对。"}

    put(application, at.reviewer, second_row(application), "请删去。")
    marks.remove(application.number, at.reviewer, "field:phone")
    resubmitted(without_last_row)
    assert len(seen(application, at.reviewer)) == 1
    with pytest.raises(ReasonMissing):
        decide(application, Action.RETURN, at.reviewer)
    assert sent(decide(application, Action.RETURN, at.reviewer, REASON)) == {}


@pytest.mark.guide("W13")
def test_marks_of_two_rows_that_have_become_one_are_one_after_the_return_is_taken_back(ordos: World) -> None:
    at = ordos.banner
    application = application_at(State.ENTERPRISE_REVIEW, at, ordos)

    def resubmitted(change: Callable[[Application], None]) -> None:
        act(application, Action.WITHDRAW, application.applicant)
        act(application, Action.SUBMIT, application.applicant, change=change)

    def nearly_twice(found: Application) -> None:
        _, job = experiences()
        job.position, job.end = 2, date(2023, 1, 1)
        found.experiences.append(job)

    resubmitted(nearly_twice)
    place = second_row(application)
    put(application, at.reviewer, place, "职务不对。")
    third = marks.row_target(answers.snapshot(application)["experiences"][2])
    put(application, at.reviewer, third, "与上一条重复。")
    resubmitted(without_last_row)
    line = decide(application, Action.RETURN, at.reviewer)
    assert [mark["note"] for mark in line.marks or ()] == ["职务不对。", "与上一条重复。"]
    version = fresh(application).version
    taking_back.take_back(
        application.number, at.reviewer, seen_version=version, decision=Decision("按错了键。")
    )
    assert seen(application, at.reviewer) == {place: "职务不对。\n与上一条重复。"}
    marks.remove(application.number, at.reviewer, place)
    assert not fresh(application).marked


def without_last_row(found: Application) -> None:
    found.experiences.pop()
