"""SNS: publishing to a topic."""

from functions.aws.session import client


def publish(topic: str, subject: str, text: str) -> None:
    """Publish a message; subjects are cut to what SNS takes."""
    client("sns").publish(TopicArn=topic, Subject=subject[:100], Message=text)
