"""One word, one meaning: checks docs/glossary.md against the code, and names in the code against each other. Changes nothing.

python -m tools.glossary     refuses a code word of the glossary that the code does not define, a public function or class that two
modules define with different meanings, and module-level names that a new reader cannot understand
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = (
    "accounts",
    "admin_views",
    "administration",
    "commands",
    "common",
    "desk",
    "documents",
    "drafts",
    "enterprises",
    "figures",
    "operation",
    "models",
    "payments",
    "server",
    "uploads",
    "worker",
    "workflow",
)

CALLED_BY_MODULE = frozenset(
    [
        "begin",
        "check",
        "claim",
        "delete_expired",
        "discard",
        "end",
        "fill",
        "find",
        "fingerprint",
        "prepare",
        "perform",
        "perform_within",
        "postpone",
        "read",
        "register",
        "remove",
        "renew",
        "report",
        "sender",
        "sweep",
        "tell_applicant",
    ]
)
"""Verbs that several modules define. Code calls them through the module: `sessions.find`, `recovery.find`."""

SHARED = {
    "as_name": "the rule in common/text.py, and the filter of form fields that applies it",
    "change_contact": "the function, and the page that calls it",
    "change_password": "the function, and the page that calls it",
    "check_document": "called by decoding, run by tasks in the confined process",
    "check_package": "called by office, run by tasks and packages in the confined process",
    "check_picture": "called by decoding, run by tasks in the confined process",
    "language": "the language of the page, and the address that changes it",
    "one_line": "the rule in common/text.py, and the filter of form fields that applies it",
    "own": "the page of one's own messages, account or second factor, called through its module",
    "process_due": "the worker's step for messages, and for imports",
    "read_sheets": "called by decoding, run by tasks and workbook in the confined process",
    "seconds_left": "the same calculation for two waiting times",
    "use_code": "the function, and the page that calls it",
}
"""Names that two modules may share, each with the reason. Remove a name that is no longer shared."""

PLAIN = {
    "told": "what was cached, returned or sent",
    "kept": "stored, cached",
    "way": "route (of an application), channel (of a message), url, path",
    "ways": "routes, channels, paths",
    "way_to": "url_of",
    "lay": "store",
    "let_go": "release, delete",
    "crowd": "sample_data",
    "town": "database, sample_data",
    "door": "login_kind, login_page",
    "hindrance": "refusal",
    "trouble": "error, fault",
    "beside": "context, proxy",
    "drawn": "rendered, generated",
}
"""Words that readers had to guess, with the plain ones. No module-level definition may have such a name."""

GLOSSARY_ROW = re.compile(r"^\| [^|]+ \| \*\*[^|]+\*\* \| ([^|]+) \|", re.MULTILINE)


def trees(root: Path) -> dict[str, ast.Module]:
    """Return the parsed modules of the rooms by their dotted names."""
    found = {}
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def definitions(module: ast.Module) -> dict[str, ast.stmt]:
    """Return the functions, classes and variables that a module defines at its top level."""
    return {name: node for node in module.body for name in _names_of(node)}


def _names_of(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (
            each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)
        )
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def known_words(modules: Mapping[str, ast.Module]) -> set[str]:
    """Return everything that the glossary may name: packages, modules, definitions, and `Class.attribute`, with and without
    their prefixes."""
    words: set[str] = set()
    for dotted, module in modules.items():
        names = [dotted]
        for name, node in definitions(module).items():
            names.append(f"{dotted}.{name}")
            if isinstance(node, ast.ClassDef):
                names += [f"{dotted}.{name}.{each}" for part in node.body for each in _names_of(part)]
        for whole in names:
            parts = whole.split(".")
            words.update(".".join(parts[start:]) for start in range(len(parts)))
    return words


def undefined(glossary: str, modules: Mapping[str, ast.Module]) -> Iterator[str]:
    """Yield the names in the glossary that the code does not define."""
    known = known_words(modules)
    for cell in GLOSSARY_ROW.findall(glossary):
        for word in re.findall(r"`([^`]+)`", cell):
            if word not in known:
                yield f"docs/glossary.md: the code does not define `{word}`; correct the row"


def shared(modules: Mapping[str, ast.Module]) -> dict[str, list[str]]:
    """Return the public functions and classes that more than one module defines, with the modules."""
    where = defaultdict(list)
    for dotted, module in modules.items():
        for name, node in definitions(module).items():
            if not isinstance(node, ast.Assign | ast.AnnAssign) and not name.startswith("_"):
                where[name].append(dotted)
    return {name: places for name, places in where.items() if len(places) > 1}


def second_meanings(modules: Mapping[str, ast.Module]) -> Iterator[str]:
    """Yield the names that modules share without a reason, and the shared verbs that are imported without their module."""
    found = shared(modules)
    for name, places in sorted(found.items()):
        if name not in CALLED_BY_MODULE and name not in SHARED:
            yield (
                f"`{name}` has a second meaning: {', '.join(places)}. Rename one, or say in SHARED of tools/glossary.py"
                " why they are one"
            )
    for dotted, module in modules.items():
        for node in ast.walk(module):
            if isinstance(node, ast.ImportFrom):
                for name in CALLED_BY_MODULE.intersection(alias.name for alias in node.names):
                    if node.module in found.get(name, ()):
                        yield f"{dotted} imports `{name}` by itself: import {node.module} and call it as a member"


def riddles(modules: Mapping[str, ast.Module]) -> Iterator[str]:
    """Yield the module-level names that consist of a word of PLAIN, with or without an underscore or in capitals."""
    for dotted, module in modules.items():
        for name in definitions(module):
            said = PLAIN.get(name.strip("_").lower())
            if said:
                yield f"{dotted}: `{name}` is not plain; use: {said}"


def problems(root: Path) -> list[str]:
    modules = trees(root)
    glossary = (root / "docs" / "glossary.md").read_text(encoding="utf-8")
    return [*undefined(glossary, modules), *second_meanings(modules), *riddles(modules)]


def main(found: Iterable[str]) -> int:
    lines = list(found)
    print("\n".join(lines) or "docs/glossary.md: one word, one meaning")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(problems(ROOT)))
