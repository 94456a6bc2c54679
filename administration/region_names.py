"""Finds the region that a text names: by its name, its full name from the autonomous region down, or its code.

Used by the import. A spelling that matches two regions finds none.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from common.identity import normalised
from models import Region

PREFIXES = ("内蒙古自治区", "内蒙古", "鄂尔多斯市", "鄂尔多斯")  # stays Chinese
"""Prefixes of a region's name: 内蒙古自治区鄂尔多斯市东胜区, 鄂尔多斯市东胜区, 鄂尔多斯东胜区."""

SUFFIXES = re.compile(r"(?<=..)(?:自治旗|新区|区|旗|市|县)$")  # stays Chinese
"""Suffixes that people leave out: 东胜, 伊金霍洛."""

REMARK = re.compile(r"\([^()]*\)$")
CODE = re.compile(r"([0-9]{6})(?:0{6})?(?=[^0-9]|$)")
"""Six digits of GB/T 2260. Statistics may add six zeros, and the name may follow the code."""


def by_spelling(regions: Iterable[Region]) -> Mapping[str, Region]:
    """Return the regions by every spelling that matches only one of them. The exact name and code take precedence."""
    regions = list(regions)
    matching: dict[str, list[Region]] = {}
    for region in regions:
        for spelling in set(_spellings(normalised(region.name))):
            matching.setdefault(spelling, []).append(region)
    found = {spelling: some[0] for spelling, some in matching.items() if len(some) == 1}
    for region in regions:
        found |= {normalised(region.name): region, normalised(region.code): region}
    return found


def find(text: str, regions: Mapping[str, Region]) -> Region | None:
    """Return the region that the text names, out of those of `by_spelling`; None when none or more than one matches."""
    written = normalised(text)
    if written in regions:
        return regions[written]
    if (code := CODE.match(written)) and (region := regions.get(code[1])):
        rest = written[code.end() :]
        return region if not rest or find(rest, regions) is region else None
    return next((regions[each] for each in _spellings(written) if each in regions), None)


def _spellings(name: str) -> Iterator[str]:
    """Yield a normalised name, then the name without a remark, prefix or suffix; the longest first."""
    names = [name, REMARK.sub("", name)]
    for prefix in PREFIXES:
        names += [each.removeprefix(prefix) for each in names if each.startswith(prefix)]
    yield from names
    yield from (SUFFIXES.sub("", each) for each in names)
