"""What browser SDKs ask for before they send anything: the settings of a source, in the shape each expects.

There is nothing to set, so the answers only say "send here, load nothing else".
"""

from typing import Any, Final
from urllib.parse import urlsplit

from functions import callers, releases, settings
from functions.core.keys import WriteKey, check_sender
from functions.http import Answer, Request, json_answer

_CACHED: Final = {"cache-control": "public, max-age=300"}


def segment(request: Request, given: str) -> Answer:
    """For @segment/analytics-next: GET /v1/projects/{key}/settings."""
    _key(given, request)
    base = urlsplit(settings.public_url())
    sends = {"apiKey": given, "apiHost": f"{base.netloc}{base.path}/v1", "protocol": base.scheme}
    return json_answer(
        200,
        {
            "integrations": {"Segment.io": {**sends, "addBundledMetadata": False, "type": "server"}},
            "plan": {"track": {"__default": {"enabled": True}}, "identify": {"__default": {"enabled": True}}},
            "edgeFunction": {},
            "analyticsNextEnabled": True,
            "middlewareSettings": {},
            "enabledMiddleware": {},
            "metrics": {"sampleRate": 0},
            "legacyVideoPluginsEnabled": False,
            "remotePlugins": [],
            "autoInstrumentationSettings": {"disableTraffic": True},
        },
        _CACHED,
    )


def rudderstack(request: Request) -> Answer:
    """For @rudderstack/analytics-js: GET /sourceConfig/."""
    given = callers.written(request)
    key = _key(given, request)
    silent: dict[str, Any] = {"errors": {"enabled": False}, "metrics": {"enabled": False}}
    return json_answer(
        200,
        {
            "source": {
                "id": key.name,
                "name": key.name,
                "writeKey": given,
                "enabled": True,
                "workspaceId": "samovar",
                "config": {"statsCollection": silent},
                "connections": [],
                "destinations": [],
                "dataplanes": {},
            }
        },
        # The key may be in a header, which a cache between would not look at.
        {"cache-control": "private, max-age=300", "vary": "authorization"},
    )


def _key(given: str, request: Request) -> WriteKey:
    """The public key that was given. Only browsers ask, and on the API's own origin without saying so."""
    key = callers.known(given, releases.keyring())
    if key.trusted or request.origin is not None:
        check_sender(key, request.origin or "")
    return key
