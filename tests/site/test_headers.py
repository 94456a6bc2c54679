"""Security and cache headers of every response."""

from __future__ import annotations

import gzip
import re
import sys
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path

import brotli
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from accounts import sessions
from app import create_app
from config import ROOT, settings
from models import db, now
from tests.machine.secrets import environment
from tests.machine.site import Client
from tests.site import routes
from tests.site.city import NOBODY, Actor, City
from tests.site.routes import addresses, enters

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEMPLATES = ROOT / "templates"
PUBLISHED = ("img", "css", "js")
INLINE = {
    "an inline style": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a script of its own": re.compile(r"<script\b(?![^>]*\bsrc=)", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "an address of another host": re.compile(
        r"""(?:href|src|srcset|action|formaction|poster|data)\s*=\s*["']?\s*(?:https?:)?//""", re.IGNORECASE
    ),
}
"""What the policy would block, and what would ask another machine."""

ELSEWHERE = re.compile(r"""(?:url\(|@import|from\s|import\(|fetch\(|\bopen\()\s*["']?(?:https?:)?//""")


def faults(text: str) -> list[str]:
    return [name for name, pattern in INLINE.items() if pattern.search(text)]


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.relative_to(TEMPLATES).as_posix()
)
def test_no_template_contains_inline_scripts_or_styles(path: Path) -> None:
    assert faults(re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)) == []


def test_no_style_or_script_requests_another_host() -> None:
    files = [path for name in PUBLISHED for path in (ROOT / "static" / name).rglob("*") if path.is_file()]
    assert len(files) > 20
    said = {
        path.name: ELSEWHERE.findall(path.read_text(encoding="utf-8", errors="replace")) for path in files
    }
    assert {name: found for name, found in said.items() if found} == {}


def test_the_check_for_forbidden_markup_finds_examples() -> None:
    for text in (
        '<p style="color:red">',
        '<a onclick="x()">',
        "<style>p{}</style>",
        "<script>x()</script>",
        '<a href="javascript:x()">',
        '<img src="//cdn.example.com/x.png">',
    ):
        assert faults(text), text
    assert not faults('<script src="/static/js/app.js"></script><a href="/personal/">没有 https:// 的字</a>')


def policy(answer: TestResponse) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts if name}


@pytest.mark.parametrize(
    "name", ["applicant, returned", "enterprise", "office", "city", "administrator", NOBODY]
)
def test_every_page_has_a_content_security_policy_and_no_store(city: City, name: str) -> None:
    actor = city.actors[name]
    wrong = [fault for answer in _every_answer(city, actor) for fault in _header_faults(answer)]
    assert wrong == []


def _every_answer(city: City, actor: Actor) -> list[TestResponse]:
    """One answer of every route that is open to somebody, and some that are none."""
    found = [actor.client.get("/no/such/page"), actor.client.post("/logout"), actor.client.put("/")]
    for rule in routes.rules(city, "GET"):
        if enters(city, actor, rule):
            found += [actor.client.get(address.path) for address in list(addresses(city, actor, rule))[:1]]
    return found


def _header_faults(answer: TestResponse) -> list[str]:
    told = f"{answer.request.method} {answer.request.path} -> {answer.status_code}"
    found, headers = [], answer.headers
    if headers.get("X-Content-Type-Options") != "nosniff":
        found.append(f"{told}: its type may be guessed")
    if headers.get("Referrer-Policy") not in {"same-origin", "no-referrer"}:
        found.append(f"{told}: tells other sites where one came from")
    said = policy(answer)
    if any("unsafe" in value or "http" in value or "*" in value for value in said.values()):
        found.append(f"{told}: {headers['Content-Security-Policy']}")
    if answer.mimetype == "text/html":
        if said.get("frame-ancestors") != "'none'" or said.get("object-src") != "'none'":
            found.append(f"{told}: {headers['Content-Security-Policy']}")
        if said.get("default-src") != "'self'" or said.get("base-uri") != "'none'":
            found.append(f"{told}: {headers['Content-Security-Policy']}")
        found += [f"{told}: {fault}" for fault in faults(answer.text)]
    kept = headers.get("Cache-Control", "")
    if answer.request.path.startswith("/static/"):
        return found
    if "no-store" not in kept and not (answer.mimetype.startswith("image/") and "private" in kept):
        found.append(f"{told}: may be kept ({kept})")
    return found


