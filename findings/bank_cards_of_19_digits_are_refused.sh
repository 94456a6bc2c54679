#!/bin/bash
# isCreditCard of validator.js and validators.unionpay of Python refuse the usual bank cards of China: those of 17 to 19 digits.
#
# Library:   validator 13.15.35 and, for comparison, card-validator 10.0.4 (npm, Node 20); validators 0.36.0 (PyPI), Python 3.11.
# Guess:     a UnionPay number (62...) with a right check digit is taken at each length that it may have: 16 to 19, as card-validator's table
#            and ISO/IEC 7812-1 (up to 19) have it; 19 is what most debit cards in China have.
# Behaviour: both know 62 with 16 digits only, which are credit cards. validator.js takes 19 digits from Visa and from UnionPay's range 81,
#            so its limit is not the length as such. isLuhnNumber, validators.card_number and card-validator take all of them.
# Known:     since 2016 (validatorjs/validator.js#539: the source of the rule was about credit cards).
# Cost:      a form for salaries or allowances is tried with a credit card and works; then people with debit cards are told that the number
#            on their card is wrong.
# Way out:   check digits and length, at most warn of the check digit: passbooks and accounts without a card have none.
# Output:    16 digits, 62: isCreditCard true, isLuhnNumber true, card-validator true
#            17 digits, 62: isCreditCard false, isLuhnNumber true, card-validator true
#            18 digits, 62: isCreditCard false, isLuhnNumber true, card-validator true
#            19 digits, 62: isCreditCard false, isLuhnNumber true, card-validator true
#            19 digits, 81: isCreditCard true, isLuhnNumber true, card-validator true
#            19 digits, 43: isCreditCard true, isLuhnNumber true, card-validator true
#            16 digits, 62: unionpay True, card_number True
#            17 digits, 62: unionpay False, card_number True
#            18 digits, 62: unionpay False, card_number True
#            19 digits, 62: unionpay False, card_number True
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cat > "$room/make.py" <<'P'
def card(front, length):
    """Return an invented number: a beginning, zeros, and the check digit of ISO/IEC 7812-1 (Luhn)."""
    body = front.ljust(length - 1, "0")
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body))]
    return body + str(-sum(value - 9 * (value > 9) for value in doubled) % 10)


for front, length in ("621700", 16), ("621700", 17), ("621700", 18), ("621700", 19), ("817199", 19), ("436742", 19):
    print(card(front, length))
P
cat > "$room/ask.js" <<'J'
const cards = require("card-validator");
const validator = require("validator");

for (const number of process.argv.slice(2)) {
  console.log(
    `${number.length} digits, ${number.slice(0, 2)}: isCreditCard ${validator.isCreditCard(number)},` +
      ` isLuhnNumber ${validator.isLuhnNumber(number)}, card-validator ${cards.number(number).isValid}`,
  );
}
J
cat > "$room/ask.py" <<'P'
import sys

import validators

for number in sys.argv[1:]:
    print(
        f"{len(number)} digits, {number[:2]}: unionpay {bool(validators.unionpay(number))},"
        f" card_number {bool(validators.card_number(number))}"
    )
P
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install validators==0.36.0
(cd "$room" && npm init --yes --silent > /dev/null && npm install --silent --no-audit --no-fund validator@13.15.35 card-validator@10.0.4 > /dev/null)
python3 "$room/make.py" > "$room/numbers"
(cd "$room" && xargs node ask.js < numbers && head -n 4 numbers | xargs venv/bin/python ask.py) > "$room/seen"
cat "$room/seen"
sed -n '/^# Output:/,/^set/s/^# [ Output:]* //p' "$0" | diff - "$room/seen"
echo 'as described'
