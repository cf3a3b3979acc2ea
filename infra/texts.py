"""Text messages that people send: AWS End User Messaging tells of them on a topic."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class Texts(Construct):
    """Two-way SMS → SNS → the feedback queue, which is polled anyway."""

    def __init__(self, scope: Construct, *, feedback: sqs.IQueue) -> None:
        super().__init__(scope, "Texts")
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True)
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("sms-voice.amazonaws.com")],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
            )
        )
        self.topic.add_subscription(subscriptions.SqsSubscription(feedback, raw_message_delivery=False))
