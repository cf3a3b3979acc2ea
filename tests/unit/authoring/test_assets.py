"""Gated files as they are written: what is wrong with them, and that their bytes survive publishing and pulling."""

import hashlib
from pathlib import Path

import pytest

from authoring import published
from authoring.compile import bundle
from authoring.problems import Invalid
from functions import settings
from functions.aws import s3
from functions.core import assets
from functions.core.assets import LARGEST
from functions.core.release import load
from functions.tables import releases
from functions.tables.releases import PublishRefused
from tests.unit.authoring.folders import Folder

YAML = "assets/brewing-book.yaml"
PDF = "assets/Two pots, one flame.pdf"
MJML = "emails/brewing-book.mjml"


def wrong(folder: Folder) -> list[tuple[str, str]]:
    """What is wrong, as file and message."""
    with pytest.raises(Invalid) as found:
        bundle(folder.root)
    return [(problem.file, problem.message) for problem in found.value.problems]


def warned(folder: Folder) -> list[tuple[str, str]]:
    return [(problem.file, problem.code) for problem in bundle(folder.root).warnings]


def content_of(folder: Folder) -> str:
    return hashlib.sha256((folder.root / PDF).read_bytes()).hexdigest()


def test_a_release_holds_a_file_by_its_hash(folder: Folder) -> None:
    compiled = bundle(folder.root)
    asset = load(compiled.release).assets["brewing-book"]
    assert (asset.content, asset.size) == (content_of(folder), (folder.root / PDF).stat().st_size)
    assert (asset.file, asset.type, asset.within) == ("Two pots, one flame.pdf", "application/pdf", 14 * 86_400)
    assert compiled.files == {asset.content: folder.root / PDF}
    assert PDF not in compiled.sources


def test_another_byte_is_another_release(folder: Folder) -> None:
    before = bundle(folder.root).release_id
    (folder.root / PDF).write_bytes((folder.root / PDF).read_bytes() + b"\n")
    assert bundle(folder.root).release_id != before


def test_without_a_name_the_file_is_called_as_its_id(folder: Folder) -> None:
    (folder.root / PDF).rename(folder.root / "assets/brewing-book.pdf")
    folder.swap(YAML, "file: Two pots, one flame.pdf\n", "")
    assert bundle(folder.root).content.assets["brewing-book"].file == "brewing-book.pdf"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("file: Two pots, one flame.pdf", "file: Two pots, one flam.pdf", 'there is no file "Two pots, one flam.pdf"'),
        ("file: Two pots, one flame.pdf", "file: ../sending.yaml", '"../sending.yaml" is no plain name of a file'),
        ("form: brewing-book", "form: brewing-bock", 'unknown form "brewing-bock"'),
        ("email: brewing-book", "email: brewing-bock", 'unknown template "brewing-bock"'),
        ("form: brewing-book\n", "", "no form gives it, so that nothing sends this e-mail"),
    ],
)
def test_what_a_file_names_must_be_there(folder: Folder, old: str, new: str, message: str) -> None:
    folder.swap(YAML, old, new)
    assert (YAML, message) in wrong(folder)


def test_an_empty_file_and_one_that_is_too_large_are_refused(folder: Folder) -> None:
    (folder.root / PDF).write_bytes(b"")
    assert wrong(folder) == [(YAML, '"Two pots, one flame.pdf" is empty')]
    with (folder.root / PDF).open("wb") as file:
        file.truncate(LARGEST + 1)
    assert wrong(folder) == [(YAML, '"Two pots, one flame.pdf" has 50 MB; at most 50')]


def test_a_form_that_leads_elsewhere_needs_a_mail_that_brings_the_file(folder: Folder) -> None:
    folder.swap("forms/brewing-book.yaml", "thanks:", "redirect: https://yellow-samovar.example/thanks\nthanks:")
    bundle(folder.root)
    folder.swap(YAML, "email: brewing-book\n", "")
    message = 'form "brewing-book" leads to another page than its thanks, so that nobody sees the link'
    assert wrong(folder) == [(YAML, message)]


