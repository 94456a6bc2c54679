"""How fast the site is while many telephones send files slowly (S5), beside the same site without them.

python -m bench.slow_phones     prints the p95 of everybody else's pages, loaded : empty, on gunicorn alone and behind nginx
"""

from __future__ import annotations

import contextlib
import html
import http.client
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import select

from bench.browser import TOKEN, Browser
from bench.servers import SampleDatabase, Site, one_sample
from models import Account, Application, Enterprise, Material, Registration, State, db
from tests import factories
from tests.machine.processes import free_port
from workflow.review import open_application

PHONES = 200
FILE_BYTES = 20 * 1000 * 1000
BYTES_A_SECOND = 32 * 1024
PIECES_A_SECOND = 8
SETTLING_SECONDS = 3.0
"""From the last connection until the measuring begins: the site has read from each of them."""

MOST = 2.0
"""Permitted ratio of the loaded site's p95 to the empty one's (S5)."""

SET_UPS = {"gunicorn alone": False, "behind nginx": True}


def figure_name(set_up: str) -> str:
    """Return the name of a figure in the report."""
    return f"pages beside {PHONES} slow uploads, {set_up}, p95, ms"


ROUNDS = 120
"""How often each page is opened, each time on a connection of its own."""

CONNECTED = b"connected\n"
BOUNDARY = "----------------------------bench"
NGINX = """
daemon off; worker_processes 2; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 2000; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 210m;
        location / {{
            proxy_pass http://127.0.0.1:{site};
            proxy_set_header Host              $http_host;
            proxy_set_header X-Forwarded-For   $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host  $http_host;
            proxy_read_timeout 120s;
        }}
    }}
}}
"""
"""The reverse proxy of docs/production.md without https."""


def beside_an_empty_site(sample: SampleDatabase, environment: dict[str, str]) -> dict[str, str]:
    """Return the figures of the report for both set-ups."""
    found = {}
    for set_up, behind_nginx in SET_UPS.items():
        empty, loaded = p95_empty_and_loaded(sample, environment, behind_nginx=behind_nginx)
        found[figure_name(set_up)] = f"**{loaded / empty:.2f} x** ({loaded:.1f} : {empty:.1f})"
    return found


