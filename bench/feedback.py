"""What SES reports of a campaign: read, settled, kept as events, counted. Everything is real up to the bytes of each
request, which pretended.py answers; capacity is counted by the rows' own sizes.
"""

import contextlib
import gc
import io
import json
import os
import random
import time
from collections.abc import Iterator
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Final

from bench import bill, sizes
from bench.house import Work
from bench.metered import Metered, plain
from bench.report import Say
from functions.core.prices import MILLION

MAILS: Final = int(os.environ.get("FEEDBACK_MAILS", "10000"))
AT_ONCE: Final = 2
"""So many workers Lambda lets take from the queue."""
AGAIN: Final = 0.01
"""This share of the reports comes twice."""
RECEIVED: Final = 10
"""So many messages of a queue Lambda receives, and deletes, by one request."""
NOW: Final = 1_795_500_000_000
PEPPER: Final = b"p" * 32
RUN: Final = "20261125t0900"
DOMAINS: Final = {"gmail.com": 45, "outlook.com": 15, "yahoo.com": 10, "icloud.com": 5}
"""Of a hundred people so many have their mailbox there; the others are shared out among 2,000 domains."""
OUTCOMES: Final = {"success": 97.4, "bounce": 1.0, "softbounce": 1.5, "complaint": 0.1}


def run(say: Say) -> dict[str, float]:
    """feedback_reports_per_second, feedback_cpu_ms, feedback_calls; usd_per_million.reports."""
    batch = _batch_size()
    with _environment():
        found = _measured(batch)
    work, reports = found.work, found.reports
    seconds = bill.seconds("track", work) / reports
    calls = sum(work.calls.values()) / reports
    named = ", ".join(f"{many / reports:.3f} {name}" for (_, name), many in work.calls.most_common())
    per_million = _dollars(work, reports)
    say(
        f"{reports:,} reports of {MAILS:,} mails, one in {1 / AGAIN:.0f} of them twice, {batch} at a time; of the mails"
    )
    say(", ".join(f"{many:,} {name}" for name, many in found.outcomes.items()) + f"; {found.counted:,} counted")
    say(f"AWS calls a report: {calls:.3f} ({named})")
    units = work.spent
    say(f"capacity of a report: {units.write / reports:.2f} write units, {units.read / reports:.2f} read units")
    say(f"{1000 * work.cpu / reports:.3f} ms of CPU; with what it waits for, {1000 * seconds:.2f} ms of a worker")
    say("dollars a million: " + ", ".join(f"{paid:.2f} {item}" for item, paid in per_million.items() if paid >= 0.005))
    return {
        "feedback_reports_per_second": AT_ONCE / seconds,
        "feedback_cpu_ms": 1000 * work.cpu / reports,
        "feedback_calls": calls,
        "usd_per_million.reports": sum(per_million.values()),
    }


def _batch_size() -> int:
    if os.environ.get("FB"):
        return int(os.environ["FB"])
    for properties in bill._resources("AWS::Lambda::EventSourceMapping"):
        if "Feedback" in json.dumps(properties["EventSourceArn"]):
            return int(properties["BatchSize"])
    raise LookupError("nothing takes from the feedback queue in the template")


