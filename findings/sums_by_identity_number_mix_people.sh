#!/bin/bash
# COUNTIF and SUMIF of HyperFormula take the identity numbers of different people, stored as text, for one number.
#
# Library:   hyperformula 3.5.0 (npm), Node 20, Debian 12.
# Guess:     a cell that holds text, entered with an apostrophe so that no digit is lost, is compared as text.
# Behaviour: COUNTIF, SUMIF and SUMIFS read a criterion of digits as a number, and the text cells as numbers too. Numbers are compared with
#            a tolerance (precisionEpsilon 1e-13), so the last four digits do not count: everybody born in one county on one day is one
#            person, and so are the holders of cards that a bank issued one after the other. = and MATCH beside them tell the same cells
#            apart, and a number that ends in X is text for all. LibreOffice 7.4.7 counts each once. Excel is known to compare 15
#            digits here, and many know its trick: a criterion with "*" at the end.
# Cost:      a list checked for duplicates names people who are none; money summed by card or by person is that of several. Test data
#            with short numbers, or with an X at the end, is right.
# Way out:   a criterion that is no number: "=" in a SUMPRODUCT, or a letter before the number in a column of its own.
# Output:    150602199001010011 COUNTIF 3, SUMIF 111, SUMIFS 111, equal cells 1, MATCH 1
#            150602199001010038 COUNTIF 3, SUMIF 111, SUMIFS 111, equal cells 1, MATCH 2
#            150602199001013511 COUNTIF 3, SUMIF 111, SUMIFS 111, equal cells 1, MATCH 3
#            6217000012345678901 COUNTIF 2, SUMIF 11000, SUMIFS 11000, equal cells 1, MATCH 4
#            6217000012345679000 COUNTIF 2, SUMIF 11000, SUMIFS 11000, equal cells 1, MATCH 5
#            15060219900101002X COUNTIF 1, SUMIF 100000, SUMIFS 100000, equal cells 1, MATCH 6
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cat > "$room/sum.js" <<'J'
const { HyperFormula } = require("hyperformula");

// Invented numbers.
const numbers = [
  "150602199001010011", "150602199001010038", "150602199001013511", "6217000012345678901", "6217000012345679000", "15060219900101002X",
];
const all = `$1:A$${numbers.length}`;
const rows = numbers.map((number, at) => {
  const own = `A${at + 1}`;
  const paid = `B$1:B$${numbers.length}`;
  return [
    `'${number}`, 10 ** at, `=COUNTIF(A${all}, ${own})`, `=SUMIF(A${all}, ${own}, ${paid})`, `=SUMIFS(${paid}, A${all}, ${own})`,
    `=SUMPRODUCT(--(A${all}=${own}))`, `=MATCH(${own}, A${all}, 0)`,
  ];
});
for (const row of HyperFormula.buildFromArray(rows, { licenseKey: "gpl-v3" }).getSheetValues(0)) {
  const [number, , count, sum, sums, equal, place] = row;
  if (typeof number !== "string") throw new Error("not text");
  console.log(`${number} COUNTIF ${count}, SUMIF ${sum}, SUMIFS ${sums}, equal cells ${equal}, MATCH ${place}`);
}
J
(cd "$room" && npm init --yes --silent > /dev/null && npm install --silent --no-audit --no-fund hyperformula@3.5.0 > /dev/null)
(cd "$room" && node sum.js) > "$room/seen"
cat "$room/seen"
sed -n 's/^# Output:    //p; s/^#            \([0-9X]\{18,19\} COUNTIF\)/\1/p' "$0" | diff - "$room/seen"
echo 'as described'
