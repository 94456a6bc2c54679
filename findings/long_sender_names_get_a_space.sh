#!/bin/bash
# Python's email reads the sender 鄂尔多斯市某某新能源科技有限公司 with a space in the middle, and shorter Chinese names as they are.
#
# Software:  Python 3.11, email with policy.default; for comparison its older policy compat32, and mailparser 3.14.2 (npm), Node 20.
# Guess:     msg["From"].addresses[0].display_name is the name as it was set, whoever wrote the message: msg["Subject"] is.
# Behaviour: an encoded word has at most 75 characters (RFC 2047), which are 15 Chinese characters in UTF-8 and Base64. A longer name is two
#            words, and the space between them belongs to the notation (6.2). The parser drops it in a subject and keeps it in a name. What
#            EmailMessage itself wrote comes back changed; the bytes are right, as the others show.
# Known:     python/cpython#128110, mended in 2026 by #130749. Python 3.11 gets mends of security alone.
# Cost:      a program that takes answers by mail does not find the enterprise by the name of its sender, or stores it with the space. Names on
#            licences are often longer than 15 characters; test data such as 王小明 is right.
# Way out:   str(make_header(decode_header(...))) of email.header on a message read with compat32; or compare by the address.
#            The product reads no mail.
# Output:    王小明: policy.default same, subject same, compat32 same, mailparser same
#            鄂尔多斯市某某科技有限公司: policy.default same, subject same, compat32 same, mailparser same
#            鄂尔多斯市某某新能源科技有限公司: policy.default 鄂尔多斯市某某新能源科技有限公 司, subject same, compat32 same, mailparser same
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cat > "$room/read.js" <<'J'
const { simpleParser } = require("mailparser");

simpleParser(require("fs").readFileSync(0)).then((message) => console.log(message.from.value[0].name));
J
(cd "$room" && npm init --yes --silent > /dev/null && npm install --silent --no-audit --no-fund mailparser@3.14.2 > /dev/null 2>&1)
(cd "$room" && PYTHONIOENCODING=utf-8 python3 -) > "$room/seen" <<'P'
import subprocess
import sys
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr

if sys.version_info[:2] != (3, 11):
    sys.exit(f"stated for Python 3.11; this is {sys.version.split()[0]}")


def shown(read, name):
    return "same" if read == name else read


for name in ("王小明", "鄂尔多斯市某某科技有限公司", "鄂尔多斯市某某新能源科技有限公司"):
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = Address(name, "office", "example.com")
    message["Subject"] = name
    message.set_content("-")
    content = message.as_bytes()
    read = message_from_bytes(content, policy=policy.default)
    older = message_from_bytes(content, policy=policy.compat32)
    found = {
        "policy.default": read["From"].addresses[0].display_name,
        "subject": str(read["Subject"]),
        "compat32": str(make_header(decode_header(parseaddr(older["From"])[0]))),
        "mailparser": subprocess.run(["node", "read.js"], input=content, capture_output=True, check=True).stdout.decode().strip(),
    }
    print(f"{name}: {', '.join(f'{way} {shown(text, name)}' for way, text in found.items())}")
P
cat "$room/seen"
sed -n '/^# Output:/,/^set/s/^# [ Output:]* //p' "$0" | diff - "$room/seen"
echo 'as described'
