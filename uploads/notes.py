"""Notes on accepted files, with one sentence for the owner and one for the reviewer.

A note is no reason to refuse a file; those are faults (errors.py).
"""

from collections.abc import Iterable
from enum import StrEnum, auto
from typing import NamedTuple

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


class Note(StrEnum):
    """A note, as a row stores it. The sentences are in `WORDS`."""

    PORTFOLIO = auto()
    ATTACHED_FILES = auto()
    XFA_FORM = auto()
    OUTSIDE_TEMPLATE = auto()
    OUTSIDE_CONTENT = auto()


class NoteWording(NamedTuple):
    """The sentences beside the file: on the owner's page, and on the reviewer's."""

    to_owner: LazyString
    to_reviewer: LazyString


WORDS: dict[Note, NoteWording] = {
    # ISO 32000-2, 12.3.5 Collections: a viewer that does not support them shows only the cover.
    Note.PORTFOLIO: NoteWording(
        _("这是 PDF 文件包，审核人员只看得到封面。请打开里面的文件，逐个打印成 PDF 后重新上传。"),
        _("这是 PDF 文件包：这里只显示封面，里面的文件请下载后用 Acrobat 查看。"),
    ),
    # ISO 32000-2, 7.11.4 Embedded file streams.
    Note.ATTACHED_FILES: NoteWording(
        _("这个 PDF 里还附有其他文件，审核人员在页面上看不到。如果也是材料，请打印成 PDF 后单独上传。"),
        _("这个 PDF 里还附有其他文件，这里不显示，需要时请下载后查看。"),
    ),
    # XFA Specification 3.3; deprecated in ISO 32000-2. Only Acrobat builds its pages; the file's own pages lack them.
    Note.XFA_FORM: NoteWording(
        _(
            "这是 XFA 动态表单，审核人员只看得到提示页，看不到填写的内容。请用 Acrobat 打开，打印成 PDF 后重新上传。"
        ),
        _("这是 XFA 动态表单：这里显示的可能只是提示页，填写的内容请下载后用 Acrobat 查看。"),
    ),
    # ISO/IEC 29500-1, 17.15.1.6 attachedTemplate; ISO/IEC 29500-2, 6.5 relationships with TargetMode External.
    Note.OUTSIDE_TEMPLATE: NoteWording(
        _(
            "这个文档使用文件之外的模板，在审核人员的电脑上打开时可能不一样，或提示安全风险。建议另存为 PDF 后重新上传。"
        ),
        _("这个文档引用文件之外的模板，打开时 Word 会去取它。下载后请在“受保护的视图”中查看，不要启用编辑。"),
    ),
    Note.OUTSIDE_CONTENT: NoteWording(
        _("这个文档引用文件之外的图片或数据，审核人员可能看不到。建议另存为 PDF 后重新上传。"),
        _("这个文档引用文件之外的图片或数据，可能显示不全。下载后请在“受保护的视图”中查看，不要更新链接。"),
    ),
}


def to_owner(notes: Iterable[str]) -> list[LazyString]:
    """Return the owner's sentences for the notes of a row."""
    return [WORDS[Note(note)].to_owner for note in notes]


def to_reviewer(notes: Iterable[str]) -> list[LazyString]:
    """Return the reviewer's sentences for the notes of a row."""
    return [WORDS[Note(note)].to_reviewer for note in notes]
