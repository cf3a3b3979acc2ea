"""What showing a page costs: calls, units and dollars of a million showings, CPU of a warm worker and of a cold start;
and what noting which ads lead to pages adds to their events.
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bench import bill
from bench.house import House, Work, house
from bench.imports import YARDSTICK, cpu_of
from bench.money import per_million
from bench.packages import copy_functions, packages
from bench.people import address, anonymous
from bench.report import Say
from functions import passes
from functions.core.ads import Ad, Landed
from functions.core.identity import ANONYMOUS, EMAIL, hash_of, identity_ref
from functions.core.ids import digest
from functions.core.prices import DYNAMODB_WRITE_UNIT, MILLION
from functions.core.release import Release, canonical, load
from functions.score.advertised import Noted
from functions.tokens import Proof, sign_proof
from tests.cloud import marketing, stores
from tests.cloud.cloud import PEPPER, SIGNING

VIEWS: Final = 100
RUNS: Final = 5
"""Of so many runs the one with least CPU counts: they differ by what other programs do to it."""
COLD_RUNS: Final = 3
PEOPLE: Final = 10
PLAIN: Final = "calm"
VARIED: Final = "first-flush"
OWN: Final = "your-shelf"
_A_YEAR_MS: Final = 365 * 86_400_000
_WIDE: Final = 40

ADS: Final = 60
BY_ADS: Final = 0.3
WORKERS_A_DAY: Final = 24
DAYS: Final = 30
"""A month of a million views, of which so many are by so many ads, a few of them by most; a worker of `score` lives for
two hours, and two work side by side."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of page: the function that shows it, its address for a visitor by number, and the cookie they hold."""

    room: str
    address: Callable[["Known", int], str]
    cookie: Callable[["Known", int], str] | None = None

    def headers(self, known: "Known", number: int) -> dict[str, str]:
        """What the visitor's browser sends along."""
        return {"accept": "text/html"} | ({"cookie": self.cookie(known, number)} if self.cookie else {})


@dataclass(frozen=True, slots=True)
class Known:
    """The people whose links are followed, as contacts, and the moment (ms)."""

    contacts: tuple[str, ...]
    now: int

    def contact(self, number: int) -> str:
        return self.contacts[number % PEOPLE]


def _proved(known: Known, number: int) -> str:
    ref = identity_ref(EMAIL, address(number % PEOPLE), PEPPER)
    assert ref is not None
    return f"/page/{VARIED}?sv=" + sign_proof(SIGNING, Proof(known.contact(number), hash_of(ref), known.now))


def _own(known: Known, number: int) -> str:
    ref = identity_ref(EMAIL, address(number % PEOPLE), PEPPER)
    assert ref is not None
    said = passes.PageOf(OWN, known.contact(number), hash_of(ref), known.now, known.now + _A_YEAR_MS)
    return passes.sign_page(SIGNING, said)


def _file(known: Known, number: int) -> str:
    ref = identity_ref(ANONYMOUS, anonymous(number % PEOPLE), PEPPER)
    assert ref is not None
    said = passes.OfForm("brewing-book", "brewing-book", ref, _once(number), "", known.now, known.now + _A_YEAR_MS)
    return f"/get/{passes.sign(SIGNING, said)}"


def _answer(known: Known, number: int) -> str:
    said = passes.RateByMail(
        survey="first-glass",
        answer="4",
        contact=known.contact(number),
        message=_once(number),
        sent=known.now - 3_600_000,
        place="",
        template="brewing-guide",
        until=known.now + _A_YEAR_MS,
    )
    return f"/rate/{passes.sign_rate(SIGNING, said)}"


_serial = iter(range(10**9))


def _once(number: int) -> str:
    """An id that no other showing has: the same answer again is no other answer."""
    return digest("showing", str(number), str(next(_serial)))


