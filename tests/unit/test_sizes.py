"""DynamoDB's arithmetic, checked against the examples in its developer guide and by hand."""

import pytest

from bench import sizes
from bench.arrivals import batches
from functions.aws.attributes import to_item


def item(size: int) -> dict[str, dict[str, str]]:
    """An item of so many bytes."""
    return {"pk": {"S": "p" * (size - 2)}}


@pytest.mark.parametrize(
    ("number", "size"),
    [("0", 1), ("7", 2), ("27", 2), ("-27", 3), ("300", 2), ("1795500000000", 4), ("1795512345678", 8), ("-1", 3)],
)
def test_a_number_takes_a_byte_for_two_digits_and_one_more(number: str, size: int) -> None:
    assert sizes.number_bytes(number) == size


def test_names_count_as_well_as_values() -> None:
    assert sizes.item_bytes(to_item({"pk": "çay", "n": 12, "on": True, "gone": None})) == 6 + 3 + 3 + 5


def test_containers_take_three_bytes_and_one_for_each_element() -> None:
    assert sizes.value_bytes({"L": [{"S": "ab"}, {"S": "c"}]}) == 3 + 3 + 2
    assert sizes.value_bytes({"M": {"key": {"S": "ab"}}}) == 3 + 1 + 3 + 2


def test_a_write_takes_the_larger_of_before_and_after() -> None:
    assert sizes.write_units(None) == 1
    assert sizes.write_units(item(1024)) == 1
    assert sizes.write_units(item(1025), item(10)) == 2
    assert sizes.write_units(None, item(3000)) == 3


def test_each_item_of_a_batch_is_read_by_itself_and_a_query_in_all() -> None:
    both = [item(1000), item(3000)]
    assert sizes.read_units(both, consistent=True) == 2
    assert sizes.read_units(both, consistent=True, together=True) == 1
    assert sizes.read_units([None, item(4097)], consistent=False) == 1.5


def test_the_index_costs_one_write_to_enter_or_leave_and_two_to_move_in() -> None:
    outside, here, there = item(10), item(10) | due(1), item(10) | due(2)
    assert sizes.index_units(outside, outside) == sizes.index_units(here, here) == 0
    assert sizes.index_units(None, here) == sizes.index_units(here, outside) == 1
    assert sizes.index_units(here, there) == 2


def due(moment: int) -> dict[str, dict[str, str]]:
    """What puts an item into the index."""
    return {"ds": {"S": "1"}, "du": {"N": str(moment)}}


def record(source: str) -> dict[str, object]:
    return {"dynamodb": {"Keys": {"pk": {"S": source}}}}


def test_the_stream_gathers_what_comes_within_the_window_of_a_lane() -> None:
    one = record("a#1")
    arrived = [(0.0, one), (0.9, one), (1.0, one), (1.1, one)]
    assert [len(batch) for batch in batches(arrived, 1, 4)] == [3, 1]
    assert [len(batch) for batch in batches(arrived, -1, 4)] == [1, 1, 1, 1]
    many = [(0.0, record(f"a#{number}")) for number in range(40)]
    assert len(batches(many, 1, 4)) == 4
