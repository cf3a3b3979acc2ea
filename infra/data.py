"""The stateful stack: what must survive every deployment, and the removal of the stack itself."""

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from functions.core.roles import Role
from infra.nag import accept

BUCKET_ARN = "samovar-data-bucket-arn"


class DataStack(cdk.Stack):
    """Two tables, a bucket and the staff's accounts. Nothing here costs anything while it is empty."""

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

        self.staff = self._staff()

    def _staff(self) -> cognito.UserPool:
        """Who may sign in to the console: whoever the owner invites, and nobody by themselves."""
        pool = cognito.UserPool(
            self,
            "Staff",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            keep_original=cognito.KeepOriginalAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=12, require_digits=True, require_lowercase=True, require_symbols=True, require_uppercase=True
            ),
            # Its free part is as large as that of the dearer plans, and sign-in pages come with it.
            feature_plan=cognito.FeaturePlan.LITE,
            deletion_protection=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        accept(pool, "AwsSolutions-COG2", "One line here requires a second factor; a shop's first owner has none yet")
        accept(pool, "AwsSolutions-COG3", "Threat protection costs $0.02 a person a month, and needs a dearer plan")
        accept(pool, "AwsSolutions-COG8", "The dearest plan adds threat protection and little else that a shop needs")
        for role in Role:
            cognito.CfnUserPoolGroup(
                self, f"Staff{role.capitalize()}", user_pool_id=pool.user_pool_id, group_name=role.value
            )
        return pool

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
