"""Ratings and short surveys: one question whose answers are links, and perhaps an open one afterwards."""

from collections.abc import Callable
from typing import Any, Final, Literal

from markupsafe import Markup
from pydantic import Field, model_validator

from functions.core.definition import LANGUAGE, Definition, Duration, Lasting
from functions.core.forms import NAME, Choice

LONGEST: Final = 2000
"""Characters of a comment that are kept."""
SCALES: Final = {"1-5": range(1, 6), "0-10": range(11)}

Value = str | int


class Ends(Definition):
    """What the least and the greatest number of a scale mean."""

    lowest: str = Field("", max_length=100, description="Such as: Not at all.")
    highest: str = Field("", max_length=100, description="Such as: Very much.")


class Survey(Lasting):
    """marketing/surveys/ID.yaml"""

    question: str = Field(min_length=1, max_length=300, description="What is asked.")
    scale: Literal["1-5", "0-10"] | None = Field(None, description="Answers are numbers from one to the other.")
    ends: Ends = Field(default_factory=Ends, description="What the ends of the scale mean.")
    answers: list[Choice] = Field(
        default_factory=list, max_length=12, description="Answers to choose from, where there is no scale."
    )
    trait: str | None = Field(
        None, pattern=NAME, description="The trait that keeps a person's last answer; a number, if there is a scale."
    )
    thanks: str = Field("", max_length=500, description="Said after answering.")
    comment: str = Field("", max_length=300, description="An open question on the page that thanks.")
    language: str | None = Field(
        None, pattern=LANGUAGE, description="Such as tr, which its page speaks; its reader's, or the business's."
    )
    within: Duration = Field(7_776_000, description="So long a link to an answer holds.")

    @model_validator(mode="after")
    def _one_kind(self) -> "Survey":
        if (self.scale is None) == (not self.answers):
            raise ValueError("give it either a scale or answers")
        if len(self.answers) == 1:
            raise ValueError("one answer is no choice; write at least two")
        if self.scale is None and self.ends != Ends():
            raise ValueError("only a scale has ends")
        return self

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """Each answer as links name it, and what is shown for it."""
        if self.scale is not None:
            return tuple((str(number), str(number)) for number in SCALES[self.scale])
        return tuple((one.value, one.label) for one in self.answers)

    def value(self, answer: str) -> Value | None:
        """What is kept of an answer as a link names it; None for what is none of the answers."""
        if all(name != answer for name, _ in self.choices):
            return None
        return answer if self.scale is None else int(answer)


def block(survey: Survey, link: Callable[[str], str], *, rich: bool) -> str:
    """The question with a link for each answer, as it stands in mails: HTML that every mail program shows (`rich`), or
    plain text. `link` makes the address of an answer."""
    choices = survey.choices
    low, high = survey.ends.lowest, survey.ends.highest
    if not rich:
        marks = {choices[0][0]: low, choices[-1][0]: high}
        lines = [_line(label, marks.get(name, ""), link(name)) for name, label in choices]
        return "\n".join([survey.question, *lines])
    # The colour of the links is the layout's, in light and dark; so is the border's.
    style = (
        "display:inline-block;min-width:20px;margin:0 4px 8px 0;padding:10px 13px;border:1px solid currentColor;"
        "border-radius:6px;text-align:center;text-decoration:none;font-weight:bold"
    )
    many = survey.scale is not None
    said = [
        Markup('<a href="{0}" style="{1}"{2}>{3}</a>').format(
            link(name),
            style,
            Markup(' aria-label="{0}: {1}"').format(label, survey.question) if many else "",
            label,
        )
        for name, label in choices
    ]
    ends = Markup("<br />{0}").format(
        " – ".join(part for part in (_end(choices[0], low), _end(choices[-1], high)) if part)
    )
    parts = [Markup("<strong>{0}</strong><br />").format(survey.question), Markup(" ").join(said)]
    return Markup("").join([*parts, *([ends] if low or high else [])])


def _end(choice: tuple[str, str], meaning: str) -> str:
    return f"{choice[1]}: {meaning}" if meaning else ""


def _line(label: str, meaning: str, address: str) -> str:
    return f"{label}{f' ({meaning})' if meaning else ''}: {address}"


def said(id: str, survey: Survey, answer: Value) -> tuple[dict[str, Any], dict[str, Any]]:
    """The properties and the traits of the event of an answer."""
    return {"survey": id, "answer": answer}, {survey.trait: answer} if survey.trait else {}
