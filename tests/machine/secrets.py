"""The environment of a site under test: keys drawn for this test run, everything it writes in one directory."""

from __future__ import annotations

from pathlib import Path

from config import new_secrets

KEYS = {f"TALENT_{name}": value for name, value in new_secrets().items()}


def environment(instance: Path, database_url: str, **more: str) -> dict[str, str]:
    """Return the variables; `more` adds to them or replaces them, without the TALENT_."""
    return {
        **KEYS,
        "TALENT_INSTANCE": str(instance),
        "TALENT_DATABASE_URL": database_url,
        "TALENT_RATE_LIMITS": "no",
        **{f"TALENT_{name}": value for name, value in more.items()},
    }
