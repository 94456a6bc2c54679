"""Checks the 统一社会信用代码 of an enterprise, from a form or an Excel file."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from stdnum.cn import uscc

from common.wording import N_

LONGEST_NAME, LONGEST_CONTACT = 100, 60

CODE_LENGTH = 18
UNUSED_LETTERS = "IOSVZ"
"""GB 32100-2015, section 4: no code contains them."""
OTHER = N_("其他")


class Department(NamedTuple):
    """登记管理部门, the first character of a 统一社会信用代码. `categories` are its 机构类别 by the second character."""

    label: str
    categories: Mapping[str, str]


DEPARTMENTS: Mapping[str, Department] = MappingProxyType(
    {
        "1": Department(
            N_("机构编制"),
            {"1": N_("机关"), "2": N_("事业单位"), "3": N_("中央编办直接管理机构编制的群众团体"), "9": OTHER},
        ),
        "2": Department(N_("外交"), {"1": N_("外国常驻新闻机构"), "9": OTHER}),
        "3": Department(
            N_("司法行政"),
            {
                "1": N_("律师执业机构"),
                "2": N_("公证处"),
                "3": N_("基层法律服务所"),
                "4": N_("司法鉴定机构"),
                "5": N_("仲裁委员会"),
                "9": OTHER,
            },
        ),
        "4": Department(N_("文化"), {"1": N_("外国在华文化中心"), "9": OTHER}),
        "5": Department(
            N_("民政"), {"1": N_("社会团体"), "2": N_("民办非企业单位"), "3": N_("基金会"), "9": OTHER}
        ),
        "6": Department(
            N_("旅游"),
            {"1": N_("外国旅游部门常驻代表机构"), "2": N_("港澳台地区旅游部门常驻代表机构"), "9": OTHER},
        ),
        "7": Department(N_("宗教"), {"1": N_("宗教活动场所"), "2": N_("宗教院校"), "9": OTHER}),
        "8": Department(N_("工会"), {"1": N_("基层工会"), "9": OTHER}),
        "9": Department(
            N_("工商"), {"1": N_("企业"), "2": N_("个体工商户"), "3": N_("农民专业合作社"), "9": OTHER}
        ),
        "A": Department(N_("中央军委改革和编制办公室"), {"1": N_("军队事业单位"), "9": OTHER}),
        "N": Department(
            N_("农业"),
            {
                "1": N_("组级集体经济组织"),
                "2": N_("村级集体经济组织"),
                "3": N_("乡镇级集体经济组织"),
                "9": OTHER,
            },
        ),
        "Y": Department(OTHER, {"1": OTHER}),
    }
)
"""GB 32100-2015 with its amendment No. 1 of 2016, which added the departments 2 to 4, 6 to 8, A and N; N also in
农经发〔2018〕4号. Departments may add categories without changing the standard, so an unknown category is valid and has no label."""


def code_fault(code: str) -> str:
    """Return what is wrong with a normalised 统一社会信用代码, as a sentence; "" when nothing is.

    Only the check character is computed by python-stdnum 2.2. Its `validate` demands eight leading digits, so it refuses every
    code of the departments A, N and Y; and it accepts eighteen zeros.
    """
    if not re.fullmatch(rf"[0-9A-Z]{{{CODE_LENGTH}}}", code):
        return N_("代码应为 18 位数字或大写字母，请对照营业执照填写。")
    if set(code) & set(UNUSED_LETTERS):
        return N_("代码不使用字母 I、O、S、V、Z，请核对是否为数字 1、0、5、2。")
    if code[0] not in DEPARTMENTS:
        return N_("代码第 1 位（登记管理部门）不正确，请对照营业执照核对。")
    if not code[2:8].isdecimal():
        return N_("代码第 3 至 8 位是行政区划代码，应为数字，请对照营业执照核对。")
    if uscc.calc_check_digit(code) != code[-1]:
        return N_("代码校验位不正确，请对照营业执照核对每一位。")
    return ""


def kind_of_organisation(code: str) -> tuple[str, ...]:
    """Return the labels of the department and the category of a code; without those that the table does not contain."""
    department = DEPARTMENTS.get(code[:1])
    if department is None:
        return ()
    category = department.categories.get(code[1:2])
    return (department.label,) if category is None else (department.label, category)
