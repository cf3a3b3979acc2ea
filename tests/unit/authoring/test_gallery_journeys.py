"""Every journey of the gallery can be published with the demo, does what its scenarios say, and they try every way."""

from pathlib import Path

import pytest

from authoring.compile import bundle
from authoring.load import load
from authoring.scenarios.trial import tried
from functions.core.sending import Sending
from tests.unit.authoring.folders import Folder

GALLERY = Path(__file__).parents[3] / "gallery"
JOURNEYS = sorted(path.stem for path in (GALLERY / "journeys").iterdir())
STAFF = "\nstaff: {sales: [sales@yellow-samovar.example]}\n"


@pytest.fixture
def beside(folder: Folder, name: str) -> Folder:
    """The demo with one journey of the gallery in place of its own, and with the gallery's e-mails and forms."""
    folder.remove("journeys/welcome.yaml")
    folder.remove("scenarios/welcome.yaml")
    for part in (f"journeys/{name}.yaml", f"scenarios/{name}.yaml"):
        folder.write(part, (GALLERY / part).read_text(encoding="utf-8"))
    for path in [*(GALLERY / "emails").iterdir(), *(GALLERY / "forms").iterdir()]:
        folder.write(f"{path.parent.name}/{path.name}", path.read_text(encoding="utf-8"))
    if "staff" in Sending.model_fields and "staff" not in load("", folder.read("sending.yaml")).data:
        folder.write("sending.yaml", folder.read("sending.yaml") + STAFF)
    return folder


@pytest.mark.parametrize("name", JOURNEYS)
def test_a_journey_of_the_gallery_does_what_its_scenarios_say_and_they_try_every_way(beside: Folder, name: str) -> None:
    made = bundle(beside.root)
    assert [str(warning) for warning in made.warnings if warning.file == f"journeys/{name}.yaml"] == []
    report = tried(made.content, made.scenarios)
    assert {one.name: [str(found) for found in one.differences] for one in report.tried if not one.passed} == {}
    assert [str(way) for way in report.coverage[name].missing] == []


def test_every_journey_of_the_gallery_has_scenarios_and_every_mail_a_journey() -> None:
    assert sorted(path.stem for path in (GALLERY / "scenarios").iterdir()) == JOURNEYS
    written = "".join((GALLERY / "journeys" / f"{name}.yaml").read_text(encoding="utf-8") for name in JOURNEYS)
    mails = {path.stem for path in (GALLERY / "emails").iterdir()}
    assert {mail for mail in mails if f"send: {mail}" not in written} == set()
