"""The commands take and show what things are called now, whatever they are stored as."""

from pathlib import Path

import pytest

from functions import clock, releases
from functions.core.pauses import Pause
from functions.tables import audit, leads, pauses, setbacks
from functions.tables.audit import Noted
from functions.tables.leads import Lead
from functions.work import jobs
from functions.work import queue as work_queue
from functions.work.jobs import Job
from tests.handlers.test_cli import Terminal, terminal

__all__ = ["terminal"]


@pytest.fixture
def renamed(terminal: Terminal) -> Terminal:
    """A deployment on which one of each kind was renamed after it was published."""
    terminal.run("publish")
    root = terminal.folder.root
    for before, after in (
        ("journeys/welcome", "journeys/greeting"),
        ("campaigns/new-harvest", "campaigns/spring"),
        ("forms/wholesale", "forms/trade"),
        ("emails/brewing-guide", "emails/how-to"),
    ):
        for path in sorted((root / before).parent.glob(f"{(root / before).name}.*")):
            path.rename(root / f"{after}.{path.name.partition('.')[2]}")
        text = terminal.folder.read(f"{after}.yaml")
        terminal.folder.write(f"{after}.yaml", f"was: {before.rpartition('/')[2]}\n{text}")
    for path in root.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        for before, after in (
            ("journey: welcome", "journey: greeting"),
            ("form: wholesale", "form: trade"),
            ("send: brewing-guide", "send: how-to"),
            ("segment: lapsed", "segment: sleeping"),
        ):
            text = text.replace(before, after)
        path.write_text(text, encoding="utf-8")
    terminal.folder.swap("segments.yaml", "  lapsed:\n", "  sleeping:\n    was: lapsed\n")
    terminal.folder.swap("journeys/greeting.yaml", "{id: guide, ", "{id: brew, was: guide, ")
    terminal.folder.remove("scenarios/welcome.yaml")
    result = terminal.run("publish")
    assert "is live" in result.output, result.output + result.stderr
    releases.forget()
    return terminal


def test_they_take_the_new_name(renamed: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # What is exported is written where somebody stands.
    monkeypatch.chdir(tmp_path)
    for words in (("form", "trade"), ("preview", "how-to"), ("export", "segment", "sleeping")):
        result = renamed.run(*words)
        assert result.exit_code == 0, f"{words}: {result.output}{result.stderr}"
    assert 'there is no form "tade"; forms: brewing-book, hello, trade' in renamed.run("form", "tade").stderr
    assert 'campaign "spring" has not run yet' in renamed.run("campaigns", "show", "spring").stderr
    assert "there are: spring" in renamed.run("campaigns", "send", "sprnig").stderr


def test_doctor_names_the_command_that_ends_each_pause(renamed: Terminal) -> None:
    now = clock.now_ms()
    for name in ("journey--welcome", "campaign--new-harvest/k1", "marketing"):
        pauses.hold(name, Pause(now, "a wrong price", "ada"))
    said = renamed.run("doctor").output
    for command in ("resume --journey greeting", "campaigns resume spring/k1", "resume marketing"):
        assert f"samovar {command}" in said
    assert "the journey greeting, since" in renamed.run("paused").output


def test_retry_knows_the_journey_and_the_step_and_refuses_others(renamed: Terminal) -> None:
    setbacks.is_new("welcome", "guide", "template-error", clock.now_ms())
    assert "samovar retry greeting --why" in renamed.run("doctor").output
    asked = renamed.run("retry", "greeting", "--step", "brew", "--why", "mended").output
    assert '"greeting" at step "brew"' in asked
    wrong = (
        (("greting",), 'there is no journey "greting": greeting'),
        (("greeting", "--step", "bew"), 'has no step "bew": brew, '),
    )
    for words, mend in wrong:
        result = renamed.run("retry", *words, "--why", "mended", "--yes")
        assert (result.exit_code, mend in result.stderr) == (1, True), result.stderr


def test_the_log_leads_and_jobs_show_the_new_names(renamed: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_queue, "ask", lambda what, delay=0: None)
    now = clock.now_ms()
    noted: tuple[tuple[audit.Kind, str], ...] = (
        ("recall", "welcome/guide"),
        ("migrate", "welcome"),
        ("pause", "journey--welcome"),
        ("resume", "campaign--new-harvest/k1"),
    )
    for place, (kind, subject) in enumerate(noted):
        audit.note(Noted(kind, subject, now + place, by="ada", why="a reason"))
    leads.write(Lead("l1", "c1", "sales", "asked", "welcome", "guide", "e1", now))
    jobs.create(Job("j1", "recall", now, about={"journey": ["welcome"], "step": ["guide"]}), in_list=True)
    said = renamed.run("log").output
    assert "recalled those at greeting/brew" in said
    assert "those in greeting" in said
    assert "paused the journey greeting" in said
    assert "let go on campaign--spring/k1" in said
    assert "greeting/brew" in renamed.run("leads").output
    told = renamed.run("jobs").output
    assert "greeting/" in told
    assert "welcome" not in told


def test_migrate_lists_steps_by_their_new_names(renamed: Terminal) -> None:
    refused = renamed.run("migrate", "greeting", "--map", "brew=nowhere", "--why", "a reason", "--yes")
    assert refused.exit_code == 1
    assert '--map brew=nowhere: the live journey has no step "nowhere": brew, ' in refused.stderr
    unknown = renamed.run("migrate", "greting", "--why", "a reason", "--yes")
    assert 'the live release has no journey "greting": greeting' in unknown.stderr
