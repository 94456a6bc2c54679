"""「上传附件」 when things go wrong: each file speaks for itself, at its slot, and keeps no other from being kept (A11, A12)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from models import Application, Attachment, PartialUpload, db
from tests.browser import world
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.people import save
from tests.browser.proxy import SlowProxy
from tests.browser.world import Case, Workplace, come_in, forgive, paper_names
from tests.files import samples as files
from tests.machine.site import Site
from tests.uploads import odd_files

pytestmark = pytest.mark.browser

BIG = 8 * files.MEGABYTE  # more than the socket buffers hold
SLOW = files.MEGABYTE // 4  # bytes a second
LIMIT = 20 * files.MEGABYTE


@pytest.fixture(scope="module")
def employer(live_server: Site) -> Workplace:
    return world.workplace(live_server)


@pytest.fixture
def case(live_server: Site, employer: Workplace) -> Case:
    return world.draft(live_server, employer)


@pytest.fixture
def proxy(live_server: Site) -> Iterator[SlowProxy]:
    with SlowProxy(live_server.url) as proxy:
        yield proxy


@pytest.fixture
def page(chromium: Chromium, proxy: SlowProxy, case: Case) -> ChromiumPage:
    page = chromium.new_page(proxy.url)
    come_in(page, case.person, f"{case.sheet}attachments/")
    page.see("须所在企业审核人审核无误、签字并加盖单位公章后上传")
    return page


def written(directory: Path, name: str, content: bytes) -> Path:
    path = directory / name
    path.write_bytes(content)
    return path


def choose(page: ChromiumPage, material: str, *papers: Path) -> None:
    page.upload(f"选择文件 {material}", *papers)


def unfinished(site: Site, case: Case) -> list[int]:
    """How many bytes of each upload that is under way have arrived."""
    with site.app_context():
        under_way = (
            select(PartialUpload.received)
            .join(Application)
            .where(Application.number == case.number, PartialUpload.received > 0)
            .where(PartialUpload.finished_at.is_(None))
        )
        found = list(db.session.scalars(under_way))
        db.session.rollback()
        return found


def arrived(site: Site, case: Case) -> int:
    return sum(unfinished(site, case))


def digests(site: Site, case: Case) -> set[str]:
    """SHA-256 of the files that lie in the storage for the case."""
    with site.app_context():
        names = select(Attachment.storage_name).join(Application).where(Application.number == case.number)
        room = site.instance / "attachments"
        found = {hashlib.sha256((room / name).read_bytes()).hexdigest() for name in db.session.scalars(names)}
        db.session.rollback()
        return found


def at(site: Site, page: ChromiumPage, material: str) -> str:
    """What the slot of a material says."""
    return page.window.locator(world.slot(site, material)).inner_text()


@pytest.mark.guide("A11")
def test_a_file_shows_how_far_it_is_can_be_cancelled_and_sent_again(
    live_server: Site, proxy: SlowProxy, page: ChromiumPage, case: Case, tmp_path: Path
) -> None:
    choose(page, "身份证", written(tmp_path, "身份证正面.jpg", files.jpg_of(BIG)))
    # As big: a small one would be there before one has read 「1 / 2」.
    choose(page, "劳动合同", written(tmp_path, "合同.pdf", files.pdf_of(BIG)))
    page.see("8.0 MB，待上传")
    proxy.bytes_a_second = SLOW
    page.click("上传材料")
    page.see("正在上传 1 / 2")
    bar = page.window.locator("progress")
    world.waited_for(page, lambda: 0 < int(bar.first.get_attribute("value") or 0) < 100, "no progress")
    assert "%，" in at(live_server, page, "身份证")
    assert "/s" in at(live_server, page, "身份证")
    assert bar.first.get_attribute("aria-label") == "身份证正面.jpg"
    page.click("取消 身份证正面.jpg")
    proxy.bytes_a_second = None
    page.see("已上传 1 个")
    page.see("还有 1 个文件没有上传")
    assert paper_names(live_server, case, "身份证") == []
    assert paper_names(live_server, case, "劳动合同") == ["合同.pdf"]
    assert page.window.locator(world.slot(live_server, "劳动合同") + " img").count() == 1

    page.click("上传材料")
    world.waited_for(page, lambda: "已上传 1 个" in at(live_server, page, "身份证"), "it did not arrive")
    assert paper_names(live_server, case, "身份证") == ["身份证正面.jpg"]
    page.see("还有 4 项必需材料未上传")


@pytest.mark.guide("A11", "A21")
def test_a_network_cut_in_the_middle_is_said_and_the_file_goes_on_where_it_was(
    live_server: Site, proxy: SlowProxy, page: ChromiumPage, case: Case, tmp_path: Path
) -> None:
    content = files.pdf_of(BIG)
    choose(page, "劳动合同", written(tmp_path, "合同.pdf", content))
    proxy.bytes_a_second = SLOW
    page.click("上传材料")
    world.waited_for(page, lambda: arrived(live_server, case) >= files.MEGABYTE, "no part arrived")
    proxy.cut()
    page.see("网络中断，已传")
    page.see("恢复后自动继续。")
    forgive(page, "ERR_")
    assert paper_names(live_server, case, "劳动合同") == []
    kept = arrived(live_server, case)
    page.window.context.set_offline(True)  # as a telephone in a lift: the page is told when it is over
    proxy.bytes_a_second = None
    proxy.sent = 0
    proxy.restore()
    page.window.context.set_offline(False)
    page.see("已上传 1 个", timeout=30)
    forgive(page, "ERR_")
    page.not_see("网络中断")
    assert paper_names(live_server, case, "劳动合同") == ["合同.pdf"]
    assert digests(live_server, case) == {hashlib.sha256(content).hexdigest()}
    assert proxy.sent < BIG - kept + files.MEGABYTE, "what had arrived was sent again"


@pytest.mark.guide("A21")
def test_after_a_reload_the_same_files_go_on_two_at_a_time_and_another_begins_anew(
    live_server: Site, proxy: SlowProxy, page: ChromiumPage, case: Case, tmp_path: Path
) -> None:
    contents = [files.pdf_of(BIG), files.jpg_of(BIG)]
    papers = [
        written(tmp_path, name, content)
        for name, content in zip(("合同.pdf", "合同第二页.jpg"), contents, strict=True)
    ]
    choose(page, "劳动合同", *papers)
    proxy.bytes_a_second = SLOW
    page.click("上传材料")
    world.waited_for(page, lambda: len(unfinished(live_server, case)) == 2, "not two at a time")
    bars = page.window.locator("progress:visible")
    assert bars.count() == 2
    proxy.cut()
    page.see("网络中断，已传")
    page.window.once("dialog", lambda dialog: dialog.accept())
    proxy.bytes_a_second = None
    proxy.restore()
    page.window.reload()
    forgive(page, "ERR_")
    page.see("上次“合同.pdf”传到")
    page.see("请再选同一个文件继续。")
    page.screenshot(Path("build/screens/attachments-unfinished-1366.png"))
    assert page.axe() == []
    page.set_viewport(390, 844)
    page.screenshot(Path("build/screens/attachments-unfinished-390.png"))
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert page.axe() == []
    page.set_viewport(1366, 768)

    kept = sum(unfinished(live_server, case))
    proxy.sent = 0
    other = written(tmp_path, "别的.pdf", files.pdf_of(files.MEGABYTE))
    choose(page, "劳动合同", *papers, other)
    page.click("上传材料")
    page.see("已上传 3 个", timeout=30)
    page.not_see("请再选同一个文件继续。")
    assert sorted(paper_names(live_server, case, "劳动合同")) == ["别的.pdf", "合同.pdf", "合同第二页.jpg"]
    assert proxy.sent < 2 * BIG + files.MEGABYTE - kept + files.MEGABYTE, "what had arrived was sent again"
    assert {hashlib.sha256(content).hexdigest() for content in contents} <= digests(live_server, case)


@pytest.mark.guide("A11")
def test_each_refused_file_says_why_at_its_slot_and_keeps_no_other_from_being_kept(
    live_server: Site, page: ChromiumPage, case: Case, tmp_path: Path
) -> None:
    choose(page, "身份证", files.save(tmp_path, "jpg", "正面"), files.save(tmp_path, "png", "背面"))
    choose(page, "学历学位证书", written(tmp_path, "证书.pdf", files.program()))
    choose(page, "劳动合同", written(tmp_path, "合同.pdf", files.truncated(files.pdf())))
    choose(page, "社会保险缴纳证明", written(tmp_path, "证明.png", b""), files.save(tmp_path, "gif", "证明"))
    choose(page, "引进人才生活补贴申请表", written(tmp_path, "申请表.exe", files.program()))
    choose(page, "银行卡复印件", written(tmp_path, "银行卡.jpg", files.jpg_of(LIMIT + 1)))
    choose(page, "其他材料", written(tmp_path, "..\\<img src=x onerror=alert(1)>.png", files.png()))
    page.see("是空文件，请重新选择。")
    page.see("是“可执行程序”，不能上传。请重新选择正确的文件。")
    page.see("超过 20MB，不能直接上传。可在本机压缩到约 3 MB")
    page.click("上传材料")
    page.see("有 5 个文件未能上传，请按文件下方的说明重新选择。", timeout=30)
    forgive(page, "422")
    said = {
        "学历学位证书": "不能上传",
        "劳动合同": "已损坏或不完整",
        "社会保险缴纳证明": "是空文件",
        "引进人才生活补贴申请表": "是“可执行程序”，不能上传",
        "银行卡复印件": "超过 20MB",
    }
    for material, sentence in said.items():
        assert sentence in at(live_server, page, material)
        kept = ["证明.gif"] if material == "社会保险缴纳证明" else []
        assert paper_names(live_server, case, material) == kept
    assert paper_names(live_server, case, "身份证") == ["正面.jpg", "背面.png"]
    (hostile,) = paper_names(live_server, case, "其他材料")
    assert hostile.endswith("onerror=alert(1)_.png")
    assert not set(hostile) & set('<>/\\"')
    assert hostile in at(live_server, page, "其他材料")
    assert page.window.locator("img[src=x]").count() == 0
    assert page.axe() == []
    page.screenshot(Path("build/screens/attachments-refused-1366.png"))
    page.set_viewport(390, 844)
    page.screenshot(Path("build/screens/attachments-refused-390.png"))
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert page.axe() == []

    assert "0 B" in at(live_server, page, "社会保险缴纳证明")
    page.click("移除 证书.pdf")
    page.not_see("证书.pdf")
    page.see("有 4 个文件未能上传")
    for material in said:
        word = "继续添加文件" if material == "社会保险缴纳证明" else "选择文件"
        page.upload(f"{word} {material}", files.save(tmp_path, "png", material))
    page.click("上传材料")
    page.see("必需材料已全部上传", timeout=30)
    page.not_see("是空文件")


@pytest.mark.guide("A11")
def test_what_to_do_with_a_file_of_another_kind_is_said_before_it_is_sent(
    live_server: Site, page: ChromiumPage, case: Case, tmp_path: Path
) -> None:
    """The browser has the server's table: the content counts before the name, an Office file's content is the server's."""
    refused = {
        "IMG_0001.HEIC": (
            b"\0\0\0\x18ftypheic" + bytes(99),
            "是“HEIC 图片（手机的高效格式）”，不能上传。请在手机的相机设置",
        ),
        "IMG_0002.jpg": (b"\0\0\0\x18ftypheic" + bytes(99), "是“HEIC 图片（手机的高效格式）”"),
        "IMG_0003.heic": (files.jpg(), "内容是“JPG 图片”，请把扩展名改为 .jpg 后再选。"),
        "申请表.wps": (files.old_word(), "是“WPS 文字文档”，不能上传。请用 WPS 打开"),
        "材料.zip": (files.package({"a.jpg": b"a"}), "请解压后逐个上传其中的文件。"),
        "发票.ofd": (files.package({"OFD.xml": b"<"}), "请用 OFD 阅读器或 WPS 打开"),
        "照片.dng": (b"II*\0" + bytes(99), "是“相机原始照片”"),
        "东西.abc": (b"\1\2\3\4", "格式不在可上传范围内。"),
    }
    choose(page, "身份证", *(written(tmp_path, name, content) for name, (content, _) in refused.items()))
    page.see("有 8 个文件未能上传")
    said = at(live_server, page, "身份证")
    for _, sentence in refused.values():
        assert sentence in said
    page.screenshot(Path("build/screens/attachments-advice-1366.png"))
    page.set_viewport(390, 844)
    page.screenshot(Path("build/screens/attachments-advice-390.png"))
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert page.axe() == []
    page.set_viewport(1366, 768)
    taken = [
        written(tmp_path, "正面.jfif", files.jpg()),
        written(tmp_path, "反面．ｊｐｇ", files.jpg()),
        written(tmp_path, "合同2026.11.28", files.pdf()),
        written(tmp_path, "申请表", files.word()),
    ]
    choose(page, "身份证", *taken)
    page.see("还有 4 个文件没有上传")
    page.click("上传材料")
    page.see("已上传 4 个", timeout=30)
    assert paper_names(live_server, case, "身份证") == [
        "正面.jpg",
        "反面.jpg",
        "合同2026.11.28.pdf",
        "申请表.docx",
    ]


