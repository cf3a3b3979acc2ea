"""A month in which nobody knocks."""

import pytest
from moto import mock_aws

from functions import clock
from functions.aws import session
from functions.core import costs, prices
from functions.sweep.handler import handler
from infra import idle_cost
from tests.infra.conftest import Synthesized

DEAR = (
    *("AWS::EC2::", "AWS::SecretsManager::", "AWS::KMS::Key", "AWS::RDS::", "AWS::ECS::", "AWS::Kinesis::"),
    *("AWS::ElastiCache::", "AWS::OpenSearchService::", "AWS::ApplicationAutoScaling::", "AWS::WAFv2::"),
)


def test_an_idle_month_costs_at_most_a_dollar(app: Synthesized) -> None:
    lines = idle_cost.bill([app.data, app.service])
    print(idle_cost.table(lines))
    assert 0 < idle_cost.usd(lines) <= 1.0


def test_what_pages_say_of_an_idle_month_is_what_its_bill_says(app: Synthesized) -> None:
    assert idle_cost.usd(idle_cost.bill([app.data, app.service])) == pytest.approx(costs.IDLE_A_MONTH, abs=0.01)


def test_polling_of_each_queue_is_on_the_bill(app: Synthesized) -> None:
    polled = [line for line in idle_cost.bill([app.data, app.service]) if line.unit == "requests" and line.usd]
    assert len(polled) == 3
    assert all(line.usd == pytest.approx(0.2628) for line in polled)


def test_alarms_and_dashboard_are_on_the_bill(app: Synthesized) -> None:
    lines = {line.unit: line for line in idle_cost.bill([app.data, app.service])}
    assert lines["alarms"].usd == 0
    assert lines["dashboards"].usd == 0
    alarms = {f"A{n}": {"Type": "AWS::CloudWatch::Alarm"} for n in range(prices.ALARMS_INCLUDED + 2)}
    assert idle_cost.usd(idle_cost.bill([{"Resources": alarms}])) == pytest.approx(0.20, abs=0.001)


def test_nothing_runs_while_nobody_knocks(app: Synthesized) -> None:
    kinds = {resource["Type"] for stack in (app.data, app.service) for resource in stack["Resources"].values()}
    assert not [kind for kind in kinds if kind.startswith(DEAR)]
    for function in app.functions().values():
        assert not {"VpcConfig", "ReservedConcurrentExecutions", "SnapStart"} & set(function)
    assert not any("ProvisionedConcurrencyConfig" in str(resource) for resource in app.service["Resources"].values())


def test_a_resource_whose_idle_price_nobody_looked_up_is_refused() -> None:
    with pytest.raises(idle_cost.Unknown, match="AWS::EC2::NatGateway"):
        idle_cost.bill([{"Resources": {"Nat": {"Type": "AWS::EC2::NatGateway"}}}])


def test_the_table_itemises_and_adds_up() -> None:
    lines = [idle_cost.Line("one", 2, "calls", 0.25), idle_cost.Line("another", 1, "calls", 0.125)]
    assert idle_cost.usd(lines) == 0.625
    text = idle_cost.table(lines)
    assert "another" in text
    assert "0.6250" in text


@mock_aws
def test_a_sweep_that_finds_nothing_reads_the_index_and_says_nothing(
    app: Synthesized, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = next(t["Properties"] for name, t in app.of("AWS::DynamoDB::Table").items() if name.startswith("Contacts"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("CONTACTS_TABLE", "contacts")
    session.reset()
    dynamodb = session.client("dynamodb")
    kept = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    dynamodb.create_table(TableName="contacts", **{name: table[name] for name in kept})
    calls: list[str] = []
    dynamodb.meta.events.register("before-call.*.*", lambda model, **_: calls.append(model.name))
    monkeypatch.setattr(clock, "now_ms", lambda: 0)
    handler({}, None)
    session.reset()
    assert len(calls) * 0.5 == idle_cost.IDLE_SWEEP_READ_UNITS
    assert set(calls) == {"Query"}
    assert capsys.readouterr().out == ""
