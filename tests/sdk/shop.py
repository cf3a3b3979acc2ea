"""A shop's page that tracks with a browser SDK, on an origin of its own: /segment and /rudderstack.

The bundles come from the npm packages as they are. The page's query names the API (`api`), the write key (`key`),
how many calls to make (`count`) and how the SDK is to deliver them (`mode`).
"""

from pathlib import Path

from local.front.server import Handler

MODULES = Path(__file__).parents[1] / "npm" / "node_modules"
BUNDLES = {
    "segment": MODULES / "@segment" / "analytics-next" / "dist" / "umd" / "index.js",
    "rudderstack": MODULES
    / "@rudderstack"
    / "analytics-js"
    / "dist"
    / "npm"
    / "modern"
    / "bundled"
    / "umd"
    / "index.js",
}

_CALLS = """
async function say(sdk, count) {
  for (let n = 0; n < count; n++) {
    switch (n % 5) {
      case 0: sdk.identify(`person-${n % 20}`, {n, email: `p${n % 20}@example.com`, firstName: "Łucja İpek 🍵"}); break;
      case 1: sdk.track("Cup Drunk", {n}); break;
      case 2: sdk.page("Teas", "Home", {n}); break;
      case 3: sdk.group("tea-club", {n}); break;
      case 4: sdk.alias(`person-${n % 20}`, `was-${n}`); break;
    }
    // Batches wait for each other: without a pause one retry would carry all that is left. And a browser
    // takes 64 KB of beacons at a time: what goes beyond, RudderStack's SDK drops without a word.
    await new Promise(done => setTimeout(done, mode === "standard" ? 2 : 300));
  }
}
const asked = new URLSearchParams(location.search), api = asked.get("api"), writeKey = asked.get("key");
const count = Number(asked.get("count")), mode = asked.get("mode");
"""
_START = {
    "segment": """
const batching = {deliveryStrategy: {strategy: "batching", config: {size: 3, timeout: 500}}};
const delivery = mode === "batching" ? batching : {};
AnalyticsNext.AnalyticsBrowser.load({writeKey, cdnURL: api}, {integrations: {"Segment.io": delivery}})
  .then(async ([sdk]) => { await say(sdk, count); document.title = "said"; });
""",
    "rudderstack": """
const options = {configUrl: api, useBeacon: mode === "beacon", beaconQueueOptions: {flushQueueInterval: 500}};
const sdk = new rudderanalytics.RudderAnalytics();
sdk.load(writeKey, api, options);
sdk.ready(async () => { await say(sdk, count); document.title = "said"; });
""",
}


class Shop(Handler):
    """The shop."""

    def do_GET(self) -> None:
        match self.route.strip("/").split("/"):
            case [sdk] if sdk in _START:
                self.page(
                    f'<!doctype html><title>shop</title><script src="/bundle/{sdk}.js"></script>'
                    f"<script>{_CALLS}{_START[sdk]}</script>"
                )
            case ["bundle", name]:
                self.answer(200, "text/javascript; charset=utf-8", BUNDLES[name.removesuffix(".js")].read_bytes())
            case _:
                self.answer(404, "text/plain", b"")
