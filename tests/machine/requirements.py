"""`@pytest.mark.guide("A5")` says which rows of REQUIREMENTS.md a test proves; a whole run ends with those that none does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT.parent / "shared" / "REQUIREMENTS.md"
KEPT = (
    ROOT / "tests" / "requirements.txt"
)  # the same ids with their first words, where the source is not at hand


def read() -> dict[str, str]:
    """Return the first words of each requirement by its id."""
    if SOURCE.exists():
        rows = re.findall(r"^\| ([A-Z]\d+) \| (.+?) \|$", SOURCE.read_text(encoding="utf-8"), re.MULTILINE)
        return {name: words if len(words) <= 80 else words[:79] + "…" for name, words in rows}
    return dict(line.split(" ", 1) for line in KEPT.read_text(encoding="utf-8").splitlines())


REQUIREMENTS = pytest.StashKey[dict[str, str]]()
CARRIED = pytest.StashKey[set[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REQUIREMENTS] = read()
    config.stash[CARRIED] = set()
    config.pluginmanager.register(Reader(config))


def pytest_itemcollected(item: pytest.Item) -> None:
    for mark in item.iter_markers("guide"):
        for name in mark.args:
            if name not in item.config.stash[REQUIREMENTS]:
                raise pytest.UsageError(f"{item.nodeid} proves {name}, which REQUIREMENTS.md does not have")
            item.user_properties.append(("guide", name))


class Reader:
    """Listens to the reports, which arrive from every worker at the process that prints the summary."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self._config.stash[CARRIED].update(
                str(name) for kind, name in report.user_properties if kind == "guide"
            )


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    chosen = (
        config.args_source is pytest.Config.ArgsSource.ARGS or config.option.keyword or config.option.markexpr
    )
    if chosen:
        return
    asked, carried = config.stash[REQUIREMENTS], config.stash[CARRIED]
    missing = [name for name in asked if name not in carried]
    terminalreporter.section("requirements")
    if not missing:
        terminalreporter.write_line("Every requirement is carried by a test.")
        return
    terminalreporter.write_line(f"Requirements that no test carries: {' '.join(missing)}")
    for name in missing:
        terminalreporter.write_line(f"  {name}  {asked[name]}")
