"""Invented people and employers of Ordos, as frequent as they are. Nobody on these pages exists."""

from functools import cache
from random import Random

from common import surnames
from common.initials import Initials, initials, of_person

# fmt: off
SURNAMES = {
    "王": 71, "李": 70, "张": 66, "刘": 52, "陈": 45, "杨": 31, "赵": 29, "黄": 22, "周": 21, "吴": 20, "徐": 17, "孙": 16,
    "胡": 13, "朱": 13, "高": 12, "林": 12, "何": 12, "郭": 12, "马": 12, "罗": 9, "梁": 8, "宋": 8, "郑": 8, "谢": 7,
    "韩": 7, "唐": 7, "冯": 7, "于": 6, "董": 6, "萧": 6, "程": 6, "曹": 6, "袁": 5, "邓": 5, "许": 5, "傅": 5, "沈": 5,
    "曾": 5, "彭": 4, "吕": 4, "苏": 4, "卢": 4, "蒋": 4, "蔡": 4, "贾": 4, "丁": 4, "魏": 4, "薛": 4, "叶": 4, "阎": 3,
    "余": 3, "潘": 3, "杜": 3, "戴": 3, "夏": 3, "钟": 3, "汪": 3, "田": 3, "任": 3, "姜": 3, "范": 3, "方": 3, "石": 3,
    "姚": 3, "谭": 2, "廖": 2, "邹": 2, "熊": 2, "金": 2, "陆": 2, "郝": 2, "孔": 2, "白": 2, "崔": 2, "康": 2, "毛": 2,
    "邱": 2, "秦": 2, "江": 2, "史": 2, "顾": 2, "侯": 2, "邵": 2, "孟": 2, "龙": 2, "万": 2, "段": 2, "雷": 2, "钱": 2,
    "汤": 1, "尹": 1, "黎": 1, "易": 1, "常": 1, "武": 1, "乔": 1, "贺": 1, "赖": 1, "龚": 1, "文": 1, "欧阳": 1,
}
"""A surname with its share of a thousand people, about as the Ministry of Public Security counts them."""

GIVEN = {
    "male": "伟强磊军洋勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林峰建国志文博海东晓云天子昊轩泽宏毅铭睿晨阳翔",
    "female": "芳娜敏静秀娟英华慧巧美雅玲丽燕红梅艳霞萍洁莹雪琳婷悦怡欣佳颖倩蕾薇媛瑶晓敏文思雨梦琪嘉宁若晨曦彤月兰珍琴",
}
"""Characters of given names, the frequent ones first."""

MONGOLIAN = {
    "male": ("巴特尔", "苏和", "朝鲁", "那日苏", "乌力吉", "额尔德尼", "阿拉坦仓", "布和", "图门", "哈斯巴根", "青格勒", "呼和"),
    "female": ("苏日娜", "乌云其其格", "萨仁", "其木格", "娜仁花", "阿拉坦其其格", "托娅", "萨日娜", "斯琴", "乌日娜", "高娃"),
}
MONGOLIAN_BEGINNINGS = frozenset(name[0] for several in MONGOLIAN.values() for name in several)
MONGOLIAN_SHARE = 0.09

BRANDS = ("鼎", "恒", "瑞", "泰", "盛", "华", "金", "源", "天", "亿", "中", "博", "新", "远", "宏", "昊", "汇", "科", "蒙", "北")
SECOND = ("泰", "源", "达", "丰", "通", "创", "腾", "信", "辰", "禾", "晟", "川", "拓", "能", "睿", "诚", "原", "航", "锐", "安")
TRADES = ("新能源", "新材料", "光伏科技", "氢能装备", "储能技术", "煤化工新材料", "大数据服务", "智能制造", "生物医药", "节能环保",
          "风电设备", "半导体材料", "数字科技", "航空技术", "稀土材料")
FORMS = ("有限公司", "有限责任公司", "股份有限公司", "集团有限公司")
# fmt: on


def person(chance: Random, sex: str) -> str:
    """Return a name."""
    if chance.random() < MONGOLIAN_SHARE:
        return chance.choice(MONGOLIAN[sex])
    surname = chance.choices(*_surnames())[0]
    return surname + "".join(_frequent(chance, GIVEN[sex]) for _ in range(1 if chance.random() < 0.14 else 2))


@cache
def _surnames() -> tuple[list[str], list[int]]:
    return list(SURNAMES), list(SURNAMES.values())


def _frequent(chance: Random, letters: str) -> str:
    """Return one of the letters, those at the beginning more often."""
    return letters[int(len(letters) * chance.random() ** 1.7)]


def employer(chance: Random, place: str) -> str:
    """Return what an enterprise of a place could be called."""
    brand = chance.choice(BRANDS) + chance.choice(SECOND)
    return f"{place}{brand}{chance.choice(TRADES)}{chance.choice(FORMS)}"


@cache
def _initial(letter: str) -> str:
    return initials(letter)


def initials_of(name: str) -> str:
    """Return what common.initials returns, which looks at one character at a time; each is looked up once."""
    return "".join(_initial(letter) for letter in name)[:60]


def initials_of_person(name: str) -> Initials:
    """Return what common.initials returns; it is asked only for a name that may have two readings."""
    return of_person(name) if name[:1] in _READ_IN_TWO_WAYS else Initials(initials_of(name), None)


_READ_IN_TWO_WAYS = {beginning[0] for beginning in (*surnames.SURNAMES, *surnames.TRANSLITERATED)}
