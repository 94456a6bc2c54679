"""The sums that each change keeps equal a count from scratch, whatever happened in whatever order."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from administration import changes
from common.calendar import local_date
from common.errors import ActionRefused, ConfirmationRequired
from desk import bulk, bulk_decisions, marks, taking_back
from desk.marks import DeskDecision
from desk.phrases import PHRASES
from figures import counting, recounting
from figures.packing import unpacked
from models import (
    Account,
    Action,
    Application,
    Enterprise,
    Review,
    State,
    db,
)
from models.statistics import (
    EVERY_PERIOD,
    NO_PERIOD,
    NO_PLACE,
    RETURN,
    counted_applications,
    counted_reasons,
    statistic_changes,
    statistic_counts,
)
from tests.factories import World, application_at, complete_application, desk_person, filled, submit, world
from tests.machine.databases import KINDS, Databases
from tests.machine.worlds import application_on
from workflow import progress, review
from workflow.decision import Decision

PHRASE = PHRASES[Action.RETURN][0]
REASONS = (PHRASE, f"{PHRASE}另请补章。", "材料不全。", "")
EDUCATIONS = ("doctor", "master", "bachelor")


@pytest.fixture(params=KINDS)
def its_own(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[World]:
    url = databases.fresh(request.param)
    app = application_on(url, tmp_path)
    with app.app_context():
        yield world()
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


class City:
    """Random actions of everybody on a few applications."""

    def __init__(self, ordos: World, dice: Random) -> None:
        self.ordos, self.dice = ordos, dice
        self.places = [ordos.city, ordos.banner, ordos.park, ordos.elsewhere]
        self.applications = [complete_application(place.enterprise) for place in self.places]

    def something_happens(self) -> None:
        doing = self.dice.choice(
            [
                *[self.act] * 4,
                self.take_back,
                self.resubmit,
                self.mark_and_return,
                self.decide_in_bulk,
                self.move_enterprise,
                self.close_enterprise,
                self.count,
            ]
        )
        db.session.rollback()
        application = self.dice.choice(self.applications)
        db.session.refresh(application)
        try:
            doing(application)
        except ActionRefused:
            db.session.rollback()

    def act(self, application: Application) -> None:
        if application.state is State.FINISHED:
            self.applications.append(complete_application(self.dice.choice(self.places).enterprise))
            return
        action = self.dice.choice([Action.PASS, Action.PASS, Action.RETURN, Action.REFUSE, Action.WITHDRAW])
        if application.state in (State.DRAFT, State.RETURNED):
            action = Action.SUBMIT
        by_applicant = action in (Action.SUBMIT, Action.WITHDRAW)
        actor = application.applicant if by_applicant else self.reviewer(application)
        decision = Decision(self.dice.choice(REASONS))
        review.perform(application.id, action, actor, seen_version=application.version, decision=decision)

    def reviewer(self, application: Application) -> Account:
        """Whoever has it; the enterprise's own, wherever that has moved."""
        at = next(one for one in self.places if one.enterprise.id == application.submitted_enterprise_id)
        if application.state is State.PRELIMINARY_REVIEW:
            at = next(one for one in self.places if one.region.id == application.region_id)
        return desk_person(application, at, self.ordos)

    def mark_and_return(self, application: Application) -> None:
        if application.state not in (State.ENTERPRISE_REVIEW, State.PRELIMINARY_REVIEW, State.CITY_REVIEW):
            return
        actor = self.reviewer(application)
        marks.put(application.number, actor, marks.field_target("phone"), "号码不对")
        review.perform(
            application.id,
            Action.RETURN,
            actor,
            seen_version=application.version,
            decision=DeskDecision(self.dice.choice(REASONS)),
        )

    def take_back(self, application: Application) -> None:
        newest = review.last_review(application)
        if newest is not None:
            taking_back.take_back(
                application.number, newest.actor, seen_version=application.version, decision=Decision("错了")
            )

    def resubmit(self, application: Application) -> None:
        if application.state in (State.DRAFT, State.RETURNED):
            review.perform(
                application.id,
                Action.SUBMIT,
                application.applicant,
                seen_version=application.version,
                change=filled(
                    self.dice.choice(self.places).enterprise, education=self.dice.choice(EDUCATIONS)
                ),
            )

    def decide_in_bulk(self, _application: Application) -> None:
        waiting = [one.id for one in self.applications if one.state is State.CITY_REVIEW]
        if waiting:
            job = bulk.choose(self.ordos.centre, Action.RETURN, waiting)
            bulk.confirm_chosen(self.ordos.centre, job.id, decision=Decision(PHRASE))
            claimed = bulk_decisions.claim()
            assert claimed is not None
            bulk_decisions.decide_chosen(claimed)

    def move_enterprise(self, _application: Application) -> None:
        to = self.dice.choice(self.places).region.id
        self.change(Enterprise, self.dice.choice(self.places).enterprise.id, region_id=to)

    def close_enterprise(self, _application: Application) -> None:
        key = self.dice.choice(self.places).enterprise.id
        self.change(Enterprise, key, active=False)
        self.change(Enterprise, key, active=True)

    def change(self, kind: type[Any], key: int, **columns: Any) -> None:
        def apply(row: Any) -> None:
            for column, value in columns.items():
                setattr(row, column, value)

        try:
            changes.change(kind, key, self.ordos.administrator, apply)
        except ConfirmationRequired as question:
            changes.change(kind, key, self.ordos.administrator, apply, confirmed=question.token)

    def count(self, _application: Application) -> None:
        counting.count_batch(self.dice.randrange(1, 6))


