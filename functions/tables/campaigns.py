"""Campaigns' rows in the contacts table: what is known of each, and its runs.

X#campaigns / <campaign>: its plan. run, mark, at: the next occasion, absent without one; it then stands in the due
index, and is due when its audience is to be counted. release: by which it was planned. A campaign that ever ran
or was planned keeps its row.
B#<campaign> / R#<run>: a run (core.runs). It stands in the due index while something is to happen by time.
Every change of a run is conditional on the version that was read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer
from functions.core.ids import digest
from functions.core.runs import Run
from functions.tables.due import shard

SHAPE: Final = 1
PLANS: Final = "X#campaigns"
RUNS: Final = "B#"
RUN: Final = "R#"


@dataclass(frozen=True, slots=True)
class Plan:
    """When a campaign runs next: the occasion's run, mark and moment (ms), and when counting begins (`due`, ms).
    None of them where no occasion is known."""

    campaign: str
    release: str = ""
    run: str | None = None
    mark: int | None = None
    at: int | None = None
    due: int | None = None


def plan_key(campaign: str) -> dynamodb.Key:
    """Where a campaign's plan stands."""
    return PLANS, campaign


def run_key(campaign: str, run: str) -> dynamodb.Key:
    """Where a run stands."""
    return f"{RUNS}{campaign}", f"{RUN}{run}"


def plans() -> list[Plan]:
    """What is known of every campaign, by id."""
    return [plan_from(row) for row in dynamodb.query(settings.contacts_table(), PLANS)]


def plan(campaign: str) -> Plan | None:
    """What is known of a campaign."""
    row = dynamodb.get(settings.contacts_table(), plan_key(campaign))
    return plan_from(row) if row else None


def put_plan(new: Plan) -> None:
    """Let this be the plan of its campaign, whatever stood there."""
    dynamodb.put(settings.contacts_table(), plan_row(new))


def move_plan(before: Plan, after: Plan) -> bool:
    """Put `after` in the place of `before`; False unless `before`'s occasion is still the next."""
    condition = "mark = :mark" if before.mark is not None else "attribute_not_exists(mark)"
    values = {":mark": before.mark} if before.mark is not None else None
    try:
        dynamodb.put(settings.contacts_table(), plan_row(after), condition=condition, values=values)
    except dynamodb.ConditionFailed:
        return False
    return True


def know(campaign: str, release: str) -> None:
    """Keep in mind that a campaign ran, which may have no plan."""
    dynamodb.put_new(settings.contacts_table(), plan_row(Plan(campaign, release)))


def create(run: Run) -> bool:
    """Store a run that begins, unless it is there; whether it was new."""
    return dynamodb.put_new(settings.contacts_table(), run_row(run))


def get(campaign: str, run: str) -> Run | None:
    """A run, read consistently."""
    row = dynamodb.get(settings.contacts_table(), run_key(campaign, run))
    return run_from(row) if row else None


def runs_of(campaign: str, *, newest: int | None = None, before: str = "") -> list[Run]:
    """The runs of a campaign, the newest first as their ids say: all, or those before the run `before`."""
    if not before:
        rows = dynamodb.query(settings.contacts_table(), f"{RUNS}{campaign}", begins=RUN, forward=False, limit=newest)
        return [run_from(row) for row in rows]
    limit = None if newest is None else newest + 1
    until = (RUN, f"{RUN}{before}")
    rows = dynamodb.query(settings.contacts_table(), f"{RUNS}{campaign}", between=until, forward=False, limit=limit)
    return [run for row in rows if (run := run_from(row)).run != before][:newest]


def change(before: Run, after: Run) -> Run:
    """Put `after` in the place of `before`; as it stands then. Raises ConditionFailed unless `before` still stands."""
    stored = replace(after, version=before.version + 1)
    dynamodb.put(settings.contacts_table(), run_row(stored), condition="n = :n", values={":n": before.version})
    return stored


def plan_row(plan: Plan) -> dict[str, Any]:
    """The item of a plan."""
    pk, sk = plan_key(plan.campaign)
    row: dict[str, Any] = {"pk": pk, "sk": sk, "v": SHAPE, "release": plan.release}
    row |= {name: value for name in ("run", "mark", "at") if (value := getattr(plan, name)) is not None}
    return row | ({"ds": shard(digest(plan.campaign)), "du": plan.due} if plan.due is not None else {})


def plan_from(row: Mapping[str, Any]) -> Plan:
    """The plan of an item. Raises Newer."""
    _readable(row)
    return Plan(row["sk"], row["release"], row.get("run"), row.get("mark"), row.get("at"), row.get("du"))


_ALWAYS: Final = ("release", "at", "begun", "by", "state")
_WHERE_THERE: Final = ("held_until", "chunks", "seconds", "intended", "missed", "sending", "ended", "why")


def run_row(run: Run) -> dict[str, Any]:
    """The item of a run."""
    pk, sk = run_key(run.campaign, run.run)
    row: dict[str, Any] = {"pk": pk, "sk": sk, "v": SHAPE, "n": run.version}
    row |= {name: getattr(run, name) for name in _ALWAYS}
    row |= {name: value for name in _WHERE_THERE if (value := getattr(run, name))}
    row |= {name: dict(value) for name in ("counts", "parts") if (value := getattr(run, name))}
    return row | ({"ds": shard(digest(run.campaign, run.run)), "du": run.due} if run.due is not None else {})


def run_from(row: Mapping[str, Any]) -> Run:
    """The run of an item. Raises Newer."""
    _readable(row)
    there = {name: row[name] for name in (*_WHERE_THERE, "counts", "parts") if name in row}
    return Run(
        row["pk"].removeprefix(RUNS),
        row["sk"].removeprefix(RUN),
        **{name: row[name] for name in _ALWAYS},
        **there,
        due=row.get("du"),
        version=row["n"],
    )


def _readable(row: Mapping[str, Any]) -> None:
    if row["v"] > SHAPE:
        raise Newer(f"campaign row of version {row['v']} is newer than this code reads")
