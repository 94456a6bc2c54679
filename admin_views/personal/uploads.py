"""Uploading in parts by tus 1.0 (https://tus.io/protocols/resumable-upload): creation, termination, expiration (A21).

A file that broke off goes on where it was. Once all parts are there, `finish_upload` does what the plain form does with a
whole file. Nothing but the content of a file comes this way: without scripts the form of attachments.py sends it whole.
"""

import base64
import re
from http import HTTPStatus
from typing import Any

from flask import Response, abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import ClientDisconnected
from werkzeug.http import http_date

from admin_views.site.base import expose
from common.errors import ActionRefused, NoticeUnread, NotPermitted
from models import Application, PartialUpload, now
from uploads import attachments, partial
from uploads.attachments import TooManyFiles, TooMuchStored
from uploads.errors import CheckUnavailable, Fault, FileRefused, StorageUnavailable, UploadError
from uploads.file_regions import readable_twice
from uploads.limits import MAX_BYTES
from uploads.receive import Received, discard_file, receive
from uploads.sets import parts
from workflow.review import editing

VERSION = "1.0.0"
PART = "application/offset+octet-stream"
CHUNK_BYTES = 64 * 1024
"""Bytes read at once: so much at most is lost of a part during which the connection breaks."""

SHA256 = re.compile(r"[0-9a-f]{64}")


