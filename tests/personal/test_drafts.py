"""Nothing typed is lost (A20): what a page sends while one types, what is offered afterwards, and two windows on one form."""

from __future__ import annotations

import html
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from werkzeug.test import TestResponse

from accounts import sessions
from admin_views.personal import drafts as draft_pages
from drafts import saving
from drafts.merging import digest
from models import Account, Action, Application, ApplicationDraft, LoginSession, db, now
from tests import factories
from tests.factories import World
from tests.machine.site import Client
from tests.site.forms import Form, forms
from workflow.form import answers
from workflow.transitions import is_editable

pytestmark = pytest.mark.guide("A20")
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SHEET = "/personal/application/"
TYPED = "打字打到一半的岗位"


@pytest.fixture
def case(app: Flask, client: Client, prepared: World) -> Application:
    """A saved application whose person is logged in."""
    with app.app_context():
        application = factories.complete_application(
            db.session.merge(prepared.banner.enterprise), by=factories.applicant()
        )
        factories.log_in(client, application.applicant)
        at_browser(client, "a")
        db.session.refresh(application)
        db.session.expunge_all()
        return application


def at_browser(client: Client, name: str) -> None:
    """From now on the requests come from this browser."""
    client.set_cookie("talent-device", f"{name * 32}.739000-{'0' * 32}")


def address(case: Application) -> str:
    return f"{SHEET}{case.number}/"


def sheet(page: TestResponse) -> Form:
    [form] = [one for one in forms(page.text) if "position" in one.names]
    return form


def types(client: Client, path: str, sequence: int = 1, tab: str = "", **fields: Any) -> TestResponse:
    """Send what a page's script sends while somebody types."""
    form = sheet(client.get(path))
    base = json.loads(form.fields["base"][0])
    told = {
        "tab": tab or form.fields["tab"][0],
        "sequence": sequence,
        "fields": fields,
        "base": {key: base.get(key, "") for key in fields},
    }
    return client.post(f"{path}draft/", json=told, headers={"X-CSRFToken": client.csrf_token()})


def kept(app: Flask, key: str) -> Any:
    with app.app_context():
        return answers.value(db.session.query(Application).one(), key)


def drafts(app: Flask) -> list[dict[str, Any]]:
    with app.app_context():
        return [
            {key: entry["value"] for key, entry in row.fields.items()}
            for row in db.session.query(ApplicationDraft).order_by(ApplicationDraft.id)
        ]


def offers(page: TestResponse) -> list[str]:
    return re.findall(r"您(?:在另一台设备上)?有 [\d: -]+ 未保存的修改", html.unescape(page.text))


def restored(client: Client, path: str) -> TestResponse:
    """Press 「恢复」 on the first draft that is offered."""
    [first, *_] = [one for one in forms(client.get(path).text) if one.names == {"draft"}]
    return client.get(path, query_string={"draft": first.fields["draft"][0]})


def test_what_was_typed_is_offered_restored_and_saved(app: Flask, client: Client, case: Application) -> None:
    path = address(case)
    rows = [{"kind": "work", "start": "2020-07", "end": "", "place": "半行", "subject": "", "witness": ""}]
    answer = types(client, path, position=TYPED, bank_account="6217 0000 0000 9999", experiences=rows)
    assert re.fullmatch(r"\d\d:\d\d", answer.json["at"])
    assert kept(app, "position") == "工程师"
    page = client.get(path)
    assert len(offers(page)) == 1
    [link] = re.findall(r'<a href="#(draft-\d+)">查看未保存的修改</a>', page.text)
    assert f'id="{link}"' in page.text, "the foot bar leads there from wherever a reloaded page stands"
    assert "岗位职务" in page.text
    assert sheet(page).fields["position"] == ["工程师"]

    page = restored(client, path)
    form = sheet(page)
    assert form.fields["position"] == [TYPED]
    assert form.fields["bank_account"] == ["6217000000009999"]
    assert form.fields["experiences-0-place"] == ["半行"]
    assert "还没有保存" in page.text
    named = re.search(r"<p>(.*?)</p><p>核对后", page.text)
    assert named
    assert set(named[1].split("、")) == {"岗位职务", "银行账号", "学习工作经历"}, "what to look at is named"
    folded = set(re.findall(r'id="section-(\w+)" open data-fold', page.text))
    assert folded == {"basic", "schooling", "attachments", "promise"}, "a phone folds only what was not typed"
    assert kept(app, "position") == "工程师"
    assert client.post(path, data=form.fields | {"do": "save"}).status_code == 302
    assert kept(app, "position") == TYPED
    assert drafts(app) == []
    assert offers(client.get(path)) == []


