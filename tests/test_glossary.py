"""One word, one meaning: what `tools/glossary.py` refuses."""

import ast

import pytest

from config import ROOT
from tools import glossary


def modules(**sources: str) -> dict[str, ast.Module]:
    return {name.replace("__", "."): ast.parse(source) for name, source in sources.items()}


def test_the_tree_keeps_to_its_glossary() -> None:
    assert glossary.problems(ROOT) == []


@pytest.mark.parametrize("source", ["def office(): ...", "class office: ...", "async def office(): ..."])
def test_a_second_definition_of_a_public_name_is_refused(source: str) -> None:
    found = list(glossary.second_meanings(modules(desk__a=source, workflow__b="class office: ...")))
    assert len(found) == 1
    assert "desk.a, workflow.b" in found[0]


def test_private_names_and_variables_may_be_alike() -> None:
    same = "limit = 1\ndef _office(): ..."
    assert not list(glossary.second_meanings(modules(desk__a=same, workflow__b=same)))


def test_a_verb_may_be_shared_while_it_is_called_through_its_module() -> None:
    verbs = {"accounts__sessions": "def find(): ...", "accounts__logins": "def find(): ..."}
    through_the_module = modules(**verbs, desk__a="from accounts import sessions\nsessions.find()")
    by_itself = modules(**verbs, desk__a="from accounts.sessions import find\nfind()")
    assert not list(glossary.second_meanings(through_the_module))
    assert list(glossary.second_meanings(by_itself))


@pytest.mark.parametrize(
    ("word", "defined"), [("Office", True), ("Office.name", True), ("a.Office", True), ("Place", False)]
)
def test_a_code_word_of_the_glossary_has_to_exist(word: str, defined: bool) -> None:
    row = f"| 单位 | **office** | `{word}` | 是 | is |\n"
    assert (not list(glossary.undefined(row, modules(models__a="class Office:\n    name: str")))) is defined


@pytest.mark.parametrize("source", ["def told(): ...", "_told = 1", "TOLD = {}", "class Told: ..."])
def test_a_name_that_has_to_be_guessed_is_refused(source: str) -> None:
    assert list(glossary.riddles(modules(desk__a=source)))


def test_every_name_of_the_exceptions_is_still_shared() -> None:
    """An exception that nothing needs would let a second meaning in later."""
    shared = glossary.shared(glossary.trees(ROOT))
    assert set(glossary.SHARED) <= set(shared)
