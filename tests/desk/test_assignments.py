"""领取, 放回 and 交给: who of a desk has an application, and who is asked before it is decided."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from common.errors import NotVisible, TakenByColleague, Unacceptable
from desk import assignments, open_now
from desk.page_context import page_context
from models import Action, Application, Assignment, OpenPage, State, db, now
from tests import factories
from tests.factories import act, fresh
from workflow import review

pytestmark = pytest.mark.guide("W4")
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def has(application: Application, by: object) -> str | None:
    found = assignments.taker_of(application.id, by)  # type: ignore[arg-type]
    return found.name if found else None


def test_what_was_taken_is_again_of_the_same_clerk_after_a_return_while_she_is_there(
    app_context: Flask,
) -> None:
    world = factories.world()
    at = world.banner
    wang, li = factories.clerk(at.office, "王丽"), at.clerk
    application = factories.application_at(State.PRELIMINARY_REVIEW, at, world)
    number = application.number
    assert assignments.assign(number, wang, to=wang.id, seen=None) == (wang.id, "王丽")
    assert has(application, li) == "王丽"
    assert assignments.taken_by_colleague(application.id, wang) is None
    assert has(application, at.reviewer) is None, "another desk has its own"
    known = page_context(fresh(application), li)
    assert (known.holder, [one.name for one in known.colleagues]) == ((wang.id, "王丽"), ["王丽"])

    act(application, Action.RETURN, wang, factories.REASON)
    with pytest.raises(NotVisible):
        assignments.assign(number, wang, to=None, seen=wang.id)
    act(application, Action.SUBMIT, application.applicant)
    act(application, Action.PASS, at.reviewer)
    assert has(application, li) == "王丽"
    factories.deactivate(wang)
    assert has(application, li) is None
    assert assignments.assign(number, li, to=li.id, seen=None) == (li.id, li.name)
    assert db.session.scalars(select(Assignment.account_id)).all() == [li.id]


def test_it_can_be_given_to_an_active_colleague_of_the_desk_alone_and_only_as_it_was_seen(
    app_context: Flask,
) -> None:
    world = factories.world()
    at = world.banner
    wang, gone = factories.clerk(at.office, "王丽"), factories.clerk(at.office, "吴走")
    factories.deactivate(gone)
    number = factories.application_at(State.PRELIMINARY_REVIEW, at, world).number
    assignments.assign(number, at.clerk, to=at.clerk.id, seen=None)
    for stranger in (gone, world.elsewhere.clerk, at.reviewer, world.centre):
        with pytest.raises(Unacceptable):
            assignments.assign(number, at.clerk, to=stranger.id, seen=at.clerk.id)
    with pytest.raises(TakenByColleague) as refusal:  # she still has the page from before
        assignments.assign(number, wang, to=wang.id, seen=None)
    assert refusal.value.holder == at.clerk.name
    with pytest.raises(NotVisible):
        assignments.assign(number, world.elsewhere.clerk, to=world.elsewhere.clerk.id, seen=None)
    assert db.session.scalars(select(Assignment.account_id)).all() == [at.clerk.id]
    assert assignments.assign(number, at.clerk, to=wang.id, seen=at.clerk.id) == (wang.id, "王丽")
    assert assignments.assign(number, wang, to=None, seen=wang.id) is None


def test_a_colleagues_is_not_decided_unasked_and_nothing_is_changed(app_context: Flask) -> None:
    world = factories.world()
    at = world.banner
    wang = factories.clerk(at.office, "王丽")
    application = factories.application_at(State.PRELIMINARY_REVIEW, at, world)
    assignments.assign(application.number, wang, to=wang.id, seen=None)
    version = fresh(application).version
    asked = {"seen_version": version, "check": assignments.refuse_taken}
    with pytest.raises(TakenByColleague):
        review.perform(application.id, Action.PASS, at.clerk, **asked)  # type: ignore[arg-type]
    assert fresh(application).state is State.PRELIMINARY_REVIEW
    assert review.perform(application.id, Action.PASS, wang, **asked)  # type: ignore[arg-type]


@ON_SQLITE
def test_an_open_page_is_forgotten_after_a_minute_and_known_to_the_desk_alone(app_context: Flask) -> None:
    world = factories.world()
    at = world.banner
    wang = factories.clerk(at.office, "王丽")
    application = factories.application_at(State.CITY_REVIEW, at, world)
    for reader in (wang, at.clerk, at.reviewer, world.centre):
        open_now.mark_open(application.id, reader)
        open_now.mark_open(application.id, reader)
    assert open_now.names_of_others(application.id, at.clerk) == ["王丽"]
    assert page_context(fresh(application), at.clerk).open_by == ("王丽",)
    assert open_now.names_of_others(application.id, world.centre) == []
    db.session.execute(update(OpenPage).values(seen_at=now() - timedelta(seconds=61)))
    db.session.commit()
    assert open_now.names_of_others(application.id, at.clerk) == []
    assert page_context(fresh(application), at.clerk).open_by == ()
    open_now.delete_expired()
    assert db.session.scalars(select(OpenPage)).all() == []


@ON_SQLITE
def test_assignments_of_what_is_finished_for_good_are_deleted(app_context: Flask) -> None:
    world = factories.world()
    at = world.city
    old, recent, waiting = (factories.application_at(State.CITY_REVIEW, at, world) for _ in range(3))
    for one in (old, recent, waiting):
        assignments.assign(one.number, world.centre, to=world.centre.id, seen=None)
    for one in (old, recent):
        act(one, Action.PASS, world.centre)
    old.arrived_at = now() - assignments.KEPT_AFTER_THE_END - timedelta(days=1)
    db.session.commit()
    assignments.delete_expired()
    assert set(db.session.scalars(select(Assignment.application_id))) == {recent.id, waiting.id}
