"""A stranger's file leaves as a download that no browser opens in place; what is shown is ours."""

import os
import time
from datetime import timedelta

import pytest

from tests.files import samples as files
from uploads.errors import NoPreview
from uploads.preview import PreviewCache
from uploads.receive import discard_file, receive
from uploads.responses import send_original, send_preview
from uploads.sets import previews, storage
from uploads.sweeping import sweep


@pytest.fixture
def received(app, chosen):
    return receive(chosen(files.pdf(), '劳动合同 "2026".pdf'))


def original(received):
    return send_original(storage(), received.storage_name, received.display_name, received.content_type)


def picture(received, page=1, width=160):
    return send_preview(storage(), previews(), received.storage_name, received.extension, page, width)


def test_an_original_is_downloaded_completely_with_its_name(app, received):
    with app.test_request_context():
        answer = original(received)
        answer.direct_passthrough = False
        assert answer.get_data() == files.pdf()
        assert answer.content_length == len(files.pdf())
        assert answer.headers["Content-Disposition"] == (
            'attachment; filename="attachment.pdf"; '
            "filename*=UTF-8''%E5%8A%B3%E5%8A%A8%E5%90%88%E5%90%8C%20_2026_.pdf"
        )


def test_an_original_is_a_download_and_is_not_cached(app, received):
    with app.test_request_context():
        headers = original(received).headers
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Cache-Control"] == "private, no-store"


def test_files_are_sent_with_a_stricter_policy_than_pages(app, received):
    app.add_url_rule("/original", "original", view_func=lambda: original(received))
    app.add_url_rule("/picture", "picture", view_func=lambda: picture(received))
    for address in ("/original", "/picture"):
        answer = app.test_client().get(address)
        assert answer.status_code == 200
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.data[:2] == b"\xff\xd8"
    assert app.test_client().get("/original").data == files.pdf()


def test_a_name_from_an_old_row_cannot_break_the_header(app, received):
    with app.test_request_context():
        answer = send_original(storage(), received.storage_name, 'a"\r\nX: y;é.pdf', "application/pdf")
    disposition = answer.headers["Content-Disposition"]
    assert disposition == "attachment; filename=\"attachment.pdf\"; filename*=UTF-8''a_%20X_%20y%3B%C3%A9.pdf"


def test_a_preview_is_shown_in_place_and_must_be_revalidated(app, received):
    with app.test_request_context():
        answer = picture(received)
    assert answer.mimetype == "image/jpeg"
    assert answer.headers["Content-Disposition"] == "inline"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    previews().forget(received.storage_name)
    storage().path(received.storage_name).write_bytes(b"damaged meanwhile")
    with app.test_request_context(headers={"If-None-Match": answer.headers["ETag"]}):
        again = picture(received)  # neither read nor drawn for a browser that has it
    assert again.status_code == 304


def test_a_preview_is_drawn_once_for_each_page_and_width(app, received):
    with app.test_request_context():
        first = picture(received).get_data()
        storage().path(received.storage_name).write_bytes(b"damaged meanwhile")
        assert picture(received).get_data() == first
        with pytest.raises(NoPreview):
            picture(received, page=2)
        with pytest.raises(NoPreview):
            picture(received, width=900)


def test_deleting_a_file_deletes_its_previews(app, received, chosen, kept):
    other = receive(chosen(files.png(), "证书.png"))
    with app.test_request_context():
        picture(received, 1), picture(received, 2), picture(other)
    discard_file(received.storage_name)
    assert len(kept()) == 2
    with app.test_request_context(), pytest.raises(FileNotFoundError):
        picture(received)
    with app.test_request_context(), pytest.raises(FileNotFoundError):
        original(received)


def test_sweeping_unreferenced_files_deletes_their_previews(app, received, chosen, kept):
    other = receive(chosen(files.png(), "证书.png"))
    with app.test_request_context():
        picture(received), picture(other)
    assert sweep(lambda names: {other.storage_name}, older_than=timedelta(0)) == 1
    assert len(kept()) == 2
    assert sweep(lambda names: set(names)) == 0
    assert len(kept()) == 2


def test_a_preview_is_shown_even_on_a_full_disk(app, received, monkeypatch):
    def full(*_):
        raise OSError("no room")

    monkeypatch.setattr("pathlib.Path.rename", full)
    with app.test_request_context():
        assert picture(received).status_code == 200


def test_unused_previews_are_deleted_and_used_ones_stay(tmp_path):
    cache = PreviewCache(tmp_path)
    names = [f"aa/bb/{letter * 28}" for letter in "cd"]
    for name in names:
        cache.put(name, 1, 160, b"picture")
    long_ago = time.time() - 31 * 86_400
    for path in tmp_path.rglob("*.jpg"):
        os.utime(path, (long_ago, long_ago))
    assert cache.get(names[0], 1, 160) == b"picture"
    assert cache.sweep() == 1
    assert cache.get(names[0], 1, 160) == b"picture"
    assert cache.get(names[1], 1, 160) is None
