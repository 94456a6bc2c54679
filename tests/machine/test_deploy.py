"""deploy/: nginx and systemd accept it, the Compose specification allows it, and what it names exists."""

from __future__ import annotations

import datetime
import getpass
import http.client
import json
import os
import re
import shlex
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config import ROOT, ConfigurationError, settings
from tests.machine import yaml_subset
from tests.machine.processes import Server, free_port
from tests.machine.secrets import KEYS

pytestmark = pytest.mark.guide("S3")
DEPLOY = ROOT / "deploy"
HOST = "rc.example.cn"


# --- nginx


@dataclass
class Echo:
    """What stands behind nginx: notes the headers and bodies that arrive."""

    port: int = 0
    arrived: list[tuple[str, dict[str, str], int]] = field(default_factory=list)


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    echo = Echo()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            echo.arrived.append((self.path, dict(self.headers), len(body)))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    echo.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield echo
    server.shutdown()


@dataclass
class Proxy:
    """The nginx of deploy/ on free ports."""

    plain: int
    tls: int
    configuration: Path

    def request(
        self, path: str, host: str = HOST, body: Any = None, **headers: str
    ) -> tuple[int, Any, bytes]:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client = http.client.HTTPSConnection("127.0.0.1", self.tls, context=context, timeout=20)
        try:
            client.request("POST" if body else "GET", path, body, {"Host": host, **headers})
            answer = client.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            client.close()


def self_signed(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "site.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "site.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def let_nginx_reach(folder: Path) -> None:
    """Open the folders above: nginx gives up root. With several processes pytest has one folder more."""
    for place in folder.parents:
        if place == Path(tempfile.gettempdir()):
            break
        place.chmod(place.stat().st_mode | 0o055)  # the rest stays: a folder may be everybody's, as /tmp


def written(folder: Path, upstream: str, hosts: dict[str, str], plain: int, tls: int) -> Path:
    """Write the configuration with the ports and places of this test; everything else stays as it is in deploy/."""
    folder.mkdir(parents=True)
    self_signed(folder)
    site = (DEPLOY / "nginx/talent.conf").read_text()
    places = {
        "/etc/ssl/talent/": f"{folder}/",
        "/var/cache/talent": f"{folder}/cache",
        "/var/log/nginx/": f"{folder}/",
        "listen 80 ": f"listen 127.0.0.1:{plain} ",
        "listen 443 ": f"listen 127.0.0.1:{tls} ",
    }
    for old, new in places.items():
        assert old in site
        site = site.replace(old, new)
    site = re.sub(r"listen \[::\].*\n", "", site)  # the machine may have no IPv6
    (folder / "talent.conf").write_text(site)
    for old, new in hosts.items():
        assert old in upstream
        upstream = upstream.replace(old, new)
    (folder / "upstream.conf").write_text(upstream)
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; events {{ }}\n"
        f"http {{ access_log off; {temporary} include {folder}/upstream.conf; include {folder}/talent.conf; }}\n"
    )
    return folder / "nginx.conf"


