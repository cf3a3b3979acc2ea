"""DynamoDB's requests and answers as the JSON that they are.

botocore looks every attribute of every item up in its model, on the way out and on the way in: half of what a batch
costs. There is nothing to translate but bytes, which `attributes` does.
"""

import json
from base64 import b64encode
from typing import Any

from botocore.parsers import JSONParser, ResponseParserFactory
from botocore.serialize import JSONSerializer


class _Serializer(JSONSerializer):  # type: ignore[misc]
    def serialize_to_request(self, parameters: dict[str, Any], operation_model: Any) -> dict[str, Any]:
        request: dict[str, Any] = super().serialize_to_request({}, operation_model)
        request["body"] = json.dumps(parameters, default=_base64, separators=(",", ":")).encode()
        return request


class _Parser(JSONParser):  # type: ignore[misc]
    def _handle_json_body(self, raw_body: bytes, shape: Any) -> dict[str, Any]:
        said = self._parse_body_as_json(raw_body)
        return {name: value for name, value in said.items() if value is not None}


class _Parsers(ResponseParserFactory):  # type: ignore[misc]
    def create_parser(self, protocol_name: str) -> Any:
        return _Parser()


def speak(client: Any) -> None:
    """Let a DynamoDB client pass requests and answers on as they are."""
    client._serializer = _Serializer()
    client._endpoint._response_parser_factory = _Parsers()


def _base64(value: Any) -> str:
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    raise TypeError(f"{type(value).__name__} is nothing that DynamoDB knows")
