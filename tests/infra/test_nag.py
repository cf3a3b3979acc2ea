"""cdk-nag: the app synthesizes, so it is clean; and it would not synthesize otherwise."""

from pathlib import Path

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_sqs as sqs

from infra.app import SERVICE_STACK, build_app
from infra.nag import accept


def test_a_finding_anywhere_in_the_app_stops_the_synthesis(tmp_path: Path) -> None:
    app = build_app(tmp_path)
    stack = app.node.find_child(SERVICE_STACK)
    assert isinstance(stack, cdk.Stack)
    sqs.Queue(stack, "Careless")
    with pytest.raises(RuntimeError) as refused:
        app.synth()
    findings = [line for line in str(refused.value).splitlines() if line.startswith("   samovar")]
    assert findings
    assert all("samovar/Careless" in finding for finding in findings)


def test_a_finding_is_accepted_with_a_reason(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), analytics_reporting=False)
    queue = sqs.Queue(cdk.Stack(app, "trial"), "Queue", enforce_ssl=True)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    accept(queue, "AwsSolutions-SQS3", "a trial")
    app.synth()
