"""Finds a region by what people write for it: its name, its full name from the autonomous region down, or its code.

An import reads regions by it. A spelling that fits two regions finds none.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from common.identity import normalised
from models import Region

ABOVE = ("内蒙古自治区", "内蒙古", "鄂尔多斯市", "鄂尔多斯")  # stays Chinese
"""What may stand before a region's name: 内蒙古自治区鄂尔多斯市东胜区, 鄂尔多斯市东胜区, 鄂尔多斯东胜区."""

KINDS = re.compile(r"(?<=..)(?:自治旗|新区|区|旗|市|县)$")  # stays Chinese
"""What people leave out at the end of a name: 东胜, 伊金霍洛."""

REMARK = re.compile(r"\([^()]*\)$")
CODE = re.compile(r"([0-9]{6})(?:0{6})?(?=[^0-9]|$)")
"""Six digits of GB/T 2260, as the statistics write them perhaps with six zeros more, perhaps before the name."""


def by_spelling(regions: Iterable[Region]) -> Mapping[str, Region]:
    """Return the regions by every spelling that fits only one of them; the exact name and code come first."""
    regions = list(regions)
    fitting: dict[str, list[Region]] = {}
    for region in regions:
        for spelling in set(_spellings(normalised(region.name))):
            fitting.setdefault(spelling, []).append(region)
    found = {spelling: some[0] for spelling, some in fitting.items() if len(some) == 1}
    for region in regions:
        found |= {normalised(region.name): region, normalised(region.code): region}
    return found


def find(text: str, regions: Mapping[str, Region]) -> Region | None:
    """Return the region that is meant, out of those of `by_spelling`; None when it is none or not clear which."""
    written = normalised(text)
    if written in regions:
        return regions[written]
    if (code := CODE.match(written)) and (region := regions.get(code[1])):
        rest = written[code.end() :]
        return region if not rest or find(rest, regions) is region else None
    return next((regions[each] for each in _spellings(written) if each in regions), None)


def _spellings(name: str) -> Iterator[str]:
    """Yield a normalised name as it is and without what people leave out, the longest first."""
    names = [name, REMARK.sub("", name)]
    for above in ABOVE:
        names += [each.removeprefix(above) for each in names if each.startswith(above)]
    yield from names
    yield from (KINDS.sub("", each) for each in names)
