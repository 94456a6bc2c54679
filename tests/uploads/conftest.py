"""A site with nothing but attachments in it."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import FileStorage

from uploads import sets


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Where the attachments lie."""
    return tmp_path / "attachments"


@pytest.fixture
def app(room: Path) -> Iterator[Flask]:
    made = Flask("attachments")
    made.config.update(ATTACHMENTS_DIR=room, TESTING=True)
    Babel(made, default_locale="zh_Hans_CN")
    sets.register(made)
    with made.app_context():
        yield made


@pytest.fixture
def kept(room: Path) -> Callable[[], list[Path]]:
    """Every file that lies in the room, whatever it is."""
    return lambda: sorted(path for path in room.rglob("*") if path.is_file())


@pytest.fixture
def chosen() -> Callable[[bytes, str], FileStorage]:
    """A file as the browser sends it."""
    return lambda content, name: FileStorage(io.BytesIO(content), filename=name)
