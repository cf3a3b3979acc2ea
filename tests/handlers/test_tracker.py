"""GET /samovar.js: the built script with the live release's settings."""

import gzip
import json

import pytest

from functions import releases
from functions.core.release import Release, canonical, release_id
from functions.core.tracking import Tracking, script_settings
from functions.pages import tracker
from functions.tables import releases as published
from infra.paths import BUILD
from infra.tracker import tracker_script
from tests.handlers.conftest import Stack, demo
from tests.handlers.http_client import Reply, send


@pytest.fixture
def built(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setattr(tracker, "SCRIPT", tracker_script(BUILD))
    published.publish(canonical(demo()), {}, by="ada", based_on=None)
    return stack


def settings(reply: Reply) -> dict[str, object]:
    said: dict[str, object] = json.loads(reply.text[reply.text.rindex("})({") + 3 : reply.text.rindex(");")])
    return said


def publish(**tracking: object) -> Release:
    release = demo().model_copy(update={"tracking": Tracking.model_validate(tracking)})
    published.publish(canonical(release), {}, by="ada", based_on=releases.live().id)
    return release


def test_the_script_carries_the_settings_of_the_live_release(built: Stack) -> None:
    reply = send("GET", "/samovar.js")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert settings(reply)["consent"] == "required"
    assert settings(reply)["domains"] == ["tea.example"]
    publish(consent="assumed", remember="30 days")
    said = settings(send("GET", "/samovar.js"))
    assert (said["consent"], said["keep"], said["session"]) == ("assumed", 30 * 86_400, 1800)


def test_the_settings_stand_beside_the_pointer_and_move_with_it(built: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    first = publish(consent="assumed")
    second = publish(consent="required", downloads=["pdf"])
    assert releases.live().script == script_settings(second.tracking, "https://tea.example")
    published.rollback(release_id(canonical(first)), by="ada")
    assert releases.live().script == script_settings(first.tracking, "https://tea.example")
    monkeypatch.setattr(releases, "by_id", lambda release: pytest.fail("serving the script reads no release"))
    assert settings(send("GET", "/samovar.js"))["consent"] == "assumed"


def test_settings_that_other_code_made_are_made_anew(built: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(consent="assumed")
    monkeypatch.setattr(releases, "SCRIPT", releases.SCRIPT + 1)
    assert releases.live().script == ""
    assert settings(send("GET", "/samovar.js"))["consent"] == "assumed"


def test_a_browser_that_holds_this_version_gets_no_second_copy(built: Stack) -> None:
    first = send("GET", "/samovar.js")
    assert first.headers["cache-control"] == "public, max-age=900"
    tag = {"if-none-match": first.headers["etag"]}
    again = send("GET", "/samovar.js", headers=tag)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    publish(consent="assumed")
    assert send("GET", "/samovar.js", headers=tag).status == 200


def test_the_script_is_packed_for_whoever_can_unpack_it(built: Stack) -> None:
    packed = send("GET", "/samovar.js", headers={"accept-encoding": "gzip, deflate, br"})
    plain = send("GET", "/samovar.js")
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["etag"] == plain.headers["etag"]
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"


def test_code_that_was_staged_without_the_script_says_so(live: Stack) -> None:
    reply = send("GET", "/samovar.js")
    assert (reply.status, reply.code) == (404, "no-script")


def test_before_anything_is_published_the_script_asks_to_come_again(stack: Stack) -> None:
    assert send("GET", "/samovar.js").status == 503


@pytest.mark.parametrize(
    ("site", "domains"),
    [("", []), ("https://", []), ("https://[", []), ("https://www.Çay.example/a", ["xn--ay-3ia.example"])],
)
def test_the_business_s_own_site_is_one_of_its_domains(site: str, domains: list[str]) -> None:
    assert json.loads(script_settings(Tracking(), site))["domains"] == domains
