#!/bin/bash
# What people fill into a Word form, and what they change with changes tracked, is missing from the text that python-docx reads.
#
# Library:   python-docx 1.2.0; for comparison docx2txt 0.9; Python 3.11, Debian 12.
# Guess:     paragraph.text and cell.text are the text that Word shows, perhaps with deleted words still in it.
# Behaviour: both take the runs and hyperlinks directly below the paragraph, and the paragraphs directly below the cell. The answer in a
#            content control (w:sdt, what "developer tools" put into forms), an insertion that is tracked (w:ins) and a field's result
#            (w:fldSimple) lie one element deeper and are left out, without a word; what was deleted is rightly gone. So of a changed number
#            neither the old nor the new one is there, and an answered form reads as an empty one.
# Known:     python-openxml/python-docx#155 (content controls, since 2015) and #1123 (insertions), both open.
# Cost:      a program that looks for the name or the salary in a contract finds none, reports the paper as not filled in, or compares two
#            contracts that differ and calls them the same.
# Way out:   take all w:t below the paragraph's element, or docx2txt. The product shows a Word file to people and reads no text from it.
# Output:    python-docx: 姓名： | 月薪：元 | 签订日期： | 学历 []
#            docx2txt: 姓名：王晓敏 | 月薪：12000元 | 签订日期：2026年1月1日 | 学历 [硕士]
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install python-docx==1.2.0 docx2txt==0.9
cd "$room"
PYTHONIOENCODING=utf-8 "$room/venv/bin/python" - > "$room/seen" <<'P'
import docx
import docx2txt
from docx.oxml import parse_xml

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
BY = 'w:author="editor" w:date="2026-01-01T00:00:00Z"'
document = docx.Document()


def run(text, element="t"):
    return f"<w:r><w:{element}>{text}</w:{element}></w:r>"


def control(content):
    return f"<w:sdt><w:sdtPr/><w:sdtContent>{content}</w:sdtContent></w:sdt>"


body = f"""
<w:p>{run("姓名：")}{control(run("王晓敏"))}</w:p>
<w:p>{run("月薪：")}<w:del w:id="1" {BY}>{run("8000", "delText")}</w:del><w:ins w:id="2" {BY}>{run("12000")}</w:ins>{run("元")}</w:p>
<w:p>{run("签订日期：")}<w:fldSimple w:instr=" SAVEDATE ">{run("2026年1月1日")}</w:fldSimple></w:p>
<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid><w:tr>
<w:tc><w:p>{run("学历")}</w:p></w:tc><w:tc>{control(f"<w:p>{run('硕士')}</w:p>")}<w:p/></w:tc>
</w:tr></w:tbl>"""
for place, element in enumerate(parse_xml(f"<w:body {WORD}>{body}</w:body>")):
    document.element.body.insert(place, element)
document.save("form.docx")

read = docx.Document("form.docx")
label, answer = read.tables[0].rows[0].cells
print("python-docx:", " | ".join([*(each.text for each in read.paragraphs), f"{label.text} [{answer.text}]"]))
*lines, label, answer = [each for each in docx2txt.process("form.docx").splitlines() if each]
print("docx2txt:", " | ".join([*lines, f"{label} [{answer}]"]))
P
cd "$OLDPWD"
cat "$room/seen"
sed -n 's/^# Output:    //p; s/^#            \(docx2txt:\)/\1/p' "$0" | diff - "$room/seen"
echo 'as described'
