"""Bringing the stack up and taking it down again, for people and for tests alike."""

import contextlib
import fcntl
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from authoring import ledger
from authoring.validate import Invalid, validate
from functions.aws.attributes import from_item
from functions.core.release import Release, canonical, release_id
from functions.core.release import load as load_release
from functions.releases import keyring_from
from local import deploy, emulator, staff, synth
from local.emulator import HOST, ROOT, EmulatorProcess
from local.front.api import proxy
from local.front.inbox import inbox
from local.front.server import Server
from local.front.shop import Facts, shop
from local.stack import Stack


class PortTaken(RuntimeError):
    """Somebody else listens where the stack should; the message says where."""


class UpAlready(RuntimeError):
    """Another stack runs on the same state; the message says how to run a second one."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens, on loopback."""

    api: int
    shop: int
    inbox: int
    aws: int

    @classmethod
    def choose(cls, first: int, remembered: Path) -> "Ports":
        """Four in a row from `first`; for 0 those of the last time, or any that are free.

        Raises PortTaken, and ValueError where there are no such ports.
        """
        if first == 0:
            last = json.loads(remembered.read_text()) if remembered.exists() else []
            ports = cls(*last) if last and not any(map(_taken, last)) else cls(*_free(4))
        elif first > _LAST_PORT - 3:
            raise ValueError(f"PORT is the first of four ports: {_LAST_PORT - 3} at most, not {first}")
        else:
            for port in range(first, first + 4):
                if _taken(port):
                    mend = f"choose four others with PORT={first + 100}, say, or free ones with PORT=0"
                    raise PortTaken(f"port {port} is in use: {mend}")
            ports = cls(*range(first, first + 4))
        # Stored state names queues by their address, so a stack had better come back where it was.
        remembered.parent.mkdir(parents=True, exist_ok=True)
        remembered.write_text(json.dumps([ports.api, ports.shop, ports.inbox, ports.aws]))
        return ports


_LAST_PORT = 65535


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _free(count: int) -> list[int]:
    """Different ports that nobody listens on: all held until the last is found."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def _silent(step: str) -> None:
    """Say nothing."""


@contextmanager
def stack_up(
    state_dir: Path, port: int = 0, tell: Callable[[str], None] = _silent, outbox: str = ""
) -> Iterator[Stack]:
    """A running stack, also described in `state_dir`/stack.json. Everything stops on leaving.

    `outbox` is a loopback address that takes what functions post to others, in place of the inbox.
    Raises UpAlready, PortTaken, SynthesisFailed, EmulatorFailed or DeploymentFailed, with nothing left running.
    """
    with ExitStack() as running:
        running.enter_context(_alone(state_dir))
        ports = Ports.choose(port, state_dir / "state" / "ports.json")
        tell("synthesizing")
        assembly = synth.templates(state_dir / "published.json")
        tell("starting the emulator")
        aws = running.enter_context(
            emulator.start(state_dir / "state", ports.aws, outbox=outbox or f"http://{HOST}:{ports.inbox}/outbox")
        )
        tell("deploying")
        api_url, shop_url, inbox_url = (f"http://{HOST}:{number}" for number in (ports.api, ports.shop, ports.inbox))
        outputs = deploy.deploy(aws, assembly, {"PublicUrl": api_url, "SignInUrl": aws.url})
        staff.invite(aws.client("cognito-idp"), outputs["StaffPool"])
        stack = Stack(
            api_url=api_url,
            site_url=shop_url,
            inbox_url=inbox_url,
            aws_endpoint=aws.url,
            region=emulator.REGION,
            write_key=next(iter(keyring_from(from_item(_row(aws, outputs, "X#keys"))).write_keys), ""),
            events_table=outputs["EventsTable"],
            contacts_table=outputs["ContactsTable"],
            bucket=outputs["Bucket"],
            send_queue_url=outputs["SendQueueUrl"],
            work_queue_url=outputs["WorkQueueUrl"],
            aside_queue_url=outputs["AsideQueueUrl"],
            state_machine_arn=outputs["StateMachineArn"],
            bus_name=outputs["BusName"],
            feedback_topic_arn=outputs["FeedbackTopicArn"],
            sweep_function=outputs["SweepFunction"],
            clock_file=str(aws.clock_file),
            mail_dir=str(aws.mail_dir),
            emulator_pid=aws.pid,
            pid=os.getpid(),
            state_dir=str(state_dir),
            outputs=outputs,
        )
        running.callback(_drain, stack)
        watched = _Watched(aws, outputs)
        _remember(state_dir / "published.json", watched.id)
        api_id = urlsplit(outputs["ApiUrl"]).netloc.partition(".")[0]
        api = proxy(ports.aws, api_id, lambda: watched.release().sending.business.site, shop_url)
        running.enter_context(Server(ports.api, api))
        running.enter_context(Server(ports.shop, shop(Facts(api_url, inbox_url, stack.write_key, watched.release))))
        running.enter_context(Server(ports.inbox, inbox(stack)))
        stack.save()
        running.callback(stack.description.unlink, missing_ok=True)
        yield stack


def _drain(stack: Stack) -> None:
    """The emulator keeps tables and queues when it stops, but not a stream's unread records: let them be read."""
    with contextlib.suppress(TimeoutError, OSError):
        stack.settle(10)


