"""Email: SES's configuration set, its own suppression list as a net, and what becomes of each message."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class Mail(Construct):
    """SES → SNS → the feedback queue."""

    def __init__(self, scope: Construct, *, feedback: sqs.IQueue) -> None:
        super().__init__(scope, "Mail")
        self.settings = ses.ConfigurationSet(
            self,
            "Settings",
            reputation_metrics=True,
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
        )
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True)
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("ses.amazonaws.com")],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"AWS:SourceAccount": cdk.Aws.ACCOUNT_ID}},
            )
        )
        self.topic.add_subscription(subscriptions.SqsSubscription(feedback, raw_message_delivery=False))
        destination = ses.CfnConfigurationSetEventDestination(
            self,
            "Feedback",
            configuration_set_name=self.settings.configuration_set_name,
            event_destination=ses.CfnConfigurationSetEventDestination.EventDestinationProperty(
                enabled=True,
                # Opens and clicks are our own links, so that they carry the contact's consent and our own domain.
                matching_event_types=[
                    *("SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY"),
                    *("RENDERING_FAILURE", "SUBSCRIPTION"),
                ],
                sns_destination=ses.CfnConfigurationSetEventDestination.SnsDestinationProperty(
                    topic_arn=self.topic.topic_arn
                ),
            ),
        )
        # SES publishes a test message when the destination is made, so the permission must stand first.
        destination.node.add_dependency(self.topic)
