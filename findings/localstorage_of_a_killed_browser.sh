#!/bin/bash
# What localStorage took in the last seconds before a browser ends without closing is gone; what IndexedDB took is there.
#
# Software:  Chromium 156 (Debian package chromium), driven by Playwright 1.65.2 (PyPI), Python 3.11.
# Guess:     localStorage.setItem is synchronous, so what it has stored is there afterwards: good enough for a draft that could not be sent.
# Behaviour: Chromium writes localStorage to the disk some seconds later. If its process ends two seconds after setItem (no memory left, an
#            empty battery), it comes back without the item, although the page had read it. What an IndexedDB transaction has
#            completed, "relaxed" or "strict", is there.
# Known:     electron/electron#3895, chromiumembedded/cef#2063.
# Cost:      the last words before a telephone's battery is empty are lost, just those for which such a draft was made.
# Product:   keeps unsent letters in IndexedDB (static/js/unsent.js).
# Output:    2 seconds: localStorage {} relaxed kept strict kept
#            10 seconds: localStorage {"item":"1"} relaxed kept strict kept
set -euo pipefail
command -v chromium > /dev/null || { echo 'needs the Debian package chromium'; exit 1; }
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install playwright==1.65.2
export ROOM="$room" TMPDIR="$room"
"$room/venv/bin/python" - > "$room/seen" <<'P'
import http.server
import os
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from playwright.sync_api import sync_playwright


class Blank(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blank)
threading.Thread(target=server.serve_forever, daemon=True).start()
PAGE = f"http://127.0.0.1:{server.server_port}/"
OPEN = """const open = () => new Promise((resolve) => {
    const asked = indexedDB.open("room", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("store");
    asked.onsuccess = () => resolve(asked.result);
});"""
PUT = """async () => { %s
    localStorage.setItem("item", "1");
    for (const durability of ["relaxed", "strict"]) {
        const transaction = (await open()).transaction("store", "readwrite", { durability });
        transaction.objectStore("store").put("kept", durability);
        await new Promise((resolve) => { transaction.oncomplete = resolve; });
    }
    return localStorage.getItem("item");
}""" % OPEN
GET = """async () => { %s
    const found = [];
    for (const durability of ["relaxed", "strict"]) {
        const asked = (await open()).transaction("store").objectStore("store").get(durability);
        await new Promise((resolve) => { asked.onsuccess = resolve; });
        found.push(durability, asked.result ?? "lost");
    }
    return `localStorage ${JSON.stringify({ ...localStorage })} ${found.join(" ")}`;
}""" % OPEN


def started(playwright, home):
    port = Path(home) / "DevToolsActivePort"
    port.unlink(missing_ok=True)
    process = subprocess.Popen(
        ["chromium", "--headless=new", "--no-sandbox", "--no-first-run", f"--user-data-dir={home}",
         "--remote-debugging-port=0", "about:blank"],
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    for _ in range(600):
        if port.exists() and "\n" in port.read_text():
            break
        time.sleep(0.05)
    browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port.read_text().splitlines()[0]}")
    page = browser.contexts[0].pages[0]
    page.goto(PAGE)
    return process, page


with sync_playwright() as playwright:
    for seconds in (2, 10):
        home = tempfile.mkdtemp(dir=os.environ["ROOM"])
        process, page = started(playwright, home)
        assert page.evaluate(PUT) == "1"
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process, page = started(playwright, home)
        print(f"{seconds} seconds:", page.evaluate(GET))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
P
diff - "$room/seen" <<'SEEN'
2 seconds: localStorage {} relaxed kept strict kept
10 seconds: localStorage {"item":"1"} relaxed kept strict kept
SEEN
echo 'as described'
