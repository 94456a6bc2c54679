"""Papers as a telephone photographs them: made from the pages of a PDF, so that every property is known."""

import io
import math
import random
from collections.abc import Sequence

import pypdfium2
from PIL import Image, ImageEnhance, ImageFilter

Point = tuple[float, float]


def page_of(pdf: bytes, width: int, page: int = 0) -> Image.Image:
    """One page of a PDF as a picture of this width."""
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    drawn = document[page]
    return drawn.render(scale=width / drawn.get_width()).to_pil().convert("RGB")


def photograph(
    pdf: bytes,
    *,
    width: int = 1300,
    tilt: float = 0.15,
    turned: float = 7,
    blur: float = 0.7,
    quality: int = 60,
    shadow: float = 0.4,
    noise: float = 0.1,
    grey: bool = False,
    seed: int = 0,
) -> bytes:
    """A JPEG of the first page on a table: `tilt` of its side is lost to perspective, `turned` degrees, a shadow across it."""
    chance = random.Random(seed)
    paper = page_of(pdf, round(width * 0.6))
    across, down = paper.size
    height = width * 5 // 4
    left, top, lost = (width - across) / 2, (height - down) / 2, across * tilt
    corners = [
        (left + chance.uniform(0, lost), top + chance.uniform(0, lost)),
        (left + across - chance.uniform(0, lost), top + chance.uniform(0, lost)),
        (left + across, top + down),
        (left, top + down),
    ]
    seen = [_turn(corner, (width / 2, height / 2), math.radians(turned)) for corner in corners]
    mapping = _perspective([(0, 0), (across, 0), (across, down), (0, down)], seen)
    size = (width, height)
    shape = Image.Transform.PERSPECTIVE
    table = Image.new("RGB", size, (120, 95, 70))
    table.paste(
        paper.transform(size, shape, mapping, Image.Resampling.BICUBIC),
        mask=Image.new("L", paper.size, 255).transform(size, shape, mapping),
    )
    darker = ImageEnhance.Brightness(table).enhance(1 - shadow)
    taken = Image.composite(table, darker, Image.linear_gradient("L").resize(size))
    taken = taken.filter(ImageFilter.GaussianBlur(blur))
    taken = Image.blend(taken, Image.effect_noise(size, 50).convert("RGB"), noise)
    out = io.BytesIO()
    (taken.convert("L") if grey else taken).save(out, "JPEG", quality=quality)
    return out.getvalue()


def _turn(point: Point, around: Point, angle: float) -> Point:
    x, y = point[0] - around[0], point[1] - around[1]
    return (
        around[0] + x * math.cos(angle) - y * math.sin(angle),
        around[1] + x * math.sin(angle) + y * math.cos(angle),
    )


def _perspective(flat: Sequence[Point], seen: Sequence[Point]) -> list[float]:
    """The eight coefficients that Pillow wants, by Gauss-Jordan elimination."""
    rows: list[list[float]] = []
    for (u, v), (x, y) in zip(flat, seen, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for place in range(8):
        pivot = max(range(place, 8), key=lambda row: abs(rows[row][place]))
        rows[place], rows[pivot] = rows[pivot], rows[place]
        rows[place] = [value / rows[place][place] for value in rows[place]]
        for other in range(8):
            if other != place:
                factor = rows[other][place]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[place], strict=True)]
    return [row[8] for row in rows]
