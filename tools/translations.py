"""Checks that the English translation is complete. The texts in the code are Chinese; every text of the screens must be marked for translation.

python tools/translations.py check     lists texts that are unmarked, untranslated or wrongly translated; changes nothing
python tools/translations.py update    updates translations/en from the code; a person fills in the empty texts
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment

ROOT = Path(__file__).parents[1]
ENGLISH = ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po"
ROOMS = (
    "accounts",
    "admin_views",
    "administration",
    "common",
    "desk",
    "documents",
    "drafts",
    "enterprises",
    "figures",
    "models",
    "operation",
    "payments",
    "uploads",
    "workflow",
)
METHODS = [*((f"{room}/**.py", "python") for room in ROOMS), ("templates/**.html", "jinja2")]
MARKS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "N_": None,
    "NP_": ((1, "c"), 2),
    "pgettext": ((1, "c"), 2),
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}
HANZI = re.compile(r"[\u4e00-\u9fff]")
PLACEHOLDER = re.compile(r"%\(\w+\)\w|\{\w+\}")
STAYS = "stays Chinese"  # in a comment on the first line of a statement, or on the line of a template: no translation


def extracted_texts() -> Catalog:
    catalogue = Catalog()
    found = extract_from_dir(
        ROOT,
        METHODS,
        {"**": {"silent": "false"}},
        MARKS,
        directory_filter=lambda path: Path(path).name not in ("tests", ".venv"),
    )
    for path, _line, message, _comments, context in found:
        catalogue.add(message, None, [(path, 0)], context=context)
    return catalogue


def english() -> Catalog:
    if not ENGLISH.exists():
        return Catalog(locale="en", project="talent-subsidy", version="1", fuzzy=False, header_comment="")
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def wrong_translations(asked: Catalog, given: Catalog) -> Iterator[str]:
    for message in asked:
        if not message.id:
            continue
        answer = given.get(message.id, message.context)
        places = ", ".join(sorted({path for path, _ in message.locations}))
        if answer is None or not all(_forms(answer.string)) or answer.fuzzy:
            yield f"{places}: no English for {_name(message)}"
            continue
        wanted = set(PLACEHOLDER.findall(_forms(message.id)[-1]))
        for form in _forms(answer.string):
            if set(PLACEHOLDER.findall(form)) != wanted:
                yield f"{places}: other placeholders in the English of {_name(message)}: {form!r}"
            elif form in _forms(message.id) and HANZI.search(form):
                yield f"{places}: the English of {_name(message)} is Chinese"
    for message in given:
        if message.id and asked.get(message.id, message.context) is None:
            yield f"{ENGLISH.relative_to(ROOT)}: no longer in the code (make translations): {_name(message)}"


def unmarked_in_python(path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    fine: set[ast.AST] = set()
    strings = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and STAYS in lines[node.lineno - 1]:
            fine.update(ast.walk(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            fine.add(node.value)  # a docstring
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in MARKS:
            fine.update(each for argument in node.args for each in ast.walk(argument))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and HANZI.search(node.value):
            strings.append(node)
    for node in strings:
        if node not in fine:
            yield f"{path.relative_to(ROOT)}:{node.lineno}: unmarked text {node.value[:60]!r}"


def unmarked_in_template(path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    before: list[str] = []
    for number, kind, value in Environment(extensions=["jinja2.ext.i18n"], autoescape=True).lex(source):
        marked = kind == "string" and _is_argument_of_a_mark(before)
        if kind in ("data", "string") and not marked:
            for line, text in enumerate(value.splitlines(), number):
                if HANZI.search(text) and STAYS not in lines[line - 1]:
                    yield f"{path.relative_to(ROOT)}:{line}: unmarked text {text.strip()[:60]!r}"
        if kind in ("name", "operator", "string"):
            before.append(value)


def _is_argument_of_a_mark(before: list[str]) -> bool:
    for place in range(len(before) - 1, 0, -1):
        if before[place] == "(":
            return before[place - 1] in MARKS
        if before[place] != "," and before[place][0] not in "\"'":
            return False
    return False


def check() -> int:
    complaints = [
        *(
            line
            for room in ROOMS
            for path in sorted((ROOT / room).rglob("*.py"))
            for line in unmarked_in_python(path)
        ),
        *(
            line
            for path in sorted((ROOT / "templates").rglob("*.html"))
            for line in unmarked_in_template(path)
        ),
        *wrong_translations(extracted_texts(), english()),
    ]
    for line in complaints:
        print(line)
    print(f"translations: {len(complaints) or 'nothing'} to mend")
    return 1 if complaints else 0


def update() -> int:
    catalogue = english()
    made = catalogue.creation_date
    catalogue.update(extracted_texts(), no_fuzzy_matching=True)
    catalogue.creation_date = made
    ENGLISH.parent.mkdir(parents=True, exist_ok=True)
    with ENGLISH.open("wb") as file:
        write_po(file, catalogue, width=0, ignore_obsolete=True, include_lineno=False, sort_by_file=True)
    empty = [message for message in catalogue if message.id and not all(_forms(message.string))]
    print(f"{ENGLISH.relative_to(ROOT)}: {len(catalogue)} texts, {len(empty)} without English")
    return 0


def _forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [text or ""] if isinstance(text, str | None) else list(text)


def _name(message: Message) -> str:
    return repr(_forms(message.id)[0])


if __name__ == "__main__":
    actions = {"check": check, "update": update}
    if len(sys.argv) != 2 or sys.argv[1] not in actions:
        sys.exit(__doc__)
    sys.exit(actions[sys.argv[1]]())
