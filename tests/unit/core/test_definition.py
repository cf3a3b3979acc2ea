"""Words of definition files: durations, ids, and unions that name what they expected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.core.conditions import ScoreCondition
from functions.core.definition import parse_duration, spell_duration
from functions.core.errors import Newer
from functions.core.journey import Journey
from functions.core.release import Release, canonical, load, release_id
from tests.generate import release


@given(st.integers(1, 3650 * 86_400))
def test_every_duration_reads_back_as_it_was_spelled(seconds: int) -> None:
    assert parse_duration(spell_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "said"),
    [(3, "needs a unit"), ("3", "not a duration"), ("0 days", "longer than zero"), ("99999 weeks", "ten years")],
)
def test_what_is_no_duration_says_how_to_write_one(text: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_duration(text)


def test_a_score_condition_wants_exactly_one_bound() -> None:
    with pytest.raises(ValidationError, match="exactly one of at_least and below"):
        ScoreCondition(score="interest", at_least=1, below=5)


def test_an_unknown_step_names_the_steps_there_are() -> None:
    with pytest.raises(ValidationError, match="one of send, wait, if, switch, split, holdout, update, tag, untag"):
        Journey.model_validate(
            {"topic": "t", "start": {"when": {"event": "E"}}, "steps": [{"id": "x", "sendd": "welcome"}]}
        )


def test_a_release_is_its_content_and_reads_back() -> None:
    content = canonical(release())
    assert canonical(load(content)) == content
    assert release_id(content) == release_id(canonical(release()))


def test_a_release_of_a_newer_format_is_refused_in_words() -> None:
    with pytest.raises(Newer, match="newer than this code reads"):
        load(b'{"format": 99}')


def test_a_release_keeps_every_duration_in_words() -> None:
    assert b'"half_life":"2 weeks"' in canonical(release())
    assert isinstance(release(), Release)
