"""Debian's Firefox, driven by Mozilla's own Marionette; every page is a tab in a container with its own cookies."""

from __future__ import annotations

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from marionette_driver import errors
from marionette_driver.keys import Keys
from marionette_driver.marionette import ActionSequence, Marionette, WebElement

from tests.browser.driver import PATIENCE, Browser, NotReady, NotSeen, Page, with_look
from tests.machine.processes import free_port

PROGRAMS = ("/usr/bin/firefox-esr", "/usr/bin/firefox")
OPTIONS = ("-marionette", "-headless", "-no-remote", "-remote-allow-system-access")
STARTING = 60  # seconds
SETTINGS = {
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.disable_open_during_load": False,
    "intl.accept_languages": "zh-CN,zh",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "privacy.userContext.enabled": True,
    "toolkit.telemetry.server": "",
}
KEYS = {
    "Enter": Keys.ENTER,
    "Escape": Keys.ESCAPE,
    "Tab": Keys.TAB,
    "Shift": Keys.SHIFT,
    "Control": Keys.CONTROL,
    "Alt": Keys.ALT,
    "ArrowUp": Keys.ARROW_UP,
    "ArrowDown": Keys.ARROW_DOWN,
    "ArrowLeft": Keys.ARROW_LEFT,
    "ArrowRight": Keys.ARROW_RIGHT,
    "Home": Keys.HOME,
    "End": Keys.END,
    "PageUp": Keys.PAGE_UP,
    "PageDown": Keys.PAGE_DOWN,
    "Backspace": Keys.BACK_SPACE,
    "Delete": Keys.DELETE,
    "Space": Keys.SPACE,
}
IN_THE_WAY = (
    errors.ElementClickInterceptedException,
    errors.ElementNotAccessibleException,
    errors.ElementNotInteractableException,
    errors.ElementNotSelectableException,
    errors.StaleElementException,
    errors.DetachedShadowRootException,
    errors.NoSuchElementException,
    errors.MoveTargetOutOfBoundsException,
)


class FirefoxPage(Page):
    def __init__(self, marionette: Marionette, tab: str, base_url: str) -> None:
        self._marionette = marionette
        self._tab = tab
        self.base_url = base_url

    @property
    def url(self) -> str:
        with self._here() as firefox:
            return str(firefox.get_url())

    def press(self, key: str) -> None:
        keys = [KEYS.get(part, part) for part in key.split("+")]
        with self._here() as firefox:
            sequence = ActionSequence(firefox, "key", "keyboard")
            for each in keys:
                sequence.key_down(each)
            for each in reversed(keys):
                sequence.key_up(each)
            sequence.perform()

    def evaluate(self, function: str, *arguments: Any) -> Any:
        with self._here() as firefox:
            return firefox.execute_script(f"return ({function})(...arguments)", script_args=arguments)

    def screenshot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._here() as firefox:
            path.write_bytes(base64.b64decode(firefox.screenshot(full=True)))

    def set_viewport(self, width: int, height: int) -> None:
        """As the responsive design view does it: the window has a least width, its content has none."""
        with self._here() as firefox, firefox.using_context("chrome"):
            firefox.execute_script(
                """const style = gBrowser.selectedBrowser.style;
                for (const [side, size] of [["width", arguments[0]], ["height", arguments[1]]]) {
                    for (const which of [side, `min-${side}`, `max-${side}`]) {
                        style.setProperty(which, `${size}px`, "important");
                    }
                }""",
                script_args=(width, height),
            )
        size = [width, height]
        self._until(
            lambda: self.evaluate("() => [innerWidth, innerHeight]") == size,
            PATIENCE,
            f"the page does not get {width} x {height}",
            self.text,
        )

    def close(self) -> None:
        with self._here() as firefox:
            firefox.close()

    def _goto(self, url: str) -> None:
        with self._here() as firefox:
            firefox.navigate(url)

    def _element(self, function: str, *arguments: Any) -> WebElement:
        found = self.evaluate(with_look(function), *arguments)
        if isinstance(found, WebElement):
            return found
        raise NotSeen(found)

    def _on(self, element: WebElement, function: str) -> Any:
        with self._here():
            return self.evaluate(function, element)

    def _click(self, element: WebElement) -> None:
        with self._here():
            element.click()

    def _fill(self, element: WebElement, value: str) -> None:
        with self._here():
            kind = self._on(element, "(field) => { field.focus(); field.select?.(); return field.type; }")
            if kind in ("date", "month", "time", "datetime-local", "color", "range"):
                self.evaluate(
                    """(field, value) => {
                        field.value = value;
                        for (const told of ["input", "change"]) field.dispatchEvent(new Event(told, { bubbles: true }));
                    }""",
                    element,
                    value,
                )
            else:
                element.send_keys(value or Keys.DELETE)

    def _select(self, element: WebElement, option: str) -> None:
        with self._here():
            chosen = self.evaluate(
                "(list, text) => [...list.options].find((o) => o.text.trim() === text)", element, option
            )
            if chosen is None:
                raise NotReady(f"no option 「{option}」")
            chosen.click()

    def _attach(self, element: WebElement, files: tuple[Path, ...]) -> None:
        with self._here():
            element.send_keys("\n".join(str(file) for file in files))

    @contextmanager
    def _here(self) -> Iterator[Marionette]:
        """Firefox with this tab in front; what stands in the way of a movement becomes NotReady."""
        try:
            if self._marionette.window != self._tab:
                self._marionette.switch_to_window(self._tab)
            yield self._marionette
        except IN_THE_WAY as trouble:
            raise NotReady(str(trouble)) from trouble


class Firefox(Browser):
    name = "firefox"

    def __init__(self) -> None:
        super().__init__()
        program = next((path for path in PROGRAMS if Path(path).exists()), PROGRAMS[0])
        port = free_port()
        self._profile = Path(tempfile.mkdtemp(prefix="firefox-"))
        settings = SETTINGS | {"marionette.port": port}
        (self._profile / "user.js").write_text(
            "".join(
                f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in settings.items()
            ),
            encoding="utf-8",
        )
        self._process = subprocess.Popen(
            [program, *OPTIONS, "-profile", str(self._profile)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._marionette = Marionette(host="127.0.0.1", port=port)
        self._marionette.raise_for_port(timeout=STARTING)
        self._marionette.start_session({"strictFileInteractability": False})
        self._marionette.set_window_rect(width=1500, height=1200)
        self._persons = itertools.count(100)

    def new_page(
        self, base_url: str, *, width: int = 1366, height: int = 768, javascript: bool = True
    ) -> FirefoxPage:
        if not javascript:
            raise NotImplementedError("pages without JavaScript are tried in Chromium")
        before = set(self._marionette.window_handles)
        with self._marionette.using_context("chrome"):
            self._marionette.execute_script(
                """gBrowser.selectedTab = gBrowser.addTab("about:blank", {
                    userContextId: arguments[0],
                    triggeringPrincipal: Services.scriptSecurityManager.getSystemPrincipal(),
                });""",
                script_args=(next(self._persons),),
            )
        (tab,) = set(self._marionette.window_handles) - before
        page = FirefoxPage(self._marionette, tab, base_url)
        page.set_viewport(width, height)
        self.pages.append(page)
        return page

    def quit(self) -> None:
        try:
            self._marionette.delete_session()
        finally:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            shutil.rmtree(self._profile, ignore_errors=True)
