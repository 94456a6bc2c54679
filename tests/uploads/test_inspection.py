"""Issue 3, point 5: a file that is not what it says is refused in words that help, and nothing of it is kept."""

import io
import os
import random
import signal
import sys
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config import ROOT
from tests.files import samples as files
from tests.uploads import odd_files
from uploads import decoder_process, decoding, office_documents
from uploads.confined import landlock
from uploads.decoder_process import DecoderProcess
from uploads.errors import SENTENCES, CheckUnavailable, Fault, FileRefused
from uploads.inspection import inspect
from uploads.receive import receive

pytestmark = pytest.mark.usefixtures("app")

REFUSED = [
    # what it is, content, name, fault, words of the sentence
    ("nothing", lambda: b"", "证.jpg", Fault.EMPTY, "是空的（0 字节）"),
    (
        "a word document named pdf",
        files.word,
        "合同.pdf",
        Fault.OTHER_KIND,
        "“Word 文档”。请把扩展名改为 .docx",
    ),
    ("a picture named as another", files.png, "证.jpg", Fault.OTHER_KIND, "“PNG 图片”。请把扩展名改为 .png"),
    ("a pdf named jpg", files.pdf, "证.jpg", Fault.OTHER_KIND, "“PDF 文档”"),
    ("excel named word", files.excel, "表.docx", Fault.OTHER_KIND, "“Excel 表格”"),
    ("old excel named old word", files.old_excel, "表.doc", Fault.OTHER_KIND, "“Excel 97-2003 表格”"),
    ("new word named old word", files.word, "表.doc", Fault.OTHER_KIND, "请把扩展名改为 .docx"),
    ("a program named pdf", files.program, "合同.pdf", Fault.FOREIGN_KIND, "“可执行程序”"),
    ("a web page named jpg", files.web_page, "证.jpg", Fault.FOREIGN_KIND, "“网页”"),
    ("a web page named doc", files.web_page, "表.doc", Fault.FOREIGN_KIND, "打印成 PDF"),
    ("rich text named doc", lambda: rb"{\rtf1 text}", "表.doc", Fault.FOREIGN_KIND, "“RTF 文档”"),
    ("a zip named docx", lambda: files.package({"a.txt": b"a"}), "表.docx", Fault.FOREIGN_KIND, "“压缩包”"),
    (
        "an ofd named pdf",
        lambda: files.package({"OFD.xml": b"<"}),
        "票.pdf",
        Fault.FOREIGN_KIND,
        "“OFD 版式文档”",
    ),
    (
        "an iphone photograph",
        lambda: b"\0\0\0\x18ftypheic" + bytes(99),
        "证.jpg",
        Fault.FOREIGN_KIND,
        "兼容性最佳",
    ),
    ("a webp named png", lambda: b"RIFF\0\0\0\0WEBPVP8 ", "证.png", Fault.FOREIGN_KIND, "“WebP 图片”"),
    ("text named pdf", lambda: "你好".encode(), "合同.pdf", Fault.UNKNOWN_KIND, "内容不是 .pdf 格式"),
    ("text beginning with BM", lambda: b"BMW is a car", "车.bmp", Fault.UNKNOWN_KIND, "内容不是 .bmp 格式"),
    ("a program behind a pdf's name", files.pdf, "合同.pdf.exe", Fault.EXTENSION, "是 .exe 格式，不能上传"),
    ("a turned name", files.pdf, "合同\u202efdp.exe", Fault.EXTENSION, "合同fdp.exe"),
    ("a cut name", files.pdf, "合同.pdf\0.exe", Fault.EXTENSION, ".exe"),
    ("word with macros", files.word_with_macros, "表.docx", Fault.MACROS, "含有宏"),
    ("a word that unpacks to 300 MB", files.word_bomb, "表.docx", Fault.EXPANDS, "解压后的内容过大"),
    ("a word of 6,000 parts", files.word_of_many_parts, "表.docx", Fault.EXPANDS, "解压后的内容过大"),
    ("a word with a broken part", files.damaged_word, "表.docx", Fault.DAMAGED, "已损坏或不完整"),
    ("word with a password", files.locked_word, "表.docx", Fault.PASSWORD, "请取消密码"),
    ("old word with a password", lambda: files.old_word(0x0100), "表.doc", Fault.PASSWORD, "请取消密码"),
    ("old excel with a password", files.locked_old_excel, "表.xls", Fault.OLD_EXCEL_PASSWORD, "请取消密码"),
    ("old excel, protected", files.locked_old_excel, "表.xls", Fault.OLD_EXCEL_PASSWORD, "取消“保护工作簿”"),
    ("pdf with a password", files.locked_pdf, "合同.pdf", Fault.PASSWORD, "请取消密码"),
    ("pdf without pages", lambda: files.pdf_of_pages(0), "合同.pdf", Fault.DAMAGED, "无法打开"),
    (
        "pdf of 501 pages",
        lambda: files.pdf_of_pages(501),
        "合同.pdf",
        Fault.TOO_MANY_PAGES,
        "有 501 页，最多 500 页",
    ),
    (
        "a picture of 3,600 million pixels",
        lambda: files.png_of_pixels(60_000, 60_000),
        "证.png",
        Fault.TOO_MANY_PIXELS,
        "60000×60000 像素），最多 10000 万像素",
    ),
]


