"""`browser`: Chromium, or Firefox where the test asks for it; `chromium`: for what only Chromium can tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.driver import Browser
from tests.browser.firefox import Firefox

KINDS: dict[str, type[Browser]] = {"chromium": Chromium, "firefox": Firefox}


@pytest.fixture(scope="session")
def running_browsers() -> Iterator[Callable[[str], Browser]]:
    """Each browser is started once, when first asked for."""
    running: dict[str, Browser] = {}

    def start(name: str) -> Browser:
        if name not in running:
            running[name] = KINDS[name]()
        return running[name]

    yield start
    for browser in running.values():
        browser.quit()


@pytest.fixture
def browser(request: pytest.FixtureRequest, running_browsers: Callable[[str], Browser]) -> Iterator[Browser]:
    """Chromium, or what `@pytest.mark.parametrize("browser", ["chromium", "firefox"], indirect=True)` names.

    No page of it may have asked another machine for anything, nor complained in its console.
    """
    browser = running_browsers(getattr(request, "param", "chromium"))
    yield browser
    pages = [page for page in browser.pages if isinstance(page, ChromiumPage)]
    foreign = [address for page in pages for address in page.foreign_requests]
    complaints = [complaint for page in pages for complaint in page.console_errors]
    browser.close_pages()
    assert not foreign, f"requests that left the machine: {foreign}"
    assert not complaints, f"errors in the console: {complaints}"


@pytest.fixture
def chromium(browser: Browser) -> Chromium:
    assert isinstance(browser, Chromium)
    return browser


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """What every open page showed when the test failed lies in build/failures/."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if report.when == "call" and report.failed and isinstance(browser, Browser):
        for number, page in enumerate(browser.pages, 1):
            picture = Path("build/failures") / (re.sub(r"[^\w.-]+", "_", item.nodeid) + f".{number}.png")
            try:
                page.screenshot(picture)
                report.sections.append((f"page {number}: {page.path}", f"{picture}\n{page.text()[:3000]}"))
            except Exception as trouble:  # the test's own failure is the one to be told
                report.sections.append((f"page {number}", f"no picture: {trouble}"))
    return report
