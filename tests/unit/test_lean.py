"""What our clients send is what botocore's own would, signed as botocore signs, and tried again as botocore does."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.session import get_session

from functions.aws import lean, plain, session

LETTER: dict[str, Any] = {
    "FromEmailAddress": "hello@tea.example",
    "Destination": {"ToAddresses": ["ada@example.com"]},
    "Content": {"Raw": {"Data": b"Subject: \xc3\xa7ay\r\n\r\n" + bytes(range(256))}},
    "EmailTags": [{"Name": "message", "Value": "m"}],
    "ConfigurationSetName": "samovar",
}
ROW: dict[str, Any] = {"TableName": "t", "Key": {"pk": {"S": "C#çay"}, "sk": {"B": b"\x00\xff"}}}
CALLS = [("sesv2", "send_email", LETTER), ("dynamodb", "get_item", ROW)]


class End:
    """A client whose requests are kept, and answered in turn by what `answers` says, then by {}."""

    def __init__(self, service: str, *, ours: bool, **given: Any) -> None:
        made = get_session()
        config = Config(user_agent="samovar", parameter_validation=False, retries={"mode": "standard"})
        keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}
        self.client = made.create_client(
            service, region_name="eu-west-1", config=config, **({"aws_session_token": "token", **keys} | given)
        )
        if ours:
            {"dynamodb": plain.speak, "sesv2": plain.speak_mail}[service](self.client)
        self.requests = list[Any]()
        self.answers = list[tuple[int, bytes]]()
        self.client.meta.events.register(f"before-send.{service}", self._send)

    def _send(self, request: Any, **_: Any) -> AWSResponse:
        self.requests.append(request)
        status, body = self.answers.pop(0) if self.answers else (200, b"{}")
        return AWSResponse(request.url, status, {}, _Raw(body))

    def ask(self, operation: str, arguments: dict[str, Any]) -> Any:
        """The request that a call makes."""
        getattr(self.client, operation)(**arguments)
        return self.requests[-1]


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._body


def said(request: Any) -> dict[str, str]:
    """Headers by lower-case name."""
    return {
        name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
    }


def proof(request: Any, credentials: Credentials, service: str) -> str:
    """What botocore's own signer says of a request."""
    headers = said(request)
    signed = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    again = AWSRequest(
        request.method, request.url, {name: headers[name] for name in signed if name != "host"}, request.body
    )
    again.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(credentials, service, "eu-west-1")
    text = signer.string_to_sign(again, signer.canonical_request(again))
    assert signer.signed_headers(signer.headers_to_sign(again)) == ";".join(signed)
    return (
        f"Credential={signer.scope(again)}, SignedHeaders={';'.join(signed)}, Signature={signer.signature(text, again)}"
    )


@pytest.mark.parametrize(("service", "operation", "arguments"), CALLS)
@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:4566", "https://proxy.example:443/a b/aws"])
def test_a_request_says_what_botocore_s_own_says(
    service: str, operation: str, arguments: dict[str, Any], endpoint: str | None
) -> None:
    theirs, ours = (End(service, ours=ours, endpoint_url=endpoint) for ours in (False, True))
    for _ in range(2):
        one, other = (end.ask(operation, arguments) for end in (theirs, ours))
        assert (other.method, other.url, other.stream_output) == (one.method, one.url, one.stream_output)
        assert json.loads(other.body) == json.loads(one.body)
        changing = {"authorization", "x-amz-date", "amz-sdk-invocation-id", "content-length", "user-agent"}
        assert said(one).keys() == said(other).keys()
        for name in said(one).keys() - changing:
            assert said(other)[name] == said(one)[name], name
        # Powertools adds itself to botocore's.
        assert said(one)["user-agent"].startswith(said(other)["user-agent"])
        assert said(other)["content-length"] == str(len(other.body))
        name = {"sesv2": "ses"}.get(service, service)
        expected = proof(other, Credentials("AKIDEXAMPLE", "secret", "token"), name)
        assert said(other)["authorization"] == f"AWS4-HMAC-SHA256 {expected}"


@pytest.mark.parametrize(("service", "operation", "arguments"), CALLS)
def test_endpoints_are_worked_out_once(service: str, operation: str, arguments: dict[str, Any]) -> None:
    end, worked_out = End(service, ours=True), list[str]()
    end.client.meta.events.register("before-endpoint-resolution", lambda **_: worked_out.append("once"))
    asked = [end.ask(operation, arguments) for _ in range(3)]
    assert worked_out == ["once"]
    assert len({request.url for request in asked}) == 1
    assert len({said(request)["amz-sdk-invocation-id"] for request in asked}) == 3


