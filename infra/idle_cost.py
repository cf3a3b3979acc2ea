"""What a month costs in which nobody knocks: `python -m infra.idle_cost [folder of a synthesized app]`."""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from functions.core import prices
from functions.tables import due

IDLE_SWEEP_SECONDS = 0.15
"""Billed for one sweep that finds nothing due."""
IDLE_SWEEP_READ_UNITS = len(due.shards()) * 0.5
"""One eventually consistent query for each shard of the index."""
LOOK_READ_UNITS = 0.5
"""Whether a month has a budget stands in the live release, which is asked for by its pointer."""
DEPLOYED_GB = 0.015
"""Zipped code, layer and templates of one deployment in the CDK's bucket."""

# What costs by use only. Whatever is in neither this table nor `_PRICED` must be thought about first.
_FREE_WHILE_IDLE = frozenset(
    {
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        # Cognito's lesser plans charge by who signs in, and not for the first thousands.
        "AWS::Cognito::UserPool",
        "AWS::Cognito::UserPoolClient",
        "AWS::Cognito::UserPoolDomain",
        "AWS::Cognito::UserPoolGroup",
        "AWS::Events::EventBus",
        "AWS::IAM::Role",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Function",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Permission",
        "AWS::S3::BucketPolicy",
        "AWS::SES::ConfigurationSet",
        "AWS::SES::ConfigurationSetEventDestination",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::StepFunctions::StateMachine",
        "Custom::SamovarRelease",
    }
)
_STORAGE = {
    "AWS::DynamoDB::Table": "tables and their point-in-time recovery",
    "AWS::Events::Archive": "archive of the bus",
    "AWS::Logs::LogGroup": "logs (nothing is printed while nothing is due)",
    "AWS::S3::Bucket": "bucket",
    "AWS::SQS::Queue": "messages in queues",
}
_PRICED = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Events::Rule",
    "AWS::Lambda::EventSourceMapping",
}


_ASSUMED = (
    f"A sweep that finds nothing takes {IDLE_SWEEP_SECONDS * 1000:.0f} ms and writes neither log nor metric.",
    f"CloudWatch charges from the {prices.ALARMS_INCLUDED + 1}th alarm and the {prices.DASHBOARDS_INCLUDED + 1}th "
    f"dashboard of an account; where others use those up, add {prices.ALARM_MONTH:.2f} an alarm "
    f"and {prices.DASHBOARD_MONTH:.2f} for the dashboard.",
)


class Unknown(ValueError):
    """The template holds something whose idle price nobody has looked up."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill: `count` units a month at `price` dollars each."""

    item: str
    count: float
    unit: str
    price: float

    @property
    def usd(self) -> float:
        return self.count * self.price