@ON_SQLITE
def test_what_is_wrong_with_a_saved_value_is_not_said_beside_the_restored_one(
    app: Flask, client: Client, case: Application
) -> None:
    path, wrong = address(case), "性别与公民身份号码不一致"
    [right] = sheet(client.get(path)).fields["sex"]
    other = "male" if right == "female" else "female"
    client.post(path, data=sheet(client.get(path)).fields | {"sex": other, "do": "save"})
    assert wrong in client.get(path).text
    types(client, path, sex=right)
    assert wrong not in restored(client, path).text


@ON_SQLITE
def test_a_draft_can_be_discarded_by_its_owner_alone(app: Flask, client: Client, case: Application) -> None:
    path = address(case)
    types(client, path, position=TYPED)
    with app.app_context():
        key = db.session.query(ApplicationDraft).one().id
        factories.log_in(client, factories.applicant("刘洋"))
    client.send(f"{SHEET}draft/discard/", {"draft": key})
    assert client.get(f"{path}?draft={key}").status_code == 404
    assert TYPED not in client.get(f"{SHEET}?draft={key}").text
    assert drafts(app) == [{"position": TYPED}]
    with app.app_context():
        factories.log_in(client, db.session.get_one(Account, case.applicant_id))
    assert client.send(f"{SHEET}draft/discard/", {"draft": key}).status_code == 302
    assert drafts(app) == []


@ON_SQLITE
def test_another_device_offers_what_was_typed_on_the_first(
    app: Flask, client: Client, case: Application
) -> None:
    path = address(case)
    types(client, path, position=TYPED)
    at_browser(client, "b")
    assert offers(client.get(path))[0].startswith("您在另一台设备上有")
    types(client, path, school="北京大学")
    assert drafts(app) == [{"position": TYPED}, {"school": "北京大学"}]
    form = sheet(client.get(path))
    client.post(path, data=form.fields | {"do": "save"})
    assert drafts(app) == [{"position": TYPED}, {"school": "北京大学"}], "neither was on the saved page"


@ON_SQLITE
def test_what_is_typed_before_the_first_save_is_kept_too(app: Flask, client: Client) -> None:
    with app.app_context():
        person = factories.applicant()
        factories.notice()
        factories.make_read_notice(person)
        factories.log_in(client, person)
    at_browser(client, "a")
    types(client, SHEET, position=TYPED)
    at_browser(client, "b")
    form = sheet(restored(client, SHEET))
    assert form.fields["position"] == [TYPED]
    made = client.post(SHEET, data=form.fields | {"do": "save"})
    assert made.status_code == 302
    assert kept(app, "position") == TYPED
    assert drafts(app) == []
    again = client.post(SHEET, data=form.fields | {"school": "新的学校", "do": "save"})
    assert again.status_code == 302, "the answer was lost on the way"
    assert kept(app, "school") == "新的学校"


def test_the_newest_wins_in_each_field_and_an_overtaken_request_changes_nothing(
    app: Flask, client: Client, case: Application
) -> None:
    path = address(case)
    types(client, path, 5, "one", position="五", school="甲")
    types(client, path, 4, "one", position="四")
    types(client, path, 1, "two", school="乙")
    assert drafts(app) == [{"position": "五", "school": "乙"}]
    types(client, path, 6, "one", position="工程师")  # as it is saved
    assert drafts(app) == [{"school": "乙"}]


def a_row(place: str) -> dict[str, str]:
    return {"kind": "work", "start": "2020-07", "end": "", "place": place, "subject": "", "witness": ""}


def places(page: TestResponse) -> list[str]:
    fields = sheet(page).fields
    return [fields[name][0] for name in sorted(fields) if re.fullmatch(r"experiences-\d+-place", name)]


def test_a_row_that_was_not_restored_is_not_replaced_by_another(
    app: Flask, client: Client, case: Application
) -> None:
    """Somebody goes back, does not see the offer, and enters a second row."""
    path = address(case)
    before = places(client.get(path))
    types(client, path, experiences=[a_row("第一家")], tab="first")
    types(client, path, experiences=[a_row("第")], tab="second")
    types(client, path, 2, experiences=[a_row("第二家")], tab="second")
    page = restored(client, path)
    assert places(page) == ["第一家", "第二家"]
    carried = sheet(page).fields["restored"][0]
    told = {
        "tab": "third",
        "sequence": 1,
        "base": {},
        "restored": carried,
        "fields": {"experiences": [a_row("第三家")]},
    }
    client.post(f"{path}draft/", json=told, headers={"X-CSRFToken": client.csrf_token()})
    assert places(restored(client, path)) == ["第三家"], (
        "the page had them all, and their owner has changed them"
    )
    assert places(client.get(path)) == before


