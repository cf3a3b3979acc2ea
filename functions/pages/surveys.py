"""Surveys on public pages: a question whose answers are buttons, without script."""

from typing import Any, Final

from functions.core.submission import ANONYMOUS_ID, NONCE, PROOF, Typed, last
from functions.core.surveys import Survey

ANSWER: Final = "answer"
COMMENT: Final = "comment"
"""What buttons and the open question post."""


def buttons(survey: Survey, typed: Typed, *, target: str, now: int, answer: str = "") -> dict[str, Any]:
    """What the template `survey_buttons.html` needs: a form that posts to `target` (the survey's link, of a token by
    passes.sign_rate, or "" for the page's own). `typed` holds the visitor's anonymousId and proof, if they brought
    any; `now` (ms) tells one showing from another; `answer` is the one that stands.
    """
    return {
        "survey": survey,
        "target": target,
        "choices": survey.choices,
        "answer": answer,
        "label": dict(survey.choices).get(answer, ""),
        "carried": [
            (NONCE, f"{now:013d}"),
            *[(name, last(typed, name)) for name in (ANONYMOUS_ID, PROOF) if last(typed, name)],
        ],
    }
