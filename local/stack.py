"""A handle on a running local stack, as written to `.local/stack.json`."""

import json
import os
import time
import urllib.request
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import boto3

from local.emulator import ROOT
from local.feedback import Sent
from local.waiting import until


def state_dir() -> Path:
    """Where the local stack keeps everything, and describes itself in stack.json: STATE_DIR, or .local here."""
    return Path(os.environ.get("STATE_DIR") or ROOT / ".local").resolve()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Addresses and names of one running stack; clients are made when first asked for."""

    api_url: str
    site_url: str
    inbox_url: str
    aws_endpoint: str
    region: str
    write_key: str
    events_table: str
    contacts_table: str
    bucket: str
    send_queue_url: str
    work_queue_url: str
    aside_queue_url: str
    state_machine_arn: str
    bus_name: str
    feedback_topic_arn: str
    sweep_function: str
    clock_file: str
    mail_dir: str
    emulator_pid: int
    pid: int
    state_dir: str
    outputs: dict[str, str]
    _clients: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def load(cls, path: Path | None = None) -> "Stack":
        """The stack described in a file, state_dir()'s by default. Raises FileNotFoundError where none is up."""
        path = path or state_dir() / "stack.json"
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def save(self) -> None:
        """Write the description."""
        path = self.description
        content = {part.name: getattr(self, part.name) for part in fields(self) if not part.name.startswith("_")}
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        draft.replace(path)

    @property
    def description(self) -> Path:
        """The file that describes this stack while it is up."""
        return Path(self.state_dir) / "stack.json"

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.aws_endpoint,
                region_name=self.region,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self._clients[service]

    def now_ms(self) -> int:
        """What the handlers take the time to be."""
        return time.time_ns() // 1_000_000 + self.offset_ms()

    def offset_ms(self) -> int:
        """How far the stack's clock runs ahead."""
        try:
            return int(Path(self.clock_file).read_text(encoding="ascii") or 0)
        except FileNotFoundError:
            return 0

    def move_clock(self, offset_ms: int) -> None:
        """Set how far the clock runs ahead. Handlers see it at their next look."""
        path = Path(self.clock_file)
        draft = path.with_suffix(".part")
        draft.write_text(str(offset_ms), encoding="ascii")
        draft.replace(path)

    def in_hand(self) -> dict[str, int]:
        """What is still moving; see local/mends/gauge.py."""
        with urllib.request.urlopen(f"{self.aws_endpoint}/_samovar/busy", timeout=10) as answer:
            counts: dict[str, int] = json.loads(answer.read())
            return counts

    def next_judgement(self) -> int | None:
        """Milliseconds until opens or clicks that wait are judged; None where none do."""
        with urllib.request.urlopen(f"{self.aws_endpoint}/_samovar/waiting", timeout=10) as answer:
            left: int | None = json.loads(answer.read())
            return left

    def let_pass(self, milliseconds: int) -> None:
        """Let time pass in the queues, which don't know the stack's clock."""
        address = f"{self.aws_endpoint}/_samovar/waiting"
        with urllib.request.urlopen(address, str(milliseconds).encode(), timeout=10) as answer:
            answer.read()

    def settle(self, seconds: float = 60) -> None:
        """Return when nothing moves any more: twice in a row, for a hand-over between two services is in neither."""
        calm = 0

        def quiet() -> bool:
            nonlocal calm
            calm = 0 if any(self.in_hand().values()) else calm + 1
            return calm >= 3

        try:
            until(quiet, seconds, "the stack to come to rest", every=0.03)
        except TimeoutError as error:
            said = "\n".join(self.complaints()[-5:])
            raise TimeoutError(f"{error}; in hand: {self.in_hand()}\n{said}") from None

    def complaints(self) -> list[str]:
        """What functions logged as errors, oldest first."""
        logs = self.client("logs")
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        found = [event for group in groups for event in logs.filter_log_events(logGroupName=group)["events"]]
        errors = [event for event in found if '"level":"ERROR"' in event["message"].replace('": "', '":"')]
        return [str(event["message"]) for event in sorted(errors, key=lambda event: int(event["timestamp"]))]

    def messages(self) -> list[Sent]:
        """Every message that was sent, oldest first."""
        return [Sent.from_json(path.read_text("utf-8")) for path in sorted(Path(self.mail_dir).glob("*.json"))]

    def message_count(self) -> int:
        """How many messages were sent, without reading them."""
        return sum(1 for _ in Path(self.mail_dir).glob("*.json"))
