"""SQS: putting messages on a queue, and looking through one. Bodies that we put carry opaque ids, never an address."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from functions import clock
from functions.aws.session import client

BATCH: Final = 10
"""So many messages SQS takes in one call."""
TRIES: Final = 4
"""So often those of a batch that were not taken are tried."""


class NotQueued(RuntimeError):
    """Some of many messages could not be put on a queue; others were."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message in hand: nobody else is given it until it is released, or its time is over."""

    id: str
    receipt: str
    body: str


def send(queue_url: str, body: str, *, delay: int = 0) -> None:
    """Put a message on a queue, to be seen after `delay` seconds (900 at most)."""
    arguments = {"DelaySeconds": delay} if delay else {}
    client("sqs").send_message(QueueUrl=queue_url, MessageBody=body, **arguments)


def send_many(queue_url: str, bodies: Sequence[str], *, delay: int = 0) -> None:
    """Put many messages on a queue, ten a call. What SQS leaves out of a batch is tried again; raises NotQueued."""
    arguments = {"DelaySeconds": delay} if delay else {}
    for start in range(0, len(bodies), BATCH):
        left = {str(place): body for place, body in enumerate(bodies[start : start + BATCH])}
        for attempt in range(TRIES):
            entries = [{"Id": place, "MessageBody": body, **arguments} for place, body in left.items()]
            answer = client("sqs").send_message_batch(QueueUrl=queue_url, Entries=entries)
            left = {failed["Id"]: left[failed["Id"]] for failed in answer.get("Failed", ())}
            if not left:
                break
            clock.sleep(0.05 * 2**attempt)
        else:
            raise NotQueued(f"{len(left)} of {len(bodies)} messages were not taken")


def receive(queue_url: str, *, hold: int) -> list[Received]:
    """Up to ten messages, ours for `hold` seconds. None for a while means that none is left to see."""
    answer = client("sqs").receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, VisibilityTimeout=hold, WaitTimeSeconds=1
    )
    return [Received(one["MessageId"], one["ReceiptHandle"], one["Body"]) for one in answer.get("Messages", [])]


def all_of(queue_url: str, *, hold: int) -> Iterator[Received]:
    """Every message that can be seen now, once; each is ours for `hold` seconds."""
    nothing, seen = 0, set[str]()
    # A queue answers from some of its servers only: once empty is not yet empty.
    while nothing < 2:
        batch = [message for message in receive(queue_url, hold=hold) if message.id not in seen]
        nothing = 0 if batch else nothing + 1
        seen |= {message.id for message in batch}
        yield from batch


def hidden(queue_url: str) -> bool:
    """Whether somebody holds messages of the queue (a moment old)."""
    name = "ApproximateNumberOfMessagesNotVisible"
    answer = client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=[name])
    return int(answer.get("Attributes", {}).get(name, 0)) > 0


def delete(queue_url: str, receipt: str) -> None:
    """Take a message off its queue."""
    client("sqs").delete_message(QueueUrl=queue_url, ReceiptHandle=receipt)


def release(queue_url: str, receipt: str) -> None:
    """Let others see a message again."""
    client("sqs").change_message_visibility(QueueUrl=queue_url, ReceiptHandle=receipt, VisibilityTimeout=0)


def put_off(queue_url: str, receipt: str, seconds: int) -> None:
    """Let a message in hand be seen again after so many seconds."""
    client("sqs").change_message_visibility(QueueUrl=queue_url, ReceiptHandle=receipt, VisibilityTimeout=seconds)
