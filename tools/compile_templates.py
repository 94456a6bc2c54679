"""Compiles the templates for admin_views/site/compiled_templates.py: `python -m tools.compile_templates`, as `make environment` does."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from jinja2 import FileSystemBytecodeCache

from admin_views.site.compiled_templates import FOLDER
from app import create_app
from config import ROOT, settings


def main() -> None:
    """Compile all anew: Jinja sees whether a template has changed, but not whether the code has that compiles it."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with TemporaryDirectory() as instance:
        for name in [each for each in os.environ if each.startswith("TALENT_")]:
            del os.environ[name]  # of the machine's site, whose keys and data are no business of this
        os.environ["TALENT_INSTANCE"] = instance
        environment = create_app(settings()).jinja_env
        environment.bytecode_cache = FileSystemBytecodeCache(str(FOLDER))
        folder = ROOT / "templates"
        for path in filter(Path.is_file, folder.rglob("*")):
            environment.get_template(path.relative_to(folder).as_posix())
    for compiled in FOLDER.iterdir():
        compiled.chmod(0o644)


if __name__ == "__main__":
    main()
