"""Charts as SVG, drawn on the server by pygal (3.1). Each shows the numbers of a table beside it.

pygal puts a style sheet, scripts and the URL of a script into each picture. The site's Content-Security-Policy forbids all of
them, so pictures are styled by attributes here, and get texts for screen readers.
"""

from functools import lru_cache
from typing import Any, NamedTuple

WIDTH, FONT_SIZE = 340, 14
"""The width of a telephone: a wider picture would be scaled down there, and its text with it."""
NARROW_WIDTH, WIDEST_LABEL = 0.5, 316
"""The width of other than Chinese characters, as a share of the font size; the widest label in pixels."""
FIRST_WIDE = "\u2e80"
ROW_HEIGHT, EDGE, LEGEND = 22, 26, 76
"""Pixels of a bar, and of the label above it; of both edges together; of the legend."""
ROOM_FOR_NUMBERS, GAP = 64, 3
"""Pixels at the right of the longest bar; pixels by which a number is moved towards its bar."""
HALF_A_LABEL = 32
"""Pixels at the right of a trend: its last label is centred below the last point."""
TREND_HEIGHT = 240
MOST_LABELS = 4
MOST_CHARTS = 300
"""Charts that a process caches: equal numbers are not drawn again."""

INK, QUIET, LINE, PAPER = "#1c2430", "#525d6e", "#dbe1e8", "#ffffff"
"""As in static/css/tokens.css."""
FILLS = ({"fill": "#1550b8"}, {"fill": PAPER, "stroke": "#1550b8", "stroke-width": "1.5"})
"""Of the two series: filled and empty, so that nobody has to distinguish colours."""
FONTS = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, WenQuanYi Micro Hei, sans-serif"
KEPT_ATTRIBUTES = {
    *("x", "y", "width", "height", "d", "cx", "cy", "r", "transform", "viewBox", "text-anchor"),
    "xmlns",  # an attribute if lxml is not installed; without it no browser shows the picture
}


class Series(NamedTuple):
    """One series of numbers, a bar or a point for each label; None for no number."""

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
    options: dict[str, Any] = {
        "js": [],
        "css": [],
        "disable_xml_declaration": True,
        "no_prefix": True,
        "width": WIDTH,
        "title": None,
        "show_legend": several,
        "legend_at_bottom": True,
        "style": Style(
            label_font_size=FONT_SIZE if chart.trend else 0,  # 0: no room for labels at the left of bars
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
        drawing = pygal.Line(
            **options,
            height=TREND_HEIGHT,
            fill=False,
            x_labels_major_every=max(1, -(-len(chart.labels) // MOST_LABELS)),
            show_minor_x_labels=False,
        )
        drawing.x_labels = labels
        values = [series.values for series in chart.series]
    else:
        height = ROW_HEIGHT * len(chart.labels) * (len(chart.series) + 1) + EDGE + (LEGEND if several else 0)
        drawing = pygal.HorizontalBar(
            **options, height=height, print_values=True, print_values_position="top", show_x_labels=False
        )
        drawing.add(None, [None] * len(labels))  # the room for a label above its bars
        drawing.x_labels = labels[::-1]  # pygal draws from the bottom up
        values = [series.values[::-1] for series in chart.series]
    for series, numbers in zip(chart.series, values, strict=True):
        drawing.add(series.name, list(numbers))
    drawing.add_xml_filter(lambda root: _without_classes(root, chart))
    return str(drawing.render(is_unicode=True))


def _width(label: str) -> float:
    """Return about how many pixels a label takes."""
    return FONT_SIZE * sum(1 if character >= FIRST_WIDE else NARROW_WIDTH for character in label)


def _shortened(label: str) -> str:
    """Return a label, cut if it is too wide; the table has the whole one."""
    if _width(label) <= WIDEST_LABEL:
        return label
    while _width(label) > WIDEST_LABEL - FONT_SIZE:
        label = label[:-1]
    return f"{label}…"


def _without_classes(root: Any, chart: Chart) -> Any:
    """Style the picture by attributes, remove what the policy forbids or nobody reads, and add the texts for screen readers."""
    for element in list(root.iter()):
        for child in list(element):
            if _is_superfluous(child):
                element.remove(child)
    _style(root, frozenset(), 0, chart)
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
    return _name(element) in ("defs", "script", "style", "desc", "title") or bool(
        _classes(element) & {"tooltip-overlay", "background"}
    )


def _name(element: Any) -> str:
    return str(element.tag.rpartition("}")[2])


def _classes(element: Any) -> frozenset[str]:
    return frozenset(element.get("class", "").split())


def _style(element: Any, outer: frozenset[str], series: int, chart: Chart) -> None:
    """Style an element and everything in it. `outer`: the classes of the elements around it; `series`: the number in them."""
    classes = _classes(element)
    for one in classes:
        if one.startswith(("serie-", "color-")) and one.rpartition("-")[2].isdecimal():
            series = int(one.rpartition("-")[2])
    inside = outer | classes
    for attribute in list(element.attrib):
        if attribute not in KEPT_ATTRIBUTES:
            del element.attrib[attribute]
    for attribute, value in _attributes(element, inside, series, chart).items():
        element.set(attribute, value)
    for child in element:
        _style(child, inside, series, chart)


def _attributes(element: Any, inside: frozenset[str], series: int, chart: Chart) -> dict[str, str]:
    """Return the attributes of an element within these classes."""
    name = _name(element)
    if name == "text":
        return _text_attributes(element, inside, chart)
    if name == "path" and "axis" in inside:
        visible = chart.trend and "y" in inside
        return {"fill": "none", "stroke": LINE, "stroke-width": "1" if visible else "0"}
    if name == "path":
        return {"fill": "none", "stroke": FILLS[0]["fill"], "stroke-width": "2"}
    if name in ("rect", "circle"):
        return FILLS[series if chart.trend else series - 1]  # series 0 of bars is the room for a label
    return {}


def _text_attributes(element: Any, inside: frozenset[str], chart: Chart) -> dict[str, str]:
    attributes = {"font-family": FONTS, "font-size": str(FONT_SIZE), "fill": INK}
    if "text-overlay" in inside:  # the number at the end of a bar
        attributes |= {"text-anchor": "start", "x": str(float(element.get("x")) - GAP)}
    if "axis" in inside:
        attributes |= {"fill": QUIET, "text-anchor": "end" if "y" in inside else "middle"}
        if "y" in inside and not chart.trend:  # the label of a bar stands above it
            above = float(element.get("y")) + FONT_SIZE / 2 - ROW_HEIGHT * len(chart.series) / 2
            attributes |= {"text-anchor": "start", "x": "4", "y": str(above)}
    return attributes
