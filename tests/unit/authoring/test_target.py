import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from authoring import target
from authoring.commands.local import Span
from authoring.target import Unreachable
from functions import clock
from tests.unit.authoring.cloud import ABSENT

TOUCHED = (
    *ABSENT, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "EVENTS_TABLE", "CONTACTS_TABLE",
    "BUCKET", "SEND_QUEUE_URL", "WORK_QUEUE_URL", "ASIDE_QUEUE_URL", "STATE_MACHINE_ARN", "BUS_NAME", "PUBLIC_URL",
    "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE",
)  # fmt: skip


@pytest.fixture
def described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A local stack's description whose address somebody listens on."""
    for name in TOUCHED:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    with socket.create_server(("127.0.0.1", 0)) as server:
        path = tmp_path / "stack.json"
        description = {
            "aws_endpoint": f"http://127.0.0.1:{server.getsockname()[1]}",
            "region": "eu-central-1",
            "clock_file": str(tmp_path / "clock"),
            "outputs": {"EventsTable": "e", "ContactsTable": "c", "Bucket": "b", "ApiUrl": "http://api"},
        }
        path.write_text(json.dumps(description))
        monkeypatch.setenv("STATE_DIR", str(tmp_path))
        yield path
    target.session.reset()


def test_the_local_stack_is_found_while_it_runs(described: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = target.connect()
    assert (found.name, found.local) == ("local", True)
    assert target.os.environ["CONTACTS_TABLE"] == "c"
    assert target.os.environ["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")


def test_the_local_stack_s_clock_counts_from_when_it_is_connected_until_it_is_left(described: Path) -> None:
    ahead = 90 * 86_400_000
    (described.parent / "clock").write_text(str(ahead))
    ours = clock.now_ms()
    target.connect("local")
    assert clock.now_ms() >= ours + ahead
    del target.os.environ[clock.OFFSET_FILE]
    target.session.reset()
    assert clock.now_ms() < ours + ahead


def test_publishing_to_the_local_stack_does_not_mark_the_authored_folder(described: Path) -> None:
    target.connect("local")
    assert target.os.environ["SAMOVAR_STATE"] == str(described.parent / "published.json")


def test_a_description_that_nobody_answers_for_is_no_stack(described: Path) -> None:
    description = json.loads(described.read_text())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    described.write_text(json.dumps(description | {"aws_endpoint": f"http://127.0.0.1:{port}"}))
    with pytest.raises(Unreachable, match="make up"):
        target.connect("local")


@pytest.mark.parametrize(
    ("text", "seconds"), [("3d", 259_200), ("90m", 5400), ("3 days", 259_200), ("1 hour", 3600), ("2w", 1_209_600)]
)
def test_a_span_reads_short_and_long(text: str, seconds: int) -> None:
    assert Span().convert(text, None, None) == seconds
