"""The results as a table, as JSON, and as a chart for the README."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pygal
from pygal.style import Style

from bench import before, journeys, papers, slow_phones
from config import ROOT

RESULTS = ROOT / "bench" / "results.json"
PICTURE = ROOT / "docs" / "pictures" / "speed.svg"
LINES = 10
MOST_GROWTH = 1.2
"""Permitted ratio of a page's time with a million applications to that with ten thousand."""


def save(results: dict[str, Any]) -> None:
    """Write the results and draw the chart.

    `sizes` has for each size `pages` (p50 in ms of ours and of the floor, with what is asked of their ratio), `flat` (p50 in ms
    of every role's pages), `figures` (as the table says them) and `further` (numbers that nothing is asked of).
    """
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    draw(results["sizes"])


def table(sizes: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the table as Markdown: for each row the floor's p50, ours and the ratio, at every size."""
    yield "| | at most | reach for | " + " | ".join(f"{size['applications']:,}" for size in sizes) + " |"
    yield "|---|---|---|" + "---|" * len(sizes)
    for index, row in enumerate(sizes[0]["pages"]):
        cells = [size["pages"][index] for size in sizes]
        asked = " | ".join(f"{times} x" if times else "" for times in (row["most"], row["reach"]))
        yield f"| {row['name']} | {asked} | " + " | ".join(map(cell, cells)) + " |"
    for name, most, reach in (
        ("requests a second, 8 clients", "0.5 x", "0.7 x"),
        ("memory a worker, MiB", "75", "60"),
        ("first list page as sent, KB", "120", "60"),
        ("start to first answer, s", "0.8", "0.5"),
        ("bulk decision beside 1,000 single ones, s", "0.4 x", ""),
        *((before.figure_name(name), f"{most} x", "") for name, most in before.LIMITS.items()),
        ("applicant's form page beside f0d7108, ms", "0.40 x", ""),
        ("保存 of forty fields beside f0d7108, ms", "0.60 x", ""),
        ("提交 beside f0d7108, ms", "0.60 x", ""),
        ("export of the city's list beside a bare loop, s", "1.3 x", ""),
        ("memory of an export above the worker's, MiB", "60", ""),
        ("pass one application beside f0d7108, ms", "1.15 x", ""),
        ("payment run of 10,000 frozen and exported beside a bare loop, s", "2.0 x", ""),
        ("bank's answer of 10,000 rows read and recorded, s", "10", ""),
        *((slow_phones.figure_name(each), f"{slow_phones.MOST:.1f} x", "") for each in slow_phones.SET_UPS),
        (papers.RAW_COPY, "2.5 x", ""),
        (journeys.FIGURE, f"at least {journeys.LEAST:.1f} x", ""),
        ("dossier of two pages with eight papers, ms of CPU", "150", ""),
    ):
        yield (
            f"| {name} | {most} | {reach} | "
            + " | ".join(size["figures"].get(name, "-") for size in sizes)
            + " |"
        )
    for name in sizes[0]["further"]:
        yield f"| {name} | | | " + " | ".join(f"{size['further'][name]:.1f}" for size in sizes) + " |"


def flat(sizes: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the table of every role's pages: the p50 at every size, and the ratio of the last to the first."""
    names = " | ".join(f"{size['applications']:,}" for size in sizes)
    yield f"| | {names} | at most {MOST_GROWTH} x |"
    yield "|---|" + "---|" * (len(sizes) + 1)
    for index, row in enumerate(sizes[0]["flat"]):
        cells = [size["flat"][index]["ours"] for size in sizes]
        each = " | ".join(f"{taken:.2f}" for taken in cells)
        yield f"| {row['who']}: {row['name']} | {each} | **{cells[-1] / cells[0]:.2f} x** |"


def cell(row: dict[str, Any]) -> str:
    return f"**{row['ratio']:.2f} x** ({row['ours']:.2f} : {row['floor']:.2f} ms)"


def draw(sizes: Sequence[dict[str, Any]], path: Path = PICTURE) -> None:
    """Draw the time of each page over the number of applications."""
    style = Style(
        background="white", plot_background="white", font_family="sans-serif", title_font_size=16,
        label_font_size=13, major_label_font_size=13, legend_font_size=12,
    )  # fmt: skip
    chart = pygal.Line(
        style=style, width=900, height=420, legend_at_bottom=True, legend_at_bottom_columns=3, js=[],
        show_minor_x_labels=True, range=(0, None), disable_xml_declaration=True, no_prefix=True,
        title="p50, ms", include_x_axis=True,
    )  # fmt: skip
    chart.x_labels = [f"{size['applications']:,}" for size in sizes]
    for index, row in enumerate(sizes[0]["pages"][:LINES]):
        chart.add(row["name"], [round(size["pages"][index]["ours"], 2) for size in sizes])
    path.write_text(chart.render(is_unicode=True))
