#!/bin/bash
# validator.js takes the cards of permanent residents from five provinces as identity cards, and of three permits two.
#
# Library:   validator 13.15.35 (npm), Node 20, Debian 12.
# Guess:     isIdentityCard(number, "zh-CN") takes either every number of 18 places that follows GB 11643, or citizens' alone.
# Behaviour: the first two digits are looked up in a list of provinces that holds 81, 82 and 91, which once stood for
#            香港, 澳门 and abroad. So the residence permits of people from 香港 (810000) and 澳门 (820000) are taken and
#            those from 台湾 (830000) refused, though one rule made all three (国办发〔2018〕81号). The permanent resident's
#            card of December 2023 begins with 9 and the issuing province: 91 means 北京 to 内蒙古 (11 to 15), and those
#            cards pass, while one from 上海 (931) or 广东 (944) does not.
# Cost:      whether somebody can register depends on where the card was issued; tried with one card of 北京 it looks right.
# Known:     of another checker for 83 (Blankj/AndroidUtilCode#1321).
# Product:   tells the papers apart by their first digits before the check (common/identity.py); the check digit is one for all.
# Output:    810000199001010019 true
#            820000199001010010 true
#            830000199001010012 false
#            911124199005010025 true
#            915124199005010029 true
#            931124199005010029 false
#            944124199005010023 false
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cat > "$room/ask.js" <<'J'
const validator = require("validator");

// ISO 7064 MOD 11-2, as GB 11643-1999 has it. All numbers are invented.
function withCheckDigit(body) {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const total = weights.reduce((sum, weight, place) => sum + weight * Number(body[place]), 0);
  return body + "10X98765432"[total % 11];
}

for (const front of ["810000", "820000", "830000"]) {
  const number = withCheckDigit(front + "19900101001");
  console.log(number, validator.isIdentityCard(number, "zh-CN"));
}
for (const front of ["911124", "915124", "931124", "944124"]) {
  const number = withCheckDigit(front + "19900501002");
  console.log(number, validator.isIdentityCard(number, "zh-CN"));
}
J
(cd "$room" && npm init --yes --silent > /dev/null && npm install --silent --no-audit --no-fund validator@13.15.35 > /dev/null)
(cd "$room" && node ask.js) > "$room/seen"
cat "$room/seen"
sed -n 's/^# Output:    //p; s/^#            \([0-9]\{18\} [tf]\)/\1/p' "$0" | diff - "$room/seen"
echo 'as described'
