"""What a template can't do: reach behind its values, run what somebody typed, or grow without bounds."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core import wording
from functions.core.known import Missing, Sandbox, Traits, Unrenderable, Values
from tests.unit.core.test_templates import read

TRAITS = {"name": "Ada", "rating": 10**9, "list": ["a", "b"], "evil": "{{ 7*7 }}{% raw %}"}
BEHIND = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ contact.__class__ }}",
    "{{ contact._held }}",
    "{{ contact['_held'] }}",
    "{{ business._values }}",
    "{{ (contact | attr('_held')) }}",
    "{{ (contact | attr('__class__')) }}",
    "{{ [contact] | map(attribute='_held') | list }}",
    "{{ [''] | map('attr', '__class__') | list }}",
    "{{ [''] | groupby('__class__') }}",
    "{{ [''] | sum(attribute='__class__', start='') }}",
    "{{ '{0.__class__}'.format(contact) }}",
    "{{ '{0[_held]}'.format(contact) }}",
    "{{ '{x.__class__}'.format_map({'x': ''}) }}",
    "{{ ('{0.__class__}' | safe).format('') }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ self._TemplateReference__context }}",
    "{{ self.__init__.__globals__ }}",
    "{{ (1).__class__.__base__ }}",
    "{{ contact.name.__class__ }}",
    "{% set x = contact.list.append('c') %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}{{ os }}",
    "{% extends 'base.html' %}",
]
"""Ways to what stands behind a value."""
SECRETS = ("class '", "root:", "module", "object at", "function", "method", "rating", "10000", "_held': ")
"""Words of what stands there."""
TOO_MUCH = [
    "{{ 'x' * 10**9 }}",
    "{{ 10**9 * 'x' }}",
    "{{ [1] * 10**9 }}",
    "{{ '*' * contact.rating }}",
    "{{ contact.list * contact.rating }}",
    "{{ 9 ** (9 ** 9) }}",
    "{{ contact.rating ** contact.rating }}",
    "{{ range(10**9) | list }}",
    "{{ range(contact.rating) | join }}",
]
NEVER_ENDS = "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}"


def in_a_mail(source: str) -> str:
    words = read(TRAITS, text=source, html=f"<p>{source}</p>")
    return words.text + words.html


def in_a_subject(source: str) -> str:
    return read(TRAITS, subject=source).subject


VALUES = {"contact": Traits(TRAITS), "business": Values("business", {"name": "Çay"})}


def on_a_page(source: str) -> str:
    return str(wording.said(source, VALUES))


def in_a_text_of_a_page(source: str) -> str:
    return str(wording.rich(source, VALUES))


PLACES = [in_a_mail, in_a_subject, on_a_page, in_a_text_of_a_page]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("source", BEHIND)
def test_nothing_is_reached_behind_a_value(place: Callable[[str], str], source: str) -> None:
    before = json.dumps(TRAITS)
    try:
        said = place(source)
    except Unrenderable:
        said = ""
    if not source.startswith("{%"):
        # As text, a source may say such a word itself; a page shows statements as text.
        assert source not in said
        assert not [word for word in SECRETS if word in said], said
    assert "root:" not in said
    assert json.dumps(TRAITS) == before


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("source", TOO_MUCH)
def test_what_would_grow_without_bounds_is_refused(place: Callable[[str], str], source: str) -> None:
    with pytest.raises(Unrenderable):
        place(source)


@pytest.mark.parametrize("place", [in_a_mail, in_a_subject])
def test_what_calls_itself_without_end_is_refused(place: Callable[[str], str]) -> None:
    with pytest.raises(Unrenderable):
        place(NEVER_ENDS)


@pytest.mark.parametrize("place", PLACES)
def test_what_somebody_typed_is_never_evaluated(place: Callable[[str], str]) -> None:
    said = place("{{ contact.evil }}")
    assert "49" not in said
    assert "{{ 7*7 }}" in said
    assert "{% raw %}" in said


def asked(source: str, **values: Any) -> str:
    return Sandbox(undefined=Missing).from_string(source).render(values)


def test_what_is_of_a_usual_size_is_made() -> None:
    assert asked("{{ '★' * n }}", n=5) == "★★★★★"
    assert asked("{{ n * '★' }}", n=-1) == ""
    assert asked("{{ [1] * 2 + (1,) | list }}") == "[1, 1, 1]"
    assert asked("{{ a * b }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 1.5 ** 2 }}", a=3, b=1.5) == "4.5 1024 0.5 2.25"


SMALL = st.integers(-50, 50) | st.floats(-50, 50) | st.text(max_size=5) | st.lists(st.integers(), max_size=3)


@given(SMALL, SMALL, st.sampled_from(["*", "**"]))
def test_within_its_bounds_a_template_counts_as_python_does(left: Any, right: Any, operator: str) -> None:
    try:
        wanted = left * right if operator == "*" else left**right
    except (TypeError, ArithmeticError) as error:
        with pytest.raises(type(error)):
            asked(f"{{{{ left {operator} right }}}}", left=left, right=right)
        return
    assert asked(f"{{{{ left {operator} right }}}}", left=left, right=right) == str(wanted)
