"""The console: who gets in, who sees what, and that nothing else makes it change anything."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from functions import releases
from functions.aws import cognito
from functions.console import gate, handler, places, routes, signing_in
from functions.console.gate import COOKIE
from functions.core.roles import RIGHTS, Right, Role
from functions.core.staff import IDLE_MS, LONGEST_MS, NOTED_MS, Member
from functions.tables import proposals, sessions
from functions.tables.proposals import Proposal
from functions.work import campaigns, jobs
from functions.work.jobs import Job
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.crash.scenarios import sign_up

ADA = "ada@example.com"
MINUTE = 60_000
HTML = {"accept": "text/html"}
JSON = {"accept": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """A shop where Ada signed up."""
    with Cloud(emulator) as cloud:
        sign_up(cloud)
        cloud.skip(days=1)
        yield cloud


def signed_in(role: Role, id: str = "") -> dict[str, str]:
    """The cookie of somebody of a role."""
    member = Member(id or f"member-{role}", f"{role}@tea.example", frozenset({role}))
    return {"cookie": gate.begin(member, places.path()).partition(";")[0]}


def get(shop: Cloud, path: str, cookie: dict[str, str] | None = None, kind: dict[str, str] = HTML) -> dict[str, Any]:
    return shop.http("GET", path, headers={**kind, **(cookie or {})}, room="console")


def post(shop: Cloud, path: str, cookie: dict[str, str], **typed: str) -> dict[str, Any]:
    return shop.http("POST", path, urlencode(typed), headers={**HTML, **FORM, **cookie}, room="console")


def token_of(shop: Cloud, cookie: dict[str, str]) -> str:
    found = re.search(r'samovar:token" content="([^"]+)"', get(shop, "/console", cookie)["body"])
    assert found is not None
    return found[1]


PATHS = {
    (): "/console",
    ("people",): "/console/people",
    ("people", "*"): "/console/people/{ada}",
    ("pairs",): "/console/pairs",
    ("campaigns",): "/console/campaigns",
    ("campaigns", "*"): "/console/campaigns/{campaign}",
    ("campaigns", "*", "*"): "/console/campaigns/{campaign}/one",
    ("sending",): "/console/sending",
    ("journeys",): "/console/journeys",
    ("journeys", "*", "recall"): "/console/journeys/{journey}/recall",
    ("jobs", "*"): "/console/jobs/{job}",
    ("releases",): "/console/releases",
    ("releases", "*"): "/console/releases/1",
    ("proposals", "*"): "/console/proposals/{proposal}",
    ("mails",): "/console/mails",
    ("mails", "*"): "/console/mails/welcome",
    ("mails", "*", "html"): "/console/mails/welcome/html",
    ("people", "*", "older"): "/console/people/{ada}/older?before=1790000000000%23x",
    ("people", "*", "same"): "/console/people/{ada}/same",
    ("people", "*", "forget"): "/console/people/{ada}/forget",
    ("erasures", "*"): "/console/erasures/an-erasure",
    ("segments",): "/console/segments",
    ("segments", "*"): "/console/segments/keen",
    ("journeys", "*"): "/console/journeys/welcome",
    ("made",): "/console/made",
    ("reports",): "/console/reports",
    ("reports", "*", "csv"): "/console/reports/funnel/csv",
    ("reports", "journeys", "*"): "/console/reports/journeys/welcome",
    ("reports", "journeys", "*", "*", "csv"): "/console/reports/journeys/welcome/steps/csv",
    ("reports", "campaigns", "*"): "/console/reports/campaigns/{campaign}",
    ("reports", "campaigns", "*", "*", "csv"): "/console/reports/campaigns/{campaign}/runs/csv",
}
"""An address of every page."""
PAGES = [route for route in routes.ROUTES if route.method == "GET"]
CHANGES = [route for route in routes.ROUTES if route.method == "POST"]


def address(shop: Cloud, route: routes.Route) -> str:
    """An address of a page, with something to show there."""
    live = releases.live().release
    campaign = sorted(live.campaigns)[0]
    run = campaigns.begin_on_request(campaign, "one", by="tests", now=shop.clock.now)
    job = campaigns.job_id(run, campaigns.COUNT)
    jobs.create(Job("an-erasure", "forget", shop.clock.now))
    proposals.put(Proposal(releases.live().id, "tests", shop.clock.now))
    known = {
        "ada": shop.contact(ADA),
        "campaign": campaign,
        "journey": sorted(live.journeys)[0],
        "job": job,
        "proposal": releases.live().id,
    }
    return PATHS[tuple(route.parts)].format(**known)


def named(route: routes.Route) -> str:
    return "/".join((route.method, "console", *route.parts))


def test_every_page_is_walked_here() -> None:
    assert {tuple(route.parts) for route in PAGES} == set(PATHS)


@pytest.mark.parametrize("route", CHANGES, ids=named)
def test_each_change_takes_a_session_its_token_and_the_right(shop: Cloud, route: routes.Route) -> None:
    path = "/console/" + "/".join("none" if part == "*" else part for part in route.parts)
    assert shop.http("POST", path, headers={**HTML, **FORM}, room="console")["statusCode"] == 302
    asked = shop.http("POST", path, headers={**JSON, **FORM}, room="console")
    assert asked["statusCode"] == 401
    for role in Role:
        cookie = signed_in(role)
        assert post(shop, path, cookie)["statusCode"] == 403
        reply = post(shop, path, cookie, _token=token_of(shop, cookie))
        assert (reply["statusCode"] == 403) != (route.right in RIGHTS[role]), role
    assert shop.http("GET", f"{path}/nothing/there", headers={**HTML, **cookie}, room="console")["statusCode"] == 404


@pytest.mark.parametrize("route", PAGES, ids=named)
def test_each_route_lets_in_whose_role_allows_it_and_nobody_else(shop: Cloud, route: routes.Route) -> None:
    path = address(shop, route)
    for role in Role:
        reply = get(shop, path, signed_in(role))
        allowed = route.right in RIGHTS[role]
        assert (reply["statusCode"] == 403) != allowed, role
        assert reply["statusCode"] in (200, 403)
        if not allowed:
            assert "Your role does not allow this" in reply["body"]
            assert ADA not in reply["body"]
    assert get(shop, path)["statusCode"] == 302
    program = get(shop, path, kind=JSON)
    assert (program["statusCode"], json.loads(program["body"])["error"]["code"]) == (401, "not-signed-in")


@pytest.mark.parametrize("route", PAGES, ids=named)
def test_what_a_page_shows_is_what_its_address_says_as_json(shop: Cloud, route: routes.Route) -> None:
    path = address(shop, route)
    reply = get(shop, path, signed_in(Role.OWNER), JSON)
    assert reply["headers"]["content-type"].startswith("application/json")
    assert isinstance(json.loads(reply["body"]), dict)


def test_whoever_is_not_signed_in_comes_back_to_what_they_wanted(shop: Cloud) -> None:
    reply = get(shop, "/console/people?q=ada")
    assert reply["headers"]["location"] == "/console/sign-in?to=%2Fconsole%2Fpeople%3Fq%3Dada"


def test_a_part_of_a_page_sends_the_whole_window_to_sign_in(shop: Cloud) -> None:
    reply = shop.http("GET", "/console/people", headers={**HTML, "hx-request": "true"}, room="console")
    assert reply["statusCode"] == 401
    assert reply["headers"]["hx-redirect"].startswith("/console/sign-in")


@pytest.mark.parametrize(
    "value",
    ["", "x", "member-owner.", ".secret", "member-owner.wrong", "member-owner." + "a" * 500, "ü.ö", "a.b;c", "../x.y"],
)
def test_no_made_up_cookie_lets_anybody_in(shop: Cloud, value: str) -> None:
    signed_in(Role.OWNER)
    reply = get(shop, "/console", {"cookie": f"{COOKIE}={value}"})
    assert reply["statusCode"] == 302


def test_a_secret_is_good_for_its_own_member_alone(shop: Cloud) -> None:
    theirs = signed_in(Role.VIEWER, "v")["cookie"].partition("=")[2].rpartition(".")[2]
    signed_in(Role.OWNER, "o")
    assert get(shop, "/console", {"cookie": f"{COOKIE}=o.{theirs}"})["statusCode"] == 302


def test_a_secret_is_stored_nowhere(shop: Cloud) -> None:
    secret = signed_in(Role.OWNER)["cookie"].rpartition(".")[2]
    assert secret not in json.dumps([*shop.items("contacts"), *shop.items("events")], default=str)


def test_a_session_ends_when_nobody_is_there_for_an_hour(shop: Cloud) -> None:
    cookie = signed_in(Role.OWNER)
    shop.clock.now += IDLE_MS - MINUTE
    assert get(shop, "/console", cookie)["statusCode"] == 200
    # That was noted, so that it goes on from there.
    shop.clock.now += IDLE_MS - MINUTE
    assert get(shop, "/console", cookie)["statusCode"] == 200
    shop.clock.now += IDLE_MS
    assert get(shop, "/console", cookie)["statusCode"] == 302


def test_a_session_ends_after_half_a_day_whatever_is_done_in_it(shop: Cloud) -> None:
    cookie, began = signed_in(Role.OWNER), shop.clock.now
    while shop.clock.now + IDLE_MS // 2 < began + LONGEST_MS:
        shop.clock.now += IDLE_MS // 2
        assert get(shop, "/console", cookie)["statusCode"] == 200
    shop.clock.now = began + LONGEST_MS
    assert get(shop, "/console", cookie)["statusCode"] == 302


def test_being_there_is_noted_now_and_then_only(shop: Cloud) -> None:
    cookie = signed_in(Role.OWNER)

    def noted() -> int:
        (row,) = [item for item in shop.items("contacts") if item["pk"] == "U#member-owner"]
        return int(row["t"])

    before = noted()
    shop.clock.now += NOTED_MS - MINUTE
    get(shop, "/console", cookie)
    assert noted() == before
    shop.clock.now += MINUTE
    get(shop, "/console", cookie)
    assert noted() >= before + NOTED_MS


def test_signing_out_ends_the_session_and_needs_the_page_s_token(shop: Cloud) -> None:
    cookie = signed_in(Role.SALES)
    assert post(shop, "/console/sign-out", cookie)["statusCode"] == 403
    assert post(shop, "/console/sign-out", cookie, _token="0" * 64)["statusCode"] == 403
    other = token_of(shop, signed_in(Role.SALES, "other"))
    assert post(shop, "/console/sign-out", cookie, _token=other)["statusCode"] == 403
    assert get(shop, "/console", cookie)["statusCode"] == 200
    reply = post(shop, "/console/sign-out", cookie, _token=token_of(shop, cookie))
    assert reply["headers"]["location"].startswith("https://sign-in.example/logout?client_id=the-console")
    assert "Max-Age=0" in reply["headers"]["set-cookie"]
    assert get(shop, "/console", cookie)["statusCode"] == 302


def test_signing_somebody_out_everywhere_ends_every_session_of_theirs(shop: Cloud) -> None:
    mine = [signed_in(Role.OWNER, "o"), signed_in(Role.OWNER, "o")]
    theirs = signed_in(Role.SALES, "s")
    assert sessions.end_all("o") == 2
    assert [get(shop, "/console", cookie)["statusCode"] for cookie in (*mine, theirs)] == [302, 302, 200]


def test_the_browser_is_told_to_keep_the_cookie_to_itself(shop: Cloud) -> None:
    said = gate.begin(Member("m", "m@tea.example", frozenset({Role.OWNER})), places.path())
    parts = {part.strip() for part in said.split(";")[1:]}
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/console"} <= parts


@dataclass
class TokenEndpoint:
    """Cognito's token endpoint, which knows one code."""

    claims: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)

    def answer(self, body: bytes) -> tuple[int, bytes]:
        self.asked.append({name: values[0] for name, values in parse_qs(body.decode()).items()})
        if self.status != 200:
            return self.status, b'{"error": "invalid_grant"}'
        claims = base64.urlsafe_b64encode(json.dumps(self.claims).encode()).rstrip(b"=").decode()
        return 200, json.dumps({"id_token": f"e30.{claims}.c2ln", "token_type": "Bearer"}).encode()


