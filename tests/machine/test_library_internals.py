"""No private attribute or method of a library is used or overridden: an update of the library may change it without a word."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

from tests.machine.requirements import ROOT
from tools.glossary import ROOMS

DOCUMENTED = {
    "_asdict",  # of named tuples
    "_exit",  # of os
    "_fields",  # of named tuples
    "_get_current_object",  # of Werkzeug's LocalProxy
    "_make",  # of named tuples
    "_replace",  # of named tuples
    "_value",  # of WTForms' fields: what stands in the field, for a field of one's own to say
}
"""Names that their libraries document, underscore or not."""

OVERRIDDEN = ROOT / "admin_views" / "site" / "routing.py"
"""The one module that may override private names, each with version, figure and a test that fails when it changes."""


def sources() -> Iterator[Path]:
    yield from (ROOT / "app.py", ROOT / "config.py", ROOT / "gunicorn.conf.py")
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in DOCUMENTED


def defined(tree: ast.AST) -> set[str]:
    """Return the private names that a file of ours gives something to."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    return found


def test_no_private_name_of_a_library_is_used() -> None:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sources()}
    everywhere = set().union(*map(defined, trees.values()))
    found = []
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute) or not is_private(node.attr):
                continue
            own = ast.unparse(node.value) in {"self", "cls", "super()"}
            if node.attr not in (everywhere if own else ()):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}")
    assert not found, "\n".join(found)


def test_no_private_name_of_a_library_is_overridden() -> None:
    found = set()
    for path in sources():
        if path.parent == ROOT or path == OVERRIDDEN:
            continue
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
        written = {node.name: node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                   if isinstance(node, ast.ClassDef)}  # fmt: skip
        for kind in vars(module).values():
            if (
                not inspect.isclass(kind)
                or kind.__module__ != module.__name__
                or kind.__name__ not in written
            ):
                continue
            names = filter(is_private, defined(written[kind.__name__]))
            libraries = [base for base in kind.__mro__ if base.__module__.split(".")[0] not in ROOMS]
            found |= {
                f"{kind.__module__}.{kind.__name__}.{name} of {base.__module__}"
                for name in names
                for base in libraries
                if name in vars(base)
            }
    assert not found, "\n".join(sorted(found))


REPLACED_AS_DOCUMENTED = {"app.wsgi_app"}
"""Flask's documentation wraps it in this way."""


def test_no_method_of_a_library_object_is_replaced() -> None:
    """mypy refuses to replace a method unless a comment permits it."""
    lines = [
        (path.relative_to(ROOT), line.strip())
        for path in sources()
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    replaced = [(path, line) for path, line in lines if "ignore[method-assign]" in line]
    assert {line.partition(" = ")[0] for _, line in replaced} <= REPLACED_AS_DOCUMENTED, replaced


def test_modules_of_libraries_are_imported_as_their_libraries_import_them() -> None:
    changing = {"LazyLoader", "meta_path", "path_hooks"}
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (name := getattr(node, "attr", None) or getattr(node, "id", None)) in changing
    }
    assert not found
