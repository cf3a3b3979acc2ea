"""A landing page in a real browser, on a phone and in the dark: nothing moves, nothing is asked of anybody else, what
is agreed to is told with the page and its variant, and the form arrives with all of it.

`SCREENSHOTS=folder` keeps what was seen.
"""

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from functions.aws import session
from functions.core.event import Event
from functions.core.release import Release
from functions.pages import tracker
from infra.paths import BUILD
from infra.tracker import tracker_script
from local.emulator import EmulatorProcess
from local.front.server import Handler, Server
from local.waiting import until
from tests.e2e.conftest import AGENT
from tests.e2e.test_forms import Api
from tests.handlers.conftest import HELLO, Stack, make_stack

pytestmark = pytest.mark.browser

BLOCKS: list[dict[str, Any]] = [
    {
        "hero": {"headline": "You looked for {{ query.utm_term }}", "button": {"text": "Go", "to": "form"}},
        "came_with": {"utm_campaign": "spring"},
        "otherwise": [{"hero": {"headline": "Tea", "variants": {"headline": {"loud": "TEA"}}}}],
    },
    {"text": "## Leaves\n\nA Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen of a word.\n\n- one\n- two"},
    {"prices": [{"title": "A tin", "price": "€5", "includes": ["Tea"]}, {"title": "A kilo", "price": "€80"}]},
    {"faq": [{"question": "How long?", "answer": "A year."}]},
    {"form": "hello"},
]
MOVED = """() => new Promise(done => new PerformanceObserver(list => done(list.getEntries().map(one => one.value)))
    .observe({type: "layout-shift", buffered: true}) || setTimeout(() => done([]), 300))"""


CLIP = {"id": "steam", "title": "Steam", "width": 64, "height": 48, "transcript": "It **hums**."}
RECORDED = """async () => {
    const canvas = Object.assign(document.createElement("canvas"), {width: 64, height: 48});
    const pen = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(25), {mimeType: "video/webm"});
    const parts = [];
    recorder.ondataavailable = ({data}) => parts.push(data);
    const over = new Promise(done => recorder.onstop = done);
    recorder.start();
    for (let shade = 0; shade < 50; shade++) {
        pen.fillStyle = `rgb(${shade * 5}, 0, 0)`;
        pen.fillRect(0, 0, 64, 48);
        await new Promise(requestAnimationFrame);
    }
    recorder.stop();
    await over;
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return btoa(String.fromCharCode(...bytes));
}"""


class Films(Handler):
    """The business's own site, which has a clip."""

    clip = b""

    def do_GET(self) -> None:
        self.answer(200, "video/webm", type(self).clip, access_control_allow_origin="*")

    do_HEAD = do_GET


@pytest.fixture(scope="module")
def films() -> Iterator[str]:
    with Server(0, Films) as server:
        yield server.url


@pytest.fixture(scope="module")
def site(films: str, emulator: EmulatorProcess) -> Iterator[tuple[str, Stack]]:
    session.reset()
    patch = pytest.MonkeyPatch()
    stack = make_stack(emulator, patch, "landing-e2e")
    says = {"utm_term": {"one_of": ["green tea"], "otherwise": "tea"}}
    stack.publish(
        Release.model_validate(
            {
                "sending": {
                    "business": {"name": "Tea & Co", "site": "https://tea.example"},
                    "from": {"name": "Tea", "email": "hello@tea.example"},
                    "topics": [{"id": "tips", "title": "Tips"}, {"id": "offers", "title": "Offers"}],
                },
                "forms": {"hello": HELLO},
                "pages": {
                    "spring": {"title": "Spring", "says": says, "blocks": BLOCKS},
                    "film": {"title": "Film", "blocks": [{"video": {**CLIP, "src": f"{films}/steam.webm"}}]},
                },
            }
        )
    )
    patch.setattr(tracker, "SCRIPT", tracker_script(BUILD))
    with Server(0, Api) as api:
        patch.setenv("PUBLIC_URL", api.url)
        yield api.url, stack
    patch.undo()
    session.reset()


