"""`make pictures`: the console as it looks with people in it, into .build/pictures (or FOLDER=).

Pictures are made anew whenever somebody wants them, and none is kept in the repository: the crowd is the same each
time, and what stands in a picture is what the console shows today.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from functions.core.roles import Role
from local.emulator import ROOT
from local.running import stack_up
from tests.crowd.past import AYSE
from tests.e2e.conftest import ARGUMENTS, CHROMIUM
from tests.e2e.console import DESK, PHONE, signed_in

PEOPLE: Final = "300"
PAGES: Final = {
    "today": "",
    "people": "/people",
    "person": f"/people?q={AYSE.email}",
    "journey": "/journeys/welcome",
    "campaign": "/campaigns/new-harvest/second",
    "mail": "/mails/welcome",
    "reports": "/reports",
    "release": "/releases/3",
}


def main() -> None:
    """Bring a stack up, let a crowd live there, and take a picture of each page on a desk and on a phone."""
    into = Path(os.environ.get("FOLDER") or ROOT / ".build" / "pictures")
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, stack_up(Path(folder), tell=print) as stack:
        environment = {**os.environ, "STATE_DIR": folder}
        subprocess.run([sys.executable, "-m", "tests.crowd", PEOPLE], check=True, cwd=ROOT, env=environment)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for where, size in (("desk", DESK), ("phone", PHONE)):
                with signed_in(browser, stack, Role.OWNER, size) as desk:
                    for name, path in PAGES.items():
                        desk.go(path)
                        desk.page.screenshot(path=into / f"{name}-{where}.png")
            browser.close()
    print(f"{2 * len(PAGES)} pictures are in {into}")


if __name__ == "__main__":
    main()
