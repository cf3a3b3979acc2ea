"""Imports that are taken back, killed or overtaken, while people go on doing what they do."""

import contextlib
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from authoring.cli import main
from authoring.importing import load, settling, undo
from authoring.importing.stores import Tables
from functions.aws import session
from functions.core.consent import allowed
from functions.core.identity import EMAIL, USER, hash_of, identity_ref
from functions.tables import addresses, contacts, imports
from tests.cloud.cloud import PEPPER
from tests.handlers.test_import import PROOF, Killed, Terminal, ledger, rows_of
from tests.handlers.test_import import shop as shop

DATED = ("--consent", PROOF, "--map", "since=consent_date")


def take_back(shop: Terminal, id: str = "") -> Any:
    found = shop.read("imports", "undo", id or imports.every()[-1].id, "--yes")
    shop.cloud.skip(minutes=3)
    return found


def visit(shop: Terminal, email: str, *consents: str) -> None:
    shop.cloud.post_form(email=email, first_name="Ada", consents=list(consents))
    shop.cloud.settle()


def test_a_proof_without_a_date_is_younger_than_no_withdrawal(shop: Terminal) -> None:
    shop.bring("email,status\nada@tea.example,unsubscribed\n")
    shop.cloud.skip(days=5)
    counts = shop.bring("email\nada@tea.example\n", "--consent", PROOF, name="sheet.csv")
    assert counts["withdrawn since: tips"] == 1
    assert not allowed(ledger("ada@tea.example"), "tips")


def test_who_agreed_again_after_leaving_is_not_said_to_have_left(shop: Terminal) -> None:
    shop.bring("email,status\nada@tea.example,unsubscribed\n")
    shop.cloud.skip(days=5)
    visit(shop, "ada@tea.example", "tips")
    counts = shop.bring("email\nada@tea.example\n", "--consent", PROOF, name="sheet.csv")
    assert "withdrawn since: tips" not in counts
    assert allowed(ledger("ada@tea.example"), "tips")


def test_consent_goes_with_the_last_import_that_granted_it(shop: Terminal) -> None:
    shop.bring("email\nada@tea.example\n", "--consent", PROOF)
    shop.bring("email,n\nada@tea.example,1\n", "--consent", PROOF, name="more.csv")
    first, second = (one.id for one in imports.every())
    take_back(shop, first)
    assert allowed(ledger("ada@tea.example"), "tips"), "the second file says so too"
    take_back(shop, second)
    assert not allowed(ledger("ada@tea.example"), "tips")


def test_what_a_person_agreed_to_stays_whatever_is_taken_back(shop: Terminal) -> None:
    shop.bring("email\nada@tea.example\nbob@tea.example\n", "--consent", PROOF)
    visit(shop, "ada@tea.example", "tips")
    shop.cloud.skip(days=1)
    take_back(shop)
    assert allowed(ledger("ada@tea.example"), "tips")
    assert not allowed(ledger("bob@tea.example"), "tips")
    assert shop.person(EMAIL, "ada@tea.example").profile.trait("first_name") == "Ada"


@pytest.mark.parametrize(
    "how", [("email,since\nada@tea.example,2024-05-01\n", *DATED), ("email\nada@tea.example\n", *DATED[:2])]
)
def test_a_file_that_was_taken_back_may_prove_the_same_again(shop: Terminal, how: tuple[str, ...]) -> None:
    text, *options = how
    shop.bring(text, *options)
    take_back(shop)
    assert not allowed(ledger("ada@tea.example"), "tips")
    counts = shop.bring(text, *options)
    assert counts["consent: tips"] == 1
    assert allowed(ledger("ada@tea.example"), "tips")
    ref = identity_ref(EMAIL, "ada@tea.example", PEPPER)
    sources = [entry.source for entry in addresses.entries(hash_of(str(ref)))]
    assert any("(agreed 2024-04-30)" in one for one in sources) == ("since" in text), sources


def test_a_person_s_own_withdrawal_stays_when_an_import_is_taken_back_and_repeated(shop: Terminal) -> None:
    text = "email,since\nada@tea.example,2024-05-01\n"
    shop.bring(text, *DATED)
    shop.bring("email,status\nada@tea.example,unsubscribed\n", name="left.csv")
    take_back(shop, next(one.id for one in imports.every() if one.file == "people.csv"))
    counts = shop.bring(text, *DATED)
    assert counts["withdrawn since: tips"] == 1
    assert not allowed(ledger("ada@tea.example"), "tips")