def p95_empty_and_loaded(
    sample: SampleDatabase, environment: dict[str, str], *, behind_nginx: bool
) -> tuple[float, float]:
    """Return the p95 in ms of everybody else's pages on the empty site, and with the telephones."""
    with ExitStack() as stack:
        site = Site("app:create_app()", "/healthz", {**environment, "TALENT_PROXIES": str(int(behind_nginx))})
        stack.callback(site.stop)
        port = stack.enter_context(nginx(site.port)) if behind_nginx else site.port
        address, cookies, head = _an_upload(sample, port)
        pages = _everybody_elses_pages(sample, port)
        opened(port, pages, ROUNDS // 4)
        empty = opened(port, pages, ROUNDS)
        with telephones(port, address, cookies, head) as sending:
            time.sleep(SETTLING_SECONDS)  # they are connected
            loaded = opened(port, pages, ROUNDS)
            if sending.poll() is not None:
                raise RuntimeError(f"the telephones ended with {sending.returncode}")
        return p95(empty), p95(loaded)


def p95(seconds: list[float]) -> float:
    """Return the 95th percentile in ms."""
    return sorted(seconds)[len(seconds) * 95 // 100] * 1000


def opened(port: int, pages: list[tuple[str, str]], rounds: int) -> list[float]:
    """Return the seconds of each page from connecting to its last byte; two people read at the same time."""

    def reads(person: int) -> list[float]:
        taken = []
        for _ in range(rounds // 2):
            for path, cookie in pages[person:] + pages[:person]:
                begun = time.perf_counter()
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
                with contextlib.closing(connection):
                    connection.request("GET", path, headers={"Cookie": cookie})
                    answer = connection.getresponse()
                    answer.read()
                taken.append(time.perf_counter() - begun)
                if answer.status != 200:
                    raise RuntimeError(f"{path}: {answer.status}")
        return taken

    with ThreadPoolExecutor(2) as people:
        return list(itertools.chain.from_iterable(people.map(reads, range(2))))


@contextmanager
def nginx(site: int) -> Iterator[int]:
    """Run nginx before the site. Yields its port."""
    folder = Path(tempfile.mkdtemp(prefix="slow-phones-"))
    folder.chmod(0o755)
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, site=site))
    process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])  # noqa: S607 - the developer's own
    try:
        deadline = time.monotonic() + 20
        while not _accepts(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("nginx does not start")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _an_upload(sample: SampleDatabase, port: int) -> tuple[str, str, bytes]:
    """Return the address of an applicant's form for files, the cookies, and the beginning of a form with one file."""
    given = sample.account("applicant")
    with sample.site() as app, app.app_context():
        person = db.session.scalars(
            select(Account).where(Account.identity_number.is_not(None)).order_by(Account.id).limit(1)
        ).one()
        application = open_application(person)
        if application is None:
            employer = db.session.scalars(
                select(Enterprise).where(Enterprise.registration == Registration.APPROVED).limit(1)
            ).one()
            application = factories.draft(employer, person)
        number = application.number
        material = db.session.scalars(select(Material.id).order_by(Material.id)).first()
    browser = Browser(port)
    browser.log_in("personal", given["login"], given["password"])
    address = f"/personal/application/{number}/attachments/"
    token = html.unescape(TOKEN.findall(browser.get(address).text)[0])
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n--{BOUNDARY}\r\n'
        f'Content-Disposition: form-data; name="material-{material}"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    )
    return address, browser.headers()["Cookie"], head.encode()


def _everybody_elses_pages(sample: SampleDatabase, port: int) -> list[tuple[str, str]]:
    """Return some pages of other people with the cookies of each."""
    with sample.site() as app, app.app_context():
        number = db.session.scalars(
            select(Application.number).where(Application.state == State.CITY_REVIEW).limit(1)
        ).one()
    clerk = Browser(port)
    account = sample.account("city")
    clerk.log_in("staff", account["login"], account["password"])
    cookie = clerk.headers()["Cookie"]
    return [("/login/personal", ""), ("/city/", cookie), (f"/city/{number}/", cookie), ("/messages/", cookie)]


@contextmanager
def telephones(port: int, address: str, cookies: str, head: bytes) -> Iterator[subprocess.Popen[bytes]]:
    """Send files slowly from a process of its own, after all have connected."""
    command = [sys.executable, "-m", "bench.slow_phones", "send", str(port), address, cookies, head.decode()]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            if process.stdout is None or process.stdout.readline() != CONNECTED:
                raise RuntimeError("the telephones have not connected")
            yield process
        finally:
            process.kill()


def send(port: int, address: str, cookies: str, head: bytes) -> None:
    """Send PHONES files at BYTES_A_SECOND each, until killed. A file that has arrived is sent again."""
    piece = bytes(BYTES_A_SECOND // PIECES_A_SECOND)
    request = (
        f"POST {address} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookies}\r\nSec-Fetch-Site: same-origin\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {len(head) + FILE_BYTES}\r\n\r\n"
    ).encode() + head
    phones: dict[socket.socket, int] = {}

    def connect() -> None:
        phone = socket.create_connection(("127.0.0.1", port), 60)
        phone.setblocking(False)
        phone.send(request)
        phones[phone] = FILE_BYTES

    steps = itertools.cycle(range(20))
    next_step = time.monotonic()
    for _ in range(PHONES):
        connect()
    sys.stdout.buffer.write(CONNECTED)
    sys.stdout.buffer.flush()
    while True:
        # The telephones of one step send a piece, so that not all of them send at once.
        step = next(steps)
        for phone, left in list(phones.items())[step::20]:
            try:
                phones[phone] = left - phone.send(piece[:left])
            except BlockingIOError:
                continue
            except OSError:
                left = 0
            if phones[phone] == 0 or left == 0:
                del phones[phone]
                phone.close()
                connect()
        next_step += 1 / PIECES_A_SECOND / 20
        time.sleep(max(0.0, next_step - time.monotonic()))


def main() -> None:
    with one_sample(int(os.environ.get("SIZE", "1000"))) as (_postgres, sample):
        environment = {**sample.environment, "TALENT_RATE_LIMITS": "no"}
        for name, value in beside_an_empty_site(sample, environment).items():
            print(f"{name}: {value}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["send"]:
        send(int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5].encode())
    else:
        main()
