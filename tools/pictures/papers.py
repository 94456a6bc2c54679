"""Draws the papers of invented people for the README's pictures: recognisable at a glance, and marked 「样本」 all over.

Never imitates a real paper closely: no emblem, no pattern, no number that is anybody's.
"""

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

A4 = (1240, 1754)  # 150 dpi
CARD = (1280, 810)
INK, GREY, PALE, RED, BLUE = "#1f2733", "#6b7686", "#e8ecf2", "#c3271c", "#23549e"
MARGIN = 130
CLOSING = "，。；：、）》"
"""Characters that never begin a line."""


@dataclass(frozen=True)
class Holder:
    """The data of a person as the papers show them."""

    name: str
    sex: str
    ethnicity: str
    born: str
    address: str
    number: str
    school: str
    major: str
    degree: str
    graduated: str
    enterprise: str
    position: str
    contract: tuple[str, str]
    insured_since: str
    bank: str
    account: str


@cache
def face() -> tuple[str, int]:
    """Return the file of a font with Chinese and the face in it. Ends the program when there is none."""
    pattern = "Noto Sans CJK SC:lang=zh-cn"
    known = subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=True).stdout
    if not known:
        sys.exit("没有中文字体 · no font with Chinese: apt-get install fonts-noto-cjk")
    found = subprocess.run(
        ["fc-match", "-f", "%{file}\t%{index}", pattern], capture_output=True, text=True, check=True
    ).stdout
    path, index = found.split("\t")
    return path, int(index) & 0xFFFF


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    path, index = face()
    return ImageFont.truetype(path, size, index=index)


class Paper:
    """A sheet to write on, from top to bottom."""

    def __init__(self, size: tuple[int, int] = A4, ground: str = "white") -> None:
        self.picture = Image.new("RGB", size, ground)
        self.draw = ImageDraw.Draw(self.picture)
        self.y = MARGIN

    def title(self, words: str, size: int = 58) -> None:
        width = self.draw.textlength(words, font(size))
        self.draw.text(((self.picture.width - width) / 2, self.y), words, INK, font(size), stroke_width=1)
        self.y += int(size * 2.1)

    def text(self, words: str, size: int = 30, x: int = MARGIN, colour: str = INK) -> None:
        """Write a paragraph, broken where the line is full."""
        line = ""
        for letter in words:
            full = self.draw.textlength(line + letter, font(size)) > self.picture.width - MARGIN - x
            if full and letter not in CLOSING:
                self._line(line, size, x, colour)
                line = ""
            line += letter
        self._line(line, size, x, colour)
        self.y += size // 3

    def _line(self, words: str, size: int, x: int, colour: str) -> None:
        self.draw.text((x, self.y), words, colour, font(size))
        self.y += int(size * 1.65)

    def table(self, rows: list[tuple[str, ...]], widths: tuple[float, ...], size: int = 28) -> None:
        """Draw a table over the whole width; the first column is grey."""
        whole = self.picture.width - 2 * MARGIN
        height = int(size * 2.2)
        for row in rows:
            x = MARGIN
            for number, (words, share) in enumerate(zip(row, widths, strict=True)):
                right = x + int(whole * share)
                ground = PALE if number % 2 == 0 and len(widths) in (2, 4) else "white"
                self.draw.rectangle((x, self.y, right, self.y + height), ground, GREY, 2)
                self.draw.text((x + 14, self.y + size * 0.45), words, INK, font(size))
                x = right
            self.y += height
        self.y += size

    def seal(self, words: str, x: int, y: int, radius: int = 130) -> None:
        """Press a round red seal around this point, with a star and the words across."""
        self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=RED, width=7)
        size = min(34, int(radius * 1.75 / len(words)))
        for line, text in enumerate((words, "（样本章）")):
            width = self.draw.textlength(text, font(size))
            self.draw.text((x - width / 2, y - size + line * size * 1.5), text, RED, font(size))

    def marked(self) -> Image.Image:
        """Return the sheet with 「样本」 across it, so that nobody takes it for a real one."""
        side = min(self.picture.size) // 3
        stamp = Image.new("RGBA", (side * 2 + 40, side + 80), (0, 0, 0, 0))
        ImageDraw.Draw(stamp).text((20, 0), "样本", (195, 39, 28, 80), font(side))
        turned = stamp.rotate(24, expand=True)
        middle = (
            (self.picture.width - turned.width) // 2,
            (self.picture.height - turned.height) // 2,
        )
        self.picture.paste(turned, middle, turned)
        return self.picture


