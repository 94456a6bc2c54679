"""「审核结果通知书」: numbered without gaps, the same for ever, checked by anybody, and silent about the person."""

from __future__ import annotations

import re

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import select

from common.errors import NotPermitted, NotVisible
from common.settings import OBJECTION
from desk import marks, taking_back
from desk.marks import DeskDecision
from documents import decision_notices, decision_paper
from documents.decision_notices import (
    ALPHABET,
    NoticeStanding,
    canonical,
    grouped,
    issue,
    new_notice_code,
    standing_of,
)
from models import (
    Account,
    Action,
    Application,
    DecisionNotice,
    Result,
    Review,
    Setting,
    State,
    db,
    exclusive,
    now,
)
from tests.factories import REASON, World, act, application_at, fresh, saved
from tests.machine.at_once import at_once
from tests.machine.site import Client
from tests.machine.worlds import Person
from workflow import review
from workflow.decision import Decision

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def text_of(pdf: bytes) -> str:
    """The text of a PDF; every run of spaces and line breaks is one space."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return " ".join(" ".join(pages).split())


def last(application: Application) -> Review:
    found = db.session.scalars(
        select(Review).where(Review.application_id == application.id).order_by(Review.sequence.desc())
    ).first()
    assert found is not None
    return found


def decided(action: Action, of: World, reason: str = REASON) -> tuple[Application, Review]:
    """An application that the city has passed, returned or refused, and that row of its history."""
    application = application_at(State.CITY_REVIEW, of.banner, of)
    row = act(application, action, of.centre, "" if action is Action.PASS else reason)
    assert row is not None
    return application, row


@pytest.mark.guide("A25")
def test_the_office_and_the_applicant_get_the_same_numbered_notice(ordos: World) -> None:
    application, row = decided(Action.RETURN, ordos)
    notice = issue(application.number, row.sequence, application.applicant)
    again = issue(application.number, row.sequence, ordos.centre)
    assert (again.id, again.ordinal, again.check_code) == (notice.id, notice.ordinal, notice.check_code)
    other, its_row = decided(Action.PASS, ordos)
    assert issue(other.number, its_row.sequence, ordos.centre).ordinal == notice.ordinal + 1
    assert (notice.content["result_word"], notice.content["reason"]) == ("回退", REASON)
    assert notice.content["office"] == ordos.centre.membership.name


@pytest.mark.guide("A25")
def test_only_a_decision_of_an_authority_that_stands_has_a_notice(ordos: World) -> None:
    application = application_at(State.RETURNED, ordos.banner, ordos)  # by the enterprise
    with pytest.raises(NotVisible):
        issue(application.number, last(application).sequence, application.applicant)
    application, row = decided(Action.REFUSE, ordos)
    for stranger in (ordos.elsewhere.clerk, ordos.park.reviewer):
        with pytest.raises((NotVisible, NotPermitted)):
            issue(application.number, row.sequence, stranger)
    with pytest.raises(NotPermitted):
        issue(application.number, row.sequence, ordos.banner.reviewer)
    with pytest.raises(NotVisible):
        issue(application.number, row.sequence - 1, application.applicant)  # 初审通过 has no result


@pytest.mark.guide("A25")
def test_a_code_says_whether_the_decision_holds(ordos: World) -> None:
    application, row = decided(Action.RETURN, ordos)
    code = issue(application.number, row.sequence, ordos.centre).check_code
    assert standing_of(code) is NoticeStanding.VALID
    act(application, Action.SUBMIT, application.applicant)
    act(application, Action.PASS, ordos.banner.reviewer)
    assert standing_of(code) is NoticeStanding.VALID, "an employer decides nothing outside"
    act(application, Action.PASS, ordos.banner.clerk)
    assert standing_of(code) is NoticeStanding.OVERTAKEN
    refused = act(application, Action.REFUSE, ordos.centre, REASON)
    assert refused is not None
    later = issue(application.number, refused.sequence, ordos.centre).check_code
    taking_back.take_back(
        application.number,
        ordos.centre,
        seen_version=fresh(application).version,
        decision=Decision("看错了。"),
    )
    assert (standing_of(later), standing_of(code)) == (NoticeStanding.TAKEN_BACK, NoticeStanding.OVERTAKEN)
    with pytest.raises(NotVisible):
        issue(application.number, refused.sequence, ordos.centre)


@pytest.mark.guide("A25")
def test_a_number_that_was_not_stored_is_given_again(ordos: World) -> None:
    application, row = decided(Action.PASS, ordos)

    def fail() -> None:
        with exclusive():
            db.session.add(decision_notices._new_notice(application, row))
            db.session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    first = issue(application.number, row.sequence, ordos.centre).ordinal
    other, its_row = decided(Action.PASS, ordos)
    assert issue(other.number, its_row.sequence, ordos.centre).ordinal == first + 1


@pytest.mark.guide("A25")
def test_notices_that_are_asked_for_at_once_get_numbers_without_a_gap(own_ordos: World) -> None:
    asked = [decided(Action.PASS, own_ordos) for _ in range(2)]
    tasks = [(one.number, row.sequence, one.applicant) for one, row in asked] * 2

    def get(number: str, sequence: int, actor: Account) -> tuple[str, int]:
        return number, issue(number, sequence, actor).ordinal

    found = at_once(*((lambda task=task: get(*task)) for task in tasks))
    assert len(set(found)) == 2
    assert sorted(ordinal for _, ordinal in set(found)) == [1, 2]


@pytest.mark.guide("A25")
def test_a_typed_code_is_read_whatever_its_case_spaces_and_zeros() -> None:
    for result in Result:
        code = new_notice_code(result)
        assert re.fullmatch(f"[THB][{ALPHABET}]{{15}}", code)
        assert canonical(grouped(code)) == canonical(f" {code.lower()} ") == code
    assert canonical("t7k2－9qxm 3foa zz8p") == "T7K29QXM3F0AZZ8P"
    assert canonical("T7K2 9QXM 3FOA ILZP") == "T7K29QXM3F0A11ZP"


@pytest.mark.guide("A25")
def test_an_unknown_code_is_known_to_nobody(ordos: World) -> None:
    for typed in ("", "T7K2", "?" * 16, "字" * 16, "T7K29QXM3F0AZZ8P", "T" * 1000):
        assert standing_of(typed) is None


@ON_SQLITE
@pytest.mark.guide("A25")
def test_the_paper_says_what_was_decided_why_and_how_to_object(own_ordos: World) -> None:
    saved(Setting(key=OBJECTION, value="请在 60 日内向{office}提出，电话 {telephone}。"))
    application = application_at(State.CITY_REVIEW, own_ordos.banner, own_ordos)
    marks.put(application.number, own_ordos.centre, "field:phone", "少了一位。")
    row = review.perform(
        application.id,
        Action.RETURN,
        own_ordos.centre,
        seen_version=fresh(application).version,
        decision=DeskDecision("请按合同填写。\n再核对一次。"),
    )
    assert row is not None
    notice = issue(application.number, row.sequence, application.applicant)
    made = decision_paper.print_notice(
        notice, "https://example.gov.cn/check/", "https://example.gov.cn/check/?code=T"
    )
    with pypdfium2.PdfDocument(made.pdf) as document:
        assert len(document) == 1
    said = text_of(made.pdf).replace(" ", "")
    office = own_ordos.centre.membership.name
    for words in (
        "审核结果通知书", f"〔{notice.year}〕{notice.ordinal}号", application.number, application.name, "回退", office,
        "请按合同填写。再核对一次。", "手机号码：少了一位。", f"请在60日内向{office}提出，电话0477-8587631。",
        grouped(notice.check_code), "https://example.gov.cn/check/",
    ):  # fmt: skip
        assert words in said
    assert application.identity_number not in said
    assert (
        decision_paper.print_notice(
            notice, "https://example.gov.cn/check/", "https://example.gov.cn/check/?code=T"
        )
        == made
    )

    application.name = "改过的名字"
    db.session.commit()
    assert "改过的名字" not in text_of(decision_paper.print_notice(notice, "a", "b").pdf), (
        "it stays as it was issued"
    )


@ON_SQLITE
@pytest.mark.guide("A25")
def test_the_telephone_is_that_of_the_office_that_decided_wherever_its_clerk_works_now(
    own_ordos: World,
) -> None:
    place, other = own_ordos.banner, own_ordos.park
    place.office.telephone, other.office.telephone = "0477-1111111", "0477-2222222"
    db.session.commit()
    application = application_at(State.PRELIMINARY_REVIEW, place, own_ordos)
    act(application, Action.REFUSE, place.clerk, REASON)
    place.clerk.office_id = other.office.id
    db.session.commit()
    notice = issue(application.number, last(application).sequence, application.applicant)
    assert notice.content["office"] == place.office.name
    assert notice.content["telephone"] == "0477-1111111"


@pytest.mark.guide("A25")
def test_the_longest_reason_still_stands_on_one_page() -> None:
    content = dict.fromkeys(
        ("number", "identity", "application", "period", "enterprise", "office", "objection"), "一般的"
    )
    content |= {
        "result": "returned",
        "result_word": "回退",
        "name": "王晓敏",
        "day": "2026-11-29",
        "resubmit_by": "2026-12-20",
    }
    for length in (695, 1395, 1795, 2000):
        notice = DecisionNotice(
            year=2026,
            ordinal=1,
            check_code="T7K29QXM3F0AZZ8P",
            issued_at=now(),
            content={**content, "reason": "因" * length, "marks": []},
        )
        with pypdfium2.PdfDocument(decision_paper.print_notice(notice, "a", "b").pdf) as document:
            assert len(document) == 1, length


@ON_SQLITE
@pytest.mark.guide("A25")
def test_the_notice_is_downloaded_from_the_pages_and_checked_without_login(
    app: Flask, prepared: World, person: Person, client: Client
) -> None:
    with app.app_context():
        application, row = decided(Action.REFUSE, prepared)
        number, name, sequence, applicant = (
            application.number,
            application.name,
            row.sequence,
            application.applicant,
        )
    for actor, console, pages in (
        (applicant, "personal", (f"/personal/application/{number}/", "/personal/application/history/")),
        (prepared.centre, "city", (f"/city/{number}/",)),
    ):
        browser = person(actor)
        address = f"/{console}/documents/{number}/decision/"
        for page in pages:
            assert address in browser.get(page).text
        answer = browser.send(address, {"sequence": str(sequence)})
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        assert "attachment" in answer.headers["Content-Disposition"]
    assert browser.send(address, {"sequence": "1"}).status_code == 404
    with app.app_context():
        code = db.session.scalars(select(DecisionNotice.check_code)).one()
    assert grouped(code) in text_of(answer.data)

    for typed, status, words in (
        (code, 200, "通知书有效"),
        (grouped(code).lower().replace("0", "o"), 200, "通知书有效"),
        ("T7K29QXM3F0AZZ8P", 404, "没有这个核验码"),
        ("", 200, "输入通知书下方的核验码"),
    ):
        page = client.get("/check/", query_string={"code": typed})
        assert (page.status_code, words in page.text) == (status, True)
        assert not [
            secret for secret in (name, number, "不通过，", prepared.centre.name) if secret in page.text
        ]


@ON_SQLITE
@pytest.mark.guide("A25")
def test_codes_cannot_be_tried_by_the_thousand(limited: Flask) -> None:
    limited.config["CHECK_LIMIT_ADDRESS"] = "3 per minute"
    client = limited.test_client()
    answers = [client.get("/check/?code=T7K29QXM3F0AZZ8P").status_code for _ in range(4)]
    assert answers == [404, 404, 404, 429]
    assert client.get("/check/").status_code == 200
