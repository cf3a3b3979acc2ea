"""What a page of the console asks of AWS, and whether that stays when there are many more people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from bench import crowd
from bench.house import House, small_house
from bench.report import Say
from functions import releases
from functions.console import gate, places
from functions.console.routes import ROUTES, Route
from functions.core.roles import Role
from functions.core.staff import Member
from functions.tables import proposals
from functions.tables.proposals import Proposal
from functions.work import campaigns, jobs
from functions.work.jobs import Job

CONTACTS: Final = (5_000, 100_000)
QUERIES: Final[Mapping[Sequence[str], Sequence[str]]] = {
    ("people",): ("", "of=band:hot", "of=stage:{stage}", "of=segment:{segment}", "q=ay", "q={address}"),
    ("people", "*", "older"): ("before={older}",),
    ("people", "*", "same"): ("with={other}",),
    ("mails", "*"): ("", "as={contact}"),
    ("reports",): ("", "days=365"),
    ("reports", "*", "csv"): ("days=365",),
}
"""What else an address may ask for, where that is another page: each is measured."""


def run(say: Say) -> dict[str, float]:
    """page_calls.max, page_units.max: the most that any page takes; growth.page_calls_by_contacts, …_units_…: the same
    at the large end by that at the small one, of the page that grows most."""
    found: list[dict[str, tuple[int, float]]] = []
    for many in CONTACTS:
        with small_house() as cloud:
            crowd.fill(cloud, many)
            found.append(measured(cloud))
    few, lots = found
    say(f"each page once, in a warm worker, {CONTACTS[0]:,} and {CONTACTS[1]:,} contacts: calls of AWS, read units")
    for page, (calls, units) in few.items():
        say(f"{page:<58} {calls:>3} → {lots[page][0]:>3} calls {units:>7.1f} → {lots[page][1]:>7.1f} units")
    return {
        "page_calls.max": max(calls for calls, _ in few.values()),
        "page_units.max": max(units for _, units in few.values()),
        "growth.page_calls_by_contacts": max(lots[page][0] / few[page][0] for page in few),
        "growth.page_units_by_contacts": max(lots[page][1] / few[page][1] for page in few),
    }


def measured(cloud: House) -> dict[str, tuple[int, float]]:
    """Calls of AWS and read units of every page, by its address without what it is about."""
    known = _known(cloud)
    owner = gate.begin(Member("owner", "owner@tea.example", frozenset({Role.OWNER})), places.path())
    headers = {"accept": "text/html", "cookie": owner.partition(";")[0]}
    found: dict[str, tuple[int, float]] = {}
    for called, address in addresses(known):
        # Once before: what a warm worker holds is not asked for again.
        cloud.http("GET", address, headers=headers, room="console")
        with cloud.measured():
            reply = cloud.http("GET", address, headers=headers, room="console")
        assert reply["statusCode"] in (200, 303), f"{called}: {reply}"
        work = cloud.work["console"]
        found[called] = (work.calls.total(), cloud.meter.of("console").read)
    return found


def addresses(known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every page that is measured: what it is called, and its address. Raises KeyError for what nobody made up."""
    for route in ROUTES:
        if route.method == "GET":
            path = _path(route, known)
            called = "/".join(("", places.ROOM, *route.parts))
            for query in QUERIES.get(tuple(route.parts), ("",)):
                filled = query.format(**{name: quote(value) for name, value in known.items()})
                yield (f"{called}?{query}", f"{path}?{filled}") if query else (called, path)


def _path(route: Route, known: Mapping[str, str]) -> str:
    table = {"journeys": "steps", "campaigns": "runs"}.get(
        route.parts[1] if len(route.parts) > 1 else "", known["table"]
    )
    own = {**known, "table": table} | ({"job": known["erasure"]} if route.parts[:1] == ("erasures",) else {})
    named = [own[name] for name in route.names]
    left = iter(named)
    return places.path(*(next(left) if part == "*" else part for part in route.parts))


def _known(cloud: House) -> dict[str, str]:
    """Something of each kind that an address names."""
    live = releases.live()
    campaign = sorted(live.release.campaigns)[0]
    run = campaigns.begin_on_request(campaign, "one", by="bench", now=cloud.clock.now)
    jobs.create(Job("an-erasure", "forget", cloud.clock.now))
    proposals.put(Proposal(live.id, "bench", cloud.clock.now))
    return {**_names(live.release), "release": live.id, "job": campaigns.job_id(run, campaigns.COUNT)} | {
        "older": f"{cloud.clock.now:013d}#x",
    }


def _names(release: Any) -> dict[str, str]:
    return {
        "contact": crowd.name(0),
        "other": crowd.name(1),
        "address": crowd.address(0),
        "campaign": sorted(release.campaigns)[0],
        "run": "one",
        "template": sorted(release.emails)[0],
        "journey": sorted(release.journeys)[0],
        "segment": sorted(release.segments)[0],
        "stage": release.funnel.stages[0].id,
        "number": "1",
        "table": "senders",
        "erasure": "an-erasure",
    }
