"""The one place where Lambda functions are made."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import uses
from infra.nag import accept

PYTHON = lambda_.Runtime.PYTHON_3_13
_RETENTION = logs.RetentionDays.ONE_MONTH


class Functions:
    """Makes functions that are alike but for what each of them does and needs."""

    def __init__(self, scope: Construct, *, code: str, layer: str, aside: sqs.IQueue) -> None:
        """`code` and `layer` are folders; `aside` takes what no retry could save."""
        self._scope = scope
        self._aside = aside
        self._code = lambda_.Code.from_asset(code)
        self._layer = lambda_.LayerVersion(
            scope,
            "Dependencies",
            code=lambda_.Code.from_asset(layer),
            compatible_architectures=[lambda_.Architecture.ARM_64],
            compatible_runtimes=[PYTHON],
            description="Locked dependencies of Samovar's functions",
        )

    def make(
        self,
        name: str,
        *,
        memory: int,
        timeout: int,
        needs: Sequence[uses.Use],
        calls_itself: bool = False,
        called: str | None = None,
    ) -> lambda_.Function:
        """The function of the room `name` (MB, seconds), with a role and an environment made from `needs`.

        `calls_itself`: the function may send itself messages without end, which Lambda
        takes for a runaway loop and stops after some sixteen rounds unless told otherwise.
        `called`: its name in the account, for a function that must be known before it is made.
        """
        scope = Construct(self._scope, _title(name))
        log_group = logs.LogGroup(scope, "Logs", retention=_RETENTION, removal_policy=cdk.RemovalPolicy.DESTROY)
        needs = [*needs, uses.sends_to(self._aside, "ASIDE_QUEUE_URL")]
        function = lambda_.Function(
            scope,
            "Function",
            architecture=lambda_.Architecture.ARM_64,
            code=self._code,
            description=f"Samovar: {name.replace('_', ' ')}",
            environment=_environment(name, needs),
            function_name=called,
            handler=f"functions.{name}.handler.handler",
            layers=[self._layer],
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            # One START, END and REPORT per invocation would be most of the log bill.
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            memory_size=memory,
            recursive_loop=lambda_.RecursiveLoop.ALLOW if calls_itself else None,
            role=self._role(scope, log_group, needs),
            runtime=PYTHON,
            timeout=cdk.Duration.seconds(timeout),
        )
        accept(
            function, "AwsSolutions-L1", "The dependencies are locked and compiled for this Python; it has years left"
        )
        lambda_.CfnEventInvokeConfig(
            scope,
            "Failures",
            function_name=function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=self._aside.queue_arn)
            ),
        )
        return function

    def _role(self, scope: Construct, log_group: logs.LogGroup, needs: Sequence[uses.Use]) -> iam.Role:
        logging = ["logs:CreateLogStream", "logs:PutLogEvents"]
        statements = [
            iam.PolicyStatement(actions=logging, resources=[log_group.log_group_arn]),
            *(
                iam.PolicyStatement(
                    actions=list(need.actions),
                    resources=None if need.but else list(need.resources),
                    not_resources=list(need.but) or None,
                )
                for need in needs
                if need.actions
            ),
        ]
        role = iam.Role(
            scope,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"needs": iam.PolicyDocument(statements=statements)},
        )
        for resource, reason in (wildcard for need in needs for wildcard in need.wildcards):
            accept(role, f"AwsSolutions-IAM5[Resource::{resource}]", reason)
        return role


def _environment(name: str, needs: Sequence[uses.Use]) -> dict[str, str]:
    environment: dict[str, str] = {
        "LOG_LEVEL": "INFO",
        "POWERTOOLS_METRICS_NAMESPACE": "Samovar",
        "POWERTOOLS_SERVICE_NAME": name,
    }
    for need in needs:
        environment |= dict[str, str](need.environment)
    return environment


def _title(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