def test_an_operation_that_is_not_named_goes_botocore_s_way() -> None:
    end = End("sesv2", ours=True)
    end.answers = [(200, b'{"SendQuota": {"MaxSendRate": 14.0}}')]
    assert end.client.get_account()["SendQuota"] == {"MaxSendRate": 14.0}
    assert (end.requests[0].method, end.requests[0].body) == ("GET", None)


def test_every_attempt_is_signed_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    moments = iter([datetime(2026, 11, 25, 9, 0, second, tzinfo=UTC) for second in range(10)])
    monkeypatch.setattr(lean, "get_current_datetime", lambda: next(moments))
    end = End("dynamodb", ours=True)
    end.answers = [(500, b'{"__type": "InternalServerError"}'), (400, b'{"__type": "ThrottlingException"}')]
    end.ask("get_item", ROW)
    headers = [said(request) for request in end.requests]
    assert [one["amz-sdk-request"] for one in headers] == ["attempt=1", "attempt=2; max=3", "attempt=3; max=3"]
    assert len({one["amz-sdk-invocation-id"] for one in headers}) == 1
    assert [one["x-amz-date"][-3:] for one in headers] == ["00Z", "01Z", "02Z"]
    for request in end.requests:
        assert said(request)["authorization"].endswith(
            proof(request, Credentials("AKIDEXAMPLE", "secret", "token"), "dynamodb")
        )


def test_a_transaction_that_is_tried_again_is_the_same_to_dynamodb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    end = End("dynamodb", ours=True)
    for _ in range(2):
        end.answers = [(500, b"{}")]
        end.ask("transact_write_items", {"TransactItems": [{"Delete": ROW}]})
    tokens = [json.loads(request.body)["ClientRequestToken"] for request in end.requests]
    assert tokens[0] == tokens[1] != tokens[2] == tokens[3]


def test_keys_that_are_renewed_sign_from_then_on() -> None:
    end, renewed = End("sesv2", ours=True), list[str]()

    def refresh() -> dict[str, str]:
        renewed.append("key")
        until = datetime.now(UTC) + timedelta(hours=6 if len(renewed) > 1 else 0, seconds=1)
        number = str(len(renewed))
        return {"access_key": f"A{number}", "secret_key": number, "token": number, "expiry_time": until.isoformat()}

    end.client._request_signer._credentials = RefreshableCredentials.create_from_metadata(refresh(), refresh, "test")
    for _ in range(2):
        request = end.ask("send_email", LETTER)
        assert said(request)["x-amz-security-token"] == "2"
        assert said(request)["authorization"].endswith(proof(request, Credentials("A2", "2", "2"), "ses"))


def test_without_keys_nothing_goes_out() -> None:
    end = End("sesv2", ours=True)
    end.ask("send_email", LETTER)
    end.client._request_signer._credentials = None
    with pytest.raises(NoCredentialsError):
        end.ask("send_email", LETTER)
    assert len(end.requests) == 1


def test_a_refusal_is_read_as_botocore_reads_it() -> None:
    refused = []
    for ours in (False, True):
        end = End("sesv2", ours=ours)
        end.answers = [(400, b'{"__type": "MessageRejected", "message": "no"}')]
        with pytest.raises(ClientError) as failed:
            end.ask("send_email", LETTER)
        refused.append((type(failed.value).__name__, failed.value.response["Error"]))
    assert refused[0] == refused[1]
    assert refused[0][0] == "MessageRejected"


def test_what_signs_otherwise_is_left_to_botocore() -> None:
    end = End("sesv2", ours=True)
    end.client.meta.events.register_first("choose-signer.sesv2", lambda **_: UNSIGNED)
    request = end.ask("send_email", LETTER)
    assert "authorization" not in said(request)
    assert base64.b64decode(json.loads(request.body)["Content"]["Raw"]["Data"]) == LETTER["Content"]["Raw"]["Data"]


def test_the_functions_clients_are_such(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    session.reset()
    try:
        for service in ("dynamodb", "sesv2"):
            made = session.client(service)
            steps = (made._resolve_endpoint_ruleset, made._convert_to_request_dict, made._endpoint.create_request)
            assert {type(step.__self__) for step in steps} == {lean._Lean}
    finally:
        session.reset()


def test_a_letter_travels_as_base64() -> None:
    request = End("sesv2", ours=True).ask("send_email", LETTER)
    assert base64.b64decode(json.loads(request.body)["Content"]["Raw"]["Data"]) == LETTER["Content"]["Raw"]["Data"]
