"""The first rows of every installation: the regions and offices of Ordos, materials, the notice, the settings.

Adds missing rows and never changes existing ones.
"""

from flask_migrate import upgrade
from sqlalchemy import select

from common.settings import DEFAULTS
from config import ROOT
from models import (
    FormVersion,
    Material,
    Notice,
    Office,
    OfficeDuty,
    Region,
    RegionKind,
    Setting,
    db,
    exclusive,
    now,
)
from workflow.form import versions

CITY_OFFICE = "鄂尔多斯市人力资源和社会保障局"
EXPERT_CENTRE = "鄂尔多斯市专家服务中心"

OFFICES = (
    (CITY_OFFICE, OfficeDuty.REGION, "0477-8586912"),
    (EXPERT_CENTRE, OfficeDuty.FINAL, "0477-8587631"),
)
"""The two offices whose telephones the guide names. For banners and parks it says 「见通知里第六部分」; administrators enter them."""

BANNERS = (
    ("150602", "东胜区"),
    ("150603", "康巴什区"),
    ("150621", "达拉特旗"),
    ("150622", "准格尔旗"),
    ("150623", "鄂托克前旗"),
    ("150624", "鄂托克旗"),
    ("150625", "杭锦旗"),
    ("150626", "乌审旗"),
    ("150627", "伊金霍洛旗"),
)
PARKS = (
    ("150671", "高新技术产业开发区"),
    ("150672", "蒙苏经济开发区"),
    ("150673", "空港物流园区(综合保税区)"),
    ("150674", "装备制造基地"),
)
"""Parks have no code in GB/T 2260. These codes are our own; administrators may change them."""

PRINTED_FORM = "引进人才生活补贴申请表"
MATERIALS = (
    ("身份证", "正反两面，字迹和照片清晰，在有效期内。外籍人员上传护照或永久居留身份证。", True),
    (
        "学历学位证书",
        "最高学历的毕业证书和学位证书，以及学信网在线验证报告；境外学历附教育部留学服务中心认证书。",
        True,
    ),
    ("劳动合同", "与现单位签订的劳动合同全文，含起止时间、岗位、双方签字和盖章页。", True),
    ("社会保险缴纳证明", "社保经办机构出具，显示缴纳单位和起始时间。", True),
    (PRINTED_FORM, "本人签字，所在企业审核签字并加盖单位公章。", True),
    ("银行卡复印件", "本人名下银行卡正面，账号清晰，与所填银行账号一致。", True),
    ("其他材料", "主管部门要求补充的材料。", False),
)

NOTICE_VERSION = "2026 年第 1 版"
NOTICE = (ROOT / "commands" / "notice.zh.txt").read_text(encoding="utf-8")


def migrate() -> None:
    """Migrate the database to the newest version."""
    upgrade(directory=str(ROOT / "migrations"))


def fill() -> None:
    """Add the rows that a new installation lacks; a second call changes nothing."""
    with exclusive():
        _offices_and_regions()
        _add_if_empty(
            Material,
            [
                Material(
                    name=name,
                    shows=shows,
                    required=required,
                    position=position,
                    active=True,
                    printed_form=name == PRINTED_FORM,
                )
                for position, (name, shows, required) in enumerate(MATERIALS, 1)
            ],
        )
        _add_if_empty(Notice, [Notice(version=NOTICE_VERSION, body=NOTICE)])
        first = FormVersion(
            number=versions.FIRST, content=versions.to_json(versions.DECLARED), published_at=now()
        )
        _add_if_empty(FormVersion, [first])
        known = set(db.session.scalars(select(Setting.key)))
        db.session.add_all(
            Setting(key=key, value=value, explanation=explanation)
            for key, (value, explanation) in DEFAULTS.items()
            if key not in known
        )


def _add_if_empty(table: type, rows: list[object]) -> None:
    if db.session.scalar(select(table).limit(1)) is None:
        db.session.add_all(rows)


def _offices_and_regions() -> None:
    if db.session.scalar(select(Region.id).limit(1)) is not None:
        return
    offices = {name: Office(name=name, duty=duty, telephone=telephone) for name, duty, telephone in OFFICES}
    regions = [Region(code="150600", name="市直属", kind=RegionKind.CITY, office=offices[CITY_OFFICE])]
    for code, name in BANNERS:
        regions.append(
            Region(
                code=code,
                name=name,
                kind=RegionKind.BANNER,
                office=Office(name=f"{name}人力资源和社会保障局"),
            )
        )
    for code, name in PARKS:
        regions.append(
            Region(code=code, name=name, kind=RegionKind.PARK, office=Office(name=f"{name}人才业务主管部门"))
        )
    for position, region in enumerate(regions):
        region.position = position
    db.session.add_all([*offices.values(), *regions])
