"""Spellings of names: dots, capital letters, accents. Names are stored in one spelling and found by any."""

import re
import unicodedata

HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # stays Chinese
"""The ranges of Chinese characters, for a character class of a regular expression. Planes 2 and 3 are reserved for them
(Unicode, chapter 18): extensions B to J and later ones are included."""

DOT = "\u00b7"
"""Separates the parts of a minority name. The notice 民委发〔2016〕33号 of twelve ministries on names in public information systems
(《关于在政府管理和社会公共服务信息系统中统一姓名采集应用规范的通知》, item 1) demands this character: GB 13000 00B7, GB 18030 A1A4."""

# fmt: off
MIDDLE_DOTS = (
    DOT,
    "\u0387",  # GREEK ANO TELEIA
    "\u02d9",  # DOT ABOVE
    "\u119e",  # HANGUL JUNGSEONG ARAEA
    "\u1427",  # CANADIAN SYLLABICS FINAL MIDDLE DOT
    "\u2022",  # BULLET
    "\u2024",  # ONE DOT LEADER
    "\u2027",  # HYPHENATION POINT
    "\u2219",  # BULLET OPERATOR
    "\u22c5",  # DOT OPERATOR
    "\u25cf",  # BLACK CIRCLE
    "\u26ab",  # MEDIUM BLACK CIRCLE
    "\u2981",  # Z NOTATION SPOT
    "\u2e31",  # WORD SEPARATOR MIDDLE DOT
    "\u30fb",  # KATAKANA MIDDLE DOT
    "\u318d",  # HANGUL LETTER ARAEA
    "\ua78f",  # LATIN LETTER SINOLOGICAL DOT
    "\uff65",  # HALFWIDTH KATAKANA MIDDLE DOT
)
"""Characters that input methods, office programs and older systems write for the dot, with their Unicode names."""

FULL_STOPS = (
    ".",
    "\u3002",  # IDEOGRAPHIC FULL STOP
    "\ufe52",  # SMALL FULL STOP
    "\uff0e",  # FULLWIDTH FULL STOP
    "\uff61",  # HALFWIDTH IDEOGRAPHIC FULL STOP
)
"""These count as a dot between Chinese characters only: in "J. Smith" the full stop ends an abbreviation."""

APOSTROPHES = (
    "'",
    "`",  # what old keyboards and typewriters have for it
    "\u02b9",  # MODIFIER LETTER PRIME
    "\u02bb",  # MODIFIER LETTER TURNED COMMA
    "\u02bc",  # MODIFIER LETTER APOSTROPHE
    "\u02bd",  # MODIFIER LETTER REVERSED COMMA
    "\u02be",  # MODIFIER LETTER RIGHT HALF RING
    "\u02bf",  # MODIFIER LETTER LEFT HALF RING
    "\u02cb",  # MODIFIER LETTER GRAVE ACCENT
    "\u055a",  # ARMENIAN APOSTROPHE
    "\u2018",  # LEFT SINGLE QUOTATION MARK
    "\u2019",  # RIGHT SINGLE QUOTATION MARK
    "\u201b",  # SINGLE HIGH-REVERSED-9 QUOTATION MARK
    "\u2032",  # PRIME
    "\u2035",  # REVERSED PRIME
    "\ua78c",  # LATIN SMALL LETTER SALTILLO
)
"""Characters that are written for the apostrophe of a name; most are in confusables.txt of Unicode Technical Standard 39. The acute
accent is not among them: like other accents that stand alone, it becomes a space (NFKC)."""

HYPHENS = (
    "\u02d7",  # MODIFIER LETTER MINUS SIGN
    "\u058a",  # ARMENIAN HYPHEN
    "\u2010",  # HYPHEN, also U+2011, which is one that does not break
    "\u2012",  # FIGURE DASH
    "\u2013",  # EN DASH
    "\u2014",  # EM DASH
    "\u2015",  # HORIZONTAL BAR
    "\u2043",  # HYPHEN BULLET
    "\u2212",  # MINUS SIGN
)
"""Characters that are written for the hyphen between two parts of a name."""

WITHOUT_ACCENT = {
    "\u00e6": "ae", "\u00f0": "d", "\u00f8": "o", "\u00fe": "th", "\u0111": "d", "\u0127": "h", "\u0131": "i", "\u0142": "l", "\u0153": "oe", "\u0167": "t",
}
"""Latin letters that Unicode does not decompose into a letter and an accent."""
# fmt: on

_ONLY_COMMON_HAN = "[\u4e00-\u9fff]*"  # stays Chinese
_DOTS = "".join(map(re.escape, MIDDLE_DOTS))
_STOPS = "".join(map(re.escape, FULL_STOPS))
_DOTS_BETWEEN_HAN = rf"(?<=[{HAN}]) ?[{_DOTS}{_STOPS}]+ ?(?=[{HAN}])"
_MIDDLE_DOTS = rf"[{_DOTS}]+"
_IGNORED_IN_SEARCH = rf"[{_DOTS}{_STOPS}{''.join(APOSTROPHES)}\s]"
_HYPHENS = f"[{''.join(HYPHENS)}]"


def with_one_dot(name: str) -> str:
    """Return the name with U+00B7 for each of its dots, and without spaces around a dot between Chinese characters."""
    return re.sub(_MIDDLE_DOTS, DOT, re.sub(_DOTS_BETWEEN_HAN, DOT, name))


def search_key(name: str) -> str:
    """Return the same key for all spellings of a name: lower case without accents, dots, apostrophes and spaces, and with one
    hyphen. A change of this rule needs a migration that renews the stored keys, as 0048 does."""
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name).casefold())
    plain = "".join(
        WITHOUT_ACCENT.get(letter, letter) for letter in letters if unicodedata.category(letter) != "Mn"
    )
    kept = re.sub(_IGNORED_IN_SEARCH, "", unicodedata.normalize("NFC", plain))
    return kept if kept.isascii() else re.sub(_HYPHENS, "-", kept)


def key_unless_same(name: str | None, length: int) -> str | None:
    """Return the search key of a name, cut to this length; None where it equals the name, as for most Chinese names."""
    if name is None or re.fullmatch(_ONLY_COMMON_HAN, name):
        return None
    key = search_key(name)[:length]
    return None if key == name else key
