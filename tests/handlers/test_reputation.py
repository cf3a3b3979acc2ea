"""The brake: too many bounces or complaints pause marketing, nothing is lost, and a person lets it go on."""

import json
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

import pytest
from botocore.client import BaseClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.aws import dynamodb
from functions.core import reputation
from functions.core.consent import suppression
from functions.core.identity import EMAIL, hash_of
from functions.core.message import PATIENCE
from functions.core.pauses import EVERYTHING, MARKETING, Pause
from functions.core.policy import PAUSED_MS
from functions.core.reputation import ALL, SAMOVAR, Counts
from functions.tables import addresses, pauses
from functions.tables import reputation as books
from functions.track.handler import handler as track
from local.feedback import Sent
from local.front.letters import Letter, read
from tests.handlers.conftest import Stack
from tests.handlers.faults import Crash, crash_at
from tests.handlers.test_send import ADA, HOUR, NOW, World, settle

DAY = 24 * HOUR
DAYS: Final = count()
"""Of every example a day of its own."""


class Post(World):
    """A world whose mail service reports, and whose owner has a mailbox."""

    def __init__(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(stack, monkeypatch)
        self.topic = stack.emulator.client("sns").create_topic(Name=f"{self.name}-alarms")["TopicArn"]
        monkeypatch.setenv("ALERT_TOPIC_ARN", self.topic)
        self.number = 0

    def reports(self, kind: str, many: int, *, domain: str = "list.example", sent: int | None = None) -> list[str]:
        """As many reports about as many mails of others than Ada, as they stand in the queue."""
        at = datetime.fromtimestamp((self.now if sent is None else sent) / 1000, UTC).isoformat()
        made = []
        for _ in range(many):
            self.number += 1
            address = f"p{self.number}@{domain}"
            part: dict[str, Any] = {"timestamp": at}
            if kind == "Bounce":
                part |= {"bounceType": "Permanent", "bounceSubType": "General", "feedbackId": f"f{self.number}"}
                part["bouncedRecipients"] = [{"emailAddress": address}]
            if kind == "Complaint":
                part |= {"feedbackId": f"f{self.number}", "complainedRecipients": [{"emailAddress": address}]}
            mail = {"timestamp": at, "messageId": f"ses-{self.number}", "destination": [address]}
            name = kind[:1].lower() + kind[1:]
            made.append(json.dumps({"eventType": kind, "mail": mail, name: part}))
        return made

    def tell(self, bodies: Iterable[str], at_once: int = 10) -> None:
        """Hand reports to the function, so many at a time."""
        waiting = list(bodies)
        while waiting:
            batch, waiting = waiting[:at_once], waiting[at_once:]
            records = [{"messageId": f"r{n}", "body": body, "eventSource": "aws:sqs"} for n, body in enumerate(batch)]
            assert track({"Records": records}, None) == {"batchItemFailures": []}

    def bounce(self, many: int, of: int) -> None:
        """So many mails of so many come back for good."""
        self.sent(of)
        self.tell(self.reports("Bounce", many))

    def sent(self, many: int) -> None:
        """So many mails went out."""
        books.add(reputation.day_of(self.now), ALL, Counts(sent=many))

    def alerts(self) -> list[Letter]:
        """What the owner got."""
        kept = [Sent.from_json(path.read_text("utf-8")) for path in self.stack.emulator.mail_dir.glob("*.json")]
        name = self.topic.rpartition(":")[2]
        return [read(mail) for mail in kept if any(value.startswith(name) for _, value in mail.headers)]

    def sweep(self, *ids: str) -> None:
        """What the sweep does for messages that are due, and what the queue then brings."""
        for id in ids:
            settle(ADA, id, self.now)
        self.queued()
        self.deliver(*ids)


@pytest.fixture
def post(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Post:
    world = Post(stack, monkeypatch)
    world.contact()
    world.grant()
    return world


def test_a_burst_of_bounces_pauses_marketing_with_the_reason_in_words(post: Post) -> None:
    post.bounce(12, of=200)
    pause = pauses.get().held[MARKETING]
    assert (pause.by, pause.until) == (SAMOVAR, None)
    assert "10 of 200 mails sent in the last seven days bounced for good (5 %)" in pause.why


def test_what_is_paused_waits_and_goes_out_after_a_person_resumed_while_orders_go_out_at_once(post: Post) -> None:
    post.bounce(12, of=100)
    post.intend("offer")
    post.intend("order", topic="orders")
    post.deliver("offer", "order")
    assert (post.message("offer").state, post.message("offer").reason) == ("intended", "paused")
    assert post.message("order").state == "sent"
    post.now += PAUSED_MS + 1
    post.sweep("offer")
    assert post.message("offer").state == "intended", "it is still paused"
    assert pauses.release(MARKETING, books.totals(reputation.window(post.now)))
    post.now += PAUSED_MS + 1
    post.sweep("offer")
    assert post.message("offer").state == "sent"
    assert len(post.mails()) == 2


def test_the_big_switch_holds_orders_too(post: Post) -> None:
    pauses.hold(EVERYTHING, Pause(post.now, "the shop burns", "ada", until=post.now + HOUR))
    post.intend("order", topic="orders")
    post.deliver("order")
    assert post.message("order").due == post.now + HOUR
    post.now += HOUR
    post.sweep("order")
    assert post.message("order").state == "sent"


def test_what_waits_past_its_own_time_is_withheld_not_sent_late(post: Post) -> None:
    pauses.hold(MARKETING, Pause(post.now, "a mistake in the offer", "ada"))
    post.intend("offer", expires=post.now + HOUR)
    post.deliver("offer")
    pauses.release(MARKETING)
    post.now += HOUR + PATIENCE
    post.sweep("offer")
    assert (post.message("offer").state, post.message("offer").reason) == ("withheld", "too-late")


def test_the_owner_is_told_once_in_words_and_without_an_address(post: Post) -> None:
    post.bounce(35, of=300)
    (mail,) = post.alerts()
    assert mail.subject == "Samovar paused marketing messages"
    for words in ("What happened: ", "What it means: ", "What to do: ", "samovar resume marketing"):
        assert words in mail.text
    assert "list.example" not in mail.text


def test_a_pause_whose_teller_died_is_told_by_the_next_report_a_minute_later(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("functions.aws.sns.publish", lambda *_: (_ for _ in ()).throw(RuntimeError("SNS is away")))
        post.bounce(12, of=100)
    assert pauses.get().held[MARKETING].by == SAMOVAR
    post.tell(post.reports("Bounce", 1))
    assert post.alerts() == [], "whoever paused may still be about to tell"
    post.now += 60_000
    post.tell(post.reports("Bounce", 1))
    post.tell(post.reports("Bounce", 1))
    assert len(post.alerts()) == 1


def test_a_small_business_is_not_paused_by_arithmetic(post: Post) -> None:
    post.bounce(1, of=3)
    post.bounce(8, of=50)
    assert pauses.get().held == {}


def test_complaints_pause_before_gmail_and_ses_would(post: Post) -> None:
    post.sent(800)
    post.tell(post.reports("Complaint", 4))
    assert pauses.get().held == {}
    post.tell(post.reports("Complaint", 1))
    assert "were marked as spam" in pauses.get().held[MARKETING].why


def test_a_repeated_report_does_not_count_twice(post: Post) -> None:
    told = post.reports("Send", 20) + post.reports("Bounce", 3)
    post.tell(told)
    post.tell(reversed(told))
    day = reputation.day_of(NOW)
    assert books.totals([day])[day] == Counts(sent=20, bounced=3)
    assert books.by_domain(day)["list.example"] == Counts(sent=20, bounced=3)


def test_a_bounce_counts_on_the_day_on_which_its_mail_was_sent(post: Post) -> None:
    post.tell(post.reports("Bounce", 1, sent=NOW - 2 * DAY))
    assert books.totals(reputation.window(NOW)) == {reputation.day_of(NOW - 2 * DAY): Counts(bounced=1)}


def test_what_a_person_resumed_is_not_paused_again_on_the_same_evidence(post: Post) -> None:
    post.bounce(12, of=100)
    post.now += HOUR
    before = post.now - HOUR
    pauses.release(MARKETING, books.totals(reputation.window(post.now)))
    # Late reports about mail that had gone out before are the same evidence.
    post.tell(post.reports("Bounce", 30, sent=before))
    assert MARKETING not in pauses.get().held
    post.now += HOUR
    post.bounce(9, of=100)
    assert MARKETING not in pauses.get().held
    post.tell(post.reports("Bounce", 1))
    assert "10 of 100 mails" in pauses.get().held[MARKETING].why


def test_a_person_who_paused_is_not_overruled(post: Post) -> None:
    pauses.hold(MARKETING, Pause(post.now, "we move house", "ada"))
    post.bounce(20, of=100)
    assert pauses.get().held[MARKETING].by == "ada"
    assert post.alerts() == []


def test_reports_are_done_with_even_where_counting_fails(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "add_each", lambda *_: (_ for _ in ()).throw(RuntimeError("throttled")))
    post.tell(post.reports("Send", 1) + post.reports("Bounce", 1))
    assert {event.name for event in post.stack.events()} == {"Email Sent", "Email Bounced"}


def test_a_batch_of_a_hundred_reports_is_counted_by_a_call_for_25_rows(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> list[str]:
        sent = [post.reports("Send", 1, domain=f"shop-{number}.example") for number in range(50)]
        return [one for reports in sent for one in reports] + post.reports("Delivery", 50, domain="ŁÓDŹ.example")

    post.tell(told())
    batch = told()
    calls = Counter[str]()
    original = BaseClient._make_api_call

    def counted(self: Any, operation: str, arguments: Any) -> Any:
        calls[operation] += 1
        return original(self, operation, arguments)

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", counted)
        post.tell(batch, at_once=100)
    # Erased people, the events of a hundred reports, the counts of 52 rows: read and written.
    assert calls == {"BatchGetItem": 2, "BatchExecuteStatement": 4 + 3}
    day = reputation.day_of(post.now)
    assert books.totals([day])[day] == Counts(sent=100, delivered=100)
    domains = books.by_domain(day)
    assert domains["xn--d-uga0v4h.example"] == Counts(delivered=100)
    assert {domains[f"shop-{number}.example"] for number in range(50)} == {Counts(sent=2)}


def test_whoever_counts_at_the_same_moment_is_counted_as_well(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker adds between reading and writing, also to a row that was not there."""
    day = reputation.day_of(post.now)
    books.add(day, ALL, Counts(sent=1))
    real = dynamodb.batch_get

    def read(table: str, keys: Iterable[dynamodb.Key], **how: Any) -> Any:
        wanted = list(keys)
        found = real(table, wanted, **how)
        if books.key(day, ALL) in wanted:
            monkeypatch.setattr(dynamodb, "batch_get", real)
            books.add(day, ALL, Counts(sent=10, bounced=1))
            books.add(day, "list.example", Counts(sent=10))
        return found

    monkeypatch.setattr(dynamodb, "batch_get", read)
    books.add_each({(day, ALL): Counts(sent=5), (day, "list.example"): Counts(sent=5)})
    assert books.totals([day])[day] == Counts(sent=16, bounced=1)
    assert books.by_domain(day)["list.example"] == Counts(sent=15)


@given(
    st.lists(st.tuples(st.sampled_from(("a", "b")), st.sampled_from(Counts.__slots__), st.integers(1, 9)), max_size=9)
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_counting_many_at_once_is_counting_each(stack: Stack, steps: list[tuple[str, str, int]]) -> None:
    wanted: dict[str, Counts] = {}
    day = (datetime(2030, 1, 1, tzinfo=UTC) + timedelta(days=next(DAYS))).date().isoformat()
    for start in range(0, len(steps), 2):
        batch: dict[tuple[str, str], Counts] = {}
        for domain, name, many in steps[start : start + 2]:
            counts = Counts(**{name: many})
            wanted[domain] = wanted.get(domain, Counts()) + counts
            batch[day, domain] = batch.get((day, domain), Counts()) + counts
        books.add_each(batch)
    assert books.by_domain(day) == wanted


def test_whatever_call_a_batch_dies_at_the_same_batch_again_ends_the_same(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def batch() -> dict[str, Any]:
        told = post.reports("Bounce", 1) + post.reports("Send", 1, domain="other.example")
        return {"Records": [{"messageId": str(n), "body": body} for n, body in enumerate(told)]}

    with crash_at(-1, after=False, monkeypatch=monkeypatch) as calls:
        track(batch(), None)
        made = calls()
    struck = 0
    for call in range(made):
        for after in (False, True):
            event = batch()
            with crash_at(call, after=after, monkeypatch=monkeypatch), suppress(Crash):
                track(event, None)
            track(event, None)
            struck += 1
    people = [f"p{number}@list.example" for number in range(1, 2 * struck + 2, 2)]
    heads = [addresses.head(hash_of(post.stack.ref(EMAIL, person))) for person in people]
    assert [head.version for head in heads] == [1] * (struck + 1), "suppressed, and once"
    assert all(suppression(head) for head in heads)
    told = Counter(event.name for event in post.stack.events())
    assert told == {"Email Bounced": struck + 1, "Email Sent": struck + 1}
    counted = books.totals(reputation.window(post.now))[reputation.day_of(post.now)]
    assert counted.bounced <= struck + 1, "none counts twice"
    assert counted.bounced >= struck - made, "what is lost is the count of a batch that died between its events"


def test_a_warm_up_grants_no_more_than_the_day_allows_however_many_ask(stack: Stack) -> None:
    assert [books.take("2026-12-01", wanted, 50) for wanted in (20, 20, 20, 20)] == [20, 20, 10, 0]
    assert books.take("2026-12-02", 80, 50) == 50
    assert books.taken(["2026-12-01", "2026-12-02", "2026-12-03"]) == {"2026-12-01": 50, "2026-12-02": 50}
    assert books.by_domain("2026-12-01") == {}
