"""What can happen to one AWS call of a handler."""

from dataclasses import dataclass, field
from enum import Enum

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.cloud import Call, Killed
from tests.cloud.wire import WRITES
from tests.scale import SCALE

EFFECTS = WRITES | frozenset(
    {
        *(
            "PutObject",
            "SendMessage",
            "SendMessageBatch",
            "StartExecution",
            "SendTaskSuccess",
            "SendTaskFailure",
            "SendEmail",
            "PutEvents",
        ),
    }
)
"""Operations that change something."""


class Mode(Enum):
    """REFUSED: an error before the call has its effect. LOST: an error although it had it. REPEATED: its
    answer is lost and the SDK sends it again. KILLED: it had its effect, and the process ends."""

    REFUSED = "refused"
    LOST = "lost"
    REPEATED = "repeated"
    KILLED = "killed"


@dataclass(slots=True)
class Fault:
    """Strikes one call of one handler, once."""

    handler: str
    number: int
    mode: Mode
    struck: Call | None = None

    def before(self, call: Call) -> None:
        if self._is_it(call) and self.mode is Mode.REFUSED:
            self.struck = call
            code = "TooManyRequestsException" if call.service == "sesv2" else "ThrottlingException"
            answer = {"Error": {"Code": code, "Message": "struck"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(answer, call.operation)  # type: ignore[arg-type]

    def after(self, call: Call) -> None:
        if self._is_it(call) and self.mode in (Mode.LOST, Mode.KILLED):
            self.struck = call
            raise Killed if self.mode is Mode.KILLED else ReadTimeoutError(endpoint_url=call.service)

    def repeat(self, call: Call) -> bool:
        if not self._is_it(call) or self.mode is not Mode.REPEATED:
            return False
        self.struck = call
        return True

    def _is_it(self, call: Call) -> bool:
        return self.struck is None and (call.handler, call.number) == (self.handler, self.number)

    def __str__(self) -> str:
        return f"{self.struck or f'{self.handler} {self.number}'} {self.mode.value}"


@dataclass(slots=True)
class Count:
    """Notes every call that handlers make."""

    calls: list[Call] = field(default_factory=list)

    def before(self, call: Call) -> None:
        self.calls.append(call)

    def after(self, call: Call) -> None:
        pass

    def repeat(self, call: Call) -> bool:
        return False


def modes(call: Call) -> list[Mode]:
    """Everything that can happen to a call. What reads has no effect to lose; SES is asked only once.

    In the small size those that read are refused or killed in turn: a process that ends there
    leaves behind what it leaves after its last effect, which is struck anyway.
    """
    if call.operation not in EFFECTS:
        both = [Mode.REFUSED, Mode.KILLED]
        return both if SCALE > 1 else both[call.number % 2 :][:1]
    if call.service == "sesv2":
        return [Mode.REFUSED, Mode.LOST, Mode.KILLED]
    return [Mode.REFUSED, Mode.LOST, Mode.KILLED, Mode.REPEATED]
