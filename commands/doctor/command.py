"""Reports what is missing or unsafe in an installation, one line for each finding, with the remedy. Changes nothing.

A check is a function that yields findings. Checks that query the database run only if it can be reached.
"""

import click
from flask import current_app
from flask.cli import with_appcontext

from commands.doctor.configuration import CONFIGURATION_CHECKS
from commands.doctor.database import DATABASE_CHECKS, database
from commands.doctor.findings import OK, UNSAFE, WARN, Finding, Findings

COLOURS = {OK: "green", WARN: "yellow", UNSAFE: "red"}


@click.command("doctor")
@with_appcontext
def examine() -> None:
    """Report what is missing or unsafe, one line each. Exit status 1 when something is unsafe."""
    levels = set()
    for finding in findings():
        levels.add(finding.level)
        show(finding)
    if UNSAFE in levels:
        raise click.exceptions.Exit(1)


def show(finding: Finding) -> None:
    """Print one finding."""
    remedy = f"：{finding.remedy}" if finding.remedy else ""
    click.echo(f"{click.style(f'{finding.level:<6}', COLOURS[finding.level])} {finding.what}{remedy}")


def findings() -> Findings:
    """Yield the findings of all checks."""
    config = current_app.config
    for check in CONFIGURATION_CHECKS:
        yield from check(config)
    reachable = list(database(config))
    yield from reachable
    if all(finding.level is not UNSAFE for finding in reachable):
        for check in DATABASE_CHECKS:
            yield from check(config)
