"""Somebody else approves: for exactly what is published, by another identity, and no way around it."""

import json
import re
from typing import get_args

import pytest
from click.testing import CliRunner

from authoring import log, published
from authoring.cli import main
from authoring.commands import approving, release
from authoring.compile import bundle
from functions.aws import sts
from functions.core.publishing import NOT_APPROVED, Approval, Move, Pointer, Refuse, decide
from functions.publish import deployment
from functions.tables import approvals, audit, releases
from functions.tables.releases import PublishRefused
from tests.unit.authoring.folders import Folder

pytestmark = pytest.mark.usefixtures("stores")
ADA, BOB, EVE = (f"arn:aws:sts::000000000000:assumed-role/marketing/{name}" for name in ("ada", "bob", "eve"))
JOURNEY = "journeys/welcome.yaml"


def ask(folder: Folder, approval: str = "required") -> None:
    folder.write("publishing.yaml", f"approval: {approval}\n")


def change(folder: Folder, days: int) -> None:
    """A change by which nobody stands elsewhere."""
    folder.write(JOURNEY, re.sub(r"at_most: \d+ days", f"at_most: {days} days", folder.read(JOURNEY)))


def publish(folder: Folder, arn: str) -> published.Published:
    return published.publish(folder.root, by="somebody", arn=arn)


def approve(folder: Folder, arn: str) -> None:
    approvals.note(Approval(bundle(folder.root).release_id, arn, 1, "read it"))


def refused(folder: Folder, arn: str) -> str:
    before = releases.live()
    with pytest.raises(PublishRefused) as caught:
        publish(folder, arn)
    assert caught.value.code == NOT_APPROVED
    assert releases.live() == before
    return str(caught.value)


def test_the_first_publish_of_all_takes_no_approval_and_the_next_does(folder: Folder) -> None:
    ask(folder)
    assert publish(folder, ADA).moved
    change(folder, 60)
    assert "approved by nobody else" in refused(folder, ADA)
    approve(folder, ADA)
    assert "your own approval does not count" in refused(folder, ADA)
    approve(folder, BOB)
    assert publish(folder, ADA).moved


def test_switching_it_on_takes_an_approval_and_so_does_switching_it_off(folder: Folder) -> None:
    publish(folder, ADA)
    ask(folder)
    refused(folder, ADA)
    approve(folder, BOB)
    publish(folder, ADA)
    ask(folder, "optional")
    refused(folder, ADA)
    folder.remove("publishing.yaml")
    refused(folder, ADA)
    approve(folder, BOB)
    publish(folder, ADA)
    change(folder, 60)
    assert publish(folder, ADA).moved


def test_an_approval_is_for_that_content_and_no_other(folder: Folder) -> None:
    ask(folder)
    publish(folder, ADA)
    change(folder, 60)
    approve(folder, BOB)
    change(folder, 70)
    refused(folder, ADA)


def test_rolling_back_takes_none_and_switches_nothing_off(folder: Folder) -> None:
    first = publish(folder, ADA).pointer
    ask(folder)
    approve(folder, BOB)
    publish(folder, ADA)
    back = releases.rollback(first.release, by="ada", arn=ADA)
    assert (back.release, back.guarded) == (first.release, True)
    published.pull(folder.root, force=True)
    change(folder, 60)
    refused(folder, ADA)
    again = releases.live()
    assert again is not None
    assert again.guarded


def test_a_deployment_takes_two_since_it_does_not_say_who_began_it(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(folder)
    publish(folder, ADA)
    live = releases.live()
    assert live is not None
    change(folder, 60)
    made = bundle(folder.root)
    monkeypatch.setattr(deployment, "_read", lambda bucket, key: deployment.Asset(made.release, made.sources))
    monkeypatch.setattr(deployment.keyring, "ensure", lambda: False)
    event = {
        "RequestType": "Update",
        "ResourceProperties": {
            "AssetBucket": "b",
            "AssetKey": "k",
            "ReleaseId": made.release_id,
            "BasedOn": live.release,
        },
        "OldResourceProperties": {"ReleaseId": live.release},
    }
    for known in ([], [ADA]):
        for arn in known:
            approve(folder, arn)
        with pytest.raises(PublishRefused, match="two people must have approved") as caught:
            deployment.perform(event)
        assert caught.value.code == NOT_APPROVED
    approve(folder, BOB)
    assert deployment.perform(event)["ReleaseId"] == made.release_id


def test_what_is_live_already_may_be_deployed_and_gone_back_to() -> None:
    live = Pointer(2, "a", 1, "ada", guarded=True)
    assert not isinstance(decide("a", live, based_on=None, guarded=True), Refuse)
    assert not isinstance(decide("b", live, based_on=None, known=True, guarded=True), Refuse | Move)
    assert isinstance(decide("b", None, based_on=None, guarded=False), Move)


class Here:
    """The options before a command, for stores that this process is pointed at already."""

    stack = None
    name = "here"

    def __init__(self, folder: Folder) -> None:
        self.marketing = folder.root

    def connect(self) -> "Here":
        return self


def test_the_commands_approve_refuse_and_tell_who_did_what(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    who = {"arn": ADA}
    monkeypatch.setattr(sts, "caller", lambda: who["arn"])

    def samovar(command: object, *arguments: str) -> tuple[int, dict[str, object]]:
        found = CliRunner().invoke(command, [*arguments, "--json"], obj=Here(folder))  # type: ignore[arg-type]
        return found.exit_code, json.loads(found.output)

    ask(folder)
    assert samovar(release.publish, "--why", "ilk yayın")[0] == 0
    change(folder, 60)
    code, said = samovar(release.publish)
    assert (code, said["code"]) == (1, NOT_APPROVED)
    who["arn"] = BOB
    assert samovar(approving.approve, "--why", "okudum")[1]["approvals"] == 1
    assert samovar(approving.approve, "--why", "again")[1]["noted"] is False
    who["arn"] = EVE
    assert samovar(release.publish, "--why", "daha az")[0] == 0
    told = [(one.what.partition(" release")[0], one.why, one.arn) for one in log.lines(10)]
    assert told == [("published", "daha az", EVE), ("approved", "okudum", BOB), ("published", "ilk yayın", ADA)]
    assert {"approve", "log", "plan"} <= set(main.commands)


def test_the_log_has_words_for_every_deliberate_act(folder: Folder) -> None:
    published.publish(folder.root, by="ada", arn=ADA)
    for at, kind in enumerate(get_args(audit.Kind)):
        audit.note(audit.Noted(kind, "welcome", at, by="ada", why=kind))
    told = {one.why: one.what for one in log.lines(100)}
    # Of the staff a note says the role.
    assert set(told) >= set(get_args(audit.Kind)) - {"invite", "remove"}
    whats = {one.what for one in log.lines(100)}
    assert {"let into the console: welcome as invite", "let no more into the console: welcome as remove"} <= whats
    assert told["retry"] == "let go on whom a mistake kept in welcome"
