"""The state machine of one state, as data: the alarm clock of an enrollment.

Park hands its task token to journey_step and waits to be answered: success ends it, the
error *Again* carries the next input. If nobody answers before the seconds of its input are
over, it asks once more, as timed out. A timed wait is two transitions, a wait that an event
ends is one.
"""

from typing import Any

ANSWER_WITHIN_S = 300
"""A clock that rang asks again after so long, should the answer have been lost."""


def definition(function_name_or_arn: str) -> dict[str, Any]:
    """The Amazon States Language of the machine that parks an enrollment until its alarm or a wake-up."""
    payload = {
        "park": "{% $states.input %}",
        "token": "{% $states.context.Task.Token %}",
        "timed_out": "{% $exists($states.input.timed_out) %}",
    }
    rang = f"{{% $merge([$states.input, {{'timed_out': true, 'seconds': {ANSWER_WITHIN_S}}}]) %}}"
    return {
        "Comment": "Samovar's alarm clock: one execution for each enrollment that waits",
        "QueryLanguage": "JSONata",
        "StartAt": "Park",
        "States": {
            "Park": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                "Arguments": {"FunctionName": function_name_or_arn, "Payload": payload},
                "TimeoutSeconds": "{% $states.input.seconds %}",
                "Retry": [
                    # These two are how the clock runs: no retry, straight to Catch.
                    {"ErrorEquals": ["States.Timeout", "Again"], "MaxAttempts": 0},
                    {
                        "ErrorEquals": ["States.ALL"],
                        "IntervalSeconds": 2,
                        "BackoffRate": 2,
                        "MaxAttempts": 10,
                        "MaxDelaySeconds": 300,
                        "JitterStrategy": "FULL",
                    },
                ],
                "Catch": [
                    {"ErrorEquals": ["States.Timeout"], "Output": rang, "Next": "Park"},
                    {
                        "ErrorEquals": ["Again"],
                        "Output": "{% $parse($states.errorOutput.Cause) %}",
                        "Next": "Park",
                    },
                    {"ErrorEquals": ["States.ALL"], "Next": "Dead"},
                ],
                "End": True,
            },
            # The sweep restarts the enrollment's clock; the failed execution says why it was needed.
            "Dead": {
                "Type": "Fail",
                "Error": "{% $states.input.Error %}",
                "Cause": "{% $states.input.Cause %}",
            },
        },
    }
