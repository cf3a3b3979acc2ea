"""A template source is checked alike however often, and by whomever, it was read before."""

import pytest

from authoring.problems import Problem
from authoring.templates import Given, Part, check

CONSTANT = [
    '{{ "abc".foo }}',
    '{{ {"a": 1}["b"] }}',
    '{{ {"en": "Hi"}["de"] }}',
    '{{ ("",)[3] }}',
    "{{ [] | last }}",
    '{{ [].x or "z" }}',
    '{{ "x" ~ {}.y }}',
]


@pytest.mark.parametrize("again", [False, True], ids=["first", "again"])
@pytest.mark.parametrize("source", CONSTANT)
def test_what_is_undefined_in_a_constant_is_told_each_time(source: str, again: bool) -> None:
    found: list[Problem] = []
    for _ in range(2 if again else 1):
        found = check(Part("mail.yaml", f"one\n{source}", "text"))
    assert [(problem.file, problem.field) for problem in found] == [("mail.yaml", "text")]


def test_one_source_may_be_sound_in_one_place_and_wrong_in_another() -> None:
    part = Part("mail.yaml", "{{ contact.first_name }}", "text")
    assert check(part) != []
    assert check(part, Given(required=("first_name",))) == []
    assert check(part, Given(defaults={"first_name": "friend"})) == []
    assert check(part) != []


def test_a_source_is_html_in_one_part_and_plain_in_another() -> None:
    for html in (False, True, False):
        assert check(Part("mail.yaml", "{{ business.name }} & more", "text", html=html)) == []
