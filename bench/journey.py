"""One journey of deadline day by a client that costs little: an applicant from the login to 提交, and the employer's decision.

It opens what a browser opens: the page to which a form leads, and the pictures of each page. Style sheets and scripts are left out: a
browser has them from the first page on. The bodies are prepared beforehand and forms are not parsed, because clients, site and
PostgreSQL share the processors.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from bench.applicant import ANSWERS, BASE, CELLS, ROWS
from bench.browser import TOKEN, Answer, Browser

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
PICTURE = re.compile(r'<img[^>]* src="([^"]+\.jpg)"')
SAVES = 2
NOTICE_READ = "UPDATE notice_readings SET opened_at = opened_at - interval '31 s' WHERE read_at IS NULL"
"""The thirty seconds that everybody must look at 申请须知 are over."""


@dataclass(frozen=True)
class Script:
    """What everybody of one build does: the same texts and the same paper for each material."""

    port: int
    database: str
    password: str
    employer: str
    materials: tuple[int, ...]
    paper: bytes
    clerk_cookies: dict[str, str]
    """A session of the employer's reviewer."""


@dataclass
class Journey:
    """A person with a browser, and the employer's reviewer with another. `at` is called at the end of each step with its name."""

    script: Script
    login: str
    at: Callable[[str], Any] = lambda step: None
    etags: dict[str, str] = field(default_factory=dict)

    def play(self) -> str:
        """Make the whole journey. Returns the number of the application. Raises RuntimeError when a step fails."""
        script = self.script
        self.applicant = Browser(script.port)
        self.applicant.log_in("personal", self.login, script.password)
        self._opened(self.applicant, "/personal/")
        self.at("log in")
        number = self._begin()
        path = f"{BASE}{number}/"
        self._save(path)
        upload = f"{path}attachments/"
        page = self._opened(self.applicant, upload)
        for material in script.materials:
            page = self._upload(upload, page, material)
        self.at("upload 1 MB")
        submit = f"{path}submit/"
        page = self._opened(self.applicant, submit)
        self._posted(self.applicant, submit, hidden(page, submit), "submitted=1")
        self.at("submit")
        self._decide(number)
        self.at("decide")
        return number

    def _begin(self) -> str:
        page = self._opened(self.applicant, BASE)
        with psycopg.connect(self.script.database, autocommit=True) as database:
            database.execute(NOTICE_READ)
        self.answers = {**ANSWERS, **said_by(self.login), "enterprise_id": self.script.employer}
        begun = self._posted(self.applicant, BASE, hidden(page, BASE) | self.answers | {"do": "save"})
        self.at("begin")
        return begun.split(BASE)[1].split("/")[0]

    def _save(self, path: str) -> None:
        page = self._opened(self.applicant, path)
        self.at("begin")
        for turn in range(SAVES):
            typed = {**self.answers, **EXPERIENCES, "position": f"工程师{turn}", "do": "save"}
            self._posted(self.applicant, path, hidden(page, path) | typed, "saved=1")
            page = self._opened(self.applicant, path)
            self.at("save")

    def _upload(self, path: str, page: str, material: int) -> str:
        """Upload a paper by the page with all of them; return the page that shows it with its small picture."""
        content = self.script.paper + f"{self.login} {material}".encode()
        answer = self.applicant.send_file(path, {"csrf_token": token(page)}, f"material-{material}", content)
        answered(answer, 302)
        page = self._opened(self.applicant, path)
        self._look(self.applicant, page)
        return page

    def _decide(self, number: str) -> None:
        clerk = Browser(self.script.port, dict(self.script.clerk_cookies))
        self._opened(clerk, "/enterprise/")
        address = f"/enterprise/{number}/"
        page = self._opened(clerk, address)
        self._look(clerk, page)
        decide = f"{address}decide/"
        self._posted(clerk, decide, hidden(page, decide) | {"action": "pass"})

    def _look(self, browser: Browser, page: str) -> None:
        """Load the pictures of a page. Those that the browser has seen already it asks for again, as both builds want it to."""
        for address in map(html.unescape, PICTURE.findall(page)):
            etag = self.etags.get(address, "")
            self.etags[address] = answered(browser.get(address, etag), 304 if etag else 200).etag

    def _opened(self, browser: Browser, path: str) -> str:
        return answered(browser.get(path), 200).text

    def _posted(self, browser: Browser, path: str, fields: dict[str, str], leads_to: str = "") -> str:
        """Post a form; return where it leads."""
        answer = answered(browser.post(path, fields), 302)
        if not answer.location.endswith(leads_to):
            raise RuntimeError(f"{path} leads to {answer.location}")
        return answer.location


EXPERIENCES = {
    f"experiences-{row}-{cell}": text
    for row, cells in enumerate(ROWS)
    for cell, text in zip(CELLS, cells, strict=True)
}


def hidden(page: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the first form with this action, and the page's token."""
    _, begun, rest = page.partition(f' action="{action}"')
    if not begun:
        raise RuntimeError(f"no form leads to {action}\n{page[:2000]}")
    fields = HIDDEN.findall(rest[: rest.index("</form>")])
    return {"csrf_token": token(page)} | {name: html.unescape(value) for name, value in fields}


def token(page: str) -> str:
    """Return the token with which a page lets its forms be sent."""
    return html.unescape(TOKEN.findall(page)[0])


def answered(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise RuntimeError(f"{answer.status} {answer.location}\n{answer.text[:2000]}")
    return answer


def said_by(identity_number: str) -> dict[str, str]:
    """Return the answers that must agree with the identity number."""
    born = identity_number[6:14]
    sex = "male" if int(identity_number[16]) % 2 else "female"
    return {"birth_date": f"{born[:4]}-{born[4:6]}-{born[6:]}", "sex": sex}