@pytest.mark.guide("A11")
def test_a_pdf_portfolio_is_taken_and_its_owner_told_what_reviewers_see_of_it(
    live_server: Site, page: ChromiumPage, case: Case, tmp_path: Path
) -> None:
    choose(page, "劳动合同", written(tmp_path, "合同.pdf", odd_files.pdf_portfolio(compressed=True)))
    page.click("上传材料")
    page.see(
        "这是 PDF 文件包，审核人员只看得到封面。请打开里面的文件，逐个打印成 PDF 后重新上传。", timeout=30
    )
    assert paper_names(live_server, case, "劳动合同") == ["合同.pdf"]
    page.screenshot(Path("build/screens/attachments-note-1366.png"))
    page.set_viewport(390, 844)
    page.screenshot(Path("build/screens/attachments-note-390.png"))
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert page.axe() == []


@pytest.mark.guide("A11")
def test_exactly_twenty_megabytes_go_and_one_byte_more_is_refused_by_the_server_too(
    live_server: Site, page: ChromiumPage, case: Case, tmp_path: Path
) -> None:
    choose(page, "身份证", written(tmp_path, "身份证.jpg", files.jpg_of(LIMIT)))
    page.click("上传材料")
    page.see("已上传 1 个", timeout=60)
    assert paper_names(live_server, case, "身份证") == ["身份证.jpg"]
    page.see("20.0 MB")
    token = page.evaluate("() => document.querySelector('form[data-upload] [name=csrf_token]').value")
    material = world.slot(live_server, "劳动合同").removeprefix("#")
    answer = page.window.context.request.post(
        page.url,
        multipart={
            "csrf_token": token,
            material: {
                "name": "合同.jpg",
                "mimeType": "image/jpeg",
                "buffer": files.jpg_of(LIMIT + 1),
            },
        },
    )
    assert answer.status == 422
    assert "文件“合同.jpg”超过 20 MB（实际 20,971,521 字节" in answer.text()
    assert paper_names(live_server, case, "劳动合同") == []


