"""Checks and consequences of a standard of the allowance (P3). A version in force keeps everything but its last day."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect

from administration.effects.counts import AlsoChanged
from common.calendar import today
from common.errors import NotPermitted, Unacceptable
from common.money import in_yuan
from common.wording import N_, Sentence
from common.working_days import ONE_DAY
from models import Standard, StandardState, db
from models.changes import changed_columns
from payments import preview, standards
from payments.schedule import fits_in_year

OPEN_END = N_("长期")


def check(row: Standard) -> None:
    """Raise Unacceptable for values that no standard may have, NotPermitted for a change of a version in force."""
    before = {} if inspect(row).transient else changed_columns(row)
    former = before.get("state", row.state)
    if former is StandardState.DISCARDED:
        raise NotPermitted
    if former is StandardState.IN_FORCE:
        _check_end(row, before)
        return
    if row.state is StandardState.DISCARDED:
        return
    if row.valid_until is not None and row.valid_until < row.valid_from:
        raise Unacceptable("valid_until", Sentence(N_("最后一天不能早于第一天。")))
    _check_payments(row)
    _check_replaced(row)
    _refuse_overlap(row, "valid_from")


def _check_end(row: Standard, before: Mapping[str, Any]) -> None:
    if before.keys() - {"valid_until"}:
        raise NotPermitted
    former = before.get("valid_until")
    if former is not None and former < today():
        raise Unacceptable("valid_until", Sentence(N_("这一版已经结束，不能再改。")))
    if row.valid_until is not None and row.valid_until < max(today(), row.valid_from):
        earliest = max(today(), row.valid_from).isoformat()
        words = {"earliest": earliest}
        raise Unacceptable("valid_until", Sentence(N_("最后一天不能早于 %(earliest)s。"), words))
    _refuse_overlap(row, "valid_until")


def _check_payments(row: Standard) -> None:
    if row.instalments > 1 and row.interval_months < 1:
        raise Unacceptable("interval_months", Sentence(N_("分几次发放时，请填写每几个月一次。")))
    if not fits_in_year(row.instalments, row.interval_months):
        words = {"count": str(row.instalments), "months": str(row.interval_months)}
        text = N_("%(count)s 次、每 %(months)s 个月一次，一年内发不完。请减少次数或缩短间隔。")
        raise Unacceptable("interval_months", Sentence(text, words))
    if row.amount_fen < row.instalments:
        raise Unacceptable("amount_fen", Sentence(N_("金额太小，每次发放不到一分。")))


def _check_replaced(row: Standard) -> None:
    """A new version begins today or later, and not before the version that it replaces."""
    if row.replaces_id is None:
        return
    replaced = db.session.get_one(Standard, row.replaces_id)
    earliest = max(today(), replaced.valid_from)
    if row.valid_from < earliest:
        words = {"earliest": earliest.isoformat()}
        raise Unacceptable("valid_from", Sentence(N_("新版本最早从 %(earliest)s 起有效。"), words))


def _refuse_overlap(row: Standard, field: str) -> None:
    with db.session.no_autoflush:
        other = standards.competitor_of(row)
    if other is not None:
        words = _words(row) | {f"other_{key}": value for key, value in _words(other).items()}
        words |= {"priority": str(row.priority)}
        text = N_(
            "“%(name)s”第 %(version)s 版（%(first)s 至 %(last)s）与“%(other_name)s”第 %(other_version)s 版"
            "（%(other_first)s 至 %(other_last)s）重叠：优先级同为 %(priority)s，同一个人可能同时符合两个标准。"
            "请修改日期、条件或优先级。"
        )
        raise Unacceptable(field, Sentence(text, words))


def preview_effects(row: Standard, before: Mapping[str, Any]) -> list[Sentence]:
    """Return what putting a draft into force, or ending a version, changes."""
    if row.state is StandardState.IN_FORCE and "state" in before:
        return [*_preview_validity(row), *_preview_cases(row)]
    if row.state is StandardState.IN_FORCE and "valid_until" in before:
        text = N_(
            "“%(name)s”第 %(version)s 版的有效期改为 %(first)s 至 %(last)s。"
            "已经公示和发放的不变；有效期以外公示的不再按它计算。"
        )
        return [Sentence(text, _words(row))]
    return []


def _preview_validity(row: Standard) -> list[Sentence]:
    text = N_(
        "“%(name)s”第 %(version)s 版的有效期：%(first)s 至 %(last)s。生效后不能修改，只能建新版本或提前结束。"
    )
    found = [Sentence(text, _words(row))]
    if (replaced := row.replaces) is not None:
        text = N_("“%(name)s”第 %(version)s 版的最后一天改为 %(last)s。")
        if row.valid_from <= replaced.valid_from:
            text = N_("“%(name)s”第 %(version)s 版被取代，不会生效。")
        found.append(Sentence(text, _words(replaced) | {"last": (row.valid_from - ONE_DAY).isoformat()}))
    return found


def _preview_cases(row: Standard) -> list[Sentence]:
    numbers = preview.compare(row).numbers
    words = {
        "looked": str(numbers.cases),
        "differ": str(numbers.differ),
        "more": in_yuan(numbers.more_fen),
        "less": in_yuan(numbers.less_fen),
    }
    text = N_(
        "已通过而未公示的和正在办理的申请共看 %(looked)s 件，金额不同的 %(differ)s 件："
        "第一年多发 %(more)s 元，少发 %(less)s 元。已经公示的不变。"
    )
    return [Sentence(text, words)]


def apply_effects(row: Standard, before: Mapping[str, Any]) -> AlsoChanged:
    """End the version that this one replaces, on the day before."""
    if "state" not in before or row.state is not StandardState.IN_FORCE or row.replaces is None:
        return ()
    replaced, last = row.replaces, row.valid_from - ONE_DAY
    former = replaced.valid_until
    if former is not None and former <= last:
        return ()
    replaced.valid_until = last
    return [(replaced, {"valid_until": former})]


def version_name(row: Standard) -> str:
    """Return the name with its version, as the audit trail stores it."""
    return f"{row.name}（第 {row.version or 1} 版）"  # stays Chinese


def _words(row: Standard) -> dict[str, str]:
    last = row.valid_until.isoformat() if row.valid_until else OPEN_END
    return {
        "name": row.name,
        "version": str(row.version or 1),
        "first": row.valid_from.isoformat(),
        "last": last,
    }
