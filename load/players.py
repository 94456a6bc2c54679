"""The people of deadline day as users of Locust, in a process of their own: `python -m load.players PLAY.json RESULT.json`.

Each applicant logs in, reads, types, saves, uploads and submits; then the next one comes. Clerks pass what waits for them. The
result says what each request took and what the site has acknowledged. Needs no other module of the site: Locust replaces sockets.
"""

from __future__ import annotations

from locust import FastHttpUser, between, constant, task  # isort: skip - first: it replaces what others import
import hashlib
import html
import json
import re
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

import gevent
from locust.env import Environment

from tests.site.forms import forms

ROW = re.compile(r'<a href="[^"]*/(\d{4}-\d+)/">')
PATIENCE = 60.0
LONGEST_PAUSE = 3.0
"""Seconds that somebody waits after 503, who is more impatient than Retry-After."""
BASE = "/personal/application/"
KEPT = "再提交一次"


class Play:
    """What is played, and what has happened."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.waiting = deque(given["people"])
        self.paper = Path(given["paper"]).read_bytes()
        self.requests: list[tuple[float, str, float, int]] = []
        """Second of the play, step, milliseconds, status (0: no answer)."""
        self.faults: list[str] = []
        self.saves: dict[str, list[tuple[str, bool]]] = {}
        """By application, each text that was sent, and whether the site said that it is saved."""
        self.uploads: list[tuple[str, str]] = []
        self.submitted: list[str] = []
        self.decided: list[tuple[str, str]] = []
        self.journeys: list[float] = []
        self.begun = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def result(self) -> dict[str, Any]:
        names = ("requests", "faults", "saves", "uploads", "submitted", "decided", "journeys")
        return {name: getattr(self, name) for name in names}


class Gone(Exception):
    """The play is over, or a step cannot be done."""


class Person(FastHttpUser):
    """Somebody with a browser. `ask` repeats what was refused with 503, as its page offers."""

    abstract = True
    play: Play
    network_timeout = connection_timeout = PATIENCE

    def ask(
        self, step: str, method: str, path: str, data: Any = None, headers: dict[str, str] | None = None
    ) -> Any:
        while True:
            begun = time.monotonic()
            given = {"Sec-Fetch-Site": "same-origin", "Accept-Encoding": "gzip", **(headers or {})}
            with self.client.request(
                method, path, name=step, data=data, headers=given, allow_redirects=False, catch_response=True
            ) as answer:
                answer.success()
            status = answer.status_code
            self.play.requests.append((self.play.seconds(), step, (time.monotonic() - begun) * 1000, status))
            if status == 0 and not self.over():
                self.play.faults.append(f"{step}: no answer: {answer.error}")
            if status not in (0, 503):
                if status >= 400:
                    self.play.faults.append(f"{step}: {method} {path} {status}")
                    raise Gone
                return answer
            if status == 503:
                self._look_at_refusal(step, method, data, answer)
            if self.over():
                raise Gone
            gevent.sleep(LONGEST_PAUSE)

    def _look_at_refusal(self, step: str, method: str, data: Any, answer: Any) -> None:
        if "Retry-After" not in answer.headers:
            self.play.faults.append(f"{step}: 503 without Retry-After")
        typed = data.get("position") if isinstance(data, dict) else None
        if method == "POST" and typed and not (KEPT in answer.text and f'value="{typed}"' in answer.text):
            self.play.faults.append(f"{step}: 503 without what was typed")

    def over(self) -> bool:
        return self.play.seconds() > self.play.given["seconds"]

    def think(self) -> None:
        gevent.sleep(self.wait_time())

    def log_in(self, login_kind: str, login: str, password: str) -> None:
        self.client.cookiejar.clear()
        page = self.ask("login page", "GET", f"/login/{login_kind}")
        self.think()
        given = {"csrf_token": token(page.text), "login": login, "password": password}
        self.ask("login", "POST", f"/login/{login_kind}", given)


class Applicant(Person):
    weight = 20

    @task
    def journey(self) -> None:
        if not self.play.waiting:
            self.stop()
            return
        try:
            self._journey(*self.play.waiting.popleft())
        except Gone:
            return

    def _journey(self, login: str, own_answers: dict[str, str]) -> None:
        given = self.play.given
        self.log_in("personal", login, given["password"])
        self.ask("start page", "GET", "/personal/")
        self.think()
        fields = shown(self.ask("form", "GET", BASE).text, BASE) | given["answers"] | own_answers
        gevent.sleep(given["reading"])
        begun = self.ask("begin", "POST", BASE, fields | {"do": "save"})
        number = begun.headers["Location"].split(BASE)[1].split("/")[0]
        self.number, self.path = number, f"{BASE}{number}/"
        self.play.saves[number] = []
        page = self.ask("form", "GET", self.path).text
        for turn in range(given["saves"]):
            self.think()
            text = f"工程师{turn}"
            fields = shown(page, self.path) | given["rows"] | {"do": "save", "position": text}
            self.play.saves[number].append((text, False))
            self.ask("save", "POST", self.path, fields)
            self.play.saves[number][-1] = (text, True)
            page = self.ask("form", "GET", self.path).text
        upload = f"{self.path}attachments/"
        page = self.ask("papers", "GET", upload).text
        for material in given["materials"]:
            self.think()
            self._upload(upload, token(page), material)
            page = self.ask("papers", "GET", upload).text
        submit = f"{self.path}submit/"
        page = self.ask("look through", "GET", submit).text
        if f'action="{submit}"' not in page:
            problems = self.ask("form", "GET", f"{self.path}?check=1").text
            found = re.findall(r'<a href="#[^"]*"[^>]*>(.*?)</a>', problems)
            self.play.faults.append(f"{number} cannot be submitted: {found}")
            raise Gone
        fields = shown(page, submit)
        self.think()
        if self.ask("submit", "POST", submit, fields).status_code == 302:
            self.play.submitted.append(number)
            self.play.journeys.append(self.play.seconds())
        else:
            self.play.faults.append(f"{number} was not submitted")

    def _upload(self, path: str, csrf: str, material: int) -> None:
        content = self.play.paper + f"{self.number} {material}".encode()
        boundary = "----deadline-day"
        body = (
            (
                f'--{boundary}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{csrf}\r\n'
                f'--{boundary}\r\nContent-Disposition: form-data; name="material-{material}"; filename="a.jpg"\r\n'
                "Content-Type: image/jpeg\r\n\r\n"
            ).encode()
            + content
            + f"\r\n--{boundary}--\r\n".encode()
        )
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        if self.ask("upload 1 MB", "POST", path, body, headers).status_code == 302:
            self.play.uploads.append((self.number, hashlib.sha256(content).hexdigest()))


class Clerk(Person):
    """Passes one application after another from the list of what waits. `clerks` is used up: one user for each."""

    @task
    def work(self) -> None:
        if not (clerks := self.play.given["clerks"]):
            self.stop()
            return
        console, login_kind, login, password = clerks.pop()
        try:
            self.log_in(login_kind, login, password)
            while not self.over():
                rows = ROW.findall(self.ask("waiting list", "GET", f"/{console}/").text)
                for number in rows[:5]:
                    self._pass(console, number)
                self.think()
        except Gone:
            clerks.append([console, login_kind, login, password])

    def _pass(self, console: str, number: str) -> None:
        self.think()
        path = f"/{console}/{number}/decide/"
        page = self.ask("application", "GET", f"/{console}/{number}/").text
        form = next((each for each in forms(page) if each.action == path), None)
        if form is None:
            return
        fields = {name: values[0] for name, values in form.fields.items()} | {"action": "pass"}
        if self.ask("decide", "POST", path, fields).status_code == 302:
            self.play.decided.append((number, console))


def token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    if found is None:
        raise Gone
    return html.unescape(found[1])


def shown(page: str, action: str) -> dict[str, str]:
    """Return what the form with this action sends."""
    form = next((each for each in forms(page) if each.method == "post" and each.action == action), None)
    if form is None:
        raise Gone
    return dict.fromkeys(form.blank, "") | {name: values[0] for name, values in form.fields.items()}


def main() -> None:
    given = json.loads(Path(sys.argv[1]).read_text())
    Person.play = play = Play(given)
    Person.host = given["url"]
    low, high = given["think"]
    Person.wait_time = between(low, high) if high else constant(0)
    Clerk.fixed_count = len(given["clerks"])
    environment = Environment(user_classes=[Applicant, Clerk], catch_exceptions=True)
    runner = environment.create_local_runner()
    play.begun = time.monotonic()
    present = 0
    for users, seconds in given["steps"]:
        # Over a third of the time: a password costs more than a page, and the first seconds would be nothing but logins.
        runner.start(users + Clerk.fixed_count, spawn_rate=max((users - present) / (seconds / 3), 1))
        present = users
        gevent.sleep(seconds)
        if is_broken(play, given["limit_ms"], seconds):
            break
    stopped = play.seconds()
    given["seconds"] = 0  # nobody tries again
    runner.stop()
    for error in environment.runner.exceptions.values():
        play.faults.append(f"{error['msg']}\n{error['traceback'][-800:]}")
    Path(sys.argv[2]).write_text(json.dumps(play.result() | {"seconds": stopped}))


def is_broken(play: Play, limit_ms: float, seconds: float) -> bool:
    """Say whether more than a twentieth of the last seconds' requests were refused or took longer than the limit."""
    since = play.seconds() - seconds
    last = [(ms, status) for at, _, ms, status in play.requests if at > since]
    slow = sum(ms > limit_ms or status in (0, 503) for ms, status in last)
    return slow * 20 > len(last)


if __name__ == "__main__":
    main()
