"""What a month costs, on the first page; and the letter that comes once when it costs more than it may."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.stub import Stubber

from functions import releases, spending
from functions.aws import cloudwatch, session
from functions.aws.cloudwatch import Metric, Unanswered
from functions.core import costs
from functions.core.campaign import journey_of
from functions.core.counted import Place, Unit
from functions.core.days import day_of
from functions.core.release import canonical, load
from functions.core.roles import RIGHTS, Right, Role
from functions.core.runs import Run
from functions.sweep import budget
from functions.tables import campaigns, counts
from functions.tables import spending as table
from functions.tables.campaigns import Plan
from tests.cloud import Cloud
from tests.cloud.cloud import marketing
from tests.handlers.faults import Crash, crash_at
from tests.handlers.test_console import JSON, get, shop, signed_in

__all__ = ["shop"]
DAY = 86_400_000
HOUR = 3_600_000
Days = dict[str, dict[date, float]]


def publish(cloud: Cloud, **said: Any) -> None:
    """Let the shop say more in sending.yaml."""
    live = load(marketing())
    cloud.publish(canonical(live.model_copy(update={"sending": live.sending.model_copy(update=said)})))


def today(cloud: Cloud) -> date:
    return day_of(cloud.clock.now, releases.live().release.sending.business.time_zone)


def sent(cloud: Cloud, many: int, channel: str = "email", by: str = "journey/welcome") -> None:
    """Let so many messages have gone out today."""
    on = today(cloud).isoformat()
    adds = {Place("mail", on, channel, "sent"): many, Place(by, on, "guide", "sent"): many}
    counts.count([Unit(f"{by}-{channel}-{many}-{cloud.clock.now}", adds=adds)])


def told(cloud: Cloud, role: Role = Role.OWNER) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(get(cloud, "/console", signed_in(role), JSON)["body"])["costs"]
    return found


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Days:
    """What CloudWatch says, and under "asked" how often it was asked."""
    said: Days = {"events": {}, "waits": {}, "texts": {}, "asked": {}}

    def answer(asked: Mapping[str, Metric], first: date, last: date) -> Days:
        said["asked"][last] = said["asked"].get(last, 0) + 1
        return {name: said[name] for name in asked}

    monkeypatch.setattr(cloudwatch, "by_day", answer)
    return said


@pytest.fixture
def owner(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Subject and text of each letter that AWS took."""
    letters: list[tuple[str, str]] = []
    original = BaseClient._make_api_call

    def call(self: Any, operation: str, arguments: Any) -> Any:
        if operation == "Publish":
            letters.append((arguments["Subject"], arguments["Message"]))
            return {"MessageId": "one"}
        return original(self, operation, arguments)

    monkeypatch.setenv("ALERT_TOPIC_ARN", "arn:aws:sns:eu-west-1:000000000000:alarms")
    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return letters


def the_hour(cloud: Cloud) -> int:
    """The clock at the next moment at which a sweep looks."""
    minute = 60_000
    while not budget.is_time(cloud.clock.now):
        cloud.clock.now += minute
    now: int = cloud.clock.now
    return now


def look(cloud: Cloud) -> None:
    the_hour(cloud)
    cloud.invoke("sweep", {})
    cloud.clock.now += 60_000


def test_whoever_sees_numbers_sees_what_the_month_costs(shop: Cloud, aws: Days) -> None:
    on = today(shop)
    aws["events"], aws["waits"] = {on: 1000.0}, {on: 10.0}
    sent(shop, 100_000)
    sent(shop, 100, "sms")
    for role in Role:
        assert Right.SEE in RIGHTS[role]
        found = told(shop, role)
        parts = {one["part"]: one for one in found["parts"]}
        assert parts["email"]["messages"] >= 100_000
        assert parts["email"]["so_far"] == pytest.approx(12.7, abs=0.01)
        assert parts["sms"]["so_far"] == pytest.approx(100 * costs.ASSUMED_TEXT, abs=0.01)
        assert {"events", "waits", "idle"} <= parts.keys()
        assert found["whole"]
        assert found["expected"] >= found["so_far"] > 12
        page = get(shop, "/console", signed_in(role))["body"]
        assert "What it costs" in page
        assert "AWS&#39;s bill decides" in page
        assert "it differs by country" in page
        assert "Only messages and the base cost" not in page


def test_aws_is_asked_once_an_hour_however_many_look(shop: Cloud, aws: Days) -> None:
    first = told(shop)
    sent(shop, 1000)
    assert [told(shop) for _ in range(3)] == [first] * 3
    assert sum(aws["asked"].values()) == 1
    shop.clock.now += HOUR
    assert told(shop)["so_far"] > first["so_far"]
    assert sum(aws["asked"].values()) == 2


def test_where_aws_says_nothing_the_page_says_messages_only(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: Any) -> Days:
        raise Unanswered("EndpointConnectionError")

    monkeypatch.setattr(cloudwatch, "by_day", silent)
    sent(shop, 1000)
    found = told(shop)
    assert not found["whole"]
    assert {one["part"] for one in found["parts"]} == {"email", "idle"}
    assert "Only messages and the base cost" in get(shop, "/console", signed_in(Role.VIEWER))["body"]