@pytest.fixture
def endpoint(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenEndpoint]:
    known = TokenEndpoint()

    class Serve(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/oauth2/token"
            status, body = known.answer(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Serve)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("SIGN_IN_URL", f"http://127.0.0.1:{server.server_port}")
    yield known
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass(frozen=True)
class Begun:
    """A browser that was sent to sign in."""

    cookie: str
    asked: dict[str, str]


def begin(shop: Cloud, to: str = "/console/people") -> Begun:
    reply = get(shop, f"/console/sign-in?{urlencode({'to': to})}")
    assert reply["statusCode"] == 302
    where = urlsplit(reply["headers"]["location"])
    assert where.path == "/oauth2/authorize"
    asked = {name: values[0] for name, values in parse_qs(where.query).items()}
    return Begun(reply["headers"]["set-cookie"].partition(";")[0], asked)


def come_back(shop: Cloud, begun: Begun, **changed: str) -> dict[str, Any]:
    query = urlencode({"code": "the-code", "state": begun.asked["state"], **changed})
    return get(shop, f"/console/callback?{query}", {"cookie": begun.cookie})


def claims(begun: Begun, **changed: Any) -> dict[str, Any]:
    return {
        "sub": "7c1f",
        "email": "owner@tea.example",
        "email_verified": True,
        "aud": "the-console",
        "token_use": "id",
        "nonce": begun.asked["nonce"],
        "cognito:groups": ["owner", "gardeners"],
    } | changed


def test_whoever_signs_in_is_let_in_with_the_roles_of_their_groups(shop: Cloud, endpoint: TokenEndpoint) -> None:
    begun = begin(shop)
    endpoint.claims = claims(begun)
    reply = come_back(shop, begun)
    assert reply["headers"]["location"] == "/console/people"
    (asked,) = endpoint.asked
    assert asked["redirect_uri"] == begun.asked["redirect_uri"] == "https://tea.example/console/callback"
    assert cognito.challenge(asked["code_verifier"]) == begun.asked["code_challenge"]
    page = get(shop, "/console", {"cookie": reply["headers"]["set-cookie"].partition(";")[0]})
    assert page["statusCode"] == 200
    assert "owner@tea.example · owner" in page["body"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"aud": "another"}, "sign-in-failed"),
        ({"nonce": "of another request"}, "sign-in-failed"),
        ({"token_use": "access"}, "sign-in-failed"),
        ({"email_verified": False}, "address-unproved"),
        ({"cognito:groups": ["gardeners"]}, "no-role"),
        ({"cognito:groups": "owner"}, "no-role"),
        ({"sub": 7}, "sign-in-failed"),
    ],
)
def test_nobody_is_let_in_by_a_token_of_other_people_or_without_a_role(
    shop: Cloud, endpoint: TokenEndpoint, changed: dict[str, Any], code: str
) -> None:
    begun = begin(shop)
    endpoint.claims = claims(begun, **changed)
    reply = shop.http(
        "GET",
        f"/console/callback?code=x&state={begun.asked['state']}",
        headers={**JSON, "cookie": begun.cookie},
        room="console",
    )
    assert json.loads(reply["body"])["error"]["code"] == code
    assert "set-cookie" not in reply["headers"]


