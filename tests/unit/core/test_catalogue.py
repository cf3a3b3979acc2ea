"""Nothing is kept unsaid: the transparency page covers every kind of row that the tables' modules write."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from functions.core.catalogue import CATALOGUE, ENDS, LANGUAGES, WORDS, lines
from functions.core.identity import ANONYMOUS, EMAIL, SELF, USER
from functions.core.privacy import Retention
from tests.generate import release

ROOT = Path(__file__).resolve().parents[3]
_KEY = re.compile(r"^([A-Z])#")
OTHERS = {
    "L#": "an entry below A#",
    "T#": "a note below A#",
    "R#": "a run below B#",
    "B#": "",
    "X#": "ours",
    "E#": "below V#",
    "S#": "below U#",
}


def kinds() -> Iterator[tuple[str, str]]:
    """Every kind of key in functions/tables, functions/work and functions/releases, and the module."""
    files = [*(ROOT / "functions" / "tables").glob("*.py"), *(ROOT / "functions" / "work").glob("*.py")]
    for file in [*files, ROOT / "functions" / "releases.py"]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and (found := _KEY.match(node.value)):
                yield f"{found[1]}#", file.name


def test_every_kind_of_row_is_in_the_catalogue() -> None:
    known = {key.removeprefix("C# ") for one in CATALOGUE for key in one.keys} | {"C#"} | set(OTHERS)
    assert {(kind, where) for kind, where in kinds() if kind not in known} == set()
    assert known >= {f"{kind}#" for kind in (USER, EMAIL, ANONYMOUS, SELF)} | {"S", "P"}


def test_every_line_says_what_why_and_how_long_in_every_language() -> None:
    for one in CATALOGUE:
        assert set(one.title) == set(one.why) == set(LANGUAGES)
        assert all(name in ENDS or name in Retention.model_fields for name in one.until)
    assert set(WORDS) == set(LANGUAGES)
    assert len({frozenset(words) for words in WORDS.values()}) == 1
    used = {name for one in CATALOGUE for name in one.until}
    assert set(Retention.model_fields) <= used


def test_lengths_are_the_live_release_s_in_its_language() -> None:
    shop = release()
    assert any("3 years once you told us" in line.until for line in lines(shop, "en"))
    assert any("3 yıl" in line.until for line in lines(shop, "tr"))
    assert lines(shop, "pl") == lines(shop, "en")
    assert lines(shop, "tr-TR") == lines(shop, "tr")
