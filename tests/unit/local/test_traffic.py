"""The demo's crowd."""

import json
import random
from urllib.parse import parse_qs

from local.traffic import visit

NOW = 1_795_354_176_977


def test_the_same_seed_makes_the_same_visitor() -> None:
    assert list(visit(random.Random(7), NOW)) == list(visit(random.Random(7), NOW))


def test_the_crowd_has_a_long_tail_and_some_sign_up() -> None:
    chance = random.Random(1)
    crowd = [list(visit(chance, NOW)) for _ in range(400)]
    pages = [sum(request.path == "/v1/page" for request in visitor) for visitor in crowd]
    assert sum(count == 1 for count in pages) > 200
    assert 10 < max(pages) <= 40
    assert 20 < sum(any(request.path == "/f/hello" for request in visitor) for visitor in crowd) < 120


def test_pages_say_what_they_are_about_as_those_of_the_shop_do() -> None:
    chance = random.Random(1)
    views = [
        json.loads(request.body) for _ in range(50) for request in visit(chance, NOW) if request.path == "/v1/page"
    ]
    topics = {view["properties"]["path"]: view["properties"].get("topic") for view in views}
    assert topics["/rize-black"] == "Black tea"
    assert topics["/"] is None
    assert "/wholesale" in topics


def test_nobody_visits_in_the_future_and_every_event_has_an_id_of_its_own() -> None:
    chance = random.Random(2)
    events = [
        json.loads(request.body)
        for _ in range(50)
        for request in visit(chance, NOW)
        if request.kind == "application/json"
    ]
    assert len({event["messageId"] for event in events}) == len(events)
    assert max(event["timestamp"] for event in events) <= "2026-11-22T13:29:36.977+00:00"


def test_a_sign_up_agrees_and_goes_to_the_mailbox_simulator() -> None:
    chance = random.Random(3)
    forms = [request for _ in range(200) for request in visit(chance, NOW) if request.path == "/f/hello"]
    for form in forms:
        fields = parse_qs(form.body.decode())
        assert fields["consent"] == ["tips"]
        assert fields["email"][0].endswith("@simulator.amazonses.com")
