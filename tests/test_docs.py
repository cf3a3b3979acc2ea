"""Docs are true: what they name exists, and every capability names the tests that hold it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CAPABILITIES = ROOT / "docs" / "capabilities.md"
ROW = re.compile(r"^\| (?P<id>[A-Z]\d+) \|(?P<rest>.*)\|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PAGES = [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
LINK = re.compile(r"\]\((?!https?:|#|mailto:|page:)([^)#\s]+)")


def rows() -> list[tuple[str, str]]:
    return [(match["id"], match["rest"]) for match in ROW.finditer(CAPABILITIES.read_text())]


def test_the_capabilities_of_this_version_are_listed_once() -> None:
    ids = [identifier for identifier, _ in rows()]
    assert len(ids) == len(set(ids))
    assert {
        "C1",
        "C2",
        "C3",
        "C7",
        "C8",
        "O6",
        "K1",
        "K2",
        "K3",
        "K4",
        "K5",
        "K7",
        "H4",
        "A1",
        "A3",
        "A6",
        "O1",
        "O8",
    } <= set(ids)


@pytest.mark.parametrize(("identifier", "rest"), rows(), ids=lambda value: value if len(value) < 4 else "")
def test_every_capability_names_tests_that_exist(identifier: str, rest: str) -> None:
    named = TEST.findall(rest)
    assert named, f"{identifier} names no test that holds it"
    for path, name in named:
        assert f"def {name}(" in (ROOT / path).read_text(), f"{identifier}: {path} has no {name}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_readme_names_every_make_target_it_uses() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", (ROOT / "README.md").read_text())) <= targets


def test_every_room_of_the_tree_is_on_the_readmes_map() -> None:
    readme = (ROOT / "README.md").read_text()
    rooms = [path.name for path in ROOT.iterdir() if path.is_dir() and (path / "__init__.py").exists()]
    rooms += [f"{path.name}/" for path in (ROOT / "functions").iterdir() if (path / "handler.py").exists()]
    assert [room for room in rooms if room.rstrip("/") not in readme] == []
