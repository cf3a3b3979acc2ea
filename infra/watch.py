"""Alarms for what no retry will mend, and one dashboard."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

_MINUTES = cdk.Duration.minutes
NAMESPACE = "Samovar"


class Watch(Construct):
    """Few alarms: everything that fails for good ends in the one queue that the first alarm watches.

    Functions publish to its `topic` what a person must know in words.
    """

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Watch")
        self.topic = self._topic()
        self._tell_a_person()

    def over(self, *, functions: Mapping[str, lambda_.Function], queues: Mapping[str, sqs.Queue]) -> None:
        """Watch these."""
        self._alarm(
            "SetAside",
            "Something could not be handled and was set aside for a person",
            queues["aside"].metric_approximate_number_of_messages_visible(statistic="Maximum", period=_MINUTES(5)),
            above=0,
        )
        for name in ("score", "journey_step", "count"):
            self._alarm(
                f"Late{name.split('_')[0].capitalize()}",
                f"{name} is more than a quarter of an hour behind; its stream keeps a day",
                functions[name].metric(
                    "IteratorAge", statistic="Maximum", period=_MINUTES(5), unit=cw.Unit.MILLISECONDS
                ),
                above=15 * 60 * 1000,
            )
        self._alarm(
            "LateMail",
            "A message has waited for an hour to be sent",
            queues["send"].metric_approximate_age_of_oldest_message(statistic="Maximum", period=_MINUTES(5)),
            above=60 * 60,
        )
        self._alarm(
            "LateSweep",
            "Something has been due for five minutes: more is due than the sweep works off",
            sweep_lag(),
            above=5 * 60 * 1000,
        )
        for what, said, above in (
            ("Complaint", "More than one complaint in a thousand messages", 0.001),
            ("Bounce", "More than five bounces in a hundred messages", 0.05),
        ):
            self._alarm(
                f"{what}s",
                f"{said}: SES will review the account",
                cw.Metric(
                    namespace="AWS/SES",
                    metric_name=f"Reputation.{what}Rate",
                    statistic="Average",
                    period=cdk.Duration.hours(1),
                ),
                above=above,
            )
        self._dashboard(functions, queues)

    def _topic(self) -> sns.Topic:
        topic = sns.Topic(self, "Alarms", enforce_ssl=True)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"AWS:SourceAccount": cdk.Aws.ACCOUNT_ID}},
            )
        )
        return topic

    def _tell_a_person(self) -> None:
        parameter = cdk.CfnParameter(
            cdk.Stack.of(self),
            "AlarmEmail",
            default="",
            description="Who gets the alarms; empty for nobody. AWS asks this address to confirm",
        )
        given = cdk.CfnCondition(
            self, "Given", expression=cdk.Fn.condition_not(cdk.Fn.condition_equals(parameter.value_as_string, ""))
        )
        subscription = sns.CfnSubscription(
            self, "Person", topic_arn=self.topic.topic_arn, protocol="email", endpoint=parameter.value_as_string
        )
        subscription.cfn_options.condition = given

    def _alarm(self, name: str, description: str, metric: cw.Metric, *, above: float) -> None:
        alarm = cw.Alarm(
            self,
            name,
            alarm_description=description,
            comparison_operator=cw.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            metric=metric,
            threshold=above,
            treat_missing_data=cw.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))

    def _dashboard(self, functions: Mapping[str, lambda_.Function], queues: Mapping[str, sqs.Queue]) -> None:
        everyone = functions.values()
        cw.Dashboard(
            self,
            "Dashboard",
            widgets=[
                [
                    _graph("Calls", [f.metric_invocations(label=n) for n, f in functions.items()]),
                    _graph(
                        "Errors and throttles",
                        [f.metric_errors() for f in everyone] + [f.metric_throttles() for f in everyone],
                    ),
                    _graph(
                        "Duration, 99th percentile",
                        [f.metric_duration(statistic="p99", label=n) for n, f in functions.items()],
                    ),
                ],
                [
                    _graph(
                        "Behind the stream",
                        [
                            functions[n].metric("IteratorAge", statistic="Maximum", label=n)
                            for n in ("score", "journey_step")
                        ],
                    ),
                    _graph("Behind what is due", [sweep_lag()]),
                    _graph(
                        "Waiting in queues",
                        [q.metric_approximate_number_of_messages_visible(label=n) for n, q in queues.items()],
                    ),
                    _graph(
                        "Bounces and complaints",
                        [
                            cw.Metric(namespace="AWS/SES", metric_name=f"Reputation.{rate}Rate", label=rate)
                            for rate in ("Bounce", "Complaint")
                        ],
                    ),
                ],
            ],
        )


def sweep_lag() -> cw.Metric:
    """By how many milliseconds the oldest row that is due was late; sent only by sweeps that found any."""
    return cw.Metric(
        namespace=NAMESPACE,
        metric_name="SweepLag",
        dimensions_map={"service": "sweep"},
        statistic="Maximum",
        period=_MINUTES(5),
        unit=cw.Unit.MILLISECONDS,
    )


def _graph(title: str, metrics: list[cw.Metric]) -> cw.GraphWidget:
    return cw.GraphWidget(title=title, left=list(metrics), width=8, height=6)
