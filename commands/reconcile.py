"""Proves that the sums of the payments agree (P5). Changes nothing."""

import gettext

import click
from flask.cli import with_appcontext

from common.money import in_yuan
from config import ROOT
from models import db
from models.streaming import READ_OPTIONS
from payments import reconciling
from payments.reconciling import PeriodSums
from uploads.errors import StorageUnavailable
from uploads.sets import storage

COLUMNS = (
    ("granted", "应发 granted"),
    ("paid", "已发 paid"),
    ("refused", "退回 refused"),
    ("open", "待发 open"),
    ("suspended", "暂缓 suspended"),
    ("stopped", "停发 stopped"),
)


@click.command("reconcile")
@with_appcontext
def reconcile() -> None:
    """Prove granted = paid + refused + open + suspended for each period, and each run by its rows and files."""
    db.session.rollback()
    # One snapshot: a run that is answered meanwhile would look like a difference.
    db.session.connection(execution_options=READ_OPTIONS[db.engine.dialect.name])
    sums = reconciling.sums_by_period()
    for name, each in (*sums.items(), ("合计 all", sum(sums.values(), PeriodSums()))):
        figures = "，".join(f"{label} {in_yuan(getattr(each, key))}" for key, label in COLUMNS)
        sign = click.style("✗", "red") if each.difference else click.style("✓", "green")
        click.echo(f"{sign} {name}：{figures}")
    try:
        found = list(reconciling.disagreements(storage().open))
    except StorageUnavailable:
        raise click.ClickException(
            "文件存储没有响应，无法核对银行文件 / the storage does not answer: the bank's files cannot be compared"
        ) from None
    english = gettext.translation("messages", ROOT / "translations", ["en"], fallback=True).gettext
    for sentence in found:
        both = " / ".join(text % sentence.words for text in (sentence.text, english(sentence.text)))
        click.echo(f"{click.style('✗', 'red')} {both}")
    if found:
        raise click.ClickException(
            f"有 {len(found)} 处不一致 / {len(found)} findings: the sums or the runs do not agree"
        )
    click.echo("全部一致，分毫不差 / everything agrees, to the fen")
