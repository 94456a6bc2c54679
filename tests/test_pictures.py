"""make pictures: what it needs of the site is there. The pictures themselves are taken by hand, in minutes."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask

from commands import seed
from commands.sample_data import accounts
from config import ROOT
from models import db
from tools.pictures import __main__ as studio

SOURCE = Path(studio.__file__).read_text(encoding="utf-8")
LOOKED_FOR = re.compile(r'\.(?:see|click|check|leave_by|upload)\("([^"]+)"|login\(\w+, "([^"]+)"')
"""The texts by which it finds its way, all in one literal."""
TYPED_AS_DATA = {"身份证", "申请表"}
"""Texts of the database of a new installation."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_sample_data_that_is_photographed_can_be_added_to_a_site_of_the_tests(app: Flask) -> None:
    with app.app_context():
        db.engine.update_execution_options(immediate=True)  # as tests/machine/site.py makes it
        seed.fill()
        accounts.fill()
        batch, run = studio.add_sample_data(20)
    assert batch
    assert run


def test_every_text_that_it_waits_for_is_on_some_page() -> None:
    with (ROOT / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        texts = "\n".join(str(message.id) for message in read_po(file))
    waited_for = {text for found in LOOKED_FOR.findall(SOURCE) for text in found if text}
    assert len(waited_for) > 20
    pieces = {piece for text in waited_for for piece in re.split(r"\s?\d+\s?|\s", text) if piece}
    assert {piece for piece in pieces - TYPED_AS_DATA if piece not in texts} == set()
