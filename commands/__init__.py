"""Commands of `flask --app app`: setting up, keys, what is unsafe, the diagram, the worker."""

from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from commands import diagram, doctor, first, reseal, sample, seed, work
from config import fresh_secrets
from models import db


def register(app: Flask) -> None:
    """Add the commands to the application."""
    for command in (
        prepare,
        first.create_admin,
        doctor.examine,
        generate_keys,
        reseal.reseal,
        print_diagram,
        sample_data,
        work.work,
    ):
        app.cli.add_command(command)


@click.command("prepare")
@with_appcontext
def prepare() -> None:
    """Bring the database up to date and fill in what is missing; a trial also gets sample accounts."""
    click.echo("· 数据库迁移 / migrating the database")
    seed.migrate()
    click.echo("· 地区、单位、材料、须知 / regions, offices, materials, notice")
    seed.fill()
    if current_app.config["PRODUCTION"]:
        return
    click.echo("· 示例企业与账号 / sample enterprises and accounts")
    sample.fill()
    click.echo(sample.table())


@click.command("sample-data")
@click.option("--applications", type=click.IntRange(1, 10_000_000), required=True, help="How many to add.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same number makes the same city.")
@with_appcontext
def sample_data(applications: int, seed: int) -> None:
    """Add invented people and applications from years, each with a history; for a trial, never in production."""
    if current_app.config["PRODUCTION"]:
        raise click.ClickException("生产环境不造示例数据 / production gets no sample data")
    from commands import crowd  # what no other command needs

    with click.progressbar(length=applications, label=f"{applications} 件申请 / applications") as bar:
        for done in crowd.fill(db.engine, applications, seed):
            bar.update(done - bar.pos)


@click.command("generate-keys")
def generate_keys() -> None:
    """Print fresh secrets for a production environment. They are stored nowhere."""
    for name, value in fresh_secrets().items():
        click.echo(f"TALENT_{name}={value}")


@click.command("diagram")
@click.option(
    "--check", type=click.Path(path_type=Path), help="Fail unless this file holds the diagram as it is now."
)
@click.option(
    "--write", type=click.Path(path_type=Path), help="Put the diagram into this file, between its marks."
)
def print_diagram(check: Path | None, write: Path | None) -> None:
    """Print the way of an application, drawn from the table of transitions (Mermaid)."""
    if check:
        if diagram.drawn() not in check.read_text():
            raise click.ClickException(
                f"{check} differs from the table: flask --app app diagram --write {check}"
            )
        click.echo(f"{check} agrees with the table")
    elif write:
        write.write_text(diagram.replaced(write.read_text()))
    else:
        click.echo(diagram.drawn())
