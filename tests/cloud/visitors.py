"""What people, mail services and other applications do to a deployment."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from functions.core.submission import ANONYMOUS_ID, CONSENT, NONCE
from local.emulator import REGION
from tests.cloud.mail import Mail
from tests.cloud.queues import Queues
from tests.cloud.time import Clock

PUBLIC_URL = "https://tea.example"
BROWSER = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15"


class Visitors(ABC):
    """Everything that comes in from outside. Whoever gets no answer, or is told so, asks again."""

    clock: Clock
    queues: Queues
    failures: list[BaseException]
    reported: list[Mail]

    @abstractmethod
    def _attempt(self, room: str, event: dict[str, Any]) -> dict[str, Any] | None:
        """One invocation of a function; None if it failed."""

    def http(
        self,
        method: str,
        path: str,
        body: bytes | str = b"",
        *,
        headers: dict[str, str] | None = None,
        room: str = "track",
    ) -> dict[str, Any]:
        """One request through the HTTP API; the answer. A client asks again where it was told to, or got none."""
        parts = urlsplit(path)
        event = {
            "version": "2.0",
            "rawPath": parts.path,
            "rawQueryString": parts.query,
            "headers": {"host": "tea.example", "user-agent": BROWSER, **(headers or {})},
            "requestContext": {
                "http": {"method": method, "path": parts.path, "sourceIp": "192.0.2.1", "protocol": "HTTP/1.1"},
                "domainName": "tea.example",
            },
            "body": body.decode() if isinstance(body, bytes) else body,
            "isBase64Encoded": False,
        }
        for _ in range(5):
            answer = self._attempt(room, event)
            if answer is not None and answer["statusCode"] < 500:
                return dict(answer)
        raise AssertionError(f"{method} {parts.path} is never answered: {self.failures[-1:]}")

    def call(self, kind: str, **body: Any) -> dict[str, Any]:
        """One call of the tracking API, such as call("track", event=…, anonymousId=…)."""
        headers = {"content-type": "application/json", "authorization": "Basic d2tfdGVzdHM6"}
        return self.http("POST", f"/v1/{kind}", json.dumps(body), headers=headers)

    def page(self, path: str, id: str, anonymous: str) -> dict[str, Any]:
        """A page view of a browser."""
        return self.call("page", messageId=id, anonymousId=anonymous, properties={"path": path})

    def post_form(
        self,
        form: str = "hello",
        *,
        consents: Sequence[str] = ("tips",),
        anonymous: str = "",
        nonce: str = "",
        shown_ago: int = 0,
        **fields: str,
    ) -> dict[str, Any]:
        """A form post from our own page. `nonce` tells one showing of the form from the
        next; `shown_ago` is how many ms it took to fill in."""
        digits = nonce or f"{self.clock.now:016x}"
        hidden = [(NONCE, f"{self.clock.now - shown_ago:013d}-{digits:0>16}"), (ANONYMOUS_ID, anonymous)]
        typed = [*fields.items(), *((CONSENT, topic) for topic in consents), *hidden]
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return self.http("POST", f"/f/{form}", urlencode(typed), headers=headers)

    def follow(self, url: str, method: str = "GET", body: str = "", agent: str = BROWSER) -> dict[str, Any]:
        """Open, click or unsubscribe: a link of a mail."""
        assert url.startswith(PUBLIC_URL), url
        return self.http(method, url.removeprefix(PUBLIC_URL), body, headers={"user-agent": agent})

    def report(self, mail: Mail, kind: str) -> None:
        """SES reports about a mail: "Delivery", "Bounce" or "Complaint"."""
        self.reported.append(mail)
        self.queues.put(self.queues.by_name["feedback"], mail.feedback(kind))

    def put_on_bus(self, kind: str, *, id: str, **detail: Any) -> None:
        """Another application of the owner puts an event on the bus. EventBridge tries again what fails."""
        event = self.on_the_bus(kind, id, "2026-11-24T06:20:00Z", detail)
        for _ in range(5):
            if self._attempt("track", event) is not None:
                return
        raise AssertionError(f"event {id} of the bus is never taken: {self.failures[-1:]}")

    @staticmethod
    def on_the_bus(kind: str, id: str, time: str, detail: Mapping[str, Any]) -> dict[str, Any]:
        """What EventBridge hands on of such an event."""
        return {
            "version": "0",
            "id": id,
            "detail-type": kind,
            "source": "shop",
            "account": "000000000000",
            "time": time,
            "region": REGION,
            "resources": [],
            "detail": detail,
        }
