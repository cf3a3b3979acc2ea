"""How a story ended: facts, decisions, enrollments, messages and mails, without times and ids."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from authoring import audit
from functions.aws.attributes import from_item
from functions.core import confirm, consent
from functions.core.channels import to_people
from functions.core.consent import Head
from functions.core.enrollment import Enrollment
from functions.core.identity import SELF, kind_of
from functions.core.journey_facts import MERGED, goes_on_elsewhere
from functions.tables import addresses, contacts, enrollments, messages
from functions.tables.closed import CLOSED
from tests.cloud import Cloud
from tests.cloud.cloud import labels

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a story, comparable with another telling of it.

    `unknown` are messages of which nobody can say whether they went out; `repeated` mails
    that went out more than once for one message; `against_will` messages that were begun after
    the address had withdrawn or was suppressed; `astray` stages whose crossing was not told once,
    and people who stand where no decision has put them; `miscounted` numbers of reports that a recount of everything
    stored does not find. Which stages somebody passes on the way
    depends on the order of what arrives, so `people` and `told` leave them out; where people end
    does not.
    """

    people: dict[str, Any]
    mails: dict[str, int]
    memos: dict[str, bool]
    told: dict[str, int]
    clocks: dict[str, int]
    releases: dict[str, str]
    aside: int
    unknown: tuple[str, ...]
    repeated: tuple[str, ...]
    against_will: tuple[str, ...]
    astray: tuple[str, ...]
    miscounted: tuple[str, ...]

    def differences(self, other: "Ending") -> list[str]:
        """What is not the same in `other`, as "path: here → there"."""
        return list(_differences("", asdict(self), asdict(other)))


def ending(cloud: Cloud) -> Ending:
    """How things stand now."""
    items = cloud.items()
    states = {item["pk"]: item for item in items if item["sk"] == contacts.STATE}
    names = _names(items)
    people = {names[pk]: found for pk, state in states.items() if (found := _person(pk, state, items, names))}
    heads = [item for item in items if item["pk"].startswith("A#") and item["sk"] == "H"]
    people |= {f"address {item['pk'][2:8]}": _head(item) for item in heads}
    kept = [messages.from_item(item) for item in items if item["sk"].startswith("M#")]
    sent = Counter(mail.message for mail in cloud.mails)
    template = {
        message: f"{names[pk]}: {label}"
        for pk in {item["pk"] for item in items if item["sk"].startswith("M#")}
        for message, label in labels(item for item in items if item["pk"] == pk and item["sk"].startswith("M#")).items()
    }
    running = [one for one in cloud.machines.executions.values() if one.status == "RUNNING"]
    return Ending(
        people=people,
        mails=dict(Counter(template.get(message, "no row") for message in sent)),
        # Who works there may be told twice, but of everything.
        memos={f"{mail.sent.to} {mail.subject}": True for mail in cloud.postbox.memos},
        told=dict(
            Counter(
                _told(entry, names)
                for entry in {entry["Detail"]: entry for entry in cloud.bus if entry not in _stages(cloud)}.values()
            )
        ),
        clocks={"parked": len(cloud.machines.parked), "running": len(running)},
        releases={item["sk"]: item["release"] for item in items if item["pk"] in ("X#live", "X#releases")},
        aside=len(cloud.aside),
        unknown=tuple(sorted(template[message.id] for message in kept if message.state == "unknown")),
        repeated=tuple(sorted(template.get(message, "no row") for message, times in sent.items() if times > 1)),
        against_will=tuple(_against_will(cloud)),
        astray=tuple(sorted(_astray(cloud, items, states, names))),
        miscounted=_miscounted(cloud, items),
    )


def _miscounted(cloud: Cloud, items: list[Item]) -> tuple[str, ...]:
    rows = [sorted(found, key=lambda row: (row["pk"], row["sk"])) for found in (items, cloud.items("events"))]
    return tuple(
        f"{one.place}: counted {one.counted}, recounted {one.recounted}" for one in audit.over(*rows).differences
    )


def _against_will(cloud: Cloud) -> Iterator[str]:
    """Messages whose sending was committed after a withdrawal was, in the order of the writes themselves."""
    cloud.decisions.read()
    heads: dict[str, Head] = {}
    begun: set[str] = set()
    for record in cloud.decisions.unfiltered:
        row = from_item(record["dynamodb"].get("NewImage", {}))
        match row.get("pk", "")[:2], row.get("sk", "")[:2]:
            case "A#", "H":
                heads[row["pk"].removeprefix("A#")] = addresses.head_from(row)
            case "C#", "M#":
                message = messages.from_item(row)
                head = heads.get(message.address or "", Head())
                if to_people(message.channel) and message.state == "sending" and message.id not in begun:
                    begun.add(message.id)
                    # A mail that asks for consent needs none.
                    agreed = confirm.form_of(message.topic) or consent.allowed(head, message.topic)
                    if consent.suppression(head) or not agreed:
                        yield message.template


