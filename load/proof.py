"""Proves from the database and the storage that everything acknowledged is there exactly once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import select

from models import Action, Application, Attachment, Review, Role, db
from uploads.sets import storage
from workflow.form import answers

ROLES = {"enterprise": Role.ENTERPRISE, "office": Role.OFFICE, "city": Role.CITY}


def complaints(app: Flask, played: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each thing that was acknowledged and is missing, or is there more than once."""
    with app.app_context():
        yield from _saves(played)
        yield from _uploads(played)
        yield from _actions(played)
        db.session.rollback()


def _application(number: str) -> Application | None:
    return db.session.scalars(select(Application).where(Application.number == number)).one_or_none()


def _saves(played: dict[str, Any]) -> Iterator[str]:
    for number, sent in played["saves"].items():
        if (row := _application(number)) is None:
            yield f"{number} is missing"
            continue
        acknowledged = [place for place, (_, answered) in enumerate(sent) if answered]
        if acknowledged and answers.value(row, "position") not in [
            text for text, _ in sent[acknowledged[-1] :]
        ]:
            yield f"{number} does not have the text that was saved last"
        db.session.expunge(row)


def _uploads(played: dict[str, Any]) -> Iterator[str]:
    mine = select(Attachment.sha256, Attachment.storage_name, Application.number).join(
        Application, Application.id == Attachment.application_id
    )
    rows = db.session.execute(mine.where(Application.number.in_(played["saves"]))).all()
    there = Counter((row.number, row.sha256) for row in rows)
    for number, sha256 in played["uploads"]:
        if there[number, sha256] != 1:
            yield f"{number} has the file {sha256[:12]} {there[number, sha256]} times"
    for row in rows:
        with storage().open(row.storage_name) as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != row.sha256:
                yield f"{row.storage_name} has other bytes"


def _actions(played: dict[str, Any]) -> Iterator[str]:
    done = [(number, Action.SUBMIT, Role.APPLICANT) for number in played["submitted"]]
    done += [(number, Action.PASS, ROLES[console]) for number, console in played["decided"]]
    for number, action, role in done:
        own = select(Review.id).join(Application, Application.id == Review.application_id)
        found = db.session.scalars(
            own.where(Application.number == number, Review.action == action, Review.actor_role == role)
        ).all()
        if len(found) != 1:
            yield f"{number}: {action.value} by {role.value} is there {len(found)} times"
