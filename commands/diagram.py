"""The states of an application and of a grant as Mermaid diagrams, drawn from their tables of transitions."""

import re
from pathlib import Path

import click

from models import REACHED_BITS, GrantAction, GrantState, State
from payments.grant_transitions import (
    FIRST_WORDING,
    GRANT_ACTION_WORDS,
    GRANT_STATE_WORDS,
    GRANT_TRANSITIONS,
    POSSIBLE_TARGETS,
)
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

EXCEPTIONS = (GrantAction.REOPEN, GrantAction.REINSTATE, GrantAction.RECONSIDER)
"""What undoes an end: the state before it is drawn as an end all the same."""

BEGIN, END = "<!-- diagram: flask --app app diagram ", "<!-- /diagram -->"


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


def grant_mermaid() -> str:
    """Return the diagram of a grant as a Mermaid block."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {GrantState.PUBLICIZED.value} : {FIRST_WORDING}"]
    lines += [f"    {state.value} : {words}" for state, words in GRANT_STATE_WORDS.items()]
    for row in GRANT_TRANSITIONS:
        targets = (row.to,) if isinstance(row.to, GrantState) else POSSIBLE_TARGETS[row.to]
        who = ROLE_WORDS[row.by] if row.by is not None else "系统"  # stays Chinese
        lines += [
            f"    {row.state.value} --> {target.value} : {who}「{GRANT_ACTION_WORDS[row.action]}」"
            for target in targets
            if target is not row.state
        ]
    ends = set(GrantState) - {
        row.state for row in GRANT_TRANSITIONS if row.action not in EXCEPTIONS and row.to is not row.state
    }
    lines += [f"    {state.value} --> [*]" for state in GrantState if state in ends]
    return "\n".join([*lines, "```"])


DIAGRAMS = {"application": mermaid, "grant": grant_mermaid}


def with_diagram(text: str, drawn: str) -> str:
    """Return a document with this diagram between its markers. Raises ValueError when it has no markers."""
    if BEGIN not in text or END not in text:
        raise ValueError(f"the document needs a line that begins with {BEGIN}, and the line {END}")
    pattern = f"({re.escape(BEGIN)}[^\n]*\n).*?({re.escape(END)})"
    return re.sub(pattern, lambda found: f"{found[1]}{drawn}\n{found[2]}", text, flags=re.DOTALL)


@click.command("diagram")
@click.option(
    "--of", "subject", type=click.Choice(list(DIAGRAMS)), default="application", help="Whose states."
)
@click.option(
    "--check", type=click.Path(path_type=Path), help="Fail unless this file contains the current diagram."
)
@click.option(
    "--write", type=click.Path(path_type=Path), help="Write the diagram into this file, between its markers."
)
def print_diagram(subject: str, check: Path | None, write: Path | None) -> None:
    """Print the states of an application or a grant, drawn from the table of transitions (Mermaid)."""
    drawn = DIAGRAMS[subject]()
    if check:
        if drawn not in check.read_text():
            raise click.ClickException(
                f"{check} differs from the table: flask --app app diagram --of {subject} --write {check}"
            )
        click.echo(f"{check} agrees with the table")
    elif write:
        write.write_text(with_diagram(write.read_text(), drawn))
    else:
        click.echo(drawn)
