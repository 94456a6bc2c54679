"""The tables of the statistics page, each with its chart. Every number of applications links to the list that shows them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask_babel import gettext

from admin_views.review.linked_filters import UNANSWERED
from admin_views.site.languages import language
from admin_views.site.wording import translated
from admin_views.statistics.charts import Chart, Series
from admin_views.statistics.words import reason_words
from common.wording import N_
from figures.facts import EDUCATION, INDUSTRY, PASSED, REASON, REFUSED, RETURNED, STATUS
from figures.report import Figures, Narrowing, last_day_of, percentile
from models import Result, Role, State
from models.statistics import RETURN
from workflow import routing
from workflow.form import versions
from workflow.form.fields import Field
from workflow.form.living_allowance import EDUCATIONS
from workflow.transitions import RESULT_WORDS, STATE_WORDS

MEDIAN, NINETIETH = 0.5, 0.9
NOTHING = "—"
MOST_ADDRESSES = 200
MOST_PAGES = 8
SINCE_EVER = "2000-01-01"
"""First day of a filter by submission that only leaves out what was never submitted, which administrators see."""

STATUSES = {
    State.ENTERPRISE_REVIEW.value: STATE_WORDS[State.ENTERPRISE_REVIEW],
    State.PRELIMINARY_REVIEW.value: STATE_WORDS[State.PRELIMINARY_REVIEW],
    State.CITY_REVIEW.value: STATE_WORDS[State.CITY_REVIEW],
    State.RETURNED.value: STATE_WORDS[State.RETURNED],
    State.DRAFT.value: N_("已撤回"),
    PASSED: RESULT_WORDS[Result.PASSED],
    REFUSED: RESULT_WORDS[Result.REFUSED],
}
RESULTS = {PASSED: Result.PASSED, REFUSED: Result.REFUSED}


class Cell(NamedTuple):
    """One cell of a table; `url` leads to the list of what it counts."""

    text: str
    url: str = ""


class TableLine(NamedTuple):
    """One row of a table: what it is about, and its numbers."""

    label: Cell
    cells: tuple[Cell, ...]


class TableSection(NamedTuple):
    """One part of the page."""

    key: str
    title: str
    heads: tuple[str, ...]
    lines: tuple[TableLine, ...]
    note: str = ""
    chart: Chart | None = None


class Links(NamedTuple):
    """Makes the addresses of lists that are narrowed as the page is."""

    address: str
    decisions: str
    """Of the list of decisions (admin_views/statistics/decisions.py)."""
    narrowed: Narrowing
    role: Role

    def to(self, **query: str | int) -> str:
        """Return the list of what is narrowed further in this way."""
        return f"{_address(self, tuple(query))}{urlencode(query)}"

    def number(self, number: int, **query: str | int) -> Cell:
        """Return a cell with a number that leads to its list; 0 leads nowhere."""
        return Cell(str(number), self.to(**query) if number else "")

    def of_status(self, number: int, status: str, **query: str | int) -> Cell:
        """Return the same for a number of applications in one state or with one result."""
        result = RESULTS.get(status)
        narrowing = {"state": status} if result is None else {"result": result.value}
        return self.number(number, **narrowing, **query)

    def of_decisions(self, text: str, number: int, **query: str | int) -> Cell:
        """Return a cell that leads to these decisions, where there are any: it says how many they are, or something of them."""
        if not number:
            return Cell(text)
        period, region, first, last = self.narrowed
        narrowed = {"period": period, "region": region, "from": first, "to": last} | query
        given = tuple((key, value) for key, value in narrowed.items() if value is not None and value != "")
        return Cell(text, f"{self.decisions}?{urlencode(given)}")


@lru_cache(maxsize=MOST_ADDRESSES)
def _address(links: Links, replaced: tuple[str, ...]) -> str:
    """Return the URL of a list with the page's filters except those that a link replaces, open for those that it adds."""
    narrowed = links.narrowed
    found: dict[str, Any] = {"tab": "all"}
    if narrowed.period_id is not None:
        found["period"] = narrowed.period_id
    if narrowed.region_id is not None:
        found["region"] = narrowed.region_id
    if narrowed.first or links.role is Role.ADMINISTRATOR:
        found["from"] = f"{narrowed.first}-01" if narrowed.first else SINCE_EVER
    if narrowed.last:
        found["to"] = last_day_of(narrowed.last)
    return (
        f"{links.address}?{urlencode({key: value for key, value in found.items() if key not in replaced})}&"
    )


