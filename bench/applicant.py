"""The applicant's form, 保存 and 提交 beside an earlier build, each through its own pages: `python -m bench.applicant`.

Both builds show the same form of forty fields, filled with the same texts, three experiences and a file for each material.
The applicant's application is deleted afterwards.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg
from psycopg.types.json import Json

from bench import before
from bench.browser import TOKEN, Answer, Browser
from bench.measuring import p50
from bench.servers import Postgres, SampleDatabase, Site, one_sample
from tests.files import samples as files
from tests.site.forms import forms
from workflow.form import versions
from workflow.form.fields import Field, Kind

ROUNDS, WARMING = 25, 5
EACH = 4
"""How often each is done in a round, one build after the other."""
FIELDS = 40
VERSION = 900
"""The number of the version of the form with forty fields, which is deleted afterwards."""
BASE = "/personal/application/"

FORM = f"applicant's form page beside {before.COMMIT}, ms"
SAVE = f"保存 of forty fields beside {before.COMMIT}, ms"
SUBMIT = f"提交 beside {before.COMMIT}, ms"

ANSWERS = {
    "sex": "male", "birth_date": "1992-11-04", "ethnicity": "蒙古族", "political": "masses", "phone": "13847700001",
    "email": "name@example.com", "household": "内蒙古自治区包头市昆都仑区", "school": "内蒙古大学", "major": "材料科学与工程",
    "education": "master", "degree": "master", "graduated_on": "2018-06", "full_time": "yes", "industry": "materials",
    "position": "工程师", "arrived_on": "2023-03-01", "contract_start": "2023-03-01", "contract_end": "2099-12-31",
    "insurance_start": "2023-04", "bank": "鄂尔多斯银行东胜支行", "bank_account": "6222020602001234567", "promise": "y",
}  # fmt: skip
ROWS = (
    ("study", "2010-09", "2014-06", "内蒙古大学", "材料科学与工程", "张敏"),
    ("study", "2014-09", "2018-06", "内蒙古大学", "材料学", "李强"),
    ("work", "2018-07", "2023-02", "包头市某某新材料有限公司", "工程师", "王芳"),
)
CELLS = ("kind", "start", "end", "place", "subject", "witness")


class Taken(NamedTuple):
    """What something has taken: time at the client, and CPU time of the site's processes."""

    seconds: float
    cpu: float


@dataclass
class Applicant:
    """The second sample applicant of a build, who has no application of their own, with a browser at its site."""

    sample: SampleDatabase
    site: Site
    browser: Browser
    number: str = ""
    turn: int = 0

    @property
    def path(self) -> str:
        return f"{BASE}{self.number}/"

    def shown(self, path: str, action: str = "") -> dict[str, str]:
        """Return what the form of a page with this action sends; by default the one that leads to the page itself."""
        page = _answered(self.browser.get(path)).text
        form = next(each for each in forms(page) if each.method == "post" and each.action == (action or path))
        return dict.fromkeys(form.blank, "") | {name: values[0] for name, values in form.fields.items()}

    def open(self) -> Taken:
        """Open the form."""
        used = self.site.cpu_seconds()
        return Taken(_answered(self.browser.get(self.path)).seconds, self.site.cpu_seconds() - used)

    def save(self) -> Taken:
        """Press 「保存」 with a changed text, up to the next page's last byte."""
        self.turn += 1
        fields = self.shown(self.path) | {"do": "save", "position": f"工程师{self.turn % 2}"}
        return self.followed(self.path, fields, "saved=1")

    def submit(self) -> Taken:
        """Press 「确定提交」, up to the next page's last byte; withdraw the application afterwards."""
        path = f"{self.path}submit/"
        taken = self.followed(path, self.shown(path), "submitted=1")
        withdrawal = f"{self.path}withdraw/"
        self.followed(withdrawal, self.shown(self.path, withdrawal), self.path)
        with self.sample.connected() as database:
            _delete_history(database, self.number)
        return taken

    def followed(self, path: str, fields: dict[str, str], leads_to: str) -> Taken:
        """Post, and open the page to which the answer leads; return what both have taken."""
        used = self.site.cpu_seconds()
        posted = self.browser.post(path, fields)
        if posted.status != 302 or not posted.location.endswith(leads_to):
            raise RuntimeError(f"{path}: {posted.status} {posted.location}\n{posted.text[:3000]}")
        address = urlsplit(posted.location)
        seconds = posted.seconds + _answered(self.browser.get(f"{address.path}?{address.query}")).seconds
        return Taken(seconds, self.site.cpu_seconds() - used)

    def fill(self) -> None:
        """Begin the application with all its answers, and upload a file for each material."""
        self.browser.get(BASE)
        with self.sample.connected() as database:
            database.execute(
                "UPDATE notice_readings SET opened_at = opened_at - interval '31 s' WHERE read_at IS NULL"
            )
            employer = database.execute(
                "SELECT id FROM enterprises WHERE credit_code = %s",
                [self.sample.account("enterprise", "东胜区")["login"]],
            ).fetchone()
            materials = database.execute("SELECT id FROM materials WHERE required AND active").fetchall()
        if employer is None:
            raise RuntimeError("this sample has no employer of 东胜区")
        typed = {**ANSWERS, "enterprise_id": str(employer[0])}
        typed |= {one.key: _answer(one) for one in FURTHER}
        begun = self.browser.post(BASE, self.shown(BASE) | typed | {"do": "save"})
        self.number = urlsplit(begun.location).path.split("/")[-2]
        rows = {
            f"experiences-{row}-{cell}": text
            for row, cells in enumerate(ROWS)
            for cell, text in zip(CELLS, cells, strict=True)
        }
        self.followed(self.path, self.shown(self.path) | rows | {"do": "save"}, "saved=1")
        upload = f"{self.path}attachments/"
        for (material,) in materials:
            token = html.unescape(TOKEN.findall(self.browser.get(upload).text)[0])
            self.browser.send_file(upload, {"csrf_token": token}, f"material-{material}", files.jpg())


