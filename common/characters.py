"""Characters: invisible ones, those allowed in names, and those that most fonts lack.

The ranges below decide, not Python's own Unicode tables: Python 3.11 has Unicode 14 and calls later characters unprintable,
among them characters that were added for names on identity cards.
"""

import re
import unicodedata
from collections.abc import Iterator

from models.spelling import HAN

# --- invisible characters

LINE_BREAKS = "\n\r\v\f\x85\u2028\u2029"
INVISIBLE_RANGES = (
    "\ud800-\udfff\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # surrogates, controls except tab and line breaks
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
"""General category Cc, and Default_Ignorable_Code_Point of Unicode 18.0 (DerivedCoreProperties.txt) without the joiners and
variation selectors below; also U+2800, which looks like a space."""
MONGOLIAN = "\u1800-\u180a\u1810-\u18af"
JOINER_SCRIPTS = f"\u0600-\u08ff\u0900-\u0dff{MONGOLIAN}\u2600-\u27bf\ufe0f\U0001f000-\U0001faff"
"""Scripts in which a joiner changes the glyphs: Arabic, Indic scripts, Mongolian; and emoji."""
INVISIBLE_CHARACTER = re.compile(
    f"[{INVISIBLE_RANGES}]"
    f"|(?<![{JOINER_SCRIPTS}])[\u200c\u200d]"
    f"|(?<![{MONGOLIAN}])[\u180b-\u180f]"
    f"|(?:^|(?<=[\\s{HAN}\ufe00-\ufe0f\U000e0100-\U000e01ef]))[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
"""Variation selectors after Chinese characters are included: they only select a glyph variant, and a search would miss the name."""
BREAK_BETWEEN_HAN = f"(?<=[{HAN}])[{LINE_BREAKS}]+(?=[{HAN}])"
TABS_AND_BREAKS = re.compile(f"[\t{LINE_BREAKS}]+")


def cleaned(text: str) -> str:
    """Return one line of text without invisible characters and surrounding space; nothing else is changed.

    A line break becomes a space; between Chinese characters it is removed.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    visible = INVISIBLE_CHARACTER.sub("", text)
    if TABS_AND_BREAKS.search(visible):
        visible = TABS_AND_BREAKS.sub(" ", re.sub(BREAK_BETWEEN_HAN, "", visible))
    return visible.strip()


def cleaned_lines(text: str) -> str:
    """Return a text of several lines without invisible characters and surrounding space. Line breaks stay."""
    visible = INVISIBLE_CHARACTER.sub("", text).replace("\r\n", "\n").replace("\t", " ")
    return re.sub(f"[{LINE_BREAKS}]", "\n", visible).strip()


# --- characters allowed in names

NAME_CATEGORIES = """
    21-23 25-2A 2C-3B 3F-5D 5F 61-7B 7D A1 A7 AA-AB B5-B7 BA-BB BF-D6 D8-F6 F8-2C1 2C6-2D1 2E0-2E4 2EC 2EE 300-374
    376-37F 386-3F5 3F7-481 483-58C 591-5F4 609-60A 60C-60D 610-61B 61D-6DC 6DF-6E8 6EA-6FC 6FF-70D 710-7F5 7F7-7FD
    800-887 889-88F 897-8E1 8E3-9F1 9FC-AF0 AF9-B6F B71 B82-BEF C00-C77 C80-D4E D54-D57 D5F-D6F D7A-E3A E40-F00
    F04-F12 F14 F18-F19 F20-F29 F35 F37 F39-FBC FC6 FD0-FD4 FD9-109D 10A0-1368 1380-138F 13A0-166C 166E-167F
    1681-17DA 17DC-17E9 1800-180D 180F-193B 1944-19D9 1A00-1B60 1B6B-1B73 1B7D-1FBC 1FBE 1FC2-1FCC 1FD0-1FDB
    1FE0-1FEC 1FF2-1FFC 2010-2027 2030-2043 2045-2051 2053-205E 2071 207D-207F 208D-209F 20D0-20F0 2102 2107
    210A-2113 2115 2119-211D 2124 2126 2128 212A-212D 212F-2139 213C-213F 2145-2149 214E 2160-2188 2308-230B
    2329-232A 2768-2775 27C5-27C6 27E6-27EF 2983-2998 29D8-29DB 29FC-29FD 2C00-2CE4 2CEB-2CFC 2CFE-2E4F 2E52-2E63
    3001-3003 3005-3011 3014-301F 3021-3035 3038-303D 3041-309A 309D-318E 31A0-31BF 31F0-31FF 3400-4DBF 4E00-A48C
    A4D0-A6F7 A717-A71F A722-A788 A78B-A827 A82C A840-AA76 AA7A-AB5A AB5C-AB69 AB6C-D7FB F900-FB28 FB2A-FBB1
    FBD3-FD3F FD50-FD8F FD92-FDC7 FDF0-FDFB FE00-FE61 FE63 FE68 FE6A-FEFC FF01-FF03 FF05-FF0A FF0C-FF1B FF1F-FF3D
    FF3F FF41-FF5B FF5D FF5F-FFDC 10000-10102 10140-10174 101FD-102E0 10300-1031F 1032D-10857 10860-10876
    10880-1089E 108E0-108F5 10900-10915 1091F-109B7 109BE-109BF 10A00-10A3F 10A50-10A7C 10A7F-10A9C 10AC0-10AC7
    10AC9-10AE6 10AF0-10B55 10B60-10B72 10B80-10B9C 10C00-10CF2 10D00-10D85 10E80-10EC7 10ECB-10ED0 10ED9-10F1C
    10F27-10F50 10F55-10FC4 10FE0-1104D 11066-110BC 110BE-110C2 110D0-111DF 11200-11739 1173C-1173E 11740-118E9
    118FF-11C59 11C70-11FB0 11FFF-1342F 13440-16B3B 16B40-16B44 16B50-16B59 16B63-16E7F 16E97-1BC99 1BC9D-1BC9F
    1CCF0-1CCF9 1CF00-1CF46 1D127-1D128 1D165-1D169 1D16D-1D172 1D17B-1D182 1D185-1D18B 1D1AA-1D1AD 1D242-1D244
    1D250-1D252 1D25B-1D25C 1D25F 1D280-1D281 1D400-1D6C0 1D6C2-1D6DA 1D6DC-1D6FA 1D6FC-1D714 1D716-1D734
    1D736-1D74E 1D750-1D76E 1D770-1D788 1D78A-1D7A8 1D7AA-1D7C2 1D7C4-1D7FF 1DA00-1DA36 1DA3B-1DA6C 1DA75 1DA84
    1DA87-1DAAF 1DF00-1E14E 1E290-1E2F9 1E4D0-1E8C4 1E8D0-1E95F 1EE00-1EEBB 1FBF0-1FBF9 20000-3FFFD E0100-E01EF
"""
"""General categories L, M, Nd, Nl and P in hexadecimal, Unicode 18.0 (DerivedGeneralCategory.txt), and all of planes 2 and 3.
Unassigned code points between two such characters are included: later versions fill these gaps with letters."""
NAME_SYMBOLS = " \u00a0\u3000\u202f$+<=>^`|~\u00a2-\u00b4\u00b8\u00d7\u180e\u200c\u200d\u2116\u2122\uff04\uff0b\uff1c-\uff1e\uff3e\uff40\uff5c\uff5e"
"""Spaces, joiners, and symbols that occur in names of enterprises."""
REPLACEMENTS = "?\uff1f\ufffd\u25a1\u3013"
"""What other programs write in place of a character that they cannot encode."""
PRIVATE_USE = "\ue000-\uf8ff\U000f0000-\U0010ffff"
"""Private use: each font may draw its own characters there."""


def _character_class(ranges: str) -> str:
    """Return the content of a regular expression's character class for ranges in hexadecimal."""
    ends = (part.partition("-") for part in ranges.split())
    return "".join(rf"\U{int(first, 16):08x}-\U{int(last or first, 16):08x}" for first, _, last in ends)


FORBIDDEN_IN_NAMES = f"[{REPLACEMENTS}]|[^{re.escape(NAME_SYMBOLS)}{_character_class(NAME_CATEGORIES)}]"

RADICALS = str.maketrans(  # stays Chinese
    "⺁⺟⺠⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻱⻲⻳",
    "厂母民西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龜亀龟",
)
"""Radicals that look like whole characters, and the characters. Text copied from a PDF contains them (EquivalentUnifiedIdeograph.txt)."""
IN_GBK = "\uf92c\uf979\uf995\uf9e7\uf9f1\ufa0c\ufa0d\ufa18\ufa20"
"""Duplicates that GBK contains as characters of their own, so an identity card may have them."""
DUPLICATES = re.compile(f"[\u2f00-\u2fd5]|(?![{IN_GBK}])[\uf900-\ufaff]")
"""Kangxi radicals, and compatibility ideographs: a Korean keyboard writes the surnames 이 and 김 as U+F9E1 and U+F90A (KS X 1001 has
a hanja once for each reading), which no bank and no identity card has for 李 and 金."""

CHINESE_DIGITS = "〇一二三四五六七八九十百"  # stays Chinese
ZERO = re.compile(  # stays Chinese
    rf"(?<=[{CHINESE_DIGITS}])(?:[○◯OＯ0０]+(?=[{CHINESE_DIGITS}])|[○◯]+)|[○◯]+(?=[{CHINESE_DIGITS}])"
)
"""Circles and letters written for 〇: GB 2312 and the keyboards of its time lack it (核工业二○八大队). 张○○ hides a name and stays."""


def without_duplicates(name: str) -> str:
    """Return a name with one code for characters that look the same: ⻢⽂ from a PDF becomes 马文, 二○八 becomes 二〇八."""
    plain = DUPLICATES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), name.translate(RADICALS))
    return ZERO.sub(lambda found: "〇" * len(found[0]), plain)  # stays Chinese


def first_forbidden_in_name(name: str) -> str:
    """Return the first character that is not allowed in a name; "" when there is none."""
    found = re.search(FORBIDDEN_IN_NAMES, name)
    return found[0] if found else ""


# --- characters that most fonts lack

RARE_CHARACTERS = re.compile(  # stays Chinese
    f"[{PRIVATE_USE}\u9feb-\u9fff\U00020000-\U0003ffff][\ufe00-\ufe0f\U000e0100-\U000e01ef]?"
)
"""Characters that fonts of telephones and office computers lack, all or some: Chinese characters beyond the first plane, those
added to it since Unicode 11, and private use."""


def code_point(character: str) -> str:
    """Return the code point of a character, such as U+2EBF0."""
    return f"U+{ord(character[0]):04X}"


def find_rare(text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of characters that many fonts lack."""
    return RARE_CHARACTERS.finditer(text)
