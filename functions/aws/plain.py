"""Requests and answers as the JSON that they are.

botocore looks every attribute of every item up in its model, on the way out and on the way in: half of what a batch
costs. There is nothing to translate but bytes, which `attributes` does.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from botocore.parsers import JSONParser, ResponseParserFactory

from functions.aws import lean


class _Parser(JSONParser):  # type: ignore[misc]
    def _handle_json_body(self, raw_body: bytes, shape: Any) -> dict[str, Any]:
        said = self._parse_body_as_json(raw_body)
        return {name: value for name, value in said.items() if value is not None}


class _Parsers(ResponseParserFactory):  # type: ignore[misc]
    def create_parser(self, protocol_name: str) -> Any:
        return _Parser()


def speak(client: Any) -> None:
    """Let a DynamoDB client pass requests and answers on as they are."""
    lean.speak(client, dict.fromkeys(client.meta.service_model.operation_names, lean.written))
    client._endpoint._response_parser_factory = _Parsers()


def speak_mail(client: Any) -> None:
    """Let a client of Amazon SES pass raw mail on as it is."""
    lean.speak(client, {"SendEmail": _mail})


def _mail(parameters: Mapping[str, Any]) -> bytes:
    others = {name: value for name, value in parameters.items() if name != "Content"}
    written = lean.written(others)
    # Base64 has nothing to escape, and is nearly all of it.
    data = b64encode(parameters["Content"]["Raw"]["Data"])
    return b'{"Content":{"Raw":{"Data":"%b"}},%b' % (data, written[1:])
