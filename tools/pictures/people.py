"""The invented people of the README's pictures: what they wrote, and what became of their applications."""

from dataclasses import dataclass, field
from datetime import date

from models import Action

TERM = 5
SUBMIT, PASS, RETURN, REFUSE = Action.SUBMIT, Action.PASS, Action.RETURN, Action.REFUSE


@dataclass(frozen=True)
class Step:
    """Something that happened to an application, so many working days ago at an hour of Ordos."""

    days: int
    time: str
    action: Action
    reason: str = ""
    marks: tuple[tuple[str, str], ...] = ()
    """What the desk marked before a return: a field's key or a material's name, and the note."""


@dataclass(frozen=True)
class Person:
    """`identity` lacks its check digit; `begun` is the day of the first step, when 「申请须知」 was read."""

    name: str
    identity: str
    phone: str
    ethnicity: str
    household: str
    school: str
    major: str
    education: str
    degree: str
    graduated: str
    region: str
    industry: str
    position: str
    arrived: str
    account: str
    begun: tuple[int, str]
    steps: tuple[Step, ...] = ()
    political: str = "masses"
    bank: str = "鄂尔多斯银行东胜支行"
    before: tuple[str, str, str] | None = None
    """An earlier employer: since when, where, as what."""
    incomplete: bool = False
    """The contract lacks the page that is signed and sealed until the application has been returned."""
    promoted: str = ""
    """The position as it was corrected after the return."""

    @property
    def contract(self) -> tuple[date, date]:
        """From the arrival on for five years, or as many times five as it takes not to have ended."""
        begins, this_year = date.fromisoformat(self.arrived), date.today().year  # noqa: DTZ011
        terms = max(1, (this_year - begins.year) // TERM + 1)
        return begins, begins.replace(year=begins.year + terms * TERM)


UNSEALED = ("劳动合同", "缺少双方签字盖章页，请补齐全部页后重新上传。")
POSITION = ("position", "与劳动合同不一致，请核对。")
SAME_ACCOUNT = "6217000000009977"
"""Two people gave it: the page of an application says so."""
OUTDATED = ("社会保险缴纳证明", "请提供近三个月内出具的。")

PEOPLE = (
    Person(
        "王晓敏", "15020219960312002", "13847710000", "汉族", "内蒙古自治区包头市昆都仑区", "内蒙古工业大学",
        "电气工程", "master", "master", "2021-06-01", "东胜区", "information", "数据工程师", "2023-07-03",
        "6217000000001288", (4, "09:26"),
        (Step(4, "10:02", SUBMIT), Step(3, "09:40", PASS),
         Step(2, "15:20", RETURN, "补齐后请直接重新提交，不必另打电话。", (POSITION, UNSEALED, OUTDATED))),
        before=("2021-07-01", "包头示例电气研究所", "助理工程师"), incomplete=True,
    ),
    Person(
        "孙浩然", "15262519921104431", "13847710001", "汉族", "内蒙古自治区锡林郭勒盟锡林浩特市", "大连理工大学",
        "材料科学与工程", "master", "master", "2017-06-01", "东胜区", "information", "算法工程师", "2024-03-01",
        "6217000000002295", (9, "08:50"),
        (Step(9, "09:31", SUBMIT), Step(8, "10:15", PASS), Step(7, "16:05", RETURN, marks=(POSITION, UNSEALED)),
         Step(6, "11:20", SUBMIT), Step(3, "14:48", PASS)),
        political="party", before=("2017-07-01", "大连示例软件有限公司", "算法工程师"), incomplete=True,
        promoted="高级算法工程师",
    ),
    Person(
        "阿拉坦其其格", "15272719941222246", "13847710002", "蒙古族", "内蒙古自治区鄂尔多斯市乌审旗", "内蒙古大学",
        "生物工程", "master", "master", "2020-06-01", "高新技术产业开发区", "biology", "研发工程师", "2022-09-01",
        "6217000000003211", (10, "10:12"),
        (Step(10, "10:56", SUBMIT), Step(9, "09:22", PASS), Step(7, "15:31", PASS)),
    ),
    Person(
        "李文博", "15010219930520115", "13847710003", "汉族", "内蒙古自治区呼和浩特市新城区", "华北电力大学",
        "新能源科学与工程", "doctor", "doctor", "2022-06-01", "市直属", "new_energy", "首席研究员", "2022-08-15",
        "6217000000004427", (8, "14:20"),
        (Step(8, "15:06", SUBMIT), Step(6, "09:15", PASS)),
        political="party",
    ),
    Person(
        "乌云塔娜", "15252419970918362", "13847710004", "蒙古族", "内蒙古自治区锡林郭勒盟苏尼特右旗", "天津大学",
        "化学工程与技术", "master", "master", "2022-06-01", "蒙苏经济开发区", "materials", "工艺工程师", "2022-07-18",
        "6217000000005533", (7, "09:05"),
        (Step(7, "09:47", SUBMIT), Step(6, "10:08", PASS), Step(4, "16:22", PASS)),
    ),
    Person(
        "张宇航", "13010519910711237", "13847710005", "汉族", "河北省石家庄市新华区", "西安交通大学",
        "能源与动力工程", "doctor", "doctor", "2020-12-01", "伊金霍洛旗", "new_energy", "氢能系统负责人", "2021-03-01",
        "6217000000006649", (6, "11:18"),
        (Step(6, "13:40", SUBMIT), Step(5, "09:30", PASS), Step(3, "10:12", PASS)),
    ),
    Person(
        "赵静怡", "14010619950203048", "13847710006", "汉族", "山西省太原市迎泽区", "太原理工大学",
        "机械工程", "master", "master", "2020-06-01", "市直属", "equipment", "结构工程师", "2023-04-10",
        "6217000000007755", (5, "16:02"),
        (Step(5, "16:40", SUBMIT), Step(2, "09:55", PASS)),
    ),
    Person(
        "陈思远", "61011319890824319", "13847710007", "汉族", "陕西省西安市雁塔区", "哈尔滨工业大学",
        "控制科学与工程", "doctor", "doctor", "2018-06-01", "高新技术产业开发区", "biology", "质量总监", "2021-05-06",
        "6217000000008861", (4, "08:44"),
        (Step(4, "09:20", SUBMIT), Step(3, "11:02", PASS), Step(1, "14:30", PASS)),
    ),
    Person(
        "刘佳宁", "23010319980615525", "13847710008", "满族", "黑龙江省哈尔滨市南岗区", "吉林大学",
        "计算机科学与技术", "bachelor", "bachelor", "2020-06-01", "东胜区", "information", "后端工程师", "2023-09-04",
        SAME_ACCOUNT, (3, "10:35"),
        (Step(3, "11:10", SUBMIT), Step(1, "10:20", PASS)),
    ),
    Person(
        "高志强", "64010219900407213", "13847710009", "回族", "宁夏回族自治区银川市兴庆区", "兰州大学",
        "化学", "master", "master", "2016-06-01", "东胜区", "information", "项目经理", "2022-11-21",
        SAME_ACCOUNT, (2, "15:12"),
        (Step(2, "15:50", SUBMIT), Step(1, "16:44", PASS)),
    ),
    Person(
        "周雨桐", "37010219990130164", "13847710010", "汉族", "山东省济南市历下区", "山东大学",
        "软件工程", "bachelor", "bachelor", "2021-06-01", "东胜区", "information", "测试工程师", "2024-07-01",
        "6217000000011199", (1, "09:18"),
        (Step(1, "09:58", SUBMIT),),
    ),
    Person(
        "何俊杰", "62010219870916417", "13847710011", "汉族", "甘肃省兰州市城关区", "中国矿业大学",
        "自动化", "master", "master", "2013-06-01", "市直属", "new_energy", "电站运维主管", "2020-06-15",
        "6217000000012205", (15, "09:02"),
        (Step(15, "09:41", SUBMIT), Step(14, "10:25", PASS), Step(11, "15:10", PASS)),
    ),
    Person(
        "白音孟克", "15262219850311033", "13847710012", "蒙古族", "内蒙古自治区兴安盟扎赉特旗", "内蒙古农业大学",
        "农业机械化", "college", "none", "2007-06-01", "伊金霍洛旗", "equipment", "车间主任", "2012-05-07",
        "6217000000013311", (13, "14:06"),
        (Step(13, "14:52", SUBMIT), Step(12, "09:36", PASS),
         Step(10, "16:18", REFUSE, "申请人来鄂(引进)时间早于本政策规定的引进时间，不符合申报条件。")),
    ),
)  # fmt: skip

NEWCOMER = ("巴图", "15270119990426071", "13847710013")
"""Somebody who has not begun yet: name, identity number without its check digit, telephone."""


@dataclass(frozen=True)
class Reviewer:
    """Somebody whom the sample accounts do not have: at an enterprise, or (`office`) at the office of a region."""

    region: str
    login: str
    name: str
    office: bool = field(default=False)


REVIEWERS = (
    Reviewer("伊金霍洛旗", "91150627", "李建国"),
    Reviewer("蒙苏经济开发区", "91150672", "刘洋"),
    Reviewer("伊金霍洛旗", "yijinhuoluo", "斯琴", office=True),
    Reviewer("蒙苏经济开发区", "mengsu", "王磊", office=True),
)

COLLEAGUE = Reviewer("东胜区", "dongsheng2", "其木格", office=True)
"""A second clerk of a desk, who comes last. She has taken an application and written a note on another."""
TAKEN, NOTED, MARKED, SAME = "高志强", "孙浩然", "王晓敏", "刘佳宁"
"""Whose application the colleague took, where the note stands, who got it back with marks, who gave another's bank account."""
NOTE = "已电话联系企业：岗位为今年 3 月晋升，新合同页双方都已盖章。"
