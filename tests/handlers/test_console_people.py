"""The console's list of people: who is in it, in which order, and found by which words."""

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from functions.aws import dynamodb
from functions.console import people as page_of_people
from functions.core.enrollment import Enrollment
from functions.core.identity import own_ref
from functions.core.message import intended
from functions.core.roles import Role
from functions.tables import contacts, directory, duplicates, enrollments, messages
from functions.tables.directory import Listed
from functions.work import jobs
from functions.work.jobs import Job
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.handlers.test_console import JSON, get, signed_in

NASTY = '<script>alert("1")</script>\'{{ 7*7 }} İ😀'


@pytest.fixture
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """A shop with three people and a visitor: Ayşe is hot, Bob is warm or cold."""
    with Cloud(emulator) as cloud:
        people(cloud, "ayse", "Ayşe", "Yılmaz")
        people(cloud, "bob", "Bob", "Ayers")
        people(cloud, "inci", "İnci", NASTY)
        cloud.page("/first-flush", "v1", "a-visitor")
        cloud.settle()
        yield cloud


def people(cloud: Cloud, id: str, first: str, last: str) -> None:
    traits = {"email": f"{id}@example.com", "first_name": first, "last_name": last}
    cloud.call("identify", userId=id, messageId=f"i-{id}", traits=traits)
    cloud.settle()


def listed(cloud: Cloud, **query: str) -> dict[str, Any]:
    reply = get(cloud, f"/console/people?{urlencode(query)}", signed_in(Role.SALES), JSON)
    return dict(json.loads(reply["body"]))


def who(cloud: Cloud, **query: str) -> list[str]:
    return [one["email"].partition("@")[0] for one in listed(cloud, **query)["people"]]


def rows(cloud: Cloud) -> list[dict[str, Any]]:
    return [item for item in cloud.items("contacts") if item["pk"].startswith("Y#")]


def expected(cloud: Cloud) -> set[tuple[str, str]]:
    """The rows that there ought to be, as every contact says."""
    ids = {item["pk"].removeprefix("C#") for item in cloud.items("contacts") if item["pk"].startswith("C#")}
    found = [directory.places(contact) for contact in contacts.load(ids).values()]
    return {(place.pk, place.sk) for places in found for place in places}


def standing(cloud: Cloud) -> set[tuple[str, str]]:
    return {(row["pk"], row["sk"]) for row in rows(cloud)}


def test_everybody_who_said_who_they_are_is_listed_and_no_visitor(shop: Cloud) -> None:
    assert sorted(who(shop)) == ["ayse", "bob", "inci"]
    assert standing(shop) == expected(shop)


@pytest.mark.parametrize("wanted", ["ayş", "AYSE", "yilmaz", "Yılm Ay", "ayse@exam"])
def test_somebody_is_found_by_the_beginning_of_a_name_or_address(shop: Cloud, wanted: str) -> None:
    assert who(shop, q=wanted) == ["ayse"]


def test_several_are_listed_where_several_begin_so(shop: Cloud) -> None:
    assert sorted(who(shop, q="ay")) == ["ayse", "bob"]
    page = get(shop, "/console/people?q=ay", signed_in(Role.SALES))["body"]
    assert "Ayşe Yılmaz" in page
    assert "Bob Ayers" in page
    assert who(shop, q="inci") == who(shop, q="İNCİ") == ["inci"]


def test_an_exact_address_leads_to_its_person_at_once(shop: Cloud) -> None:
    reply = get(shop, "/console/people?q=bob%40example.com", signed_in(Role.SALES))
    assert reply["headers"]["location"] == f"/console/people/{shop.contact('bob@example.com')}"


def test_what_was_typed_into_a_name_is_text_in_the_list(shop: Cloud) -> None:
    page = get(shop, "/console/people", signed_in(Role.OWNER))["body"]
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;&#39;{{ 7*7 }} İ😀" in page
    nobody = get(shop, f"/console/people?q={quote(NASTY + 'x')}", signed_in(Role.OWNER))
    assert nobody["statusCode"] == 404
    assert "<script>alert" not in nobody["body"]


def test_whoever_becomes_interested_moves_up_and_leaves_no_row_behind(shop: Cloud) -> None:
    before = listed(shop)["people"][0]["temperature"]
    assert before == "cold"
    for number, event in enumerate(("E-Book Downloaded", "Order Completed")):
        shop.call("track", userId="bob", event=event, messageId=f"p{number}")
    shop.settle()
    first = listed(shop)["people"][0]
    assert (first["email"], first["temperature"]) == ("bob@example.com", "hot")
    assert who(shop, of="band:hot") == ["bob"]
    assert sorted(who(shop, of="band:cold")) == ["ayse", "inci"]
    assert standing(shop) == expected(shop)


