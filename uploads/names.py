"""The name that a person gave a file, made fit to be shown and to be saved under by somebody else.

Never names anything on our own disk: what lies there has a random name.
"""

import re
import unicodedata

from uploads.kinds import BY_EXTENSION

LONGEST = 120
"""Characters of a display name; a longer one is cut before its extension."""

NAMELESS = "附件"  # stays Chinese: it is data, the same for whoever reads

# Controls, the marks that turn the reading direction (U+202E shows exe.pdf for fdp.exe), invisible joiners, halves of
# characters; Zl and Zp break the line. Not Cn: what this Python does not know yet may be a character of somebody's name.
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_FORBIDDEN_ON_WINDOWS = re.compile(r'[<>:"|?*]')
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)", re.IGNORECASE)
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,12})$")
# What a Chinese keyboard writes for a dot, and what may stand behind it; letters and digits may be full-width as well.
_TYPED_EXTENSION = re.compile(r"[.．。｡﹒]\s?([A-Za-z0-9Ａ-Ｚａ-ｚ０-９]{1,12})$")


def display_name(filename: str) -> str:
    """Return the name without path, control characters or tricks, at most LONGEST characters, never empty.

    Chinese and the extension stay as they were; doing it twice changes nothing.
    """
    seen = unicodedata.normalize("NFC", "".join(filter(_is_seen, filename)))
    last_part = re.split(r"[/\\]", seen)[-1]
    name = _FORBIDDEN_ON_WINDOWS.sub("_", " ".join(last_part.split())).rstrip(". ")
    stem, extension = _divide(_with_plain_extension(name))
    stem = _cut(stem.lstrip(". "), LONGEST - len(extension))
    if _WINDOWS_DEVICE.match(stem):
        stem = _cut(f"_{stem}", LONGEST - len(extension))
    return (stem or NAMELESS) + extension


def extension_of(name: str) -> str:
    """Return the extension of a display name in lower case without its dot, or "" when there is none."""
    return _divide(name)[1].removeprefix(".").lower()


def renamed(name: str, extension: str) -> str:
    """Return a display name that ends in this extension, in place of the one it has or of none."""
    stem, old = _divide(name)
    if old.removeprefix(".").lower() not in BY_EXTENSION:
        stem = name  # what follows the last dot is part of the name: 身份证2026.11.28
    return f"{_cut(stem, LONGEST - len(extension) - 1)}.{extension}"


def _with_plain_extension(name: str) -> str:
    """Return the name with an extension that was typed as ．ｊｐｇ or 。jpg written as .jpg, if it is one that we know."""
    found = _TYPED_EXTENSION.search(name)
    if found is None:
        return name
    extension = unicodedata.normalize("NFKC", found.group(1))
    return f"{name[: found.start()]}.{extension}" if extension.lower() in BY_EXTENSION else name


def _is_seen(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in _UNSEEN


def _divide(name: str) -> tuple[str, str]:
    found = _EXTENSION.search(name)
    return (name[: found.start()], found.group()) if found else (name, "")


def _cut(stem: str, length: int) -> str:
    return stem[:length].rstrip(". ")
