"""The console as people on the staff use it: signed in on the local stack, each press of theirs counted."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from functions.core.roles import Role
from local import staff
from local.emulator import ROOT
from local.stack import Stack

AXE: Final = ROOT / "tests" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS: Final = {"serious", "critical"}
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@dataclass(slots=True)
class Desk:
    """Somebody of the staff in front of a page; `presses` are what they clicked since they signed in, `complaints` what
    the browser said of it."""

    page: Page
    console: str
    presses: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def press(self, what: Locator, name: str = "") -> None:
        """Click, as one of the clicks that are counted."""
        self.presses.append(name or what.first.inner_text().strip().splitlines()[0])
        what.first.click()

    def menu(self, name: str) -> None:
        """Go to one of the pages that every page leads to."""
        self.press(self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True), name)
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    def go(self, path: str) -> int:
        """Go to an address below the console's; the answer's status."""
        answer = self.page.goto(self.console + path)
        assert answer is not None
        return answer.status


@contextmanager
def signed_in(
    browser: Browser, stack: Stack, role: Role, size: dict[str, int] | None = None, *, looked_into: bool = False
) -> Iterator[Desk]:
    """The demo user of a role, signed in as they do it themselves. `looked_into`: the browser's policy stands aside for
    axe alone, which must be put into the page."""
    context = browser.new_context(viewport=size or DESK, bypass_csp=looked_into, is_mobile=size is PHONE)
    context.set_default_timeout(15_000)
    page = context.new_page()
    desk = Desk(page, stack.outputs["ConsoleUrl"])
    page.goto(desk.console)
    page.fill("input[name=username]", staff.address(role))
    page.fill("input[name=password]", staff.PASSWORD)
    page.click("button[type=submit], input[type=submit]")
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")
    page.on("console", lambda said: _heard(desk, said))
    page.on("pageerror", lambda error: desk.complaints.append(str(error)))
    try:
        yield desk
        assert desk.complaints == []
    finally:
        context.close()


def _heard(desk: Desk, said: ConsoleMessage) -> None:
    # A refused page is one that somebody was to see.
    if said.type in ("error", "warning") and "the server responded with a status of 4" not in said.text:
        desk.complaints.append(said.text)


def too_wide(page: Page, name: str) -> list[str]:
    """Says so where the page is wider than its window."""
    wide, is_wide = (page.viewport_size or DESK)["width"], page.evaluate("document.documentElement.scrollWidth")
    return [f"{name} is {is_wide} px wide at {wide}"] if is_wide > wide else []


def unusable(page: Page, name: str) -> list[str]:
    """What axe finds on the page that keeps somebody from using it."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then(({violations}) => violations)")
    serious = [one for one in found if one["impact"] in SERIOUS]
    return [f"{name}: {one['id']}: {[node['html'][:200] for node in one['nodes']][:3]}" for one in serious]


def keep(page: Page, name: str, *, whole: bool = True) -> None:
    """A picture of the page, where SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        wide = (page.viewport_size or DESK)["width"]
        page.screenshot(path=Path(folder) / f"console-{name}-{wide}.png", full_page=whole)
