"""The queues: mail to send, long jobs, feedback from SES, and what was set aside."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.nag import accept

_KEPT = cdk.Duration.days(14)
FEEDBACK_WINDOW = 1
"""Seconds for which reports are gathered: Lambda asks for one at least where it is to hand over more than ten at a
time. Where next to nothing comes it may wait up to twenty, so polling costs nothing more."""


class Queues(Construct):
    """Each queue waits six times its function's timeout, and as long as it gathers, before it hands a message out
    again."""

    def __init__(self, scope: Construct, *, send_timeout: int, work_timeout: int, feedback_timeout: int) -> None:
        """Timeouts of the functions behind the queues, in seconds."""
        super().__init__(scope, "Queues")
        self.aside = sqs.Queue(
            self, "Aside", encryption=sqs.QueueEncryption.SQS_MANAGED, enforce_ssl=True, retention_period=_KEPT
        )
        accept(self.aside, "AwsSolutions-SQS3", "This is the dead-letter queue")
        self.send = self._queue("Send", send_timeout, receives=8)
        # A slice that raises is seen again in seconds, then minutes: for hours, should AWS be down for so long.
        self.work = self._queue("Work", work_timeout, receives=20)
        # Nobody else would suppress the address: tried for a day, like the streams. (Sweep looks after mail.)
        self.feedback = self._queue("Feedback", feedback_timeout, receives=1000, window=FEEDBACK_WINDOW)

    def _queue(self, name: str, timeout: int, *, receives: int, window: int = 0) -> sqs.Queue:
        return sqs.Queue(
            self,
            name,
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=receives, queue=self.aside),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=_KEPT,
            visibility_timeout=cdk.Duration.seconds(6 * timeout + window),
        )


def feed(function: lambda_.Function, queue: sqs.IQueue, *, batch: int, at_once: int, window: int | None = None) -> None:
    """Hand the queue's messages to the function: `batch` in one call, gathered for `window` seconds, at most
    `at_once` calls together."""
    lambda_.CfnEventSourceMapping(
        function,
        "Queue",
        function_name=function.function_name,
        event_source_arn=queue.queue_arn,
        batch_size=batch,
        function_response_types=["ReportBatchItemFailures"],
        maximum_batching_window_in_seconds=window,
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=at_once),
    )
