"""push.js in a real browser: nothing is asked before a click, and a push message becomes a notification.

Debian's Chromium has no push service of its own to subscribe to: the subscription is a stand-in, and the message is
delivered to the real service worker by the browser's developer tools.
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from functions.core.push import notification
from functions.pages import render
from local.waiting import until
from tests.unit.core.test_push import GOOD, KEY

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><meta charset=utf-8><title>Tea</title>
<script src="/push.js" data-worker="/push.js" defer></script>
<button data-samovar-push="subscribe">Yes, please</button>
<button data-samovar-push="unsubscribe" hidden>No more</button>
<p role="status" data-samovar-push="state" data-subscribed="Bildirimler açık."></p>"""
STAND_IN = """
window.asked = 0;
const request = Notification.requestPermission.bind(Notification);
Notification.requestPermission = () => { window.asked += 1; return request(); };
window.held = null;
const made = { toJSON: () => (%s), unsubscribe: async () => { window.held = null; return true; } };
PushManager.prototype.subscribe = async (options) => { window.options = options; return (window.held = made); };
PushManager.prototype.getSubscription = async () => window.held;
""".replace("%s", json.dumps(GOOD))


@dataclass
class Site:
    """A site with push.js beside its page; `posted` is what was told to the deployment."""

    url: str
    posted: list[tuple[str, Any]] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    settings = {
        "vapid": KEY,
        "writeKey": "wk_x",
        "business": "Çay",
        "site": "https://tea.example",
        "worker": "/push.js",
    }
    script = render.text_of("push.js").replace("__SETTINGS__", json.dumps(settings))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = ("text/javascript", script) if self.path == "/push.js" else ("text/html", PAGE)
            self._say(kind, text.encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.posted.append((self.path, json.loads(body)))
            self._say("application/json", b"{}")

        def _say(self, kind: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("content-type", f"{kind}; charset=utf-8")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Site(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(15_000)
    context.grant_permissions(["notifications"], origin=site.url)
    yield context.new_page()
    context.close()


SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  for (let turn = 0; turn < 40; turn++) {
    const found = await registration.getNotifications();
    if (found.length) return found.map((one) => [one.title, one.body, one.tag, one.data.url]);
    await new Promise((done) => setTimeout(done, 50));
  }
  return [];
}"""
"""What notifications there are, within two seconds."""


def test_a_push_message_becomes_a_notification(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.evaluate("navigator.serviceWorker.register('/push.js').then(() => navigator.serviceWorker.ready)")
    tools = page.context.new_cdp_session(page)
    versions: list[Any] = []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda said: versions.extend(said["registrations"]))
    tools.send("ServiceWorker.enable")
    while not versions:
        page.wait_for_timeout(20)
    data = notification("Kettle ☕", "İpek, merhaba", f"{site.url}/c/1", icon="", tag="", message="m1").decode()
    said = {"origin": site.url, "registrationId": versions[-1]["registrationId"], "data": data}
    shown: list[list[str]] = []

    def is_shown() -> bool:
        # A browser that has no time for its worker drops a message, as it may anywhere; of one tag the last is shown.
        tools.send("ServiceWorker.deliverPushMessage", said)
        shown[:] = page.evaluate(SHOWN)
        return bool(shown)

    until(is_shown, 30, "the notification")
    assert shown == [["Kettle ☕", "İpek, merhaba", "m1", f"{site.url}/c/1"]]


def test_nothing_is_asked_before_a_click_and_what_is_told_is_the_subscription(page: Page, site: Site) -> None:
    page.add_init_script(STAND_IN)
    page.goto(site.url)
    expect(page.get_by_role("button", name="Yes, please")).to_be_visible()
    assert page.evaluate("window.asked") == 0
    page.get_by_role("button", name="Yes, please").click()
    expect(page.get_by_role("status")).to_have_text("Bildirimler açık.")
    assert page.evaluate("window.asked") == 1
    assert page.evaluate("[options.userVisibleOnly, options.applicationServerKey.length]") == [True, 65]
    ((path, said),) = site.posted
    assert path == "/v1/push/subscribe"
    assert (said["subscription"], said["agreed"], said["writeKey"]) == (GOOD, True, "wk_x")
    assert said["anonymousId"]
    page.get_by_role("button", name="No more").click()
    expect(page.get_by_role("status")).to_have_text("unsubscribed")
    assert site.posted[-1][0] == "/v1/push/unsubscribe"
    assert site.posted[-1][1]["anonymousId"] == said["anonymousId"]