def test_on_a_machine_without_cloudwatch_the_page_is_there_all_the_same(shop: Cloud) -> None:
    assert not told(shop)["whole"]


def test_what_the_business_says_of_its_texts_and_its_budget_holds_at_once(shop: Cloud, aws: Days) -> None:
    sms = load(marketing()).sending.sms.model_copy(update={"price": 0.5})
    publish(shop, sms=sms, monthly_budget=20)
    sent(shop, 100, "sms")
    found = told(shop)
    assert (found["budget"], found["over"], found["text"]) == (20, "spent", {"price": 0.5, "by": "business"})
    page = get(shop, "/console", signed_in(Role.VIEWER))["body"]
    assert "This month has cost more than its budget" in page
    assert "as your files say" in page


def test_a_channel_of_a_strange_name_is_shown_escaped(shop: Cloud, aws: Days) -> None:
    sent(shop, 10, "<script>İ'\"🫖")
    page = get(shop, "/console", signed_in(Role.OWNER))["body"]
    assert "&lt;script&gt;İ" in page
    assert "<script>İ" not in page


def campaign_of(shop: Cloud) -> str:
    return sorted(releases.live().release.campaigns)[0]


def run_of(campaign: str, shop: Cloud, **more: Any) -> Run:
    now = shop.clock.now
    return Run(campaign, "one", releases.live().id, at=now, begun=now, by="tests", **more)


def test_a_run_that_holds_is_in_what_is_expected(shop: Cloud, aws: Days) -> None:
    before = spending.reckoned(shop.clock.now)
    shop.clock.now += HOUR
    campaign = campaign_of(shop)
    campaigns.put_plan(Plan(campaign))
    campaigns.create(run_of(campaign, shop, state="sending", counts={"allow": 9000, "defer quiet-hours": 1000}))
    decided = Place(f"journey/{journey_of(campaign)}", today(shop).isoformat(), "one", "decided")
    counts.count([Unit("so-far", adds={decided: 4000})])
    after = spending.reckoned(shop.clock.now)
    more = after.expected["email"] - before.expected.get("email", 0)
    assert more == pytest.approx(6000 * costs.PRICE_OF_MESSAGE["email"])


def test_a_campaign_that_never_ran_is_named_as_not_foretold(shop: Cloud, aws: Days) -> None:
    campaign, now = campaign_of(shop), shop.clock.now
    campaigns.put_plan(Plan(campaign, releases.live().id, "soon", now + HOUR, now + HOUR, None))
    assert [one["id"] for one in told(shop)["unforetold"]] == [campaign]
    assert "they have never run" in get(shop, "/console", signed_in(Role.VIEWER))["body"]
    # Its last run says what the next one brings.
    campaigns.create(run_of(campaign, shop, state="done", counts={"allow": 5000}, intended=5000))
    shop.clock.now += HOUR
    campaigns.put_plan(Plan(campaign, releases.live().id, "soon", shop.clock.now + 1, shop.clock.now + 1, None))
    found = told(shop)
    assert found["unforetold"] == []
    (mail,) = [one for one in found["parts"] if one["part"] == "email"]
    assert mail["expected"] - mail["so_far"] >= 5000 * 0.0001


# --- the letter -----------------------------------------------------------------------------------------------------


def test_the_owner_is_told_once_of_what_is_expected_and_once_of_what_was_spent(
    shop: Cloud, aws: Days, owner: list[tuple[str, str]]
) -> None:
    shop.clock.now = int(datetime(2027, 3, 3, 9, tzinfo=UTC).timestamp() * 1000)
    publish(shop, monthly_budget=20)
    look(shop)
    sent(shop, 100_000)
    shop.clock.now += HOUR
    look(shop)
    assert owner == []
    shop.clock.now += 7 * DAY
    look(shop)
    ((subject, text),) = owner
    assert subject.startswith("This month is expected to cost about $")
    assert "journey welcome: 100,000" in text
    for _ in range(3):
        shop.clock.now += HOUR
        look(shop)
    assert len(owner) == 1
    sent(shop, 90_000)
    shop.clock.now += HOUR
    for _ in range(3):
        look(shop)
    assert [subject.partition(" about")[0] for subject, _ in owner] == [
        "This month is expected to cost",
        "This month has cost",
    ]
    # Another budget is passed for itself.
    publish(shop, monthly_budget=21)
    look(shop)
    assert len(owner) == 3
    # Another month, another letter.
    shop.clock.now = int(datetime(2027, 4, 10, 9, tzinfo=UTC).timestamp() * 1000)
    sent(shop, 200_000)
    look(shop)
    assert len(owner) == 4