def _dollars(work: Work, reports: int) -> bill.Paid:
    books = bill.Books({"track": work}, 0, 0, 0, notifications=reports)
    return {item: paid / reports * MILLION for item, paid in bill.lines(books).items()}


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(
        AWS_ACCESS_KEY_ID="none",
        AWS_SECRET_ACCESS_KEY="none",
        AWS_DEFAULT_REGION="eu-west-1",
        CONTACTS_TABLE="contacts",
        EVENTS_TABLE="events",
        BUCKET="bucket",
        ASIDE_QUEUE_URL="https://sqs.eu-west-1.amazonaws.com/123456789012/aside",
        POWERTOOLS_SERVICE_NAME="track",
        POWERTOOLS_METRICS_NAMESPACE="Samovar",
    )
    os.environ.pop("AWS_ENDPOINT_URL", None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _measured(batch: int) -> SimpleNamespace:
    from functions import clock, releases
    from functions.aws import session
    from functions.track.handler import handler

    session.reset()
    releases.forget()
    campaign = _Campaign()
    aws = _Aws(campaign)
    aws.attach()
    now, clock.now_ms = clock.now_ms, lambda: NOW
    try:
        bodies = campaign.bodies
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            _take(handler, campaign.warm_up, batch)
            aws.begin_anew()
            printed.truncate(printed.seek(0))
            gc.collect()
            cpu = time.process_time()
            batches = _take(handler, bodies, batch)
            cpu = time.process_time() - cpu - aws.spent
        aws.check(campaign)
    finally:
        clock.now_ms = now
        session.reset()
        releases.forget()
    work = Work(
        invocations=batches,
        queue=-(-len(bodies) // RECEIVED),
        cpu=cpu,
        spent=aws.units,
        printed=len(printed.getvalue()),
    )
    work.calls.update({("dynamodb", name): many for name, many in aws.calls.items()})
    return SimpleNamespace(work=work, reports=len(bodies), outcomes=campaign.outcomes, counted=aws.counted)


def _take(handler: Any, bodies: list[str], batch: int) -> int:
    batches = [bodies[start : start + batch] for start in range(0, len(bodies), batch)]
    for taken in batches:
        records = [{"messageId": str(place), "body": body} for place, body in enumerate(taken)]
        assert handler({"Records": records}, SimpleNamespace()) == {"batchItemFailures": []}
    return len(batches)


class _Campaign:
    """Mails that went out at a hundred a second, and what SES says of each, as it comes from the queue."""

    def __init__(self) -> None:
        self._chance = random.Random(7)
        self.outcomes = dict.fromkeys(OUTCOMES, 0)
        self._mails = [self._mail(number) for number in range(MAILS)]

    def _mail(self, number: int) -> tuple[str, str]:
        (outcome,) = self._chance.choices(list(OUTCOMES), list(OUTCOMES.values()))
        self.outcomes[outcome] += 1
        own = f"shop-{self._chance.randrange(2_000)}.example"
        (domain,) = self._chance.choices((*DOMAINS, own), (*DOMAINS.values(), 100 - sum(DOMAINS.values())))
        return outcome, domain

    @cached_property
    def bodies(self) -> list[str]:
        """The queue's bodies, in about the order of what they tell, those that come twice among them."""
        timed = []
        for number in range(MAILS):
            for place, notice in enumerate(self._notices(number)):
                # Sending is told within a second, the outcome after some, and the queue keeps no order.
                at = number / 100 + self._chance.uniform(0, 1) + (self._chance.uniform(1, 8) if place else 0)
                timed += [(at, notice)] + ([(at + 30, notice)] if self._chance.random() < AGAIN else [])
        return [notice for _, notice in sorted(timed)]

    @property
    def warm_up(self) -> list[str]:
        return [notice for number in range(-200, 0) for notice in self._notices(number)]

    def _notices(self, number: int) -> Iterator[str]:
        from local.feedback import SIMULATOR, Sent, events

        outcome, domain = self._mails[number]
        mail = Sent(
            message_id=f"0102019b-{number:06d}-000000",
            at=NOW - 60_000 + number * 10 % 50_000,
            source="Yellow Tea <hello@tea.example>",
            to=(f"{outcome}+{number}@{SIMULATOR}",),
            headers=(
                ("From", "Yellow Tea <hello@tea.example>"),
                ("To", f"p{number}@{domain}"),
                ("Subject", "The new harvest is here"),
                ("MIME-Version", "1.0"),
                ("List-Unsubscribe", f"<https://abcdefghij.execute-api.eu-west-1.amazonaws.com/u/{'t' * 180}>"),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
                ("Content-Type", 'multipart/alternative; boundary="===============0123456789=="'),
            ),
            tags={
                "message": letters("m", number),
                "contact": letters("c", number),
                "template": "new-harvest",
                "campaign": "spring",
                "run": RUN,
            },
            configuration_set="samovar",
            raw="",
        )
        for said in events(mail):
            message = json.dumps(said).replace(f"{outcome}+{number}@{SIMULATOR}", f"p{number}@{domain}")
            yield json.dumps({"Type": "Notification", "MessageId": "n" * 36, "Message": message})

    def row(self, contact: str) -> dict[str, Any]:
        """The ledger's row of a mail that was handed over."""
        from dataclasses import replace

        from functions.core import campaign
        from functions.core.message import Feedback, begin, intended, settle
        from functions.tables import messages

        at = NOW - 120_000
        journey = campaign.journey_of("spring")
        made = intended(
            id="m" + contact[1:],
            contact=contact,
            journey=journey,
            step=RUN,
            template="new-harvest",
            topic="offers",
            release="r" * 26,
            now=at,
        )
        made = begin(made, "a" * 26, at, 5)
        return messages.to_item(replace(settle(made, Feedback("sent", at, "0102019b")), version=2))


def letters(first: str, number: int) -> str:
    """An opaque id made of a number: 26 letters, the first of them given."""
    digits = "".join("abcdefghij"[int(digit)] for digit in f"{number % MAILS if number < 0 else number:025d}")
    return first + digits


class _Aws(Metered):
    """The stores of the campaign: its mails stand there, and the keys."""

    def __init__(self, campaign: _Campaign) -> None:
        from functions.aws.attributes import to_item
        from functions.publish import keyring
        from functions.releases import Keyring

        self._campaign = campaign
        self._keys = json.dumps(plain(to_item(keyring.to_row(Keyring(PEPPER, (b"s" * 32,), ()), NOW))))
        super().__init__(self._standing)

    @property
    def counted(self) -> int:
        """How many mails the books of the day say were sent."""
        rows = (json.loads(row) for (pk, sk), row in self.stored.items() if pk.startswith("X#sent#") and sk == "*")
        return sum(int(row.get("sent", {"N": "0"})["N"]) for row in rows)

    def check(self, campaign: _Campaign) -> None:
        """Every mail is settled as it ended, and counted once."""
        states = {"success": "delivered", "bounce": "bounced", "softbounce": "bounced", "complaint": "complained"}
        ended = dict.fromkeys(states.values(), 0)
        for (_, sk), row in self.stored.items():
            if sk.startswith("M#"):
                ended[json.loads(row)["state"]["S"]] += 1
        wanted = dict.fromkeys(states.values(), 0)
        for outcome, many in campaign.outcomes.items():
            wanted[states[outcome]] += many
        assert ended == wanted, (ended, wanted)
        assert self.counted == MAILS, self.counted

    def _standing(self, pk: str, sk: str) -> str | None:
        from functions.aws.attributes import to_item

        if pk == "X#keys":
            return self._keys
        if pk.startswith("C#") and sk.startswith("M#"):
            return json.dumps(plain(to_item(self._campaign.row(pk[2:]))))
        return None

    def _Query(self, body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        pk = asked["ExpressionAttributeValues"][":pk"]["S"]
        # A contact of the campaign has this one message.
        items = [self._item((pk, f"M#m{pk[3:]}"))] if pk.startswith("C#") else []
        self.units.read += sizes.read_units(items, consistent=asked.get("ConsistentRead", False), together=True)
        return 200, json.dumps({"Items": items, "Count": len(items), "ScannedCount": len(items)}).encode()