@pytest.fixture(scope="module")
def proxy(echo: Echo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx") / "conf"
    let_nginx_reach(folder)
    plain, tls = free_port(), free_port()
    upstream = (DEPLOY / "nginx/upstream.conf").read_text()
    made = written(folder, upstream, {"127.0.0.1:5000": f"127.0.0.1:{echo.port}"}, plain, tls)
    proxy = Proxy(plain, tls, made)
    server = Server(
        ["/usr/sbin/nginx", "-c", str(made)],
        folder / "log",
        lambda: _answers(proxy),
    )
    yield proxy
    server.stop()


def _answers(proxy: Proxy) -> bool:
    try:
        return proxy.request("/")[0] == 200
    except OSError:
        return False


def test_nginx_accepts_both_configurations(proxy: Proxy, tmp_path: Path) -> None:
    compose = (DEPLOY / "nginx/upstream-compose.conf").read_text()
    hosts = {"web-a:5000": "127.0.0.1:5001", "web-b:5000": "127.0.0.1:5002"}  # names that Compose resolves
    of_compose = written(tmp_path / "compose", compose, hosts, free_port(), free_port())
    for configuration in (proxy.configuration, of_compose):
        done = subprocess.run(["/usr/sbin/nginx", "-t", "-c", configuration], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "[warn]" not in done.stderr


def test_the_site_learns_the_real_address_and_gets_a_body_whole(proxy: Proxy, echo: Echo) -> None:
    echo.arrived.clear()
    body = iter([b"x" * 1024 * 1024] * 3)
    status, _, _ = proxy.request(
        "/upload",
        body=body,
        **{"X-Forwarded-For": "203.0.113.9", "Upload-Offset": "0", "Content-Length": str(3 * 1024 * 1024)},
    )
    ((path, headers, size),) = echo.arrived
    assert (status, path, size) == (200, "/upload", 3 * 1024 * 1024)
    assert headers["X-Forwarded-For"] == "127.0.0.1"  # what the client claims is gone
    assert (headers["X-Forwarded-Proto"], headers["X-Forwarded-Host"], headers["Host"]) == (
        "https",
        HOST,
        HOST,
    )
    assert headers["Upload-Offset"] == "0"


def test_other_hosts_plain_http_and_the_metrics_get_nothing(proxy: Proxy, echo: Echo) -> None:
    echo.arrived.clear()
    with pytest.raises(http.client.RemoteDisconnected):
        proxy.request("/", host="evil.example")
    assert proxy.request("/metrics")[0] == 404
    client = http.client.HTTPConnection("127.0.0.1", proxy.plain, timeout=20)
    client.request("GET", "/login?x=1", headers={"Host": "evil.example"})
    answer = client.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/login?x=1")
    client.close()
    assert echo.arrived == []


def test_while_no_host_answers_nginx_says_503_and_when_to_come_back(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("nginx-alone") / "conf"
    let_nginx_reach(folder)
    plain, tls = free_port(), free_port()
    upstream = (DEPLOY / "nginx/upstream.conf").read_text()
    made = written(folder, upstream, {"127.0.0.1:5000": f"127.0.0.1:{free_port()}"}, plain, tls)
    proxy = Proxy(plain, tls, made)

    def answers() -> bool:
        try:
            return bool(proxy.request("/"))
        except OSError:
            return False

    server = Server(["/usr/sbin/nginx", "-c", str(made)], folder / "log", answers)
    try:
        status, headers, body = proxy.request("/city/?q=150602199003071015")
    finally:
        server.stop()
    assert (status, headers["Retry-After"], headers["Cache-Control"]) == (503, "15", "no-store")
    assert "系统正忙" in body.decode()
    logged = (folder / "access.log").read_text()
    assert '"GET /city/" 503' in logged
    assert "1506021990" not in logged + (folder / "error.log").read_text()  # what was searched for (S4)


# --- systemd


def units() -> list[Path]:
    return sorted((DEPLOY / "systemd").iterdir())


def test_systemd_knows_every_line_of_the_units(tmp_path: Path) -> None:
    copies = []
    for unit in units():
        copy = tmp_path / unit.name
        copy.write_text(unit.read_text().replace("/srv/talent", str(ROOT)))
        copies.append(copy)
    done = subprocess.run(["systemd-analyze", "verify", *copies], capture_output=True, text=True)
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "talent" in line]
    assert ours == []
    assert len(copies) == 4


def test_the_services_may_do_little_and_have_the_keys_from_files() -> None:
    for unit in units():
        if unit.suffix != ".service":
            continue
        lines = unit.read_text().splitlines()
        assert {
            "User=talent",
            "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            "CapabilityBoundingSet=",
        } <= set(lines)
        names = re.findall(r"^LoadCredential=(\w+):/etc/talent/credentials/\1$", unit.read_text(), re.M)
        assert names == ["secret_key", "encryption_keys", "digest_key"]
        for name in names:
            assert f"Environment=TALENT_{name.upper()}_FILE=%d/{name}" in lines
    command = next(
        line
        for line in (DEPLOY / "systemd/talent-backup.service").read_text().splitlines()
        if "ExecStart=" in line
    )
    words = shlex.split(command)
    assert words[words.index("app") + 1] == "backup"


@pytest.fixture
def secret_files(tmp_path: Path) -> Path:
    folder = tmp_path / "credentials"
    folder.mkdir()
    for name, value in KEYS.items():
        (folder / name.removeprefix("TALENT_").lower()).write_text(f"{value}\n")
    return folder


def test_a_setting_can_be_the_name_of_a_file(secret_files: Path, tmp_path: Path) -> None:
    given = {f"{name}_FILE": str(secret_files / name.removeprefix("TALENT_").lower()) for name in KEYS}
    shared = {"TALENT_ENV": "production", "TALENT_INSTANCE": str(tmp_path)}
    found, expected = settings(shared | given), settings(shared | KEYS)
    assert all(found[name] == expected[name] for name in ("SECRET_KEY", "ENCRYPTION_KEYS", "DIGEST_KEY"))
    with pytest.raises(ConfigurationError, match=r"TALENT_SECRET_KEY_FILE names .* cannot be read"):
        settings(shared | given | {"TALENT_SECRET_KEY_FILE": str(tmp_path / "none")})


def test_a_command_by_hand_has_the_settings_of_the_services(secret_files: Path, tmp_path: Path) -> None:
    (tmp_path / "environment").write_text(f"TALENT_ENV=production\nTALENT_INSTANCE='{tmp_path}/data dir'\n")
    places = {"CODE": str(ROOT), "SETTINGS": str(tmp_path), "RUN_AS": getpass.getuser()}

    def by_hand(*command: str) -> str:
        done = subprocess.run(
            [DEPLOY / "talent-flask", *command],
            env={"PATH": os.environ["PATH"], **places},
            cwd="/",
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr  # production starts with its keys only
        return done.stdout

    assert "TALENT_SECRET_KEY" in by_hand("generate-keys")
    assert (tmp_path / "data dir").is_dir()
    assert str(ROOT) in by_hand("-m", "site")  # as `-m tools.restored` in docs/backup.md


def test_the_keys_that_docs_production_writes_are_whole(tmp_path: Path) -> None:
    blocks = re.findall(
        r"```bash\n(.*?)```", (ROOT / "docs/production.md").read_text(encoding="utf-8"), re.DOTALL
    )
    [block] = [one for one in blocks if "generate-keys" in one and "/etc/talent" in one]
    commands = block.replace("/etc/talent", str(tmp_path)).replace(".venv/bin/python", sys.executable)
    subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=ROOT, check=True)
    written = {f"TALENT_{file.name.upper()}_FILE": str(file) for file in (tmp_path / "credentials").iterdir()}
    settings({"TALENT_ENV": "production", "TALENT_INSTANCE": str(tmp_path)} | written)


# --- containers

SERVICE_KEYS: dict[str, type | tuple[type, ...]] = {
    "build": dict, "cap_drop": list, "command": list, "depends_on": dict, "environment": dict, "healthcheck": dict,
    "image": str, "networks": list, "ports": list, "profiles": list, "read_only": bool, "restart": str, "secrets": list,
    "security_opt": list, "shm_size": str, "stop_grace_period": str, "tmpfs": list, "volumes": list,
}  # fmt: skip
"""Of the keys of a service in the Compose specification those that compose.yaml uses, each with the type that it must have."""

HEALTH_KEYS = {"test", "interval", "timeout", "retries", "start_period", "disable"}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
RESTARTS = {"no", "always", "on-failure", "unless-stopped"}
DURATION = re.compile(r"(\d+(us|ms|s|m|h))+")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml_subset.load((DEPLOY / "compose.yaml").read_text())
    return found


def test_compose_allows_every_key_and_every_name_is_declared(compose: dict[str, Any]) -> None:
    allowed = {"name", "services", "networks", "volumes", "secrets"}
    assert {key for key in compose if not key.startswith("x-")} == allowed
    services = compose["services"]
    assert sorted(services) == [
        "backup", "nginx", "postgres", "prepare", "redis", "storage", "web-a", "web-b", "worker",
    ]  # fmt: skip
    for name, service in services.items():
        assert set(service) <= set(SERVICE_KEYS), name
        for key, value in service.items():
            assert isinstance(value, SERVICE_KEYS[key]), (name, key)
        assert service.get("restart", "no") in RESTARTS
        assert set(service.get("networks", [])) <= set(compose["networks"])
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        assert set(service.get("healthcheck", {})) <= HEALTH_KEYS
        for key in ("interval", "timeout"):
            assert DURATION.fullmatch(service.get("healthcheck", {}).get(key, "1s"))
        assert all(isinstance(word, str) for word in service.get("command", []))
        # YAML 1.1 would read 80:80 without quotes as a number in base 60, and yes as true.
        assert all(isinstance(value, str) for value in service.get("environment", {}).values())
        for other, condition in service.get("depends_on", {}).items():
            assert condition["condition"] in CONDITIONS
            if condition["condition"] == "service_healthy" and "build" not in services[other]:
                assert "test" in services[other]["healthcheck"]
        for volume in service.get("volumes", []):
            source, _, target = volume.partition(":")
            if source.startswith("./"):
                assert (DEPLOY / source).exists() or source.startswith("./secrets/")
            elif target:
                assert source in compose["volumes"]


def test_no_secret_stands_in_the_compose_file_and_each_one_is_a_file_that_git_ignores(
    compose: dict[str, Any],
) -> None:
    for name, secret in compose["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    site = compose["services"]["web-a"]
    for name, value in site["environment"].items():
        if name.endswith("_FILE"):
            assert value.removeprefix("/run/secrets/") in site["secrets"]
        else:
            assert not re.search("KEY|PASSWORD|SECRET", name)
    known = set(re.findall(r"^\| `(TALENT_\w+)`", (ROOT / "docs/settings.md").read_text(), re.M))
    assert {name.removesuffix("_FILE") for name in site["environment"]} <= known
    nobody = [name for name, each in compose["services"].items() if "ports" in each]
    assert nobody == ["nginx"]


def instructions() -> list[list[str]]:
    text = (DEPLOY / "Containerfile").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return [line.split() for line in "\n".join(lines).replace("\\\n", " ").splitlines() if line.strip()]


def test_the_image_has_the_code_and_no_data_and_does_not_run_as_root() -> None:
    last = max(number for number, words in enumerate(instructions()) if words[0] == "FROM")
    final = instructions()[last:]
    assert [words[1] for words in final if words[0] == "USER"] == ["talent"]
    assert all("slim" in words[1] for words in instructions() if words[0] == "FROM")
    for words in instructions():
        if words[0] == "COPY" and not words[1].startswith("--from"):
            assert all((ROOT / source).exists() for source in words[1:-1])
        if words[0] in ("ARG", "ENV"):
            assert not re.search("SECRET|PASSWORD|_KEY", " ".join(words))
    for name in ("HEALTHCHECK", "CMD"):
        line = next(" ".join(words) for words in final if words[0] == name)
        assert isinstance(json.loads(line[line.index("[") :]), list)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".git", ".venv", "instance", "deploy", "build"} <= set(ignored)
    needed = {
        "app.py",
        "config.py",
        "gunicorn.conf.py",
        "migrations",
        "templates",
        "static",
        "translations",
        "tools",
    }
    assert needed.isdisjoint(ignored)


def test_nothing_in_deploy_names_a_registry() -> None:
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            assert not re.search(r"docker\.io|ghcr\.io|quay\.io|pypi|index-url", path.read_text()), path
