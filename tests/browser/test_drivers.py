"""The two drivers do the same on the same page, and see what a person sees."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium
from tests.browser.driver import Browser, NotSeen

pytestmark = pytest.mark.browser
both = pytest.mark.parametrize("browser", ["chromium", "firefox"], indirect=True)

FORM = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>申请</title>
<script src="/page.js" defer></script>
<main><h1>个人业务经办</h1>
<form method="post" action="/sent" enctype="multipart/form-data">
<p><label for="name">姓名 <span>*</span></label> <input id="name" name="name" value="旧名"></p>
<p><label for="born">出生日期</label> <input id="born" name="born" type="date"></p>
<p><label for="degree">学历</label> <select id="degree" name="degree">
  <option value="">请选择<option value="b">本科<option value="m">硕士研究生</select></p>
<fieldset><legend>性别</legend><label><input type="radio" name="sex" value="m">男</label>
  <label><input type="radio" name="sex" value="f">女</label></fieldset>
<p><label><input type="checkbox" name="promise" value="yes">本人承诺以上属实</label></p>
<p><label for="work">工作单位</label> <input id="work" name="work" readonly>
  <button type="button" id="open" aria-label="选择工作单位">🔍</button></p>
<section><h2>身份证</h2><label for="f1">选择文件</label><input type="file" id="f1" name="f1" multiple hidden></section>
<section><h2>劳动合同</h2><label for="f2">选择文件</label><input type="file" id="f2" name="f2"></section>
<p hidden>看不见的字</p>
<button disabled>提交</button> <button>保存</button> <a href="/slow">慢</a>
</form>
<dialog id="pick"><h2>选择工作单位</h2><label for="word">关键字</label><input id="word">
  <table><tbody><tr><td>鄂尔多斯市甲公司</td></tr><tr><td>鄂尔多斯市乙公司</td></tr></tbody></table>
  <button type="button" id="ok">确定</button></dialog>
<button id="other">确定</button></main></html>"""
SCRIPT = """
const pick = document.getElementById("pick");
document.getElementById("open").addEventListener("click", () => setTimeout(() => pick.showModal(), 300));
for (const row of pick.querySelectorAll("tr")) row.addEventListener("click", () => { pick.dataset.chosen = row.innerText.trim(); });
document.getElementById("ok").addEventListener("click", () => {
  document.getElementById("work").value = pick.dataset.chosen + document.getElementById("word").value;
  pick.close();
});
"""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/slow":
            threading.Event().wait(0.5)
            return self.answer("<p>到了</p><label for=name>姓名</label><input id=name>")
        if self.path == "/page.js":
            return self.answer(SCRIPT, "text/javascript")
        if self.path == "/who":
            return self.answer(f"<p>{self.headers.get('Cookie', '谁也不是')}</p>")
        if self.path.startswith("/login/"):
            return self.answer("<p>已登录</p>", cookie=self.path.removeprefix("/login/"))
        if self.path == "/poor":
            return self.answer(
                '<!doctype html><html lang="zh"><title>差</title><main><h1>差</h1><input></main>'
            )
        if self.path == "/foreign":
            return self.answer('<p>外</p><img src="http://192.0.2.1/pixel.png" alt="外" loading="lazy">')
        if self.path == "/":
            return self.answer(FORM)
        return self.answer("<p>没有</p>", status=204 if self.path == "/favicon.ico" else 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.answer(f"<h1>已保存</h1><pre>{body.replace('<', '&lt;')}</pre><a href='/'>返回</a>")

    def answer(
        self, body: str, kind: str = "text/html", status: int = 200, cookie: str | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", "default-src 'self'; img-src *")
        if cookie:
            self.send_header("Set-Cookie", f"who={cookie}; Path=/")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@both
def test_a_form_is_filled_in_by_its_labels_and_sent(browser: Browser, site: str, tmp_path: Path) -> None:
    papers = [tmp_path / "身份证正面.txt", tmp_path / "背面.txt", tmp_path / "合同.txt"]
    for number, paper in enumerate(papers):
        paper.write_text(f"第{number}份", encoding="utf-8")
    page = browser.new_page(site)
    page.goto("/")
    page.see("个人业务经办")
    page.not_see("看不见的字")
    assert page.value("姓名") == "旧名"
    page.fill("姓名", "张伟强")
    page.fill("出生日期", "1990-02-28")
    page.select("学历", "硕士研究生")
    assert page.value("学历") == "硕士研究生"
    page.check("女", within="性别")
    page.check("本人承诺")
    page.check("本人承诺")
    page.upload("选择文件", *papers[:2], within="身份证")
    page.upload("选择文件", papers[2], within="劳动合同")
    page.leave_by("保存")
    page.see("已保存")
    assert page.path == "/sent"
    sent = page.text()
    for part in ("张伟强", "1990-02-28", 'name="degree" m', 'name="sex" f', 'name="promise" yes'):
        assert part in sent
    for part in ("第0份", "第1份", "第2份"):
        assert part in sent


@both
def test_an_open_dialog_comes_first(browser: Browser, site: str) -> None:
    page = browser.new_page(site)
    page.goto("/")
    assert page.rows() == []
    page.click("选择工作单位")
    page.see("乙公司")
    page.fill("关键字", "+")
    assert page.rows() == ["鄂尔多斯市甲公司", "鄂尔多斯市乙公司"]
    page.choose_row("乙公司")
    page.click("确定")
    assert page.value("工作单位") == "鄂尔多斯市乙公司+"
    page.click("选择工作单位")
    page.see("乙公司")
    page.press("Escape")
    page.not_see("乙公司")


@both
def test_a_click_waits_for_the_page_it_leads_to(browser: Browser, site: str) -> None:
    page = browser.new_page(site)
    page.goto("/")
    page.click("慢")
    page.fill("姓名", "新页")
    assert page.path == "/slow"
    assert page.value("姓名") == "新页"


@both
def test_each_page_is_a_person_of_their_own(browser: Browser, site: str) -> None:
    one, other = browser.new_page(site), browser.new_page(site)
    one.goto("/login/one")
    other.goto("/login/other")
    one.goto("/who")
    other.goto("/who")
    one.see("who=one")
    other.see("who=other")
    browser.new_page(site).goto("/who")
    browser.pages[-1].see("谁也不是")


@both
def test_what_cannot_be_found_is_named(browser: Browser, site: str) -> None:
    page = browser.new_page(site)
    page.goto("/")
    with pytest.raises(NotSeen, match=r"no button 「删除」 among .*保存"):
        page.click("删除", timeout=0)
    with pytest.raises(NotSeen, match="is disabled"):
        page.click("提交", timeout=0)
    with pytest.raises(NotSeen, match="is read-only"):
        page.fill("工作单位", "手写", timeout=0)
    with pytest.raises(NotSeen, match="is there 2 times"):
        page.upload("选择文件", Path(__file__), timeout=0)
    with pytest.raises(NotSeen, match="not within 「银行」"):
        page.click("保存", within="银行", timeout=0)
    with pytest.raises(NotSeen, match="is not on the screen"):
        page.see("业务结束", timeout=0)
    with pytest.raises(NotSeen, match="still on the screen"):
        page.not_see("个人业务经办", timeout=0)


@both
def test_a_phone_and_a_picture(browser: Browser, site: str, tmp_path: Path) -> None:
    page = browser.new_page(site)
    page.goto("/")
    assert page.evaluate("() => [innerWidth, innerHeight]") == [1366, 768]
    page.set_viewport(390, 844)
    assert page.evaluate("() => [innerWidth, innerHeight]") == [390, 844]
    page.screenshot(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    page.click("选择工作单位")
    page.click("确定")
    assert page.evaluate("(a, b) => a + b", "甲", "乙") == "甲乙"


def test_without_javascript_the_words_are_found_all_the_same(chromium: Chromium, site: str) -> None:
    page = chromium.new_page(site, javascript=False)
    page.goto("/")
    page.fill("姓名", "无脚本")
    page.click("选择工作单位")
    page.click("保存")
    page.see("无脚本")


def test_axe_names_what_is_wrong(chromium: Chromium, site: str) -> None:
    page = chromium.new_page(site)
    page.goto("/poor")
    violations = page.axe()
    assert len(violations) == 1
    assert violations[0].startswith("label (critical)")
    page.goto("/")
    assert [line for line in page.axe() if not line.startswith("color-contrast")] == []


def test_requests_to_other_machines_and_complaints_are_heard(chromium: Chromium, site: str) -> None:
    page = chromium.new_page(site)
    page.goto("/nowhere")
    assert page.console_errors == []
    with page.window.expect_request("http://192.0.2.1/*"):
        page._goto(f"{site}/foreign")
    with page.window.expect_console_message(lambda message: "坏了" in message.text):
        page.evaluate("() => console.error('坏了')")
    assert page.foreign_requests == ["http://192.0.2.1/pixel.png"]
    assert any("坏了" in complaint for complaint in page.console_errors)
    page.foreign_requests.clear()
    page.console_errors.clear()
