"""Values that are made when they are asked for."""

from functions.tables.later import Later


def test_a_value_is_made_when_it_is_asked_for_and_once():
    asked = []

    def read(stored: str) -> int:
        asked.append(stored)
        return int(stored)

    later = Later({"a": "1", "b": "2"}, read)
    assert ("a" in later, len(later), list(later), asked) == (True, 2, ["a", "b"], [])
    assert (later["a"], later["a"], later.get("a"), asked) == (1, 1, 1, ["1"])


def test_what_is_not_there_is_missed_as_in_any_mapping():
    later = Later({"a": "1"}, int)
    assert (later.get("b"), "b" in later) == (None, False)


def test_it_equals_and_makes_the_plain_mapping_of_its_values():
    later = Later({"a": "1", "b": "2"}, int)
    assert later == {"a": 1, "b": 2}
    plain = {"a": 1, "b": 2}
    assert plain == later
    assert later != {"a": 1}
    assert {**later, "b": 3} == {"a": 1, "b": 3}
    assert dict(later) == {"a": 1, "b": 2}
    assert later.keys() - {"a"} == {"b"}
    assert repr(later) == "{'a': 1, 'b': 2}"
