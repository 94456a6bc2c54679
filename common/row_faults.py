"""The faults of a row of an uploaded table, by column: of a list of enterprises, and of a bank's answer."""

from dataclasses import dataclass, field
from typing import Any

from common.wording import Sentence


@dataclass
class RowFaults:
    """A row that was read. `faults`: at most one of each column."""

    faults: list[tuple[str, Sentence]] = field(default_factory=list, kw_only=True)

    def add_fault(self, column: str, text: str, **words: str) -> None:
        """Add a fault to a column, unless the column has one already."""
        if not any(faulty == column for faulty, _ in self.faults):
            self.faults.append((column, Sentence(text, words)))


def fault_as_json(column: str, sentence: Sentence) -> list[Any]:
    """Return a fault as it is stored."""
    return [column, *sentence.as_json()]
