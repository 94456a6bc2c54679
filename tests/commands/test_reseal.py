"""`reseal`: after it the older key is needed no more, and nothing has changed for anybody."""

import time

import pytest
from flask import Flask
from sqlalchemy import Text, select, type_coerce

from models import Account, Action, Application, State, db, exclusive
from models.secrets import sealed_columns, vault
from tests import factories
from tests.machine.at_once import HOLD_SECONDS, at_once, slowly

OLD, NEW = b"the older key, of 32 bytes: okay", b"the newer key, of 32 bytes: okay"


def test_the_older_key_can_be_removed_afterwards(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "_keys", {"k1": OLD})
    with app.app_context():
        everywhere = factories.world()
        found = factories.application_at(State.CITY_REVIEW, everywhere.banner, everywhere)
        identity, bank, number = found.identity_number, found.bank_account, found.id
        decider = everywhere.centre.id
    monkeypatch.setattr(vault, "_keys", {"k2": NEW, "k1": OLD})
    result = app.test_cli_runner().invoke(args=["reseal"])
    assert result.exit_code == 0, result.output
    monkeypatch.setattr(vault, "_keys", {"k2": NEW})
    with app.app_context():
        present = db.session.get_one(Application, number)
        assert (present.identity_number, present.bank_account) == (identity, bank)
        assert all(
            person.identity_number
            for person in db.session.scalars(select(Account).where(Account.paper.is_not(None)))
        )
        for column in sealed_columns(db.metadata):
            sealed = db.session.scalars(select(type_coerce(column, Text)).where(column.is_not(None))).all()
            assert all(value.startswith("aes.k2.") for value in sealed), column
        factories.act(present, Action.PASS, db.session.get_one(Account, decider))


def test_a_value_that_no_key_opens_stops_the_command_with_a_message(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault, "_keys", {"k1": OLD})
    with app.app_context():
        factories.applicant()
    monkeypatch.setattr(vault, "_keys", {"k2": NEW})
    result = app.test_cli_runner().invoke(args=["reseal"])
    assert result.exit_code == 1
    assert "tools.restored" in result.output


def test_resealing_runs_while_people_save(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "_keys", {"k1": OLD})
    with app.app_context():
        person = factories.applicant().id
        monkeypatch.setattr(vault, "_keys", {"k2": NEW, "k1": OLD})
        monkeypatch.setattr(vault, "seal", slowly(vault.seal))

        def resealing() -> int:
            return app.test_cli_runner().invoke(args=["reseal"]).exit_code

        def saving() -> str:
            for number in range(5):
                with exclusive():
                    db.session.get_one(Account, person).phone = f"1384771000{number}"
                time.sleep(HOLD_SECONDS / 4)
            return "saved"

        assert at_once(resealing, saving) == [0, "saved"]
