"""The people of the guide: what each knows, and what each does with the site, in the guide's own words."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stdnum.cn import ric, uscc

from tests.browser.driver import PATIENCE, Page
from tests.files import samples as files

PASSWORD = "Ordos2026test"
serial = itertools.count(1)
NOTICE_PATIENCE = 30 + PATIENCE  # seconds: 「申请须知」 stays for thirty

MATERIALS = {
    "身份证": ("jpg", "png"),
    "学历学位证书": ("pdf", "jpeg"),
    "劳动合同": ("doc", "docx"),
    "社会保险缴纳证明": ("gif",),
    "引进人才生活补贴申请表": ("xls", "xlsx"),
    "银行卡复印件": ("bmp",),
}
"""Each required material with files for it; together every format that the guide permits."""


def identity_number() -> str:
    """An invented citizen's number, never the same twice."""
    body = f"15020219900307{next(serial):03d}"
    return body + ric.calc_check_digit(body + "0")


def credit_code() -> str:
    """An invented 统一社会信用代码, never the same twice."""
    body = f"91150600MA0P{next(serial):05d}"
    return body + uscc.calc_check_digit(body)


@dataclass
class Somebody:
    """A person at a browser."""

    page: Page
    look: Callable[[Page, str], None] = field(default=lambda page, name: None)


@dataclass
class Enterprise(Somebody):
    """「企业」: registers, waits for its account, reviews whoever names it."""

    name: str = "鄂尔多斯步行新能源有限公司"
    region: str = "东胜区"
    code: str = field(default_factory=credit_code)

    def register(self, papers: Path) -> None:
        page = self.page
        page.goto("/")
        self.look(page, "portal")
        page.click("马上注册", within="企业登录")
        page.see("单位名称")
        page.click("提交注册")
        page.see("请填写统一社会信用代码")
        self.look(page, "enterprise-register")
        page.fill("单位名称", self.name)
        page.fill("统一社会信用代码", self.code)
        page.select("所属地区", self.region)
        page.fill("联系人", "周婷")
        page.fill("联系电话", "0477-8120001")
        page.upload("营业执照", files.save(papers, "jpg", "营业执照"))
        page.fill("密码", PASSWORD)
        page.fill("再填写一次密码", PASSWORD)
        page.click("提交注册")
        page.see("注册信息已收到")
        page.click("我已记下")
        come_in(page, "统一社会信用代码", self.code)
        page.see("待审核")
        self.look(page, "enterprise-registration")

    def login(self) -> None:
        login(self.page, "企业登录", self.code)

    def login_refused_console(self) -> None:
        """Before approval nothing but the registration's state is open (E3)."""
        self.page.goto("/enterprise/")
        self.page.not_see("待我审核")


@dataclass
class Reviewer(Somebody):
    """Anybody in an office, who comes in by the staff entrance."""

    account: dict[str, str] = field(default_factory=dict)

    def login(self) -> None:
        login(self.page, "工作人员入口", self.account["login"], self.account["password"])

    def approve_enterprise(self, name: str) -> None:
        page = self.page
        page.leave_by("企业账号")
        self.look(page, "office-enterprises")
        page.choose_row(name)
        page.see("营业执照")
        self.look(page, "office-enterprise")
        page.click("通过")
        page.see("审核通过，已通知企业")


def pass_on(somebody: Somebody, person: str, button: str, says: str) -> None:
    """A reviewer opens the person's application from the list and passes it."""
    page = somebody.page
    page.choose_row(person)
    page.see("经过")
    page.click(button)
    page.see(says)


def send_back(somebody: Somebody, person: str, reason: str) -> None:
    """A reviewer returns the application; without a reason nothing happens."""
    page = somebody.page
    page.choose_row(person)
    page.see("经过")
    page.click("回退")
    page.click("确定回退")
    page.see("请填写原因")
    somebody.look(page, "review-reason-missing")
    page.fill("回退原因", reason)
    page.click("确定回退")
    page.see("没有等待您审核的申请")


