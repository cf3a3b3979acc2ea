"""What became of a campaign's run: its messages counted one by one from the ledger, and said in words."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from functions import releases, settings
from functions.aws import dynamodb
from functions.core import costs
from functions.core.campaign import message_id
from functions.core.channels import BY_SMS, channel_and_template
from functions.core.message import Message
from functions.core.runs import Run
from functions.tables import audiences, campaigns, contacts, messages
from functions.work.campaigns import definition_of

READERS: Final = 4


@dataclass(slots=True)
class Tally:
    """How many messages of a run are in each state, withheld and deferred ones by their reason. `absent` are
    people on the list for whom none is decided (yet)."""

    states: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)
    deferred: Counter[str] = field(default_factory=Counter)
    absent: int = 0

    def add(self, message: Message | None) -> None:
        """Count one person's."""
        if message is None:
            self.absent += 1
            return
        self.states[message.state] += 1
        if message.state == "withheld":
            self.withheld[message.reason] += 1
        elif message.state == "intended" and message.reason:
            self.deferred[message.reason] += 1


def tally(run: Run, seen: Callable[[int], None] | None = None) -> Tally:
    """Count a run's messages as they stand now; `seen` is told how many people were looked at."""
    found, done = Tally(), 0
    with ThreadPoolExecutor(READERS) as readers:
        for many in readers.map(lambda number: list(_of_piece(run, number)), range(run.chunks)):
            for _, message in many:
                found.add(message)
            done += len(many)
            if seen:
                seen(done)
    return found


def listed(run: Run) -> Iterator[tuple[str, Message | None]]:
    """Every person on a run's list, and their message."""
    for number in range(run.chunks):
        yield from _of_piece(run, number)


def _of_piece(run: Run, number: int) -> Iterator[tuple[str, Message | None]]:
    ids = [one for part in audiences.get(run.campaign, run.run, number).parts.values() for one in part]
    found = _messages(run, ids)
    # Whoever was merged since has theirs under the survivor's name.
    missing = [one for one in ids if one not in found]
    states = contacts.state_keys(missing)
    into = dynamodb.batch_get(settings.contacts_table(), states, consistent=False, only=("into",))
    moved = {one: contacts.surviving(one).id for one in missing if into.get((f"C#{one}", "S"), {}).get("into")}
    found |= _by_survivor(run, moved)
    for one in ids:
        yield one, found.get(one)


def _messages(run: Run, ids: list[str]) -> dict[str, Message]:
    keys = {one: messages.key(one, message_id(run.campaign, run.run, one)) for one in ids}
    rows = dynamodb.batch_get(settings.contacts_table(), keys.values(), consistent=False)
    return {one: messages.from_item(rows[key]) for one, key in keys.items() if key in rows}


def _by_survivor(run: Run, moved: dict[str, str]) -> dict[str, Message]:
    theirs = _messages(run, sorted(set(moved.values())))
    return {one: theirs[survivor] for one, survivor in moved.items() if survivor in theirs}


def find(name: str) -> Run:
    """The run that "CAMPAIGN/RUN" names, or the newest of "CAMPAIGN". Raises ValueError where there is none."""
    called, _, wanted = name.partition("/")
    campaign = releases.live().release.first_name("campaign", called)
    if wanted:
        run = campaigns.get(campaign, wanted)
        if run is None:
            raise ValueError(f'campaign "{called}" has no run "{wanted}": see `samovar campaigns list`')
        return run
    newest = sorted(campaigns.runs_of(campaign), key=lambda run: run.begun)
    if not newest:
        raise ValueError(f'campaign "{called}" has not run yet: see `samovar campaigns list`')
    return newest[-1]


def dollars(run: Run, many: int) -> float | None:
    """What so many messages of a run cost; None where that depends on the country, and the business doesn't say."""
    channel, _ = channel_and_template(definition_of(run).send)
    text = releases.by_id(run.release).sending.sms.price
    if channel == BY_SMS and text is None:
        return None
    return many * costs.price_of_message(channel, text)
