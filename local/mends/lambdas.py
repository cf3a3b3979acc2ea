"""Lambda."""

from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.mends import expect

_RAISED = "__raised__"
_REPORT = (
    '_real_stdout.write(json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()}) + "\\n")'
)
_REPORT_AS_RESULT = f"""traceback.print_exc()
            _real_stdout.write(json.dumps({{"status": "ok", "result": {{"{_RAISED}": {{
                "errorMessage": str(e), "errorType": type(e).__name__, "requestId": context.aws_request_id,
                "stackTrace": traceback.format_tb(e.__traceback__)}}}}}}) + "\\n")"""


def error_keeps_its_type_and_the_worker() -> None:
    """A raise is always called Runtime.HandlerError and kills the warm worker; on AWS it has its class's name."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    expect(_REPORT in script, "the worker reports errors differently")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_REPORT, _REPORT_AS_RESULT)
    execute = lambda_svc._execute_function_warm

    def mended(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = execute(func, event, request_id)
        body = answer.get("body")
        if isinstance(body, dict) and set(body) == {_RAISED}:
            return {**answer, "body": body[_RAISED], "error": True}
        return answer

    lambda_svc._execute_function_warm = mended


def silent_handler_is_not_held() -> None:
    """Every invocation that prints nothing is held for 50 ms to see whether a log line comes."""
    drain = lambda_runtime.Worker._drain_stderr_bounded

    def mended(self: Any, first_line_wait: float = 0.003, idle_confirm: float = 0.002, hard_cap: float = 0.25) -> str:
        return str(drain(self, first_line_wait, idle_confirm, hard_cap))

    lambda_runtime.Worker._drain_stderr_bounded = mended
