"""The alarm clock of journeys: a state machine of one state."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.machine import definition
from infra.nag import accept


def machine_name() -> str:
    """A name known before the machine stands: it calls a function that must know the machine."""
    return f"{cdk.Aws.STACK_NAME}-journeys"


def machine_arn(stack: cdk.Stack) -> str:
    return stack.format_arn(
        service="states",
        resource="stateMachine",
        resource_name=machine_name(),
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )


class Journeys(Construct):
    """Standard, because a wait may last a year."""

    def __init__(self, scope: Construct, *, journey_step: lambda_.Function) -> None:
        super().__init__(scope, "Journeys")
        invoke = iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[journey_step.function_arn])
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            inline_policies={"needs": iam.PolicyDocument(statements=[invoke])},
        )
        asl = cdk.Stack.of(self).to_json_string(definition(journey_step.function_arn))
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            definition_body=sfn.DefinitionBody.from_string(asl),
            role=role,
            state_machine_name=machine_name(),
            state_machine_type=sfn.StateMachineType.STANDARD,
        )
        accept(
            self.machine,
            "AwsSolutions-SF1",
            "The enrollment's row is the truth and Step Functions keeps each execution's history for ninety days; "
            "a log of every transition would be a second copy that costs money per wait.",
        )
        accept(self.machine, "AwsSolutions-SF2", "One state that calls one function has no path to trace.")
