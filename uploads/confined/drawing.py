"""Turns an opened picture or a page of a PDF into the picture that is shown or searched. Runs in the confined process (decoder.py)."""

from __future__ import annotations

import io
import math
from typing import Any

from PIL import Image

from uploads.confined import codes, pictures

TaskResult = tuple[dict[str, Any], bytes]
"""What is written as JSON, and the bytes behind it."""

ORIENTATION = 0x0112
ROTATIONS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""The transposition for each EXIF orientation; the last four exchange width and height."""

JUST_BELOW_ONE = 1 - 1e-9
"""pypdfium2 rounds up to whole pixels: a page of 595.96 points would become 161 wide instead of 160, as 595.96 * (160 / 595.96) is more."""

TRANSPARENT_BY_COLOUR = ("1", "L", "P", "RGB")
"""Modes in which one colour or several may be transparent (ISO/IEC 15948, tRNS), as programs write it that make a PNG smaller.
Pillow leaves that colour as it is until the picture gets a channel for it; it is mostly black."""

JPEG_QUALITY = 85
MAX_JPEG_SIDE = 65_000
"""The maximum width and height of a JPEG."""


def upright_jpeg(picture: Any, width: int, area: int) -> TaskResult:
    """Return the picture as `show_picture` does. Raises OSError when it is truncated."""
    orientation = orientation_of(picture)
    box = box_of(picture, width, area)
    picture.draft(None, box)
    picture = in_scalable_mode(pictures.opaque_if_all_transparent(picture))
    picture.thumbnail(box, reducing_gap=2.0)
    if orientation in ROTATIONS:
        picture = picture.transpose(Image.Transpose[ROTATIONS[orientation]])
    return as_jpeg(picture)


def box_of(picture: Any, width: int, area: int) -> tuple[int, int]:
    """Return the size to which the picture is reduced before it is turned upright."""
    across, down = picture.size
    scale = scale_to_fit((down, across) if orientation_of(picture) >= 5 else (across, down), width, area)
    return max(1, round(across * scale)), max(1, round(down * scale))


def orientation_of(picture: Any) -> int:
    """Return the EXIF orientation; 1 (upright) when it is missing or cannot be read.

    Where EXIF has none, Pillow 13's `getexif` returns that of XMP. Browsers ignore XMP (Chromium 156): programs that turn a picture
    and drop its EXIF leave the old value there.
    """
    try:
        picture.getexif()  # a PNG reads the rest of its file only now
        exif = Image.Exif()
        exif.load(picture.info.get("exif"))
        found = exif.get(ORIENTATION, 1)
    except Exception:  # many programs write broken EXIF data; the picture itself is fine
        return 1
    return found if found in ROTATIONS else 1


def in_scalable_mode(picture: Any) -> Any:
    """Return the picture in a mode that can be scaled: without a palette, with 8 bits per channel."""
    if picture.mode.startswith("I"):
        return picture.point(lambda value: value / 256).convert("L")
    if picture.mode == "PA" or ("transparency" in picture.info and picture.mode in TRANSPARENT_BY_COLOUR):
        return picture.convert("RGBA")
    return picture.convert("RGB") if picture.mode in ("1", "P") else picture


def on_white(picture: Any) -> Any:
    """Return the picture without transparency."""
    if picture.mode not in ("RGBA", "LA", "RGBa", "La"):
        return picture
    picture = picture.convert("RGBA")
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def as_jpeg(picture: Any) -> TaskResult:
    """Return the picture as a JPEG without metadata of the file: no EXIF, no location, no comment."""
    picture = on_white(picture)
    if picture.mode not in ("RGB", "L"):
        picture = picture.convert("RGB")
    made = Image.new(picture.mode, picture.size)
    made.paste(picture)
    out = io.BytesIO()
    made.save(out, "JPEG", quality=JPEG_QUALITY)
    return {"width": made.width, "height": made.height}, out.getvalue()


def scale_to_fit(size: tuple[float, float], width: int, area: int, largest: float = 1.0) -> float:
    """Return the scale factor for at most `width` pixels in width and `area` pixels altogether; at most `largest`."""
    across, down = size
    return min(
        largest,
        width / across,
        math.sqrt(area / (across * down)),
        MAX_JPEG_SIDE / max(across, down),
    )


def draw(document: Any, page: int, width: int, area: int) -> Any:
    """Return a page as a picture `width` pixels wide, with seals, annotations and filled-in fields."""
    document.init_forms()
    sheet = document[page - 1]
    # The size of a page is in points, so it may be scaled up without blur.
    scale = scale_to_fit(sheet.get_size(), width, area, largest=math.inf) * JUST_BELOW_ONE
    return sheet.render(scale=scale, limit_image_cache=True).to_pil()


def grey_picture(picture: Any) -> Any:
    """Return the picture in grey, on white, small enough to be searched."""
    box = (codes.MAX_SIDE, codes.MAX_SIDE)
    picture.draft("L", box)
    picture = in_scalable_mode(pictures.opaque_if_all_transparent(picture))
    picture.thumbnail(box, reducing_gap=2.0)
    return on_white(picture).convert("L")
