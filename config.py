"""Reads the configuration once from the environment (TALENT_*; secrets also from files, TALENT_*_FILE). In production no secret has a default."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from click import ClickException

ROOT = Path(__file__).parent


class ConfigurationError(ClickException):
    """The configuration is unsafe or contradicts itself; the message says how to correct it, also on the command line."""


S3_VARIABLES = ("ENDPOINT", "REGION", "ACCESS_KEY", "SECRET_KEY", "VIRTUAL_HOSTED", "CA_FILE")
"""How to reach an S3-compatible server; uploads/storage_locations.py checks them."""


def settings(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return Flask's configuration from the environment.

    Raises ConfigurationError in production when a secret is missing.
    """

    environment = with_file_contents(environment)

    def read(name: str, default: str = "") -> str:
        return environment.get(f"TALENT_{name}", default)

    if (kind := read("ENV", "development")) not in ("production", "development"):
        raise ConfigurationError(f"TALENT_ENV is production or development, not {kind!r}.")
    production = kind == "production"
    instance = Path(read("INSTANCE", str(ROOT / "instance"))).resolve()
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)  # contains the database and the files of a trial
    keys = _environment_secrets(read) if production else _development_secrets(read, instance)
    https = _yes_or_no(read, "HTTPS", "yes" if production else "no")
    return {
        "PRODUCTION": production,
        "INSTANCE": str(instance),
        "SECRET_KEY": keys["SECRET_KEY"],
        **_decoded_keys(keys),
        "CIPHER_SUITE": read("CIPHER_SUITE", "aes"),
        "SQLALCHEMY_DATABASE_URI": database_url(
            read("DATABASE_URL", f"sqlite:///{instance / 'talent.sqlite'}")
        ),
        "ATTACHMENTS_DIR": read("ATTACHMENTS_DIR", str(instance / "attachments")),
        "STORAGE_URL": read("STORAGE_URL"),
        "S3": {name: read(f"S3_{name}") for name in S3_VARIABLES},
        "OTHER_S3": _json_object(read, "OTHER_S3", "{}"),
        "HTTPS": https,
        "PROXIES": _proxies(read),
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),  # of the cookie; sessions end by accounts.sessions
        "SESSION_COOKIE_NAME": "__Host-talent"
        if https
        else "talent",  # a subdomain cannot set a __Host- cookie
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "MAX_FORM_PARTS": 2000,
        "SESSION_REFRESH_EACH_REQUEST": False,  # done by admin_views.site.login_session.CookieSessions
        "WTF_CSRF_TIME_LIMIT": None,
        "REDIS_URL": read("REDIS_URL"),
        "LOG_FORMAT": _log_format(read),
        "METRICS_TOKEN": _metrics_token(read),
        "SITE_URL": read("SITE_URL"),
        **_channels(read),
        "RATELIMIT_ENABLED": _yes_or_no(read, "RATE_LIMITS", "yes"),
        "RATELIMIT_STORAGE_URI": read("REDIS_URL", "memory://"),
        "RATELIMIT_STORAGE_OPTIONS": REDIS_PATIENCE if read("REDIS_URL") else {},
        "RATELIMIT_HEADERS_ENABLED": True,
        "BABEL_DEFAULT_LOCALE": "zh_Hans_CN",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
    }


REDIS_PATIENCE = {"socket_connect_timeout": 1, "socket_timeout": 1}
"""Seconds that a page waits for Redis before it counts its limits itself."""


def _yes_or_no(read: Any, name: str, default: str) -> bool:
    """Return a setting that is on or off. Raises ConfigurationError for another word: taken for "no" it would open the site."""
    if (found := read(name, default)) not in ("yes", "no"):
        raise ConfigurationError(f"TALENT_{name} is yes or no, not {found!r}.")
    return bool(found == "yes")


def _proxies(read: Any) -> int:
    if not (found := read("PROXIES", "0")).isdecimal():
        raise ConfigurationError(
            f"TALENT_PROXIES is the number of proxies in front, such as 1, not {found!r}."
        )
    return int(found)


def _log_format(read: Any) -> str:
    if (found := read("LOG_FORMAT", "text")) not in ("text", "json"):
        raise ConfigurationError(f"TALENT_LOG_FORMAT is text or json, not {found!r}.")
    return str(found)


SHORTEST_TOKEN = 16
"""Characters. Nothing limits how often somebody tries a token of /metrics."""


def _metrics_token(read: Any) -> str:
    token = str(read("METRICS_TOKEN"))
    if 0 < len(token) < SHORTEST_TOKEN:
        raise ConfigurationError(f"TALENT_METRICS_TOKEN needs {SHORTEST_TOKEN} characters at least.")
    return token