def identity_card(holder: Holder) -> bytes:
    card = Paper(CARD, "#eef3f8")
    card.draw.rounded_rectangle((12, 12, CARD[0] - 12, CARD[1] - 12), 44, outline="#9db3cc", width=4)
    card.y = 90
    for label, words in (
        ("姓名", holder.name),
        ("性别", f"{holder.sex}　　民族　{holder.ethnicity}"),
        ("出生", holder.born),
        ("住址", holder.address),
    ):
        card.draw.text((90, card.y), label, BLUE, font(36))
        for piece in (words[:14], words[14:28]):
            if piece:
                card.draw.text((210, card.y - 4), piece, INK, font(44))
                card.y += 68
        card.y += 36
    card.draw.text((90, 680), "公民身份号码", BLUE, font(36))
    card.draw.text((370, 674), holder.number, INK, font(46))
    _portrait(card, 920, 120)
    return _jpeg(card.marked())


def _portrait(card: Paper, x: int, y: int) -> None:
    """A grey head and shoulders instead of a face."""
    card.draw.rectangle((x, y, x + 270, y + 350), "#d8e0ea")
    card.draw.ellipse((x + 75, y + 60, x + 195, y + 200), "#aab6c6")
    card.draw.pieslice((x + 15, y + 215, x + 255, y + 485), 180, 360, "#aab6c6")


def certificate(holder: Holder) -> bytes:
    sheet = Paper((1754, 1240), "#fffdf6")
    sheet.draw.rectangle((50, 50, 1704, 1190), outline="#b08a3c", width=8)
    sheet.draw.rectangle((70, 70, 1684, 1170), outline="#d8c48e", width=3)
    sheet.y = 190
    sheet.title("毕 业 证 书", 84)
    sheet.y += 40
    sheet.text(
        f"　　学生 {holder.name}，{holder.sex}，{holder.born}生，在本校 {holder.major} 专业学习，修完教学计划规定的"
        f"全部课程，成绩合格，准予毕业，授予{holder.degree}学位。",
        44,
        x=180,
    )
    sheet.y = 880
    sheet.text(f"学校：{holder.school}", 40, x=180)
    sheet.text(f"{holder.graduated}", 40, x=180)
    sheet.seal("学校公章", 1380, 930)
    return _jpeg(sheet.marked())


def contract(holder: Holder, pages: int = 2) -> bytes:
    """A contract; with one page it lacks the one that is signed and sealed."""
    first = Paper()
    first.y = 200
    first.title("劳 动 合 同 书")
    first.y += 40
    first.table(
        [
            ("甲方（用人单位）", holder.enterprise),
            ("乙方（劳动者）", holder.name),
            ("公民身份号码", holder.number),
            ("岗位", holder.position),
        ],
        (0.3, 0.7),
    )
    begins, ends = holder.contract
    for words in (
        "　　根据《中华人民共和国劳动法》《中华人民共和国劳动合同法》，甲乙双方平等自愿，协商一致，签订本合同。",
        f"　　一、合同期限　　固定期限合同，自 {begins} 起至 {ends} 止。",
        f"　　二、工作内容　　甲方安排乙方从事 {holder.position} 岗位工作，工作地点为内蒙古自治区鄂尔多斯市。",
        "　　三、工作时间　　执行标准工时制，每日工作八小时，每周工作四十小时。",
        "　　四、劳动报酬　　甲方每月十五日前以货币形式支付乙方工资。",
        "　　五、社会保险　　甲乙双方依法参加社会保险，按时缴纳各项社会保险费。",
    ):
        first.text(words)
    second = Paper()
    for words in (
        "　　六、劳动保护　　甲方为乙方提供符合国家规定的劳动安全卫生条件和必要的劳动防护用品。",
        "　　七、合同的变更、解除和终止　　按《中华人民共和国劳动合同法》有关规定执行。",
        "　　八、保密　　乙方对在工作中知悉的甲方商业秘密负有保密义务。",
        "　　九、争议处理　　双方发生劳动争议，可以协商解决；协商不成的，可以申请调解、仲裁，直至提起诉讼。",
        "　　十、其他　　本合同一式两份，甲乙双方各执一份，自签字盖章之日起生效。",
    ):
        second.text(words)
    second.y += 120
    second.text(f"甲方（盖章）：{holder.enterprise}")
    second.y += 60
    second.text(f"乙方（签字）：{holder.name}")
    second.y += 60
    second.text(f"签订日期：{begins}")
    second.seal(holder.enterprise, 900, second.y - 100, 150)
    return _pdf([sheet.marked() for sheet in (first, second)[:pages]])


