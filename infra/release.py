"""Publishing what the marketer wrote, as part of a deployment."""

from collections.abc import Sequence
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as assets
from constructs import Construct, IDependable

from authoring.compile import bundle
from infra.lambda_factory import Functions
from infra.uses import Use


class Release(Construct):
    """Compiles `marketing/` at synth; the function `publish` makes it live while the stack deploys."""

    def __init__(
        self, scope: Construct, *, functions: Functions, needs: Sequence[Use], marketing: Path, build: Path
    ) -> None:
        """Raises authoring.problems.Invalid where `marketing` has errors."""
        super().__init__(scope, "Marketing")
        compiled = bundle(marketing)
        self.release_id = compiled.release_id
        file = build / "release" / f"{self.release_id}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(compiled.asset_bytes())
        asset = assets.Asset(self, "Content", path=str(file))
        files = {content: self._file(content, path, build) for content, path in sorted(compiled.files.items())}
        uploads = [asset, *files.values()]
        read_it = Use(("s3:GetObject",), tuple(one.bucket.arn_for_objects(one.s3_object_key) for one in uploads))
        self.function: lambda_.Function = functions.make("publish", memory=512, timeout=60, needs=[*needs, read_it])
        self._live = cdk.CustomResource(
            self,
            "Live",
            properties={
                "AssetBucket": asset.s3_bucket_name,
                "AssetKey": asset.s3_object_key,
                "ReleaseId": self.release_id,
                "BasedOn": compiled.based_on or "",
                **({"Files": {content: file.s3_object_key for content, file in files.items()}} if files else {}),
            },
            resource_type="Custom::SamovarRelease",
            service_timeout=cdk.Duration.minutes(5),
            service_token=self.function.function_arn,
        )

    def _file(self, content: str, path: Path, build: Path) -> assets.Asset:
        """A file that people get, uploaded under a name that no file system and no tool can misread."""
        plain = build / "files" / f"{content}.bin"
        plain.parent.mkdir(parents=True, exist_ok=True)
        plain.write_bytes(path.read_bytes())
        return assets.Asset(self, f"File{content[:16]}", path=str(plain))

    def follows(self, functions: Sequence[IDependable]) -> None:
        """Go live only when these stand in their new version: old code may not know a new release's shape."""
        self._live.node.add_dependency(*functions)
