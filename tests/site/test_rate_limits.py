"""Rate limits while the Redis that counts them is gone."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.exceptions import TooManyRequests

from admin_views.site.rate_limits import RateLimits
from tests.machine.processes import free_port


def test_a_lost_redis_neither_fails_a_request_nor_lifts_the_limit() -> None:
    limits = RateLimits(f"redis://127.0.0.1:{free_port()}", {"socket_connect_timeout": 1}, enabled=True)
    with Flask(__name__).test_request_context():
        for _ in range(2):
            limits.count("2 per minute", "somebody")
        limits.count("2 per minute", "somebody else")
        with pytest.raises(TooManyRequests) as refused:
            limits.count("2 per minute", "somebody")
    assert 0 < refused.value.retry_after <= 60
    assert limits.by_fallback()
