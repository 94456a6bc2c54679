"""What an enterprise's code and telephone must look like, whoever writes them: itself, or an Excel file."""

import re

from stdnum.cn import uscc

from workflow.words import N_

MOBILE = r"1[3-9]\d{9}"
LANDLINE = r"0\d{2,3}-?\d{7,8}(-\d{1,6})?|\d{7,8}|400\d{7}"
LONGEST_NAME, LONGEST_CONTACT, LONGEST_TELEPHONE = 100, 60, 30


def code_fault(code: str) -> str:
    """Return what is wrong with a normalised 统一社会信用代码, as a sentence; "" when nothing is."""
    if not re.fullmatch(r"[0-9A-Z]{18}", code):
        return N_("统一社会信用代码应为 18 位数字或大写字母，请对照营业执照填写。")
    if not uscc.is_valid(code):
        return N_("统一社会信用代码校验位不正确，请对照营业执照核对每一位。")
    return ""


def telephone_fault(telephone: str) -> str:
    """Return what is wrong with a telephone number, as a sentence; "" when nothing is."""
    if not re.fullmatch(f"{MOBILE}|{LANDLINE}", telephone):
        return N_("请填写手机号码，或带区号的固定电话，例如 0477-8123456。")
    return ""
