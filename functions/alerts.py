"""Telling the owner, in words, what a person must know or decide. Ids and counts only: never an address."""

from functions import settings
from functions.aws import sns
from functions.observability import logger, metric
from functions.settings import Missing

LONGEST_SUBJECT = 99
"""Characters that SNS takes in a subject."""


def tell(subject: str, text: str) -> None:
    """Send a mail to whoever gets the alarms, and log it. Raises what AWS raises: then nobody was told.

    Without a topic (commands, tests) it is only logged.
    """
    logger.warning("alert", subject=subject, text=text)
    try:
        topic = settings.alert_topic_arn()
    except Missing:
        return
    sns.publish(topic, _plain(subject), text)
    metric("AlertsSent")


def _plain(subject: str) -> str:
    """A subject that SNS takes: ASCII without control characters."""
    ascii_only = subject.encode("ascii", "replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in ascii_only).split())[:LONGEST_SUBJECT] or "Samovar"