FURTHER = [
    Field(
        f"x{number}", f"补充内容{number}", (Kind.TEXT, Kind.DATE, Kind.QUANTITY, Kind.CHOICE)[number % 4], further=True,
        choices={str(each): f"选项{each}" for each in range(12)} if number % 4 == 3 else {},
    )
    for number in range(1, FIELDS - len(ANSWERS))
]  # fmt: skip
"""What administrators have added to the form, so that it has forty fields with the employer."""


def _answer(one: Field) -> str:
    return {Kind.TEXT: "补充的内容", Kind.DATE: "2024-05-06", Kind.QUANTITY: "12", Kind.CHOICE: "3"}[one.kind]


def beside_an_earlier_build(
    postgres: Postgres, sample: SampleDatabase, unlimited: dict[str, str]
) -> dict[str, str]:
    """Return the figures of both builds, measured in turn; nothing where this clone does not have the earlier commit."""
    if not before.checked_out():
        print(f"· {before.COMMIT} is not in this clone: the applicant's form is left out", flush=True)
        return {}
    samples = (sample, SampleDatabase(postgres, sample.size, before.FOLDER))
    with _applicant(samples[0], unlimited) as now, _applicant(samples[1], unlimited) as then:
        return dict(_figures(now, then))


def _figures(now: Applicant, then: Applicant) -> Iterator[tuple[str, str]]:
    actions: dict[str, Callable[[Applicant], Taken]] = {
        FORM: Applicant.open,
        SAVE: Applicant.save,
        SUBMIT: Applicant.submit,
    }
    for name, action in actions.items():
        taken: tuple[list[Taken], list[Taken]] = ([], [])
        for turn in range(WARMING + ROUNDS):
            for person, each in zip((now, then), taken, strict=True):
                times = [action(person) for _ in range(EACH)]
                each.extend(times if turn >= WARMING else [])
        mine, theirs = (p50([each.seconds for each in build]) for build in taken)
        own, other = (p50([each.cpu for each in build]) for build in taken)
        print(
            f"  {name:45} {mine / theirs:5.2f} x {mine:7.2f} : {theirs:6.2f} ms,"
            f" CPU {own / other:5.2f} x {own:7.2f} : {other:6.2f} ms",
            flush=True,
        )
        yield name, f"**{mine / theirs:.2f} x** ({mine:.1f} : {theirs:.1f})"


@contextmanager
def _applicant(sample: SampleDatabase, unlimited: dict[str, str]) -> Iterator[Applicant]:
    """Start a build's site, and give its applicant a filled form of forty fields; delete both afterwards."""
    content = versions.to_json(_form())
    with sample.connected() as database:
        _delete(database)
        database.execute(
            "INSERT INTO form_versions (number, content, saved_at, saved_by, published_at) VALUES (%s, %s, now(), '', now())",
            [VERSION, Json(content)],
        )
    site = Site("app:create_app()", "/healthz", {**sample.environment, **unlimited}, sample.folder)
    try:
        account = sample.accounts("applicant")[1]  # whose application is the measured one alone
        person = Applicant(sample, site, Browser(site.port))
        person.browser.log_in("personal", account["login"], account["password"])
        person.fill()
        yield person
    finally:
        site.stop()
        with sample.connected() as database:
            _delete(database)


def _form() -> versions.Form:
    """Return the declared form with the further fields in its second section."""
    first, second, *others = versions.DECLARED.everything
    return versions.Form(
        VERSION, (first, replace(second, fields=(*second.fields, *FURTHER)), *others), issued=len(FURTHER)
    )


def _delete(database: psycopg.Connection) -> None:
    """Delete the version with the applications that use it."""
    for (number,) in database.execute(
        "SELECT number FROM applications WHERE form_version = %s", [VERSION]
    ).fetchall():
        _delete_history(database, number)
        _delete_where(database, "application_id", "SELECT id FROM applications WHERE number = %s", number)
        database.execute("DELETE FROM applications WHERE number = %s", [number])
    database.execute("DELETE FROM form_versions WHERE number = %s", [VERSION])


def _delete_history(database: psycopg.Connection, number: str) -> None:
    """Delete what submitting and withdrawing an application has left."""
    for table, column in (("messages", "message_id"), ("reviews", "review_id")):
        own = f"SELECT id FROM {table} WHERE application_id = (SELECT id FROM applications WHERE number = %s)"  # noqa: S608
        _delete_where(database, column, own, number)
        database.execute(f"DELETE FROM {table} WHERE id IN ({own})", [number])  # noqa: S608


def _delete_where(database: psycopg.Connection, column: str, ids: str, number: str) -> None:
    """Delete the rows of all tables with this column, of which the two builds have different ones."""
    tables = database.execute(
        "SELECT table_name FROM information_schema.columns WHERE column_name = %s AND table_schema = 'public'",
        [column],
    ).fetchall()
    for (table,) in tables:
        database.execute(f"DELETE FROM {table} WHERE {column} IN ({ids})", [number])  # noqa: S608


def _answered(answer: Answer) -> Answer:
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} {answer.location}\n{answer.text[:3000]}")
    return answer


def main() -> None:
    with one_sample() as (postgres, sample):
        beside_an_earlier_build(postgres, sample, {"TALENT_RATE_LIMITS": "no"})


if __name__ == "__main__":
    main()
