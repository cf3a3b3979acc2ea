"""Step Functions."""

import inspect
from typing import Any

from ministack.services import stepfunctions

from local.mends import expect

_SWALLOWED = """        except _ExecutionError:
            pass
    else:"""
_RAISED = """        except _ExecutionError:
            _task_tokens.pop(token, None)
            raise
    else:"""


def timeout_from_an_expression() -> None:
    """TimeoutSeconds is taken as a number even where it is a JSONata expression."""
    execute = stepfunctions._execute_task

    def mended(state: dict[str, Any], raw_input: Any, execution: Any, context: Any) -> Any:
        timeout = state.get("TimeoutSeconds")
        if isinstance(timeout, str):
            asked = {"Arguments": {"seconds": timeout}, "QueryLanguage": "JSONata"}
            answer = stepfunctions._apply_jsonata_arguments(asked, raw_input, context)
            state = {**state, "TimeoutSeconds": int(answer["seconds"])}
        return execute(state, raw_input, execution, context)

    stepfunctions._execute_task = mended


def failed_callback_fails_the_task() -> None:
    """A task-token function that raises is ignored, so the task waits out its timeout and Retry never runs."""
    source = inspect.getsource(stepfunctions._invoke_with_callback)
    expect(_SWALLOWED in source, "task-token functions are called differently")
    exec(compile(source.replace(_SWALLOWED, _RAISED), __file__, "exec"), stepfunctions.__dict__)


def throttle_has_its_name() -> None:
    """A throttled function fails its task as Lambda.Unknown; Retry matches Lambda.TooManyRequestsException."""
    call = stepfunctions._call_lambda

    def mended(function: str, event: Any) -> Any:
        try:
            return call(function, event)
        except stepfunctions._ExecutionError as error:
            if error.error == "Lambda.Unknown" and "TooManyRequestsException" in str(error.cause):
                raise stepfunctions._ExecutionError("Lambda.TooManyRequestsException", error.cause) from error
            raise

    stepfunctions._call_lambda = mended