FROM_FILES = (
    "METRICS_TOKEN",
    "SECRET_KEY",
    "ENCRYPTION_KEYS",
    "DIGEST_KEY",
    "DATABASE_URL",
    "REDIS_URL",
    "SMTP_URL",
    "SMS_HEADERS",
    "S3_ACCESS_KEY",
    "S3_SECRET_KEY",
    "OTHER_S3",
)
"""Settings with a secret in them: systemd and containers hand such over as files."""


def with_file_contents(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment with the contents of the files that TALENT_..._FILE name. Raises ConfigurationError."""
    files = {name: f"TALENT_{name}_FILE" for name in FROM_FILES if f"TALENT_{name}_FILE" in environment}
    contents = {}
    for name, variable in files.items():
        try:
            contents[f"TALENT_{name}"] = Path(environment[variable]).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"{variable} names {environment[variable]}, which cannot be read."
            ) from error
    return {**environment, **contents} if contents else environment


def _decoded_keys(keys: Mapping[str, str]) -> dict[str, Any]:
    """Return the keys as bytes. Raises ConfigurationError for an invalid key."""
    try:
        return {
            "ENCRYPTION_KEYS": parse_keys(keys["ENCRYPTION_KEYS"]),
            "DIGEST_KEY": base64.b64decode(keys["DIGEST_KEY"]),
        }
    except ValueError as fault:
        raise ConfigurationError(
            "TALENT_ENCRYPTION_KEYS is name:key,older:key and TALENT_DIGEST_KEY a key, each 32 bytes in base64."
        ) from fault


def _channels(read: Any) -> dict[str, Any]:
    """Return the configuration of mail and SMS. Raises ConfigurationError for settings that cannot work."""
    found = {
        "SMTP_URL": read("SMTP_URL"),
        "MAIL_FROM": read("MAIL_FROM"),
        "SMS_URL": read("SMS_URL"),
        "SMS_METHOD": read("SMS_METHOD", "POST").upper(),
        "SMS_HEADERS": _json_object(read, "SMS_HEADERS", "{}"),
        "SMS_BODY": _json_object(read, "SMS_BODY", '{"phone": "{phone}", "text": "{text}"}'),
        "SMS_OK": read("SMS_OK"),
    }
    if found["SMTP_URL"] and "@" not in found["MAIL_FROM"]:
        raise ConfigurationError("TALENT_SMTP_URL needs TALENT_MAIL_FROM, the address that mails come from.")
    if found["SMS_URL"] and found["SMS_METHOD"] not in ("POST", "GET", "PUT"):
        raise ConfigurationError("TALENT_SMS_METHOD is POST, GET or PUT.")
    return found


def _json_object(read: Any, name: str, default: str) -> dict[str, Any]:
    try:
        found = json.loads(read(name, default))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConfigurationError(f"TALENT_{name} is a JSON object, such as {default}.")
    return found


def parse_keys(text: str) -> dict[str, bytes]:
    """Return the encryption keys of "name:base64,older:base64" in their order; the first one encrypts."""
    pairs = (pair.split(":", 1) for pair in text.split(",") if pair)
    return {name.strip(): base64.b64decode(key) for name, key in pairs}


CONNECT_SECONDS = 5
"""Timeout for connecting to PostgreSQL, after which a page says that the system is unavailable; libpq would wait for minutes."""


def database_url(url: str) -> str:
    """Return the url with our driver and a connect timeout."""
    scheme, _, rest = url.partition("://")
    if scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
        return url
    if "connect_timeout=" not in rest:
        rest += f"{'&' if '?' in rest else '?'}connect_timeout={CONNECT_SECONDS}"
    return f"postgresql+psycopg://{rest}"


SECRETS = ("SECRET_KEY", "ENCRYPTION_KEYS", "DIGEST_KEY")


def _environment_secrets(read: Any) -> dict[str, str]:
    found = {name: read(name) for name in SECRETS}
    missing = [f"TALENT_{name}" for name, value in found.items() if not value]
    if missing:
        raise ConfigurationError(
            f"TALENT_ENV=production needs {', '.join(missing)}. `TALENT_ENV=development flask --app app generate-keys` prints new ones."
        )
    return found


def new_secrets() -> dict[str, str]:
    """Return new random secrets, encoded for the environment."""

    def new_key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return {
        "SECRET_KEY": secrets.token_hex(32),
        "ENCRYPTION_KEYS": f"k1:{new_key()}",
        "DIGEST_KEY": new_key(),
    }


def _development_secrets(read: Any, instance: Path) -> dict[str, str]:
    """Return the secrets of a trial installation. They are created once and stored beside its database, readable by its owner only."""
    file = instance / "development-keys.json"
    if not file.exists():
        draft = file.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(new_secrets()))
        try:
            os.link(draft, file)  # of two processes starting at once, both use the first one's keys
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return {name: read(name) or value for name, value in json.loads(file.read_text()).items()}
