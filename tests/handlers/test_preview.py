"""preview and send-test: what somebody would read, and a real mail that leaves no trace."""

import json
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from click.testing import CliRunner

from authoring import preview
from authoring.cli import main
from authoring.compile import bundle
from functions.aws import ses
from functions.core import compose
from functions.core.contact import Contact, Moment, Profile, Rank, State
from functions.core.release import Release
from tests.unit.authoring.folders import MARKETING


@pytest.fixture(scope="module")
def release() -> Release:
    return bundle(MARKETING).content


def person(**traits: str) -> Contact:
    return Contact(State("c"), Profile("c", 1, {name: (Rank(False, Moment(1, 1)), v) for name, v in traits.items()}))


def test_a_preview_of_nobody_needs_no_deployment_and_writes_html_and_text(tmp_path: Path) -> None:
    out = tmp_path / "mail.html"
    words = ["--marketing", str(MARKETING), "preview", "welcome", "--language", "tr-TR", "--dark", "--out", str(out)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert "Hoş geldin, çay dostu" in result.output
    assert "prefers-color-scheme: dark)" not in out.read_text(encoding="utf-8")
    assert out.with_suffix(".txt").read_text(encoding="utf-8").startswith("Hoş geldin, çay dostu.")


def test_a_preview_says_what_there_is_where_asked_for_what_is_not() -> None:
    for words, said in ((["welcom"], "welcome"), (["welcome", "--language", "pl"], "en, tr")):
        result = CliRunner().invoke(main, ["--marketing", str(MARKETING), "preview", *words, "--json"])
        assert result.exit_code == 1
        assert said in json.loads(result.output)["error"]


def test_a_preview_says_why_it_would_be_withheld(release: Release) -> None:
    needs = release.emails["welcome"].model_copy(
        update={"variables": {**release.emails["welcome"].variables, "order": _required()}}
    )
    content = release.model_copy(update={"emails": {**release.emails, "welcome": needs}})
    found = preview.preview(content, "welcome", preview.NOBODY)
    assert (found.words, found.withheld) == (None, "missing-variable")
    assert "contact.order" in found.because


def _required() -> object:
    from functions.core.emails import Variable

    return Variable(required=True)


def test_the_mail_of_a_confirmation_has_its_link(release: Release) -> None:
    found = preview.preview(release, "confirm", preview.NOBODY)
    assert found.words is not None
    assert found.topic == "confirm--wholesale"
    assert "#confirm" in found.words.text


def test_a_test_mail_is_marked_counts_nothing_and_says_what_is_previewed(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, object]] = []
    monkeypatch.setattr(ses, "send", lambda **given: sent.append(given) or "id-1")
    ada = person(first_name="Łucja 茶 🫖", language="tr")
    assert preview.send_test(release, "welcome", ada, "me@tea.example") == "id-1"
    (given,) = sent
    assert given["recipients"] == ["me@tea.example"]
    assert given["tags"] == {}
    assert "configuration_set" not in given
    mail = message_from_bytes(bytes(given["raw"]), policy=default)  # type: ignore[arg-type]
    assert isinstance(mail, EmailMessage)
    assert str(mail["Subject"]) == "[Test] Hoş geldin, Łucja 茶 🫖"
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    shown = preview.preview(release, "welcome", preview.NOBODY, "tr").words
    assert shown is not None
    said = html.get_content().replace("\r\n", "\n").strip()
    assert said == shown.html.replace("çay dostu", "Łucja 茶 🫖").strip()
    assert "https://yellow-samovar.example/first-flush" in text.get_content()
    assert 'width="1" height="1"' not in said


def test_a_test_mail_to_no_address_and_one_that_lacks_something_are_refused(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ses, "send", lambda **given: pytest.fail("sent"))
    with pytest.raises(ValueError, match="no address"):
        preview.send_test(release, "welcome", preview.NOBODY, "nowhere")

    def lacking(*_: object, **__: object) -> compose.Letter:
        raise compose.Unrenderable("missing-variable", "contact.order")

    monkeypatch.setattr(compose, "compose", lacking)
    with pytest.raises(ValueError, match=r"contact\.order"):
        preview.send_test(release, "welcome", preview.NOBODY, "me@tea.example")
