"""S3: whole small objects in, whole small objects out."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from functions.aws.session import client


class NotThere(LookupError):
    """No object has that key, or the caller may not know of it."""


def get(bucket: str, key: str) -> bytes:
    """The content of an object. Raises NotThere."""
    try:
        answer = client("s3").get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            raise NotThere(f"s3://{bucket}/{key} is not there") from error
        raise
    with answer["Body"] as body:
        return bytes(body.read())


def put(bucket: str, key: str, content: bytes, *, content_type: str = "application/json") -> None:
    """Store an object; the bucket keeps versions of what stood there before."""
    client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)


def put_new(bucket: str, key: str, content: bytes, *, content_type: str = "application/json") -> bool:
    """Store an object unless its key exists; whether it was stored."""
    try:
        client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type, IfNoneMatch="*")
    except ClientError as error:
        # 409 where somebody else is just storing one, which may still fail: the caller looks, and comes again.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (409, 412):
            return False
        raise
    return True


def exists(bucket: str, key: str) -> bool:
    """Whether an object has that key."""
    try:
        client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True


def everything(bucket: str) -> Iterator[tuple[str, bytes]]:
    """Key and content of every object, old versions too."""
    for page in client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket):
        for one in page.get("Versions", []):
            answer = client("s3").get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
            with answer["Body"] as body:
                yield one["Key"], bytes(body.read())


def copy(bucket: str, key: str, source: tuple[str, str], *, content_type: str) -> None:
    """Store what stands at `source` (bucket and key), without reading it here."""
    client("s3").copy_object(
        Bucket=bucket,
        Key=key,
        CopySource={"Bucket": source[0], "Key": source[1]},
        ContentType=content_type,
        MetadataDirective="REPLACE",
    )
