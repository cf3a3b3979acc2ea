"""What it costs to count a message for the reports: the function `count`, as the stream hands it what changed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from bench import bill
from bench.house import House, small_house
from bench.report import Say
from functions import releases
from functions.aws.attributes import to_item
from functions.core.ids import digest
from functions.core.message import Message, intended
from functions.core.prices import MILLION
from functions.tables import messages

MESSAGES: Final = 200
BATCH: Final = 100
"""Records that the stream hands on at once, as the template says at most."""
WINDOWS: Final = (("intended", "sending", "sent"), ("delivered",))
"""What becomes of a message within one half minute, and within a later one."""


def run(say: Say) -> dict[str, float]:
    """units_per_message.counted: write units; usd_per_million.counted_messages."""
    with small_house() as cloud:
        letters = _letters(cloud)
        with cloud.measured():
            for states in WINDOWS:
                records = []
                for state in states:
                    letters = [_went_on(letter, state, cloud.clock.now) for letter in letters]
                    records += [_record(letter) for letter in letters]
                # What the stream gathers it hands on in the order in which it happened.
                for some in _batches(records, BATCH):
                    cloud.invoke("count", {"Records": some})
        work = cloud.work["count"]
        counted = bill.books(cloud).of("count")
    units, reads = work.spent.write / MESSAGES, work.spent.read / MESSAGES
    paid = {item: dollars * MILLION / MESSAGES for item, dollars in bill.lines(counted).items() if dollars}
    rows = ", ".join(f"{many / MESSAGES:.2f} {kind}" for kind, many in sorted(work.spent.rows.items()))
    say(
        f"{MESSAGES:,} messages of a campaign, {sum(map(len, WINDOWS))} changes each, {work.invocations} batches: "
        f"a message {units:.2f} write units ({rows}), {reads:.2f} read units, {work.calls.total() / MESSAGES:.2f} calls"
    )
    say(", ".join(f"{item} {usd:.3f}" for item, usd in sorted(paid.items())))
    return {"units_per_message.counted": units, "usd_per_million.counted_messages": sum(paid.values())}


def _letters(cloud: House) -> list[Message]:
    live = releases.live()
    campaign = sorted(live.release.campaigns)[0]
    return [
        intended(
            id=digest("bench", "letter", str(number)),
            contact=digest("bench", "contact", str(number)),
            journey=f"campaign--{campaign}",
            step="one",
            template="welcome",
            topic="tips",
            release=live.id,
            now=cloud.clock.now,
        )
        for number in range(MESSAGES)
    ]


def _went_on(letter: Message, state: Any, now: int) -> Message:
    return replace(letter, state=state, times={**letter.times, state: now}, version=letter.version + 1)


def _record(letter: Message) -> dict[str, Any]:
    return {"dynamodb": {"NewImage": to_item(messages.to_item(letter))}}


def _batches(records: Sequence[dict[str, Any]], size: int) -> list[Sequence[dict[str, Any]]]:
    return [records[start : start + size] for start in range(0, len(records), size)]
