"""Addresses of S3 that are worked out here are those that a client of S3 would sign."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import botocore.auth
import botocore.config
import pytest
from botocore.session import get_session

from functions.aws import presigned, session

NAME = 'Çay, "demli" 100%\\\'.pdf'


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "tok/en+=="),
        ("AWS_DEFAULT_REGION", "eu-central-1"),
    ):
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    moment = dt.datetime(2026, 11, 28, 12, 0, tzinfo=dt.UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: moment.replace(tzinfo=None))
    session.reset()
    return monkeypatch


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_address_is_the_one_that_a_client_signs(account: pytest.MonkeyPatch, method: str) -> None:
    ours = presigned.address("tea", "assets/ab", name=NAME, content_type="text/csv", seconds=300, method=method)
    client = get_session().create_client("s3", config=botocore.config.Config(s3={"addressing_style": "virtual"}))
    theirs = client.generate_presigned_url(
        f"{method.lower()}_object",
        {
            "Bucket": "tea",
            "Key": "assets/ab",
            "ResponseContentDisposition": presigned.disposition(NAME),
            "ResponseContentType": "text/csv",
        },
        ExpiresIn=300,
    )
    assert _parts(ours) == _parts(theirs)
    session.reset()


def test_a_china_region_and_an_emulator_have_hosts_of_their_own(account: pytest.MonkeyPatch) -> None:
    account.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    session.reset()
    address = presigned.address("tea", "k", name="a", content_type="b", seconds=1)
    assert address.startswith("https://tea.s3.cn-north-1.amazonaws.com.cn/k?")
    account.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1/")
    assert presigned.address("tea", "k", name="a", content_type="b", seconds=1).startswith("http://127.0.0.1:1/tea/k?")
    session.reset()


def _parts(address: str) -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}{parts.path}", parse_qs(parts.query)
