"""How an upload goes through a real request: its limits, and a connection that breaks off."""

import io
import socket
import threading

import pytest
from flask import Flask, request
from werkzeug.serving import make_server

from tests.files import samples as files
from uploads.errors import UploadError
from uploads.limits import MAX_FORM_BYTES, MAX_SENT_BYTES, accepts_attachments
from uploads.receive import receive
from uploads.sets import MAX_BYTES, register


@pytest.fixture
def site(app):
    """A form read before the view runs, as CSRF protection does it, and the view."""

    @app.before_request
    def read_the_form():
        return request.form.get("csrf_token") and None

    @app.post("/attachments")
    @accepts_attachments()
    def upload():
        try:
            return receive(request.files.get("file")).display_name
        except UploadError as error:
            return str(error), 422

    @app.post("/form")
    def form():
        return request.form.get("name", "")

    return app


def send(site, content: bytes, name: str = "材料.jpg", address: str = "/attachments"):
    return site.test_client().post(address, data={"csrf_token": "x", "file": (io.BytesIO(content), name)})


def test_a_file_of_20_mb_is_accepted_and_a_larger_one_gets_an_error_beside_the_field(site, kept):
    assert send(site, files.jpg_of(MAX_BYTES)).status_code == 200
    assert len(kept()) == 1
    answer = send(site, files.jpg_of(MAX_BYTES + 1))
    assert answer.status_code == 422
    assert "超过 20 MB" in answer.text
    assert len(kept()) == 1


def test_a_far_too_large_body_is_refused_before_it_is_read(site, kept):
    assert send(site, bytes(MAX_SENT_BYTES + MAX_FORM_BYTES)).status_code == 413
    assert kept() == []


@pytest.mark.parametrize(("address", "size"), [("/attachments", MAX_SENT_BYTES), ("/form", MAX_FORM_BYTES)])
def test_a_refused_body_is_drained_so_that_firefox_shows_the_response(site, address, size):
    body = io.BytesIO(bytes(size + MAX_FORM_BYTES))
    answer = site.test_client().post(
        address,
        input_stream=body,
        content_length=len(body.getvalue()),
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
    assert body.tell() == len(body.getvalue())


def test_a_view_without_attachments_refuses_large_bodies(site):
    assert send(site, bytes(MAX_FORM_BYTES), address="/form").status_code == 413
    assert site.test_client().post("/form", data={"name": "张三"}).text == "张三"


def test_an_interrupted_upload_leaves_no_file(site, kept):
    server = make_server("127.0.0.1", 0, site, threaded=False)
    serving = threading.Thread(target=server.handle_request)
    serving.start()
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        + files.jpg()
        + b"\r\n--x--\r\n"
    )
    with socket.create_connection(server.server_address) as connection:
        connection.sendall(
            b"POST /attachments HTTP/1.1\r\nHost: here\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)
        )
        connection.sendall(body[: len(body) // 2])
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(1000)
    serving.join(timeout=10)
    server.server_close()
    assert b" 400 BAD REQUEST" in answer
    assert kept() == []


def test_a_site_that_would_serve_attachments_to_everybody_does_not_start(tmp_path):
    app = Flask("open")
    app.config.update(ATTACHMENTS_DIR=tmp_path, UPLOADS_AUTOSERVE=True)
    with pytest.raises(RuntimeError, match="UPLOADS_AUTOSERVE"):
        register(app)


def test_only_our_own_views_serve_files(app):
    assert [rule.rule for rule in app.url_map.iter_rules()] == ["/static/<path:filename>"]
