"""Accepting a cdk-nag finding: always beside the construct, always with the reason."""

import aws_cdk as cdk
from constructs import IConstruct


def accept(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept `rule` (such as "AwsSolutions-SQS3") for this construct and what is inside it."""
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=rule, reason=reason))