def test_after_the_logout_the_back_button_shows_nothing(city: City) -> None:
    actor = city.actors["applicant, returned"]
    browser = city.browser(actor)
    number = next(
        row.number for row in city.applications.values() if row.id in city.seen[actor.name].applications
    )
    address = f"/personal/application/{number}/"
    assert browser.get(address).headers["Cache-Control"] == "no-store"
    assert browser.send("/logout").status_code == 303
    again = browser.get(address)
    assert again.status_code == 302
    assert again.location.startswith("/login/personal")


def test_a_page_extends_the_session_and_an_image_does_not(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one that arrives after the logout would bring the session back."""

    def at(minutes: int) -> None:
        monkeypatch.setattr(sessions, "now", lambda: now() + timedelta(minutes=minutes))

    browser = city.browser(city.actors["office"])
    seen = city.seen["office"].attachments
    file = next(file for file in city.attachments.values() if file.id in seen)
    number = city.applications[file.application_id].number
    for address in (f"/office/{number}/papers/{file.id}/1-160.jpg", f"/office/{number}/papers/{file.id}/"):
        at(minutes=2)
        picture = browser.get(address)
        assert picture.status_code == 200
        assert "Set-Cookie" not in picture.headers
    browser.get("/office/")
    assert "Set-Cookie" not in browser.get("/office/").headers, "within a minute there is nothing to prolong"
    at(minutes=4)
    assert "Set-Cookie" in browser.get("/office/").headers, "a page prolongs the session"


# The files of the site itself


@pytest.fixture(scope="module")
def asset() -> str:
    return "js/app.js"


@pytest.fixture
def address(client: Client, asset: str) -> str:
    found = re.search(rf'"(/static/v-\w+/{re.escape(asset)})"', client.get("/").text)
    assert found is not None
    return found.group(1)


def test_a_fingerprinted_file_is_cached_for_a_year(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer.headers, "a cache between them would hand it on"


@pytest.mark.parametrize(("accepted", "way"), [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("", None)])
def test_a_file_is_compressed_as_the_browser_can_read_it(
    client: Client, asset: str, address: str, accepted: str, way: str | None
) -> None:
    answer = client.get(address, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == way
    assert "Accept-Encoding" in answer.headers["Vary"]
    unpacked = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[way](answer.data)
    assert unpacked == (ROOT / "static" / asset).read_bytes()


def test_a_static_file_has_one_url(client: Client, address: str) -> None:
    folder, name = address.rsplit("/", 1)
    for spelling in ("../{0}/{1}", "x/../{1}", "%2e/{1}", "../../static/css/../{0}/{1}"):
        other = f"{folder}/{spelling.format(folder.rsplit('/', 1)[1], name)}"
        assert client.get(other).status_code == 404, other


@pytest.mark.parametrize("path", ["/static/{}", "/static/v-0123456789ab/{}", "/static/v-x/{}"])
def test_a_file_without_the_current_fingerprint_is_revalidated(client: Client, asset: str, path: str) -> None:
    answer = client.get(path.format(asset))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    again = client.get(path.format(asset), headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["js/none.js", "../config.py", "..%2fconfig.py", "js"])
def test_a_missing_static_file_is_a_404_that_is_not_cached(
    client: Client, asset: str, address: str, path: str
) -> None:
    for root in (address.removesuffix(asset), "/static/"):
        answer = client.get(f"{root}{path}")
        assert answer.status_code == 404
        assert answer.headers["Cache-Control"] == "no-store"


def test_every_page_links_static_files_with_their_fingerprint(city: City) -> None:
    actor = city.actors["office"]
    linked: set[str] = set()
    for answer in _every_answer(city, actor):
        if answer.mimetype == "text/html":
            linked.update(re.findall(r'(?:href|src)="(/static/[^"]+)"', answer.text))
    assert any(address.endswith(".css") for address in linked)
    assert [address for address in linked if not re.match(r"/static/v-[0-9a-f]{12}/", address)] == []


# What is compressed


@pytest.mark.parametrize(
    ("who", "way"),
    [("same-origin", "br"), ("none", "br"), ("cross-site", None), ("same-site", None), ("", None)],
)
def test_a_page_requested_by_another_site_is_not_compressed(city: City, who: str, way: str | None) -> None:
    """Else its length would give away the secrets that stand beside what the other site has put into the address (BREACH)."""
    browser = city.browser(city.actors["office"])
    plain = browser.get("/office/").data
    headers = {"Accept-Encoding": "gzip, br", "Sec-Fetch-Site": who}
    answer = browser.get("/office/", headers=headers)
    assert answer.headers.get("Content-Encoding") == way
    assert {"Accept-Encoding", "Sec-Fetch-Site"} - set(answer.vary) <= (
        {"Accept-Encoding"} if way is None else set()
    )
    if way:
        assert len(answer.data) < len(plain) / 3
        assert brotli.decompress(answer.data)[:15] == plain[:15] == b"<!doctype html>"


@pytest.mark.parametrize(
    ("accepted", "way"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip, zstd;q=0", "gzip"),
        ("deflate", None),
        ("", None),
    ],
)
def test_a_page_is_compressed_with_an_encoding_that_the_browser_accepts(
    city: City, accepted: str, way: str | None
) -> None:
    browser = city.browser(city.actors["office"])
    unpack = {"zstd": zstd.decompress, "br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[way]
    for path in ("/office/", "/messages/", "/office/"):
        answer = browser.get(path, headers={"Accept-Encoding": accepted, "Sec-Fetch-Site": "same-origin"})
        assert answer.headers.get("Content-Encoding") == way
        assert answer.content_length == len(answer.data)
        assert unpack(answer.data).endswith(b"</html>")


def test_short_pages_and_files_are_not_compressed(city: City) -> None:
    headers = {"Accept-Encoding": "zstd", "Sec-Fetch-Site": "same-origin"}
    assert (
        "Content-Encoding" not in city.browser(city.actors[NOBODY]).get("/healthz", headers=headers).headers
    )
    office = city.actors["office"]
    paper = city.attachments[min(city.seen[office.name].attachments)]
    number = city.applications[paper.application_id].number
    answer = city.browser(office).get(f"/office/{number}/papers/{paper.id}/", headers=headers)
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


# The cookie


@pytest.mark.parametrize("https", ["yes", "no"])
def test_the_session_cookie_is_httponly_and_samesite(database_url: str, tmp_path: Path, https: str) -> None:
    app: Flask = create_app(
        {**settings(environment(tmp_path / "instance", database_url, HTTPS=https)), "TESTING": True}
    )
    try:
        scheme = "https" if https == "yes" else "http"
        answer = app.test_client().get("/login/personal", base_url=f"{scheme}://localhost")
        cookie = SimpleCookie(answer.headers["Set-Cookie"])["__Host-talent" if https == "yes" else "talent"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert bool(cookie["secure"]) is (https == "yes")
        assert not cookie["domain"]
        if https == "yes":
            assert "max-age" in answer.headers["Strict-Transport-Security"]
            plain = app.test_client().get("/login/personal", base_url="http://localhost")
            assert plain.status_code in {301, 302, 308}
            assert plain.location.startswith("https://")
    finally:
        with app.app_context():
            db.engine.dispose()
