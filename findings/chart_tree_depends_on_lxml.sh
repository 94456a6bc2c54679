#!/bin/bash
# pygal hands a filter of its charts another tree where lxml is not installed: the chart can become a broken picture.
#
# Library:   pygal 3.1.3, lxml 6.1.3, Python 3.11, Debian 12. pygal does not depend on lxml and takes it where it finds it.
# Guess:     add_xml_filter hands over the same elements and attributes with and without lxml.
# Behaviour: with lxml the namespace of SVG belongs to the element, and the root has no attribute `xmlns`. Without lxml the
#            namespace is an ordinary attribute of the root. A filter that keeps only the attributes it knows takes it away
#            there, and only there: what is left is well-formed XML that no browser shows as a picture.
# Cost:      a developer's environment has lxml by way of some test tool and an installation has not: every chart of the
#            installation is a broken picture, every test passes, and nothing is logged.
# Product:   keeps the attribute xmlns (admin_views/statistics/charts.py).
# Output:    lxml xmlns-attribute=False picture=True
#            xml.etree xmlns-attribute=True picture=False
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install pygal==3.1.3 lxml==6.1.3
cat > "$room/draw.py" <<'P'
import xml.etree.ElementTree as ElementTree

import pygal
from pygal.etree import etree

KNOWN = {"viewBox", "x", "y", "width", "height", "d", "transform"}
seen = []


def keep_known(root):
    seen.append("xmlns" in root.attrib)
    for element in root.iter():
        for name in list(element.attrib):
            if name not in KNOWN:
                del element.attrib[name]
    return root


chart = pygal.Bar(js=[], disable_xml_declaration=True, no_prefix=True)
chart.add("applications", [3, 1])
chart.add_xml_filter(keep_known)
root = ElementTree.fromstring(chart.render(is_unicode=True))
name = "lxml" if etree.lxml else "xml.etree"
print(f"{name} xmlns-attribute={seen[-1]} picture={root.tag == '{http://www.w3.org/2000/svg}svg'}")
P
"$room/venv/bin/python" "$room/draw.py" > "$room/seen"
"$room/venv/bin/pip" --quiet --disable-pip-version-check uninstall --yes lxml
"$room/venv/bin/python" "$room/draw.py" >> "$room/seen"
cat "$room/seen"
diff "$room/seen" - <<'EXPECTED'
lxml xmlns-attribute=False picture=True
xml.etree xmlns-attribute=True picture=False
EXPECTED
echo 'as described'
