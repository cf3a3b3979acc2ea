"""The state machine as data: what keeps an alarm clock going."""

from typing import Any

from infra.machine import ANSWER_WITHIN_S, definition


def park() -> dict[str, Any]:
    state: dict[str, Any] = definition("arn:aws:lambda:eu-west-1:000000000000:function:journey-step")["States"]["Park"]
    return state


def test_the_machine_is_one_state_that_may_only_fail_besides() -> None:
    states = definition("f")["States"]
    assert {name: state["Type"] for name, state in states.items()} == {"Park": "Task", "Dead": "Fail"}


def test_the_function_gets_the_input_the_token_and_whether_time_was_up() -> None:
    assert park()["Arguments"]["FunctionName"].endswith(":function:journey-step")
    assert set(park()["Arguments"]["Payload"]) == {"park", "token", "timed_out"}
    assert park()["TimeoutSeconds"] == "{% $states.input.seconds %}"


def test_alarms_and_wakes_are_never_retried_and_everything_else_is() -> None:
    first, second = park()["Retry"]
    assert (set(first["ErrorEquals"]), first["MaxAttempts"]) == ({"States.Timeout", "Again"}, 0)
    assert second["ErrorEquals"] == ["States.ALL"]
    assert second["MaxAttempts"] >= 8
    assert second["JitterStrategy"] == "FULL"


def test_a_clock_that_rang_asks_again_soon_should_the_answer_be_lost() -> None:
    rang = park()["Catch"][0]
    assert (rang["ErrorEquals"], rang["Next"]) == (["States.Timeout"], "Park")
    assert f"'seconds': {ANSWER_WITHIN_S}" in rang["Output"]
    assert "'timed_out': true" in rang["Output"]


def test_an_error_that_no_retry_mends_fails_the_execution_where_an_alarm_sees_it() -> None:
    assert park()["Catch"][-1] == {"ErrorEquals": ["States.ALL"], "Next": "Dead"}
