"""Charts as SVG, drawn on the server by pygal (3.1). Each is a picture of a table that stands beside it.

pygal writes a style sheet, a script with its whole configuration and a source of scripts into each picture. The site's policy
forbids all of them, so what it draws gets its looks by attributes here, and its own words for screen readers.
"""

from functools import lru_cache
from typing import Any, NamedTuple

WIDTH, FONT_SIZE = 340, 14
"""As wide as a telephone has room for: a wider picture would be made smaller there, and its words with it."""
NARROW_WIDTH, WIDEST_LABEL = 0.5, 316
"""A Chinese character is as wide as it is high, others are a bit narrower."""
FIRST_WIDE = "\u2e80"
ROW_HEIGHT, EDGE, LEGEND = 22, 26, 76
"""Pixels of a bar, and of the words above it; of the edges above and below the rows; of the legend where there is one."""
ROOM_FOR_NUMBERS, GAP = 64, 3
"""Pixels at the right of the longest bar, and by which a number stands nearer to its bar than pygal sets it."""
HALF_A_LABEL = 32
"""Pixels at the right of a trend, whose last label stands under its last point."""
TREND_HEIGHT = 240
MOST_LABELS = 4
MOST_CHARTS = 300
"""Charts that a process keeps: an unchanged figure is not drawn again."""

INK, QUIET, LINE, PAPER = "#1c2430", "#525d6e", "#dbe1e8", "#ffffff"
"""As in static/css/tokens.css."""
FILLS = ({"fill": "#1550b8"}, {"fill": PAPER, "stroke": "#1550b8", "stroke-width": "1.5"})
"""Of the series: full and empty, so that nobody has to distinguish colours."""
FONTS = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, WenQuanYi Micro Hei, sans-serif"
KEPT_ATTRIBUTES = {
    *("x", "y", "width", "height", "d", "cx", "cy", "r", "transform", "viewBox", "text-anchor"),
    "xmlns",  # an attribute where lxml is not installed; without it no browser shows the picture
}


class Series(NamedTuple):
    """One row of bars; None stands for no number."""

    name: str
    values: tuple[int | None, ...]


class Chart(NamedTuple):
    """What a chart shows. `trend`: as a line over time instead of a bar for each label."""

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    trend: bool = False


@lru_cache(maxsize=MOST_CHARTS)
def draw_chart(chart: Chart) -> str:
    """Return the chart as an SVG document without style sheet, script or id."""
    import pygal
    from pygal.style import Style

    several = len(chart.series) > 1
    labels = [_shortened(label) for label in chart.labels]
    given: dict[str, Any] = {
        "js": [],
        "css": [],
        "disable_xml_declaration": True,
        "no_prefix": True,
        "width": WIDTH,
        "title": None,
        "show_legend": several,
        "legend_at_bottom": True,
        "style": Style(
            label_font_size=FONT_SIZE
            if chart.trend
            else 0,  # a bar's stands above it: pygal leaves no room at the left
            major_label_font_size=FONT_SIZE,
            value_font_size=FONT_SIZE,
            legend_font_size=FONT_SIZE * 2,
        ),
        "margin": 8,
        "margin_right": HALF_A_LABEL if chart.trend else ROOM_FOR_NUMBERS,
        "truncate_label": -1,
        "truncate_legend": -1,
        "formatter": lambda value: "" if value is None else f"{value:.0f}",
        "include_x_axis": True,
        "max_scale": 5,
        "min_scale": 1,
    }
    if chart.trend:
        made = pygal.Line(
            **given,
            height=TREND_HEIGHT,
            fill=False,
            x_labels_major_every=max(1, -(-len(chart.labels) // MOST_LABELS)),
            show_minor_x_labels=False,
        )
        made.x_labels = labels
        values = [series.values for series in chart.series]
    else:
        height = ROW_HEIGHT * len(chart.labels) * (len(chart.series) + 1) + EDGE + (LEGEND if several else 0)
        made = pygal.HorizontalBar(
            **given, height=height, print_values=True, print_values_position="top", show_x_labels=False
        )
        made.add(None, [None] * len(labels))  # the room for a label above its bars
        made.x_labels = labels[::-1]  # pygal begins at the bottom
        values = [series.values[::-1] for series in chart.series]
    for series, numbers in zip(chart.series, values, strict=True):
        made.add(series.name, list(numbers))
    made.add_xml_filter(lambda root: _plain(root, chart))
    return str(made.render(is_unicode=True))


def _width(label: str) -> float:
    """Return about how many pixels a label takes."""
    return FONT_SIZE * sum(1 if character >= FIRST_WIDE else NARROW_WIDTH for character in label)


def _shortened(label: str) -> str:
    """Return the beginning of a label for which there is no room; the table has all of it."""
    if _width(label) <= WIDEST_LABEL:
        return label
    while _width(label) > WIDEST_LABEL - FONT_SIZE:
        label = label[:-1]
    return f"{label}…"


def _plain(root: Any, chart: Chart) -> Any:
    """Replace classes by attributes, and remove what a policy forbids or a reader does not need."""
    for element in list(root.iter()):
        for child in list(element):
            if _is_superfluous(child):
                element.remove(child)
    _dress(root, set(), 0, chart)
    root.set("role", "img")
    title = root.makeelement("title", {})
    title.text = chart.title
    description = root.makeelement("desc", {})
    description.text = "; ".join(
        f"{label}: {', '.join(str(series.values[place]) for series in chart.series)}"
        for place, label in enumerate(chart.labels)
    )
    root.insert(0, title)
    root.insert(1, description)
    return root


def _is_superfluous(element: Any) -> bool:
    if not isinstance(element.tag, str):  # a comment
        return True
    name, classes = element.tag.rpartition("}")[2], set(element.get("class", "").split())
    return name in ("defs", "script", "style", "desc", "title") or bool(
        classes & {"tooltip-overlay", "background"}
    )


def _dress(element: Any, around: set[str], series: int, chart: Chart) -> None:
    name, classes = element.tag.rpartition("}")[2], set(element.get("class", "").split())
    for one in classes:
        if one.startswith(("serie-", "color-")) and one.rpartition("-")[2].isdecimal():
            series = int(one.rpartition("-")[2])
    inside = around | classes
    for attribute in list(element.attrib):
        if attribute not in KEPT_ATTRIBUTES:
            del element.attrib[attribute]
    looks: dict[str, str] = {}
    if name == "text":
        looks = {"font-family": FONTS, "font-size": str(FONT_SIZE), "fill": INK}
        if "text-overlay" in inside:
            looks |= {"text-anchor": "start", "x": str(float(element.get("x")) - GAP)}
        if "axis" in inside:
            looks |= {"fill": QUIET, "text-anchor": "end" if "y" in inside else "middle"}
            if "y" in inside and not chart.trend:
                above = float(element.get("y")) + FONT_SIZE / 2 - ROW_HEIGHT * len(chart.series) / 2
                looks |= {"text-anchor": "start", "x": "4", "y": str(above)}
    elif name == "path" and "axis" in inside:
        hidden = "y" not in inside if chart.trend else True
        looks = {"fill": "none", "stroke": LINE, "stroke-width": "0" if hidden else "1"}
    elif name == "path":
        looks = {"fill": "none", "stroke": FILLS[0]["fill"], "stroke-width": "2"}
    elif name in ("rect", "circle"):
        looks = FILLS[series if chart.trend else series - 1]
    for attribute, value in looks.items():
        element.set(attribute, value)
    for child in element:
        _dress(child, inside, series, chart)
