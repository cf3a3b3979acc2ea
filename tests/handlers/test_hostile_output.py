"""What a stranger can write about themselves, where the owner reads it outside of a browser: a terminal, files for
spreadsheets, a dossier, the headers of a mail."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from authoring.cli import main
from functions.aws import session
from local.emulator import EmulatorProcess
from tests.cloud import Cloud

EVE = "eve@example.com"
NASTY = "\x1b[2J\x1b]52;c;b3duZWQ=\x07\x9b31m\x08\x7f\u202e<script>alert(1)</script>\r\nTopics: offers yes"
"""Clears the screen, fills the clipboard, turns the line around, and forges another line."""
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
FORMULA = '=HYPERLINK("https://evil.example","x")'


class Desk:
    """The owner's terminal in front of a deployment where Eve wrote what she could."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud, self.folder = cloud, folder

    def run(self, *words: str) -> Result:
        result = CliRunner().invoke(main, ["--stack", self.cloud.name, *words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


@pytest.fixture(scope="module")
def desk(emulator: EmulatorProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch, Cloud(emulator) as cloud:
        patch.setenv("STATE_DIR", str(folder / "no-stack"))
        _write_everywhere(cloud)
        outputs = {"EventsTable": f"{cloud.name}-events", "ContactsTable": f"{cloud.name}-contacts"}
        outputs |= {"Bucket": cloud.name, "ApiUrl": "https://tea.example"}
        template = {
            "Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        cloudformation = emulator.client("cloudformation")
        cloudformation.create_stack(StackName=cloud.name, TemplateBody=json.dumps(template))
        cloudformation.get_waiter("stack_create_complete").wait(StackName=cloud.name, WaiterConfig={"Delay": 1})
        yield Desk(cloud, folder)
    session.reset()


def _write_everywhere(cloud: Cloud) -> None:
    address = f"https://tea.example/{NASTY}"
    context = {
        "campaign": dict.fromkeys(("source", "medium", "name", "term", "content"), NASTY),
        "page": {"url": address, "path": f"/{NASTY}", "title": NASTY, "referrer": address},
        "userAgent": NASTY,
        "locale": NASTY,
    }
    cloud.call("page", messageId="n1", anonymousId=NASTY, name=NASTY, context=context, properties={"path": NASTY})
    cloud.call("track", messageId="n2", anonymousId=NASTY, event=NASTY, properties={NASTY: [NASTY, {NASTY: NASTY}]})
    # What a spreadsheet would work out, a browser would run, and a mail would end its header at.
    traits: dict[str, Any] = {"email": EVE, "first_name": f"Eve{NASTY}", "last_name": FORMULA, "city": NASTY}
    traits |= {"at": "@SUM(1)", "minus": "-1+1", NASTY: NASTY}
    cloud.call("identify", messageId="n3", anonymousId=NASTY, userId=NASTY, traits=traits, context=context)
    cloud.call("group", messageId="n4", anonymousId=NASTY, groupId=NASTY, traits={"name": NASTY})
    cloud.post_form(email=EVE, anonymous="laptop", first_name="Eve", favourite="Black", nonce="a1")
    cloud.skip(minutes=5)
    cloud.call("identify", messageId="n5", anonymousId="laptop", traits=traits | {"email": EVE})
    cloud.skip(days=4)


READ: list[tuple[str, ...]] = [
    ("contact", EVE),
    ("contact", EVE, "--refs"),
    ("contact", EVE, "--explain"),
    ("contact", f"nobody{NASTY}"),
    ("explain", EVE),
    ("explain", EVE, "welcome"),
    ("consent", EVE),
    ("leads",),
    ("journeys",),
    ("pages",),
    ("duplicates",),
    ("preview", "welcome", "--as", EVE),
    ("forget", EVE, "--dry-run"),
]


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
@pytest.mark.parametrize("words", READ, ids=lambda words: " ".join(words)[:30].encode("ascii", "replace").decode())
def test_a_terminal_obeys_nothing_that_a_stranger_wrote(desk: Desk, words: tuple[str, ...], as_json: bool) -> None:
    result = desk.run(*words, *(["--json"] if as_json else []))
    assert not isinstance(result.exception, SystemExit) or result.exit_code in (0, 1), result.output
    assert OBEYED.findall(result.output) == []
    # A mail has lines of its own, and what the owner typed is theirs.
    if words[0] != "preview" and f"nobody{NASTY}" not in words:
        assert not [line for line in result.output.splitlines() if line.startswith("Topics: offers yes")]


def test_what_is_left_of_it_is_text_on_its_own_line(desk: Desk) -> None:
    lines = desk.run("contact", EVE).output.splitlines()
    (traits,) = [line for line in lines if line.startswith("Traits: ")]
    assert "[2J]52;c;b3duZWQ=31m<script>alert(1)</script> Topics: offers yes" in traits
    assert len([line for line in lines if line.startswith("Topics: ")]) == 1


def test_json_for_programs_is_whole(desk: Desk) -> None:
    held = json.loads(desk.run("contact", EVE, "--json").output)["traits"]
    assert held["city"] == NASTY
    assert held["last_name"] == FORMULA


def test_a_spreadsheet_works_nothing_out(desk: Desk) -> None:
    """Every cell of every table that is exported."""
    for what in ("contacts", "events", "messages"):
        file = desk.folder / f"{what}.csv"
        result = desk.run("export", what, "--out", str(file))
        assert result.exit_code == 0, result.output
        rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))
        assert len(rows) > 1
        risky = [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r")]
        assert [cell for cell in risky if not re.fullmatch(r"-?\d+(\.\d+)?", cell)] == []
    assert f"'{FORMULA}".replace('"', '""') in (desk.folder / "contacts.csv").read_text(encoding="utf-8")


def test_a_dossier_shows_it_as_text(desk: Desk) -> None:
    result = desk.run("export-person", EVE, "--out", str(desk.folder))
    assert result.exit_code == 0, result.output
    (page,) = desk.folder.glob("person-*.html")
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    (data,) = desk.folder.glob("person-*.json")
    assert json.loads(data.read_text(encoding="utf-8"))["traits"]["city"] == NASTY


def test_a_mail_has_no_header_of_a_stranger_s(desk: Desk) -> None:
    assert desk.cloud.mails
    for mail in desk.cloud.mails:
        assert OBEYED.findall(mail.subject + mail.to) == []
        assert "<script" not in mail.part("html")
