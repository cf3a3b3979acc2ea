"""Samovar's functions in this process against real stores, with AWS's deliveries played faithfully.

    with Cloud(emulator) as cloud:
        cloud.post_form(email="ada@example.com")
        cloud.settle()
        cloud.skip(days=3)
        assert [mail.subject for mail in cloud.mails] == [...]

DynamoDB, its streams and S3 are the emulator's. SQS, Step Functions, SES and EventBridge are
played here, because they must follow a clock that can be moved.
"""

import os

# Read when functions.observability is first imported.
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Samovar")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "tests")
os.environ.setdefault("POWERTOOLS_METRICS_DISABLED", "true")
os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "CRITICAL")

from tests.cloud.cloud import WRITE_KEY, Cloud, Killed, marketing
from tests.cloud.wire import Call, Watch

__all__ = ["WRITE_KEY", "Call", "Cloud", "Killed", "Watch", "marketing"]
