"""The custom resource that publishes while a stack deploys: what it does, and what it answers."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from authoring import published
from authoring.compile import Bundle, bundle
from functions import releases as runtime
from functions import settings
from functions.aws import s3
from functions.core import assets
from functions.publish.handler import handler
from functions.tables import releases
from tests.unit.authoring import cloud
from tests.unit.authoring.folders import Folder

JOURNEY = "journeys/welcome.yaml"


@pytest.fixture(scope="module")
def account() -> Iterator[None]:
    yield from cloud.account()


class Answers:
    """Stands where CloudFormation's signed URL points to."""

    def __init__(self) -> None:
        taken: list[dict[str, Any]] = []
        self.taken = taken
        self.headers: list[str | None] = []
        headers = self.headers

        class Take(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                headers.append(self.headers["Content-Type"])
                taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Take)
        self.url = f"http://127.0.0.1:{self.server.server_port}/answer?signature=x"


@pytest.fixture
def answers() -> Iterator[Answers]:
    made = Answers()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


class Deployment:
    """CloudFormation, as far as this resource sees it."""

    def __init__(self, answers: Answers, root: Path) -> None:
        self.answers = answers
        self.folder = Folder(root)
        self.properties: dict[str, Any] = {}

    def compiled(self) -> Bundle:
        return bundle(self.folder.root)

    def asked_for(self) -> dict[str, Any]:
        compiled = self.compiled()
        s3.put(settings.bucket(), f"{compiled.release_id}.json", compiled.asset_bytes())
        files = {}
        for content, path in compiled.files.items():
            files[content] = f"{content[:8]}.bin"
            s3.put(settings.bucket(), files[content], path.read_bytes())
        return {
            "Files": files,
            "AssetBucket": settings.bucket(),
            "AssetKey": f"{compiled.release_id}.json",
            "ReleaseId": compiled.release_id,
            "BasedOn": compiled.based_on or "",
        }

    def call(self, kind: str, new: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
        event: dict[str, Any] = {
            "RequestType": kind,
            "ResponseURL": self.answers.url,
            "StackId": "stack",
            "RequestId": "request",
            "LogicalResourceId": "Live",
            "ResourceType": "Custom::SamovarRelease",
            "ResourceProperties": new,
        }
        if old is not None:
            event["OldResourceProperties"] = old
        handler(event, None)
        return self.answers.taken[-1]

    def deploy(self) -> dict[str, Any]:
        """Create or update; after a refused update, go back as CloudFormation does."""
        new, old = self.asked_for(), self.properties
        if not old:
            answer = self.call("Create", new)
        else:
            answer = self.call("Update", new, old)
            if answer["Status"] == "FAILED":
                self.back = self.call("Update", old, new)
                return answer
        self.properties = new
        return answer

    def edit(self, days: int) -> None:
        text = self.folder.read(JOURNEY)
        before = next(line for line in text.splitlines() if "at_most" in line)
        self.folder.swap(
            JOURNEY, before, f"  - {{id: clicked, wait: {{until: {{clicked: hello}}, at_most: {days} days}}}}"
        )


@pytest.fixture
def deployment(account: None, answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    cloud.stores(monkeypatch)
    return Deployment(answers, tmp_path / "marketing")


def live() -> str:
    return runtime.live().id


def test_creating_makes_the_keys_and_publishes(deployment: Deployment) -> None:
    answer = deployment.deploy()
    assert answer["Status"] == "SUCCESS"
    assert answer["Data"] == {"ReleaseId": deployment.compiled().release_id, "Seq": "1"}
    assert live() == deployment.compiled().release_id
    keys = runtime.keyring()
    assert (len(keys.pepper), len(keys.signing), len(keys.write_keys)) == (32, 1, 1)
    assert keys.write_keys[0].startswith("wk_")


def test_files_that_people_get_are_where_links_lead_before_the_release_is_live(deployment: Deployment) -> None:
    deployment.deploy()
    (asset,) = runtime.live().release.assets.values()
    found = s3.get(settings.bucket(), assets.key(asset.content))
    assert found == (deployment.folder.root / "assets" / asset.file).read_bytes()
    s3.put(settings.bucket(), assets.key(asset.content), b"not again")
    deployment.edit(4)
    deployment.deploy()
    assert s3.get(settings.bucket(), assets.key(asset.content)) == b"not again"


def test_the_answer_echoes_what_identifies_the_request_and_names_no_content_type(deployment: Deployment) -> None:
    answer = deployment.deploy()
    assert {key: answer[key] for key in ("StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId")} == {
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Live",
        "PhysicalResourceId": "samovar-release",
    }
    assert deployment.answers.headers == [""]


def test_keys_are_made_once_and_never_replaced(deployment: Deployment) -> None:
    deployment.deploy()
    before = runtime.keyring()
    runtime.forget()
    deployment.edit(4)
    deployment.deploy()
    assert runtime.keyring() == before


def test_a_request_that_comes_twice_publishes_once(deployment: Deployment) -> None:
    new = deployment.asked_for()
    assert deployment.call("Create", new)["Data"] == deployment.call("Create", new)["Data"]
    assert len(releases.history()) == 1


def test_the_next_deploy_publishes_the_next_release(deployment: Deployment) -> None:
    deployment.deploy()
    deployment.edit(4)
    assert deployment.deploy()["Data"]["Seq"] == "2"
    assert live() == deployment.compiled().release_id


def test_a_deploy_does_not_overwrite_what_somebody_published_meanwhile(deployment: Deployment) -> None:
    deployment.deploy()
    theirs = somebody_publishes(deployment, 5)
    deployment.edit(4)
    answer = deployment.deploy()
    assert answer["Status"] == "FAILED"
    assert theirs[:12] in answer["Reason"]
    assert "published by bob" in answer["Reason"]
    assert "samovar pull" in answer["Reason"]
    assert live() == theirs


def test_going_back_after_a_refusal_succeeds_and_moves_nothing(deployment: Deployment) -> None:
    deployment.deploy()
    theirs = somebody_publishes(deployment, 5)
    deployment.edit(4)
    deployment.deploy()
    assert deployment.back["Status"] == "SUCCESS"
    assert live() == theirs
    assert len(releases.history()) == 2


def test_after_pulling_the_deploy_goes_through(deployment: Deployment) -> None:
    deployment.deploy()
    somebody_publishes(deployment, 5)
    deployment.edit(4)
    assert deployment.deploy()["Status"] == "FAILED"
    published.pull(deployment.folder.root, force=True)
    deployment.edit(6)
    assert deployment.deploy()["Status"] == "SUCCESS"
    assert live() == deployment.compiled().release_id


def test_going_back_because_another_resource_failed_takes_the_release_back(deployment: Deployment) -> None:
    deployment.deploy()
    old = deployment.properties
    deployment.edit(4)
    deployment.deploy()
    assert deployment.call("Update", old, deployment.properties)["Status"] == "SUCCESS"
    assert live() == old["ReleaseId"]


def test_deleting_leaves_everything(deployment: Deployment) -> None:
    deployment.deploy()
    before = live()
    assert deployment.call("Delete", deployment.properties)["Status"] == "SUCCESS"
    assert live() == before
    assert runtime.keyring()


def test_an_asset_that_is_not_what_the_template_names_fails_with_the_reason(deployment: Deployment) -> None:
    new = deployment.asked_for() | {"ReleaseId": "0" * 32}
    answer = deployment.call("Create", new)
    assert answer["Status"] == "FAILED"
    assert "synthesize again" in answer["Reason"]


def test_whatever_fails_is_answered(deployment: Deployment) -> None:
    answer = deployment.call(
        "Create", {"AssetBucket": settings.bucket(), "AssetKey": "gone", "ReleaseId": "x", "BasedOn": ""}
    )
    assert answer["Status"] == "FAILED"
    assert "gone" in answer["Reason"]


def somebody_publishes(deployment: Deployment, days: int) -> str:
    """Another release, published from a terminal and based on the live one."""
    deployment.edit(days)
    compiled = deployment.compiled()
    releases.publish(compiled.release, compiled.sources, by="bob", based_on=live())
    return compiled.release_id
