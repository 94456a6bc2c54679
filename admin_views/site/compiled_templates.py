"""Compiled templates beside the code, as Python's own are: compiling all of them takes each process a second and four MiB."""

from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

FOLDER = Path(__file__).parents[2] / "build" / "templates"
"""Made by `make environment` (tools/compile_templates.py)."""


class CompiledTemplates(FileSystemBytecodeCache):
    """Reads what was compiled. A template that is missing or has changed since is compiled in the process, and not kept.

    Who runs the site cannot write beside the code, and what somebody could write into the data is never run.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        super().__init__(str(folder))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep nothing."""
