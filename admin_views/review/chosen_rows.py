"""The rows of a list of applications that somebody has ticked."""

from collections.abc import Collection
from http import HTTPStatus

from flask import abort
from flask_login import current_user
from sqlalchemy import select

from models import Application, db
from workflow import scope


def ids_by_number(numbers: Collection[str], most: int) -> list[int]:
    """Return the ids of applications by their numbers; 404 when one of them is not in sight, or when there are more than `most`."""
    wanted = set(numbers)
    if len(wanted) > most or not all(number.isprintable() for number in wanted):
        abort(HTTPStatus.NOT_FOUND)
    in_sight = scope.visible(current_user._get_current_object())
    query = select(Application.id).where(Application.number.in_(wanted), in_sight).order_by(Application.id)
    ids = list(db.session.scalars(query))
    if len(ids) != len(wanted):
        abort(HTTPStatus.NOT_FOUND)
    return ids