@pytest.mark.parametrize(
    ("content", "name", "fault", "words"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED]
)
def test_a_refused_file_gets_a_sentence_and_is_not_stored(content, name, fault, words, chosen, kept):
    with pytest.raises(FileRefused) as refusal:
        receive(chosen(content(), name))

    assert refusal.value.fault is fault
    assert words in str(refusal.value)
    assert kept() == []


@pytest.mark.parametrize("extension", files.EXTENSIONS)
@pytest.mark.parametrize("share", [0.3, 0.95])
def test_a_truncated_file_is_refused(extension, share):
    with pytest.raises(FileRefused) as refusal:
        inspect(io.BytesIO(files.truncated(files.sample(extension), share)), f"材料.{extension}")
    assert refusal.value.fault is Fault.DAMAGED


@pytest.mark.parametrize("kind", odd_files.JPEGS)
def test_a_jpeg_may_lack_its_end_marker_but_no_other_byte(kind):
    content = odd_files.noisy_jpeg(**odd_files.JPEGS[kind])
    for ending in (b"", b"\xff", b"\0" * 512):
        assert inspect(io.BytesIO(content[:-2] + ending), "证.jpg").extension == "jpg"
    for cut in (3, 4, 10, 1_000):
        for ending in (b"", b"\0" * 2_000):
            with pytest.raises(FileRefused) as refusal:
                inspect(io.BytesIO(content[:-cut] + ending), "证.jpg")
            assert refusal.value.fault is Fault.DAMAGED


def test_a_progressive_jpeg_truncated_between_two_scans_is_refused():
    content = odd_files.noisy_jpeg(progressive=True)
    last_scan = content.rindex(b"\xff\xda")
    tables = content.rindex(b"\xff\xc4", 0, last_scan)
    for end in (last_scan, tables):
        with pytest.raises(FileRefused) as refusal:
            inspect(io.BytesIO(content[:end]), "证.jpg")
        assert refusal.value.fault is Fault.DAMAGED


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_request_without_a_file_gets_a_sentence(nothing, chosen):
    with pytest.raises(FileRefused) as refusal:
        receive(None if nothing is None else chosen(b"", ""))
    assert str(refusal.value) == "请先选择要上传的文件。"


def test_a_pdf_that_never_finishes_drawing_is_refused_in_bounded_time(monkeypatch):
    monkeypatch.setattr(decoding, "TIMEOUT_SECONDS", 1.5)
    with pytest.raises(FileRefused) as refusal:
        inspect(io.BytesIO(files.pdf_that_never_ends()), "合同.pdf")
    assert refusal.value.fault is Fault.TOO_SLOW


def replaced_decoder(folder: Path, task: str) -> Path:
    """Return a program whose confined process evaluates this expression as its task, whatever the file."""
    program = folder / "decoder.py"
    program.write_text(
        f"import os, signal, socket, sys\nsys.path.append({str(ROOT)!r})\nfrom uploads import decoder\n"
        f"decoder.run_task = lambda *_: {task}\ndecoder.serve(socket.socket(fileno=0))"
    )
    return program


def replace_task(monkeypatch: pytest.MonkeyPatch, folder: Path, task: str) -> None:
    """Let files be opened by that program."""
    decoder = DecoderProcess(replaced_decoder(folder, task))
    monkeypatch.setattr(decoding, "_decoders", defaultdict(lambda: decoder))