class UploadRoutes:
    """The routes of uploads in parts. A part is at most as large as any form may be (uploads/limits.py)."""

    exposed_routes: tuple[str, ...] = (
        "create_upload",
        "upload_offset",
        "upload_part",
        "terminate_upload",
        "overridden_method",
        "finish_upload",
        "discard_upload",
    )
    get_one: Any
    get_url: Any

    @expose("/<number>/uploads/", methods=("POST",))
    def create_upload(self, number: str) -> Any:
        """Begin an upload: its name, its material and its size are known, none of its content is here."""
        found = self.get_one(number)
        size = _number("Upload-Length")
        given = _metadata()
        material = given.get("material", "")
        if size is None or not given.get("filename") or not re.fullmatch(r"\d{1,9}", material):
            abort(HTTPStatus.BAD_REQUEST)
        sha256 = given.get("sha256", "")
        try:
            with editing(found.id, current_user) as application:
                attachments.require_room(application, int(material))
                upload, displaced = partial.begin(
                    application.id,
                    int(material),
                    given["filename"],
                    size,
                    sha256 if SHA256.fullmatch(sha256) else "",
                )
        except FileRefused as refused:
            return _refused(str(refused), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except ActionRefused as refusal:
            return _refused(refusal_text(refusal))
        for token in displaced:
            parts().remove(token)
        answer = _answer(HTTPStatus.CREATED, upload)
        answer.headers["Location"] = self.get_url(".upload_part", number=number, token=upload.token)
        return answer

    @expose("/<number>/uploads/<token>/", methods=("HEAD",))
    def upload_offset(self, number: str, token: str) -> Response:
        """Say how much of an upload is here."""
        return _answer(HTTPStatus.OK, self._upload(self.get_one(number), token))

    @expose("/<number>/uploads/<token>/", methods=("PATCH",))
    def upload_part(self, number: str, token: str) -> Response:
        """Take the next part; what came of one that broke off is kept too."""
        found = self.get_one(number)
        self._upload(found, token)  # before a stranger's content is read
        if request.headers.get("Tus-Resumable") != VERSION:
            return _answer(HTTPStatus.PRECONDITION_FAILED)
        if request.mimetype != PART:
            abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        offset = _number("Upload-Offset")
        if offset is None:
            abort(HTTPStatus.BAD_REQUEST)
        try:
            upload = partial.append(found.id, token, offset, _content())
        except LookupError:
            abort(HTTPStatus.NOT_FOUND)
        except partial.WrongOffset as wrong:
            answer = _answer(HTTPStatus.CONFLICT)
            answer.headers["Upload-Offset"] = str(wrong.received)
            return answer
        except partial.TooLong:
            return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except StorageUnavailable:
            sentence = gettext("文件存储暂时没有响应，已传的部分都还在，恢复后自动继续。")
            return _refused(sentence, HTTPStatus.SERVICE_UNAVAILABLE)
        except UploadError as error:
            return _refused(str(error), HTTPStatus.INSUFFICIENT_STORAGE)
        return _answer(HTTPStatus.NO_CONTENT, upload)

    @expose("/<number>/uploads/<token>/", methods=("DELETE",))
    def terminate_upload(self, number: str, token: str) -> Response:
        """Give an upload up."""
        self._remove(self.get_one(number), token)
        return _answer(HTTPStatus.NO_CONTENT)

    @expose("/<number>/uploads/<token>/", methods=("POST",))
    def overridden_method(self, number: str, token: str) -> Any:
        """Take a part, or give the upload up, by POST: many firewalls let no other method through, and tus provides for it."""
        self._upload(self.get_one(number), token)
        meant = {"PATCH": self.upload_part, "DELETE": self.terminate_upload}
        method = request.headers.get("X-HTTP-Method-Override", "")
        if method not in meant:
            abort(HTTPStatus.BAD_REQUEST)
        return meant[method](number, token)

    @expose("/<number>/uploads/<token>/discard/", methods=("POST",))
    def discard_upload(self, number: str, token: str) -> Any:
        """Give an upload up, by a button of the page."""
        self._remove(self.get_one(number), token)
        flash(gettext("已放弃没有传完的文件。"), "success")
        return redirect(self.get_url(".attachments", number=number))

    @expose("/<number>/uploads/<token>/finish/", methods=("POST",))
    def finish_upload(self, number: str, token: str) -> Any:
        """Inspect a complete upload and attach it, as the plain form does. Asked twice it attaches once."""
        found = self.get_one(number)
        upload = self._upload(found, token)
        if upload.finished_at is None and upload.received < upload.size:
            return _refused(gettext("文件还没有传完。"), HTTPStatus.CONFLICT)
        if upload.finished_at is None:
            try:
                _attach(found, upload)
            except (CheckUnavailable, StorageUnavailable) as error:
                return _refused(str(error), HTTPStatus.SERVICE_UNAVAILABLE)
            except UploadError as error:
                return _refused(str(error))
            except ActionRefused as refusal:
                return _refused(refusal_text(refusal))
            except LookupError:
                abort(HTTPStatus.NOT_FOUND)
        return {"errors": [], "files": 1}

    def _upload(self, found: Application, token: str) -> PartialUpload:
        try:
            return partial.find(found.id, token)
        except LookupError:
            abort(HTTPStatus.NOT_FOUND)

    def _remove(self, found: Application, token: str) -> None:
        try:
            partial.remove(found.id, token)
        except LookupError:
            abort(HTTPStatus.NOT_FOUND)


def _attach(found: Application, upload: PartialUpload) -> None:
    """Attach a complete upload unless a request at the same time has. Raises UploadError, ActionRefused, LookupError."""
    token = upload.token
    received = _received(upload)
    attached = False
    try:
        with editing(found.id, current_user) as application:
            row = partial.find(application.id, token, lock=True)
            if row.finished_at is None:
                attachments.attach(application, row.material_id, received)
                row.finished_at = now()
                attached = True
    except BaseException:
        attached = False
        raise
    finally:
        if not attached:
            discard_file(received.storage_name)
    parts().remove(token)


def _received(upload: PartialUpload) -> Received:
    """Inspect and store a complete upload. Raises UploadError, LookupError when its content is gone."""
    if not upload.size:
        raise FileRefused(Fault.EMPTY, name=upload.display_name)
    try:
        stream = parts().open(upload.token)
    except FileNotFoundError as gone:
        raise LookupError(upload.token) from gone
    with stream:
        received = receive(
            FileStorage(readable_twice(stream), filename=upload.display_name),
            find_form_code=attachments.is_printed_form(upload.material_id),
            small_picture=True,
        )
    try:
        partial.check_content(upload, received.sha256)
    except FileRefused:
        discard_file(received.storage_name)
        raise
    return received


def refusal_text(refusal: ActionRefused) -> str:
    """Return the sentence for a file that was not stored or removed."""
    if isinstance(refusal, NoticeUnread):
        return gettext("请先阅读“申请须知”，再上传附件。")
    if isinstance(refusal, TooManyFiles):
        return gettext("每项材料最多 %(most)s 个文件，请先删除不需要的文件。", most=attachments.MAX_FILES)
    if isinstance(refusal, TooMuchStored):
        return gettext("这份申请先后上传的文件太多，不能再添加。请拨打咨询电话。")
    if isinstance(refusal, NotPermitted):
        return gettext("申请已提交，不能再更改附件。")
    return gettext("此申请或材料已不存在，请返回后重试。")


def _content() -> bytes:
    """Return what comes of the body, also when its connection breaks on the way."""
    content = bytearray()
    try:
        while piece := request.stream.read(CHUNK_BYTES):
            content += piece
    except ClientDisconnected:
        pass
    return bytes(content)


def _number(header: str) -> int | None:
    given = request.headers.get(header, "")
    return int(given) if re.fullmatch(r"\d{1,12}", given) else None


def _metadata() -> dict[str, str]:
    """Return the pairs of Upload-Metadata; what cannot be read is left out."""
    found = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except ValueError:
            continue
    return found


def _refused(sentence: str, status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY) -> Any:
    return {"errors": [sentence], "files": 0}, status, _headers()


def _headers() -> dict[str, str]:
    return {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": "creation,termination,expiration",
        "Tus-Max-Size": str(MAX_BYTES),
        "Cache-Control": "no-store",
    }


def _answer(status: HTTPStatus, upload: PartialUpload | None = None) -> Response:
    answer = Response(status=status, headers=_headers())
    if upload is not None:
        answer.headers["Upload-Offset"] = str(upload.received)
        answer.headers["Upload-Length"] = str(upload.size)
        answer.headers["Upload-Expires"] = http_date(upload.updated_at + partial.LIFETIME)
    return answer
