"""SNS: telling a topic, and by it the people who subscribed to it."""

from functions.aws.session import client


def publish(topic: str, subject: str, text: str) -> None:
    """Publish to a topic by its ARN. SNS takes a subject of ASCII, 100 characters at most."""
    client("sns").publish(TopicArn=topic, Subject=subject, Message=text)