KINDS: Final[Mapping[str, Kind]] = {
    "landing_plain": Kind("pages", lambda _, number: f"/page/{PLAIN}?utm_campaign=spring&n={number}"),
    "landing_with_variants": Kind("pages", lambda _, number: f"/page/{VARIED}"),
    "landing_with_proof": Kind("pages", _proved),
    "personal_page": Kind("pages", lambda *_: f"/page/{OWN}", lambda known, number: f"my={_own(known, number)}"),
    "personal_link": Kind("track", lambda known, number: f"/my/{_own(known, number)}"),
    "popup_decision": Kind("pages", lambda _, number: f"/popup?path=/teas&n={number % 5}"),
    "form_page": Kind("pages", lambda _, number: "/f/hello"),
    "file_link": Kind("track", _file),
    "survey_answer": Kind("track", _answer),
}
"""Every kind that is measured; another page joins as another entry."""


def run(say: Say) -> dict[str, float]:
    """usd_per_million.pages.<kind>, page_reads.<kind>, page_writes.<kind> (calls a showing), page_cpu_ms.<kind> (warm)
    and page_cold_cpu_ratio.<kind>; ads_write_units_per_million_views."""
    say(f"{VIEWS} showings of each, by a warm worker; one request each; not in a cache, though the plain one may be")
    say(f"for a minute. Billed as in money. Cold: a process that shows one, {COLD_RUNS} runs; events not scored")
    numbers: dict[str, float] = {}
    with house() as cloud:
        known = _prepare(cloud)
        for name, kind in KINDS.items():
            numbers |= _measure(cloud, known, name, kind, say)
        numbers |= _cold(cloud, known, say)
    for line in drawn({name: numbers[f"usd_per_million.pages.{name}"] for name in KINDS}):
        say(line)
    return numbers | _ads(say)


def _prepare(cloud: House) -> Known:
    """The demo business with one page more, on which nothing varies, and a few people."""
    cloud.clock.now = int(time.time() * 1000)
    content = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    (hero, *blocks) = content["pages"][VARIED]["blocks"]
    plain_hero = {name: part for name, part in hero["otherwise"][-1]["hero"].items() if name != "variants"}
    ad = {name: part for name, part in hero.items() if name != "otherwise"}
    calm = {**content["pages"][VARIED], "blocks": [{**ad, "otherwise": [{"hero": plain_hero}]}, *blocks]}
    content["pages"][PLAIN] = calm
    cloud.publish(canonical(Release.model_validate(content)))
    for person in range(PEOPLE):
        cloud.post_form(email=address(person), first_name="Ada", anonymous=anonymous(person), nonce=f"{person}")
    cloud.settle()
    return Known(tuple(cloud.contact(address(person)) for person in range(PEOPLE)), cloud.clock.now)


def _show(cloud: House, known: Known, kind: Kind) -> None:
    for number in range(VIEWS):
        answer = cloud.http("GET", kind.address(known, number), headers=kind.headers(known, number), room=kind.room)
        assert answer["statusCode"] in (200, 302, 303), answer


def _measure(cloud: House, known: Known, name: str, kind: Kind, say: Say) -> dict[str, float]:
    _show(cloud, known, kind)
    cloud.settle()
    with cloud.measured():
        _show(cloud, known, kind)
    counted = bill.books(cloud).of(kind.room)
    work = counted.work[kind.room]
    for _ in range(RUNS):
        with cloud.timed(kind.room) as cpu:
            _show(cloud, known, kind)
        work.cpu = min(work.cpu, cpu[kind.room])
    cloud.settle()
    say(f"{name}: {_described(work)}")
    reads, writes = _calls(work)
    return {
        f"usd_per_million.pages.{name}": per_million(bill.lines(counted), VIEWS, name, say),
        f"page_reads.{name}": reads / VIEWS,
        f"page_writes.{name}": writes / VIEWS,
        f"page_cpu_ms.{name}": 1000 * work.cpu / VIEWS,
    }


def _described(work: Work) -> str:
    calls = ", ".join(f"{count / VIEWS:.2f} {operation}" for (_, operation), count in sorted(work.calls.items()))
    return (
        f"{calls}; {work.spent.read / VIEWS:.2f} read and {work.spent.write / VIEWS:.2f} write units, "
        f"{work.invocations / VIEWS:.2f} requests, {1000 * work.cpu / VIEWS:.2f} ms of CPU"
    )


