"""Pinyin initials, by which clerks search names quickly: 王晓敏 is found by wxm."""

import os

os.environ.setdefault(
    "PYPINYIN_NO_PHRASES", "true"
)  # the table of phrases costs 30 MB a process, and names are not in it


def initials(name: str) -> str:
    """Return the lower-case initials of a name's characters; letters and digits stand for themselves."""
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="default")).lower()[:60]
