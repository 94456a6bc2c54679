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
    """Digits that name something, such as an account."""
    QUANTITY = "quantity"
    """A number that is more or less; kept as its decimal text, so that none is rounded and 0 is an answer."""
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

    `needed`: why no version may leave it out. `closed`: why no version may add choices. `further`: added by an
    administrator, with a generated key that is never reused. `used`: whether the version asks it.
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