def counted_by_hand() -> Counter[tuple[Any, ...]]:
    """The expected sums of the regions, read application by application."""
    found: Counter[tuple[Any, ...]] = Counter()
    db.session.expire_all()
    for one in db.session.scalars(select(Application).where(Application.round > 0)):
        assert one.submitted_at is not None
        status = one.state.value + (
            f"_{one.result.value}" if one.state is State.FINISHED and one.result else ""
        )
        found[one.region_id, f"status:{status}:{one.reached}"] += 1
        if one.state not in (State.DRAFT, State.RETURNED):
            found[one.region_id, f"education:{one.education}:{one.reached}"] += 1
            found[one.region_id, f"industry:{one.answers['industry']}:{one.reached}"] += 1
        day = local_date(one.submitted_at)
        found[one.region_id, f"month:{day.year}={day.month}:{one.reached}"] += 1
        for row in progress.in_force(progress.history(one)):
            if row.action is Action.RETURN:
                found["returned", row.from_state] += 1
                found["phrase"] += PHRASE in row.reason
                found["marked"] += bool(row.marks)
                found["other"] += bool(row.reason.replace(PHRASE, "").strip())
            if row.action in (Action.PASS, Action.RETURN, Action.REFUSE):
                found["days", row.from_state] += 1
    return +found


def as_summed(every_period: bool = False) -> Counter[tuple[Any, ...]]:
    """The same from the sums of each period, or of all periods together."""
    found: Counter[Any] = Counter()
    counts = (
        statistic_counts.c.enterprise_id == NO_PLACE,
        statistic_counts.c.month == "",
        statistic_counts.c.period_id == EVERY_PERIOD
        if every_period
        else statistic_counts.c.period_id >= NO_PERIOD,
    )
    for row in db.session.execute(
        select(statistic_counts.c.region_id, statistic_counts.c.numbers).where(*counts)
    ):
        for key, number in unpacked(row.numbers).items():
            dimension, _, rest = key.partition(":")
            value = rest.rpartition(":")[0]
            if dimension == "returned":
                found["returned", State(value)] += number
            elif dimension == "days":
                found["days", State(value.partition("=")[0])] += number
            elif dimension == "reason":
                kind = {f"phrase={PHRASE}": "phrase", "field=phone": "marked"}.get(value, value)
                found[kind] += number
            else:
                found[row.region_id, key] += number
    return found


@pytest.mark.guide("W11")
def test_the_sums_equal_a_count_from_scratch_after_any_sequence_of_actions(
    its_own: World,
) -> None:
    @settings(max_examples=6 if db.engine.dialect.name == "sqlite" else 2, phases=(Phase.generate,))
    @given(st.integers(0, 2**32))
    def any_sequence(seed: int) -> None:
        city = City(its_own, Random(seed))
        for _ in range(40):
            city.something_happens()
        db.session.rollback()
        half_counted = recounting.compare_sums()
        assert half_counted.agreed, "what is noted and not counted yet is no fault"
        counting.process_due()
        assert as_summed() == as_summed(every_period=True) == counted_by_hand()
        assert recounting.compare_sums().agreed

    any_sequence()


@pytest.mark.guide("W11")
def test_a_recount_finds_and_mends_what_was_changed_past_the_procedure(its_own: World) -> None:
    for place in (its_own.banner, its_own.park):
        application_at(State.CITY_REVIEW, place, its_own)
    assert counting.process_due(1, most=2) == 2, "the worker goes on with other work in between"
    assert counting.process_due() == 4
    [wrong, stale] = db.session.scalars(select(Application).order_by(Application.id))
    counts = statistic_counts
    db.session.execute(
        update(counts)
        .where(counts.c.region_id == wrong.region_id)
        .values(numbers={"status:city_review:7": 5})
    )
    db.session.execute(update(Application).where(Application.id == stale.id).values(education="doctor"))
    db.session.commit()
    found = recounting.recount()
    assert (found.applications, found.decisions, found.stale) == (2, 4, [stale.id])
    assert not found.agreed
    assert as_summed() == counted_by_hand()
    assert recounting.recount().agreed


@pytest.mark.guide("W11")
def test_a_recount_counts_what_nobody_noted(its_own: World) -> None:
    application_at(State.FINISHED, its_own.banner, its_own)
    for table in (statistic_changes, counted_applications):
        db.session.execute(table.delete())
    db.session.commit()
    found = recounting.recount()
    assert (len(found.stale), len(found.missing)) == (1, 3)
    assert as_summed() == counted_by_hand()
    assert recounting.recount().agreed


@pytest.mark.guide("W11")
def test_a_recount_mends_the_lists_of_reasons(its_own: World) -> None:
    application_at(State.RETURNED, its_own.banner, its_own)
    counting.process_due()
    reasons = counted_reasons
    before = db.session.execute(select(reasons)).all()
    assert RETURN in [row.reason for row in before]
    db.session.execute(reasons.delete().where(reasons.c.reason == RETURN))
    db.session.commit()
    assert not recounting.recount().agreed
    assert sorted(db.session.execute(select(reasons)).all()) == sorted(before)
    assert recounting.compare_sums().agreed


@pytest.mark.guide("W11")
def test_a_refused_change_leaves_no_note(its_own: World) -> None:
    application = complete_application(its_own.banner.enterprise)
    submit(application)
    with pytest.raises(ActionRefused):
        review.perform(application.id, Action.PASS, its_own.banner.reviewer, seen_version=99)
    assert (
        db.session.scalars(select(statistic_changes.c.review_id)).all()
        == db.session.scalars(select(Review.id)).all()
    )