def test_the_mail_that_brings_a_file_has_its_link(folder: Folder) -> None:
    folder.swap(MJML, '{{ asset_url("brewing-book") }}', "https://yellow-samovar.example")
    assert wrong(folder) == [(MJML, 'it brings the file "brewing-book" without the link')]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('asset_url("brewing-bock")', 'unknown asset "brewing-bock"'),
        ("asset_url(contact.first_name)", "asset_url takes one id, as plain text"),
        ("asset_url", "asset_url without the id of one"),
    ],
)
def test_a_link_names_a_file_that_is_there(folder: Folder, call: str, message: str) -> None:
    folder.swap(MJML, "</mj-text>", f'<a href="{{{{ {call} }}}}">It</a></mj-text>')
    assert (MJML, message) in wrong(folder)


def test_other_channels_have_no_links_to_files(folder: Folder) -> None:
    folder.write("sms/book.yaml", "text: \"{{ asset_url('brewing-book') }}\"\n")
    assert ("sms/book.yaml", "asset_url has no meaning here") in wrong(folder)


def test_files_that_nobody_gets_are_told_of(folder: Folder) -> None:
    (folder.root / "assets/old.pdf").write_bytes(b"%PDF")
    assert ("assets/old.pdf", "file-of-nobody") in warned(folder)


def test_publishing_keeps_the_bytes_once_and_pulling_brings_them_back(folder: Folder, stores: object) -> None:
    published.publish(folder.root, by="ada")
    key = assets.key(content_of(folder))
    assert s3.get(settings.bucket(), key) == (folder.root / PDF).read_bytes()
    s3.put(settings.bucket(), key, b"not again")
    folder.swap("journeys/welcome.yaml", "at_most: 3 days", "at_most: 4 days")
    published.publish(folder.root, by="ada")
    assert s3.get(settings.bucket(), key) == b"not again"
    s3.put(settings.bucket(), key, (folder.root / PDF).read_bytes())
    elsewhere = folder.root.parent / "elsewhere"
    pulled = published.pull(elsewhere)
    assert (elsewhere / PDF).read_bytes() == (folder.root / PDF).read_bytes()
    assert bundle(elsewhere).release_id == pulled.release


def test_a_file_that_was_changed_and_not_published_is_not_lost_by_pulling(folder: Folder, stores: object) -> None:
    published.publish(folder.root, by="ada")
    (folder.root / PDF).write_bytes(b"%PDF of my own")
    with pytest.raises(published.WouldOverwrite, match="Two pots"):
        published.pull(folder.root)
    assert published.pull(folder.root, force=True).written == [PDF]


def test_going_back_finds_the_earlier_file(folder: Folder, stores: object) -> None:
    first = published.publish(folder.root, by="ada").pointer.release
    (folder.root / PDF).write_bytes(b"%PDF second edition")
    published.publish(folder.root, by="ada")
    releases.rollback(first, by="ada")
    content = releases.content(first).assets["brewing-book"].content
    assert s3.exists(settings.bucket(), assets.key(content))
    published.pull(folder.root, force=True)
    assert content_of(folder) == content


def test_a_release_whose_file_is_gone_does_not_become_live_again(
    folder: Folder, stores: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = published.publish(folder.root, by="ada").pointer.release
    folder.swap("journeys/welcome.yaml", "at_most: 3 days", "at_most: 4 days")
    published.publish(folder.root, by="ada")
    there = s3.exists
    monkeypatch.setattr(s3, "exists", lambda bucket, key: not key.startswith("assets/") and there(bucket, key))
    with pytest.raises(PublishRefused, match="gone from the bucket"):
        releases.rollback(first, by="ada")


def test_a_renamed_file_keeps_its_first_id_and_its_links(folder: Folder) -> None:
    (folder.root / YAML).rename(folder.root / "assets/book.yaml")
    folder.write("assets/book.yaml", folder.read("assets/book.yaml") + "was: brewing-book\n")
    folder.swap(MJML, 'asset_url("brewing-book")', 'asset_url("book")')
    compiled = bundle(folder.root)
    assert list(compiled.content.assets) == ["brewing-book"]
    assert compiled.content.first_name("asset", "book") == "brewing-book"


def test_a_name_that_a_file_system_took_apart_is_the_same(folder: Folder) -> None:
    (folder.root / PDF).rename(folder.root / Path("assets") / "C\u0327ay.pdf")
    folder.swap(YAML, "file: Two pots, one flame.pdf", "file: \u00c7ay.pdf")
    assert bundle(folder.root).content.assets["brewing-book"].file == "\u00c7ay.pdf"
