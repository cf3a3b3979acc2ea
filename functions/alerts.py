"""Telling the owner in words: by the topic that the alarms' subscription listens to. Ids and counts only."""

import os

from functions.aws import sns
from functions.observability import logger


def tell(subject: str, text: str) -> None:
    """Tell it; where nobody listens, only the log has it."""
    logger.warning(subject, text=text)
    topic = os.environ.get("ALERT_TOPIC_ARN")
    if topic:
        sns.publish(topic, subject, text)
