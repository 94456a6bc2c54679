"""Random actions of all roles, in any order, thousands of times. A second, simple model of the procedure says what must result.

The expectations here are written down from the guide, not taken from workflow/transitions.py.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import bindparam, select, text

from administration import changes
from common.errors import (
    ActionRefused,
    AlreadyUnderWay,
    ChangedMeanwhile,
    ConfirmationRequired,
    NoticeUnread,
    NotPermitted,
    NotVisible,
    ReasonMissing,
)
from models import Account, Action, Application, Enterprise, Message, RegionKind, Result, Review, State, db
from tests.factories import (
    REASON,
    World,
    applicant,
    enterprise,
    filled,
    make_read_notice,
    notice,
    reviewer,
    upload_everything,
    world,
)
from tests.machine.databases import Databases
from tests.machine.worlds import application_on
from workflow import review, scope
from workflow.decision import Decision
from workflow.transitions import STATE_OF_RESULT

E, P, C = State.ENTERPRISE_REVIEW, State.PRELIMINARY_REVIEW, State.CITY_REVIEW
ROUTES = {"city": (E, C), "banner": (E, P, C), "park": (E, P, C), "elsewhere": (E, P, C)}
MAY = {
    "applicant": {
        State.DRAFT: {Action.SAVE, Action.SUBMIT},
        State.RETURNED: {Action.SAVE, Action.SUBMIT},
        E: {Action.WITHDRAW},
    },
    "enterprise": {E: {Action.PASS, Action.RETURN}},
    "office": {P: {Action.PASS, Action.RETURN, Action.REFUSE}},
    "centre": {C: {Action.PASS, Action.RETURN, Action.REFUSE}},
    "administrator": {},
}
NEEDS_REASON = {Action.RETURN, Action.REFUSE}
APPLICANTS = ("applicant 1", "applicant 2", "applicant 3")
REGIONS = tuple(ROUTES)
EMPLOYERS = (*REGIONS, "neighbour")
"""Each region's enterprise, and a second one that begins in the first banner."""
ACTORS = (
    *APPLICANTS,
    *[f"enterprise {name}" for name in EMPLOYERS],
    *[f"office {name}" for name in REGIONS],
    "centre",
    "administrator",
)
TRANSIENT = tuple(name for name in ACTORS if name != "administrator")


@dataclass
class HistoryLine:
    action: Action
    before: State
    after: State
    by: str
    receivers: set[str] = field(default_factory=set)


@dataclass
class Case:
    """What the simple model knows of one application."""

    id: int
    owner: str
    employer: str
    state: State = State.DRAFT
    result: Result | None = None
    version: int = 1
    submitted_to: str | None = None
    region: str | None = None
    had_by: set[State] = field(default_factory=set)
    lines: list[HistoryLine] = field(default_factory=list)
    read: set[int] = field(default_factory=set)

    @property
    def desk(self) -> str | None:
        """Who has to decide on it now."""
        return {E: f"enterprise {self.submitted_to}", P: f"office {self.region}", C: "centre"}.get(self.state)

    @property
    def seen_by(self) -> set[str]:
        found = {self.owner, "administrator"}
        if E in self.had_by:
            found.add(f"enterprise {self.submitted_to}")
        if P in self.had_by and P in ROUTES[self.region or ""]:
            found.add(f"office {self.region}")
        if C in self.had_by:
            found.add("centre")
        return found

    def move(self, action: Action, to: State, by: str, region: str | None = None) -> None:
        line, desk_before = HistoryLine(action, self.state, to, by), self.desk
        if region is not None and region != self.region:
            self.region = region
            self.had_by.discard(P)  # the office of another region has not had it
        self.state = to
        self.version += 1
        if self.desk:
            self.had_by.add(to)
        if action is not Action.REROUTE or self.desk != desk_before:
            line.receivers = {name for name in (self.desk, self.owner) if name and name != by}
        self.lines.append(line)