def _astray(cloud: Cloud, items: list[Item], states: dict[str, Item], names: dict[str, str]) -> Iterator[str]:
    """Crossings of stages that the log and the bus don't agree on, and stages that nobody was seen to enter."""
    rows = [item for item in items if item["sk"].startswith("D#") and item["kind"] == "stage"]
    details = [json.loads(one) for one in {entry["Detail"] for entry in _stages(cloud)}]
    kept = Counter((row["pk"], row.get("from", ""), row.get("to", "")) for row in rows)
    told = Counter((f"C#{one['contact']}", one["from"], one["to"]) for one in details)
    for crossing in {**kept, **told}:
        if crossing[0] in states and kept[crossing] != told[crossing]:
            yield f"{names[crossing[0]]} {crossing[1:]}: kept {kept[crossing]}, told {told[crossing]} times"
    for pk, state in states.items():
        if "into" in state:
            continue
        entered = {to for one, _, to in kept if to and _survivor(one, states) == pk}
        stands = {state["stage"]} if state.get("stage") else set()
        if strange := (set(state.get("stages", {})) ^ entered) | (stands - entered):
            yield f"{names[pk]}: stages remembered or entered, not both: {sorted(strange)}"


def _survivor(pk: str, states: dict[str, Item]) -> str:
    while into := states.get(pk, {}).get("into"):
        pk = f"C#{into}"
    return pk


def _stages(cloud: Cloud) -> list[Item]:
    return [entry for entry in cloud.bus if entry["DetailType"].startswith("Stage ")]


def _names(items: list[Item]) -> dict[str, str]:
    """A contact's name: its address, or what it was known by. Ids of identities are the same in each telling."""
    found = {}
    for item in items:
        if item["sk"] == contacts.PROFILE:
            profile = contacts.profile_from(item)
            found[item["pk"]] = profile.email or "+".join(ref[:8] for ref in profile.identities)
    return found


def _path(run: Enrollment) -> list[tuple[str, str]]:
    """The way of a run; of one that goes on as another person's only that: what was done to it before stands there."""
    if goes_on_elsewhere(run):
        return [("", MERGED)]
    return [(one.step, one.outcome) for one in run.path]


def _person(pk: str, row: Item, items: list[Item], names: dict[str, str]) -> dict[str, Any]:
    own = [item for item in items if item["pk"] == pk]
    state = contacts.state_from(row, next((item for item in own if item["sk"] == CLOSED), None))
    kept = [messages.from_item(item) for item in own if item["sk"].startswith("M#")]
    runs = [enrollments.from_row(item) for item in own if item["sk"][:2] in ("J#", "H#")]
    step = {message.id: f"{message.journey}/{message.step}" for message in kept}
    profile = next(contacts.profile_from(item) for item in own if item["sk"] == contacts.PROFILE)
    logged = [item for item in own if item["sk"].startswith("D#")]
    journeys = {
        "watching": len(state.watching),
        "runs": dict(Counter(json.dumps([run.journey, run.state, _path(run), len(run.todo)]) for run in runs)),
        "tokens": sum(item["sk"].startswith("W#") for item in own),
        "messages": dict(
            Counter(f"{message.journey}/{message.step} {message.state} {message.reason}" for message in kept)
        ),
        "messages due": sum(message.due is not None for message in kept),
        "reserved": sum(len(item["times"]) for item in own if item["sk"].startswith("K")),
        "member of": sorted(
            item["pk"].split("#")[1]
            for item in items
            if item["pk"].startswith("G#") and item["sk"] == pk and "left" not in item
        ),
        "leads": sorted((item["to"], item["reason"]) for item in own if item["sk"].startswith("L#")),
        "listed": sum(item["pk"].startswith("L#") and item["contact"] == pk[2:] for item in items),
        "log": _log(logged),
    }
    if state.merged_into:
        # Which of two contacts was there first may depend on the order of records; nobody misses one that did nothing.
        if not any(journeys.values()):
            return {}
        return {"merged into": names[f"C#{state.merged_into}"], **journeys}
    return {
        **journeys,
        "facts": _facts(state.facts, step) if "facts" in row else {},
        "traits": {name: value for name, (_, value) in profile.traits.items()},
        "identities": sorted(ref for ref in profile.identities if kind_of(ref) != SELF),
        "temperature": state.standing.temperature,
        "grade": state.standing.grade,
        "stage": state.standing.stage,
        "segments": sorted(state.standing.segments),
        "is due": state.due is not None,
    }


def _log(rows: list[Item]) -> dict[str, int]:
    rows = [row for row in rows if row["kind"] != "stage"]
    return dict(Counter(f"{row['kind']} {row['name']} {row.get('from', '')}>{row.get('to', '')}" for row in rows))


def _facts(facts: Any, step: dict[str, str]) -> dict[str, Any]:
    return {
        "counters": {key: sum(days.values()) for key, days in facts.counters.items()},
        "newest": {key: len(moments) for key, moments in facts.newest.items()},
        "tags": {tag: present for tag, (_, present) in facts.tags.items()},
        "messages": {
            step.get(message, message): (one.opened is not None, one.clicked is not None)
            for message, one in facts.messages.items()
        },
        "stage set": facts.stage_set and facts.stage_set[1],
        "consents": {topic: one.granted > one.withdrawn for topic, one in facts.consents.items()},
    }


def _head(item: Item) -> dict[str, Any]:
    return {key: True for key in item if key[:2] in ("g.", "w.", "s.")}


def _told(entry: Item, names: dict[str, str]) -> str:
    detail = json.loads(entry["Detail"])
    what = detail.get("name") or detail.get("journey")
    return f"{entry['DetailType']}: {names.get('C#' + detail['contact'])} {what} {detail.get('to', '')}"


def _differences(path: str, here: Any, there: Any) -> Any:
    if isinstance(here, dict) and isinstance(there, dict):
        for key in sorted({*here, *there}, key=str):
            yield from _differences(f"{path}/{key}", here.get(key), there.get(key))
    elif here != there:
        yield f"{path}: {here} → {there}"
