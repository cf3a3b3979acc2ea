"""One logger and one set of metrics for every function. Ids only: never an address or a name."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
metrics = Metrics(namespace="Samovar")

Handler = TypeVar("Handler", bound=Callable[[dict[str, Any], Any], Any])


def metric(name: str, value: float = 1, unit: MetricUnit | str = MetricUnit.Count) -> None:
    """Add to a metric of this invocation; sent with the log when the handler ends."""
    metrics.add_metric(name=name, unit=MetricUnit(unit), value=value)


def handler(function: Handler) -> Handler:
    """Marks a Lambda handler: its metrics are flushed however it ends."""

    @wraps(function)
    def wrapped(event: dict[str, Any], context: Any) -> Any:
        try:
            return function(event, context)
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()

    return wrapped  # type: ignore[return-value]
