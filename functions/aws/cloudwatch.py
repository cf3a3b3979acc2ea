"""Amazon CloudWatch: what AWS counted of its own accord, by day, in one call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from functions.aws.faults import is_of_aws
from functions.aws.session import client

_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric by its names, and how a day of it becomes one number ("Sum", "Maximum")."""

    namespace: str
    name: str
    statistic: str
    dimensions: Mapping[str, str] = field(default_factory=dict)


class Unanswered(RuntimeError):
    """CloudWatch could not be asked."""


def by_day(asked: Mapping[str, Metric], first: date, last: date) -> dict[str, dict[date, float]]:
    """Each metric by day (UTC's) from `first` to `last`; days without anything are absent. AWS charges for each metric
    that is asked for. Raises Unanswered.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
    """
    names = dict(enumerate(asked))
    try:
        answer = client("cloudwatch", attempts=1).get_metric_data(
            MetricDataQueries=[
                {
                    "Id": f"m{number}",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": asked[name].namespace,
                            "MetricName": asked[name].name,
                            "Dimensions": [{"Name": one, "Value": of} for one, of in asked[name].dimensions.items()],
                        },
                        "Period": _DAY_S,
                        "Stat": asked[name].statistic,
                    },
                }
                for number, name in names.items()
            ],
            StartTime=_midnight(first),
            EndTime=_midnight(last + timedelta(days=1)),
        )
    except Exception as error:
        if is_of_aws(error):
            raise Unanswered(type(error).__name__) from error
        raise
    found: dict[str, dict[date, float]] = {name: {} for name in asked}
    for result in answer.get("MetricDataResults", ()):
        days = found[names[int(result["Id"].removeprefix("m"))]]
        for moment, value in zip(result.get("Timestamps", ()), result.get("Values", ()), strict=False):
            days[moment.astimezone(UTC).date()] = float(value)
    return found


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
