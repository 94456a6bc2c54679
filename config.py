"""The settings, read once from the environment (TALENT_*). In production nothing secret has a default."""

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
    """The configuration is unsafe or contradicts itself; the message says how to mend it, also on the command line."""


def settings(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return Flask's configuration from the environment.

    Raises ConfigurationError in production when a secret is missing.
    """

    def read(name: str, default: str = "") -> str:
        return environment.get(f"TALENT_{name}", default)

    if (kind := read("ENV", "development")) not in ("production", "development"):
        raise ConfigurationError(f"TALENT_ENV is production or development, not {kind!r}.")
    production = kind == "production"
    instance = Path(read("INSTANCE", str(ROOT / "instance"))).resolve()
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)  # the database and the scans of a trial lie in it
    keys = _from_environment(read) if production else _for_development(read, instance)
    https = read("HTTPS", "yes" if production else "no") == "yes"
    return {
        "PRODUCTION": production,
        "INSTANCE": str(instance),
        "SECRET_KEY": keys["SECRET_KEY"],
        **_decoded(keys),
        "CIPHER_SUITE": read("CIPHER_SUITE", "aes"),
        "SQLALCHEMY_DATABASE_URI": database_url(
            read("DATABASE_URL", f"sqlite:///{instance / 'talent.sqlite'}")
        ),
        "ATTACHMENTS_DIR": read("ATTACHMENTS_DIR", str(instance / "attachments")),
        "HTTPS": https,
        "PROXIES": int(read("PROXIES", "0")),
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),  # a cookie's; accounts.sessions says who is in
        "SESSION_COOKIE_NAME": "__Host-talent" if https else "talent",  # which no neighbouring site can set
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "MAX_FORM_PARTS": 2000,
        "SESSION_REFRESH_EACH_REQUEST": False,  # pages do it: admin_views.site.frame.extend_cookie
        "WTF_CSRF_TIME_LIMIT": None,
        "REDIS_URL": read("REDIS_URL"),
        "SITE_URL": read("SITE_URL"),
        **_channels(read),
        "RATELIMIT_ENABLED": read("RATE_LIMITS", "yes") == "yes",
        "RATELIMIT_STORAGE_URI": read("REDIS_URL", "memory://"),
        "RATELIMIT_HEADERS_ENABLED": True,
        "BABEL_DEFAULT_LOCALE": "zh_Hans_CN",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
    }


def _decoded(keys: Mapping[str, str]) -> dict[str, Any]:
    """Return the keys as bytes. Raises ConfigurationError for what is no key."""
    try:
        return {
            "ENCRYPTION_KEYS": parsed_keys(keys["ENCRYPTION_KEYS"]),
            "DIGEST_KEY": base64.b64decode(keys["DIGEST_KEY"]),
        }
    except ValueError as fault:
        raise ConfigurationError(
            "TALENT_ENCRYPTION_KEYS is name:key,older:key and TALENT_DIGEST_KEY a key, each 32 bytes in base64."
        ) from fault


def _channels(read: Any) -> dict[str, Any]:
    """Return how messages leave the house. Raises ConfigurationError for what no message could go by."""
    found = {
        "SMTP_URL": read("SMTP_URL"),
        "MAIL_FROM": read("MAIL_FROM"),
        "SMS_URL": read("SMS_URL"),
        "SMS_METHOD": read("SMS_METHOD", "POST").upper(),
        "SMS_HEADERS": _object(read, "SMS_HEADERS", "{}"),
        "SMS_BODY": _object(read, "SMS_BODY", '{"phone": "{phone}", "text": "{text}"}'),
        "SMS_OK": read("SMS_OK"),
    }
    if found["SMTP_URL"] and "@" not in found["MAIL_FROM"]:
        raise ConfigurationError("TALENT_SMTP_URL needs TALENT_MAIL_FROM, the address that mails come from.")
    if found["SMS_URL"] and found["SMS_METHOD"] not in ("POST", "GET", "PUT"):
        raise ConfigurationError("TALENT_SMS_METHOD is POST, GET or PUT.")
    return found


def _object(read: Any, name: str, default: str) -> dict[str, Any]:
    try:
        found = json.loads(read(name, default))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConfigurationError(f"TALENT_{name} is a JSON object, such as {default}.")
    return found


def parsed_keys(text: str) -> dict[str, bytes]:
    """Return the encryption keys of "name:base64,older:base64" in their order, the one to write with first."""
    pairs = (pair.split(":", 1) for pair in text.split(",") if pair)
    return {name.strip(): base64.b64decode(key) for name, key in pairs}


CONNECT_SECONDS = 5
"""How long a page waits for PostgreSQL to take the call before it says that the system is away; libpq would wait minutes."""


def database_url(url: str) -> str:
    """Return the address with the driver that we install for it, and with its patience."""
    scheme, _, rest = url.partition("://")
    if scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
        return url
    if "connect_timeout=" not in rest:
        rest += f"{'&' if '?' in rest else '?'}connect_timeout={CONNECT_SECONDS}"
    return f"postgresql+psycopg://{rest}"


SECRETS = ("SECRET_KEY", "ENCRYPTION_KEYS", "DIGEST_KEY")


def _from_environment(read: Any) -> dict[str, str]:
    found = {name: read(name) for name in SECRETS}
    missing = [f"TALENT_{name}" for name, value in found.items() if not value]
    if missing:
        raise ConfigurationError(
            f"TALENT_ENV=production needs {', '.join(missing)}. `TALENT_ENV=development flask --app app generate-keys` prints new ones."
        )
    return found


def fresh_secrets() -> dict[str, str]:
    """Return newly drawn secrets in the form in which the environment takes them."""

    def drawn() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return {"SECRET_KEY": secrets.token_hex(32), "ENCRYPTION_KEYS": f"k1:{drawn()}", "DIGEST_KEY": drawn()}


def _for_development(read: Any, instance: Path) -> dict[str, str]:
    """Return the secrets of a trial: drawn once, kept beside its database, readable by its owner alone."""
    kept = instance / "development-keys.json"
    if not kept.exists():
        draft = kept.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(fresh_secrets()))
        try:
            os.link(draft, kept)  # two processes starting at once agree on the first one's keys
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return {name: read(name) or value for name, value in json.loads(kept.read_text()).items()}