def statistic_sections(
    found: Figures, narrowed: Narrowing, links: Links, regions: Mapping[int, str]
) -> list[TableSection]:
    """Return the parts of the page. `regions`: the names of those in sight, none for an enterprise."""
    fields = versions.published().known
    industries = tuple(fields["industry"].choices.items()) if "industry" in fields else ()
    parts = _unchanged_parts(language(), found, narrowed, links, tuple(regions.items()), industries)
    return [*parts, _reasons(found, links, fields)]  # names papers, which can get another name


@lru_cache(maxsize=MOST_PAGES)
def _unchanged_parts(
    _language: str,
    found: Figures,
    narrowed: Narrowing,
    links: Links,
    names: tuple[tuple[int, str], ...],
    industries: tuple[tuple[str, str], ...],
) -> list[TableSection]:
    """Return the parts that are the same for the same figures: the page asks for them, and then each of its charts."""
    regions = dict(names)
    several = len(regions) > 1 and narrowed.region_id is None
    parts = [_statuses(found, links)]
    if several:
        parts.append(_regions(found, links, regions))
    parts.append(_trend(found, narrowed, links))
    parts.append(
        _choices(found, links, "education", gettext("按学历"), gettext("学历"), EDUCATION, EDUCATIONS)
    )
    title, head = gettext("按产业"), gettext("所属战略性新兴产业")
    parts.append(_choices(found, links, "industry", title, head, INDUSTRY, dict(industries)))
    if found.enterprises:
        parts.append(_enterprises(found, links, regions))
    parts.append(_days(found, links))
    if several:
        parts.append(_days_by_region(found, links, regions))
    return parts


def _bars(title: str, lines: Sequence[tuple[str, int]]) -> Chart:
    return Chart(
        title,
        tuple(label for label, _ in lines),
        (Series(gettext("件数"), tuple(number for _, number in lines)),),
    )


def _statuses(found: Figures, links: Links) -> TableSection:
    numbers, title = found.of(STATUS), gettext("按业务状态和审核结果")
    rows = [(status, translated(word), numbers[status]) for status, word in STATUSES.items()]
    lines = [TableLine(Cell(word), (links.of_status(number, status),)) for status, word, number in rows]
    lines.append(TableLine(Cell(gettext("合计")), (links.number(numbers.total()),)))
    heads = (gettext("业务状态"), gettext("件数"))
    chart = _bars(title, [(word, number) for _, word, number in rows])
    return TableSection("status", title, heads, tuple(lines), chart=chart)


def _regions(found: Figures, links: Links, regions: Mapping[int, str]) -> TableSection:
    title, lines, totals = gettext("按地区"), [], []
    for key, name in regions.items():
        numbers = found.of(STATUS, key)
        if total := numbers.total():
            totals.append((name, total))
            cells = (links.of_status(numbers[status], status, region=key) for status in STATUSES)
            lines.append(TableLine(Cell(name), (links.number(total, region=key), *cells)))
    heads = (gettext("地区"), gettext("件数"), *(translated(word) for word in STATUSES.values()))
    return TableSection("region", title, heads, tuple(lines), chart=_bars(title, totals))


def _trend(found: Figures, narrowed: Narrowing, links: Links) -> TableSection:
    by_day = bool(narrowed.month)
    numbers = found.submitted(narrowed.month)
    times = sorted(numbers)
    drawn = without_gaps(times, by_day)
    lines = [
        TableLine(
            Cell(time),
            (
                links.number(
                    numbers[time],
                    **{"from": time if by_day else f"{time}-01", "to": time if by_day else last_day_of(time)},
                ),
            ),
        )
        for time in reversed(times)
    ]
    title = gettext("按提交日期") if by_day else gettext("按提交月份")
    series = Series(gettext("件数"), tuple(numbers.get(time, 0) for time in drawn))
    chart = Chart(title, drawn, (series,), True)
    note = gettext("重新提交的按最近一次提交计。")
    return TableSection("trend", title, (gettext("提交时间"), gettext("件数")), tuple(lines), note, chart)


def without_gaps(times: Sequence[str], by_day: bool) -> tuple[str, ...]:
    """Return each day, or month, from the first to the last: the line of a chart must fall to 0 where nothing was submitted.

    All days are of one month.
    """
    if not times:
        return ()
    first, last = times[0], times[-1]
    if by_day:
        return tuple(f"{first[:7]}-{day:02d}" for day in range(int(first[8:]), int(last[8:]) + 1))
    begin, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return tuple(f"{number // 12}-{number % 12 + 1:02d}" for number in range(begin, end + 1))


