"""Every field has an autocomplete value of the HTML standard."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.site import routes
from tests.site.city import OWNERS, City
from tests.site.routes import addresses, enters

TYPED = {"text", "tel", "email", "date", "month", "number", "search", "password", "url"}
KNOWN = {
    "on",
    "off",
    "name",
    "username",
    "new-password",
    "current-password",
    "one-time-code",
    "organization",
    "organization-title",
    "bday",
    "tel",
    "email",
}
"""Of the autofill field names of the HTML standard those that fit what is asked here."""
OWN = {"phone": "tel", "email": "email", "birth_date": "bday", "contact_phone": "tel"}
READERS = (*OWNERS, "enterprise", "office", "city", "administrator", "nobody")
pytestmark = pytest.mark.parametrize("begun_city", ["sqlite"], indirect=True)


class Fields(HTMLParser):
    """The controls with text input."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("type", "text") in TYPED and "readonly" not in given:
            self.found.append(given)


def test_every_field_has_an_autocomplete_value(city: City) -> None:
    wrong, seen = set(), set()
    for reader in READERS:
        actor = city.actors[reader]
        for rule in routes.rules(city, "GET"):
            if not enters(city, actor, rule) or rule.arguments & {"filename"}:
                continue
            for address in [one for one in addresses(city, actor, rule) if one.seen][:2]:
                answer = actor.client.get(address.path)
                if answer.mimetype != "text/html":
                    continue
                for field in Fields(answer.text).found:
                    name = re.sub(r"^.*-\d+-", "", field.get("name", ""))
                    seen.add(name)
                    if field.get("autocomplete") not in KNOWN:
                        wrong.add(f"{rule.endpoint}: {name} {field.get('autocomplete')}")
                    if reader in (*OWNERS, "nobody") and name in OWN and field["autocomplete"] != OWN[name]:
                        wrong.add(f"{rule.endpoint}: {name} is {field['autocomplete']}")
    assert not wrong, "\n".join(sorted(wrong))
    assert OWN.keys() | {"password", "login", "code", "opens"} <= seen
