"""A stranger types Ada's address: what that shows of her by any public route, and what it may change."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.core.contact import Contact
from functions.core.identity import ANONYMOUS, EMAIL, USER, kind_of
from functions.tables import contacts
from infra.api import PAGES, TRACK
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.cloud.cloud import WRITE_KEY

ADA = "ada@tea.example"
SPELT = " ADA@Tea.Example "
WHO: dict[str, Any] = {"email": SPELT, "phone": "+90 532 123 45 67"}
VOUCHED = {"last_name": "Lovelace", "city": "Rize", "phone": "+905321234567", "level": "gold-customer"}
FILLED = {"page": "first-flush", "form": "hello", "key": WRITE_KEY, "token": "forged", "proxy+": ""}
CALLS = ("identify", "track", "page", "screen", "group", "alias", "i", "t", "p", "batch", "import", "b")
PAGE = {"accept": "text/html", "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
HEADERS = {"authorization": "Basic d2tfdGVzdHM6", "user-agent": PAGE["user-agent"]}
ASKING = ("", urlencode({"email": ADA}), urlencode({"userId": "u1", "anonymousId": "laptop"}), "sv=forged")


def acquainted(cloud: Cloud) -> None:
    """Ada signed up, was vouched for by the shop, got a mail and clicked, and withdrew from everything."""
    cloud.post_form(email=ADA, first_name="Ada", anonymous="laptop")
    cloud.settle()
    cloud.put_on_bus("Order Completed", id="o1", userId="u1", email=ADA, traits=VOUCHED)
    cloud.settle()
    cloud.put_on_bus("Unsubscribed", id="o2", email=ADA)
    cloud.skip(hours=1)


def requests() -> Iterator[tuple[str, str, dict[str, str], str]]:
    """Every public route, asked about Ada in every way that a stranger may ask."""
    for path, methods in {**PAGES, **TRACK}.items():
        for method in methods:
            for place in _places(path):
                yield from _asked(str(method.value), place)


def _places(path: str) -> list[str]:
    if path == "/v1/{proxy+}":
        return [f"/v1/{call}" for call in CALLS]
    return [re.sub(r"\{([^}]+)\}", lambda part: FILLED[part[1]], path)]


def _asked(method: str, path: str) -> Iterator[tuple[str, str, dict[str, str], str]]:
    if method in ("GET", "HEAD"):
        for query in ASKING:
            for headers in (PAGE, {}):
                yield method, f"{path}?{query}", headers, ""
        return
    call = {"messageId": f"s{path}", "userId": "u1", "anonymousId": "stranger", "event": "Tea Chosen", "groupId": "g"}
    call |= {"previousId": "laptop", "name": "Home", "traits": WHO, "context": {"traits": WHO, "proof": "forged"}}
    yield method, path, HEADERS, json.dumps(call)
    yield method, path, HEADERS, json.dumps({"batch": [{"type": "identify", **call}, {"type": "nothing", **call}]})
    for typed in (
        {"email": SPELT, "first_name": "Mallory", "consent": "tips"},
        {"email": f"{SPELT}@", "first_name": ADA},
    ):
        form = {"content-type": "application/x-www-form-urlencoded"}
        for headers in (PAGE | form, form):
            yield method, path, headers, urlencode({**typed, "anonymousId": "stranger"})
    yield method, path, {"content-type": "application/json"}, json.dumps({"email": SPELT, "writeKey": WRITE_KEY})


def answers(cloud: Cloud) -> dict[str, Any]:
    """What each request is answered, at the same moment of every deployment."""
    found: dict[str, Any] = {}
    for number, (method, path, headers, body) in enumerate(requests()):
        room = "pages" if method in ("GET", "HEAD") and _is_page(path) else "track"
        cloud.clock.now = MOMENT + number
        answer = cloud.http(method, path, body, headers=headers, room=room)
        found[f"{number} {method} {path} {body[:60]}"] = (answer["statusCode"], answer["headers"], answer.get("body"))
    return found


MOMENT = 1_799_000_000_000


def _is_page(path: str) -> bool:
    bare = path.partition("?")[0]
    return any(re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]*", page), bare) for page in PAGES)


@pytest.fixture
def knowing(cloud: Cloud) -> Cloud:
    """A deployment that knows Ada well."""
    acquainted(cloud)
    return cloud


def test_no_public_route_answers_otherwise_for_whoever_is_known(emulator: EmulatorProcess) -> None:
    with Cloud(emulator) as cloud:
        strange = answers(cloud)
    with Cloud(emulator) as cloud:
        acquainted(cloud)
        assert contacts.load([cloud.contact(ADA)])[cloud.contact(ADA)].profile.trait("last_name") == "Lovelace"
        known = answers(cloud)
        # And once more, when the stranger's own claims have been scored.
        cloud.settle()
        again = answers(cloud)
    assert known == strange
    assert again == strange
    assert len(strange) > 100


def _ada(cloud: Cloud) -> Contact:
    id = cloud.contact(ADA)
    return contacts.load([id])[id]


def test_a_claim_adds_behaviour_and_changes_nothing_that_is_vouched_for(knowing: Cloud) -> None:
    before = _ada(knowing)
    sent = len(knowing.mails)
    answers(knowing)
    knowing.settle()
    after = _ada(knowing)
    assert after.id == before.id
    assert after.profile.email == ADA
    assert {name: after.profile.trait(name) for name in VOUCHED} == VOUCHED
    gained = set(after.profile.identities) - set(before.profile.identities)
    assert {kind_of(ref) for ref in gained} <= {ANONYMOUS}
    assert set(before.profile.identities) <= set(after.profile.identities)
    assert knowing.owner(USER, "u1") == knowing.owner(EMAIL, ADA) == before.id
    # Ada's own browser stays hers, whatever a stranger says it was before.
    assert knowing.owner(ANONYMOUS, "laptop") == before.id
    assert {mail.recipient for mail in knowing.mails[sent:]} <= {ADA}


def test_a_stranger_s_address_is_not_given_to_a_user_of_whom_the_shop_has_spoken(cloud: Cloud) -> None:
    cloud.put_on_bus("Order Completed", id="o1", userId="u9", traits={"city": "Rize"})
    cloud.settle()
    user = cloud.owner(USER, "u9")
    for number, address in enumerate(("mallory@tea.example", ADA)):
        if address == ADA:
            cloud.post_form(email=ADA, first_name="Ada")
            cloud.settle()
        cloud.call("identify", messageId=f"i{number}", userId="u9", traits={"email": address})
        cloud.settle()
    found = contacts.load([user])[user]
    assert found.profile.email is None
    assert cloud.owner(EMAIL, ADA) != user
    # The shop's own word does.
    cloud.put_on_bus("Order Completed", id="o2", userId="u9", email=ADA)
    cloud.settle()
    assert contacts.surviving(user).id == contacts.surviving(cloud.owner(EMAIL, ADA)).id
    assert contacts.surviving(user).profile.email == ADA
