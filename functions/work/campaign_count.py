"""Counting a run's audience: piece by piece it is frozen, and foretold what would become of each message.

Guarantees. A piece is said once (see tables.audiences): whoever counts it again comes to the same list and the same
numbers. Memory holds one piece at a time. When the last is stored the run holds, and the owner is told, once or,
after a crash right there, twice.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from functions import alerts, releases, settings
from functions.aws import dynamodb
from functions.aws import events as bus
from functions.aws.faults import is_of_aws
from functions.core import policy, runs, warmup
from functions.core.campaign import Campaign, journey_of, message_id
from functions.core.channels import BY_EMAIL, channel_and_template
from functions.core.consent import Head
from functions.core.contact import Contact, Profile, State
from functions.core.days import day_of, moment
from functions.core.message import Message, intended
from functions.core.policy import Allow, Case, Defer, Destination, Withhold
from functions.core.release import Release
from functions.core.runs import Run
from functions.observability import logger, metric
from functions.tables import addresses, audiences, campaigns, caps, contacts, memberships, reputation
from functions.tables.audiences import Piece
from functions.tables.contacts import PROFILE, STATE, partition
from functions.tables.due import shards
from functions.texts import zones
from functions.work.campaign_pace import per_second
from functions.work.campaigns import RUN, changed
from functions.work.jobs import Job, Slice

PIECE: Final = 1000
"""Members looked at for one piece."""
AT_ONCE: Final = 250
"""Contacts in memory at a time."""
PART: Final = "part "
LATELY: Final = 5
"""Whoever got more messages lately is counted with those who got so many."""


def count_slice(job: Job, now: int) -> Slice:
    """Freeze and judge the next piece of the audience."""
    campaign, run_id = job.about[RUN]
    run = campaigns.get(campaign, run_id)
    if run is None or run.state != "counting":
        return Slice(0, {}, None)
    release = releases.by_id(run.release)
    made = _piece(run, release, job.start or (shards()[0], ""), now)
    piece = audiences.put_new(campaign, run_id, job.slices, made)
    if piece.next is None:
        _hold(run, release, dict(Counter(job.notes) + Counter(piece.notes)), job.slices + 1, now)
    return Slice(piece.notes.get("people", 0), dict(piece.notes), piece.next)


def _piece(run: Run, release: Release, start: tuple[str, str], now: int) -> Piece:
    definition, counts = release.campaigns[run.campaign], Counter[str]()
    parts: dict[int, list[str]] = {}
    found, following = _members(definition, start)
    seen: set[str] = set()
    for start_at in range(0, len(found), AT_ONCE):
        batch = found[start_at : start_at + AT_ONCE]
        people = [contact for contact in _people(batch, counts) if contact.id not in seen]
        seen |= {contact.id for contact in people}
        for contact, at in zip(people, _moments(run, release, people), strict=True):
            parts.setdefault(at, []).append(contact.id)
            counts[f"{PART}{at}"] += 1
        counts["people"] += len(people)
        counts.update(_foretold(run, release, people, now))
    return Piece(parts, dict(counts), following)


def _members(definition: Campaign, start: tuple[str, str]) -> tuple[list[str], tuple[str, str] | None]:
    """Members of the segment from `start` on, without those excluded, and after whom the next piece begins."""
    found: list[str] = []
    (shard, after), left = start, PIECE
    while True:
        page, last = memberships.page(definition.to, shard, after, left)
        if page:
            for excluded in definition.except_:
                others = memberships.among(excluded, shard, page[0], page[-1])
                page = [one for one in page if one not in others]
                if not page:
                    break
            found += page
        if last is not None:
            return found, (shard, last)
        following = shards().index(shard) + 1
        if following == len(shards()):
            return found, None
        left = PIECE - len(found)
        shard, after = shards()[following], ""
        if left <= 0:
            return found, (shard, after)


def _people(ids: Sequence[str], counts: Counter[str]) -> Iterator[Contact]:
    """Who these are by now: those they were merged into, and nobody for the erased. Without facts, which nothing
    about a campaign asks for."""
    table, into = settings.contacts_table(), {}
    rows = dynamodb.batch_get(table, [(partition(one), STATE) for one in ids], consistent=False, only=("into",))
    for one in ids:
        target = rows.get((partition(one), STATE), {}).get("into")
        into[one] = contacts.surviving(one).id if target else target
    counts["erased"] += sum(target == "" for target in into.values())
    wanted = list(dict.fromkeys(into[one] or one for one in ids if into[one] != ""))
    profiles = dynamodb.batch_get(table, [(partition(one), PROFILE) for one in wanted], consistent=False)
    for one in wanted:
        row = profiles.get((partition(one), PROFILE))
        yield Contact(State(one), contacts.profile_from(row) if row else Profile(one))


def _moments(run: Run, release: Release, people: Iterable[Contact]) -> list[int]:
    """The moment (ms) at which each gets it."""
    if not release.campaigns[run.campaign].local:
        return [run.at for _ in people]
    wall, sending = datetime.strptime(run.run, "%Y%m%dt%H%M"), release.sending
    return [moment(wall, zones.zone_of(contact, sending)) for contact in people]


def message_of(run: Run, release: Release, contact: str, *, at: int, now: int) -> Message:
    """What a run sends to a contact whose moment is `at` (ms), decided at `now`."""
    definition = release.campaigns[run.campaign]
    channel, template = channel_and_template(definition.send)
    return intended(
        id=message_id(run.campaign, run.run, contact),
        contact=contact,
        journey=journey_of(run.campaign),
        step=run.run,
        template=template,
        topic=definition.topic,
        release=run.release,
        now=now,
        kept_until=now // 1000 + release.privacy.retention.messages,
        channel=channel,
        expires=(at if definition.local else run.at) + definition.expires * 1000,
    )


def _foretold(run: Run, release: Release, people: Sequence[Contact], now: int) -> Counter[str]:
    """What would become of each message, were it decided at its moment on what stands now; pauses aside."""
    from functions.send.channels import way

    if not people:
        return Counter()
    at = dict(zip([contact.id for contact in people], _moments(run, release, people), strict=True))
    many = [message_of(run, release, contact.id, at=at[contact.id], now=now) for contact in people]
    by_id = {contact.id: contact for contact in people}
    going = way(many[0].channel).destinations(many, by_id, release, releases.keyring())
    hashes = (one.address for one in going.values() if isinstance(one, Destination) and one.address)
    heads, recent = addresses.heads(hashes, consistent=False), caps.of(people, consistent=False)
    found: Counter[str] = Counter()
    for message in many:
        contact, destination = by_id[message.contact], going[message.id]
        address = destination.address if isinstance(destination, Destination) else ""
        case = Case(
            message=message,
            contact=contact,
            release=release,
            destination=destination,
            head=heads.get(address, Head()),
            recent=recent[contact.id],
            zone=zones.zone_of(contact, release.sending),
        )
        found[f"lately {min(LATELY, len(case.recent.sends))}"] += 1
        try:
            decision = policy.decide(case, max(now, at[contact.id]))
        except Exception as error:
            if is_of_aws(error):
                raise
            # Sending decides for itself: one that can't be foretold must not hold up the others.
            logger.warning("not foretold", contact=contact.id, error=type(error).__name__)
            found["not foretold"] += 1
            continue
        match decision:
            case Allow():
                found["allow"] += 1
            case Withhold(reason, _):
                found[f"withhold {reason}"] += 1
            case Defer(reason=reason):
                found[f"defer {reason}"] += 1
    return found


def _warmed(counts: Mapping[str, int], definition: Campaign, release: Release, at: int) -> tuple[dict[str, int], int]:
    """The counts with what a warm-up leaves to later days, or has no place for in time, where a run begins at `at`
    (ms); and how many seconds later its last day begins. Others may take places meanwhile."""
    sending, found = release.sending, dict(counts)
    channel, _ = channel_and_template(definition.send)
    owed = any(topic.id == definition.topic and topic.transactional for topic in sending.topics)
    many, zone = found.get("allow", 0), sending.business.time_zone
    if sending.warm_up is None or channel != BY_EMAIL or owed or not many:
        return found, 0
    today = day_of(at, zone)
    days = list(warmup.places(sending.warm_up, today))
    taken = reputation.taken(day.isoformat() for day, _ in days)
    last = at + definition.expires * 1000 - warmup.SLACK_MS
    filled = dict(warmup.fills(days, taken, many, last, zone))
    now, later = filled.pop(today, 0), sum(filled.values())
    for name, count in (("allow", now), ("defer warm-up", later)):
        found[name] = count
    found["withhold too-late"] = found.get("withhold too-late", 0) + many - now - later
    ends = max((warmup.begins(day, zone) for day in filled), default=at)
    return {name: count for name, count in found.items() if count}, max(0, ends - at) // 1000


def _hold(run: Run, release: Release, notes: Mapping[str, int], chunks: int, now: int) -> None:
    definition = release.campaigns[run.campaign]
    parts = {name.removeprefix(PART): count for name, count in notes.items() if name.startswith(PART)}
    until = max(run.at, now + definition.hold * 1000)
    counts, warm_s = _warmed(
        {name: count for name, count in notes.items() if not name.startswith(PART)}, definition, release, until
    )
    going = counts.get("allow", 0) + sum(count for name, count in counts.items() if name.startswith("defer "))
    seconds = max(int(going / per_second(definition, release)), warm_s)
    hold_s = definition.hold
    held = runs.hold(run, counts=counts, parts=parts, chunks=chunks, seconds=seconds, hold_s=hold_s, now=now)
    place = f"{run.campaign}/{run.run}"
    people = f"{held.people:,} on the list, {going:,} of whom would get it as things stand"
    minutes = -(-max(0, held.held_until - now) // 60_000)
    alerts.tell(
        f"Campaign {run.campaign} goes out in {minutes} minutes",
        f"{people}. To look: samovar campaigns show {place}. To stop it: samovar campaigns cancel {place}. "
        f"To let it go now: samovar campaigns let-go {place}.",
    )
    detail = {"v": 1, "campaign": run.campaign, "run": run.run, "people": held.people, "until": held.held_until}
    bus.put(settings.bus_name(), [("Campaign Held", detail)])
    changed(
        run,
        lambda found: (
            runs.hold(found, counts=counts, parts=parts, chunks=chunks, seconds=seconds, hold_s=hold_s, now=now)
            if found.state == "counting"
            else found
        ),
    )
    metric("CampaignsHeld")
