"""English pages: Chinese text has lang=zh-CN, so that screen readers pronounce it; a history says what was done, a button what to do."""

from __future__ import annotations

from html.parser import HTMLParser

from flask import Flask
from flask_babel import force_locale, gettext, pgettext

from models import Material, Notice, State, db
from tests import factories
from tests.factories import REASON
from tests.machine.site import Client
from workflow.transitions import ACTION_WORDS, BY_STATE_AND_ACTION

VOID = {"meta", "link", "input", "img", "br", "hr", "wbr"}
VERSION, NOTICE, NAME, SHOWS = "第 9 版", "先与单位签订劳动合同", "身份证复印件", "正反两面"


class Spoken(HTMLParser):
    """The language in which each text of a page is read aloud."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._open = [("", "")]
        self.languages: dict[str, set[str]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self._open.append((tag, dict(attrs).get("lang") or self._open[-1][1]))

    def handle_endtag(self, tag: str) -> None:
        while len(self._open) > 1 and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.languages.setdefault(data.strip(), set()).add(self._open[-1][1])


def test_stored_chinese_text_is_marked_as_chinese_on_an_english_page(app: Flask, client: Client) -> None:
    with app.app_context():
        everywhere = factories.world()
        factories.saved(Notice(version=VERSION, body=NOTICE))
        material = db.session.get_one(Material, factories.materials()[0].id)
        material.name, material.shows = NAME, SHOWS
        returned = factories.application_at(State.RETURNED, everywhere.banner, everywhere)
        person, reviewer, number = returned.applicant, everywhere.banner.reviewer, returned.number
        client.get("/language/en")
        factories.log_in(client, person)
        at_the_office = client.application.test_client()
        at_the_office.get("/language/en")
        factories.log_in(at_the_office, reviewer)
    own = f"/personal/application/{number}/"
    for browser, path, texts in (
        (client, own, {REASON, VERSION, NOTICE, NAME}),
        (client, f"{own}attachments/", {NAME, SHOWS}),
        (client, "/personal/application/history/", {REASON}),
        (client, "/notice/", {VERSION, NOTICE}),
        (at_the_office, f"/enterprise/{number}/", {NAME, REASON}),
    ):
        page = browser.get(path)
        assert page.status_code == 200, path
        languages = Spoken(page.text).languages
        assert [text for text in texts if languages.get(text) != {"zh-CN"}] == [], path
        assert {"en"} in languages.values(), path
    client.get("/language/zh")
    assert 'lang="zh-CN"' not in client.get(own).text.replace('<html lang="zh-CN"', "")


def test_an_english_history_says_what_was_done_and_not_what_the_button_says(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        alike = {
            each.wording
            for each in BY_STATE_AND_ACTION.values()
            if each.wording and gettext(each.wording) == pgettext("button", ACTION_WORDS[each.action])
        }
    assert alike == set()
