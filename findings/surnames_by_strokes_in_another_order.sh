#!/bin/bash
# Surnames sorted by strokes with ICU come in an order that no list in China has: 何 before 李, 孔 before 王.
#
# Software:  Node 20.20.2 with its ICU 78.2 (CLDR 48); for comparison cnchar 3.2.6 with cnchar-order 3.2.6 (npm). Chromium 156 and
#            PostgreSQL 15.18 (COLLATE of the ICU provider, Debian 12) sort as Node does.
# Guess:     the collation "stroke" of zh is what notices call 按姓氏笔画为序: by the number of strokes, and where that is equal by the kind of the
#            first stroke, 横竖撇点折 (GF 3003-1999; the table 《通用规范汉字表》 of 2013 is in that order).
# Behaviour: the number of strokes is right. Among characters with the same number ICU goes by the radical (亻 before 木, 子 before 玉). sortStroke
#            of cnchar leaves them in the order in which they came.
# Known:     no report found. CLDR takes the order from Unihan's kTotalStrokes (unicode-org/cldr#3960); a plan for CLDR 1.1 (its design
#            page "chinese_ordering") wanted that of GF 3003-1999. MDN describes it as "stroke order".
# Cost:      a published list of people says in its heading 按姓氏笔画为序 and is not. Whoever tries it with 丁, 王, 李 and 黄, which have 2, 4, 7
#            and 11 strokes, sees it right; readers who know the order look for themselves at the wrong place.
# Way out:   sort by the character's number in 《通用规范汉字表》 (kTGH of Unihan), or by the strokes themselves. The product has no such order.
# Output:    rule 王贝毛方孔 石田白冯皮 李吴何宋张 林罗周郑孟
#            Intl.Collator 孔方毛王贝 冯田白皮石 何吴宋张李 周孟林罗郑
#            cnchar 孔王方毛贝 皮石冯白田 张李宋何吴 孟林郑周罗
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cat > "$room/sort.js" <<'J'
const cnchar = require("cnchar");
require("cnchar-order");

// Five surnames each of 4, 5, 7 and 8 strokes, that begin with 横, 竖, 撇, 点 and 折.
const RULE = "王贝毛方孔石田白冯皮李吴何宋张林罗周郑孟";
const mixed = [..."孔王方毛贝皮石冯白田张李宋何吴孟林郑周罗"];
const show = (name, sorted) => console.log(name, [...sorted].join("").match(/.{5}/g).join(" "));
show("rule", RULE);
show("Intl.Collator", [...mixed].sort(new Intl.Collator("zh-u-co-stroke").compare));
show("cnchar", cnchar.sortStroke([...mixed]));
J
(cd "$room" && npm init --yes --silent > /dev/null && npm install --silent --no-audit --no-fund cnchar@3.2.6 cnchar-order@3.2.6 > /dev/null 2>&1 && node sort.js) \
  > "$room/seen"
cat "$room/seen"
sed -n '/^# Output:/,/^set/s/^# [ Output:]* //p' "$0" | diff - "$room/seen"
echo 'as described'
