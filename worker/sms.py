"""SMS by a gateway's HTTP interface, whose shape stands in the settings. What the gateway answers is never kept.

`{phone}`, `{text}` and `{key}` are put into the values of the JSON body, after it has been read: no text can break out
of it. Redirects are not followed: the answer to another address would say nothing of the message.
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
from worker.delivery import Letter, Sender, Undelivered, Unreachable

SECONDS = 15
LONGEST_TEXT = 300
"""Characters: a longer reason is read in full on the site."""

MOST_ANSWERED = 65536
OVERLOADED = {429, 500, 502, 503, 504}
NOT_ALLOWED = {401, 403, 404, 405}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_given: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def sender(config: Mapping[str, Any]) -> dict[Channel, Sender]:
    """Return the sender of SMS; none without TALENT_SMS_URL."""
    url = config["SMS_URL"]
    if not url:
        return {}
    if not url.startswith(("https://", "http://")):
        raise ValueError("TALENT_SMS_URL begins with https://")
    accepted = re.compile(config["SMS_OK"]) if config["SMS_OK"] else None

    def send(letter: Letter) -> None:
        request = asked(letter, url, config["SMS_METHOD"], config["SMS_HEADERS"], config["SMS_BODY"])
        try:
            with _opener.open(request, timeout=SECONDS) as answer:
                said = answer.read(MOST_ANSWERED).decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            error.close()
            kind = Unreachable if error.code in OVERLOADED | NOT_ALLOWED else Undelivered
            raise kind(f"HTTP {error.code}") from None
        except urllib.error.URLError as error:
            raise Unreachable(f"HTTP: {type(error.reason).__name__}") from None
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"HTTP: {type(error).__name__}") from None
        if accepted is not None and not accepted.search(said):
            raise Undelivered("the gateway's answer does not match TALENT_SMS_OK")

    return {Channel.SMS: send}


def asked(
    letter: Letter, url: str, method: str, headers: Mapping[str, str], body: Mapping[str, Any]
) -> urllib.request.Request:
    """Return the request that hands a letter to the gateway."""
    words = {"phone": letter.address, "text": shortened(letter.text), "key": letter.key}
    filled = _filled(body, words)
    sent = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": letter.key, **headers}
    if method == "GET":
        joint = "&" if "?" in url else "?"
        return urllib.request.Request(f"{url}{joint}{urlencode(filled)}", headers=sent)  # noqa: S310
    as_form = "x-www-form-urlencoded" in sent["Content-Type"]
    data = urlencode(filled) if as_form else json.dumps(filled, ensure_ascii=False)
    return urllib.request.Request(url, data.encode(), headers=sent, method=method)  # noqa: S310


def shortened(text: str) -> str:
    """Return the text as long as an SMS may be."""
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _filled(part: Any, words: Mapping[str, str]) -> Any:
    """Return a copy of the body's shape, each gap in its values filled, in one pass."""
    if isinstance(part, Mapping):
        return {name: _filled(value, words) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, words) for value in part]
    if isinstance(part, str):
        return re.sub(r"\{(phone|text|key)\}", lambda gap: words[gap[1]], part)
    return part
