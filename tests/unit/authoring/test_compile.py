import json
import shutil
import subprocess
import sys
from pathlib import Path

from authoring.compile import bundle, compile_marketing
from functions.core.release import canonical, load, release_id
from tests.unit.authoring.folders import Folder

ROOT = Path(__file__).parents[3]


def test_the_same_files_make_the_same_bytes(folder: Folder, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder.root, copy)
    assert bundle(folder.root).asset_bytes() == bundle(copy).asset_bytes()


def test_another_process_with_another_hash_seed_makes_the_same_release(folder: Folder) -> None:
    program = (
        "import sys; from pathlib import Path; from authoring.compile import bundle;"
        "print(bundle(Path(sys.argv[1])).release_id)"
    )
    ids = {
        subprocess.run(
            [sys.executable, "-c", program, str(folder.root)],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert ids == {bundle(folder.root).release_id}


def test_a_release_reads_back_as_what_was_compiled(folder: Folder) -> None:
    compiled = bundle(folder.root)
    assert load(compiled.release) == compiled.content
    assert canonical(load(compiled.release)) == compiled.release
    assert release_id(compiled.release) == compiled.release_id


def test_the_asset_carries_the_release_byte_for_byte_and_its_sources(folder: Folder) -> None:
    compiled = bundle(folder.root)
    asset = json.loads(compiled.asset_bytes())
    assert asset["release"].encode() == compiled.release
    assert asset["sources"]["journeys/welcome.yaml"] == folder.read("journeys/welcome.yaml")
    assert ".samovar.json" not in asset["sources"]


def test_a_comment_does_not_make_another_release(folder: Folder) -> None:
    before = bundle(folder.root)
    folder.write("scoring.yaml", "# Another comment.\n" + folder.read("scoring.yaml"))
    after = bundle(folder.root)
    assert after.release_id == before.release_id
    assert after.asset_bytes() != before.asset_bytes()


def test_what_was_never_published_is_based_on_nothing(folder: Folder) -> None:
    assert compile_marketing(folder.root) == (bundle(folder.root).release, None)


def test_the_html_of_an_email_is_complete_and_says_its_language_and_preheader(folder: Folder) -> None:
    html = bundle(folder.root).content.emails["welcome"].html
    assert html.startswith("<!doctype html>")
    assert 'lang="en"' in html
    assert "Three leaves, two minutes, one good cup." in html
    assert "mj-" not in html.partition("<body")[2].replace("mj-outlook-group-fix", "").replace("mj-column-per", "")


def test_a_preheader_is_text_and_its_expressions_stay(folder: Folder) -> None:
    folder.write("emails/brewing-guide.yaml", "subject: Hi\npreheader: \"1 < 2 & {{ contact.a | default('<') }}\"\n")
    html = bundle(folder.root).content.emails["brewing-guide"].html
    assert "1 &lt; 2 &amp; {{ contact.a | default('<') }}" in html


def test_quotes_and_signs_inside_braces_are_no_markup(folder: Folder) -> None:
    link = '<mj-button href="{{ business.site }}/{{ contact.page | default("a<b") }}">'
    text = link + "{% if 1 < 2 %}Go{% endif %}</mj-button>"
    folder.swap("emails/brewing-guide.mjml", "</mj-column>", text + "</mj-column>")
    html = bundle(folder.root).content.emails["brewing-guide"].html
    assert 'href="{{ business.site }}/{{ contact.page | default("a<b") }}"' in html
    assert "{% if 1 < 2 %}Go{% endif %}" in html
