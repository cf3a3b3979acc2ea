"""Pages are found from the first ones, and the demo's mails lead to where people choose."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(page.name for page in (ROOT / "docs").glob("*.md"))
MAILS = ROOT / "marketing" / "emails"


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_linked_from_the_readme(page: str) -> None:
    assert f"docs/{page}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_lengths_of_time_in_the_reference_are_written_as_people_write_them() -> None:
    page = (ROOT / "docs" / "reference" / "campaigns.md").read_text(encoding="utf-8")
    assert '| `hold` | text | `"10 minutes"` |' in page


@pytest.mark.parametrize("file", sorted(path.name for path in MAILS.glob("*.txt")))
def test_footers_that_stand_in_the_demo_lead_to_the_preference_centre(file: str) -> None:
    assert "{{ preferences_url }}" in (MAILS / file).read_text(encoding="utf-8")
