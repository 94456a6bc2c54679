"""Rate limits while the Redis that counts them is gone."""

from __future__ import annotations

import pytest
import redis
from flask import Flask
from werkzeug.exceptions import TooManyRequests

from admin_views.site.rate_limits import RateLimits, client_address
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


def test_a_full_redis_that_answers_pings_is_noticed_and_the_limit_holds(redis_url: str) -> None:
    limits = RateLimits(redis_url, {}, enabled=True)
    assert not limits.by_fallback()
    with redis.Redis.from_url(redis_url) as client, Flask(__name__).test_request_context():
        client.config_set("maxmemory", 1)
        try:
            assert client.ping()
            limits.count("1 per minute", "somebody")
            with pytest.raises(TooManyRequests):
                limits.count("1 per minute", "somebody")
            assert limits.by_fallback()
        finally:
            client.config_set("maxmemory", 0)
    assert not limits.by_fallback()


def test_all_addresses_of_one_ipv6_network_share_a_limit() -> None:
    def key(address: str) -> str:
        with Flask(__name__).test_request_context(environ_base={"REMOTE_ADDR": address}):
            return client_address()

    assert key("2001:db8::1") == key("2001:db8::ffff:2")
    assert key("2001:db8::1") != key("2001:db8:0:1::1")
    assert key("::ffff:192.0.2.1") == key("192.0.2.1") != key("192.0.2.2")
