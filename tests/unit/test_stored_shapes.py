"""What any earlier version stored is read by this one, and what this one stores is kept as a fixture."""

import json

import pytest

from tests.stored import CURRENT, FIXTURES, samples

VERSIONS = sorted(path.name for path in FIXTURES.iterdir() if path.is_dir())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", samples())
def test_a_stored_shape_of_every_version_reads_as_it_was_meant(version: str, name: str) -> None:
    path = FIXTURES / version / f"{name}.json"
    if version != CURRENT and not path.exists():
        return  # The shape came with a later version.
    sample = samples()[name]
    assert sample.read(json.loads(path.read_text())) == sample.object


@pytest.mark.parametrize("name", samples())
def test_a_changed_shape_is_a_new_version_with_fixtures_of_its_own(name: str) -> None:
    stored = json.loads((FIXTURES / CURRENT / f"{name}.json").read_text())
    assert samples()[name].stored == stored, "this shape is out there: give the new one a new version and fixture"


def test_every_fixture_has_a_sample_that_reads_it() -> None:
    for version in VERSIONS:
        assert {path.stem for path in (FIXTURES / version).glob("*.json")} <= set(samples())