@dataclass
class Applicant(Somebody):
    """「个人」: registers, reads the notice, fills in, uploads, submits, mends."""

    name: str = "步行人"
    number: str = field(default_factory=identity_number)

    def register(self) -> None:
        page = self.page
        page.goto("/")
        page.see("鄂尔多斯人事人才公共服务大厅")
        page.click("马上注册", within="个人登录")
        page.see("证件号码")
        self.look(page, "personal-register")
        page.fill("姓名", self.name)
        page.fill("证件号码", self.number[:-1] + ("0" if self.number[-1] != "0" else "1"))
        page.fill("手机号码", "13847710000")
        page.fill("密码", PASSWORD)
        page.fill("再填写一次密码", PASSWORD)
        page.click("注册")
        page.see("校验位不正确")
        page.fill("证件号码", self.number)
        page.fill("密码", PASSWORD)
        page.fill("再填写一次密码", PASSWORD)
        page.click("注册")
        page.see("注册信息已收到")
        self.look(page, "registered")
        page.click("我已记下")
        come_in(page, "证件号码", self.number)
        page.see("人才经办快捷入口")
        self.look(page, "personal-home")

    def login(self) -> None:
        login(self.page, "个人登录", self.number)

    def open_notice(self) -> None:
        """「申请须知」 pops up, counts down from thirty."""
        page = self.page
        page.click("战略性新兴产业引进人才生活补贴申请")
        page.see("请阅读，还有")
        self.look(page, "notice")

    def wait_for_notice(self) -> None:
        self.page.not_see("请阅读，还有", timeout=NOTICE_PATIENCE)

    def save(self) -> None:
        save(self.page)

    def find_no_employer(self, words: str) -> None:
        """An employer without an approved account cannot be chosen (A8)."""
        page = self.page
        page.click("查询", within="所属战略性新兴产业")
        page.fill("单位名称", words)
        page.click("查询")
        page.see("若单位未注册账号需先进行注册")
        page.see("0477-8587631")
        self.look(page, "employer-none")
        page.click("取消")

    def choose_employer(self, words: str, name: str, way: str) -> None:
        page = self.page
        page.click("查询", within="所属战略性新兴产业")
        page.fill("单位名称", words)
        page.click("查询")
        page.see(name)
        self.look(page, "employer")
        page.choose_row(name)
        page.click("确定")
        page.see(way)

    def fill_in(self) -> None:
        """Everything of 基本信息 that the account does not already say."""
        page = self.page
        page.select("民族", "蒙古族")
        page.select("政治面貌", "群众")
        page.fill("电子邮箱", "buxing@example.com")
        page.fill("户籍所在地", "内蒙古自治区包头市昆都仑区")
        page.fill("毕业院校", "内蒙古大学")
        page.fill("所学专业", "材料科学与工程")
        page.select("学历", "硕士研究生")
        page.select("学位", "硕士")
        page.fill("毕业时间", "2015-06")
        page.check("是")
        page.select("所属战略性新兴产业", "新材料产业")
        page.fill("岗位职务", "工程师")
        page.fill("来鄂(引进)时间", "2024-02-20")
        page.fill("劳动合同起始时间", "2024-03-01")
        page.fill("劳动合同终止时间", "2099-12-31")
        page.fill("社保缴纳起始时间", "2024-03")
        page.fill("开户银行", "鄂尔多斯银行东胜支行")
        page.fill("银行账号", f"6217 0000 0000 {next(serial):04d}")
        page.check("本人承诺")

    def add_experience(self, kind: str, start: str, end: str, place: str, subject: str) -> None:
        page = self.page
        page.click("新增")
        page.check(kind)
        page.fill("起始年月", start)
        page.fill("终止年月", end)
        page.fill("学校或单位", place)
        page.fill("专业或职务", subject)
        page.fill("证明人", "李建国")
        page.click("保存")
        page.see(place)

    def upload_all(self, papers: Path) -> None:
        """「上传附件」, 「上传材料」, 「确认」, then 「保存」."""
        page = self.page
        page.click("上传附件", within="提交")
        page.see("须所在企业审核人审核无误、签字并加盖单位公章后上传")
        for material, kinds in MATERIALS.items():
            page.upload(
                f"选择文件 {material}", *(files.save(papers, kind, f"{material}{kind}") for kind in kinds)
            )
        self.look(page, "attachments-chosen")
        page.click("上传材料")
        page.see("必需材料已全部上传", timeout=60)
        self.look(page, "attachments")
        page.click("确认")
        page.see("请点击下方“保存”")
        self.save()

    def submit(self, button: str = "提交") -> None:
        page = self.page
        page.click(button)
        page.see("提交后不可修改")
        self.look(page, "confirm")
        page.click("确定提交")
        page.see("提交成功")
        page.see("系统已提醒该单位")
        self.look(page, "submitted")

    def history(self) -> str:
        """What 「查询历史」 says of the only application."""
        self.page.goto("/personal/")
        self.page.click("查询历史")
        self.page.see("审批不通过/回退原因")
        (row,) = self.page.rows()
        return row


def save(page: Page) -> None:
    """「保存」, when nothing hinders it."""
    page.leave_by("保存")
    page.see("已保存")


def login(page: Page, login_kind: str, login_name: str, password: str = PASSWORD) -> None:
    """Log in by one of the portal's links."""
    page.goto("/")
    page.click(login_kind)
    label = {"个人登录": "证件号码", "企业登录": "统一社会信用代码", "工作人员入口": "账号"}[login_kind]
    come_in(page, label, login_name, password)


def come_in(page: Page, label: str, login_name: str, password: str = PASSWORD) -> None:
    """Fill in the login page that is open."""
    page.see("忘记密码")
    page.fill(label, login_name)
    page.fill("密码", password)
    page.click("登录")
    page.see("退出")
