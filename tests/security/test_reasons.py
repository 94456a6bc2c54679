"""Where an action needs a reason, the reason is readable."""

from __future__ import annotations

import pytest
from flask import Flask

from common.errors import ReasonMissing
from models import Action, State
from tests import factories


def test_a_reason_of_invisible_characters_counts_as_missing(app_context: Flask) -> None:
    everywhere = factories.world()
    application = factories.application_at(State.CITY_REVIEW, everywhere.banner, everywhere)
    for reason in ("\u200b", " \u2060\ufeff\n", "\u00ad\u202e"):
        with pytest.raises(ReasonMissing):
            factories.act(application, Action.RETURN, everywhere.centre, reason)
    assert factories.act(application, Action.RETURN, everywhere.centre, " 请补齐。\n") is not None
