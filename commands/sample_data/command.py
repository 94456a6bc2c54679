"""`flask sample-data`, and what `make run` adds to a new installation: applications, and once all that follows 「通过」."""

from collections.abc import Iterator

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select, update

from commands.sample_data import applications, batches, documents, papers, payment_runs, people, standards
from models import Application, Batch, Message, ObjectionDecision, db, exclusive, now

NUMBER = 200
"""Applications of a new installation: enough that no page is empty, few enough to wait for."""

SEED = 1
LONG_AGO, LATE, LATER = 360, 52, 24
"""Days since the batches that have ended were made."""


def fill_once() -> None:
    """Add samples when there is no application yet; otherwise change nothing."""
    if db.session.scalar(select(Application.id).limit(1)) is None:
        list(fill(NUMBER, SEED))


def fill(number: int, seed: int) -> Iterator[int]:
    """Add so many applications; when there is no batch yet, batches, payments and papers too. Yield the count after each step."""
    first = db.session.scalar(select(Batch.id).limit(1)) is None
    before = db.session.scalar(select(func.max(Message.id))) or 0
    passed: list[people.KnownHistory] = []
    known: list[people.KnownHistory] = []
    if first:
        standards.fill()
        passed = people.add_passed_people(LONG_AGO, LATE)
        known = [*passed, people.colleague_of_the_first(LONG_AGO), *people.waiting_applications()]
    yield from applications.fill(db.engine, number, seed, known)
    if first:
        _follow(*passed)
        _send_nothing(before)


def _follow(paid: people.KnownHistory, refused: people.KnownHistory) -> None:
    """Let everything happen that follows 「通过」, in order of time."""
    city, second = people.city_clerks()

    year = batches.publicize(city, LONG_AGO, first=paid.application)
    if year:
        batches.end(year)
        payment_runs.pay(city, second, LONG_AGO - 20)
        payment_runs.pay(city, second, 160)
    batch = batches.publicize(city, LATE, first=refused.application)
    if batch:
        batches.object_to(city, batch[-1], LATE - 2)
        batches.settle_objection(
            city, batch[-1], ObjectionDecision.DISMISSED, "经核实，本人仍在岗。", LATE - 4
        )
        batches.end(batch)
        returned = payment_runs.granted(batch)[:3]
        payment_runs.pay(city, second, 32, refused=returned)
        payment_runs.correct_account(returned[0], 6)
        for grant in returned[2:]:
            payment_runs.correct_account(grant, 20, confirmed=True)
    batch = batches.publicize(city, LATER)
    if batch:
        batches.object_to(city, batch[-1], LATER - 1)
        batches.settle_objection(
            city, batch[-1], ObjectionDecision.UPHELD, "经核实，公示前已离职。", LATER - 3
        )
        batches.end(batch)
    if year:
        payment_runs.ask_about_second_year(year, 20)
    if batch:
        payment_runs.freeze(second, 2)
    batch = batches.publicize(city, 1)
    if batch:
        batches.object_to(city, batch[-1], 0)
    documents.fill(city, paid.application, 1)
    papers.fill()


def _send_nothing(before: int) -> None:
    """Mark the new messages as expanded: no mail or SMS goes to invented people."""
    unsent = update(Message).where(Message.expanded_at.is_(None), Message.id > before)
    with exclusive():
        db.session.execute(unsent.values(expanded_at=now()).execution_options(synchronize_session=False))


@click.command("sample-data")
@click.option(
    "--applications", type=click.IntRange(1, 10_000_000), required=True, help="Number of applications to add."
)
@click.option("--seed", type=int, default=SEED, show_default=True, help="The same seed gives the same data.")
@with_appcontext
def sample_data(applications: int, seed: int) -> None:
    """Add invented people and applications of several years, each with a history; for a trial, never in production."""
    if current_app.config["PRODUCTION"]:
        raise click.ClickException("生产环境不造示例数据 / production gets no sample data")
    with click.progressbar(length=applications, label=f"{applications} 件申请 / applications") as bar:
        for done in fill(applications, seed):
            bar.update(done - bar.pos)
