"""Surnames that have their own reading, with another initial letter than the character has in other words.

Sources: readings that dictionaries mark 姓, as published in the table 读音完全不同的姓氏 of 《姓氏杂谈：特殊读音的姓氏辨析》 and the list
特定读音 of 《容易错读错认的姓氏》, read in November 2026; for 百家姓 the table of the npm package pinyin 4.0.0-alpha.2, which agrees
except for 蔚 (wei) and 隗 (kui). The other reading is from Unicode's Unihan database, as in pypinyin 0.55.0.
Surnames whose readings have the same initial are left out (任 rén, rèn): their initials do not differ.
"""

from typing import NamedTuple


class Reading(NamedTuple):
    """The syllables, without tones: `surname` as a surname, `elsewhere` in other words."""

    surname: str
    elsewhere: str


# fmt: off
SURNAMES = {  # stays Chinese
    "乜": Reading("nie", "mie"),
    "乐": Reading("yue", "le"),  # 乐 Lè is a surname as well, and a rarer one
    "乾": Reading("qian", "gan"),
    "仇": Reading("qiu", "chou"),
    "佴": Reading("nai", "er"),
    "区": Reading("ou", "qu"),
    "单": Reading("shan", "dan"),
    "句": Reading("gou", "ju"),
    "召": Reading("shao", "zhao"),
    "宓": Reading("mi", "fu"),
    "宿": Reading("su", "xiu"),
    "强": Reading("qiang", "jiang"),
    "折": Reading("she", "zhe"),
    "晟": Reading("cheng", "sheng"),
    "曾": Reading("zeng", "ceng"),
    "查": Reading("zha", "cha"),
    "炅": Reading("gui", "jiong"),
    "炔": Reading("gui", "que"),
    "盛": Reading("sheng", "cheng"),
    "瞿": Reading("qu", "ju"),
    "莞": Reading("guan", "wan"),
    "祭": Reading("zhai", "ji"),
    "秘": Reading("bi", "mi"),
    "种": Reading("chong", "zhong"),
    "粘": Reading("nian", "zhan"),
    "繁": Reading("po", "fan"),
    "翟": Reading("zhai", "di"),  # 翟 Dí is a surname as well, and a rarer one
    "莘": Reading("shen", "xin"),
    "蔚": Reading("yu", "wei"),
    "藏": Reading("cang", "zang"),
    "褚": Reading("chu", "zhu"),
    "覃": Reading("qin", "tan"),  # 覃 Tán is a surname as well, and a rarer one
    "解": Reading("xie", "jie"),
    "谌": Reading("chen", "shen"),
    "适": Reading("kuo", "shi"),
    "逄": Reading("pang", "feng"),
    "郄": Reading("qie", "xi"),
    "郇": Reading("xun", "huan"),
    "郗": Reading("xi", "chi"),
    "重": Reading("chong", "zhong"),
    "钭": Reading("tou", "dou"),
    "铫": Reading("yao", "diao"),
    "镡": Reading("tan", "xin"),
    "阚": Reading("kan", "han"),
    "隗": Reading("wei", "kui"),  # 隗 Kuí is a surname as well
    "万俟": Reading("mo qi", "wan si"),
    "尉迟": Reading("yu chi", "wei chi"),
    "澹台": Reading("tan tai", "dan tai"),
    "长孙": Reading("zhang sun", "chang sun"),
}

TRANSLITERATED = {  # stays Chinese
    "单增": Reading("dan zeng", "shan zeng"),
    "召日": Reading("zhao ri", "shao ri"),
    "召那": Reading("zhao na", "shao na"),
    "查干": Reading("cha gan", "zha gan"),
    "查苏": Reading("cha su", "zha su"),
}
"""Beginnings of Mongolian and Tibetan names, which have no surname (čagaan, časun, jol, bstan 'dzin). They have the reading of other
words. Somebody who takes the first character for a surname searches by the surname's reading."""
# fmt: on

LONGEST_GIVEN_NAME = 2
"""Characters after a surname. A longer name, or one with a dot, is a transliteration, whatever its first character."""
