"""What the tracker script weighs, and how many requests a visit costs.

The visit runs in headless Chromium, with its clock moved instead of waited for.
"""

import os
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from authoring.validate import validate
from bench.report import Say
from functions.core.popups import asked_of_browsers
from functions.core.tracking import script_settings
from functions.pages import popups, tracker
from infra.paths import BUILD, MARKETING
from infra.tracker import tracker_script
from local.waiting import until
from tests.website import Website

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
VISIT = (("/", 40), ("/teas", 25), ("/teas?q=green", 10), ("/first-flush", 60), ("/brewing-guide", 45))
"""Pages of a typical visit, with the seconds spent on each; a file is taken on the last, a link leads away."""
LINKS = '<a id="file" href="/guide.pdf">Guide</a> <a id="away" href="{away}">Away</a> {own}'


def run(say: Say) -> dict[str, float]:
    """tracker_bytes_gzip, as served to the demo business without its pop-ups, and with them; popup_bytes_gzip, the
    module that shows one; tracker_requests_per_visit and its calls."""
    release = validate(MARKETING).release
    numbers: dict[str, float] = {}
    for name, asked in (("tracker", None), ("tracker_with_popups", asked_of_browsers(release.popups))):
        settings = script_settings(release.tracking, release.sending.business.site, asked)
        served = tracker.serve(tracker_script(BUILD), settings)
        with_them = " and pop-ups" if asked else ""
        say(
            f"samovar.js with the demo's settings{with_them}: {len(served.text):,} bytes, {len(served.packed):,} packed"
        )
        numbers[f"{name}_bytes_gzip"] = len(served.packed)
    numbers["popup_bytes_gzip"] = len(popups.module().packed)
    if not Path(CHROMIUM).exists():
        say(f"no Chromium at {CHROMIUM}: the visit is not measured")
        return numbers
    requests, calls = _visit()
    seconds = sum(stay for _, stay in VISIT)
    say(f"{len(VISIT)} pages in {seconds} s, a search, a download and a link that leads away: {calls} calls")
    return numbers | {"tracker_requests_per_visit": requests, "tracker_calls_per_visit": calls}


def _visit() -> tuple[int, int]:
    own = " ".join(f'<a class="own" href="{path}">{path}</a>' for path, _ in VISIT)
    with sync_playwright() as playwright, Website({}, consent="assumed") as site:
        site.pages["*"] = LINKS.format(away=site.at("localhost"), own=own)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.clock.install()
        page.goto(site.url)
        for number, (path, stay) in enumerate(VISIT):
            if number:
                page.click(f'.own[href="{path}"]')
                page.wait_for_url(f"**{path}")
            _stay(page, stay)
        # The file opens elsewhere, as most do; the click is what counts.
        page.evaluate("document.querySelector('#file').addEventListener('click', event => event.preventDefault())")
        page.click("#file")
        page.click("#away")
        page.wait_for_url(f"{site.at('localhost')}/**")
        until(lambda: site.api.named("Outbound Link Clicked"), 10, "the last beacon")
        browser.close()
        return len(site.api.requests), len(site.api.calls)


def _stay(page: Page, seconds: int) -> None:
    page.wait_for_function("typeof window.samovar?.id == 'function' && window.samovar.id.length == 0")
    page.clock.fast_forward(seconds * 1000)
    page.wait_for_timeout(100)
