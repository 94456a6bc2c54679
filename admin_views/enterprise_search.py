"""How an enterprise is found, whoever looks for one: by part of its name or of its initials, or by how its code begins."""

import re

from sqlalchemy import ColumnElement

from models import Enterprise
from models.search import contains
from workflow.people import normalised
from workflow.words import as_name

LETTERS = re.compile(r"[A-Za-z]+")
CODE = re.compile(r"[0-9A-Z]{1,18}")
LENGTH_OF_A_CODE = 18


def ways(words: str) -> list[ColumnElement[bool]]:
    """Return the ways in which words find enterprises, each served by an index of its own; what any of them finds counts."""
    words = as_name(words)
    found = [contains(Enterprise.name, words)]
    if LETTERS.fullmatch(words):
        found.append(contains(Enterprise.initials, words.lower()))
    code = normalised(words)
    if CODE.fullmatch(code):
        first, last = (code.ljust(LENGTH_OF_A_CODE, filling) for filling in "0Z")
        found.append(Enterprise.credit_code.between(first, last))
    return found
