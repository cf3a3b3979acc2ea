from pathlib import Path

import pytest

from local.front.templates import render
from local.running import Ports, UpAlready, _alone, stack_up

HOUR = 3_600_000


def test_a_second_stack_on_the_same_state_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with _alone(tmp_path), pytest.raises(UpAlready, match="STATE_DIR="), stack_up(tmp_path):
        pass


def test_the_state_is_free_again_when_a_stack_has_stopped(tmp_path: Path) -> None:
    for _ in range(2):
        with _alone(tmp_path):
            pass


def test_ports_beyond_the_last_are_explained(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="65532 at most"):
        Ports.choose(65_533, tmp_path / "ports.json")


@pytest.mark.parametrize(
    ("ahead", "said"),
    [(HOUR, "1 hour"), (73 * HOUR, "3 days 1 hour"), (90 * 60_000, "1 hour 30 minutes"), (9, "less than a minute")],
)
def test_the_inbox_says_how_far_its_clock_is_ahead(ahead: int, said: str) -> None:
    page = render("inbox.html", letters=[], chosen=None, texts=[], posted=[], hops=(), now=0, ahead=ahead, shop="")
    assert f"· {said} ahead" in page