def test_saving_a_second_row_still_offers_the_first(app: Flask, client: Client, case: Application) -> None:
    path = address(case)
    types(client, path, experiences=[a_row("第一家")], tab="first")
    form = sheet(client.get(path))
    tab, saved = form.fields["tab"][0], places(client.get(path))
    types(client, path, experiences=[a_row("第二家")], tab=tab)
    client.send(path, {**form.fields, "do": "save"})
    page = client.get(path)
    assert len(offers(page)) == 1
    assert places(restored(client, path)) == [*saved, "第一家"]


def test_a_window_that_types_on_after_another_has_saved_leaves_nothing_once_it_saves_too(
    client: Client, case: Application
) -> None:
    path = address(case)
    form = sheet(client.get(path))
    types(client, path, experiences=[a_row("第")], tab="first")
    types(client, path, experiences=[a_row("第二家")], tab=form.fields["tab"][0])
    client.send(path, {**form.fields, "do": "save"})
    types(client, path, 2, experiences=[a_row("第一家")], tab="first")
    assert places(restored(client, path)) == ["第一家"], "half a word is no row of its own"
    client.send(path, {**sheet(client.get(path)).fields, "tab": "first", "do": "save"})
    assert offers(client.get(path)) == []


def test_a_draft_that_was_stored_without_rows_beside_it_is_offered_and_saved(
    app: Flask, client: Client, case: Application
) -> None:
    path = address(case)
    types(client, path, position=TYPED, experiences=[a_row("第一家")], tab="first")
    with app.app_context():
        [draft] = db.session.query(ApplicationDraft)
        draft.fields = {
            key: {name: entry[name] for name in entry if name != "beside"}
            for key, entry in draft.fields.items()
        }
        db.session.commit()
    types(client, path, experiences=[a_row("第二家")], tab="second")
    page = restored(client, path)
    assert places(page) == ["第一家", "第二家"]
    assert sheet(page).fields["position"] == [TYPED]
    client.send(path, {**sheet(page).fields, "do": "save"})
    assert (kept(app, "position"), offers(client.get(path))) == (TYPED, [])


@ON_SQLITE
def test_what_cannot_be_saved_as_typed_stays_in_the_draft(
    app: Flask, client: Client, case: Application
) -> None:
    path = address(case)
    form = sheet(client.get(path))
    wrong = form.fields | {"contract_end": "2030-13-01", "position": TYPED, "do": "save"}
    assert client.post(path, data=wrong).status_code == 422
    assert kept(app, "position") == TYPED
    assert drafts(app) == [{"contract_end": "2030-13-01"}]
    assert sheet(restored(client, path)).fields["contract_end"] == ["2030-13-01"]


@ON_SQLITE
def test_two_windows_choose_field_by_field(app: Flask, client: Client, case: Application) -> None:
    path = address(case)
    first, second = sheet(client.get(path)), sheet(client.get(path))
    theirs = {"position": "甲的岗位", "school": "甲的学校", "bank": "甲的银行", "do": "save"}
    assert client.post(path, data=first.fields | theirs).status_code == 302
    mine = {"position": "乙的岗位", "school": "乙的学校", "household": "乙的户籍", "do": "save"}
    answer = client.post(path, data=second.fields | mine)
    assert answer.status_code == 409
    form = sheet(answer)
    assert form.fields["asked"] == ["school,position"]
    assert form.fields["bank"] == ["甲的银行"], "only the other window changed it"
    assert form.fields["household"] == ["乙的户籍"], "only this window changed it"
    for text_ in ("甲的岗位", "乙的岗位", "甲的学校", "乙的学校"):
        assert text_ in answer.text

    unchosen = client.post(path, data=form.fields | {"choose-school": "mine", "do": "save"})
    assert unchosen.status_code == 422
    assert "请逐项选择" in unchosen.text
    assert sheet(unchosen).fields["asked"] == ["position"]
    assert kept(app, "school") == "甲的学校"

    chosen = {"choose-school": "mine", "choose-position": "theirs", "do": "save"}
    assert client.post(path, data=form.fields | chosen).status_code == 302
    found = {key: kept(app, key) for key in ("school", "position", "bank", "household")}
    assert found == {
        "school": "乙的学校",
        "position": "甲的岗位",
        "bank": "甲的银行",
        "household": "乙的户籍",
    }


