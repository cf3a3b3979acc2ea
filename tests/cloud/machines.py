"""Step Functions, played: it interprets the machine that the template defines.

Task tokens, timeouts, retries and catchers behave as documented for Standard workflows.
Time is the cloud's moved clock; nothing happens until `run`.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jsonata

from tests.cloud.wire import Refusal

_EXPRESSION = re.compile(r"\{%(.*)%\}", re.DOTALL)
_TIMEOUT = "States.Timeout"


class NotPlayed(AssertionError):
    """The definition uses something that this doesn't interpret."""


@dataclass(slots=True)
class Execution:
    """One execution. Times in ms; `wakes` is when its timeout or its next retry comes."""

    name: str
    given: str
    state: str
    input: Any
    status: str = "RUNNING"
    token: str | None = None
    wakes: int | None = None
    entering: bool = True
    retries: dict[int, int] = field(default_factory=dict)
    answer: tuple[str, str, str] | None = None
    visited: int = 0


class Machines:
    """All executions of one machine."""

    def __init__(
        self, definition: dict[str, Any], invoke: Callable[[dict[str, Any]], Any], now: Callable[[], int]
    ) -> None:
        self._definition, self._invoke, self._now = definition, invoke, now
        self._tokens: dict[str, Execution] = {}
        self.executions: dict[str, Execution] = {}
        self.transitions = 0

    def play(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Answer an API call."""
        match operation:
            case "StartExecution":
                return self._start(request["name"], request.get("input", "{}"))
            case "SendTaskSuccess":
                return self._answered(request["taskToken"], ("done", request["output"], ""))
            case "SendTaskFailure":
                return self._answered(
                    request["taskToken"], ("failed", request.get("error", ""), request.get("cause", ""))
                )
        raise NotPlayed(operation)

    @property
    def parked(self) -> list[Execution]:
        """Executions that wait on a token."""
        return [one for one in self.executions.values() if one.status == "RUNNING" and one.token]

    @property
    def next_timer(self) -> int | None:
        """When (ms) time next moves an execution."""
        return min((one.wakes for one in self._running() if one.wakes is not None), default=None)

    @property
    def next_retry(self) -> int | None:
        """When (ms) a failed task is next tried again."""
        return min((one.wakes for one in self._running() if one.entering and one.wakes is not None), default=None)

    def run(self) -> bool:
        """Move every execution that can move now; whether any did."""
        moved = [self._step(one) for one in self._running()]
        return any(moved)

    def stop(self, name: str) -> None:
        """Kill an execution, as a person in the console might."""
        execution = self.executions[name]
        self._leave(execution)
        execution.status = "ABORTED"

    def _running(self) -> list[Execution]:
        return [one for one in self.executions.values() if one.status == "RUNNING"]

    def _start(self, name: str, given: str) -> dict[str, Any]:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name):
            raise Refusal("InvalidName")
        known = self.executions.get(name)
        if known is None:
            self.executions[name] = Execution(name, given, self._definition["StartAt"], json.loads(given))
        elif known.status != "RUNNING" or known.given != given:
            raise Refusal("ExecutionAlreadyExists")
        return {"executionArn": f"arn:aws:states:eu-west-1:000000000000:execution:journeys:{name}", "startDate": 0}

    def _answered(self, token: str, answer: tuple[str, str, str]) -> dict[str, Any]:
        if not token.startswith("token-"):
            raise Refusal("InvalidToken")
        execution = self._tokens.get(token)
        if execution is None:
            raise Refusal("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        if execution.wakes is not None and self._now() >= execution.wakes:
            raise Refusal("TaskTimedOut")
        self._leave(execution)
        execution.answer = answer
        return {}

    def _leave(self, execution: Execution) -> None:
        self._tokens.pop(execution.token or "", None)
        execution.token = execution.wakes = None

    def _step(self, execution: Execution) -> bool:
        if execution.answer is not None:
            kind, first, second = execution.answer
            execution.answer = None
            if kind == "done":
                self._done(execution)
            else:
                self._failed(execution, first, second)
            return True
        due = execution.wakes is not None and self._now() >= execution.wakes
        if execution.token is not None:
            if due:
                self._leave(execution)
                self._failed(execution, _TIMEOUT, "")
            return due
        if execution.entering and (execution.wakes is None or due):
            self._enter(execution)
            return True
        return False

    def _enter(self, execution: Execution) -> None:
        state = self._definition["States"][execution.state]
        self.transitions += 1
        execution.visited += 1
        execution.entering, execution.wakes = False, None
        if state["Type"] == "Fail":
            execution.status = "FAILED"
            return
        if state["Type"] != "Task" or not state["Resource"].endswith("lambda:invoke.waitForTaskToken"):
            raise NotPlayed(state["Type"])
        token = f"token-{execution.name}-{execution.visited}"
        known = {"input": execution.input, "context": {"Task": {"Token": token}, "Execution": {"Name": execution.name}}}
        seconds = self._evaluated(state["TimeoutSeconds"], known)
        if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds < 100_000_000:
            self._failed(execution, "States.QueryEvaluationError", f"TimeoutSeconds {seconds!r}")
            return
        payload = self._evaluated(state["Arguments"], known)["Payload"]
        execution.token, execution.wakes = token, self._now() + seconds * 1000
        self._tokens[token] = execution
        try:
            self._invoke(json.loads(json.dumps(payload)))
        except BaseException as error:
            if execution.token != token:
                return  # The task ended before its function did.
            self._leave(execution)
            lost = not isinstance(error, Exception)
            self._failed(execution, "Lambda.Unknown" if lost else type(error).__name__, str(error))

    def _done(self, execution: Execution) -> None:
        state = self._definition["States"][execution.state]
        if not state.get("End"):
            raise NotPlayed("a state after the task")
        execution.status = "SUCCEEDED"

    def _failed(self, execution: Execution, error: str, cause: str) -> None:
        state = self._definition["States"][execution.state]
        for place, rule in enumerate(state.get("Retry", ())):
            if _names(rule, error):
                tried = execution.retries.get(place, 0)
                if tried < rule.get("MaxAttempts", 3):
                    execution.retries[place] = tried + 1
                    wait = rule.get("IntervalSeconds", 1) * rule.get("BackoffRate", 2.0) ** tried
                    execution.wakes = self._now() + int(1000 * min(wait, rule.get("MaxDelaySeconds", wait)))
                    execution.entering = True
                    return
                break
        for rule in state.get("Catch", ()):
            if _names(rule, error):
                if "Assign" in rule:
                    raise NotPlayed("Assign")
                output = {"Error": error, "Cause": cause}
                known = {"input": execution.input, "errorOutput": output}
                execution.input = self._evaluated(rule["Output"], known) if "Output" in rule else output
                execution.state, execution.entering, execution.retries = rule["Next"], True, {}
                return
        execution.status = "FAILED"

    def _evaluated(self, value: Any, states: dict[str, Any]) -> Any:
        match value:
            case dict():
                return {name: self._evaluated(part, states) for name, part in value.items()}
            case list():
                return [self._evaluated(part, states) for part in value]
            case str() if found := _EXPRESSION.fullmatch(value.strip()):
                expression = jsonata.Jsonata(found[1])
                expression.register_lambda("parse", json.loads)
                expression.assign("states", states)
                return expression.evaluate(None)
        return value


def _names(rule: dict[str, Any], error: str) -> bool:
    names = rule["ErrorEquals"]
    return error in names or "States.ALL" in names or ("States.TaskFailed" in names and error != _TIMEOUT)
