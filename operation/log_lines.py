"""Log lines as JSON, one object a line, for a log collector (S4). Off unless TALENT_LOG_FORMAT=json."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

FACTS = "facts"
"""The attribute of a log record with further keys of its line."""


class JsonLine(logging.Formatter):
    """Formats a record: `at` (UTC), `level`, `logger`, `message`, the record's facts, and `trace` for an exception."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, FACTS, {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure() -> None:
    """Write every log line of this process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
