"""A file that its owner removes is deleted, even while a reviewer has it open."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage

from tests.files import samples as files
from uploads import responses
from uploads.preview import Preview, preview
from uploads.receive import discard_file, receive
from uploads.sets import previews, storage


def test_no_preview_remains_of_a_file_removed_during_rendering(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.test_request_context():
        name = receive(FileStorage(io.BytesIO(files.png()), filename="身份证.png")).storage_name

        def drawn_slowly(*given: object) -> Preview:
            made = preview(*given)  # type: ignore[arg-type]
            discard_file(name)
            return made

        monkeypatch.setattr("uploads.preview.preview", drawn_slowly)
        assert responses.send_preview(storage(), previews(), name, "png").status_code == 200
        assert previews().get(name, 1, 900) is None
