"""The example of a workflow can't rot: it asks for no more than it needs, and its commands exist as written."""

import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from authoring import inflight, published
from authoring.cli import main
from authoring.plan.base import of_deployment
from authoring.plan.make import plan
from authoring.plan.markdown import MARK
from functions import releases
from functions.aws import session
from tests.unit.authoring.folders import Folder

ROOT = Path(__file__).parents[3]
WORKFLOW = ROOT / "docs/examples/plan.yml"
PAGE = ROOT / "docs/releases.md"


def workflow() -> dict[str, Any]:
    # YAML reads the key "on" as true.
    return {("on" if key is True else key): value for key, value in yaml.safe_load(WORKFLOW.read_text()).items()}


def steps() -> list[dict[str, Any]]:
    return list(workflow()["jobs"]["plan"]["steps"])


def commands() -> Iterator[list[str]]:
    """Every call of samovar, without what the shell does with its output."""
    for step in steps():
        for line in step.get("run", "").replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["samovar"]:
                yield words[1 : words.index(">") if ">" in words else None]


def test_every_command_is_one_that_exists_with_these_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "base/marketing").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    found = list(commands())
    assert {words[-1] if words[0].startswith("-") else words[0] for words in found} >= {"validate", "test", "plan"}
    for words in found:
        context = main.make_context("samovar", list(words))
        name, command, rest = main.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None
        with command.make_context(name, rest, parent=context):
            pass


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    context = main.make_context("samovar", ["plan", "--markdwon"])
    name, command, rest = main.resolve_command(context, [*context._protected_args, *context.args])
    assert command is not None
    with pytest.raises(click.UsageError):
        command.make_context(name, rest, parent=context)


def test_it_may_read_the_code_comment_and_take_on_a_role_and_runs_for_no_stranger_with_rights() -> None:
    found = workflow()
    assert found["permissions"] == {"contents": "read", "id-token": "write", "pull-requests": "write"}
    assert set(found["on"]) == {"pull_request"}
    with_rights = [
        step for step in steps() if "GH_TOKEN" in step.get("env", {}) or "role-to-assume" in step.get("with", {})
    ]
    assert len(with_rights) == 2
    assert all("fork" in step["if"] or "ASKS_AWS" in step["if"] for step in with_rights)
    assert "head.repo.fork" in workflow()["jobs"]["plan"]["env"]["ASKS_AWS"]
    assert all(step["with"]["persist-credentials"] is False for step in steps() if "checkout" in step.get("uses", ""))


def test_it_finds_its_comment_by_the_first_line_of_a_plan() -> None:
    assert f'startswith("{MARK}")' in WORKFLOW.read_text()


@pytest.mark.usefixtures("stores")
def test_the_rights_that_the_page_lists_are_those_that_a_plan_uses(folder: Folder) -> None:
    published.publish(folder.root, by="ada", arn="")
    folder.swap("journeys/welcome.yaml", "at_most: 3 days", "at_most: 4 days")
    used = Counter[str]()
    services = {"DynamoDB": "dynamodb", "S3": "s3"}

    def note(model: Any, **about: Any) -> None:
        used[f"{services[model.service_model.service_id]}:{model.name}"] += 1

    clients = [session.client(name) for name in ("dynamodb", "s3")]
    for client in clients:
        client.meta.events.register("before-call", note)
    releases.forget()
    base = of_deployment("here", folder.root)
    told = plan(
        folder.root,
        base,
        count=inflight.count,
        release_of=releases.by_id,
        refusals=lambda made: [reason] if (reason := published.would_refuse(made, base.pointer)) else [],
    )
    for client in clients:
        client.meta.events.unregister("before-call", note)
    assert told.items
    (policy,) = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)]
    allowed = set()
    for statement in policy["Statement"]:
        actions = statement["Action"]
        allowed |= set(actions) if isinstance(actions, list) else {actions}
    assert {"s3:GetObject", "dynamodb:Scan", "dynamodb:GetItem", "dynamodb:Query"} <= set(used) <= allowed
