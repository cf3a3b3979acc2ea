"""The queues: mail to send, long jobs, feedback from SES, and what was set aside."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.nag import accept

_KEPT = cdk.Duration.days(14)


class Queues(Construct):
    """Each queue waits six times its function's timeout before it hands a message out again."""

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
        self.feedback = self._queue("Feedback", feedback_timeout, receives=1000)

    def _queue(self, name: str, timeout: int, *, receives: int) -> sqs.Queue:
        return sqs.Queue(
            self,
            name,
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=receives, queue=self.aside),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=_KEPT,
            visibility_timeout=cdk.Duration.seconds(6 * timeout),
        )


def feed(function: lambda_.Function, queue: sqs.IQueue, *, batch: int, at_once: int) -> None:
    """Hand the queue's messages to the function: `batch` in one call, at most `at_once` calls together."""
    lambda_.CfnEventSourceMapping(
        function,
        "Queue",
        function_name=function.function_name,
        event_source_arn=queue.queue_arn,
        batch_size=batch,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=at_once),
    )
