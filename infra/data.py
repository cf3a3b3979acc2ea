"""The stateful stack: what must survive every deployment, and the removal of the stack itself."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import accept

BUCKET_ARN = "samovar-data-bucket-arn"


class DataStack(cdk.Stack):
    """Two tables and a bucket. Nothing here costs anything while it is empty."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name, description="Samovar's data: events, contacts, releases")
        self.events = self._table("Events")
        self.contacts = self._table("Contacts")
        self.contacts.add_global_secondary_index(
            index_name="due",
            partition_key=dynamodb.Attribute(name="ds", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="du", type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=cdk.RemovalPolicy.RETAIN,
            versioned=True,
        )
        # Under a name of its own, so that the permissions that end in a wildcard read well.
        bucket_arn = self.export_value(self.bucket.bucket_arn, name=BUCKET_ARN)
        self.releases_arn, self.campaigns_arn = f"{bucket_arn}/releases/*", f"{bucket_arn}/campaigns/*"
        self.assets_arn = f"{bucket_arn}/assets/*"
        self.bucket.add_lifecycle_rule(
            prefix="campaigns/", expiration=cdk.Duration.days(400), noncurrent_version_expiration=cdk.Duration.days(1)
        )
        accept(
            self.bucket,
            "AwsSolutions-S1",
            "Holds releases, which are public marketing content, and lists of opaque ids, read by our own functions. "
            "Access logs would need a second bucket and say nothing that CloudTrail's data events can't.",
        )

    def _table(self, name: str) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            name,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.DEFAULT,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=cdk.RemovalPolicy.RETAIN,
            stream=dynamodb.StreamViewType.NEW_IMAGE,
            time_to_live_attribute="ttl",
        )