def _row(aws: EmulatorProcess, outputs: dict[str, str], pk: str) -> dict[str, Any]:
    key = {"pk": {"S": pk}, "sk": {"S": "X"}}
    found = aws.client("dynamodb").get_item(TableName=outputs["ContactsTable"], Key=key, ConsistentRead=True)
    item: dict[str, Any] = found["Item"]
    return item


@contextmanager
def _alone(state_dir: Path) -> Iterator[None]:
    """Holds the state: two stacks on one would spoil it. A process that was killed holds it no more."""
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UpAlready(_who_runs(state_dir)) from None
        yield


def _who_runs(state_dir: Path) -> str:
    try:
        other = Stack.load(state_dir / "stack.json")
        where = f", its shop at {other.site_url}"
    except (OSError, ValueError, TypeError):
        where = ""
    return (
        f"a stack runs on {state_dir} already{where}. Stop that one with Ctrl-C, "
        "or give this one a folder and ports of its own: STATE_DIR=.local-2 PORT=0 make up"
    )


def _remember(state: Path, live: str) -> None:
    """Note that the files here are what was deployed, so that whoever edits them next may publish."""
    with contextlib.suppress(Invalid):
        valid = validate(ROOT / "marketing", state)
        if release_id(canonical(valid.release)) == live:
            ledger.write(state, valid.ledger.after(valid.release, live))


class _Watched:
    """The live release, read anew when another was published; its sender counts as verified from then on."""

    def __init__(self, aws: EmulatorProcess, outputs: dict[str, str]) -> None:
        self._aws, self._outputs, self.id = aws, outputs, ""
        self._lock = threading.Lock()
        self._look()

    def release(self) -> Release:
        """What is live now; the last that was, while the stack stops."""
        with self._lock, contextlib.suppress(BotoCoreError, ClientError):
            self._look()
        return self._release

    def _look(self) -> None:
        id = str(_row(self._aws, self._outputs, "X#live")["release"]["S"])
        if id != self.id:
            stored = self._aws.client("s3").get_object(Bucket=self._outputs["Bucket"], Key=f"releases/{id}.json")
            self._release = load_release(stored["Body"].read())
            _verify_sender(self._aws, self._release.sending.sender.email)
            self.id = id


def _verify_sender(aws: EmulatorProcess, address: str) -> None:
    """SES refuses a sender nobody verified; in the cloud the owner does it once, `samovar doctor` says how."""
    ses = aws.client("sesv2")
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=address)