def test_a_code_that_this_browser_did_not_ask_for_is_never_taken(shop: Cloud, endpoint: TokenEndpoint) -> None:
    begun, other = begin(shop), begin(shop)
    endpoint.claims = claims(begun)
    assert come_back(shop, begun, state=other.asked["state"])["statusCode"] == 400
    assert get(shop, f"/console/callback?code=c&state={begun.asked['state']}")["statusCode"] == 400
    forged = Begun(begun.cookie[:-3] + "abc", begun.asked)
    assert come_back(shop, forged)["statusCode"] == 400
    shop.clock.now += signing_in.TEN_MINUTES_MS + 1
    assert come_back(shop, begun)["statusCode"] == 410
    assert endpoint.asked == []


def test_a_code_that_was_used_lets_nobody_in(shop: Cloud, endpoint: TokenEndpoint) -> None:
    begun = begin(shop)
    endpoint.status = 400
    reply = come_back(shop, begun)
    assert reply["statusCode"] == 400
    assert "set-cookie" not in reply["headers"]


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/console",
        "//evil.example",
        "/console/../f/hello",
        "/\\evil.example",
        "/consolery",
        "/console/a\r\nset-cookie: x=y",
        "javascript:alert(1)",
        "/console/" + "a" * 2000,
        "/u/token",
    ],
)
def test_nobody_is_led_elsewhere_after_signing_in(shop: Cloud, endpoint: TokenEndpoint, to: str) -> None:
    begun = begin(shop, to)
    endpoint.claims = claims(begun)
    assert come_back(shop, begun)["headers"]["location"] == "/console"


