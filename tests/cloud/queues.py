"""SQS, played: standard queues on the moved clock, with redelivery and a dead-letter queue."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Message:
    """A message; it is handed out from `visible` (ms) on."""

    id: str
    body: str
    visible: int
    received: int = 0


@dataclass(slots=True)
class Queue:
    """One queue. After `receives` failed deliveries a message goes to `dead`."""

    receives: int = 8
    batch: int = 10
    messages: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)


class Queues:
    """The queues of a deployment by the last part of their URL."""

    def __init__(self, now: Callable[[], int], **queues: Queue) -> None:
        self._now, self.by_name, self._number = now, queues, 0

    def play(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Answer an API call."""
        queue = self.by_name[request["QueueUrl"].rpartition("/")[2]]
        match operation:
            case "SendMessage":
                body, delay = request["MessageBody"], request.get("DelaySeconds", 0)
                assert 0 <= delay <= 900
                message = self.put(queue, body, delay)
                return {"MessageId": message.id, "MD5OfMessageBody": _md5(body)}
            case "SendMessageBatch":
                taken = []
                for one in request["Entries"]:
                    body = one["MessageBody"]
                    message = self.put(queue, body, one.get("DelaySeconds", 0))
                    taken.append({"Id": one["Id"], "MessageId": message.id, "MD5OfMessageBody": _md5(body)})
                return {"Successful": taken, "Failed": []}
            case "ReceiveMessage":
                return {"Messages": [_handed_out(one) for one in self._received(queue, request)]}
            case "GetQueueAttributes":
                held = sum(one.received > 0 and one.visible > self._now() for one in queue.messages)
                return {"Attributes": {"ApproximateNumberOfMessagesNotVisible": str(held)}}
            case "DeleteMessage":
                queue.messages = [one for one in queue.messages if _receipt(one) != request["ReceiptHandle"]]
            case "ChangeMessageVisibility":
                for one in queue.messages:
                    if _receipt(one) == request["ReceiptHandle"]:
                        one.visible = self._now() + request["VisibilityTimeout"] * 1000
            case _:
                raise AssertionError(operation)
        return {}

    def _received(self, queue: Queue, request: dict[str, Any]) -> list[Message]:
        now = self._now()
        batch = [one for one in queue.messages if one.visible <= now][: request["MaxNumberOfMessages"]]
        for one in batch:
            one.received += 1
            one.visible = now + request["VisibilityTimeout"] * 1000
        return batch

    def put(self, queue: Queue, body: str, delay: int = 0) -> Message:
        """Put a message on a queue, visible after `delay` seconds."""
        self._number += 1
        message = Message(f"message-{self._number}", body, self._now() + delay * 1000)
        queue.messages.append(message)
        return message

    def take(self, name: str) -> list[Message]:
        """The next batch, taken off the queue."""
        queue, now = self.by_name[name], self._now()
        batch = [message for message in queue.messages if message.visible <= now][: queue.batch]
        for message in batch:
            queue.messages.remove(message)
            message.received += 1
        return batch

    def back(self, name: str, messages: list[Message]) -> None:
        """Messages that were not handled come again, or are given up."""
        queue = self.by_name[name]
        for message in messages:
            (queue.dead if message.received >= queue.receives else queue.messages).append(message)

    @property
    def next_timer(self) -> int | None:
        """When (ms) a delayed message is next handed out."""
        now = self._now()
        waiting = (message.visible for queue in self.by_name.values() for message in queue.messages)
        return min((at for at in waiting if at > now), default=None)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def _receipt(message: Message) -> str:
    return f"receipt-{message.id}-{message.received}"


def _handed_out(message: Message) -> dict[str, Any]:
    body = message.body
    return {"MessageId": message.id, "ReceiptHandle": _receipt(message), "Body": body, "MD5OfBody": _md5(body)}


def sqs_event(messages: list[Message]) -> dict[str, Any]:
    """The event that Lambda makes of a batch."""
    return {
        "Records": [
            {
                "messageId": message.id,
                "receiptHandle": _receipt(message),
                "body": message.body,
                "attributes": {"ApproximateReceiveCount": str(message.received)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "awsRegion": "eu-west-1",
            }
            for message in messages
        ]
    }
