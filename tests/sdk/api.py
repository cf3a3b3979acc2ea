"""The track function behind a plain HTTP server: what API Gateway and Lambda do for it, without either."""

import base64
import threading
from typing import Any
from urllib.parse import urlsplit

from functions.pages.handler import handler as pages
from functions.track.handler import handler as track
from local.front.server import Handler

_ONE_AT_A_TIME = threading.Lock()
"""As in Lambda, where each worker has one request in hand."""


class Api(Handler):
    """Hands a request to the function that its route leads to."""

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        event: dict[str, Any] = {
            "version": "2.0",
            "rawPath": parts.path,
            "rawQueryString": parts.query,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "requestContext": {
                "http": {"method": self.command, "path": parts.path, "sourceIp": self.client_address[0]},
                "requestId": "r1",
            },
            "body": base64.b64encode(self.body() or b"").decode(),
            "isBase64Encoded": True,
        }
        with _ONE_AT_A_TIME:
            answer = (track if self.command == "POST" else pages)(event, None)
        content = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _handle
