"""A headless Chromium for the tests of the page: no network, nothing kept, and everything it complains of written down.

A machine without one skips these tests and says why; where CAMCENSUS_NEED_BROWSER is set (as in .ci/run) they fail.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.optional import optional

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request
else:
    Browser = Page = Request = Any

NEEDED = "CAMCENSUS_NEED_BROWSER"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', e => window.violations.push(e.violatedDirective + ' ' + e.sample));
"""


def chromium() -> str | None:
    """Where Chromium is; None if there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests, with a profile that is thrown away."""
    playwright_api = optional("playwright.sync_api")
    path = chromium()
    if path is None:
        reason = "no Chromium on this machine (Debian: apt-get install chromium)"
        if os.environ.get(NEEDED):
            pytest.fail(f"{reason}, and {NEEDED} says that there must be one")
        pytest.skip(reason)
    with playwright_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, headless=True, args=list(FLAGS))
        yield found
        found.close()


@dataclass
class Seen:
    """A page and what was seen of it: requests besides the page itself, errors, messages of the console."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def violations(self) -> list[str]:
        """What the page's own security policy forbade."""
        found: list[str] = self.page.evaluate("window.violations")
        return found

    def axe(self) -> list[str]:
        """Rules of accessibility that do not hold, with the first place each."""
        self.page.evaluate(optional("axe_playwright_python.base").AXE_SCRIPT)
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]]

    def wide(self) -> int:
        """By how many pixels the page is wider than the window."""
        found: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return found


@contextmanager
def opened(browser: Browser, path: Path, at: str = "", **context: Any) -> Iterator[Seen]:
    """A file in a new window without network. `at`: what follows #; `context`: as Playwright's `new_context` has it."""
    window = browser.new_context(offline=True, reduced_motion="reduce", **context)
    page = window.new_page()
    seen = Seen(page)
    if context.get("java_script_enabled", True):
        page.add_init_script(WATCH)
    address = path.resolve().as_uri()

    def note(request: Request) -> None:
        if request.url.partition("#")[0] != address and not request.url.startswith("data:"):
            seen.requests.append(request.url)

    page.on("request", note)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}#{at}" if at else address)
    try:
        yield seen
    finally:
        window.close()
