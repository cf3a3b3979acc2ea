"""One whole stack for all end-to-end tests: free ports, a state of its own, templates from the cache."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from local.emulator import EmulatorProcess
from local.running import stack_up
from local.stack import Stack

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # These are visitors: a browser that says of itself that it is driven is none.
    "--disable-blink-features=AutomationControlled",
]
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
"""What a browser with a window says it is; without one it says so, and is taken for a machine."""

# A function that wakes up on a busy machine takes its time.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack_up(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def emulator(emulator_process: EmulatorProcess) -> EmulatorProcess:
    """One in a process of its own: a browser is driven by a loop that runs in this one."""
    return emulator_process


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert Path(CHROMIUM).exists(), f"no Chromium at {CHROMIUM}: install it, or name it in CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A visitor nobody knows yet."""
    agent = AGENT.format(browser.version.partition(".")[0])
    context = browser.new_context(viewport={"width": 1280, "height": 900}, user_agent=agent)
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()
