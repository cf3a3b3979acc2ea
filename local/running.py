"""Bringing the stack up and taking it down again, for people and for tests alike."""

import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from functions.core.release import Release
from functions.core.release import load as load_release
from local import deploy, emulator, synth
from local.emulator import HOST, EmulatorProcess
from local.front.api import proxy
from local.front.inbox import inbox
from local.front.server import Server
from local.front.shop import Facts, shop
from local.stack import Stack


class PortTaken(RuntimeError):
    """Somebody else listens where the stack should; the message says where."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens, on loopback."""

    api: int
    shop: int
    inbox: int
    aws: int

    @classmethod
    def choose(cls, first: int, remembered: Path) -> "Ports":
        """Four in a row from `first`; for 0 those of the last time, or any that are free. Raises PortTaken."""
        if first == 0:
            last = json.loads(remembered.read_text()) if remembered.exists() else []
            ports = cls(*last) if last and not any(map(_taken, last)) else cls(*_free(4))
        else:
            for port in range(first, first + 4):
                if _taken(port):
                    raise PortTaken(f"port {port} is in use: choose another with PORT=, or 0 for free ones")
            ports = cls(*range(first, first + 4))
        # Stored state names queues by their address, so a stack had better come back where it was.
        remembered.parent.mkdir(parents=True, exist_ok=True)
        remembered.write_text(json.dumps([ports.api, ports.shop, ports.inbox, ports.aws]))
        return ports


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
def stack_up(state_dir: Path, port: int = 0, tell: Callable[[str], None] = _silent) -> Iterator[Stack]:
    """A running stack, also described in `state_dir`/stack.json. Everything stops on leaving.

    Raises PortTaken, SynthesisFailed, EmulatorFailed or DeploymentFailed, with nothing left running.
    """
    ports = Ports.choose(port, state_dir / "state" / "ports.json")
    with ExitStack() as running:
        tell("synthesizing")
        assembly = synth.templates(state_dir / "published.json")
        tell("starting the emulator")
        aws = running.enter_context(emulator.start(state_dir / "state", ports.aws))
        tell("deploying")
        api_url, shop_url, inbox_url = (f"http://{HOST}:{number}" for number in (ports.api, ports.shop, ports.inbox))
        outputs = deploy.deploy(aws, assembly, {"PublicUrl": api_url})
        stack = Stack(
            api_url=api_url,
            site_url=shop_url,
            inbox_url=inbox_url,
            aws_endpoint=aws.url,
            region=emulator.REGION,
            write_key=_row(aws, outputs, "X#keys")["write_keys"]["L"][0]["S"],
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
        live = _live(aws, outputs)
        _verify_sender(aws, live.sending.sender.email)
        api_id = urlsplit(outputs["ApiUrl"]).netloc.partition(".")[0]
        api = proxy(ports.aws, api_id, live.sending.business.site, shop_url)
        running.enter_context(Server(ports.api, api))
        running.enter_context(Server(ports.shop, shop(Facts(api_url, stack.write_key, live))))
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


def _live(aws: EmulatorProcess, outputs: dict[str, str]) -> Release:
    """The release that the deployment published."""
    key = f"releases/{_row(aws, outputs, 'X#live')['release']['S']}.json"
    return load_release(aws.client("s3").get_object(Bucket=outputs["Bucket"], Key=key)["Body"].read())


def _verify_sender(aws: EmulatorProcess, address: str) -> None:
    """SES refuses a sender nobody verified; in the cloud the owner does it once, `samovar doctor` says how."""
    ses = aws.client("sesv2")
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=address)
