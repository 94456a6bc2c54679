"""The route of an application: from the enterprise's region, and from nothing else."""

import pytest

from models import Account, Action, RegionKind, Role, State, db
from tests.factories import (
    REASON,
    World,
    act,
    complete_application,
    desk_person,
    enterprise,
    fresh,
    reviewer,
    submit,
)
from tests.workflow.observing import history, sees, waits_for
from workflow import routing

EXPECTED_ROUTES = {
    RegionKind.CITY: ["企业审核", "市专家服务中心审核"],
    RegionKind.BANNER: ["企业审核", "初审", "市专家服务中心审核"],
    RegionKind.PARK: ["企业审核", "初审", "市专家服务中心审核"],
}
"""The guide's own words, 二 and 三."""


def route_taken(ordos: World, kind: RegionKind) -> list[tuple[str, str]]:
    """The steps that an application passed until the end, each with whose desk it was on."""
    at = ordos.at(kind)
    application = complete_application(at.enterprise)
    submit(application)
    found = []
    while application.state is not State.FINISHED:
        desk = routing.responsible_for(application)
        assert desk is not None
        found.append((routing.STEP_WORDS[application.state], desk.name))
        act(application, Action.PASS, desk_person(application, at, ordos))
    return found


@pytest.mark.guide("R1", "A18")
def test_an_application_of_a_city_enterprise_skips_the_preliminary_review(ordos: World) -> None:
    assert route_taken(ordos, RegionKind.CITY) == [
        ("企业审核", ordos.city.enterprise.name),
        ("市专家服务中心审核", "鄂尔多斯市专家服务中心"),
    ]


@pytest.mark.guide("R2", "A18")
@pytest.mark.parametrize("kind", [RegionKind.BANNER, RegionKind.PARK])
def test_an_application_of_a_banner_or_park_goes_to_its_office_first(ordos: World, kind: RegionKind) -> None:
    assert route_taken(ordos, kind) == [
        ("企业审核", ordos.at(kind).enterprise.name),
        ("初审", ordos.at(kind).office.name),
        ("市专家服务中心审核", "鄂尔多斯市专家服务中心"),
    ]


@pytest.mark.guide("R1", "R2")
def test_every_kind_of_region_has_the_route_of_the_guide() -> None:
    said = {kind: [routing.STEP_WORDS[step] for step in steps] for kind, steps in routing.ROUTES.items()}
    assert said == EXPECTED_ROUTES


@pytest.mark.guide("R3")
def test_the_applicants_answers_do_not_change_the_route(ordos: World) -> None:
    application = complete_application(
        ordos.banner.enterprise, household="市直属", position=ordos.city.region.name, school="市专家服务中心"
    )
    submit(application)
    act(application, Action.PASS, ordos.banner.reviewer)
    assert application.state is State.PRELIMINARY_REVIEW
    assert waits_for(ordos.banner.clerk, application)


@pytest.mark.guide("R3")
def test_the_route_follows_the_last_submitted_employer(ordos: World) -> None:
    application = complete_application(ordos.banner.enterprise)
    submit(application)
    act(application, Action.RETURN, ordos.banner.reviewer, REASON)

    def other_employer(changed) -> None:
        changed.enterprise_id = ordos.city.enterprise.id

    act(application, Action.SUBMIT, application.applicant, change=other_employer)
    assert waits_for(ordos.city.reviewer, application)
    assert not sees(ordos.banner.reviewer, application)
    act(application, Action.PASS, ordos.city.reviewer)
    assert application.state is State.CITY_REVIEW


@pytest.mark.guide("R3", "O1")
def test_an_enterprises_new_region_counts_from_the_next_submission(ordos: World) -> None:
    """Moving what is under review with it is the administrator's own action (D3)."""
    under_way, later = (
        complete_application(ordos.banner.enterprise),
        complete_application(ordos.banner.enterprise),
    )
    submit(under_way)
    ordos.banner.enterprise.region = ordos.park.region
    db.session.commit()

    act(under_way, Action.PASS, ordos.banner.reviewer)
    assert routing.responsible_for(under_way).name == ordos.banner.office.name
    assert waits_for(ordos.banner.clerk, under_way)
    assert not sees(ordos.park.clerk, under_way)

    submit(later)
    act(later, Action.PASS, ordos.banner.reviewer)
    assert routing.responsible_for(later).name == ordos.park.office.name
    assert waits_for(ordos.park.clerk, later)


@pytest.mark.guide("R3")
def test_a_submission_uses_the_enterprises_current_region(ordos: World) -> None:
    """What the request loaded before the transaction must not decide."""
    application = complete_application(ordos.banner.enterprise)
    assert application.enterprise.region.kind is RegionKind.BANNER
    with db.engine.begin() as elsewhere:
        elsewhere.exec_driver_sql(
            f"UPDATE enterprises SET region_id = {ordos.city.region.id} WHERE id = {application.enterprise_id}"
        )
    submit(application)
    act(application, Action.PASS, ordos.banner.reviewer)
    assert application.state is State.CITY_REVIEW


@pytest.mark.guide("O1")
def test_the_new_regions_office_sees_nothing_before_its_step(ordos: World) -> None:
    """Returned by one banner's office, submitted again to an employer in another: that office has not had it yet."""
    application = complete_application(ordos.banner.enterprise)
    submit(application)
    act(application, Action.PASS, ordos.banner.reviewer)
    act(application, Action.PASS, ordos.banner.clerk)
    act(application, Action.RETURN, ordos.centre, REASON)

    def other_employer(changed) -> None:
        changed.enterprise_id = ordos.elsewhere.enterprise.id

    act(application, Action.SUBMIT, application.applicant, change=other_employer)
    assert not sees(ordos.elsewhere.clerk, application)
    assert not sees(ordos.banner.clerk, application)
    assert sees(ordos.centre, application), "what the city has had once stays in its sight"
    act(application, Action.PASS, ordos.elsewhere.reviewer)
    assert waits_for(ordos.elsewhere.clerk, application)


@pytest.mark.guide("R3", "E5")
@pytest.mark.parametrize("kind", list(RegionKind))
def test_two_enterprises_of_one_region_do_not_see_each_others_applications(
    ordos: World, kind: RegionKind
) -> None:
    neighbour = reviewer(enterprise(ordos.at(kind).region))
    application = complete_application(ordos.at(kind).enterprise)
    submit(application)
    assert sees(ordos.at(kind).reviewer, application)
    assert not sees(neighbour, application)


@pytest.mark.guide("O1", "R2")
def test_the_history_names_every_desk_that_decided(ordos: World) -> None:
    application = complete_application(ordos.park.enterprise)
    submit(application)
    for _ in EXPECTED_ROUTES[RegionKind.PARK]:
        act(application, Action.PASS, desk_person(fresh(application), ordos.park, ordos))
    people: list[Account] = [ordos.park.reviewer, ordos.park.clerk, ordos.centre]
    assert [(line.actor_name, line.desk) for line in history(application)] == [
        (application.applicant.name, ""),
        *[(person.name, (person.office or person.enterprise).name) for person in people],
    ]
    assert [line.actor_role for line in history(application)] == [
        Role.APPLICANT,
        Role.ENTERPRISE,
        Role.OFFICE,
        Role.CITY,
    ]
