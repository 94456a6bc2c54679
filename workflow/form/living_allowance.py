"""The fields of the living allowance, as data. The pictures of the form in the guide are lost; these fields are our reading."""

from types import MappingProxyType

from common.identity import IDENTITY_DOCUMENTS
from common.wording import N_
from models import ExperienceKind
from workflow.form.fields import F, Kind, Section, same_keys

SEXES = MappingProxyType({"male": N_("男"), "female": N_("女")})

YES_NO = MappingProxyType({"yes": N_("是"), "no": N_("否")})

EDUCATIONS = MappingProxyType(
    {
        "doctor": N_("博士研究生"),
        "master": N_("硕士研究生"),
        "bachelor": N_("大学本科"),
        "college": N_("大学专科"),
        "other": N_("其他"),
    }
)

DEGREES = MappingProxyType(
    {"doctor": N_("博士"), "master": N_("硕士"), "bachelor": N_("学士"), "none": N_("无学位")}
)

INDUSTRIES = MappingProxyType(
    {
        "information": N_("新一代信息技术产业"),
        "equipment": N_("高端装备制造产业"),
        "materials": N_("新材料产业"),
        "biology": N_("生物产业"),
        "new_energy_vehicles": N_("新能源汽车产业"),
        "new_energy": N_("新能源产业"),
        "environment": N_("节能环保产业"),
        "digital_creative": N_("数字创意产业"),
        "services": N_("相关服务业"),
    }
)
"""《战略性新兴产业分类（2018）》, National Bureau of Statistics, order 23."""

POLITICAL = MappingProxyType(
    {
        "party": N_("中共党员"),
        "probationary": N_("中共预备党员"),
        "league": N_("共青团员"),
        "democratic": N_("民主党派成员"),
        "independent": N_("无党派人士"),
        "masses": N_("群众"),
    }
)

# fmt: off
ETHNICITIES = same_keys(
    N_("汉族"), N_("蒙古族"), N_("回族"), N_("藏族"), N_("维吾尔族"), N_("苗族"), N_("彝族"), N_("壮族"),
    N_("布依族"), N_("朝鲜族"), N_("满族"), N_("侗族"), N_("瑶族"), N_("白族"), N_("土家族"), N_("哈尼族"),
    N_("哈萨克族"), N_("傣族"), N_("黎族"), N_("傈僳族"), N_("佤族"), N_("畲族"), N_("高山族"), N_("拉祜族"),
    N_("水族"), N_("东乡族"), N_("纳西族"), N_("景颇族"), N_("柯尔克孜族"), N_("土族"), N_("达斡尔族"), N_("仫佬族"),
    N_("羌族"), N_("布朗族"), N_("撒拉族"), N_("毛南族"), N_("仡佬族"), N_("锡伯族"), N_("阿昌族"), N_("普米族"),
    N_("塔吉克族"), N_("怒族"), N_("乌孜别克族"), N_("俄罗斯族"), N_("鄂温克族"), N_("德昂族"), N_("保安族"), N_("裕固族"),
    N_("京族"), N_("塔塔尔族"), N_("独龙族"), N_("鄂伦春族"), N_("赫哲族"), N_("门巴族"), N_("珞巴族"), N_("基诺族"),
    N_("穿青人"), N_("其他未识别民族"), N_("外国血统"), N_("外国国籍"),
)
# fmt: on
"""GB/T 3304-1991, and what the population censuses count besides its 56: 未识别的民族, 外国人加入中国籍. 穿青人, most of the former,
have that word on their identity cards. 外国国籍: a foreign national has none of them."""

EXPERIENCE_KINDS = MappingProxyType({ExperienceKind.STUDY: N_("学习"), ExperienceKind.WORK: N_("工作")})

FROM_ACCOUNT = N_("取自申请人的账号，用来认人。")

CHECKED_DATE = N_("系统核对劳动合同是否有效。")