@pytest.mark.parametrize(
    "crash",
    [
        "os.kill(os.getpid(), signal.SIGSEGV)",
        "os._exit(1)",
        "os._exit(os.write(1, b'30\\n{}\\nhalf a picture'))",
    ],
)
def test_a_file_that_crashes_the_decoder_is_refused_and_the_site_keeps_running(crash, tmp_path, monkeypatch):
    replace_task(monkeypatch, tmp_path, crash)
    for _ in range(2):
        with pytest.raises(FileRefused) as refusal:
            inspect(io.BytesIO(files.jpg()), "证.jpg")
        assert refusal.value.fault is Fault.TOO_SLOW


def test_after_a_crash_the_next_file_gets_a_decoder_with_other_addresses(tmp_path, monkeypatch):
    crash_at_odd_sizes = (
        "({'pages': os.getppid(), 'notes': []}, b'') if _[2] % 2 else os.kill(os.getpid(), 11)"
    )
    replace_task(monkeypatch, tmp_path, crash_at_odd_sizes)
    odd, even = (files.pdf() + b"%" * ((len(files.pdf()) + add) % 2) for add in (1, 0))
    first, again = (inspect(io.BytesIO(odd), "合同.pdf").pages for _ in range(2))
    with pytest.raises(FileRefused):
        inspect(io.BytesIO(even), "合同.pdf")
    after = inspect(io.BytesIO(odd), "合同.pdf").pages

    assert first == again != after


def test_a_file_is_checked_though_the_decoder_has_just_been_killed(tmp_path, monkeypatch):
    replace_task(monkeypatch, tmp_path, "({'pages': os.getppid(), 'notes': []}, b'')")
    first = inspect(io.BytesIO(files.pdf()), "合同.pdf").pages
    os.kill(first, signal.SIGKILL)

    assert inspect(io.BytesIO(files.pdf()), "合同.pdf").pages not in (None, first)


def test_a_decoder_outlives_the_signal_to_stop_and_is_first_to_end_without_memory(tmp_path, monkeypatch):
    replace_task(monkeypatch, tmp_path, "({'pages': os.getppid(), 'notes': []}, b'')")
    first = inspect(io.BytesIO(files.pdf()), "合同.pdf").pages
    os.kill(first, signal.SIGTERM)

    assert Path(f"/proc/{first}/oom_score_adj").read_text() == "1000\n"
    assert inspect(io.BytesIO(files.pdf()), "合同.pdf").pages == first


def test_a_decoder_that_does_not_answer_is_replaced(tmp_path, monkeypatch):
    replace_task(monkeypatch, tmp_path, "({'pages': os.getppid(), 'notes': []}, b'')")
    first = inspect(io.BytesIO(files.pdf()), "合同.pdf").pages
    os.kill(first, signal.SIGSTOP)
    with monkeypatch.context() as impatient:
        impatient.setattr(decoding, "TIMEOUT_SECONDS", 0.1)
        impatient.setattr(decoder_process, "GRACE_SECONDS", 0)
        impatient.setattr(decoder_process, "ATTEMPTS", 1)
        with pytest.raises(CheckUnavailable):
            inspect(io.BytesIO(files.pdf()), "合同.pdf")

    assert inspect(io.BytesIO(files.pdf()), "合同.pdf").pages not in (None, first)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("raise SystemExit(3)", "exit status 3"),
        (None, "No such file"),
    ],
)
def test_a_file_is_not_blamed_when_the_decoder_cannot_start(
    content, reason, tmp_path, monkeypatch, caplog, kept, chosen
):
    (program := tmp_path / "decoder.py").write_text(content or "")
    monkeypatch.setattr(decoding, "_decoders", defaultdict(lambda: DecoderProcess(program)))
    if content is None:
        monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    for refused in (
        lambda: receive(chosen(files.jpg(), "证.jpg")),
        lambda: decoding.prepare() or receive(chosen(files.pdf(), "证.pdf")),
    ):
        with pytest.raises(CheckUnavailable, match="暂时无法检查文件，文件没有保存"):
            refused()
    assert not decoding.is_available()
    assert kept() == []
    assert reason in caplog.text


def test_the_decoder_starts_before_the_file_is_there(monkeypatch):
    decoder = DecoderProcess()
    monkeypatch.setattr(decoding, "_decoders", defaultdict(lambda: decoder))
    decoding.prepare()
    process = decoder._process
    until = time.monotonic() + 20
    while "_imaging" not in Path(f"/proc/{process.pid}/maps").read_text() and time.monotonic() < until:
        time.sleep(0.01)
    decoding.prepare()
    assert inspect(io.BytesIO(files.jpg()), "证.jpg").small

    assert decoder._process is process
    assert "_imaging" in Path(f"/proc/{process.pid}/maps").read_text()
    process.kill()
    process.wait()
    decoding.prepare()
    assert decoder._process is not process
    assert decoding.is_available()