@ON_SQLITE
def test_a_page_whose_saving_was_not_answered_saves_what_is_typed_since(
    app: Flask, client: Client, case: Application
) -> None:
    path = address(case)
    unanswered = sheet(client.get(path)).fields | {"school": "新的学校", "do": "save"}
    assert client.post(path, data=unanswered).status_code == 302
    assert client.post(path, data=unanswered | {"position": "新的岗位"}).status_code == 302
    assert (kept(app, "school"), kept(app, "position")) == ("新的学校", "新的岗位")


@ON_SQLITE
def test_rows_of_both_windows_can_be_kept(app: Flask, client: Client, case: Application) -> None:
    path = address(case)
    first, second = sheet(client.get(path)), sheet(client.get(path))
    client.post(path, data=first.fields | {"experiences-0-subject": "甲改的", "do": "save"})
    answer = client.post(path, data=second.fields | {"experiences-1-subject": "乙改的", "do": "save"})
    assert answer.status_code == 409
    data = sheet(answer).fields | {"choose-experiences": "both", "do": "save"}
    assert client.post(path, data=data).status_code == 302
    with app.app_context():
        subjects = {row.subject for row in db.session.query(Application).one().experiences}
    assert {"甲改的", "乙改的"} <= subjects


@ON_SQLITE
def test_an_open_page_is_told_what_another_saved(app: Flask, client: Client, case: Application) -> None:
    path = address(case)
    first, second = sheet(client.get(path)), sheet(client.get(path))
    assert client.get(f"{path}draft/").json["version"] == int(second.fields["version"][0])
    client.post(path, data=first.fields | {"bank": "甲的银行", "do": "save"})
    told = client.get(f"{path}draft/").json
    assert told["version"] == int(second.fields["version"][0]) + 1
    compared = client.post(
        told["compare"], data=second.fields | {"do": "compare"}, headers={"Accept": "application/json"}
    )
    assert compared.status_code == 200
    assert "甲的银行" in compared.json["changed"]
    assert kept(app, "bank") == "甲的银行"


@ON_SQLITE
def test_a_restored_draft_does_not_overwrite_what_was_saved_since(
    app: Flask, client: Client, case: Application
) -> None:
    path = address(case)
    types(client, path, position=TYPED)
    at_browser(client, "b")
    form = sheet(client.get(path))
    client.post(path, data=form.fields | {"position": "后来保存的", "do": "save"})
    at_browser(client, "a")
    page = restored(client, path)
    assert sheet(page).fields["asked"] == ["position"]
    assert "后来保存的" in page.text
    data = sheet(page).fields | {"choose-position": "theirs", "do": "save"}
    assert client.post(path, data=data).status_code == 302
    assert kept(app, "position") == "后来保存的"
    assert drafts(app) == []


@ON_SQLITE
def test_the_draft_is_ciphertext_in_the_database(app: Flask, client: Client, case: Application) -> None:
    types(client, address(case), position=TYPED)
    with app.app_context():
        raw = db.session.execute(text("SELECT fields FROM drafts")).scalar_one()
    assert TYPED not in raw
    assert "position" not in raw


def test_drafts_are_no_unbounded_store(app: Flask, client: Client, case: Application) -> None:
    path = address(case)
    for fields in ({"position": "长" * (saving.MOST_CHARACTERS + 1)}, {"position": "长" * 60_000}):
        answer = types(client, path, **fields)
        assert answer.status_code == 413
        assert "太长" in answer.json["failed"]
    rows = [{"place": "某厂"}] * (saving.MOST_ROWS + 1)
    assert types(client, path, experiences=rows).status_code == 413
    types(client, path, unknown="x", name="别人", identity_number="1", position=["x"], experiences="x")
    deep = b"[" * 5000
    for wrong in (b"", b"[]", deep, b'{"fields": 1}', b'{"fields": {}, "base": {}, "sequence": "x"}'):
        headers = {"X-CSRFToken": client.csrf_token(), "Content-Type": "application/json"}
        assert client.post(f"{path}draft/", data=wrong, headers=headers).status_code == 400
    assert drafts(app) == []
    assert client.send(path, {"base": deep.decode()}).status_code == 409, "an older page than what is saved"
    for name in "abcdefabcdef"[: saving.MOST_DRAFTS] + "012":
        at_browser(client, name)
        types(client, path, position=name)
    assert len(drafts(app)) == saving.MOST_DRAFTS
    without_token = client.post(f"{path}draft/", json={"fields": {}, "base": {}, "sequence": 1})
    assert without_token.status_code == 419