def bill(templates: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Every line of a month at zero traffic. Raises Unknown."""
    lines: list[Line] = []
    count: Counter[str] = Counter()
    for template in templates:
        for name, resource in template["Resources"].items():
            kind, properties = resource["Type"], resource.get("Properties", {})
            count[kind] += 1
            if kind == "AWS::Lambda::EventSourceMapping":
                lines += _source(properties)
            elif kind == "AWS::Events::Rule":
                lines += _rule(properties, template["Resources"])
            elif kind not in _FREE_WHILE_IDLE and kind not in _STORAGE and kind not in _PRICED:
                raise Unknown(f"{kind} ({name}): what does it cost while idle?")
    lines = _merged(lines) + _watching(count)
    lines.append(Line("code, layer and templates in the CDK's bucket", DEPLOYED_GB, "GB", prices.S3_GB_MONTH))
    lines += [Line(_STORAGE[kind], 0, "GB", _STORAGE_PRICE[kind]) for kind in sorted(_STORAGE) if count[kind]]
    return lines


_STORAGE_PRICE = {
    "AWS::DynamoDB::Table": prices.DYNAMODB_GB_MONTH + prices.DYNAMODB_PITR_GB_MONTH,
    "AWS::Events::Archive": prices.EVENTBRIDGE_ARCHIVE_GB,
    "AWS::Logs::LogGroup": prices.LOGS_GB,
    "AWS::S3::Bucket": prices.S3_GB_MONTH,
    "AWS::SQS::Queue": 0.0,
}


def _source(properties: Mapping[str, Any]) -> list[Line]:
    name, attribute = properties["EventSourceArn"].get("Fn::GetAtt", ("stream", "StreamArn"))
    if attribute == "Arn":
        requests = prices.SQS_IDLE_REQUESTS_A_MONTH
        queue = name.removeprefix("Queues").rstrip("0123456789ABCDEF")
        return [Line(f"polling of the queue {queue.lower()}", requests, "requests", prices.SQS_REQUEST)]
    return [Line("polling of the tables' streams", 0, "requests", 0.0)]


def _rule(properties: Mapping[str, Any], resources: Mapping[str, Any]) -> list[Line]:
    schedule = properties.get("ScheduleExpression")
    if schedule is None:
        return []
    if schedule != "rate(1 minute)":
        raise Unknown(f"a schedule {schedule!r}: how often does it run in a month?")
    runs = prices.HOURS_A_MONTH * 60
    (target,) = properties["Targets"]
    function = resources[target["Arn"]["Fn::GetAtt"][0]]["Properties"]
    gb_seconds = runs * IDLE_SWEEP_SECONDS * function["MemorySize"] / 1024
    return [
        Line("sweep, each minute", runs, "calls", prices.LAMBDA_REQUEST),
        Line("sweep, its time", gb_seconds, "GB-s", prices.LAMBDA_GB_SECOND),
        Line("sweep, its hourly look", prices.HOURS_A_MONTH * LOOK_READ_UNITS, "units", prices.DYNAMODB_READ_UNIT),
        Line("sweep, its reads of what is due", runs * IDLE_SWEEP_READ_UNITS, "units", prices.DYNAMODB_READ_UNIT),
    ]


def _merged(lines: list[Line]) -> list[Line]:
    """Lines of the same item as one."""
    merged: dict[str, Line] = {}
    for line in lines:
        before = merged[line.item].count if line.item in merged else 0
        merged[line.item] = replace(line, count=before + line.count)
    return list(merged.values())


def _watching(count: Mapping[str, int]) -> list[Line]:
    alarms, boards = count["AWS::CloudWatch::Alarm"], count["AWS::CloudWatch::Dashboard"]
    return [
        Line(
            f"alarms past the {prices.ALARMS_INCLUDED} that every account has ({alarms} here)",
            max(0, alarms - prices.ALARMS_INCLUDED),
            "alarms",
            prices.ALARM_MONTH,
        ),
        Line(
            f"dashboards past the {prices.DASHBOARDS_INCLUDED} that every account has ({boards} here)",
            max(0, boards - prices.DASHBOARDS_INCLUDED),
            "dashboards",
            prices.DASHBOARD_MONTH,
        ),
    ]


def usd(lines: Iterable[Line]) -> float:
    """The sum of a bill in dollars."""
    return sum(line.usd for line in lines)


def table(lines: list[Line]) -> str:
    """The bill as text."""
    width = max(len(line.item) for line in lines)
    rows = [f"{line.item:<{width}}  {line.count:>12,.2f} {line.unit:<10}  {line.usd:>8.4f}" for line in lines]
    rule = "-" * len(rows[0])
    heading = f"{'a month at zero traffic, list prices, us-east-1':<{width}}  {'':>23}  {'dollars':>8}"
    total = f"{'in all':<{width}}  {'':>23}  {usd(lines):>8.4f}"
    return "\n".join([heading, rule, *rows, rule, total, *_ASSUMED])


def read_templates(folder: Path) -> list[dict[str, Any]]:
    """The templates of a synthesized app."""
    return [json.loads(file.read_text()) for file in sorted(folder.glob("*.template.json"))]


def main() -> None:
    if len(sys.argv) > 1:
        print(table(bill(read_templates(Path(sys.argv[1])))))
        return
    from infra.app import build_app

    with tempfile.TemporaryDirectory() as folder:
        build_app(folder).synth()
        print(table(bill(read_templates(Path(folder)))))


if __name__ == "__main__":
    main()
