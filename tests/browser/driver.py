"""A person at a browser: finds things by their visible words, waits for them, and works with them.

The walk of the guide is written once against `Page`; Chromium and Firefox each fill in the few movements below the line.
Each page has its own cookies: a second `new_page()` is another person at another computer.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

LOOK = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")
PATIENCE = 30.0  # seconds that a person waits for something to appear, where a machine has much else to do
PAUSE = 0.05
READ = "(performance.getEntriesByType('navigation')[0]?.domContentLoadedEventEnd ?? 1) > 0"
"""Whether a page is there to its end and its scripts have run: what one does before is lost, what is missing may yet come."""
LEAVING = "() => { document.documentElement.dataset.before = 'leaving'; return true; }"
THERE = "() => !document.documentElement?.dataset.before && document.readyState === 'complete'"

Found = TypeVar("Found")


class NotSeen(AssertionError):
    """What should be on the screen is not."""


class NotReady(Exception):
    """The browser cannot do this just now (covered, moving, gone); worth another try."""


class Page(ABC):
    """One person's window. Words are matched exactly first, then as a beginning, then as a part."""

    base_url: str

    # --- what a person does

    def goto(self, path: str) -> None:
        self._goto(self.base_url + path if path.startswith("/") else path)

    def click(self, name: str, *, within: str | None = None, timeout: float = PATIENCE) -> None:
        """Click the button, link or tab of this name; `within`: the nearest surroundings that show these words."""
        self._with("button", name, within, self._click, timeout)

    def leave_by(self, name: str, *, within: str | None = None) -> None:
        """Click what leads to another page, and wait for that one. Only the page that has the button counts as left: one that
        was on its way before is waited for as by `click`."""

        def leave(button: Any) -> None:
            self._on(button, LEAVING)
            self._click(button)

        self._with("button", name, within, leave, PATIENCE)
        self._until(lambda: bool(self.evaluate(THERE)), PATIENCE, "no other page has come", self.text)

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """Whatever one does here leads to another page, which is waited for: the page that is going away may show the same
        words already, and a click on it would be lost."""
        self.evaluate(LEAVING)
        yield
        self._until(lambda: bool(self.evaluate(THERE)), PATIENCE, "no other page has come", self.text)

    def fill(self, label: str, value: str, *, within: str | None = None, timeout: float = PATIENCE) -> None:
        """Write into the field of this label, in place of what stands there. Dates as 2026-11-23, months as 2026-11."""
        self._with("field", label, within, lambda field: self._fill(field, value), timeout)

    def select(
        self, label: str, option: str, *, within: str | None = None, timeout: float = PATIENCE
    ) -> None:
        self._with("field", label, within, lambda field: self._select(field, option), timeout)

    def check(self, label: str, *, within: str | None = None, timeout: float = PATIENCE) -> None:
        """Tick the box, or choose the radio button, of this label; ticked already, it stays so."""

        def tick(box: Any) -> None:
            if not self._on(box, "(box) => box.checked"):
                self._click(self._element("(box) => handle(box)", box))

        self._with("field", label, within, tick, timeout)

    def upload(self, label: str, *files: Path, within: str | None = None, timeout: float = PATIENCE) -> None:
        """Give files to the file field of this label, which may be hidden behind a button."""
        self._with("file", label, within, lambda field: self._attach(field, files), timeout)

    def choose_row(self, text: str, *, within: str | None = None, timeout: float = PATIENCE) -> None:
        """Click the row (of a table or list) that shows this text, on its radio button if it has one."""
        self._with(
            "row", text, within, lambda row: self._click(self._element("(row) => handle(row)", row)), timeout
        )

    @abstractmethod
    def press(self, key: str) -> None:
        """A key by its DOM name: Enter, Escape, Tab, Shift+Tab, ArrowDown, a."""

    # --- what a person sees

    def see(self, text: str, *, timeout: float = PATIENCE) -> None:
        self._until(
            lambda: _flat(text) in (self._read() or ""),
            timeout,
            f"「{text}」 is not on the screen",
            self.text,
        )

    def not_see(self, text: str, *, timeout: float = PATIENCE) -> None:
        def gone() -> bool:
            read = self._read()
            return read is not None and _flat(text) not in read

        self._until(gone, timeout, f"「{text}」 is still on the screen", self.text)

    def text(self) -> str:
        """All that can be read on the page, in one line."""
        return _flat(self.evaluate("() => document.body?.innerText") or "")  # between two pages there is none

    def value(self, label: str, *, within: str | None = None) -> str:
        """What stands in the field of this label; of a list, the text of what is chosen."""
        script = """(label, within) => {
            const field = look("field", label, within);
            if (typeof field === "string") return [field, null];
            return [null, field.tagName === "SELECT" ? flat(field.selectedOptions[0]?.text) : field.value];
        }"""
        refusal, value = self.evaluate(with_look(script), label, within)
        if refusal:
            raise NotSeen(refusal)
        return str(value)

    def rows(self) -> list[str]:
        """The visible rows of the tables on the page (of the open dialog, when there is one), a line each."""
        script = """() => [...ground()[0].querySelectorAll("tbody tr")].filter(shown).map((row) => flat(row.innerText))"""
        rows: list[str] = self.evaluate(with_look(script))
        return rows

    @property
    @abstractmethod
    def url(self) -> str: ...

    @property
    def path(self) -> str:
        return self.url.removeprefix(self.base_url)

    # --- the movements, one implementation a browser

    @abstractmethod
    def evaluate(self, function: str, *arguments: Any) -> Any:
        """The JSON value of a JavaScript function, `(a, b) => a + b`, called in the page."""

    @abstractmethod
    def screenshot(self, path: Path) -> None: ...

    @abstractmethod
    def set_viewport(self, width: int, height: int) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def _goto(self, url: str) -> None: ...

    @abstractmethod
    def _element(self, function: str, *arguments: Any) -> Any:
        """As `evaluate`, for a function that answers an element (or a string, which raises NotSeen)."""

    @abstractmethod
    def _on(self, element: Any, function: str) -> Any:
        """The JSON value of a function called with this element."""

    @abstractmethod
    def _click(self, element: Any) -> None: ...

    @abstractmethod
    def _fill(self, element: Any, value: str) -> None: ...

    @abstractmethod
    def _select(self, element: Any, option: str) -> None: ...

    @abstractmethod
    def _attach(self, element: Any, files: tuple[Path, ...]) -> None: ...

    # --- patience

    def _read(self) -> str | None:
        """What `text` says of a page that is there to its end; None between two pages."""
        read = self.evaluate(f"() => ({READ}) ? document.body?.innerText ?? null : null")
        return None if read is None else _flat(read)

    def _with(
        self, kind: str, name: str, within: str | None, act: Callable[[Any], None], timeout: float
    ) -> None:
        """Find it and act on it, trying again while it is not there or cannot be reached."""
        end = time.monotonic() + timeout
        while True:
            try:
                act(
                    self._element(
                        f"(kind, name, within) => ({READ}) ? ready(look(kind, name, within)) : 'the page is on its way'",
                        kind,
                        name,
                        within,
                    )
                )
                return
            except (NotSeen, NotReady) as refusal:
                if time.monotonic() > end:
                    raise NotSeen(f"{refusal}\nat {self.path}") from refusal
            time.sleep(PAUSE)

    def _until(
        self, true: Callable[[], bool], timeout: float, complaint: str, shown: Callable[[], str]
    ) -> None:
        end = time.monotonic() + timeout
        while not true():
            if time.monotonic() > end:
                raise NotSeen(f"{complaint}\nat {self.path}, which shows: {shown()[:2000]}")
            time.sleep(PAUSE)


class Browser(ABC):
    """A running browser; every page of it is a person of their own."""

    name: str

    def __init__(self) -> None:
        self.pages: list[Page] = []

    @abstractmethod
    def new_page(
        self, base_url: str, *, width: int = 1366, height: int = 768, javascript: bool = True
    ) -> Page: ...

    @abstractmethod
    def quit(self) -> None: ...

    def close_pages(self) -> None:
        while self.pages:
            self.pages.pop().close()


def _flat(text: str) -> str:
    return " ".join(text.split())


def with_look(function: str) -> str:
    """The function, able to use look.js, which leaves nothing behind in the page."""
    return f"(...given) => {{ {LOOK}\n return ({function})(...given); }}"
