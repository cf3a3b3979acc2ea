"""People come in from a file and go again, by the command line against a deployment's stores."""

import contextlib
import csv
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from authoring import audit as auditing
from authoring.cli import main
from authoring.commands.shared import App
from authoring.importing import load, settling, undo
from functions import clock
from functions.aws import session
from functions.core.consent import EVERYTHING
from functions.core.identity import EMAIL, PHONE, USER, hash_of, identity_ref
from functions.core.release import canonical
from functions.core.release import load as load_release
from functions.core.segments import Segment
from functions.tables import addresses, audit, contacts, imports, memberships
from local.emulator import EmulatorProcess
from tests.cloud import Cloud, marketing
from tests.cloud.cloud import PEPPER

PROOF = "tips: sign-up sheet at the tea fair, scan 12"


class Terminal:
    """The owner's terminal, and the folder in which the files lie."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud, self.folder = cloud, folder

    def run(self, *words: str, typed: str = "") -> Result:
        result = CliRunner().invoke(main, list(words), input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def read(self, *words: str) -> Any:
        result = self.run(*words, "--json", *(("--yes",) if words[0] == "import" and "--dry-run" not in words else ()))
        assert result.exit_code == 0, result.output + result.stderr
        return json.loads(result.output)

    def file(self, text: str, name: str = "people.csv", encoding: str = "utf-8") -> str:
        path = self.folder / name
        path.write_bytes(text.encode(encoding))
        return str(path)

    def bring(self, text: str, *options: str, name: str = "people.csv") -> dict[str, int]:
        """Import a file and let scoring catch up; what became of its rows."""
        counts: dict[str, int] = self.read("import", self.file(text, name), *options)["counts"]
        self.cloud.settle()
        return counts

    def person(self, kind: str, value: str) -> Any:
        return contacts.load([self.cloud.owner(kind, value)])[self.cloud.owner(kind, value)]


@pytest.fixture
def shop(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Terminal]:
    with Cloud(emulator) as cloud:
        monkeypatch.setattr(App, "connect", lambda app: None)
        monkeypatch.setattr(undo, "WAIT_S", 0)
        monkeypatch.setattr(undo, "COUNTED_S", 0)
        yield Terminal(cloud, tmp_path)
    session.reset()


def ledger(address: str) -> Any:
    ref = identity_ref(EMAIL, address, PEPPER)
    assert ref is not None
    return addresses.head(hash_of(ref))


def everything(cloud: Cloud) -> dict[str, dict[tuple[str, str], Any]]:
    """What stands in both tables, without ledgers, decisions, the audit trail and the list of imports: they say what
    was done, and stay."""
    kept: dict[str, dict[tuple[str, str], Any]] = {}
    for table in ("events", "contacts"):
        rows = {(row["pk"], row["sk"]): row for row in cloud.items(table)}
        kept[table] = {key: row for key, row in rows.items() if not _tells(key)}
    return kept


def _tells(key: tuple[str, str]) -> bool:
    return key[0].startswith(("A#", "X#audit", "X#imports")) or key[1].startswith("D#")


def test_people_come_in_by_the_usual_road_and_start_no_journey(shop: Terminal) -> None:
    counts = shop.bring(
        "E-posta;Ad;Telefon;Doğum tarihi;Etiketler\n"
        "ömer@çay.example;Ömer;0532 123 45 67;31.12.1990;Yeşil Çay, VIP\n"
        "ayse@tea.example;Ayşe;;;\n"
    )
    assert (counts["imported"], counts["new"], counts["refused"]) == (2, 2, 0)
    omer = shop.person(EMAIL, "ömer@çay.example")
    assert omer.profile.trait("first_name") == "Ömer"
    assert omer.profile.trait("birthday") == "1990-12-31"
    assert omer.profile.email == "ömer@çay.example"
    assert shop.person(PHONE, "+90 532 123 45 67").id == omer.id
    assert {tag for tag, (_, held) in omer.state.facts.tags.items() if held} == {"yeşil-çay", "vip"}
    assert shop.person(EMAIL, "ayse@tea.example").profile.trait("birthday") is None
    assert shop.cloud.mails == []
    assert [row["sk"] for row in shop.cloud.items() if row["sk"].startswith("J#")] == []
    assert omer.state.facts.last is None, "an import is no sign of life"


def test_what_would_happen_is_said_before_anything_is_written(shop: Terminal) -> None:
    before = everything(shop.cloud)
    path = shop.file("email,first name\nada@tea.example,Ada\nnonsense,Bob\n")
    said = shop.run("import", path, "--dry-run")
    assert "identity: e-mail" in said.output
    assert "1 of 2 rows would come in, 1 refused" in said.output
    assert "1 refused: bad-email" in said.output
    assert shop.run("import", path, typed="n\n").exit_code == 1
    assert everything(shop.cloud) == before
    assert imports.every() == []


def test_consent_needs_source_and_proof(shop: Terminal) -> None:
    counts = shop.bring("email\nada@tea.example\nbob@tea.example\n", "--consent", PROOF)
    assert counts["consent: tips"] == 2
    assert ledger("ada@tea.example").granted.keys() == {"tips"}
    assert shop.person(EMAIL, "ada@tea.example").state.facts.consents["tips"].granted > 0
    text = "email,ok,since,source,words\ncem@tea.example,yes,2024-05-01,fair,I agree\ndan@tea.example,yes,,,\n"
    maps = ("ok=consent:tips", "since=consent_date", "source=consent_source", "words=consent_wording")
    counts = shop.bring(text, *(part for one in maps for part in ("--map", one)), name="proofs.csv")
    assert (counts["consent: tips"], counts["consent without proof: tips"]) == (1, 1)
    assert ledger("dan@tea.example").granted == {}
    given = ledger("cem@tea.example").granted["tips"]
    assert given == 1_714_510_800_000, "the first of May, in Istanbul"
    refused = shop.run("import", shop.file("email\nx@tea.example\n", "x.csv"), "--yes", "--consent", "tips: the fair")
    assert refused.exit_code == 1
    assert "gives no proof" in refused.stderr


def test_who_agrees_to_mail_agrees_to_nothing_by_telephone(shop: Terminal) -> None:
    counts = shop.bring("email,phone\nada@tea.example,+905321234567\n,+905321234568\n", "--consent", PROOF)
    assert (counts["consent: tips"], counts["consent without address: tips"]) == (1, 1)
    for number in ("+905321234567", "+905321234568"):
        assert addresses.head(hash_of(str(identity_ref(PHONE, number, PEPPER)))).version == 0
    assert "tips" not in shop.person(PHONE, "+905321234568").state.facts.consents


def test_consent_dated_in_the_future_is_refused(shop: Terminal) -> None:
    text = "email,since\nada@tea.example,2099-01-01\n"
    counts = shop.bring(text, "--consent", PROOF, "--map", "since=consent_date")
    assert counts["refused: future-consent"] == 1


def test_a_withdrawal_wins_over_an_older_proof(shop: Terminal) -> None:
    shop.bring("email,status\nada@tea.example,unsubscribed\n")
    assert EVERYTHING in ledger("ada@tea.example").withdrawn
    counts = shop.bring("email,name\nADA@tea.example,Ada L\n", "--consent", PROOF, "--on-existing", "overwrite")
    # The second file is younger than the withdrawal; what it proves is not.
    assert counts.get("withdrawn since: tips", 0) + counts.get("consent: tips", 0) == 1
    text = "email,since\nada@tea.example,2020-01-01\n"
    counts = shop.bring(text, "--consent", PROOF, "--map", "since=consent_date", name="old.csv")
    assert counts["withdrawn since: tips"] == 1


def test_lists_of_people_who_must_not_be_written_to_stand_before_anybody_comes_in(shop: Terminal) -> None:
    bounced = shop.file("bob@tea.example\n", "bounced.csv")
    left = shop.file("E-mail,when\nada@tea.example,2024-01-01\nno address,\n", "unsubscribed.csv")
    text = "email\nada@tea.example\nbob@tea.example\ncem@tea.example\n"
    counts = shop.bring(text, "--suppress", bounced, "--suppress", left, "--consent", PROOF)
    assert (counts["listed"], counts["listed and refused"]) == (2, 1)
    assert counts["withdrawn since: tips"] == 1
    assert ledger("bob@tea.example").suppressed.keys() == {"bounce"}
    assert ledger("ada@tea.example").granted == {}
    assert ledger("cem@tea.example").granted.keys() == {"tips"}
    alone = shop.read("import", "--suppress", shop.file("cem@tea.example\n", "spam.csv"))
    assert alone["counts"]["listed"] == 1
    assert ledger("cem@tea.example").suppressed.keys() == {"complaint"}


def test_known_people_are_filled_overwritten_or_skipped(shop: Terminal) -> None:
    shop.bring("user id,email,city\n7,ada@tea.example,London\n")
    counts = shop.bring("user id,city,country\n7,Paris,FR\n", name="more.csv")
    assert counts["existing"] == 1
    ada = shop.person(USER, "7")
    assert (ada.profile.trait("city"), ada.profile.trait("country")) == ("London", "FR")
    shop.bring("user id,city\n7,Berlin\n", "--on-existing", "skip", name="skip.csv")
    assert shop.person(USER, "7").profile.trait("city") == "London"
    shop.bring("email,city\nADA@tea.example,Rome\n", "--on-existing", "overwrite", name="over.csv")
    assert shop.person(USER, "7").profile.trait("city") == "Rome"
    shop.bring("email,city\nada@tea.example,\n", "--on-existing", "overwrite", name="empty.csv")
    assert shop.person(USER, "7").profile.trait("city") == "Rome", "an empty cell erases nothing"


def test_a_row_that_names_two_people_is_refused(shop: Terminal) -> None:
    shop.bring("user id,email\n1,ada@tea.example\n2,bob@tea.example\n")
    text = "user id,email\n1,bob@tea.example\n3,ada@tea.example\n"
    counts = shop.bring(text, name="mixed.csv")
    assert (counts["refused: two-contacts"], counts["refused: other-user-id"]) == (1, 1)
    with (shop.folder / "mixed.refused.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["email"], row["samovar line"], row["samovar code"]) for row in rows] == [
        ("bob@tea.example", "2", "two-contacts"),
        ("ada@tea.example", "3", "other-user-id"),
    ]


def test_who_was_erased_stays_out_and_is_named(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    from authoring.commands import privacy

    shop.bring("email\nada@tea.example\n")
    monkeypatch.setattr(privacy, "time", SimpleNamespace(sleep=lambda seconds: shop.cloud.skip(minutes=1)))
    assert shop.run("forget", "ada@tea.example", "--yes").exit_code == 0
    counts = shop.bring("email\nada@tea.example\nbob@tea.example\n", "--consent", PROOF, name="again.csv")
    assert (counts["imported"], counts["refused: erased"]) == (1, 1)
    assert "this person was erased" in (shop.folder / "again.refused.csv").read_text(encoding="utf-8-sig")
    assert ledger("ada@tea.example").granted == {}


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("seed", range(6))
def test_killed_anywhere_and_begun_again_each_row_comes_in_once(
    shop: Terminal, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(load, "CHUNK", 3)
    monkeypatch.setattr(load, "NOTED_EVERY", 2)
    monkeypatch.setattr(load, "THREADS", 2)
    rows = [f"p{n}@tea.example,{n},{'unsubscribed' if n % 7 == 0 else ''}" for n in range(40)]
    rows[11] = "nonsense,1,"
    rows[30] = "nonsense,2,"
    path = shop.file("email,n,status\n" + "\n".join(rows) + "\n")
    calls = {"left": 0}
    plain = session.client("dynamodb")._make_api_call

    def dying(operation: str, arguments: Any) -> Any:
        calls["left"] -= 1
        if calls["left"] < 0:
            raise Killed
        return plain(operation, arguments)

    for _ in range(6):
        calls["left"] = chance.randrange(5, 110)
        monkeypatch.setattr(session.client("dynamodb"), "_make_api_call", dying)
        with contextlib.suppress(Killed):
            CliRunner().invoke(main, ["import", path, "--yes", "--consent", PROOF])
        monkeypatch.setattr(session.client("dynamodb"), "_make_api_call", plain)
        if chance.random() < 0.5:
            shop.cloud.settle()
    done = imports.every()
    if not done or done[0].state == "running":
        assert shop.run("import", path, "--yes", "--consent", PROOF).exit_code == 0
    shop.cloud.settle()
    (done,) = imports.every()
    assert (done.counts["imported"], done.counts["refused"], done.state) == (38, 2, "done")
    stored = [row for row in shop.cloud.items("events") if row["name"] == "Contact Imported"]
    assert len(stored) == 38
    people = {row["pk"] for row in shop.cloud.items() if row["sk"] == "P"}
    assert len(people) == 38
    with (shop.folder / "people.refused.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["samovar line"] for row in csv.DictReader(file)] == ["13", "32"]
    for n in range(40):
        if n not in (11, 30):
            assert bool(ledger(f"p{n}@tea.example").withdrawn) == (n % 7 == 0)
            assert bool(ledger(f"p{n}@tea.example").granted) == (n % 7 != 0)


def test_undone_the_tables_are_as_before(shop: Terminal) -> None:
    cloud = shop.cloud
    cloud.post_form(email="ada@tea.example", first_name="Ada", consents=["tips"])
    cloud.settle()
    shop.bring("email,city,tags\nbob@tea.example,Oslo,vip\n", name="first.csv")
    cloud.skip(days=5)
    before = everything(cloud)
    ours = ledger("ada@tea.example").granted
    path = shop.file(
        "email,city,tags\nada@tea.example,London,\nbob@tea.example,,new\ncem@tea.example,İzmir,vip\n", "b.csv"
    )
    said = shop.read("import", path, "--consent", PROOF, "--consent", "offers: sheet, scan 9")
    cloud.settle()
    assert shop.person(EMAIL, "ada@tea.example").profile.trait("city") == "London"
    undone = shop.read("imports", "undo", said["id"], "--yes")
    cloud.skip(minutes=3)
    assert (undone["events"], undone["contacts_removed"], undone["contacts_counted"]) == (3, 1, 2)
    after = everything(cloud)
    assert after["events"] == before["events"]
    # What was decided meanwhile stays in the numbers.
    assert not {key for key in after["contacts"].keys() ^ before["contacts"].keys() if key[0][:2] not in ("N#", "R#")}
    for key, row in before["contacts"].items():
        if key[0][:2] in ("N#", "R#"):
            continue
        same = {name: value for name, value in row.items() if name not in ("n", "fence", "pos", "du", "ds", "out", "o")}
        assert {name: after["contacts"][key].get(name) for name in same} == same, key
    assert ledger("ada@tea.example").granted["tips"] >= ours["tips"]
    assert ledger("ada@tea.example").withdrawn.keys() == {"offers"}
    assert ledger("cem@tea.example").withdrawn.keys() == {"tips", "offers"}
    ref = identity_ref(EMAIL, "cem@tea.example", PEPPER)
    assert any("undo" in entry.source for entry in addresses.entries(hash_of(str(ref))))
    assert [(note.kind, note.many) for note in audit.all_notes()] == [("import", 1), ("import", 3), ("undo", 3)]
    assert auditing.run().differences == []
    # The same file may come in again, as an import of its own.
    again = shop.read("import", path, "--consent", PROOF, "--consent", "offers: sheet, scan 9")
    assert again["id"] != said["id"]
    cloud.skip(minutes=3)
    assert auditing.run().differences == []


def test_who_is_counted_a_moment_after_they_were_taken_back_stands_nowhere(
    shop: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.cloud.paused.add("count")
    shop.bring("email,city,tags\nbob@tea.example,Oslo,vip\ncem@tea.example,İzmir,\n", "--consent", PROOF)
    (done,) = imports.every()

    def meanwhile(seconds: float) -> None:
        assert seconds == undo.COUNTED_S
        shop.cloud.paused.discard("count")
        shop.cloud.settle()
        assert auditing.run().differences

    monkeypatch.setattr(undo, "COUNTED_S", 120)
    monkeypatch.setattr(clock, "sleep", meanwhile)
    shop.read("imports", "undo", done.id, "--yes")
    assert auditing.run().differences == []


def test_the_same_file_comes_in_once(shop: Terminal) -> None:
    shop.bring("email\nada@tea.example\n")
    result = shop.run("import", str(shop.folder / "people.csv"), "--yes")
    assert result.exit_code == 1
    assert "came in already" in result.stderr
    listed = shop.read("imports")
    assert [(one["file"], one["state"], one["counts"]["imported"]) for one in listed] == [("people.csv", "done", 1)]


def test_an_undo_that_was_interrupted_goes_on(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.bring("email\n" + "".join(f"p{n}@tea.example\n" for n in range(10)))
    (done,) = imports.every()
    plain, left = settling.remove, [4]

    def dying(contact: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return plain(contact)

    monkeypatch.setattr(settling, "remove", dying)
    with pytest.raises(Killed):
        undo.undo(done)
    monkeypatch.setattr(settling, "remove", plain)
    assert imports.every()[0].state == "undoing"
    shop.read("imports", "undo", done.id, "--yes")
    assert [row for row in shop.cloud.items() if row["pk"][0] in "CI" or row["pk"].startswith("X#undo")] == []
    assert shop.cloud.items("events") == []


def test_an_import_that_is_not_scored_yet_is_not_undone(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.read("import", shop.file("email\nada@tea.example\n"))
    monkeypatch.setattr(undo, "PASSES", 2)
    (done,) = imports.every()
    result = shop.run("imports", "undo", done.id, "--yes")
    assert "not scored yet" in result.stderr
    shop.cloud.settle()
    shop.read("imports", "undo", done.id, "--yes")
    assert shop.cloud.items("events") == []


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_what_goes_out_comes_in_again_as_it_was(shop: Terminal) -> None:
    text = (
        "email,phone,name,note,likes,spent,vip,tags\n"
        'ömer@çay.example,+905321234567,Ömer 🫖,=1+1,green; black,"1,234.50",yes,tea-lover\n'
        'bob@tea.example,,@bob,"two\nlines",,-3.5,no,\n'
    )
    shop.bring(text, "--consent", PROOF)
    out = shop.folder / "contacts.csv"
    said = shop.read("export", "contacts", "--out", str(out), "--excel")
    assert said["rows"] == 2
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    found = {row["email"]: row for row in rows_of(out)}
    omer = found["ömer@çay.example"]
    assert (omer["phone"], omer["note"], omer["tags"], omer["name"]) == (
        "'+905321234567",
        "'=1+1",
        "tea-lover",
        "Ömer 🫖",
    )
    assert (omer["samovar consent tips"], omer["samovar consent offers"]) == ("yes", "no")
    assert omer["samovar consent tips since"]
    assert (omer["samovar score interest"], omer["samovar temperature"]) == ("0", "cold")
    assert next(iter(omer)) == "email"
    before = {email: shop.person(EMAIL, email).profile for email in found}
    for one in list(imports.every()):
        shop.read("imports", "undo", one.id, "--yes")
    shop.cloud.settle()
    counts: dict[str, int] = shop.read("import", str(out))["counts"]
    shop.cloud.settle()
    assert (counts["imported"], counts["new"]) == (2, 2)
    for email, profile in before.items():
        after = shop.person(EMAIL, email)
        assert {name: value for name, (_, value) in after.profile.traits.items()} == {
            name: value for name, (_, value) in profile.traits.items()
        }
        assert len(after.profile.identities) == len(profile.identities)


def test_a_segment_events_and_messages_go_out(shop: Terminal) -> None:
    shop.cloud.post_form(email="ada@tea.example", first_name="Ada", consents=["tips"])
    shop.cloud.settle()
    for what, name in (("events", "events"), ("messages", "messages")):
        path = shop.folder / f"{name}.jsonl"
        said = shop.read("export", what, "--format", "jsonl", "--out", str(path))
        found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert len(found) == said["rows"] > 0
        assert {one["contact"] for one in found} == {shop.cloud.contact("ada@tea.example")}
    assert "Form Submitted" in (shop.folder / "events.jsonl").read_text()
    out = shop.folder / "customers.csv"
    assert shop.read("export", "segment", "customers", "--out", str(out))["rows"] == 0
    shop.bring("user id,email\n7,ada@tea.example\n")
    shop.cloud.call("track", event="Order Completed", userId="7", messageId="o1")
    shop.cloud.settle()
    assert shop.read("export", "segment", "customers", "--out", str(out))["rows"] == 1
    assert rows_of(out)[0]["email"] == "ada@tea.example"
    assert "there is no segment" in shop.run("export", "segment", "nobody", "--out", str(out)).stderr
    kinds = [(note.kind, note.job) for note in audit.all_notes()]
    assert ("list", "events") in kinds
    assert ("list", "segment-customers") in kinds


def test_mailchimp_s_files_are_known_by_their_columns(shop: Terminal) -> None:
    head = (
        "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LAST_CHANGED,LEID,EUID,TAGS"
    )
    subscribed = (
        f"{head}\nada@tea.example,Ada,4,2023-05-01 09:00:00,192.0.2.7,2023-05-01 09:05:00,192.0.2.7,"
        '2024-01-01 00:00:00,1,a1,"""VIP"",""Green tea"""\n'
        "eve@tea.example,Eve,2,,,,,2024-01-01 00:00:00,2,a2,\n"
    )
    counts = shop.bring(subscribed, "--consent", "tips", name="subscribed_members_export_a1.csv")
    assert (counts["consent: tips"], counts["consent without proof: tips"]) == (1, 1)
    ada = shop.person(EMAIL, "ada@tea.example")
    assert set(ada.state.facts.tags) == {"vip", "green-tea"}
    assert set(ada.profile.traits) == {"email", "first_name", "mailchimp_rating"}
    assert ledger("ada@tea.example").granted["tips"] == 1_682_931_900_000
    entry = next(iter(addresses.entries(hash_of(str(identity_ref(EMAIL, "ada@tea.example", PEPPER))))))
    assert "confirmed 2023-05-01 09:05:00 UTC" in entry.changes[0].wording
    assert "192.0.2.7" not in entry.changes[0].wording
    row = "ada@tea.example,Ada,4,2023-05-01 09:00:00,,,,2024-01-01 00:00:00,1,a1,,2024-01-01 00:00:00"
    left = f"{head},UNSUB_TIME,UNSUB_REASON\n{row},NORMAL\n"
    counts = shop.bring(left, "--consent", "tips", name="unsubscribed_members_export_a1.csv")
    assert counts["withdrawal: *"] == 1
    assert EVERYTHING in ledger("ada@tea.example").withdrawn
    cleaned = f"{head},CLEAN_TIME\n{row.replace('ada@', 'bob@')}\n"
    shop.bring(cleaned, name="cleaned_members_export_a1.csv")
    assert ledger("bob@tea.example").suppressed.keys() == {"bounce"}


def test_hubspot_s_file_is_known_by_its_columns(shop: Terminal) -> None:
    text = (
        "Record ID,First Name,Last Name,Email,Phone Number,Lifecycle Stage,Marketing contact status,"
        "Unsubscribed from all email,Create Date,Email hard bounce reason\n"
        "501,Ada,L,ada@tea.example,+90 532 123 45 67,Customer,Marketing contact,false,2023-05-01 12:30,\n"
        "502,Bob,K,bob@tea.example,,Lead,Non-marketing contact,true,2023-05-01 12:30,\n"
        "503,Cem,K,cem@tea.example,,Lead,Marketing contact,,2023-05-01 12:30,Unknown user\n"
    )
    counts = shop.bring(text, "--consent", PROOF)
    assert (counts["consent: tips"], counts["withdrawal: *"], counts["suppression: bounce"]) == (1, 1, 1)
    ada = shop.person(EMAIL, "ada@tea.example").profile
    assert (ada.trait("hubspot_id"), ada.trait("lifecycle_stage")) == ("501", "Customer")
    assert ada.trait("created_at") == "2023-05-01T09:30:00Z"


def test_pinpoint_s_endpoints_become_contacts(shop: Terminal) -> None:
    lines = [
        {
            "Id": "1",
            "ChannelType": "EMAIL",
            "Address": "ada@tea.example",
            "OptOut": "NONE",
            "EndpointStatus": "ACTIVE",
            "EffectiveDate": "2024-05-01T10:00:00.000Z",
            "Attributes": {"Interests": ["green", "black"]},
            "Metrics": {"orders": 3.0},
            "Location": {"City": "İzmir", "Country": "TR"},
            "User": {"UserId": "u1", "UserAttributes": {"FirstName": ["Ada"]}},
        },
        {"Id": "2", "ChannelType": "SMS", "Address": "+905321234567", "OptOut": "ALL", "User": {"UserId": "u1"}},
        {"Id": "3", "ChannelType": "GCM", "Address": "token", "OptOut": "NONE"},
        {"Id": "4", "ChannelType": "EMAIL", "Address": "bob@tea.example", "OptOut": "ALL"},
    ]
    path = shop.folder / "endpoints.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    counts = shop.read("import", str(path), "--consent", PROOF)["counts"]
    shop.cloud.settle()
    assert (counts["imported"], counts["refused: no-address"]) == (3, 1)
    ada = shop.person(USER, "u1")
    assert (ada.profile.email, ada.profile.trait("firstname")) == ("ada@tea.example", "Ada")
    assert (ada.profile.trait("interests"), ada.profile.trait("orders")) == (["green", "black"], 3)
    assert shop.person(PHONE, "+905321234567").id == ada.id
    assert EVERYTHING in ledger("bob@tea.example").withdrawn
    assert ledger("ada@tea.example").granted.keys() == {"tips"}


def test_who_is_named_by_an_id_alone_leaves_with_every_address(shop: Terminal) -> None:
    shop.bring("user id,email\n7,ada@tea.example\n", "--consent", PROOF)
    shop.bring("user id,unsubscribed\n7,2024-05-01\n8,no\n", name="left.csv")
    assert EVERYTHING in ledger("ada@tea.example").withdrawn
    assert shop.person(USER, "7").state.facts.consents["*"].withdrawn > 0


def test_an_opt_out_by_number_is_none_by_e_mail(shop: Terminal) -> None:
    lines = (
        {"ChannelType": "EMAIL", "Address": "ada@tea.example", "OptOut": "NONE", "User": {"UserId": "u1"}},
        {"ChannelType": "SMS", "Address": "+905321234567", "OptOut": "ALL", "User": {"UserId": "u1"}},
    )
    path = shop.folder / "endpoints.json"
    path.write_text("\n".join(map(json.dumps, lines)))
    shop.read("import", str(path), "--consent", PROOF)
    shop.cloud.settle()
    assert ledger("ada@tea.example").withdrawn == {}
    assert "*" not in shop.person(USER, "u1").state.facts.consents
    number = identity_ref(PHONE, "+905321234567", PEPPER)
    assert EVERYTHING in addresses.head(hash_of(str(number))).withdrawn


def test_mailboxes_of_several_people_are_told(shop: Terminal) -> None:
    said = shop.run("import", shop.file("email\ninfo@tea.example\nada@tea.example\n"), "--yes").output
    assert "1 at mailboxes that several people read" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "people.csv is empty"), ("Kontakt,Wann\nada,2024-03-04\n", "There are: Kontakt, Wann")],
)
def test_a_file_of_nobody_is_said_to_be_one(shop: Terminal, content: str, said: str) -> None:
    result = shop.run("import", shop.file(content), "--yes")
    assert result.exit_code == 1
    assert said in result.stderr


def test_a_mapping_is_saved_mended_and_used(shop: Terminal) -> None:
    path, saved = shop.file("Kontakt;Wann\nada@tea.example;03/04/2024\n"), str(shop.folder / "m.yaml")
    result = shop.run("import", path, "--yes")
    assert result.exit_code == 1
    assert "as date day-month" in result.stderr
    assert shop.run("import", path, "--save-mapping", saved).exit_code == 0
    assert imports.every() == []
    text = Path(saved).read_text(encoding="utf-8")
    Path(saved).write_text(text.replace("to: wann\n    as: date", "to: visited\n    as: date\n    dates: day-month"))
    assert shop.read("import", path, "--mapping", saved)["counts"]["imported"] == 1
    shop.cloud.settle()
    assert shop.person(EMAIL, "ada@tea.example").profile.trait("visited") == "2024-04-03"


def test_pinpoint_s_segments_become_a_file_to_look_through(shop: Terminal) -> None:
    attributes = {"Attributes": {"plan": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}}}
    path = shop.file(json.dumps([{"Id": "1", "Name": "Gold", "Dimensions": attributes}]), "segments.json")
    said = shop.read("import", path)
    assert said["not_translated"] == []
    assert "trait: plan" in Path(said["file"]).read_text(encoding="utf-8")


def test_undone_nobody_is_left_in_a_segment_that_only_the_file_put_them_in(shop: Terminal) -> None:
    release = load_release(marketing())
    londoners = Segment.model_validate({"title": "London", "when": {"trait": "city", "is": "London"}})
    shop.cloud.publish(canonical(release.model_copy(update={"segments": {**release.segments, "londoners": londoners}})))
    shop.cloud.post_form(email="ada@tea.example", first_name="Ada", consents=["tips"])
    shop.cloud.settle()
    shop.bring("email,city\nada@tea.example,London\nbob@tea.example,London\n")
    assert len(list(memberships.members("londoners"))) == 2
    (done,) = imports.every()
    shop.read("imports", "undo", done.id, "--yes")
    shop.cloud.skip(minutes=5)
    assert list(memberships.members("londoners")) == []
    assert shop.person(EMAIL, "ada@tea.example").state.standing.segments == {}
