"""The bus: what Samovar tells the owner's other applications, and what they tell Samovar."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

NAME = "samovar"


class Bus(Construct):
    """An event bus whose own events are kept for replay."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Bus")
        self.bus = events.EventBus(self, "Bus", event_bus_name=NAME)
        events.Archive(
            self,
            "Archive",
            source_event_bus=self.bus,
            description="What Samovar told on its bus",
            # Ids only: what others say may name people, whom an archive could not forget.
            event_pattern=events.EventPattern(source=[NAME]),
            retention=cdk.Duration.days(90),
        )

    def listen(self, function: lambda_.Function, aside: sqs.IQueue) -> None:
        """Hand the function what others put on the bus. Our own events never come back in."""
        events.Rule(
            self,
            "Foreign",
            description="Events from the owner's other applications",
            event_bus=self.bus,
            event_pattern=events.EventPattern(source=events.Match.anything_but(NAME)),
            targets=[
                targets.LambdaFunction(
                    function,
                    dead_letter_queue=aside,
                    max_event_age=cdk.Duration.hours(24),
                    retry_attempts=185,
                )
            ],
        )