def next_state(state: State, route: tuple[State, ...]) -> State:
    """The next step of a route, also when the current one is not on it."""
    order = [E, P, C]
    return next((step for step in order[order.index(state) + 1 :] if step in route), State.FINISHED)


STEPS = (
    *["the_responsible_passes_it"] * 6,
    *["the_responsible_decides"] * 6,
    *["anybody_tries_anything"] * 3,
    *["somebody_begins_after_reading"] * 2,
    *["an_enterprise_is_moved"] * 2,
    *["a_rarer_action_is_performed"] * 2,
    "somebody_begins",
    "it_is_withdrawn",
    "another_employer_is_named",
    "somebody_is_deactivated",
    "everybody_is_reactivated",
    "a_new_notice_is_published",
)
"""Weighted: most steps follow the procedure, so that the walk reaches every state."""


@dataclass(frozen=True)
class RandomStep:
    """One random step with its parameters: actor, application, action, age of the page, reason, employer, region."""

    kind: str
    name: str
    which: int
    action: Action
    choice: int
    age: int
    reason: str
    employer: str
    region: str

    @classmethod
    def drawn(cls, dice: Random) -> "RandomStep":
        return cls(
            kind=dice.choice(STEPS),
            name=dice.choice(ACTORS),
            which=dice.randrange(len(APPLICANTS)),
            action=dice.choice(list(Action)),
            choice=dice.randrange(3),
            age=dice.choice((0, 0, 0, 0, 1, -1)),
            reason=dice.choice((REASON, REASON, REASON, REASON, "", " ")),
            employer=dice.choice(EMPLOYERS),
            region=dice.choice(REGIONS),
        )


