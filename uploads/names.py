"""Cleans the names of uploaded files, so that they can be shown and downloaded safely.

These names are never used on our own disk: stored files have random names.
"""

import re
import unicodedata

from uploads.kinds import BY_EXTENSION

MAX_LENGTH = 120
"""Maximum length of a display name; a longer one is cut before its extension."""

DEFAULT_NAME = "附件"  # stays Chinese: it is data, the same in every language

# Controls, direction marks (with U+202E, fdp.exe is shown as exe.pdf), invisible joiners, surrogates; Zl and Zp break the
# line. Not Cn: a character that this Python does not know yet may be part of somebody's name.
_INVISIBLE_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")
_FORBIDDEN_ON_WINDOWS = re.compile(r'[<>:"|?*]')
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)", re.IGNORECASE)
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,12})$")
# The dots that Chinese keyboards write, and an extension, which may be in full-width letters and digits.
_TYPED_EXTENSION = re.compile(r"[.．。｡﹒]\s?([A-Za-z0-9Ａ-Ｚａ-ｚ０-９]{1,12})$")


def display_name(filename: str) -> str:
    """Return the name without path, invisible and reserved characters; 1 to MAX_LENGTH characters.

    Chinese characters and the extension do not change. Cleaning a clean name changes nothing.
    """
    visible = unicodedata.normalize("NFC", "".join(filter(_is_visible, filename)))
    last_part = re.split(r"[/\\]", visible)[-1]
    name = _FORBIDDEN_ON_WINDOWS.sub("_", " ".join(last_part.split())).rstrip(". ")
    stem, extension = _split_extension(_with_plain_extension(name))
    stem = _cut(stem.lstrip(". "), MAX_LENGTH - len(extension))
    if _WINDOWS_DEVICE.match(stem):
        stem = _cut(f"_{stem}", MAX_LENGTH - len(extension))
    return (stem or DEFAULT_NAME) + extension


def extension_of(name: str) -> str:
    """Return the extension of a display name in lower case without its dot, or "" when there is none."""
    return _split_extension(name)[1].removeprefix(".").lower()


def renamed(name: str, extension: str) -> str:
    """Return the display name with this extension. It replaces a known extension, and is appended otherwise."""
    stem, old = _split_extension(name)
    if old.removeprefix(".").lower() not in BY_EXTENSION:
        stem = name  # what follows the last dot is part of the name: 身份证2026.11.28
    return f"{_cut(stem, MAX_LENGTH - len(extension) - 1)}.{extension}"


def _with_plain_extension(name: str) -> str:
    """Return the name with a known extension in ASCII: ．ｊｐｇ and 。jpg become .jpg."""
    found = _TYPED_EXTENSION.search(name)
    if found is None:
        return name
    extension = unicodedata.normalize("NFKC", found.group(1))
    return f"{name[: found.start()]}.{extension}" if extension.lower() in BY_EXTENSION else name


def _is_visible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in _INVISIBLE_CATEGORIES


def _split_extension(name: str) -> tuple[str, str]:
    found = _EXTENSION.search(name)
    return (name[: found.start()], found.group()) if found else (name, "")


def _cut(stem: str, length: int) -> str:
    return stem[:length].rstrip(". ")
