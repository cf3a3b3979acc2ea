"""Two handlers at once about one person: the end is always one that some order explains."""

import pytest

from local.emulator import EmulatorProcess
from tests.crash import correcting, meetings
from tests.crash.interleaving import Meeting, sweep

MEETINGS = (*meetings.MEETINGS, *correcting.MEETINGS)


@pytest.mark.parametrize("meeting", MEETINGS, ids=lambda meeting: meeting.name)
def test_whoever_is_held_at_whatever_call_some_order_explains_the_end(
    emulator: EmulatorProcess, meeting: Meeting
) -> None:
    moments, wrong = sweep(emulator, meeting)
    assert wrong == []
    assert moments > 0