def test_somebody_is_found_by_whatever_they_are_known_by(shop: Cloud) -> None:
    cookie = signed_in(Role.SALES)
    ada = shop.contact(ADA)
    for wanted in (ADA, "ADA@Example.com", ada):
        reply = get(shop, f"/console/people?{urlencode({'q': wanted})}", cookie)
        assert reply["headers"]["location"] == f"/console/people/{ada}"
    nobody = get(shop, "/console/people?q=%3Cscript%3Enobody", cookie)
    assert nobody["statusCode"] == 404
    assert "&lt;script&gt;nobody" in nobody["body"]
    assert "<script>nobody" not in nobody["body"]


def test_a_person_s_page_says_why_they_have_their_points_and_what_became_of_each_message(shop: Cloud) -> None:
    page = get(shop, f"/console/people/{shop.contact(ADA)}", signed_in(Role.OWNER))["body"]
    assert ADA in page
    assert "Why this score" in page
    assert "Points halve every" in page
    assert "welcome" in page
    assert "Form Submitted" in page
    assert get(shop, "/console/people/nobody", signed_in(Role.OWNER))["statusCode"] == 404


def test_what_strangers_typed_is_text_on_every_page(shop: Cloud) -> None:
    nasty = "<img src=x onerror=alert(1)>\"'{{ 7*7 }}\u202e İ😀"
    shop.call("track", event=nasty, anonymousId="b", properties={"a": nasty, nasty: "b"}, messageId="m1")
    shop.call("identify", anonymousId="b", messageId="m2", traits={"email": "b@example.com", "first_name": nasty})
    shop.skip(days=1)
    page = get(shop, f"/console/people/{shop.contact('b@example.com')}", signed_in(Role.OWNER))["body"]
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;&#34;&#39;{{ 7*7 }}" in page
    assert "😀" in page


def test_pages_run_no_script_but_ours_and_are_kept_by_nobody(shop: Cloud) -> None:
    headers = get(shop, "/console", signed_in(Role.OWNER))["headers"]
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_there_is_nothing_at_other_addresses(shop: Cloud, method: str) -> None:
    cookie = signed_in(Role.OWNER)
    reply = shop.http(method, "/console/people/x/y", headers={**HTML, **cookie}, room="console")
    assert reply["statusCode"] == 404


def test_every_right_is_somebody_s_and_the_owner_has_all() -> None:
    assert RIGHTS[Role.OWNER] == frozenset(Right)
    assert handler.SIGN_IN == ("sign-in", "callback", "sign-out")
