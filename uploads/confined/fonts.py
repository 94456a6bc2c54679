"""The fonts for text of a PDF that names a font and does not contain it. Runs in the confined process (decoder.py).

Chinese programs leave the usual fonts out (STSong-Light, SimSun), and so do values typed into a form. pdfium (pypdfium2 5.15.2) looks for
a font in the folders below. Where none has Chinese, as on a Debian with what docs/production.md names, it draws nothing in the text's place
and reports nothing: a reviewer sees an empty form. So the font of our own PDF files comes last in the list.
"""

from __future__ import annotations

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SYSTEM_FOLDERS = (
    "/usr/share/fonts",
    "/usr/share/X11/fonts/Type1",
    "/usr/share/X11/fonts/TTF",
    "/usr/local/share/fonts",
)
"""Where pdfium looks unless it is given folders (core/fxge/linux/fx_linux_impl.cpp)."""


def bundled_folder() -> str:
    """Return the folder of the font that is installed with the site."""
    package = find_spec("noto_cjk_sans_otc")
    if package is None or package.origin is None:
        raise LookupError("the font package noto-cjk-sans-otc is not installed")
    return str(Path(package.origin).parent)


FOLDERS = (*SYSTEM_FOLDERS, bundled_folder())


@cache
def use_folders(folders: tuple[str, ...] = FOLDERS) -> Any:
    """Let pdfium look for fonts in these folders. No document may be open. It reads a folder when a font is missing.

    Returns the list that pdfium uses as long as it runs; the cache keeps it.
    """
    from pypdfium2 import raw

    character = ctypes.POINTER(ctypes.c_char)
    paths = [ctypes.create_string_buffer(folder.encode()) for folder in folders]
    end = character()  # NULL
    found = (character * (len(paths) + 1))(*(ctypes.cast(path, character) for path in paths), end)
    raw.FPDF_DestroyLibrary()
    raw.FPDF_InitLibraryWithConfig(
        raw.FPDF_LIBRARY_CONFIG(version=2, m_pUserFontPaths=ctypes.cast(found, ctypes.POINTER(character)))
    )
    return found
