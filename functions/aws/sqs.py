"""SQS: putting messages on a queue. Bodies carry opaque ids, never an address."""

from functions.aws.session import client


def send(queue_url: str, body: str, *, delay: int = 0) -> None:
    """Put a message on a queue, to be seen after `delay` seconds (900 at most)."""
    arguments = {"DelaySeconds": delay} if delay else {}
    client("sqs").send_message(QueueUrl=queue_url, MessageBody=body, **arguments)