def test_what_a_campaign_sent_that_is_gone_is_not_expected_again(shop: Cloud, aws: Days) -> None:
    sent(shop, 1)
    shop.clock.now += 10 * DAY
    before = spending.reckoned(shop.clock.now).by_the_end
    campaigns.put_plan(Plan("spring"))
    on, at = today(shop).isoformat(), f"journey/{journey_of('spring')}"
    adds = {Place("mail", on, "email", "sent"): 70_000, Place(at, on, "one", "by-email"): 70_000}
    counts.count([Unit("spring", adds=adds)])
    shop.clock.now += DAY
    found = spending.reckoned(shop.clock.now)
    assert found.by_the_end - before == pytest.approx(70_000 * costs.PRICE_OF_MESSAGE["email"], rel=0.02)


def test_without_a_budget_nobody_is_told_and_nothing_is_reckoned(
    shop: Cloud, aws: Days, owner: list[tuple[str, str]]
) -> None:
    sent(shop, 10**8)
    look(shop)
    assert (owner, aws["asked"]) == ([], {})


def test_only_one_sweep_of_an_hour_looks_and_no_helper_does(
    shop: Cloud, aws: Days, owner: list[tuple[str, str]]
) -> None:
    publish(shop, monthly_budget=1)
    sent(shop, 10**6)
    shop.clock.now = the_hour(shop) + 60_000
    cloud_minutes = [shop.clock.now + minute * 60_000 for minute in range(58)]
    assert not any(map(budget.is_time, cloud_minutes))
    shop.clock.now = the_hour(shop)
    shop.invoke("sweep", {"shards": ["0"]})
    assert owner == []
    shop.invoke("sweep", {})
    shop.invoke("sweep", {})
    assert len(owner) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_whatever_call_the_sweep_dies_at_the_owner_is_told_and_once_unless_its_answer_was_lost(
    shop: Cloud, aws: Days, owner: list[tuple[str, str]], after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(shop, monthly_budget=1)
    sent(shop, 10**6)
    month, number, lasting = today(shop).isoformat()[:7], 0, True
    while lasting:
        _forget(month)
        owner.clear()
        now = the_hour(shop)
        try:
            with crash_at(number, after=after, monkeypatch=monkeypatch):
                budget.watch(now)
            lasting = False
        except Crash:
            pass
        # The same minute's second sweep, and the next hours'.
        taken = len(owner)
        budget.watch(now)
        for hour in (1, 2, 3):
            budget.watch(now + hour * HOUR)
        # AWS took it, and whoever saw that died before it could note it.
        most = 2 if taken and lasting and not _last_written(month, now) else 1
        assert 1 <= len(owner) <= most, number
        number += 1
    assert number > 8


def _last_written(month: str, now: int) -> bool:
    """Whether the first sweep noted that the owner was told."""
    from functions import settings
    from functions.aws import dynamodb

    row = dynamodb.get(settings.contacts_table(), (table.PARTITION, f"{month}#{costs.SPENT}-1"))
    return row is not None and row.get("told") == now


def _forget(month: str) -> None:
    from functions import settings
    from functions.aws import dynamodb

    for row in dynamodb.query(settings.contacts_table(), table.PARTITION):
        dynamodb.delete(settings.contacts_table(), (row["pk"], row["sk"]))


def test_a_letter_that_aws_refused_comes_in_an_hour(
    shop: Cloud, aws: Days, owner: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(shop, monthly_budget=1)
    sent(shop, 10**6)
    with monkeypatch.context() as patch:
        patch.setattr("functions.aws.sns.publish", lambda *_: 1 / 0)
        look(shop)
    assert owner == []
    shop.clock.now += 30 * 60_000
    look(shop)
    assert len(owner) == 1


# --- the adapter ----------------------------------------------------------------------------------------------------


def test_cloudwatch_is_asked_for_all_in_one_call(shop: Cloud) -> None:
    client = session.client("cloudwatch", attempts=1)
    first, last = date(2026, 11, 1), date(2026, 11, 2)
    midnight = datetime(2026, 11, 1, tzinfo=UTC)
    with Stubber(client) as stub:
        stub.add_response(
            "get_metric_data",
            {
                "MetricDataResults": [
                    {"Id": "m1", "Timestamps": [midnight, midnight + timedelta(days=1)], "Values": [2.0, 3.0]},
                    {"Id": "m0", "Timestamps": [], "Values": []},
                ]
            },
            {
                "MetricDataQueries": [
                    {
                        "Id": f"m{number}",
                        "MetricStat": {
                            "Metric": {"Namespace": "AWS/X", "MetricName": name, "Dimensions": dimensions},
                            "Period": 86_400,
                            "Stat": "Sum",
                        },
                    }
                    for number, (name, dimensions) in enumerate([("One", []), ("Two", [{"Name": "T", "Value": "t"}])])
                ],
                "StartTime": midnight,
                "EndTime": midnight + timedelta(days=2),
            },
        )
        stub.add_client_error("get_metric_data", "AccessDenied")
        asked = {"one": Metric("AWS/X", "One", "Sum"), "two": Metric("AWS/X", "Two", "Sum", {"T": "t"})}
        assert cloudwatch.by_day(asked, first, last) == {"one": {}, "two": {first: 2.0, last: 3.0}}
        with pytest.raises(Unanswered):
            cloudwatch.by_day(asked, first, last)
