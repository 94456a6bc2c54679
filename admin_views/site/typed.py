"""Normalises typed text: invisible characters, spaces and full-width digits of an input method make no difference."""

import re
import unicodedata
from typing import Any

from flask_babel import gettext

from common import telephones
from common import text as texts
from common.characters import cleaned
from common.identity import normalised

LARGEST = 2**31 - 1
"""The largest integer of PostgreSQL."""


def one_line(text: str | None) -> str | None:
    """Return the text without invisible characters and with single spaces."""
    if text is None:
        return None
    return texts.one_line(text)


def as_name(text: str | None) -> str | None:
    """Return a person's or an enterprise's name without spaces between Chinese characters.

    Raises ValueError, as filters of a field do, with what is wrong with a character that no name can have.
    """
    if text is None:
        return None
    name = texts.as_name(text)
    if fault := texts.name_fault(name):
        raise ValueError(gettext(fault.text, **fault.words))
    return name


def as_typed(text: str | None) -> str | None:
    """Return one line as typed, without invisible and surrounding characters."""
    return None if text is None else cleaned(text)


def as_number(text: str | None) -> str | None:
    """Return a number or code in its normal form: full-width digits become ASCII."""
    return normalised(one_line(text) or "") if text is not None else None


def half_width(text: str | None) -> str | None:
    """Return one line with full-width letters and digits made half-width."""
    return unicodedata.normalize("NFKC", one_line(text) or "") if text is not None else None


def desk_telephone(text: str | None) -> str | None:
    """Return the telephone of a desk, which may be several numbers, with plain hyphens."""
    return None if text is None else telephones.with_plain_dashes(half_width(text) or "")


def row_number(text: str | None) -> int | None:
    """Return an id or version from a form or URL as int; None if it is not a valid one."""
    plain = (text or "").strip()
    if not re.fullmatch("[0-9]{1,10}", plain):
        return None
    return number if (number := int(plain)) <= LARGEST else None


def chosen_id(value: Any) -> int | None:
    """Return the id that a choice of a form names, for its `coerce`; None for none."""
    return row_number(str(value)) if value else None


def telephone(text: str | None) -> str | None:
    """Return a telephone number in the normal form that is stored."""
    return telephones.normalised_telephone(text or "")
