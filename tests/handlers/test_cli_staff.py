"""`samovar staff`: who gets into the console."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from authoring import log
from authoring.cli import main
from authoring.commands import staff as commands
from authoring.target import Target
from functions.console import gate, places
from functions.core.roles import Role
from functions.core.staff import Member
from functions.tables import audit
from functions.tables.audit import Noted
from local import staff as demo
from tests.cloud import Cloud
from tests.inprocess import InProcess

AYSE = "ayse@example.com"


@pytest.fixture
def pool(emulator: InProcess) -> tuple[Any, str]:
    """A pool with the groups of all roles, as the template makes it."""
    cognito = emulator.client("cognito-idp")
    made = cognito.create_user_pool(PoolName="staff", UsernameAttributes=["email"])["UserPool"]["Id"]
    for role in Role:
        cognito.create_group(GroupName=role.value, UserPoolId=made)
    return cognito, made


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose sessions were ended."""
    found: list[str] = []
    monkeypatch.setattr("functions.tables.sessions.end_all", lambda member: found.append(member) or 1)
    return found


@pytest.fixture
def noted() -> list[Noted]:
    """What was noted of it."""
    return []


@pytest.fixture
def terminal(pool: tuple[Any, str], ended: list[str], noted: list[Noted], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("authoring.target.connect", lambda name: Target("samovar", False, {"StaffPool": pool[1]}))
    monkeypatch.setattr(commands, "client", lambda service: pool[0])
    monkeypatch.setattr("functions.tables.audit.note", noted.append)

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["staff", *words])

    return run


def listed(terminal: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(terminal("list", "--json").output)["staff"]
    return found


def test_a_colleague_is_invited_once_and_given_another_role_later(terminal: Any, ended: list[str]) -> None:
    assert "is invited as sales" in terminal("invite", AYSE, "sales").output
    assert [(one["email"], one["role"]) for one in listed(terminal)] == [(AYSE, "sales")]
    assert ended == []
    assert "is in as marketer" in terminal("invite", AYSE, "marketer").output
    assert [(one["email"], one["role"]) for one in listed(terminal)] == [(AYSE, "marketer")]
    # What they were signed in as is over.
    assert len(ended) == 1


def test_whoever_is_removed_gets_in_no_more(terminal: Any, ended: list[str]) -> None:
    terminal("invite", AYSE, "owner")
    assert "gets in no more" in terminal("remove", AYSE).output
    assert listed(terminal) == []
    assert len(ended) == 1
    again = terminal("remove", AYSE)
    assert again.exit_code == 1
    assert "samovar staff list" in again.output + (again.stderr or "")


def test_who_was_let_in_and_out_stands_in_the_log(terminal: Any, noted: list[Noted]) -> None:
    terminal("invite", AYSE, "sales")
    terminal("invite", AYSE, "owner")
    terminal("remove", AYSE)
    terminal("remove", AYSE)
    said = [log.of_note(one, None) for one in noted]
    assert [one.what for one in said] == [
        f"let into the console: {AYSE} as sales",
        f"let into the console: {AYSE} as owner",
        f"let no more into the console: {AYSE}",
    ]
    assert all(one.who for one in said)
    assert [audit.from_row(audit.to_row(one)) for one in noted] == noted


@pytest.mark.parametrize("words", [("invite", "no-address", "sales"), ("invite", AYSE, "boss")])
def test_what_cannot_be_meant_is_refused(terminal: Any, noted: list[Noted], words: tuple[str, ...]) -> None:
    assert terminal(*words).exit_code != 0
    assert listed(terminal) == []
    assert noted == []


def test_the_demo_has_one_of_each_role_however_often_it_is_begun(pool: tuple[Any, str], terminal: Any) -> None:
    for _ in range(2):
        demo.invite(*pool)
    assert {one["email"]: one["role"] for one in listed(terminal)} == {demo.address(role): role for role in Role}


def test_the_sessions_of_a_member_are_those_that_are_ended(emulator: InProcess) -> None:
    from functions.tables import sessions

    with Cloud(emulator):
        for id in ("one", "one", "other"):
            gate.begin(Member(id, "a@tea.example", frozenset({Role.SALES})), places.path())
        assert (sessions.end_all("one"), sessions.end_all("one"), sessions.end_all("other")) == (2, 0, 1)
