"""Templates that `make environment` has compiled are read, and one that has changed since is compiled anew."""

from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, Environment, FileSystemBytecodeCache

from admin_views.site.compiled_templates import CompiledTemplates


def test_a_template_is_compiled_only_if_it_has_changed_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = DictLoader({"page": "{{ name }}您好"})
    Environment(loader=loader, bytecode_cache=FileSystemBytecodeCache(str(tmp_path))).get_template("page")
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    compiled: list[Any] = []
    compile_ = Environment.compile
    monkeypatch.setattr(
        Environment, "compile", lambda *given, **named: compiled.append(given) or compile_(*given, **named)
    )
    site = Environment(loader=loader, bytecode_cache=CompiledTemplates(tmp_path))
    assert site.get_template("page").render(name="王敏") == "王敏您好"
    assert compiled == []
    loader.mapping = {"page": "{{ name }}，再见"}
    assert site.get_template("page").render(name="王敏") == "王敏，再见"
    assert len(compiled) == 1
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == made