@pytest.mark.guide("A21")
def test_a_picture_over_the_limit_is_made_smaller_only_when_its_owner_says_so(
    live_server: Site, page: ChromiumPage, case: Case, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # taken sideways: 4000 by 3000 is seen as 3000 by 4000
    photograph = files.photograph(exif=exif.tobytes())
    big = photograph + bytes(LIMIT + 1 - len(photograph))
    choose(page, "身份证", written(tmp_path, "正面.jpg", big), written(tmp_path, "背面.jpg", big))
    choose(page, "劳动合同", written(tmp_path, "合同.pdf", files.pdf_of(LIMIT + 1)))
    page.see("超过 20MB，不能直接上传。可在本机压缩到约 3 MB，文字仍可辨认，您的原文件不变。")
    assert "压缩到约" not in at(live_server, page, "劳动合同")
    page.see("有 3 个文件未能上传，请按文件下方的说明重新选择。")
    page.click("移除 合同.pdf")
    page.see("有 2 张图片超过 20MB，请点“压缩”，或重新选择。")
    for width, height in ((1366, 768), (390, 844)):
        page.set_viewport(width, height)
        page.screenshot(Path(f"build/screens/attachments-shrink-{width}.png"))
        assert page.evaluate("() => document.documentElement.scrollWidth") == width
        assert page.axe() == []
    page.click("压缩 正面.jpg")
    page.see("原 20.0 MB，压缩后")
    page.screenshot(Path("build/screens/attachments-shrunk-390.png"))
    assert page.axe() == []
    page.click("上传材料")
    page.see("已上传 1 个", timeout=30)
    page.see("有 1 张图片超过 20MB")
    with live_server.app_context():
        row = db.session.scalars(select(Attachment).where(Attachment.application_id == case.id)).one()
        name, size, content_name = row.display_name, row.size, row.storage_name
        db.session.rollback()
    assert (name, size < 4 * files.MEGABYTE) == ("正面.jpg", True)
    with Image.open(live_server.instance / "attachments" / content_name) as made:
        assert made.height > made.width
        assert made.height >= 2480
        assert not made.getexif()
    page.click("移除 背面.jpg")

    # the form of the page where the script that sends in parts has not come
    page.window.route("**/tus.min.js*", lambda asked: asked.abort())
    page.goto(page.url)
    page.upload("选择文件 劳动合同", files.save(tmp_path, "pdf", "平常"))
    field = page.window.locator(
        f"{world.slot(live_server, '劳动合同')} input[type=file]"
    ).first.bounding_box()
    assert field
    assert field["width"] > 100, "it says itself which file was chosen"
    page.leave_by("上传材料")
    assert paper_names(live_server, case, "劳动合同") == ["平常.pdf"]
    forgive(page, "tus.min.js", "upload-transfer")


@pytest.mark.guide("A11")
def test_a_file_is_taken_away_only_after_a_question_that_names_it(
    live_server: Site, page: ChromiumPage, case: Case, tmp_path: Path
) -> None:
    choose(page, "身份证", files.save(tmp_path, "jpg", "正面"), files.save(tmp_path, "png", "背面"))
    page.click("上传材料")
    page.see("已上传 2 个")
    page.click("删除 正面.jpg")
    page.see("删除这个文件？")
    assert "正面.jpg" in page.window.locator("dialog[open]").inner_text()
    page.click("取消")
    assert paper_names(live_server, case, "身份证") == ["正面.jpg", "背面.png"]
    page.click("删除 正面.jpg")
    page.click("删除")
    page.see("已删除文件。")
    assert paper_names(live_server, case, "身份证") == ["背面.png"]


@pytest.mark.guide("A11")
def test_a_file_is_dropped_into_the_slot_it_belongs_to(
    live_server: Site, page: ChromiumPage, case: Case, tmp_path: Path
) -> None:
    drop = """(slot, name, content) => {
        const dropped = new DataTransfer();
        dropped.items.add(new File([Uint8Array.from(content)], name));
        const place = document.querySelector(`${slot} [data-slot-drop]`);
        for (const kind of ["dragover", "drop"])
            place.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: dropped }));
    }"""
    page.evaluate(drop, world.slot(live_server, "劳动合同"), "合同.gif", list(files.gif()))
    page.see("合同.gif")
    page.click("上传材料")
    page.see("已上传 1 个")
    assert paper_names(live_server, case, "劳动合同") == ["合同.gif"]


@pytest.mark.guide("A11")
def test_leaving_with_files_that_were_not_sent_warns(
    page: ChromiumPage, case: Case, live_server: Site, tmp_path: Path
) -> None:
    choose(page, "身份证", files.save(tmp_path, "jpg", "正面"))
    asked: list[str] = []

    def stay(dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.window.on("dialog", stay)
    page.click("确认")
    page.see("还有文件没有上传，请先点“上传材料”。")
    assert asked == []
    page.window.get_by_role("link", name="生活补贴申请").first.click(no_wait_after=True)
    world.waited_for(page, lambda: asked == ["beforeunload"], "nobody asked")
    page.click("上传材料")
    page.see("已上传 1 个")
    page.click("确认")
    page.see("请点击下方“保存”。")
    assert asked == ["beforeunload"]
    save(page)
    assert paper_names(live_server, case, "身份证") == ["正面.jpg"]


def test_a_session_that_ended_keeps_the_files_that_were_chosen(
    live_server: Site, page: ChromiumPage, case: Case, tmp_path: Path
) -> None:
    choose(page, "身份证", files.save(tmp_path, "jpg", "正面"))
    page.window.context.clear_cookies()
    page.click("上传材料")
    page.see("登录已过期，请在新窗口登录后点“重试”。")
    forgive(page, "419")
    with page.window.context.expect_page() as opened:
        page.click("先登录（在新窗口打开）")
    world.log_in(ChromiumPage(opened.value, page.base_url), case.person)
    page.click("重试 正面.jpg")
    page.see("已上传 1 个")
    page.not_see("先登录")
    forgive(page, "419")
    assert paper_names(live_server, case, "身份证") == ["正面.jpg"]


@pytest.mark.guide("A3", "A11")
def test_a_phone_offers_its_camera_and_takes_the_picture(
    live_server: Site, page: ChromiumPage, case: Case, tmp_path: Path
) -> None:
    camera = page.window.locator(world.slot(live_server, "身份证")).get_by_text("拍照")
    assert not camera.is_visible()
    page.set_viewport(390, 844)
    assert camera.is_visible()
    taking = page.window.locator(world.slot(live_server, "身份证") + " input[capture]")
    assert taking.get_attribute("capture") == "environment"
    assert taking.get_attribute("accept") == "image/*"
    page.upload("拍照 身份证", written(tmp_path, "image.jpg", files.photograph(1600, 1200)))
    page.click("上传材料")
    page.see("已上传 1 个", timeout=30)
    assert paper_names(live_server, case, "身份证") == ["image.jpg"]