def test_the_decoder_process_gets_no_secret_and_no_other_file(tmp_path, monkeypatch):
    monkeypatch.setenv("TALENT_SECRET_KEY", "secret")
    secrets = "len([name for name in os.environ if 'TALENT' in name])"
    descriptors = "[str(each) for each in range(99) if os.path.lexists(f'/proc/self/fd/{each}')]"
    replace_task(monkeypatch, tmp_path, f"({{'pages': {secrets}, 'notes': {descriptors}}}, b'')")
    inspected = inspect(io.BytesIO(files.pdf()), "合同.pdf")

    assert inspected.pages == 0
    assert inspected.notes == ("0", "1", "2")  # the file, the result, nothing


@pytest.mark.parametrize("place", ["other", "/proc/self/environ", os.__file__])
def test_the_process_of_a_file_reads_libraries_but_no_other_file(place, tmp_path, monkeypatch):
    (tmp_path / "other").write_text("another person's paper")
    replace_task(
        monkeypatch, tmp_path, f"({{'pages': len(open({str(tmp_path / place)!r}, 'rb').read(1))}}, b'')"
    )
    is_library = place == os.__file__
    if is_library or landlock.ruleset_of([]) is None:  # Linux before 5.13
        assert inspect(io.BytesIO(files.pdf()), "合同.pdf").pages is not None
    else:
        with pytest.raises(FileRefused):
            inspect(io.BytesIO(files.pdf()), "合同.pdf")


def test_the_process_of_a_file_has_limits_and_cannot_write_the_file(tmp_path, monkeypatch):
    limits = "[*map(str, map(decoder.resource.getrlimit, (0, 1, 4, 6, 9)))]"  # CPU, FSIZE, CORE, NPROC, AS
    mode = "__import__('fcntl').fcntl(0, 3) & os.O_ACCMODE"
    replace_task(monkeypatch, tmp_path, f"({{'pages': {mode}, 'notes': {limits}}}, b'')")
    with (tmp_path / "body").open("w+b") as body:
        body.write(files.pdf())
        inspected = inspect(body, "合同.pdf")

    assert inspected.pages == os.O_RDONLY
    assert inspected.notes == ("(10, 10)", "(0, 0)", "(0, 0)", "(0, 0)", "(1610612736, 1610612736)")


def test_a_file_is_decoded_at_the_priority_of_the_thread_that_asks(tmp_path, monkeypatch):
    program = replaced_decoder(tmp_path, "({'pages': os.getpriority(os.PRIO_PROCESS, 0), 'notes': []}, b'')")
    monkeypatch.setattr(decoding, "_decoders", defaultdict(lambda: DecoderProcess(program)))

    def priority(more: int = 0) -> int | None:
        own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), own + more)
        return inspect(io.BytesIO(files.pdf()), "合同.pdf").pages

    with ThreadPoolExecutor(1) as drawing:
        assert drawing.submit(priority, 5).result() == priority() + 5


def test_a_file_is_inspected_from_its_first_byte_whatever_its_position(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(files.pdf())
    with path.open("rb") as stream:
        stream.read(1_000)
        assert inspect(stream, "合同.pdf").pages == 2
        assert stream.read() == files.pdf()


@pytest.mark.parametrize("extension", ["doc", "docx", "xls", "xlsx"])
def test_a_damaged_office_file_is_accepted_or_refused_with_a_sentence(extension):
    chance = random.Random(extension)
    for _ in range(150):
        content = bytearray(files.sample(extension))
        for place in chance.choices(range(len(content)), k=chance.choice((1, 8, 200))):
            content[place] = chance.randrange(256)
        try:
            inspect(io.BytesIO(bytes(content)), f"表.{extension}")
        except FileRefused:
            continue


def test_a_package_is_read_only_to_its_declared_size(monkeypatch):
    monkeypatch.setattr(office_documents, "MAX_UNPACKED_BYTES", 10_000)
    with pytest.raises(FileRefused) as refusal:
        inspect(io.BytesIO(files.word()), "表.docx")
    assert refusal.value.fault is Fault.EXPANDS


def test_every_fault_has_its_sentence():
    assert set(SENTENCES) == set(Fault)
