"""tools/restored.py: a whole copy passes, and each thing that a restore can lose or mix up is named."""

import io

import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage

from models import Application, Attachment, Material
from models.secrets import vault
from tests import factories
from tests.files import samples as files
from tools.restored import FILES, complaints
from uploads import attachments
from uploads.receive import receive
from uploads.sets import storage
from worker.sweeping import FILE_COLUMNS
from workflow.review import editing


@pytest.fixture
def kept(app_context: Flask) -> Attachment:
    """An attachment of a complete application, with its file."""
    factories.once_in_the_city()
    application: Application = factories.draft(factories.enterprise())
    material: Material = factories.materials()[0]
    received = receive(FileStorage(io.BytesIO(files.pdf()), filename="合同.pdf"))
    with editing(application.id, application.applicant) as held:
        return attachments.attach(held, material.id, received)


def test_a_complete_backup_has_no_problems(kept: Attachment) -> None:
    assert list(complaints()) == []


def test_a_missing_file_is_reported(kept: Attachment) -> None:
    storage().remove(kept.storage_name)
    (line,) = complaints()
    assert line.startswith(kept.storage_name)


def test_a_file_with_other_content_is_reported(kept: Attachment) -> None:
    storage().path(kept.storage_name).write_bytes(files.pdf(3))
    (line,) = complaints()
    assert line.startswith(kept.storage_name)


def test_a_wrong_encryption_key_is_reported(kept: Attachment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "_keys", {"k1": bytes(32)})
    columns = {line.rsplit(" ", 1)[1] for line in complaints()}
    assert columns == {"identity_number", "bank_account"}


def test_another_digest_key_is_reported_once(kept: Attachment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "_digest_key", bytes(32))
    (line,) = complaints()
    assert "TALENT_DIGEST_KEY" in line


def test_every_column_that_names_a_file_is_checked() -> None:
    assert {str(name) for name, _, _ in FILES} == {str(name) for name in FILE_COLUMNS}
