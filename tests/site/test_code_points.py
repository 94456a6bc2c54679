"""The code point is shown beside characters that installed fonts may lack."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from admin_views.site.code_points import may_hold_rare, with_code_points
from common.characters import find_rare
from models import db
from tests import factories
from tests.machine.site import Client

RARE = "王\U0002ebf0"
MARKED = f'{RARE}<span class="code-point">U+2EBF0</span>'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"<p>{RARE}</p>", f"<p>{MARKED}</p>"),
        (f"<title>{RARE}</title><b>{RARE}</b>", f"<title>{RARE}（U+2EBF0）</title><b>{MARKED}</b>"),
        (f'<option value="{RARE}">{RARE}</option>', f'<option value="{RARE}">{RARE}（U+2EBF0）</option>'),
        (
            f'<a title="{RARE}" data-x="{RARE}" href="/">',
            f'<a title="{RARE}（U+2EBF0）" data-x="{RARE}" href="/">',
        ),
        (
            f'<input name="a" type="text" value="{RARE}">',
            f'<input name="a" type="text" value="{RARE}">'
            '<span class="code-point code-point-of-field">\U0002ebf0 U+2EBF0</span>',
        ),
        (f'<input type="hidden" value="{RARE}">', f'<input type="hidden" value="{RARE}">'),
        (f"<script>let a = '{RARE}'</script>", f"<script>let a = '{RARE}'</script>"),
        ("“\ue863”（U+E863）是自造字", "“\ue863”（U+E863）是自造字"),
        ("<p>王伟 & <b>1 < 2</b></p>", "<p>王伟 & <b>1 < 2</b></p>"),
    ],
)
def test_code_points_are_added_only_where_html_allows_them(before: str, after: str) -> None:
    assert with_code_points(before) == after


@given(st.text())
def test_every_rare_character_gets_its_code_point(text: str) -> None:
    if any(find_rare(text)):
        assert may_hold_rare(text.encode("utf-8", "surrogatepass"))
    assert re.sub(
        r'<span class="code-point">U\+[0-9A-F]+</span>',
        "",
        with_code_points(f"<p>{text.replace('<', '')}</p>"),
    ) == (f"<p>{text.replace('<', '')}</p>")


def test_a_name_is_shown_with_its_code_point_on_the_pages_of_everybody(app: Flask, client: Client) -> None:
    with app.app_context():
        everywhere = factories.world()
        person = factories.applicant(name=RARE)
        application = factories.complete_application(everywhere.banner.enterprise, by=person)
        factories.submit(application)
        number, reviewer = application.number, everywhere.banner.reviewer
        factories.log_in(client, person)
        own = ["/personal/", "/account/", f"/personal/application/{number}/"]
    shown = {address: client.get(address).text for address in own}
    with app.app_context():
        factories.log_in(client, db.session.merge(reviewer))
    shown |= {address: client.get(address).text for address in ("/enterprise/", f"/enterprise/{number}/")}
    for address, page in shown.items():
        assert MARKED in page or f"{RARE}（U+2EBF0）" in page, address
        assert f"{RARE}<" not in page.replace(MARKED, ""), address
