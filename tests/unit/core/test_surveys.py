"""Surveys: what may be answered, and how the question looks in a mail."""

import pytest
from markupsafe import Markup
from pydantic import ValidationError

from functions.core.surveys import Survey, block, said

NOTES = {"question": "How was it?", "answers": ["Good", {"value": "bad", "label": "Bad <b>indeed</b>"}]}


def survey(**given: object) -> Survey:
    return Survey.model_validate({"question": "How was it?", "scale": "1-5"} | given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"scale": None}, "either a scale or answers"),
        ({"answers": ["a", "b"]}, "either a scale or answers"),
        ({"scale": None, "answers": ["a"]}, "one answer is no choice"),
        ({"scale": "1-7"}, "1-5"),
        ({"scale": None, "answers": ["a", "b"], "ends": {"lowest": "x"}}, "only a scale has ends"),
    ],
)
def test_a_survey_has_one_kind_of_answers(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        survey(**given)


def test_numbers_of_a_scale_are_numbers_and_choices_are_texts() -> None:
    assert [survey().value(text) for text in ("1", "5", "6", "0", "01", "1.0", "")] == [1, 5, *[None] * 5]
    assert survey(scale="0-10").value("10") == 10
    chosen = Survey.model_validate(NOTES)
    assert [chosen.value(text) for text in ("Good", "bad", "Bad")] == ["Good", "bad", None]


def test_the_trait_keeps_the_answer_where_there_is_one() -> None:
    assert said("s", survey(trait="taste"), 4) == ({"survey": "s", "answer": 4}, {"taste": 4})
    assert said("s", survey(), 4) == ({"survey": "s", "answer": 4}, {})


def test_a_mail_has_the_question_once_and_a_link_for_each_answer() -> None:
    html = block(survey(ends={"lowest": "No", "highest": "Yes"}), lambda answer: f"https://x/?a={answer}&b", rich=True)
    assert isinstance(html, Markup)
    assert html.count("<a href=") == 5
    assert '<a href="https://x/?a=5&amp;b"' in html
    assert 'aria-label="5: How was it?">5</a>' in html
    assert "1: No – 5: Yes" in html
    text = block(survey(ends={"lowest": "No"}), lambda answer: f"https://x/{answer}", rich=False)
    assert text.splitlines()[:3] == ["How was it?", "1 (No): https://x/1", "2: https://x/2"]


def test_what_the_author_wrote_is_text() -> None:
    html = block(Survey.model_validate(NOTES | {"question": "<i>?</i>"}), lambda answer: answer, rich=True)
    assert "<b>" not in html
    assert "<i>" not in html
    assert "Bad &lt;b&gt;indeed" in html
