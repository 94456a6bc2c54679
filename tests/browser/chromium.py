"""Debian's Chromium, driven by Playwright; also hears what the page complains about and asks of other machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser as RunningBrowser
from playwright.sync_api import ConsoleMessage, ElementHandle, Request, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page as Window

from tests.browser.driver import PATIENCE, Browser, NotReady, NotSeen, Page, with_look

PROGRAMS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
QUIETLY = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAVIGATES = """navigation.addEventListener("navigate", (event) => {
    if (!event.destination.sameDocument && event.downloadRequest === null) window.departs = true;
})"""
"""Notes in the page that it is being left, in the moment in which a click does so: of the request one hears later."""
DEPARTS = "() => { const departs = Boolean(window.departs); window.departs = false; return departs; }"
ONE_TRY = 5000  # ms for one attempt; Page tries again
LOADING = 30_000  # ms for a page to come
PAGES_IN_A_ROW = 3  # pages that may follow each other by themselves while one asks
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class ChromiumPage(Page):
    def __init__(self, window: Window, base_url: str) -> None:
        self.window = window
        self.base_url = base_url
        self.foreign_requests: list[str] = []
        self.console_errors: list[str] = []
        self._leaving = False
        self._arrivals = 0
        window.add_init_script(NAVIGATES)
        window.set_default_timeout(PATIENCE * 1000)
        window.on("request", self._asked)
        window.on("console", self._said)
        window.on("pageerror", lambda error: self.console_errors.append(str(error)))
        for done in ("domcontentloaded", "download", "crash"):
            window.on(done, lambda _: self._arrived())  # type: ignore[call-overload]
        window.on(
            "requestfailed", lambda request: self._arrived() if request.is_navigation_request() else None
        )

    @property
    def url(self) -> str:
        self.window.wait_for_timeout(1)  # it hears of a new page only while something is asked of it
        return self.window.url

    def press(self, key: str) -> None:
        with self._settling():
            self.window.keyboard.press(key)

    def evaluate(self, function: str, *arguments: Any) -> Any:
        return self._alive(
            lambda: self.window.evaluate(f"(given) => ({function})(...given)", list(arguments))
        )

    def screenshot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.window.screenshot(path=path, full_page=True)

    def set_viewport(self, width: int, height: int) -> None:
        self.window.set_viewport_size({"width": width, "height": height})
        self._until(
            lambda: self.evaluate("() => [innerWidth, innerHeight]") == [width, height],
            PATIENCE,
            f"the page does not get {width} x {height}",
            self.text,
        )

    def close(self) -> None:
        self.window.context.close()

    def axe(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 A and AA on the page as it is now, one readable line each."""
        # The colours of what is just appearing are not measured.
        at_rest = "Promise.race([Promise.allSettled(document.getAnimations().map((one) => one.finished)), new Promise((late) => setTimeout(late, 2000))])"
        self.evaluate(f"async () => {{ await {at_rest}; {AXE}; }}")
        found = self.evaluate(
            "(tags) => axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })",
            WCAG,
        )
        return [
            f"{rule['id']} ({rule['impact']}): {rule['help']}: {' '.join(map(str, node['target']))}\n"
            f"    {node['html'][:200]}\n    {' '.join(node['failureSummary'].split())}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    def _goto(self, url: str) -> None:
        self.window.goto(url, timeout=LOADING)
        self._leaving = False

    def _element(self, function: str, *arguments: Any) -> ElementHandle:
        result = self._alive(
            lambda: self.window.evaluate_handle(
                f"(given) => ({with_look(function)})(...given)", list(arguments)
            )
        )
        element = result.as_element()
        if element is None:
            raise NotSeen(result.json_value())
        return element

    def _on(self, element: ElementHandle, function: str) -> Any:
        return self._try(lambda: element.evaluate(function))

    def _click(self, element: ElementHandle) -> None:
        with self._settling():
            self._try(lambda: element.click(timeout=ONE_TRY, no_wait_after=True))

    def _fill(self, element: ElementHandle, value: str) -> None:
        self._try(lambda: element.fill(value, timeout=ONE_TRY))

    def _select(self, element: ElementHandle, option: str) -> None:
        with self._settling():
            self._try(lambda: element.select_option(label=option, timeout=ONE_TRY, no_wait_after=True))

    def _attach(self, element: ElementHandle, files: tuple[Path, ...]) -> None:
        with self._settling():
            self._try(lambda: element.set_input_files(list(files), timeout=LOADING))

    @contextmanager
    def _settling(self) -> Iterator[None]:
        """If what is done here sets off for another page, wait until it is there."""
        with suppress(PlaywrightError):
            self.window.evaluate(DEPARTS)  # one may have been told to stay since
        arrivals = self._arrivals
        yield
        with suppress(PlaywrightError):  # the page has dealt with the click when it answers this
            if self.window.evaluate(DEPARTS) and self._arrivals == arrivals:
                self._leaving = True
        self._settle()

    def _settle(self) -> None:
        """Wait for the page that is on its way, if one is."""
        waited = 50
        self.window.wait_for_timeout(waited)
        while self._leaving and waited < LOADING:
            self.window.wait_for_timeout(20)
            waited += 20

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in (
            "127.0.0.1",
            "localhost",
        ):
            self.foreign_requests.append(request.url)
        if request.is_navigation_request() and request.frame == self.window.main_frame:
            self._leaving = True

    def _arrived(self) -> None:
        self._leaving = False
        self._arrivals += 1

    def _said(self, message: ConsoleMessage) -> None:
        # An answer such as 404 or 422 to the page itself is not a mistake of the page.
        answer = (
            message.text.startswith("Failed to load resource") and message.location["url"] == self.window.url
        )
        if message.type == "error" and not answer:
            self.console_errors.append(f"{message.text} ({message.location['url']})")

    def _alive(self, ask: Any, left: int = PAGES_IN_A_ROW) -> Any:
        """Ask the page; when it is just changing for another, ask that one."""
        try:
            return ask()
        except PlaywrightError as trouble:
            if "context was destroyed" not in str(trouble) and "navigat" not in str(trouble):
                raise
            self._settle()
            return self._alive(ask, left - 1) if left else ask()

    @staticmethod
    def _try(act: Any) -> Any:
        try:
            return act()
        except PlaywrightError as trouble:
            raise NotReady(str(trouble)) from trouble


class Chromium(Browser):
    name = "chromium"

    def __init__(self) -> None:
        super().__init__()
        program = next((path for path in PROGRAMS if Path(path).exists()), PROGRAMS[0])
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=program, args=list(QUIETLY))

    def new_page(
        self,
        base_url: str,
        *,
        width: int = 1366,
        height: int = 768,
        javascript: bool = True,
        touch: bool = False,
    ) -> ChromiumPage:
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            java_script_enabled=javascript,
            has_touch=touch,
            reduced_motion="reduce",  # axe would measure the colours of what is just appearing
        )
        page = ChromiumPage(context.new_page(), base_url)
        self.pages.append(page)
        return page

    def connect(self, address: str) -> RunningBrowser:
        """Return another Chromium that has been started, by its address for debuggers."""
        return self._playwright.chromium.connect_over_cdp(address)

    def quit(self) -> None:
        self._browser.close()
        self._playwright.stop()
