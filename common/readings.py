"""Words of names in which a character has another initial letter than by itself.

Names of enterprises and given names need them: 长江 is read chang jiang, 长 alone zhang. Words with a reading of pypinyin's table of
phrases (0.55.0), which costs 30 MB per process, are checked against it by tests/common/test_initials_spelling.py. For the two
characters: 《现代汉语词典》, 长 cháng and 晟 shèng; as a surname 晟 is chéng (common/surnames.py).
"""

import re
from functools import cache

# fmt: off
READINGS = {  # stays Chinese
    "长": "chang", "成长": "cheng zhang", "增长": "zeng zhang", "生长": "sheng zhang", "家长": "jia zhang", "校长": "xiao zhang",
    "长者": "zhang zhe", "长子": "zhang zi",
    "晟": "sheng",
    "银行": "yin hang", "商行": "shang hang", "分行": "fen hang", "支行": "zhi hang", "车行": "che hang", "洋行": "yang hang",
    "行业": "hang ye",
    "重庆": "chong qing", "重组": "chong zu", "重阳": "chong yang",
    "会计": "kuai ji", "厦门": "xia men", "番禺": "pan yu", "伺服": "si fu", "瑜伽": "yu jia", "泊车": "bo che",
    "畜牧": "xu mu", "畜产": "xu chan",
    "音乐": "yin yue", "声乐": "sheng yue", "乐器": "yue qi", "乐团": "yue tuan", "乐队": "yue dui", "乐清": "yue qing",
    "西藏": "xi zang", "藏药": "zang yao",
    "给水": "ji shui", "给排水": "ji pai shui", "供给": "gong ji",
    "调味": "tiao wei", "空调": "kong tiao", "调节": "tiao jie", "调试": "tiao shi", "调解": "tiao jie",
    "弹簧": "tan huang", "弹性": "tan xing", "校准": "jiao zhun", "校验": "jiao yan", "人参": "ren shen",
    "朝晖": "zhao hui", "朝霞": "zhao xia",
}
# fmt: on


@cache
def _words() -> re.Pattern[str]:
    return re.compile(f"({'|'.join(sorted(READINGS, key=len, reverse=True))})")


def split_words(text: str) -> list[str]:
    """Return the text in pieces: every second one is a word of READINGS."""
    return _words().split(text)