def test_a_visit_writes_no_row_of_a_list_and_a_visitor_s_none(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    moves: list[directory.Move] = []
    begin = directory.begin

    def noting(change: directory.Move) -> None:
        moves.append(change)
        begin(change)

    shop.call("page", userId="ayse", messageId="first", properties={"path": "/about"})
    shop.settle()
    monkeypatch.setattr(directory, "begin", noting)
    shop.call("page", userId="ayse", messageId="again", properties={"path": "/about"})
    shop.page("/about", "v2", "a-visitor")
    shop.page("/about", "v3", "another-visitor")
    shop.settle()
    assert moves == []
    shop.skip(days=7)
    shop.call("page", userId="ayse", messageId="next week", properties={"path": "/about"})
    shop.settle()
    assert moves == []


def test_a_visitor_who_says_who_they_are_is_listed_from_then_on(shop: Cloud) -> None:
    shop.call("identify", anonymousId="a-visitor", messageId="i4", traits={"email": "cem@example.com"})
    shop.settle()
    assert who(shop, q="cem") == ["cem"]
    assert standing(shop) == expected(shop)


def test_two_who_became_one_are_listed_once(shop: Cloud) -> None:
    from functions.score.merge import merge

    one, other = shop.contact("ayse@example.com"), shop.contact("bob@example.com")
    inci = shop.contact("inci@example.com")
    assert merge(other, one)
    shop.skip(minutes=2)
    assert sorted(person["contact"] for person in listed(shop)["people"]) == sorted([one, inci])
    assert standing(shop) == expected(shop)


def test_nothing_of_an_erased_person_stays_in_a_list(shop: Cloud) -> None:
    from functions.people import whom
    from functions.people.erasing import about

    found = whom.find("ayse@example.com")
    jobs.create(Job("j", "forget", shop.clock.now, about=about(found.contact, found.ref)))
    shop.skip(minutes=10)
    job = jobs.get("j")
    assert job is not None
    assert job.finished
    assert sorted(who(shop)) == ["bob", "inci"]
    assert not [row for row in rows(shop) if row["sk"].endswith(f"#{found.contact}")]


def test_a_row_that_says_too_much_is_neither_shown_nor_kept(shop: Cloud) -> None:
    ada = shop.contact("ayse@example.com")
    version = contacts.load([ada])[ada].state.version
    stale, coming = f"zzz-old#{ada}", f"zzz-new#{ada}"
    from functions import settings
    from functions.aws import dynamodb

    for sk, n in ((stale, version), (coming, version + 1)):
        dynamodb.put(settings.contacts_table(), {"pk": "Y#n#zz", "sk": sk, "n": n, "v": 1})
    assert directory.true([Listed(stale, "Y#n#zz", version), Listed(coming, "Y#n#zz", version + 1)]) == []
    # Whoever put the other may be about to write the state that it follows from.
    assert [row["sk"] for row in rows(shop) if row["pk"] == "Y#n#zz"] == [coming]


def test_whoever_was_there_before_there_were_lists_comes_in_by_the_next_release_or_by_a_refold(shop: Cloud) -> None:
    from functions import settings
    from functions.aws import dynamodb
    from functions.score.apply import refold

    ada = shop.contact("ayse@example.com")
    for row in rows(shop):
        dynamodb.delete(settings.contacts_table(), (row["pk"], row["sk"]))
    dynamodb.update(settings.contacts_table(), (f"C#{ada}", "S"), "REMOVE #dir", names={"#dir": "dir"})
    assert who(shop) == []
    refold(ada, shop.clock.now)
    assert who(shop) == ["ayse"]
    # The state notes that the others are listed: a refold puts them back all the same.
    for id in ("bob", "inci"):
        refold(shop.contact(f"{id}@example.com"), shop.clock.now)
    assert standing(shop) == expected(shop)


def test_a_long_list_is_read_page_by_page_each_person_once(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.console.listing.PAGE", 2)
    for query in ({}, {"of": "band:cold"}, {"q": "example"}, {"q": "a"}):
        seen: list[str] = []
        said = listed(shop, **query)
        while True:
            seen += [one["contact"] for one in said["people"]]
            if not said["next"]:
                break
            said = listed(shop, **query, after=said["next"])
        assert len(seen) == len(set(seen))
    seen = [one["contact"] for one in listed(shop)["people"]]
    page = get(shop, "/console/people", signed_in(Role.SALES))["body"]
    assert len(seen) == 2
    assert "More people" in page


@pytest.mark.parametrize("of", ["segment:ENGAGED", "stage:STAGE"])
def test_a_list_of_a_segment_or_stage_holds_who_is_in_it(shop: Cloud, of: str) -> None:
    from functions import releases

    release = releases.live().release
    shop.post_form(email="ayse@example.com")
    shop.skip(days=1)
    held = contacts.load([shop.contact("ayse@example.com")]).popitem()[1].state.standing
    kind = of.partition(":")[0]
    names = list(release.segments) if kind == "segment" else [one.id for one in release.funnel.stages]
    for name in names:
        inside = name in held.segments if kind == "segment" else name == held.stage
        assert ("ayse" in who(shop, of=f"{kind}:{name}")) == inside, name


@pytest.mark.parametrize("cursor", ["x", "W10", "WzksIiJd", "WzAsMV0", "é", "WzAsIlx1ZDgwMCJd", "A" * 3000])
def test_a_made_up_cursor_is_refused(shop: Cloud, cursor: str) -> None:
    reply = get(shop, f"/console/people?after={quote(cursor)}", signed_in(Role.SALES), JSON)
    assert (reply["statusCode"], json.loads(reply["body"])["error"]["code"]) == (400, "bad-cursor")


@pytest.mark.parametrize("of", ["segment:nothing", "band:boiling", "x", "stage:"])
def test_a_list_that_there_is_not_is_refused(shop: Cloud, of: str) -> None:
    reply = get(shop, f"/console/people?of={quote(of)}", signed_in(Role.SALES), JSON)
    assert (reply["statusCode"], json.loads(reply["body"])["error"]["code"]) == (404, "unknown-list")


def test_a_viewer_sees_no_list(shop: Cloud) -> None:
    reply = get(shop, "/console/people?q=ay", signed_in(Role.VIEWER))
    assert reply["statusCode"] == 403
    assert "Ayşe" not in reply["body"]


def test_a_person_s_page_shows_the_newest_messages_and_says_that_there_are_more(
    shop: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = shop.contact("ayse@example.com")
    about = {"contact": contact, "journey": "welcome", "step": "hello", "template": "welcome", "topic": "tips"}
    # Their ids stand in another order than their times.
    for later, id in enumerate(("m3", "m1", "m2", "m0")):
        messages.intend(intended(id=id, release="r", now=shop.clock.now + later, **about))

    def shown() -> tuple[list[str], list[str], list[str], str]:
        person = json.loads(get(shop, f"/console/people/{contact}", signed_in(Role.SALES), JSON)["body"])["person"]
        page = get(shop, f"/console/people/{contact}", signed_in(Role.SALES))["body"]
        return [one["id"] for one in person["messages"]], person["more"], person["unsorted"], page

    ids, more, unsorted, page = shown()
    assert (ids, more, unsorted) == (["m3", "m1", "m2", "m0"], [], [])
    assert "are shown here" not in page
    monkeypatch.setattr(page_of_people, "READ", 3)
    ids, more, unsorted, page = shown()
    assert (ids, more, unsorted) == (["m1", "m2", "m0"], ["messages"], [])
    assert "The newest 3 are shown here" in page
    monkeypatch.setattr(page_of_people, "SORTED", 3)
    ids, more, unsorted, page = shown()
    assert (ids, unsorted) == (["m1", "m2", "m0"], ["messages"])
    assert "3 of them are shown here; there are so many that newer ones may be missing" in page


def test_a_run_that_is_open_is_shown_however_many_came_after_it(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    contact = shop.contact("ayse@example.com")
    for later in range(4):
        at = shop.clock.now + later
        run = Enrollment(f"r{later}", contact, f"j{later}", "r", "cause", at, state="done" if later else "active")
        dynamodb.put(os.environ["CONTACTS_TABLE"], enrollments.to_row(run, at))
    monkeypatch.setattr(page_of_people, "READ", 2)
    person = json.loads(get(shop, f"/console/people/{contact}", signed_in(Role.SALES), JSON)["body"])["person"]
    assert [run["journey"] for run in person["enrollments"]] == ["j0", "j2", "j3"]
    assert person["more"] == ["enrollments"]


def test_pairs_and_leads_take_as_many_calls_however_many_there_are(shop: Cloud) -> None:
    ends = [own_ref(shop.contact(f"{id}@example.com")) for id in ("ayse", "bob", "inci")]
    for cause, (one, other) in enumerate(zip(ends, [*ends[1:], ends[0]], strict=True)):
        duplicates.note(duplicates.CONFLICT, one, other, str(cause), shop.clock.now)
    reply = get(shop, "/console/pairs", signed_in(Role.SALES), JSON)
    assert len(json.loads(reply["body"])["pairs"]) == 3
    today = json.loads(get(shop, "/console", signed_in(Role.OWNER), JSON)["body"])
    assert (today["conflicts"], len(today["pairs"])) == (3, 3)


def test_of_a_pair_the_names_are_said_and_the_addresses_that_tell_two_of_one_name_apart(shop: Cloud) -> None:
    refs = sorted(own_ref(shop.contact(f"{one}@example.com")) for one in ("ayse", "bob"))
    duplicates.note(duplicates.CONFLICT, refs[0], refs[1], "cause", shop.clock.now)
    for path in ("/console", "/console/pairs"):
        page = get(shop, path, signed_in(Role.SALES))["body"]
        link = f'href="/console/people/{shop.contact("ayse@example.com")}">Ayşe Yılmaz</a>'
        assert f'{link} <span class="quiet">ayse@example.com</span>' in page
