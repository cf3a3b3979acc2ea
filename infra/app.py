"""Synthesizes both stacks: `python infra/app.py`, or by way of cdk.json. Needs no account and no network."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    # Run as a script, Python would look for modules in this folder instead of its parent.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

import aws_cdk as cdk
import cdk_nag

from authoring.problems import Invalid
from infra.asset import stage_code
from infra.data import DataStack
from infra.layer import lambda_layer
from infra.paths import BUILD, MARKETING
from infra.service import ServiceStack

DATA_STACK = "samovar-data"
SERVICE_STACK = "samovar"


def build_app(out: Path | str | None = None, *, marketing: Path = MARKETING) -> cdk.App:
    """The app, to be synthesized into `out` (or where the CDK CLI says). Findings of cdk-nag raise in synth()."""
    app = cdk.App(
        outdir=str(out) if out else os.environ.get("CDK_OUTDIR", "cdk.out"),
        analytics_reporting=False,
        # The data stack can't drop what the other one still uses.
        context={"@aws-cdk/core:defaultCrossStackReferences": "strong"},
    )
    data = DataStack(app, DATA_STACK)
    ServiceStack(
        app,
        SERVICE_STACK,
        data=data,
        code=stage_code(BUILD),
        layer=lambda_layer(BUILD),
        marketing=marketing,
        build=BUILD,
    )
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    return app


def main() -> None:
    try:
        build_app().synth()
    except Invalid as invalid:
        problems = "\n".join(f"  {problem}" for problem in invalid.problems)
        sys.exit(f"{MARKETING.name}/ is not valid; mend this first (`samovar validate` says it too):\n{problems}")


if __name__ == "__main__":
    main()
