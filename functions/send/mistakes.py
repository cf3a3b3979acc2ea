"""A journey's message that a mistake of the business's keeps from going out: tried again, then its run is set aside."""

from functions.core import setback
from functions.core.message import Message, last_moment
from functions.core.policy import Defer, Withhold
from functions.core.setback import AGAIN_MS


def seen_to(message: Message, decision: Withhold | Defer, now: int) -> Withhold | Defer:
    """What is to be noted of a message that is not sent at `now` (ms).

    Before one is withheld by a mistake its run is set aside: should we die in between, the message comes again.
    """
    if not isinstance(decision, Withhold) or not setback.is_mistake(message, decision.reason):
        return decision
    if message.reason != decision.reason and message.attempts < 2 and now <= last_moment(message):
        return Defer(min(now + AGAIN_MS, last_moment(message) + 1), decision.reason)
    # Only what never should happen pays for what this needs.
    from functions.send.setting_aside import set_aside

    set_aside(message, decision.reason, decision.detail, now)
    return decision
