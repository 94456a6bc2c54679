"""A file, a part and a picture are kept alike on disk and in a bucket of an S3 server; a server that is down holds nobody up."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.machine.processes import free_port
from uploads.errors import StorageUnavailable
from uploads.storage import NAME
from uploads.storage_locations import FilePlaces, InvalidLocation, S3Location, location_of, places_at

pytestmark = pytest.mark.guide("S1")
AT_ONCE = timedelta(seconds=-60)
"""An age that every file has, whatever the clock of the server says."""

LARGE = os.urandom(1024) * (12 * 1024)
"""12 MiB: S3 takes it in three parts."""


@pytest.fixture(params=["disk", "s3"])
def places(request, tmp_path) -> FilePlaces:
    if request.param == "disk":
        return places_at(tmp_path / "attachments")
    return places_at(request.getfixturevalue("s3_server").location())


def stored(places: FilePlaces, content: bytes = b"paper") -> str:
    return places.files.store(io.BytesIO(content)).name


def everything(places: FilePlaces) -> list[tuple[str, int]]:
    return sorted(places.files.listing())


@pytest.mark.parametrize("content", [b"paper", LARGE, b""], ids=["short", "large", "empty"])
def test_a_file_comes_back_as_it_went_in(places, content):
    file = places.files.store(io.BytesIO(content))

    assert NAME.fullmatch(file.name)
    assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    with places.files.open(file.name) as back, places.files.open_local(file.name) as local:
        assert back.seek(0, io.SEEK_END) == len(content)
        back.seek(len(content) // 2)
        assert back.read(9) == content[len(content) // 2 :][:9]
        back.seek(0)
        assert b"".join(iter(lambda: back.read(8192), b"")) == content
        assert os.fstat(local.fileno()).st_size == len(content)
        assert local.read() == content
    assert everything(places) == [(file.name, len(content))]


def test_a_file_can_take_the_name_it_had_elsewhere_and_replaces_what_is_there(places):
    name = stored(places, b"damaged")
    assert places.files.store(io.BytesIO(b"whole"), name).name == name
    assert places.files.open(name).read() == b"whole"


class BrokenOff(io.BytesIO):
    """Breaks off after eight megabytes, as a connection does."""

    def read(self, size=-1):
        if self.tell() > 8 * 1024 * 1024:
            raise ConnectionResetError("gone")
        return super().read(size)


def test_an_interrupted_stream_leaves_no_file(places):
    with pytest.raises(ConnectionResetError, match="gone"):
        places.files.store(BrokenOff(LARGE))
    assert everything(places) == []
    stored(places)  # and the store is not taken for down


@pytest.mark.parametrize("name", ["../../etc/passwd", "parts/x", "aa/bb/" + "g" * 28, ""])
def test_a_name_that_is_no_storage_name_is_refused(places, name):
    for deed in (places.files.open, places.files.open_local, places.files.remove, places.previews.forget):
        with pytest.raises(ValueError, match="not the name"):
            deed(name)


def test_a_removed_file_is_missing_and_may_be_removed_twice(places):
    here, gone = stored(places), stored(places)
    places.files.remove(gone)
    places.files.remove(gone)
    for opened in (places.files.open, places.files.open_local):
        with pytest.raises(FileNotFoundError):
            opened(gone)
    assert list(places.files.missing([here, gone])) == [gone]


def test_the_sweep_deletes_only_old_files_that_no_row_names(places):
    orphan, named = stored(places), stored(places)
    places.parts.append("a" * 32, 0, b"part")
    places.previews.put(named, 1, 160, b"picture")

    assert places.files.sweep(lambda names: {named} & set(names)) == []  # too young
    assert places.files.sweep(lambda names: {named} & set(names), AT_ONCE) == [orphan]
    assert [name for name, _ in everything(places)] == [named]
    assert places.parts.size("a" * 32) == 4
    assert places.previews.get(named, 1, 160) == b"picture"


def test_parts_are_appended_and_what_was_not_recorded_is_cut_off(places):
    token, parts = "0123456789abcdef" * 2, places.parts
    assert parts.size(token) == 0
    with pytest.raises(FileNotFoundError):
        parts.open(token)
    for offset, content in ((0, b"first "), (6, b"secnd "), (12, b"lost"), (6, b"second "), (13, b"third")):
        parts.append(token, offset, content)
    assert parts.size(token) == 18
    with parts.open(token) as file:
        assert os.fstat(file.fileno()).st_size == 18
        assert file.read() == b"first second third"
    parts.append(token, 6, b"shorter")
    assert parts.open(token).read() == b"first shorter"
    assert parts.sweep(timedelta(hours=1)) == 0
    parts.append("f" * 32, 0, b"other")
    parts.remove(token)
    assert (parts.size(token), parts.size("f" * 32)) == (0, 5)
    assert parts.sweep(AT_ONCE) == 1
    with pytest.raises(ValueError, match="not the token"):
        parts.append("../x", 0, b"")


def test_pictures_are_forgotten_with_their_file(places):
    mine, other = "aa/bb/" + "1" * 28, "aa/bb/" + "1" * 27 + "2"
    for name, page in ((mine, 1), (mine, 2), (other, 1)):
        places.previews.put(name, page, 160, b"picture of " + name.encode())
    assert places.previews.get(mine, 1, 160) == b"picture of " + mine.encode()
    places.previews.put(mine, 2, 1800, LARGE)
    assert places.previews.get(mine, 2, 1800) == LARGE
    places.previews.forget(mine)
    assert [places.previews.get(mine, page, 160) for page in (1, 2)] == [None, None]
    assert places.previews.get(other, 1, 160) is not None
    assert (places.previews.sweep(), places.previews.sweep(AT_ONCE)) == (0, 1)
    assert places.previews.get(other, 1, 160) is None


# --- an S3 server that refuses, is down or says nothing


NOTICED_WITHIN = 5
"""Seconds, on a busy machine too: to wait for each of the seven would take six at the least."""


def unavailable(location: S3Location) -> float:
    """Ask for everything once; return the seconds that it took until all was refused."""
    places, name, began = places_at(location), "aa/bb/" + "1" * 28, time.monotonic()
    for deed in (
        lambda: stored(places),
        lambda: places.files.open(name),
        lambda: list(places.files.missing([name])),
        lambda: list(places.files.listing()),
        lambda: places.parts.append("a" * 32, 0, b"part"),
        lambda: places.files.remove(name),
        lambda: places.previews.get(name, 1, 160),
    ):
        with pytest.raises(StorageUnavailable):
            deed()
    places.previews.put(name, 1, 160, b"picture")
    return time.monotonic() - began


@pytest.mark.parametrize(
    "changed", [{"SECRET_KEY": "wrong-secret-key"}, {"ACCESS_KEY": "nobody"}], ids=["secret", "name"]
)
def test_wrong_keys_are_refused_and_stay_out_of_the_log(s3_server, caplog, changed):
    with caplog.at_level(logging.DEBUG):
        unavailable(s3_server.location(**changed))
    assert "storage: 403" in caplog.text
    for secret in ("wrong-secret-key", "nobody", s3_server.secret_key, s3_server.access_key):
        assert secret not in caplog.text


def test_a_bucket_that_is_missing_is_no_missing_file(s3_server):
    location = location_of("s3://no-such-bucket/site", s3_server.access())
    with pytest.raises(StorageUnavailable):
        places_at(location).files.open("aa/bb/" + "1" * 28)


def test_nobody_gets_an_object_without_the_keys(s3_server):
    location = s3_server.location()
    name = stored(places_at(location))
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{s3_server.endpoint}/{location.bucket}/{location.prefix}/{name}")
    assert refused.value.code == 403


def test_variables_of_other_programs_change_nothing(s3_server, monkeypatch):
    for name, given in {
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{free_port()}",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "else",
        "AWS_SESSION_TOKEN": "else",
        "AWS_SKIP_SIGNATURE": "true",
        "AWS_S3_EXPRESS": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
    }.items():
        monkeypatch.setenv(name, given)
    assert stored(places_at(s3_server.location()))


def test_a_client_from_before_a_fork_is_refused_instead_of_waiting_for_ever(s3_server):
    places = places_at(s3_server.location())
    name = stored(places)
    if (child := os.fork()) == 0:
        try:
            places.files.open(name)
        except RuntimeError:
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", free_port())) as listening:
        yield listening.getsockname()[1]


def test_a_server_that_is_down_is_noticed_at_once(s3_server):
    assert unavailable(s3_server.location(ENDPOINT=f"http://127.0.0.1:{free_port()}")) < NOTICED_WITHIN


def test_a_silent_server_costs_two_timeouts_and_then_nothing(s3_server, silent_port, monkeypatch):
    monkeypatch.setattr("uploads.s3_bucket.READ_TIMEOUT", timedelta(seconds=0.5))
    monkeypatch.setattr("uploads.s3_bucket.RETRY_TIMEOUT", timedelta(seconds=0.4))
    began = time.process_time()
    assert unavailable(s3_server.location(ENDPOINT=f"http://127.0.0.1:{silent_port}")) < NOTICED_WITHIN
    assert time.process_time() - began < 1


def test_a_server_that_is_back_is_used_again(s3_server, monkeypatch):
    monkeypatch.setattr("uploads.s3_bucket.PAUSE_SECONDS", 1)
    location = s3_server.location()
    places = places_at(location)
    bucket = places.files._bucket
    bucket.location = location_of(str(location), s3_server.access(ENDPOINT=f"http://127.0.0.1:{free_port()}"))
    for _ in range(3):
        with pytest.raises(StorageUnavailable):
            stored(places)
    bucket.location, bucket._made = location, None
    with pytest.raises(StorageUnavailable):
        stored(places)
    time.sleep(1.01)
    assert stored(places)


# --- what TALENT_STORAGE_URL may be

KEYS = {"ACCESS_KEY": "name", "SECRET_KEY": "hidden"}


@pytest.mark.parametrize(
    ("url", "access"),
    [
        ("s3://name:hidden@papers/site", KEYS),
        ("s3://papers/site?secret=hidden", KEYS),
        ("s3://papers", {"ACCESS_KEY": "hidden"}),
        ("s3://Papers!/site", KEYS),
        ("s3://papers/../../hidden", {**KEYS, "ENDPOINT": "https://name:hidden@host"}),
        ("https://papers/site", KEYS),
        ("file://host/papers", KEYS),
    ],
)
def test_a_url_with_keys_or_of_another_kind_is_refused_without_showing_it(url, access):
    with pytest.raises(InvalidLocation) as refused:
        location_of(url, access)
    assert "hidden" not in str(refused.value)


def test_a_location_shows_no_key():
    location = location_of("s3://papers/site/", {**KEYS, "ENDPOINT": "https://oss.example.cn"})
    assert str(location) == "s3://papers/site"
    assert "hidden" not in repr(location)
    assert "name" not in repr(location).replace("rename", "")
