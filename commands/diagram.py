"""The states of an application as a Mermaid diagram, drawn from the table of transitions and the routes."""

import re
from pathlib import Path

import click

from models import REACHED_BITS, State
from workflow.routing import KIND_WORDS, ROUTES
from workflow.transitions import (
    ACTION_WORDS,
    FIRST_STEP,
    ON_ENTERPRISE_CLOSED,
    ROLE_WORDS,
    STATE_WORDS,
    TAKE_BACKS,
    TRANSITIONS,
    UNRECORDED,
    Transition,
)

BEGIN, END = "<!-- diagram: flask --app app diagram --write README.md -->", "<!-- /diagram -->"


def _targets(row: Transition) -> dict[State, list[str]]:
    """Return the target states of a row, each with the kinds of region whose route has it."""
    if isinstance(row.to, State):
        return {row.to: []}
    found: dict[State, list[str]] = {}
    for kind, route in ROUTES.items():
        if row.to is FIRST_STEP:
            found.setdefault(route[0], []).append(KIND_WORDS[kind])
        elif row.state in route:
            further = [step for step in route if REACHED_BITS[step] > REACHED_BITS[row.state]]
            found.setdefault(further[0] if further else State.FINISHED, []).append(KIND_WORDS[kind])
    return found


def mermaid() -> str:
    """Return the diagram as a Mermaid block."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.DRAFT.value}"]
    lines += [f"    {state.value} : {words}" for state, words in STATE_WORDS.items()]
    for row in (*TRANSITIONS, *TAKE_BACKS, *ON_ENTERPRISE_CLOSED):
        if row.wording == UNRECORDED or row.to is row.state:
            continue
        targets = _targets(row)
        for target, kinds in targets.items():
            regions = f"（{'、'.join(kinds)}）" if len(targets) > 1 else ""
            lines.append(
                f"    {row.state.value} --> {target.value} : {ROLE_WORDS[row.by]}「{ACTION_WORDS[row.action]}」{regions}"
            )
    lines += [f"    {State.FINISHED.value} --> [*]", "```"]
    return "\n".join(lines)


def with_diagram(text: str) -> str:
    """Return a document with the current diagram between its markers. Raises ValueError when it has no markers."""
    if BEGIN not in text or END not in text:
        raise ValueError(f"the document needs the lines {BEGIN} and {END}")
    pattern = re.escape(BEGIN) + r".*?" + re.escape(END)
    return re.sub(pattern, lambda _: f"{BEGIN}\n{mermaid()}\n{END}", text, flags=re.DOTALL)


@click.command("diagram")
@click.option(
    "--check", type=click.Path(path_type=Path), help="Fail unless this file contains the current diagram."
)
@click.option(
    "--write", type=click.Path(path_type=Path), help="Write the diagram into this file, between its markers."
)
def print_diagram(check: Path | None, write: Path | None) -> None:
    """Print the states of an application, drawn from the table of transitions (Mermaid)."""
    if check:
        if mermaid() not in check.read_text():
            raise click.ClickException(
                f"{check} differs from the table: flask --app app diagram --write {check}"
            )
        click.echo(f"{check} agrees with the table")
    elif write:
        write.write_text(with_diagram(write.read_text()))
    else:
        click.echo(mermaid())
