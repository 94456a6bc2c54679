"""Sends SMS by the HTTP interface of a gateway, which the settings describe. The gateway's response is never stored.

`{phone}`, `{text}` and `{key}` are replaced in the values of the parsed JSON body, so that a text cannot change its
structure. Redirects are not followed: a response from another url would not confirm the message.
"""

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from models import Channel
from worker.delivery import ChannelDown, DeliveryFailed, RenderedMessage, Sender

TIMEOUT_SECONDS = 15
MAX_TEXT_LENGTH = 300
"""Characters. A longer text is cut; the site shows it in full."""

MAX_RESPONSE_BYTES = 65536
OVERLOADED = {429, 500, 502, 503, 504}
ACCESS_DENIED = {401, 403, 404, 405}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_given: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def sender(config: Mapping[str, Any]) -> dict[Channel, Sender]:
    """Return the sender for SMS; an empty dict without TALENT_SMS_URL."""
    url = config["SMS_URL"]
    if not url:
        return {}
    if not url.startswith(("https://", "http://")):
        raise ValueError("TALENT_SMS_URL begins with https://")
    accepted = re.compile(config["SMS_OK"]) if config["SMS_OK"] else None

    def send(message: RenderedMessage) -> None:
        request = gateway_request(
            message, url, config["SMS_METHOD"], config["SMS_HEADERS"], config["SMS_BODY"]
        )
        try:
            with _opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                body = response.read(MAX_RESPONSE_BYTES).decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            error.close()
            kind = ChannelDown if error.code in OVERLOADED | ACCESS_DENIED else DeliveryFailed
            raise kind(f"HTTP {error.code}") from None
        except urllib.error.URLError as error:
            raise ChannelDown(f"HTTP: {type(error.reason).__name__}") from None
        except (OSError, http.client.HTTPException) as error:
            raise ChannelDown(f"HTTP: {type(error).__name__}") from None
        if accepted is not None and not accepted.search(body):
            raise DeliveryFailed("the gateway's answer does not match TALENT_SMS_OK")

    return {Channel.SMS: send}


def gateway_request(
    message: RenderedMessage, url: str, method: str, headers: Mapping[str, str], body: Mapping[str, Any]
) -> urllib.request.Request:
    """Return the HTTP request that passes a message to the gateway."""
    words = {"phone": message.address, "text": shortened(message.text), "key": message.idempotency_key}
    filled = _filled(body, words)
    sent = {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": message.idempotency_key,
        **headers,
    }
    if method == "GET":
        joint = "&" if "?" in url else "?"
        return urllib.request.Request(f"{url}{joint}{urlencode(filled)}", headers=sent)  # noqa: S310
    as_form = "x-www-form-urlencoded" in sent["Content-Type"]
    data = urlencode(filled) if as_form else json.dumps(filled, ensure_ascii=False)
    return urllib.request.Request(url, data.encode(), headers=sent, method=method)  # noqa: S310


def shortened(text: str) -> str:
    """Return the text, cut to the maximum length of an SMS."""
    return text if len(text) <= MAX_TEXT_LENGTH else f"{text[: MAX_TEXT_LENGTH - 1]}…"


def _filled(part: Any, words: Mapping[str, str]) -> Any:
    """Return a copy of the body with the placeholders in its values replaced, in one pass."""
    if isinstance(part, Mapping):
        return {name: _filled(value, words) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, words) for value in part]
    if isinstance(part, str):
        return re.sub(r"\{(phone|text|key)\}", lambda found: words[found[1]], part)
    return part