def _calls(work: Work) -> tuple[int, int]:
    """Calls of DynamoDB that read, and that write."""
    asked = {operation: count for (service, operation), count in work.calls.items() if service == "dynamodb"}
    reads = sum(count for operation, count in asked.items() if operation in ("GetItem", "BatchGetItem", "Query"))
    return reads, sum(asked.values()) - reads


def _cold(cloud: House, known: Known, say: Say) -> dict[str, float]:
    """CPU of a process that imports the handler and shows one page, by that of one stock botocore client."""
    held = packages()
    with TemporaryDirectory() as folder:
        code = Path(folder)
        copy_functions(code)
        least = {"": float("inf"), **dict.fromkeys(KINDS, float("inf"))}
        for _ in range(COLD_RUNS):
            least[""] = min(least[""], cpu_of(YARDSTICK, [held.stock]))
            for name, kind in KINDS.items():
                spent = cpu_of(_first(kind, known), [held.trimmed, code], _environment(cloud))
                least[name] = min(least[name], spent)
    yardstick = least.pop("")
    say(f"cold: yardstick {yardstick * 1000:.0f} ms, " + ", ".join(f"{n} {s * 1000:.0f}" for n, s in least.items()))
    return {f"page_cold_cpu_ratio.{name}": spent / yardstick for name, spent in least.items()}


def _first(kind: Kind, known: Known) -> str:
    path, _, query = kind.address(known, 0).partition("?")
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "tea.example", "user-agent": "Mozilla/5.0 Firefox/140.0", **kind.headers(known, 0)},
        "requestContext": {
            "http": {"method": "GET", "path": path, "sourceIp": "192.0.2.1", "protocol": "HTTP/1.1"},
            "domainName": "tea.example",
        },
        "isBase64Encoded": False,
    }
    return (
        "import json, os, sys; sys.stdout = open(os.devnull, 'w'); "
        f"from functions.{kind.room}.handler import handler; "
        f"answer = handler(json.loads({json.dumps(event)!r}), None); assert answer['statusCode'] < 400, answer"
    )


def _environment(cloud: House) -> dict[str, str]:
    """What a function is told of the deployment."""
    return stores.environment(cloud.name, cloud.emulator.url, "https://tea.example")


def _ads(say: Say) -> dict[str, float]:
    """What a month of ads costs to note, by the memory that workers of `score` have."""
    chance, written, known = random.Random(5), 0, set[tuple[date, str]]()
    weights = [1 / place for place in range(1, ADS + 1)]

    def note(one: Landed) -> bool:
        nonlocal written
        # A row that stands already costs its refused condition; a new one is counted in its day.
        written += 1 if (one.day, one.id) in known else 2
        known.add((one.day, one.id))
        return True

    views = MILLION // DAYS
    for day in range(DAYS):
        for _ in range(WORKERS_A_DAY):
            noted = Noted(note)
            clicks = round(views * BY_ADS / WORKERS_A_DAY)
            for number in chance.choices(range(ADS), weights, k=clicks):
                ad = Ad("google", "cpc", f"campaign {number}")
                noted.take(Landed(ad, VARIED, "", date(2026, 5, 1) + timedelta(days=day)))
    say(
        f"ads: {MILLION:,} views in {DAYS} days, {BY_ADS:.0%} by {ADS} ads, {WORKERS_A_DAY} workers a day: "
        f"{written:,} write units, {written * DYNAMODB_WRITE_UNIT:.3f} dollars"
    )
    return {"ads_write_units_per_million_views": written}


def drawn(dollars: Mapping[str, float]) -> list[str]:
    """A bar for each, as long as it is dear."""
    top, widest = max(dollars.values()), max(map(len, dollars))
    return [f"{name:<{widest}} {'█' * round(usd / top * _WIDE):<{_WIDE}} {usd:6.2f} $" for name, usd in dollars.items()]