# fmt: off
SECTIONS = (
    Section("basic", N_("基本信息"), (
        F("name", N_("姓名"), Kind.TEXT, fixed=True, needed=FROM_ACCOUNT),
        F("paper", N_("证件类型"), Kind.CHOICE, fixed=True, choices={key: paper.label for key, paper in IDENTITY_DOCUMENTS.items()}, needed=FROM_ACCOUNT),
        F("identity_number", N_("公民身份号码"), Kind.TEXT, fixed=True, secret=True, needed=FROM_ACCOUNT),
        F("sex", N_("性别"), Kind.CHOICE, choices=SEXES, closed=N_("系统按公民身份号码核对，所以不能增加。")),
        F("birth_date", N_("出生日期"), Kind.DATE),
        F("ethnicity", N_("民族"), Kind.CHOICE, choices=ETHNICITIES),
        F("political", N_("政治面貌"), Kind.CHOICE, choices=POLITICAL),
        F("phone", N_("手机号码"), Kind.PHONE, longest=30, help=N_("审核结果会联系此号码。"), needed=N_("审核结果按它通知本人。")),
        F("email", N_("电子邮箱"), Kind.EMAIL, required=False),
        F("household", N_("户籍所在地"), Kind.TEXT, longest=100, wide=True, help=N_("填到旗县区，例如：内蒙古自治区包头市昆都仑区。在内地没有户籍的填常住的国家或地区。")),
    )),
    Section("schooling", N_("教育情况"), (
        F("school", N_("毕业院校"), Kind.TEXT, longest=100),
        F("major", N_("所学专业"), Kind.TEXT, longest=100),
        F("education", N_("学历"), Kind.CHOICE, choices=EDUCATIONS, needed=N_("审核列表按它筛选。"),
          closed=N_("审核列表按这些选项筛选，所以不能增加。")),
        F("degree", N_("学位"), Kind.CHOICE, choices=DEGREES),
        F("graduated_on", N_("毕业时间"), Kind.MONTH),
        F("full_time", N_("是否全日制"), Kind.CHOICE, choices=YES_NO),
    )),
    Section("employment", N_("工作单位"), (
        F("enterprise_id", N_("工作单位"), Kind.ENTERPRISE, wide=True, needed=N_("它决定由谁审核。")),
        F("industry", N_("所属战略性新兴产业"), Kind.CHOICE, choices=INDUSTRIES),
        F("position", N_("岗位职务"), Kind.TEXT),
        F("arrived_on", N_("来鄂(引进)时间"), Kind.DATE),
        F("contract_start", N_("劳动合同起始时间"), Kind.DATE, needed=CHECKED_DATE),
        F("contract_end", N_("劳动合同终止时间"), Kind.DATE, help=N_("无固定期限合同填 2099-12-31。"), needed=CHECKED_DATE),
        F("insurance_start", N_("社保缴纳起始时间"), Kind.MONTH, help=N_("与社会保险缴纳证明一致。")),
    )),
    Section("bank", N_("银行账户"), (
        F("bank", N_("开户银行"), Kind.TEXT, longest=100, help=N_("填到支行，例如：鄂尔多斯银行东胜支行。")),
        F("bank_account", N_("银行账号"), Kind.NUMBER, secret=True, longest=30, help=N_("本人名下的账号，只填数字。"),
          needed=N_("补贴发到这个账号，系统还核对它是否与他人相同。")),
    )),
    Section("experience", N_("学习工作经历")),
    Section("attachments", N_("附件")),
    Section("promise", N_("承诺"), (
        F("promise", N_("本人承诺"), Kind.PROMISE, wide=True, needed=N_("提交前至少要有一项承诺。"), help=N_(
            "本人承诺所填信息和所传材料真实、准确、完整，所有附件已经所在企业审核、签字并加盖单位公章；"
            "如有虚假，自愿退回补贴并承担相应责任。")),
    )),
)
# fmt: on

FIELDS = {one.key: one for section in SECTIONS for one in section.fields}
