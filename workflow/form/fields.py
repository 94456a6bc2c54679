"""The description of a field: its kind, its limits, its section."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType


class Kind(Enum):
    TEXT = "text"
    PHONE = "phone"
    EMAIL = "email"
    NUMBER = "number"
    """Digits that identify something, such as a bank account."""
    QUANTITY = "quantity"
    """A number to compare or count. Stored as its decimal text, so that it is not rounded and 0 is an answer."""
    DATE = "date"
    MONTH = "month"
    CHOICE = "choice"
    ENTERPRISE = "enterprise"
    PROMISE = "promise"


def same_keys(*labels: str) -> Mapping[str, str]:
    return MappingProxyType({label: label for label in labels})


@dataclass(frozen=True)
class Field:
    """One question of the form. `fixed`: comes from the account and is not asked. `secret`: masked in lists.

    `needed`: the reason why no version may omit it. `closed`: the reason why no version may add choices. `further`: added by an
    administrator, with a generated key that is never reused. `used`: whether the version has it.
    """

    key: str
    label: str
    kind: Kind
    required: bool = True
    choices: Mapping[str, str] = field(default_factory=dict)
    help: str = ""
    fixed: bool = False
    secret: bool = False
    longest: int = 60
    wide: bool = False
    needed: str = ""
    closed: str = ""
    used: bool = True
    further: bool = False
    least: str = ""
    most: str = ""
    decimals: int = 0


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    fields: tuple[Field, ...] = ()


F = Field


DAY_KINDS = (Kind.DATE, Kind.MONTH)
