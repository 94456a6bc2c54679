"""A file that cannot be checked at the moment is not blamed, and what the applicant has typed and uploaded stays."""

from __future__ import annotations

import io
from collections import defaultdict
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from models import Attachment, db
from tests import factories
from tests.files import samples
from tests.machine.site import Client
from uploads import decoding
from uploads.decoder_process import DecoderProcess

pytestmark = pytest.mark.guide("A11")

SENTENCE = "暂时无法检查文件，文件没有保存。已填写的内容和已上传的文件都还在，请过几分钟再上传。"


def test_a_person_reads_that_files_cannot_be_checked_and_uploads_later(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with app.app_context():
        draft = factories.draft(factories.enterprise())
        number = draft.number
        first, second = (f"material-{one.id}" for one in factories.materials()[:2])
        with client.session_transaction() as session:
            session.update(factories.session_of(draft.applicant))
    path = f"/personal/application/{number}/attachments/"

    def send(slot: str) -> tuple[int, str]:
        answer = client.send(path, {slot: (io.BytesIO(samples.jpg()), "证件.jpg")}, follow_redirects=True)
        return answer.status_code, answer.text

    assert send(first)[0] == 200
    with monkeypatch.context() as broken:
        broken.setattr(decoding, "_decoders", defaultdict(lambda: DecoderProcess(tmp_path / "missing")))
        status, page = send(second)
    assert status == 422
    slot = page[page.index(f'id="{second}') :]
    assert page.count(SENTENCE) == 1
    assert SENTENCE in slot
    assert "过于复杂" not in page
    assert send(second)[0] == 200
    with app.app_context():
        assert len(db.session.scalars(select(Attachment.id)).all()) == 2