class ReviewMachine(RuleBasedStateMachine):
    """All desks of a small city, and three applicants."""

    steps = 0
    done: Counter[tuple[State, Action]] = Counter()
    """The actions performed in the whole run. The test fails if some transition never happened."""

    def __init__(self, ordos: World) -> None:
        super().__init__()
        self.ordos = ordos
        self.cases: list[Case] = []
        self.touched: list[Case] = []
        self.unbound: dict[str, set[int]] = {name: set() for name in APPLICANTS}

    @initialize(seed=st.integers(0, 2**64))
    def everybody_comes_to_work(self, seed: int) -> None:
        self.dice = Random(seed)
        ordos = self.ordos
        self.employers: dict[str, Enterprise] = {
            name: enterprise(getattr(ordos, name).region) for name in REGIONS
        }
        self.employers["neighbour"] = enterprise(ordos.banner.region)
        self.where = {name: name for name in REGIONS} | {"neighbour": "banner"}
        self.people: dict[str, Account] = {name: applicant() for name in APPLICANTS}
        self.people |= {f"enterprise {name}": reviewer(of) for name, of in self.employers.items()}
        self.people |= {f"office {name}": getattr(ordos, name).clerk for name in REGIONS}
        self.people |= {"centre": ordos.centre, "administrator": ordos.administrator}
        for person in self.people.values():
            person.active = True
        db.session.commit()
        self.ids = {name: person.id for name, person in self.people.items()}
        self.active = dict.fromkeys(ACTORS, True)
        self.notice = notice().id
        self.enterprise_ids = {of.id: name for name, of in self.employers.items()}
        self.region_ids = {getattr(ordos, name).region.id: name for name in REGIONS}
        self.desks = {of.id: f"enterprise {name}" for name, of in self.employers.items()}
        self.offices = {getattr(ordos, name).office.id: f"office {name}" for name in REGIONS}
        self.offices[ordos.centre.office_id] = "centre"
        self.sight = select(
            Application.state,
            *[scope.visible(self.people[name]).label(f"sees {name}") for name in ACTORS],
            *[scope.waiting(self.people[name]).label(f"waits {name}") for name in ACTORS],
        ).where(Application.id == bindparam("case"))

        for owner, employer in zip(APPLICANTS, ("banner", "park", "city"), strict=True):
            self.reads_the_notice(owner)
            self.begins(owner, employer)

    @rule()
    def something_happens(self) -> None:
        """Uses its own random generator: Hypothesis would repeat few steps instead of following the weights."""
        step = RandomStep.drawn(self.dice)
        note(str(step))
        getattr(self, step.kind)(step)

    # Steps

    def somebody_begins(self, step: RandomStep) -> None:
        self.begins(APPLICANTS[step.which], step.employer)

    def somebody_begins_after_reading(self, step: RandomStep) -> None:
        self.reads_the_notice(APPLICANTS[step.which])
        self.begins(APPLICANTS[step.which], step.employer)

    def anybody_tries_anything(self, step: RandomStep) -> None:
        case = self.cases[-1 - step.which]
        self.acts(step.name, case, step.action, step.reason, step.age)

    def the_responsible_decides(self, step: RandomStep) -> None:
        case = self.under_way(step)
        name = case.desk or case.owner
        may = sorted(
            MAY[name.split()[0]].get(case.state, {Action.SAVE}), key=lambda action: action.value, reverse=True
        )
        self.acts(name, case, may[step.choice % len(may)], step.reason, step.age)

    def the_responsible_passes_it(self, step: RandomStep) -> None:
        case = self.under_way(step)
        self.activate(case.desk or case.owner, True)
        self.reads_the_notice(case.owner)
        self.acts(case.desk or case.owner, case, Action.PASS if case.desk else Action.SUBMIT)

    def a_rarer_action_is_performed(self, step: RandomStep) -> None:
        """Performs another permitted action with all its conditions met: by chance alone an office rarely returns an application."""
        case = self.under_way(step)
        name = case.desk or case.owner
        self.activate(name, True)
        self.reads_the_notice(case.owner)
        others = (Action.RETURN, Action.REFUSE) if case.desk else (Action.SAVE,)
        may = [action for action in others if action in MAY[name.split()[0]].get(case.state, ())]
        if may:
            self.acts(name, case, may[step.choice % len(may)], REASON)

    def it_is_withdrawn(self, step: RandomStep) -> None:
        case = self.under_way(step)
        self.acts(case.owner, case, Action.WITHDRAW)

    def another_employer_is_named(self, step: RandomStep) -> None:
        case = self.under_way(step)
        if self.acts(case.owner, case, Action.SAVE, change=step.employer):
            case.employer = step.employer

    def an_enterprise_is_moved(self, step: RandomStep) -> None:
        employer = self.under_way(step).submitted_to or step.employer
        region = step.region
        key, to = self.employers[employer].id, getattr(self.ordos, region).region.id

        def apply(row: Enterprise) -> None:
            row.region_id = to

        def change(token: str) -> None:
            changes.change(Enterprise, key, self.people["administrator"], apply, confirmed=token)

        try:
            change("")
        except ConfirmationRequired as question:
            change(question.token)
        if self.where[employer] == region:
            return
        self.where[employer] = region
        for case in self.cases:
            if case.submitted_to != employer or case.desk is None:
                continue
            route = ROUTES[region]
            self.done[case.state, Action.REROUTE] += 1
            to_state = case.state if case.state in route else next_state(case.state, route)
            case.move(Action.REROUTE, to_state, "administrator", region)
            self.touched.append(case)

    def somebody_is_deactivated(self, step: RandomStep) -> None:
        if step.name != "administrator":
            self.activate(step.name, False)

    def everybody_is_reactivated(self, _step: RandomStep) -> None:
        for name in ACTORS:
            self.activate(name, True)

    def a_new_notice_is_published(self, _step: RandomStep) -> None:
        self.notice = notice().id

    # What must follow

    def under_way(self, step: RandomStep) -> Case:
        """One that is not finished, or the newest of all."""
        found = [case for case in self.cases if case.state is not State.FINISHED]
        return found[step.which % len(found)] if found else self.cases[-1]

    def reads_the_notice(self, owner: str) -> None:
        mine = [case for case in self.cases if case.owner == owner and case.state is not State.FINISHED]
        read = mine[0].read if mine else self.unbound[owner]
        if self.notice not in read:
            found = db.session.get_one(Application, mine[0].id) if mine else None
            make_read_notice(self.people[owner], found)
            read.add(self.notice)

    def begins(self, owner: str, employer: str) -> None:
        under_way = any(case.owner == owner and case.state is not State.FINISHED for case in self.cases)
        expected: type[ActionRefused] | None = None
        if not self.active[owner]:
            expected = NotPermitted
        elif under_way:
            expected = AlreadyUnderWay
        elif self.notice not in self.unbound[owner]:
            expected = NoticeUnread
        made = self.try_it(
            expected, lambda: review.begin(self.people[owner], filled(self.employers[employer]))
        )
        if made is not None:
            upload_everything(made)
            case = Case(made.id, owner, employer, read=self.unbound[owner])
            self.unbound[owner] = set()
            self.cases.append(case)
            self.touched = [case]

    def activate(self, name: str, active: bool) -> None:
        if self.active[name] is active:
            return
        self.active[name] = active
        db.session.execute(
            text("UPDATE accounts SET active = :active WHERE id = :id"),
            {"active": active, "id": self.ids[name]},
        )
        db.session.commit()

    def acts(
        self, name: str, case: Case, action: Action, reason: str = "", age: int = 0, change: str | None = None
    ) -> bool:
        role, by_applicant = name.split()[0], name == case.owner
        expected: type[ActionRefused] | None = None
        if not self.active[name]:
            expected = NotPermitted
        elif name not in case.seen_by:
            expected = NotVisible
        elif age:
            expected = ChangedMeanwhile
        elif action not in MAY[role].get(case.state, ()):
            expected = NotPermitted
        elif action in NEEDS_REASON and not reason.strip():
            expected = ReasonMissing
        elif by_applicant and action is not Action.WITHDRAW and self.notice not in case.read:
            expected = NoticeUnread
        new_employer = filled(self.employers[change]) if change else None
        self.touched = [case]
        self.try_it(
            expected,
            lambda: review.perform(
                case.id,
                action,
                self.people[name],
                seen_version=case.version - age,
                decision=Decision(reason),
                change=new_employer,
            ),
            case,
        )
        if expected is not None:
            return False
        self.done[case.state, action] += 1
        self.follow(case, action, name)
        return True

    def follow(self, case: Case, action: Action, name: str) -> None:
        case.result = {Action.RETURN: Result.RETURNED, Action.REFUSE: Result.REFUSED}.get(action)
        if action is Action.SAVE:
            case.version += 1
            case.result = Result.RETURNED if case.state is State.RETURNED else None
        elif action is Action.SUBMIT:
            case.submitted_to = case.employer
            case.move(action, E, name, self.where[case.employer])
        elif action is Action.WITHDRAW:
            case.move(action, State.DRAFT, name)
        elif action is Action.RETURN:
            case.move(action, State.RETURNED, name)
        elif action is Action.REFUSE:
            case.move(action, State.FINISHED, name)
        else:
            if case.state is C:
                case.result = Result.PASSED
            case.move(action, next_state(case.state, ROUTES[case.region or ""]), name)

    def try_it(self, expected: type[ActionRefused] | None, doing: Any, case: Case | None = None) -> Any:
        """Do it and check that it goes as expected; a refusal says who was first."""
        refusal: ActionRefused | None = None
        found = None
        try:
            found = doing()
        except ActionRefused as raised:
            refusal = raised
        assert type(refusal) is (expected or type(None))
        if isinstance(refusal, ChangedMeanwhile) and case is not None:
            last, known = refusal.last, case.lines[-1] if case.lines else None
            said = (last.action, last.actor_id) if last else None
            assert said == ((known.action, self.ids[known.by]) if known else None)
        return found

    @invariant()
    def the_books_agree(self) -> None:
        type(self).steps += 1
        for case in self.touched:
            self.compare(case)
        self.touched = []

    def teardown(self) -> None:
        for case in self.cases:
            self.compare(case)

    def compare(self, case: Case) -> None:
        db.session.commit()
        row = db.session.execute(
            select(
                Application.state,
                Application.result,
                Application.version,
                Application.submitted_enterprise_id,
                Application.region_id,
                Application.submitted_at,
                Application.arrived_at,
            ).where(Application.id == case.id)
        ).one()
        assert row.result is None or STATE_OF_RESULT[row.result] is row.state, "where lists look for it"
        assert row.submitted_at is None or row.submitted_at <= row.arrived_at, "as lists of a span believe"
        assert tuple(row)[:5] == (
            case.state,
            case.result,
            case.version,
            self.employers[case.submitted_to].id if case.submitted_to else None,
            getattr(self.ordos, case.region).region.id if case.region else None,
        )
        self.compare_history(case)
        self.compare_messages(case)
        self.compare_sight(case)

    def compare_history(self, case: Case) -> None:
        lines = db.session.execute(
            select(
                Review.sequence,
                Review.action,
                Review.from_state,
                Review.to_state,
                Review.actor_id,
                Review.snapshot.is_not(None),
            )
            .where(Review.application_id == case.id)
            .order_by(Review.sequence)
        ).all()
        assert [tuple(line) for line in lines] == [
            (number, line.action, line.before, line.after, self.ids[line.by], line.action is Action.SUBMIT)
            for number, line in enumerate(case.lines, 1)
        ]
        state = State.DRAFT
        for line in lines:
            assert line.from_state is state, "the history replays without a gap"
            state = line.to_state
        assert state is case.state

    def compare_messages(self, case: Case) -> None:
        rows = db.session.execute(
            select(Review.sequence, Message.account_id, Message.enterprise_id, Message.office_id)
            .join(Review, Review.id == Message.review_id)
            .where(Message.application_id == case.id)
        ).all()
        told = [
            (
                row.sequence,
                case.owner
                if row.account_id == self.ids[case.owner]
                else self.desks.get(row.enterprise_id) or self.offices[row.office_id],
            )
            for row in rows
        ]
        assert sorted(told) == sorted(
            (number, name) for number, line in enumerate(case.lines, 1) for name in line.receivers
        )

    def compare_sight(self, case: Case) -> None:
        row = db.session.execute(self.sight, {"case": case.id}).one()._mapping
        assert {name for name in ACTORS if row[f"sees {name}"]} == case.seen_by
        waiting = {name for name in TRANSIENT if name not in APPLICANTS and row[f"waits {name}"]}
        assert waiting == ({case.desk} if case.desk else set()), "with exactly one desk, or with none"
        assert not row["waits administrator"]
        assert [name for name in APPLICANTS if row[f"waits {name}"]] in ([], [case.owner])


