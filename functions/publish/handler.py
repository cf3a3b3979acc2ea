"""Makes the keys and publishes marketing/ while the stack deploys (a CloudFormation custom resource)."""

from typing import Any

from functions import observability
from functions.observability import logger
from functions.publish import deployment
from functions.tables.releases import PublishRefused


@observability.handler
def handler(event: dict[str, Any], context: Any) -> None:
    """Answers on every way out: CloudFormation waits for an answer, not for the invocation to end."""
    try:
        data = deployment.perform(event)
    except PublishRefused as refused:
        logger.warning("publish refused", reason=str(refused))
        deployment.answer(event, failure=str(refused))
    except Exception as error:
        logger.exception("publish failed")
        deployment.answer(event, failure=f"{type(error).__name__}: {error}")
    else:
        logger.info("publish answered", request=event["RequestType"], **data)
        deployment.answer(event, data=data)
