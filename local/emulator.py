"""MiniStack, the emulator, as a process of its own: started clean, stopped whole.

    with emulator.start(Path(".local/state")) as aws:
        boto3.client("dynamodb", **aws.client_arguments)

The process gets an environment made here (nothing of the caller's leaks into handlers),
its own temporary directory, and loopback only. It ends with its parent, even when the
parent is killed.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3

from local.waiting import until

REGION = "eu-west-1"
ACCOUNT = "000000000000"
HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent
AS_IT_COMES = "--as-it-comes"
SERVICES_WITHOUT_LAMBDAS = "dynamodb,dynamodbstreams,sqs,sns,states,ses,s3,events,sts,ssm,cloudformation,cognito-idp"


class EmulatorFailed(RuntimeError):
    """The emulator did not come up; the message carries the end of its log."""


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class EmulatorProcess:
    """A running emulator. `stop()` saves its state (if asked to persist) and leaves nothing behind."""

    url: str
    port: int
    state_dir: Path
    clock_file: Path
    mail_dir: Path
    log_file: Path
    _process: subprocess.Popen[bytes]
    _tmp: Path
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def client_arguments(self) -> dict[str, str]:
        """Keyword arguments that point a boto3 client here."""
        return {
            "endpoint_url": self.url,
            "region_name": REGION,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }

    def client(self, service: str) -> Any:
        """A boto3 client of this emulator, made once."""
        if service not in self._clients:
            self._clients[service] = boto3.client(service, **self.client_arguments)
        return self._clients[service]

    def stop(self) -> None:
        """End the emulator and its workers. Safe to call twice."""
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=20)
        # The emulator leads a process group of its own: what it left behind is in there, and nobody else is.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        shutil.rmtree(self._tmp, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(
    state_dir: Path,
    port: int = 0,
    lambdas: bool = True,
    persist: bool = True,
    mended: bool = True,
    outbox: str = "",
) -> EmulatorProcess:
    """Start the emulator and wait until it answers.

    `state_dir` receives saved state, captured mail, the clock file and the log. `port` 0
    means any free one. Without `lambdas` only the stores, queues, machines and mail run;
    not `mended`, it is as it comes, which only the tests of the mends want. `outbox` is a loopback address
    that takes what functions post to others. Raises
    EmulatorFailed when it does not answer within 30 seconds.
    """
    state_dir = state_dir.resolve()
    port = port or free_port()
    tmp = Path(tempfile.mkdtemp(prefix="samovar-"))
    clock_file, mail_dir, log_file = state_dir / "clock", state_dir / "mail", state_dir / "emulator.log"
    mail_dir.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.defpath,
        "HOME": str(tmp),
        "TMPDIR": str(tmp),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "LOG_LEVEL": "WARNING",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_ACCOUNT_CONCURRENCY": "12",
        "PERSIST_STATE": "1" if persist else "0",
        "S3_PERSIST": "1" if persist else "0",
        "STATE_DIR": str(state_dir / "aws"),
        "S3_DATA_DIR": str(state_dir / "s3"),
        # What the handlers inherit:
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "SAMOVAR_LOCAL_CLOCK": str(clock_file),
        "SAMOVAR_LOCAL_MAIL": str(mail_dir),
    }
    if outbox:
        environment["SAMOVAR_LOCAL_OUTBOX"] = outbox
    if not lambdas:
        environment["SERVICES"] = SERVICES_WITHOUT_LAMBDAS
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "local.mends", *([] if mended else [AS_IT_COMES])],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    running = EmulatorProcess(f"http://{HOST}:{port}", port, state_dir, clock_file, mail_dir, log_file, process, tmp)
    try:
        until(lambda: process.poll() is not None or _answers(running.url), seconds=30, what="the emulator's answer")
        if process.poll() is not None:
            raise TimeoutError
    except TimeoutError:
        running.stop()
        tail = log_file.read_text(errors="replace")[-2000:]
        raise EmulatorFailed(f"the emulator did not start on port {port}:\n{tail}") from None
    except BaseException:
        running.stop()
        raise
    return running


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
