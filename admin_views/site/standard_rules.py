"""The rule of a standard in the person's language."""

from collections.abc import Mapping

from flask_babel import gettext

from admin_views.site.wording import translated
from models import Standard
from payments import standards
from workflow.form.fields import Field


def standard_title(standard: Standard) -> str:
    """Return the name of a standard with its version."""
    return gettext("%(name)s（第 %(number)s 版）", name=standard.name, number=standard.version)


def conditions_lines(standard: Standard, fields: Mapping[str, Field]) -> list[str]:
    """Return one line for each condition; one line that says so where there is none."""
    lines = [
        gettext(
            "%(field)s：%(answers)s",
            field=translated(each.field),
            answers=gettext("、").join(translated(answer) for answer in each.answers),
        )
        for each in standards.conditions_in_words(standard, fields)
    ]
    return lines or [gettext("不限条件")]


def payment_line(standard: Standard) -> str:
    """Return how much is paid, and when."""
    rule = standards.payment_rule(standard)
    return translated(rule.text, rule.words)
