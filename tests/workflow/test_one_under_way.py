"""The database itself refuses a person's second application under way, whoever writes it."""

from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from models import Application, Result, State, db
from tests.factories import World, complete_application

NOT_COPIED = {"id", "number"}


def copy_of(application: Application, **further: Any) -> Application:
    """Another application of the same person, written past the procedure."""
    columns = [each.key for each in inspect(Application).column_attrs if each.key not in NOT_COPIED]
    given = {key: getattr(application, key) for key in columns}
    return Application(**given | {"number": f"0{application.number[1:]}"} | further)


@pytest.mark.parametrize("state", [state for state in State if state is not State.FINISHED])
def test_the_database_refuses_a_second_unfinished_application(ordos: World, state: State) -> None:
    application = complete_application(ordos.banner.enterprise)
    db.session.add(copy_of(application, state=state))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_the_database_accepts_a_second_application_once_the_first_is_finished(ordos: World) -> None:
    application = complete_application(ordos.banner.enterprise)
    db.session.add(copy_of(application, state=State.FINISHED, result=Result.PASSED))
    db.session.flush()
    db.session.rollback()