def visitor(browser: Browser, width: int, scheme: str) -> tuple[Page, list[str]]:
    agent = AGENT.format(browser.version.partition(".")[0])
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        user_agent=agent,
    )
    context.set_default_timeout(15_000)
    page, asked = context.new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: asked.append(f"console: {said.text}"))
    return page, asked


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1200, "dark")])
def test_a_visit_by_an_advertisement_ends_in_a_form_that_says_where_it_began(
    browser: Browser, site: tuple[str, Stack], width: int, scheme: str
) -> None:
    url, stack = site
    page, asked = visitor(browser, width, scheme)
    page.goto(f"{url}/page/spring?utm_campaign=spring&utm_term=Green+tea&utm_source=w{width}")
    expect(page.get_by_role("heading", level=1)).to_have_text("You looked for green tea")
    banner = page.get_by_role("region")
    expect(banner).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert sum(page.evaluate(MOVED)) == 0
    assert page.context.cookies() == []
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"landing-{width}-{scheme}.png", full_page=True)
    banner.get_by_role("button", name="Yes").click()
    expect(banner).to_be_hidden()
    page.get_by_role("link", name="Go").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Your e-mail").fill(f"w{width}@tea.example")
    page.get_by_label("Yes, send me brewing tips.").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Pour me in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    assert {urlsplit(one).netloc for one in asked if not one.startswith(("data:", "console:"))} == {
        urlsplit(url).netloc
    }
    assert [one for one in asked if one.startswith("console:")] == []
    form = next(
        one
        for one in stack.events()
        if one.context.get("campaign", {}).get("source") == f"w{width}" and one.kind == "form"
    )
    assert form.properties["landing"] == "spring"
    assert any(ref.startswith("a#") for ref in form.identities)
    page.context.close()


def test_a_visitor_sees_one_variant_again_and_again_and_it_is_told_with_the_view(
    browser: Browser, site: tuple[str, Stack]
) -> None:
    url, stack = site
    page, _ = visitor(browser, 360, "light")
    page.goto(f"{url}/page/spring")
    first = page.get_by_role("heading", level=1).inner_text()
    kept = [one["value"].partition("@")[0] for one in page.context.cookies()]
    assert kept == [{"Tea": "as-written", "TEA": "loud"}[first]]
    page.get_by_role("button", name="Yes").click()
    for _ in range(3):
        page.reload()
        assert page.get_by_role("heading", level=1).inner_text() == first

    def views() -> list[Event]:
        return [one for one in stack.events() if one.name == "Page Viewed" and "variant" in one.properties]

    until(views, 30, "a view")
    viewed = views()[0]
    assert viewed.properties["variant"] == {"Tea": "as-written", "TEA": "loud"}[first]
    assert viewed.properties["page"] == "spring"
    page.context.close()


def test_what_is_played_is_told_from_its_beginning_to_its_end(browser: Browser, site: tuple[str, Stack]) -> None:
    url, stack = site
    page, asked = visitor(browser, 360, "light")
    page.goto("about:blank")
    Films.clip = base64.b64decode(page.evaluate(RECORDED))
    page.goto(f"{url}/page/film")
    # Nothing of it is asked for before somebody plays it.
    assert [one for one in asked if "steam.webm" in one] == []
    page.get_by_role("button", name="Yes").click()
    page.evaluate("document.querySelector('video').play()")

    def told() -> list[Event]:
        return [one for one in stack.events() if one.name.startswith("Video ")]

    until(lambda: any(one.name == "Video Playback Completed" for one in told()), 30, "the end of the clip")
    assert [one for one in asked if one.startswith("console:")] == []
    names = [one.name for one in sorted(told(), key=lambda one: one.at)]
    assert names[0] == "Video Playback Started"
    assert names.count("Video Playback Completed") == names.count("Video Playback Started") == 1
    assert {one.properties["video"] for one in told()} == {"steam"}
    assert {one.properties["page"] for one in told()} == {"film"}
    shares = [one.properties["percent"] for one in told() if one.name == "Video Content Playing"]
    assert len(shares) == len(set(shares))
    assert set(shares) <= {25, 50, 75}
    page.get_by_text("What is said in it").click()
    expect(page.get_by_text("hums")).to_be_visible()
    page.context.close()
