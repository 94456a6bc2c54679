"""The reviewers' search finds by any part of a name, by the beginning of its initials, and by whole numbers, and nothing else."""

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from admin_views.review import list_search
from models import Action, Application, Enterprise, State, db
from tests import factories
from tests.machine.databases import KINDS, Databases
from tests.machine.site import Client
from tests.machine.worlds import application_on
from tests.site.test_statements import browser_of

NAMES = (
    "王晓敏", "王敏", "晓东", "欧阳晓敏", "阿拉坦其其格", "Smith 100%", "单_双", "张\\三",
    "阿拉坦·仓", "单小明", "尉迟雪", "查干巴特尔", "José Müller-Łoś",
)  # fmt: skip


@pytest.fixture(scope="module", params=KINDS)
def desk(
    request: pytest.FixtureRequest,
    cheap_passwords: None,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Flask, Client, dict[str, Application]]]:
    """The city's clerk, and an application of each person on its desk."""
    url = databases.fresh(request.param)
    app = application_on(url, Path(tmp_path_factory.mktemp("desk")))
    app.test_client_class = Client
    with app.app_context():
        made = factories.world()
        found = {
            name: factories.application_at(State.CITY_REVIEW, made.city, made, factories.applicant(name=name))
            for name in NAMES
        }
        client = browser_of(app, made.centre)
        for one in found.values():
            assert one.submitted_enterprise is not None
    yield app, client, found
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


Search = Callable[[str], set[str]]


@pytest.fixture
def search(desk: tuple[Flask, Client, dict[str, Application]]) -> Search:
    _, client, found = desk
    names = {one.number: name for name, one in found.items()}

    def ask(words: str) -> set[str]:
        answer = client.get("/city/", query_string={"tab": "all", "q": words})
        assert answer.status_code == 200, words
        rows = [names[number] for number in re.findall(r'href="/city/(\d{4}-\d+)/"', answer.text)]
        assert len(rows) == len(set(rows)), "a row is shown once, however many ways lead to it"
        return set(rows)

    return ask


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("敏", {"王晓敏", "王敏", "欧阳晓敏"}),
        ("晓敏", {"王晓敏", "欧阳晓敏"}),
        ("晓", {"王晓敏", "晓东", "欧阳晓敏"}),
        ("王敏", {"王敏"}),  # and not 王晓敏, which holds both characters
        ("王晓敏", {"王晓敏"}),
        ("拉坦其其", {"阿拉坦其其格"}),
        ("其其其", set()),
        ("敏王", set()),
        ("  王晓敏 ", {"王晓敏"}),
        ("王\u200b晓\u200d敏", {"王晓敏"}),  # what a page or a chat put between them cannot be seen
        # as it stands on a form, where two characters are spread over the room of three
        ("王\u3000敏", {"王敏"}),
        ("h 1", {"Smith 100%"}),
        ("Smith", {"Smith 100%"}),
        ("0%", {"Smith 100%"}),
        ("%", {"Smith 100%"}),
        ("_", {"单_双"}),
        ("单_", {"单_双"}),
        ("\\三", {"张\\三"}),
        ("\\", {"张\\三"}),
        ("' OR '1'='1", set()),
        ("{王,敏}", set()),
        ('","', set()),
        ("\x00", set(NAMES)),  # nothing was typed
        ("wxm", {"王晓敏"}),
        ("WX", {"王晓敏"}),
        ("xd", {"晓东"}),
        ("oyxm", {"欧阳晓敏"}),
        ("xm", set()),  # initials are searched from their beginning
        ("阿拉坦·仓", {"阿拉坦·仓"}),
        ("阿拉坦•仓", {"阿拉坦·仓"}),
        ("坦‧仓", {"阿拉坦·仓"}),
        ("坦 ・ 仓", {"阿拉坦·仓"}),
        ("坦．仓", {"阿拉坦·仓"}),
        ("坦.仓", {"阿拉坦·仓"}),
        ("阿拉坦仓", {"阿拉坦·仓"}),
        ("阿拉·坦仓", {"阿拉坦·仓"}),  # a dot says nothing
        ("altc", {"阿拉坦·仓"}),
        ("·", set()),
        ("单小明", {"单小明"}),
        ("sxm", {"单小明"}),
        ("dxm", {"单小明"}),
        ("ycx", {"尉迟雪"}),
        ("WCX", {"尉迟雪"}),
        ("cgb", {"查干巴特尔"}),
        ("zgb", {"查干巴特尔"}),
        ("José Müller", {"José Müller-Łoś"}),
        ("jose m", {"José Müller-Łoś"}),
        ("MULLER", {"José Müller-Łoś"}),
        ("ＭÜＬＬＥＲ", {"José Müller-Łoś"}),
        ("los", {"José Müller-Łoś"}),
        ("mul ler", {"José Müller-Łoś"}),
        ("smith", {"Smith 100%"}),
        ("SMITH", {"Smith 100%"}),
    ],
)
def test_a_name_is_found_by_its_parts(search: Search, words: str, names: set[str]) -> None:
    assert search(words) == names


