"""Search for enterprises: by part of the name, initials, or the start of the credit code; administrators also by telephone."""

import re

from sqlalchemy import ColumnElement

from common import telephones
from common.identity import normalised
from common.text import as_name
from common.wording import N_
from models import Enterprise
from models.search import contains, digits_of
from models.spelling import search_key

LETTERS = re.compile(r"[A-Za-z]+")
CODE = re.compile(r"[0-9A-Z]{1,18}")
CODE_LENGTH = 18
TELEPHONE = re.compile(r"[0-9]{7,15}")
SEARCHED_FOR = N_(
    "可以查：单位名称（全名或其中几个字）、名称的拼音首字母、统一社会信用代码的开头几位或全部、联系电话。"
)
"""The hint that is shown when nothing was found."""


def search_paths(words: str, by_telephone: bool = True) -> list[ColumnElement[bool]]:
    """Return the criteria that find enterprises, each with its own index. A row that meets one of them is found.

    `by_telephone`: also search the contact's telephone, for accounts that see it in their list.
    """
    words = as_name(words)
    found = [contains(Enterprise.name, words)]
    if LETTERS.fullmatch(search_key(words)):
        found.append(contains(Enterprise.initials, words))
    digits = telephones.normalised_telephone(words).replace("-", "")
    if by_telephone and TELEPHONE.fullmatch(digits):
        found.append(digits_of(Enterprise.contact_phone) == digits)
    code = normalised(words)
    if CODE.fullmatch(code):
        first, last = (code.ljust(CODE_LENGTH, filling) for filling in "0Z")
        found.append(Enterprise.credit_code.between(first, last))
    return found