@ON_SQLITE
def test_one_person_sends_a_limited_number_of_drafts(
    limited: Flask, app: Flask, case: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft_pages, "LIMIT", "2 per minute")
    browser = limited.test_client()
    assert isinstance(browser, Client)
    with app.app_context():
        factories.log_in(browser, db.session.get_one(Account, case.applicant_id))
    at_browser(browser, "a")
    answers = [types(browser, address(case), sequence, position=TYPED) for sequence in (1, 2, 3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_old_drafts_and_those_of_submitted_applications_are_swept(
    app: Flask, client: Client, case: Application
) -> None:
    path = address(case)
    types(client, path, position=TYPED)
    with app.app_context():
        saving.delete_expired()
        assert db.session.query(ApplicationDraft).count() == 1
        db.session.query(ApplicationDraft).one().updated_at = now() - saving.LIFETIME - timedelta(hours=1)
        db.session.commit()
        saving.delete_expired()
        assert db.session.query(ApplicationDraft).count() == 0
    types(client, path, position=TYPED)
    with app.app_context():
        factories.submit(db.session.get_one(Application, case.id))
        saving.delete_expired()
        assert db.session.query(ApplicationDraft).count() == 0
    late = {"tab": "x", "sequence": 9, "fields": {"position": "晚了"}, "base": {"position": digest("")}}
    answer = client.post(f"{path}draft/", json=late, headers={"X-CSRFToken": client.csrf_token()})
    assert answer.status_code == 409
    assert drafts(app) == []


@ON_SQLITE
def test_what_is_no_text_beside_the_typed_fields_is_left_out(
    app: Flask, client: Client, case: Application
) -> None:
    half = "\ud83d"  # of a character, as JSON can hold it
    for told in (
        {"tab": half, "sequence": 1, "fields": {"position": TYPED}, "base": {"position": half}},
        {"tab": "x", "sequence": 2, "fields": {"position": TYPED + half}, "base": {"position": "长" * 9000}},
    ):
        headers = {"X-CSRFToken": client.csrf_token()}
        assert client.post(f"{address(case)}draft/", json=told, headers=headers).status_code == 200
    with app.app_context():
        [entry] = db.session.query(ApplicationDraft).one().fields.values()
    assert (entry["value"], entry["base"]) == (TYPED, "")


@ON_SQLITE
def test_a_page_that_looks_for_other_windows_keeps_no_session_alive(
    app: Flask, client: Client, case: Application
) -> None:
    """Without https, and in older browsers, nothing in the request says that a script has sent it."""
    long_ago = now() - 3 * sessions.SEEN_PRECISION

    def seen_at_after(path: str) -> datetime:
        with app.app_context():
            db.session.execute(update(LoginSession).values(seen_at=long_ago))
            db.session.commit()
        assert client.get(path).status_code == 200
        with app.app_context():
            return db.session.scalars(select(LoginSession.seen_at)).one()

    assert seen_at_after(f"{address(case)}draft/") == long_ago
    assert seen_at_after(f"{SHEET}draft/") == long_ago
    assert seen_at_after(address(case)) > long_ago


STEPS = st.lists(st.sampled_from(["type", "save", "submit", "withdraw"]), min_size=3, max_size=10)


@ON_SQLITE
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_reviewers_never_see_a_draft(app: Flask, client: Client, prepared: World, steps: list[str]) -> None:
    """However typing, saving, submitting and withdrawing follow each other."""
    page = saving.SavedPage("", "tab")
    word = "工程师"
    with app.app_context():
        employer, reviewer = (
            db.session.merge(one) for one in (prepared.banner.enterprise, prepared.banner.reviewer)
        )
        application = factories.complete_application(employer, by=factories.applicant())
        person = application.applicant
        for number, step in enumerate(["type", *steps, "submit"]):
            application = factories.fresh(application)
            if step == "type" and is_editable(application.state):
                typing = saving.Typing("tab", number, {"position": f"草稿{number}"}, {})
                saving.keep(person, application.id, "", typing)
            elif step == "save" and is_editable(application.state):
                word = f"保存{number}"

                def change(row: Application, saved: str = word) -> None:
                    row.answers = row.answers | {"position": saved}
                    saving.settle(person.id, row.id, page, saving.SaveResult({"position": saved}, {}, {}))

                factories.act(application, Action.SAVE, person, change=change)
                assert (
                    db.session.query(ApplicationDraft).filter_by(application_id=application.id).count() == 0
                )
            elif step in {"submit", "withdraw"} and is_editable(application.state) is (step == "submit"):
                factories.act(application, Action(step), person)
            content = answers.snapshot(factories.fresh(application))
            assert content["fields"]["position"] == word
        factories.log_in(client, reviewer)
        path = f"/enterprise/{application.number}/"
        db.session.expunge_all()
    shown = client.get(path).text
    assert word in shown
    assert "草稿" not in shown