@pytest.fixture(params=[("sqlite", 52, 50, 2_000), ("postgresql", 8, 40, 200)], ids=lambda size: size[0])
def size(request: pytest.FixtureRequest) -> tuple[str, int, int, int]:
    return request.param


@pytest.fixture
def ordos(size: tuple[str, int, int, int], databases: Databases, tmp_path: Path) -> Iterator[World]:
    url = databases.fresh(size[0])
    app: Flask = application_on(url, tmp_path)
    with app.app_context():
        yield world()
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


@pytest.mark.guide("R1", "R2", "R3", "A14", "A19", "E5", "O1", "O2", "D4")
def test_random_actions_never_violate_the_guide(ordos: World, size: tuple[str, int, int, int]) -> None:
    _, examples, steps, least = size
    ReviewMachine.steps, ReviewMachine.done = 0, Counter()
    run_state_machine_as_test(
        lambda: ReviewMachine(ordos),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert ReviewMachine.steps >= least
    if least > 1_000:
        possible = {
            (state, action) for may in MAY.values() for state, actions in may.items() for action in actions
        }
        moved = {(state, Action.REROUTE) for state in (E, P, C)}
        assert not (possible | moved) - ReviewMachine.done.keys(), (
            "the walk did not get far enough to prove anything"
        )


def test_the_routes_of_this_test_are_those_of_the_code() -> None:
    assert {kind.value for kind in RegionKind} <= set(ROUTES)
