"""A host dies under load, and then PostgreSQL: nothing that was acknowledged is lost or there twice, and nobody sees a 500 (S2)."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select, update

from models import (
    Application,
    Attachment,
    Delivery,
    DeliveryState,
    Digest,
    Material,
    PictureJob,
    db,
    exclusive,
    now,
)
from tests import factories
from tests.files import samples as files
from tests.machine.databases import PostgreSQL
from tests.machine.s3 import S3Server
from tests.machine.secrets import environment
from tests.machine.two_hosts import Client, TwoHosts
from tests.personal.wire import Part
from tests.site.forms import forms
from tests.worker.deliveries import wait_until, write_message
from tests.worker.receivers import Gateway
from uploads.sets import storage
from workflow.form import answers

pytestmark = pytest.mark.guide("S2")

PEOPLE = 3
MESSAGES = 6
MOST_UPLOADS = 8
"""Of a person: a material takes no more."""
FORM_DATA = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Applicant:
    """Somebody who reads, saves and uploads, and notes what was acknowledged."""

    client: Client
    number: str
    material: int
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    turn: int = 0
    attempted: list[str] = field(default_factory=list)
    saved: str = ""
    """The last text of which the site has said that it is saved."""
    uploaded: list[str] = field(default_factory=list)
    """SHA-256 of each file that the site has taken."""

    def __post_init__(self) -> None:
        self.path = f"/personal/application/{self.number}/"

    def work(self, ended: threading.Event) -> None:
        while not ended.is_set():
            self.turn += 1
            self.save(f"工程师{self.turn}")
            if len(self.uploaded) < MOST_UPLOADS:
                self.upload(files.jpg() + f"{self.number} {self.turn}".encode())

    def fields(self) -> dict[str, str] | None:
        page = self.client.get(self.path)
        self.statuses["read", page.status] += 1
        if page.status != 200:
            return None
        form = next(each for each in forms(page.text) if each.method == "post" and each.action == self.path)
        return dict.fromkeys(form.blank, "") | {name: values[0] for name, values in form.fields.items()}

    def save(self, text: str) -> None:
        if (fields := self.fields()) is None:
            return
        self.attempted.append(text)
        body = urlencode(fields | {"do": "save", "position": text}).encode()
        answer = self.client.request("POST", self.path, body, FORM_DATA)
        self.statuses["save", answer.status] += 1
        if answer.status == 302:
            assert answer.headers["Location"].endswith("saved=1"), answer.headers["Location"]
            self.saved = text
        elif answer.status == 503:
            assert answer.headers["Retry-After"]

    def upload(self, content: bytes) -> None:
        page = self.client.get(f"{self.path}attachments/")
        self.statuses["read", page.status] += 1
        if page.status != 200:
            return
        form = next(each for each in forms(page.text) if "csrf_token" in each.names)
        token = Part("csrf_token", form.fields["csrf_token"][0].encode())
        file = Part(f"material-{self.material}", content, "合同.jpg")
        answer = self.client.send(f"{self.path}attachments/", [token, file])
        self.statuses["upload", answer.status] += 1
        if answer.status == 302:
            self.uploaded.append(hashlib.sha256(content).hexdigest())

    def part(self, method: str, url: str, body: bytes = b"", **headers: str) -> dict[str, str]:
        """One request of an upload in parts."""
        token = self.client.token(f"{self.path}attachments/")
        fixed = {"X-CSRFToken": token, "Tus-Resumable": "1.0.0", **headers}
        given = {name.replace("_", "-"): value for name, value in fixed.items()}
        answer = self.client.request(method, url, body, given)
        assert answer.status in (200, 201, 204), answer.text
        return dict(answer.headers)


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    yield server
    server.stop()


@pytest.fixture
def two_hosts(
    postgresql: PostgreSQL,
    redis_url: str,
    s3_server: S3Server,
    sending: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[TwoHosts]:
    home = tmp_path_factory.mktemp("two-hosts")
    postgresql.run("CREATE DATABASE two_hosts")
    variables = environment(
        home,
        postgresql.address("two_hosts"),
        REDIS_URL=redis_url,
        **s3_server.variables(s3_server.url()),
        **sending,
    )
    site = TwoHosts(home, variables)
    with site.app.app_context():
        yield site
        db.session.remove()
        db.engine.dispose()
    site.stop()


def applicants(site: TwoHosts) -> list[Applicant]:
    """People with a complete draft, logged in; the number of what they have to upload is unlimited enough."""
    found = []
    for _ in range(PEOPLE):
        account = factories.applicant()
        draft = factories.complete_application(factories.enterprise(), account)
        material = db.session.scalars(select(Material.id).where(Material.active).limit(1)).one()
        client = Client(site)
        client.log_in("personal", account.identity_number or "", factories.PASSWORD)
        found.append(Applicant(client, draft.number, material))
    db.session.rollback()
    return found


@contextmanager
def working(people: list[Applicant]) -> Iterator[None]:
    """Let everybody work during the block."""
    ended = threading.Event()
    failures: list[BaseException] = []

    def run(each: Applicant) -> None:
        try:
            each.work(ended)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=[each], daemon=True) for each in people]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(60)
    assert not failures, failures


def done(people: list[Applicant]) -> int:
    return sum(len(each.attempted) for each in people)


def work_on(people: list[Applicant], more: int = 2 * PEOPLE) -> None:
    """Wait until so many forms have been saved since."""
    before = done(people)
    wait_until(lambda: done(people) >= before + more)


def prove(people: list[Applicant]) -> None:
    """What was acknowledged is there once; what was not acknowledged is there at most once."""
    db.session.rollback()
    for each in people:
        row = db.session.scalars(select(Application).where(Application.number == each.number)).one()
        position = answers.value(row, "position")
        assert position in (each.saved, *each.attempted[each.attempted.index(each.saved) + 1 :])
        stored = db.session.execute(
            select(Attachment.sha256, Attachment.storage_name).where(
                Attachment.application_id == row.id, Attachment.storage_name.not_like("file-%")
            )
        ).all()
        digests = Counter(sha256 for sha256, _ in stored)
        assert set(each.uploaded) <= set(digests)
        assert set(digests.values()) <= {1}
        for sha256, name in stored:
            with storage().open(name) as content:
                assert hashlib.sha256(content.read()).hexdigest() == sha256
    db.session.rollback()


def test_neither_the_death_of_a_host_nor_of_postgresql_loses_anything(
    two_hosts: TwoHosts, postgresql: PostgreSQL, gateway: Gateway
) -> None:
    people = applicants(two_hosts)
    phone = factories.applicant()
    phone.phone = "13847710000"
    factories.saved(phone)
    resumed = people[0]
    content = files.pdf_of(1_500_000)
    values = {"filename": "合同.pdf", "material": str(resumed.material)}
    metadata = ",".join(f"{key} {base64.b64encode(one.encode()).decode()}" for key, one in values.items())
    begun = {"Upload_Length": str(len(content)), "Upload_Metadata": metadata}
    url = resumed.part("POST", f"{resumed.path}uploads/", **begun)["Location"]
    kind = "application/offset+octet-stream"
    resumed.part("PATCH", url, content[:1_000_000], Upload_Offset="0", Content_Type=kind)

    first, second = two_hosts.hosts
    with working(people):
        work_on(people)
        for n in range(MESSAGES // 2):
            write_message(phone, f"{n:06d}")
        first.kill()
        for n in range(MESSAGES // 2, MESSAGES):
            write_message(phone, f"{n:06d}")
        work_on(people)
    killed = sum((each.statuses for each in people), Counter())
    print("a host is gone", sorted(killed.items()))
    assert {status for _, status in killed} <= {200, 302, 503}
    offset = int(resumed.part("HEAD", url)["Upload-Offset"])
    assert offset == 1_000_000, "the part that the dead host had taken"
    resumed.part("PATCH", url, content[offset:], Upload_Offset=str(offset), Content_Type=kind)
    resumed.part("POST", f"{url}finish/")
    resumed.uploaded.append(hashlib.sha256(content).hexdigest())
    prove(people)
    with exclusive():  # the lease of what the dead worker was sending has run out
        sending = update(Delivery).where(Delivery.state == DeliveryState.SENDING)
        db.session.execute(sending.values(next_try=now()))
    write_message(phone, f"{MESSAGES:06d}")  # wakes the other worker
    wait_until(lambda: len(set(gateway.keys())) == MESSAGES + 1)
    assert len(gateway.received) <= MESSAGES + 1 + MESSAGES // 2, (
        "only what the dead worker was sending is sent again"
    )

    for each in people:
        each.statuses.clear()
    with working(people):
        work_on(people)
        db.session.remove()
        postgresql.crash()
        wait_until(lambda: any(each.statuses["read", 503] for each in people))  # it was noticed
        postgresql.start_again()
        work_on(people, 4 * PEOPLE)
    restarted = sum((each.statuses for each in people), Counter())
    print("PostgreSQL is gone", sorted(restarted.items()))
    assert {status for _, status in restarted} <= {200, 302, 503}
    for each in people:
        each.statuses.clear()
        each.save("最后")
        assert set(each.statuses) == {("read", 200), ("save", 302)}, "the session has survived, by itself"
    db.engine.dispose()
    prove(people)
    with exclusive():
        db.session.execute(update(PictureJob).values(next_try=now()))  # the leases of the dead have run out
    wait_until(lambda: db.session.scalar(select(func.count(PictureJob.id))) == 0)
    twice = select(Digest.account_id).group_by(Digest.account_id, Digest.day).having(func.count() > 1)
    assert db.session.scalars(twice).all() == []
    assert "Traceback" not in second.worker.log_text()
