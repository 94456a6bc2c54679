"""What is said beside a signed and sealed application form: whether it agrees with the application (A22). It forbids nothing."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from flask_babel import gettext

from admin_views.site.wording import stamp, translated
from documents.printed_forms import Agreement, SignedPaper, signed_papers
from models import Application, Attachment


class PaperRemark(NamedTuple):
    """One sentence beside a file: `good` when the paper agrees, `wrong` when it does not.

    `asks_for_code`: the applicant may type the code that could not be read.
    """

    text: str
    good: bool
    wrong: bool
    asks_for_code: bool = False
    typed: str = ""


def for_owner(
    application: Application, files: Iterable[Attachment], content: Mapping[str, Any]
) -> dict[int, PaperRemark]:
    """Return the applicant's remarks by file id. `content` is a snapshot of what is saved now."""
    return {
        file.id: PaperRemark(
            _to_owner(paper),
            paper.agreement is Agreement.AGREES,
            paper.agreement not in (Agreement.AGREES, Agreement.UNREAD),
            file.form_code_typed or paper.agreement is Agreement.UNREAD,
            paper.code if file.form_code_typed else "",
        )
        for file, paper in _known(application, files, content)
    }


def for_reviewer(
    application: Application, files: Iterable[Attachment], content: Mapping[str, Any]
) -> dict[int, PaperRemark]:
    """Return the reviewers' remarks by file id. `content` is the snapshot that they read."""
    return {
        file.id: PaperRemark(
            _to_reviewer(paper) + (_typed_by_applicant() if file.form_code_typed else ""),
            paper.agreement is Agreement.AGREES,
            paper.agreement not in (Agreement.AGREES, Agreement.UNREAD),
        )
        for file, paper in _known(application, files, content)
    }


def _known(
    application: Application, files: Iterable[Attachment], content: Mapping[str, Any]
) -> list[tuple[Attachment, SignedPaper]]:
    given = list(files)
    found = signed_papers(application, given, content)
    return [(file, found[file.id]) for file in given if file.id in found]


def changed_labels(changed: Iterable[str]) -> str:
    """Return the labels of changed fields as one text."""
    return gettext("、").join(translated(label) for label in changed)


def _to_owner(paper: SignedPaper) -> str:
    match paper.agreement:
        case Agreement.AGREES:
            return gettext("表格编号 %(code)s，与现在填写的内容一致。", code=paper.code)
        case Agreement.CHANGED:
            return gettext(
                "这份表是 %(time)s 下载的，之后改过：%(fields)s，与现在填写的内容不一致。"
                "请重新下载申请表，签字盖章后上传，并删除这份。",
                time=stamp(paper.printed_at),
                fields=changed_labels(paper.changed),
            )
        case Agreement.OTHER_APPLICATION:
            return gettext("表格编号 %(code)s 属于另一份申请，请上传本申请的申请表。", code=paper.code)
        case Agreement.NEVER_PRINTED:
            return gettext("系统没有为本申请生成过编号为 %(code)s 的表，请核对。", code=paper.code)
        case Agreement.UNREAD:
            return gettext(
                "没有读到表格编号。请确认上传的是从本系统下载的申请表，右上角的二维码清晰；也可以在这里输入表格编号。"
            )


def _to_reviewer(paper: SignedPaper) -> str:
    match paper.agreement:
        case Agreement.AGREES:
            return gettext("表格编号 %(code)s，与本次提交的内容一致。", code=paper.code)
        case Agreement.CHANGED:
            return gettext(
                "签字的表与提交的内容不一致：表是 %(time)s 下载的（编号 %(code)s），之后改过：%(fields)s。",
                time=stamp(paper.printed_at),
                code=paper.code,
                fields=changed_labels(paper.changed),
            )
        case Agreement.OTHER_APPLICATION:
            return gettext("这份表的编号 %(code)s 属于另一份申请。", code=paper.code)
        case Agreement.NEVER_PRINTED:
            return gettext("系统没有为这份申请生成过编号为 %(code)s 的表。", code=paper.code)
        case Agreement.UNREAD:
            return gettext("没有读到表格编号，请对照表上的内容核对。")


def _typed_by_applicant() -> str:
    return gettext("（编号由申请人输入，请与图片核对。）")
