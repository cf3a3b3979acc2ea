"""What browser SDKs ask for before they send anything."""

import pytest

from tests.handlers.conftest import SECRET, WRITE_KEY, Stack
from tests.handlers.http_client import Reply, basic, send
from tests.handlers.test_write_keys import SHOP


def settings(key: str, **headers: str) -> Reply:
    return send("GET", f"/v1/projects/{key}/settings", headers=headers)


def test_segment_s_sdk_is_told_to_send_here(stack: Stack) -> None:
    reply = settings(WRITE_KEY)
    sends = reply.json["integrations"]["Segment.io"]
    assert (sends["apiKey"], sends["protocol"], sends["apiHost"]) == (WRITE_KEY, "https", "go.tea.example/v1")
    assert list(reply.json["integrations"]) == ["Segment.io"]
    assert reply.json["metrics"] == {"sampleRate": 0}
    assert "max-age" in reply.headers["cache-control"]


@pytest.mark.parametrize("path", ["/sourceConfig/", "/sourceConfig"])
def test_rudderstack_s_sdk_is_told_that_its_source_is_there_and_loads_nothing(stack: Stack, path: str) -> None:
    for reply in (send("GET", path, headers=basic(WRITE_KEY)), send("GET", path, query=f"writeKey={WRITE_KEY}")):
        source = reply.json["source"]
        assert (source["writeKey"], source["enabled"], source["destinations"]) == (WRITE_KEY, True, [])
        assert source["config"]["statsCollection"]["errors"] == {"enabled": False}


def test_an_unknown_key_has_no_settings(stack: Stack) -> None:
    for reply in (
        settings("wk_other"),
        send("GET", "/sourceConfig/"),
        send("GET", "/sourceConfig/", query="writeKey="),
    ):
        assert (reply.status, reply.code) == (401, "unknown-write-key")


def test_a_secret_key_is_refused_here_for_only_browsers_ask(stack: Stack) -> None:
    for reply in (settings(SECRET), send("GET", "/sourceConfig/", headers=basic(SECRET))):
        assert (reply.status, reply.code) == (403, "secret-key-in-browser")


def test_pages_of_other_origins_get_no_settings(stack: Stack) -> None:
    stack.put_keys(SHOP)
    assert settings("wk_shop", origin="https://evil.example").code == "origin-not-allowed"
    assert settings("wk_shop", origin="https://tea.example").status == 200
    # On the API's own origin browsers ask without saying whose page it is.
    assert settings("wk_shop").status == 200