def insurance(holder: Holder) -> bytes:
    sheet = Paper()
    sheet.title("社会保险缴纳证明")
    sheet.table(
        [("姓名", holder.name), ("缴纳单位", holder.enterprise), ("起始时间", holder.insured_since)],
        (0.3, 0.7),
    )
    kinds = ("基本养老保险", "基本医疗保险", "失业保险", "工伤保险", "生育保险")
    sheet.table(
        [("险种", "状态", "说明"), *((kind, "正常参保", "连续缴纳") for kind in kinds)], (0.4, 0.3, 0.3)
    )
    sheet.text("　　以上情况属实，特此证明。")
    sheet.seal("社会保险经办机构", 900, 1350)
    return _pdf([sheet.marked()])


def request(holder: Holder) -> bytes:
    sheet = Paper()
    sheet.title("引进人才生活补贴申请表", 52)
    sheet.table(
        [
            ("姓名", holder.name, "性别", holder.sex),
            ("民族", holder.ethnicity, "出生日期", holder.born),
            ("毕业院校", holder.school, "学位", holder.degree),
            ("所学专业", holder.major, "毕业时间", holder.graduated),
        ],
        (0.16, 0.4, 0.16, 0.28),
        size=25,
    )
    sheet.table([("工作单位", holder.enterprise), ("岗位职务", holder.position)], (0.16, 0.84), size=25)
    sheet.text("本人承诺：以上内容和所附材料真实、准确、完整，如有虚假，自愿承担相应责任。")
    sheet.text(f"申请人（签字）：{holder.name}", x=680)
    sheet.y += 60
    sheet.text("所在企业审核意见：情况属实，同意申报。")
    sheet.text("审核人（签字）：　　　　　　单位（盖章）：")
    sheet.seal(holder.enterprise, 900, sheet.y + 110, 150)
    return _pdf([sheet.marked()])


def bank_card(holder: Holder) -> bytes:
    card = Paper(CARD, "#2f5d8f")
    card.draw.rounded_rectangle((14, 14, CARD[0] - 14, CARD[1] - 14), 48, outline="#86a7cc", width=4)
    card.draw.rounded_rectangle((110, 290, 270, 410), 18, "#e2c878")
    card.draw.text((110, 110), holder.bank, "white", font(52))
    groups = " ".join(holder.account[start : start + 4] for start in range(0, len(holder.account), 4))
    card.draw.text((110, 500), groups, "white", font(64))
    card.draw.text((110, 650), holder.name, "white", font(44))
    return _jpeg(card.marked())


PAPERS = {
    "身份证": ("身份证.jpg", identity_card),
    "学历学位证书": ("毕业证书.jpg", certificate),
    "劳动合同": ("劳动合同.pdf", contract),
    "社会保险缴纳证明": ("社保缴纳证明.pdf", insurance),
    "引进人才生活补贴申请表": ("申请表（已盖章）.pdf", request),
    "银行卡复印件": ("银行卡.jpg", bank_card),
}
"""For each required material the file that somebody would upload, and what draws it."""


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82)
    return out.getvalue()


def _pdf(sheets: list[Image.Image]) -> bytes:
    out = io.BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:], resolution=150)
    return out.getvalue()


def heavy(directory: Path) -> Path:
    """Write a picture of more than 20 MB: noise, which no format makes smaller."""
    path = directory / "身份证（扫描件）.png"
    width, height = 2600, 2800
    Image.frombytes("RGB", (width, height), os.urandom(3 * width * height)).save(path, compress_level=0)
    return path
