"""The files that an account can have made of the applications it sees (W10): the dossier as PDF, all papers as ZIP.

Both are jobs (documents/jobs.py). They are made with what the account may see when they are made, not when they were asked for.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from common.calendar import today
from common.characters import code_point
from common.errors import NotPermitted, NotVisible
from common.text import size_text
from common.wording import N_, Sentence
from documents import archives
from documents.archives import Archive, Names, Paper, PaperFault
from documents.dossier import TEMPLATE, TITLE, dossier, full_numbers, moment, visible_papers
from documents.kinds import DocumentKind, FileNotMade, MadeFile, Making
from documents.typesetting import MadeDocument, typeset
from models import Account, Application, Role, db, now
from uploads.storage import Storage
from workflow import scope

DOSSIER, PAPERS = "dossier", "papers"

MOST_APPLICATIONS = 1000
MOST_BYTES = 2 * 1024**3
"""Of one archive. It lies on the disk twice while it is made, and somebody has to download it."""

SEES_MASKED_ONLY = (Role.ADMINISTRATOR,)
"""Who gets no full number, as on the pages (D4)."""

NO_PAPERS = Sentence(N_("这些申请没有材料，文件没有生成。"))
TOO_LARGE = N_("材料共 %(size)s，一个压缩文件最多 %(most)s。请少选几件，分几次下载。")
PAPERS_MISSING = N_("%(count)s 份材料在服务器上找不到，没有放进压缩文件：%(names)s。请联系维护人员。")
PAPERS_CHANGED = N_("%(count)s 份材料的内容与上传时不一致（SHA-256 不同）：%(names)s。请联系维护人员。")
CHARACTERS_MISSING = N_("字体缺少下列字，文件中以编码代替：%(characters)s。")
MOST_NAMED = 10

CONTENTS = "材料清单.txt"  # stays Chinese
CONTENTS_HEADING = ("文件", "材料", "上传时的文件名", "字节数", "SHA-256", "上传时间")  # stays Chinese


def kinds(storage: Callable[[], Storage]) -> tuple[DocumentKind, ...]:
    """Return the two kinds of file for documents.kinds.register_kind. `storage` returns where the papers are."""
    return (
        DocumentKind(DOSSIER, N_("申请卷宗"), _make_dossier, _check_dossier),
        DocumentKind(PAPERS, N_("申请材料"), lambda making: _make_papers(making, storage()), _check_papers),
    )


# --- the dossier


def dossier_title(number: str) -> Sentence:
    return Sentence(N_("申请卷宗 %(number)s"), {"number": number})


def _check_dossier(actor: Account, parameters: Mapping[str, Any]) -> None:
    if parameters["full"] and actor.role in SEES_MASKED_ONLY:
        raise NotPermitted
    _application(actor, parameters["number"])


def _application(actor: Account, number: str) -> Application:
    found = db.session.scalars(
        select(Application).where(Application.number == number, scope.visible(actor))
    ).one_or_none()
    if found is None:
        raise NotVisible
    return found


def _make_dossier(making: Making) -> MadeFile:
    application = _application(making.actor, making.parameters["number"])
    full = full_numbers(application, making.actor) if making.parameters["full"] else None
    name = f"{TITLE}_{archives.stem_of(application)}.pdf"
    document = print_dossier(application, making.actor, full)
    making.path.write_bytes(document.pdf)
    return MadeFile(name, "application/pdf", missing_notes(document.missing), 1)


def print_dossier(
    application: Application, actor: Account, full: Mapping[str, str] | None = None
) -> MadeDocument:
    """Return the dossier as PDF. Raises TypesettingError."""
    return typeset(TEMPLATE, dossier(application, actor, full), title=f"{TITLE} {application.number}")


def missing_notes(characters: Sequence[str]) -> tuple[Sentence, ...]:
    """Return the remark that the font lacks characters; nothing when it lacks none."""
    if not characters:
        return ()
    named = "、".join(f"{each} {code_point(each)}" for each in characters)
    return (Sentence(CHARACTERS_MISSING, {"characters": named}),)


# --- the papers


def papers_title(numbers: Sequence[str]) -> Sentence:
    if len(numbers) == 1:
        return Sentence(N_("申请材料 %(number)s"), {"number": numbers[0]})
    return Sentence(N_("%(count)s 件申请的材料"), {"count": str(len(numbers))})


def _check_papers(actor: Account, parameters: Mapping[str, Any]) -> None:
    numbers: Collection[str] = set(parameters["numbers"])
    if not 0 < len(numbers) <= MOST_APPLICATIONS:
        raise NotPermitted
    seen = select(func.count(Application.id)).where(Application.number.in_(numbers), scope.visible(actor))
    if db.session.scalar(seen) != len(numbers):
        raise NotVisible


def _make_papers(making: Making, storage: Storage) -> MadeFile:
    applications = db.session.scalars(
        select(Application)
        .where(Application.number.in_(making.parameters["numbers"]), scope.visible(making.actor))
        .order_by(Application.number)
    ).all()
    names = Names()
    found: list[Paper] = []
    for application in applications:
        folder = f"{archives.stem_of(application)}/" if len(applications) > 1 else ""
        found += archives.papers(application, visible_papers(application, making.actor), names, folder)
    if not found:
        raise FileNotMade(NO_PAPERS)
    refuse_too_large(sum(paper.file.size for paper in found))
    with Archive(making.path) as archive:
        for done, paper in enumerate(found):
            making.progress(done, len(found))
            archive.add_paper(paper, storage)
        archive.add_bytes(names.unique("", CONTENTS.removesuffix(".txt"), "txt"), contents(found), now())
    if len(applications) == 1:
        name = f"{archives.stem_of(applications[0])}_材料.zip"  # stays Chinese
    else:
        name = f"申请材料_{len(applications)}件_{today().isoformat()}.zip"  # stays Chinese
    return MadeFile(name, archives.CONTENT_TYPE, fault_notes(archive.faults), len(found))


def refuse_too_large(size: int) -> None:
    """Raise FileNotMade when the papers are too large for one archive."""
    if size > MOST_BYTES:
        words = {"size": size_text(size), "most": size_text(MOST_BYTES)}
        raise FileNotMade(Sentence(TOO_LARGE, words))


def contents(papers: Sequence[Paper]) -> bytes:
    """Return the list of the papers with their hashes: a line each, its columns divided by tabs."""
    rows = [
        (
            paper.path,
            paper.file.material_name,
            paper.file.display_name,
            str(paper.file.size),
            paper.file.sha256,
            moment(paper.file.uploaded_at),
        )
        for paper in papers
    ]
    return "\r\n".join("\t".join(row) for row in (CONTENTS_HEADING, *rows)).encode("utf-8-sig")


def fault_notes(faults: Sequence[PaperFault]) -> tuple[Sentence, ...]:
    """Return a remark for the papers that are missing, and one for those that were changed."""
    found = []
    for wording, changed in ((PAPERS_MISSING, False), (PAPERS_CHANGED, True)):
        names = [fault.path for fault in faults if fault.changed is changed]
        if names:
            named = "、".join(names[:MOST_NAMED]) + ("……" if len(names) > MOST_NAMED else "")
            found.append(Sentence(wording, {"count": str(len(names)), "names": named}))
    return tuple(found)
