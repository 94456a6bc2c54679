"""A real S3 server (SeaweedFS) with keys of its own, started once for the tests that need it. It refuses everybody else."""

from __future__ import annotations

import itertools
import json
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine.processes import Server, free_port
from uploads.errors import StorageUnavailable
from uploads.s3_bucket import Bucket
from uploads.storage_locations import S3Location, location_of

WEED = Path(sys.executable).with_name("weed")
PORTS = ("master", "volume", "filer", "s3")


class S3Server:
    """The server. Each call of `location` gives a prefix of its own, which is empty."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="seaweed-"))
        self.access_key, self.secret_key = secrets.token_hex(8), secrets.token_hex(20)
        credentials = {"accessKey": self.access_key, "secretKey": self.secret_key}
        rights = {"name": "site", "credentials": [credentials], "actions": ["Admin"]}
        (self.home / "s3.json").write_text(json.dumps({"identities": [rights]}))
        ports = {each: (free_port(), free_port()) for each in PORTS}
        self.endpoint = f"http://127.0.0.1:{ports['s3'][0]}"
        self._prefixes = (f"s3://papers/test-{number}" for number in itertools.count(1))
        self._server = Server(
            [
                str(WEED),
                *f"-logdir={self.home} server -filer -s3 -dir={self.home} -ip=127.0.0.1 -ip.bind=127.0.0.1".split(),
                *(f"-{each}.port={http}" for each, (http, _) in ports.items()),
                *(f"-{each}.port.grpc={grpc}" for each, (_, grpc) in ports.items()),
                *f"-s3.config={self.home}/s3.json -s3.localSocket={self.home}/s3 -filer.localSocket={self.home}/filer".split(),
                *[
                    "-s3.port.iceberg=0",
                    "-s3.port.lance=0",
                    "-volume.max=30",
                    "-master.volumeSizeLimitMB=128",
                ],
                "-master.telemetry=false",
            ],
            self.home / "log",
            self._answers,
            end_by=signal.SIGKILL,  # it would wait half a minute for itself
        )

    def url(self) -> str:
        """Return a new location for TALENT_STORAGE_URL."""
        return next(self._prefixes)

    def access(self, **changed: str) -> dict[str, str]:
        """Return the variables TALENT_S3_..., without this beginning; `changed` replaces some."""
        return {
            "ENDPOINT": self.endpoint,
            "ACCESS_KEY": self.access_key,
            "SECRET_KEY": self.secret_key,
            **changed,
        }

    def location(self, **changed: str) -> S3Location:
        """Return a new location with its keys."""
        found = location_of(self.url(), self.access(**changed))
        assert isinstance(found, S3Location)
        return found

    def variables(self, url: str) -> dict[str, str]:
        """Return the variables of a site with this storage, without the TALENT_."""
        return {"STORAGE_URL": url, **{f"S3_{name}": value for name, value in self.access().items()}}

    def stop(self) -> None:
        self._server.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            Bucket(self.location()).put_bytes("first", b"1")
        except StorageUnavailable:
            return False
        return True


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    server = S3Server()
    yield server
    server.stop()
