"""The tracker's pure parts under Node's own test runner, and what building it promises."""

import os
import subprocess
from pathlib import Path

import pytest

from infra import node, tracker
from infra.esbuild import Unavailable
from infra.paths import BUILD, TRACKER
from infra.tracker import tracker_script


def test_what_the_tracker_decides_without_a_browser() -> None:
    command = ["node", "--test", "--test-reporter=tap", *map(str, sorted((TRACKER / "test").glob("*.test.js")))]
    environment = {**os.environ, **node.environment()}
    run = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stdout
    assert "# pass 0" not in run.stdout


def test_the_script_is_built_once_for_the_same_sources_and_anew_for_others(tmp_path: Path) -> None:
    source = tmp_path / "tracker"
    (source / "src").mkdir(parents=True)
    for name in ("package.json", "package-lock.json", "node_modules"):
        (source / name).symlink_to(TRACKER / name)
    (source / "src" / "main.js").write_text("console.log(SETTINGS.consent, 'çay');\n")
    first = tracker_script(tmp_path / "build", source=source)
    made = first.stat().st_mtime_ns
    assert first.read_text(encoding="ascii") == '(SETTINGS=>{console.log(SETTINGS.consent,"\\xE7ay");})('
    assert tracker_script(tmp_path / "build", source=source).stat().st_mtime_ns == made
    (source / "src" / "main.js").write_text("console.log(SETTINGS);\n")
    assert tracker_script(tmp_path / "build", source=source) != first


def test_a_script_that_cannot_be_built_says_what_to_do(tmp_path: Path) -> None:
    source = tmp_path / "tracker"
    (source / "src").mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        (source / name).write_text("{}")
    with pytest.raises(Unavailable, match="make setup"):
        tracker_script(tmp_path / "build", source=source)


def test_the_lock_names_no_host_and_everything_with_a_digest() -> None:
    lock = (TRACKER / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "://" not in lock.replace('"url": "https://opencollective.com', "")
    assert lock.count('"integrity": "sha512-') == lock.count('"version"')


def test_what_the_script_is_made_from_is_ours() -> None:
    assert {file.name for file in tracker.sources()} >= {"main.js", "package-lock.json"}
    assert not any("node_modules" in file.parts for file in tracker.sources())
    assert tracker_script(BUILD).read_text(encoding="ascii").endswith("})(")