def test_whole_numbers_find_theirs(
    search: Search, desk: tuple[Flask, Client, dict[str, Application]]
) -> None:
    _, _, found = desk
    one = found["王敏"]
    assert one.submitted_enterprise is not None
    assert search(one.number) == {"王敏"}
    assert search(one.number.replace("-", "")) == {"王敏"}
    assert search(one.number[:-1]) == set()
    assert search(one.identity_number) == {"王敏"}
    assert search(one.identity_number.lower()) == {"王敏"}
    assert search(one.identity_number[:-1]) == set(), "nobody finds a person by a part of the number"
    assert search(one.submitted_enterprise.credit_code) == set(NAMES)
    assert search(one.submitted_enterprise.name) == set(NAMES)
    assert search(one.submitted_enterprise.name[2:6]) == set(NAMES)


def test_an_employers_code_that_begins_with_a_letter_finds_its_people(
    search: Search, desk: tuple[Flask, Client, dict[str, Application]]
) -> None:
    app, _, found = desk
    employer = found["王敏"].submitted_enterprise_id
    with app.app_context():
        former = db.session.get_one(Enterprise, employer).credit_code
    for code in (factories.credit_code("N2"), former):
        with app.app_context(), db.engine.begin() as connection:
            changed = text("UPDATE enterprises SET credit_code = :code WHERE id = :id")
            connection.execute(changed, {"code": code, "id": employer})
        assert search(code) == set(NAMES)


def test_a_number_is_found_by_the_part_that_people_say(
    search: Search, desk: tuple[Flask, Client, dict[str, Application]]
) -> None:
    _, _, found = desk
    one = found["王敏"]
    serial = int(one.number[5:])
    for words in (
        str(serial),
        f"{serial:06d}",
        f"000{serial}"[-7:],
        f"  {serial} ",
        chr(0xFF10 + serial % 10),
    ):
        if int(words) == serial:
            assert "王敏" in search(words), words
    assert search("999999") == set()
    assert search("000000") == set()


def test_somebody_is_found_by_the_end_of_the_identity_number_and_no_other_part_of_it(
    search: Search, desk: tuple[Flask, Client, dict[str, Application]]
) -> None:
    _, _, found = desk
    for one in found.values():
        same = {
            name for name, other in found.items() if other.identity_number[-4:] == one.identity_number[-4:]
        }
        assert same <= search(one.identity_number[-4:])
        assert same <= search(one.identity_number[-4:].lower())
        for part in (one.identity_number[-5:], one.identity_number[-3:], one.identity_number[:6]):
            in_employer = part in one.submitted_enterprise.name
            assert one.name not in search(part) or int(part) == int(one.number[5:]) or in_employer


@pytest.mark.parametrize(
    "words",
    [
        "13900001234",
        "139 0000 1234",
        "139-0000-1234",
        "+86 139 0000 1234",
        "008613900001234",
        "１３９００００１２３４",
    ],
)
def test_somebody_is_found_by_the_telephone(
    search: Search, desk: tuple[Flask, Client, dict[str, Application]], words: str
) -> None:
    app, _, found = desk
    for kept in ("13900001234", "139-0000-1234"):
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(
                text("UPDATE applications SET phone = :phone WHERE id = :id"),
                {"phone": kept, "id": found["晓东"].id},
            )
        assert search(words) == {"晓东"}
    assert search("13900001235") == set()