def _choices(
    found: Figures, links: Links, key: str, title: str, head: str, dimension: str, choices: Mapping[str, str]
) -> TableSection:
    numbers = found.of(dimension)
    values = [*choices, *sorted(set(numbers) - set(choices))]
    rows = [
        (value, translated(choices.get(value, value)) or gettext("未填写"), numbers[value])
        for value in values
    ]
    rows = [row for row in rows if row[2] or row[0] in choices]
    if dimension == EDUCATION:
        key_of = {value: "education" if value in choices else "other_education" for value in values}
    else:
        key_of = dict.fromkeys(values, dimension)
    lines = [
        TableLine(Cell(word), (links.number(number, **{key_of[value]: value or UNANSWERED}),))
        for value, word, number in rows
    ]
    note = gettext("正在申请人手中的（回退、撤回）不计，其内容可能正在修改。")
    chart = _bars(title, [(word, number) for _, word, number in rows])
    return TableSection(key, title, (head, gettext("件数")), tuple(lines), note, chart)


def _enterprises(found: Figures, links: Links, regions: Mapping[int, str]) -> TableSection:
    title = gettext("申请最多的企业")
    lines = [
        TableLine(
            Cell(one.name),
            (
                Cell(regions.get(one.region_id, "")),
                links.number(one.number, enterprise=one.enterprise_id, region=one.region_id),
            ),
        )
        for one in found.enterprises
    ]
    heads = (gettext("企业"), gettext("地区"), gettext("件数"))
    return TableSection("enterprise", title, heads, tuple(lines))


def _days(found: Figures, links: Links) -> TableSection:
    title, by_step = gettext("各级审核用时（工作日）"), found.days()
    shares = {
        step: tuple(percentile(numbers, share) for share in (MEDIAN, NINETIETH))
        for step, numbers in by_step.items()
    }
    lines = []
    for step, numbers in by_step.items():
        number = sum(numbers)
        cells = [links.of_decisions(str(number), number, step=step.value)]
        for days in shares[step]:
            text = NOTHING if days is None else str(days)
            cells.append(links.of_decisions(text, number, step=step.value, within=days or 0))
        lines.append(TableLine(Cell(translated(routing.STEP_WORDS[step])), tuple(cells)))
    heads = (gettext("审核步骤"), gettext("审核次数"), gettext("中位数"), gettext("90% 不超过"))
    words = tuple(line.label.text for line in lines)
    series = tuple(
        Series(name, values)
        for name, values in zip(heads[2:], zip(*shares.values(), strict=True), strict=True)
    )
    note = gettext("从送到该级至其作出审核决定；没有记录送到时间的（早期版本的审核）不在其中。")
    return TableSection("days", title, heads, tuple(lines), note, Chart(title, words, series))


def _days_by_region(found: Figures, links: Links, regions: Mapping[int, str]) -> TableSection:
    lines = []
    for key, name in regions.items():
        by_step = found.days(key)
        if any(map(any, by_step.values())):
            cells: list[Cell] = []
            for step, numbers in by_step.items():
                number, median = sum(numbers), percentile(numbers, MEDIAN)
                ninetieth = percentile(numbers, NINETIETH)
                cells.append(Cell(NOTHING if median is None else f"{median} / {ninetieth}"))
                cells.append(links.of_decisions(str(number), number, step=step.value, region=key))
            lines.append(TableLine(Cell(name), tuple(cells)))
    heads = [gettext("地区")]
    for step in routing.REVIEW_STEPS:
        heads += [translated(routing.STEP_WORDS[step]), gettext("次数")]
    note = gettext("中位数 / 90% 不超过")
    return TableSection("days-region", gettext("各地区审核用时（工作日）"), tuple(heads), tuple(lines), note)


def _reasons(found: Figures, links: Links, fields: Mapping[str, Field]) -> TableSection:
    returns, numbers = found.of(RETURNED).total(), found.of(REASON)
    most = sorted(((n, key) for key, n in numbers.items() if n), key=lambda one: (-one[0], one[1]))
    words = reason_words([key for _, key in most], fields)
    rows = [(words[key], number) for number, key in most]
    lines = [
        TableLine(
            Cell(words[key]),
            (links.of_decisions(str(number), number, reason=key), Cell(f"{number / max(1, returns):.0%}")),
        )
        for number, key in most
    ]
    if lines:
        cells = (links.of_decisions(str(returns), returns, reason=RETURN), Cell("100%"))
        lines.append(TableLine(Cell(gettext("全部回退")), cells))
    title = gettext("回退原因")
    note = gettext("一次回退可以有几个原因。")
    heads = (gettext("原因"), gettext("次数"), gettext("占回退次数"))
    return TableSection("reasons", title, heads, tuple(lines), note, _bars(title, rows) if rows else None)