def test_killed_between_ledger_and_event_the_consent_goes_when_it_is_taken_back(
    shop: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(stores: Tables, found: Any) -> list[bool]:
        raise Killed

    monkeypatch.setattr(Tables, "insert", dying)
    with contextlib.suppress(Killed):
        CliRunner().invoke(main, ["import", shop.file("email\nada@tea.example\n"), "--yes", "--consent", PROOF])
    monkeypatch.undo()
    monkeypatch.setattr(undo, "WAIT_S", 0)
    monkeypatch.setattr(undo, "COUNTED_S", 0)
    assert allowed(ledger("ada@tea.example"), "tips")
    (begun,) = imports.every()
    undo.undo(begun)
    assert not allowed(ledger("ada@tea.example"), "tips")


def test_identities_that_only_the_file_named_go_with_it(shop: Terminal) -> None:
    visit(shop, "ada@tea.example", "tips")
    before = shop.person(EMAIL, "ada@tea.example").profile.identities
    shop.bring("email,user id,phone\nada@tea.example,77,+905321234567\n")
    assert len(shop.person(EMAIL, "ada@tea.example").profile.identities) == 3
    take_back(shop)
    assert shop.person(EMAIL, "ada@tea.example").profile.identities == before
    # The number is free for whose it really is.
    shop.bring("email,user id\nbob@tea.example,77\n", name="right.csv")
    assert shop.person(USER, "77").profile.email == "bob@tea.example"


def test_identities_that_somebody_else_named_as_well_stay(shop: Terminal) -> None:
    visit(shop, "ada@tea.example", "tips")
    shop.bring("email,user id,phone\nada@tea.example,77,+905321234567\n")
    shop.bring("user id,city\n77,Oslo\n", name="other.csv")
    take_back(shop, next(one.id for one in imports.every() if one.file == "people.csv"))
    kinds = {ref[0] for ref in shop.person(EMAIL, "ada@tea.example").profile.identities}
    assert kinds == {EMAIL, USER}
    assert shop.person(USER, "77").profile.trait("city") == "Oslo"


def test_an_event_that_is_called_like_a_row_is_not_the_import_s(shop: Terminal) -> None:
    shop.bring("user id,email\n7,ada@tea.example\n")
    (done,) = imports.every()
    shop.cloud.call("track", event="Order Completed", userId="7", messageId=f"im-{done.id}-1")
    shop.cloud.call("track", event="Order Completed", userId="7", messageId=f"x#im-{done.id}-1")
    shop.cloud.settle()
    take_back(shop)
    assert [row["name"] for row in shop.cloud.items("events")] == ["Order Completed"] * 2


@pytest.mark.parametrize("scored", [True, False])
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_somebody_does_while_their_contact_is_removed_stays(
    shop: Terminal, monkeypatch: pytest.MonkeyPatch, when: str, scored: bool
) -> None:
    shop.bring("email,user id\nada@tea.example,7\n")
    plain: Callable[..., bool] = settling.remove
    acted = []

    def meanwhile(contact: Any) -> bool:
        if not acted:
            acted.append(True)
            if when == "after" and not plain(contact):
                return False
            shop.cloud.post_form(email="ada@tea.example", first_name="Ada", consents=["tips"])
            if scored:
                shop.cloud.settle()
            return True if when == "after" else plain(contact)
        return plain(contact)

    monkeypatch.setattr(settling, "remove", meanwhile)
    take_back(shop)
    ada = shop.person(EMAIL, "ada@tea.example")
    assert ada.profile.trait("first_name") == "Ada"
    assert ada.state.facts.consents["tips"].granted > 0
    assert ada.state.facts.first is not None
    assert [ref[0] for ref in ada.profile.identities if ref[0] == EMAIL] == [EMAIL]
    assert allowed(ledger("ada@tea.example"), "tips")


def test_taken_back_while_it_runs_an_import_stops_and_says_so(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "CHUNK", 1)
    monkeypatch.setattr(load, "NOTED_EVERY", 1)
    monkeypatch.setattr(load, "THREADS", 1)
    plain, once = Tables.insert, threading.Event()

    def insert(stores: Tables, found: Any) -> list[bool]:
        new = plain(stores, found)
        if not once.is_set() and found[0].id.endswith("-3"):
            once.set()
            shop.cloud.settle()
            undo.undo(imports.every()[0])
        return new

    monkeypatch.setattr(Tables, "insert", insert)
    path = shop.file("email\n" + "".join(f"p{n}@tea.example\n" for n in range(30)))
    result = shop.run("import", path, "--yes", "--consent", PROOF)
    assert result.exit_code == 1
    assert "was taken back while it ran" in result.stderr
    assert imports.every()[0].state == "undoing"
    shop.cloud.settle()
    take_back(shop)
    assert [row for row in shop.cloud.items("events") if row["name"] == "Contact Imported"] == []
    assert [n for n in range(30) if allowed(ledger(f"p{n}@tea.example"), "tips")] == []


def test_of_two_processes_with_one_file_the_later_goes_on(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "CHUNK", 1)
    monkeypatch.setattr(load, "NOTED_EVERY", 1)
    monkeypatch.setattr(load, "THREADS", 1)
    path = shop.file("email\n" + "".join(f"p{n}@tea.example\n" for n in range(12)) + "nonsense\n")
    plain, once = Tables.insert, threading.Event()
    others: list[Any] = []

    def insert(stores: Tables, found: Any) -> list[bool]:
        if not once.is_set() and found[0].id.endswith("-3"):
            once.set()
            others.append(shop.run("import", path, "--yes"))
        return plain(stores, found)

    monkeypatch.setattr(Tables, "insert", insert)
    first = shop.run("import", path, "--yes")
    assert first.exit_code == 1
    assert "another process goes on" in first.stderr or "not running any more" in first.stderr
    assert others[0].exit_code == 0
    (done,) = imports.every()
    assert (done.state, done.counts["imported"], done.counts["refused"]) == ("done", 12, 1)
    assert len(shop.cloud.items("events")) == 12
    assert [row["email"] for row in rows_of(shop.folder / "people.refused.csv")] == ["nonsense"]


def test_refused_rows_of_a_list_never_stand_among_the_people_s(shop: Terminal) -> None:
    left = shop.file("E-mail,Status\nada@tea,unsubscribed\nbob@tea.example,unsubscribed\n", "left.csv")
    text = "email,name\ncem@tea.example,Cem\nnonsense,Dan\n"
    said = shop.read("import", shop.file(text), "--suppress", left)
    assert [one["email"] for one in rows_of(shop.folder / "people.refused.csv")] == ["nonsense"]
    assert said["refused_rows_of_lists"] == [str(shop.folder / "left.refused.csv")]
    (row,) = rows_of(shop.folder / "left.refused.csv")
    assert (row["E-mail"], row["Status"], row["samovar code"]) == ("ada@tea", "unsubscribed", "bad-email")


def test_no_file_that_is_read_is_written_over(shop: Terminal) -> None:
    left = shop.file("ada@tea.example\n", "people.refused.csv")
    result = shop.run("import", shop.file("email\nada@tea.example\n"), "--suppress", left, "--yes")
    assert result.exit_code == 1
    assert "would overwrite people.refused.csv" in result.stderr
    assert Path(left).read_text() == "ada@tea.example\n"
    assert imports.every() == []


@pytest.mark.parametrize("packed", [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\xcd", b"\x1f\x8b\x09nonsense"])
def test_a_file_that_can_not_be_read_is_told(shop: Terminal, packed: bytes) -> None:
    path = shop.folder / "people.csv.gz"
    path.write_bytes(packed)
    result = shop.run("import", str(path), "--yes")
    assert result.exit_code == 1
    assert result.stderr.strip()


def test_refused_rows_that_can_not_be_written_are_told_and_the_import_goes_on_later(shop: Terminal) -> None:
    path = shop.file("email\nada@tea.example\nnonsense\n")
    (shop.folder / "people.refused.csv").mkdir()
    result = shop.run("import", path, "--yes")
    assert result.exit_code == 1
    assert "people.refused.csv" in result.stderr
    (shop.folder / "people.refused.csv").rmdir()
    assert shop.run("import", path, "--yes").exit_code == 0
    assert [row["email"] for row in rows_of(shop.folder / "people.refused.csv")] == ["nonsense"]


def test_throttled_for_long_it_says_how_to_go_on(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shop.file("email\nada@tea.example\n")
    plain = session.client("dynamodb")._make_api_call

    def throttled(operation: str, arguments: Any) -> Any:
        if operation == "BatchExecuteStatement":
            return {"Responses": [{"Error": {"Code": "ThrottlingError"}} for _ in arguments["Statements"]]}
        return plain(operation, arguments)

    monkeypatch.setattr(session.client("dynamodb"), "_make_api_call", throttled)
    monkeypatch.setattr("authoring.importing.stores.clock.sleep", lambda seconds: None)
    result = shop.run("import", path, "--yes")
    assert result.exit_code == 1
    assert "goes on where it was" in result.stderr
    monkeypatch.setattr(session.client("dynamodb"), "_make_api_call", plain)
    assert shop.run("import", path, "--yes").exit_code == 0


def test_what_an_undo_reads_is_said_before(shop: Terminal) -> None:
    shop.bring("email\nada@tea.example\n")
    (done,) = imports.every()
    said = shop.run("imports", "undo", done.id, typed="n\n")
    assert "read units, $" in said.output
    assert imports.every()[0].state == "done"


def test_mailchimp_s_confirmation_alone_proves_nothing(shop: Terminal) -> None:
    text = (
        "Email Address,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LAST_CHANGED,LEID,EUID\n"
        "ada@tea.example,2,,,2015-03-16 14:40:47,,2015-03-16 14:40:47,1,a1\n"
    )
    counts = shop.bring(text, "--consent", "tips")
    assert counts["consent without proof: tips"] == 1
    assert ledger("ada@tea.example").granted == {}


def test_hubspot_s_single_opt_outs_agree_to_nothing(shop: Terminal) -> None:
    text = (
        "Record ID,Email,Lifecycle Stage,Marketing contact status,Unsubscribed from all email,"
        "Opted out of email: Marketing Information,Opted out of email: One to One\n"
        "501,ada@tea.example,Lead,Marketing contact,,Yes,\n"
        "502,bob@tea.example,Lead,Marketing contact,,,No\n"
    )
    counts = shop.bring(text, "--consent", PROOF)
    assert (counts["consent: tips"], counts["opted-out: Opted out of email: Marketing Information"]) == (1, 1)
    assert ledger("ada@tea.example").granted == {}
    assert ledger("ada@tea.example").withdrawn == {}


def test_pinpoint_s_inactive_endpoints_agree_to_nothing_and_half_letters_stop_no_import(shop: Terminal) -> None:
    path = shop.folder / "endpoints.json"
    path.write_text(
        '{"ChannelType": "EMAIL", "Address": "ada@tea.example", "EndpointStatus": "INACTIVE", "OptOut": "NONE"}\n'
        '{"ChannelType": "EMAIL", "Address": "bob@tea.example", "Attributes": {"name": ["\\ud83e"]}}\n'
        '{"ChannelType": "EMAIL", "Address": "cem@tea.example", "Attributes": {"name": ["\\ud83e\\uded6"]}}\n'
    )
    counts = shop.read("import", str(path), "--consent", PROOF)["counts"]
    assert (counts["imported"], counts["refused: bad-json"], counts["consent: tips"]) == (2, 1, 1)
    shop.cloud.settle()
    assert ledger("ada@tea.example").granted == {}
    assert shop.person(EMAIL, "cem@tea.example").profile.trait("name") == "🫖"


def test_a_tag_that_a_file_brought_is_explained_by_it(shop: Terminal) -> None:
    shop.bring("email,tags\nada@tea.example,vip\n")
    (done,) = imports.every()
    why = shop.read("contact", "ada@tea.example", "--explain")["why"]
    assert [(tag["tag"], tag["by"]) for tag in why["tags"]] == [("vip", f"import {done.id}, row 1")]
    assert contacts.load([shop.cloud.contact("ada@tea.example")])


def test_keys_that_dynamodb_leaves_over_are_asked_again_after_a_pause(
    shop: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.bring("email\nada@tea.example\n")
    plain, slept, left = session.client("dynamodb")._make_api_call, list[float](), [3]

    def busy(operation: str, arguments: Any) -> Any:
        if operation == "BatchGetItem" and left[0]:
            left[0] -= 1
            return {"Responses": {}, "UnprocessedKeys": arguments["RequestItems"]}
        return plain(operation, arguments)

    monkeypatch.setattr(session.client("dynamodb"), "_make_api_call", busy)
    monkeypatch.setattr("functions.aws.dynamodb.clock.sleep", slept.append)
    assert shop.person(EMAIL, "ada@tea.example").profile.email == "ada@tea.example"
    assert slept == sorted(slept)
    assert len(slept) == 3


@pytest.mark.parametrize("seed", range(3))
def test_an_undo_that_is_killed_anywhere_and_begun_again_ends_the_same(
    shop: Terminal, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    visit(shop, "p0@tea.example", "tips")
    before = shop.person(EMAIL, "p0@tea.example").profile.identities
    people = "".join(f"p{n}@tea.example,{n + 5}\n" for n in range(12))
    shop.bring(f"email,user id\n{people}", "--consent", PROOF)
    plain, left = session.client("dynamodb")._make_api_call, [0]

    def dying(operation: str, arguments: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return plain(operation, arguments)

    while imports.every()[0].state != "undone":
        (begun,) = imports.every()
        left[0] = chance.randrange(20, 200)
        monkeypatch.setattr(session.client("dynamodb"), "_make_api_call", dying)
        with contextlib.suppress(Killed):
            undo.undo(begun)
        monkeypatch.setattr(session.client("dynamodb"), "_make_api_call", plain)
    shop.cloud.skip(minutes=5)
    assert shop.person(EMAIL, "p0@tea.example").profile.identities == before
    assert [n for n in range(12) if allowed(ledger(f"p{n}@tea.example"), "tips")] == [0]
    rows = shop.cloud.items()
    assert [row for row in rows if row["pk"].startswith("X#undo")] == []
    assert {row["pk"] for row in rows if row["pk"][0] == "C"} == {f"C#{shop.cloud.contact('p0@tea.example')}"}
