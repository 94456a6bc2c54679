"""Counts the statistics anew (W11) and says whether the sums agreed. May run while the site is in use."""

import click
from flask.cli import with_appcontext

from figures import counting, recounting


@click.command("recount")
@with_appcontext
def recount_statistics() -> None:
    """Count the statistics anew and mend them; exits with 1 if they did not agree."""
    counting.process_due()
    found = recounting.recount()
    click.echo(
        f"· 申请 {found.applications} 件，审核 {found.decisions} 次 / {found.applications} applications, {found.decisions} decisions"
    )
    if found.agreed:
        click.echo("统计数字一致 / the sums agree")
        return
    raise click.ClickException(
        f"统计数字 {found.wrong_numbers} 个不符，漏计申请 {len(found.stale)} 件、审核 {len(found.missing)} 次，已更正"
        f" / {found.wrong_numbers} numbers were wrong, {len(found.stale)} applications and {len(found.missing)} decisions"
        " were not counted; mended"
    )