def test_a_telephone_typed_since_the_last_submission_finds_nobody(
    search: Search, desk: tuple[Flask, Client, dict[str, Application]]
) -> None:
    app, _, found = desk
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(
            text("UPDATE applications SET phone = '13900001234', state = 'returned' WHERE id = :id"),
            {"id": found["晓东"].id},
        )
    assert search("13900001234") == set()


def test_the_digest_of_an_ending_says_nothing_without_the_key(
    desk: tuple[Flask, Client, dict[str, Application]],
) -> None:
    _, _, found = desk
    one = found["王敏"]
    assert one.identity_tail is not None
    ending = one.identity_number[-4:]
    for plain in (ending, f"identity tail:{ending}"):
        for algorithm in ("sha256", "sha1", "md5"):
            assert not hashlib.new(algorithm, plain.encode()).hexdigest().startswith(one.identity_tail)


@pytest.mark.parametrize("tab", ["waiting", "decided", "all"])
def test_a_search_that_finds_nothing_says_what_can_be_searched_for(
    desk: tuple[Flask, Client, dict[str, Application]], tab: str
) -> None:
    _, client, _ = desk
    page = client.get("/city/", query_string={"tab": tab, "q": "没有这个人"}).text
    for kind in ("拼音首字母", "其中的序号", "联系电话", "末四位", "统一社会信用代码"):
        assert kind in page
    assert "末四位" not in client.get("/city/", query_string={"tab": "all", "q": "王敏"}).text


def test_a_list_is_sorted_by_the_reading_of_surnames(
    desk: tuple[Flask, Client, dict[str, Application]],
) -> None:
    _, client, found = desk
    numbers: list[str] = []
    address = "/city/?tab=all&sort=name&order=asc"
    page = client.get(address).text
    numbers = re.findall(r'href="/city/(\d{4}-\d+)/"', page)
    names = {one.number: name for name, one in found.items()}
    sorted_ = [names[number] for number in numbers]
    assert [name for name in sorted_ if name in {"单小明", "尉迟雪", "查干巴特尔", "欧阳晓敏", "王敏"}] == [
        "查干巴特尔",
        "欧阳晓敏",
        "单小明",
        "王敏",
        "尉迟雪",
    ]


def test_words_that_many_employers_share_are_found_too(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_search, "MOST_EMPLOYERS", 0)
    assert search("示例新材料") == set(NAMES)
    assert search("没有这样的单位") == set()


def test_the_pieces_follow_the_names(desk: tuple[Flask, Client, dict[str, Application]]) -> None:
    """Whoever writes: the database itself keeps them."""
    app, client, found = desk
    row = found["晓东"]
    for name, other in (("李雷", "晓东"), ("晓东", "李雷")):
        with app.app_context(), db.engine.begin() as connection:
            changed = text("UPDATE applications SET name = :name WHERE id = :id")
            connection.execute(changed, {"name": name, "id": row.id})
        for words, there in ((name, True), (other, False)):
            page = client.get("/city/", query_string={"tab": "all", "q": words}).text
            assert (row.number in page) is there, words


def test_the_queue_of_a_search_goes_on_within_it(desk: tuple[Flask, Client, dict[str, Application]]) -> None:
    """After a decision the next one of what was searched for opens."""
    _, client, found = desk
    client.get("/city/", query_string={"q": "晓敏"})
    page = client.get(f"/city/{found['王晓敏'].number}/").text
    assert "欧阳晓敏" in page
    answer = client.send(
        f"/city/{found['王晓敏'].number}/decide/",
        {"action": Action.PASS.value, "version": re.search(r'name="version" value="(\d+)"', page)[1]},  # type: ignore[index]
    )
    assert answer.location == f"/city/{found['欧阳晓敏'].number}/"
