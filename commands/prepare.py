"""Prepares the database after an installation or upgrade; it can be run any number of times."""

import click
from flask import current_app
from flask.cli import with_appcontext

from commands import seed
from commands.sample_data import accounts, standards


@click.command("prepare")
@click.option(
    "--samples", is_flag=True, help="Also applications, batches and payments to look at, in a trial."
)
@with_appcontext
def prepare(samples: bool) -> None:
    """Migrate the database and add missing rows; a trial also gets sample accounts."""
    click.echo("· 数据库迁移 / migrating the database")
    seed.migrate()
    click.echo("· 地区、单位、材料、须知 / regions, offices, materials, notice")
    seed.fill()
    if current_app.config["PRODUCTION"]:
        return
    click.echo("· 示例企业与账号 / sample enterprises and accounts")
    accounts.fill()
    standards.fill()
    if samples:
        from commands.sample_data import command  # loads what the site's worker needs

        click.echo("· 示例申请、公示与发放 / sample applications, batches and payments")
        command.fill_once()
    click.echo(accounts.table())
