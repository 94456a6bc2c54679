"""What an enterprise's code must look like, whoever writes it: the enterprise itself, or an Excel file."""

import re

from stdnum.cn import uscc

from workflow.words import N_

LONGEST_NAME, LONGEST_CONTACT = 100, 60


def code_fault(code: str) -> str:
    """Return what is wrong with a normalised 统一社会信用代码, as a sentence; "" when nothing is."""
    if not re.fullmatch(r"[0-9A-Z]{18}", code):
        return N_("统一社会信用代码应为 18 位数字或大写字母，请对照营业执照填写。")
    if not uscc.is_valid(code):
        return N_("统一社会信用代码校验位不正确，请对照营业执照核对每一位。")
    return ""
