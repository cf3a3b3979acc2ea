"""The inbox: every message that anybody was sent, and the stack's clock."""

import json
import threading
import urllib.request
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local import skip
from local.front import letters, outbox
from local.front.server import Handler
from local.front.templates import render
from local.stack import Stack

HOPS = (("1 hour", 3600), ("1 day", 86_400), ("3 days", 3 * 86_400))
LONGEST = 366 * 86_400
# Scripts of an email never run, wherever it is shown.
LETTER_POLICY = "sandbox allow-popups allow-popups-to-escape-sandbox; script-src 'none'"


class Inbox(Handler):
    """Subclassed with the stack by `inbox`."""

    stack: Stack
    skipping: threading.Lock

    def do_GET(self) -> None:
        match self.route.strip("/").split("/"):
            case [""]:
                self._show(self.query.get("message", ""))
            case ["messages.json"]:
                self._json(self._everything())
            case ["count.json"]:
                self._json({"messages": self.stack.message_count()})
            case ["letters", id] if letter := self._find(id):
                base = '<base target="_blank">'
                content = (base + letter.html).encode()
                self.answer(200, "text/html; charset=utf-8", content, content_security_policy=LETTER_POLICY)
            case _:
                self.page("<h1>Nothing here</h1>", 404)

    def do_POST(self) -> None:
        if self.route == "/outbox":
            status = outbox.keep(self._outbox, dict(self.headers.items()), self.body() or b"", self.stack.now_ms())
            self.answer(status, "text/plain", b"", location="https://push.example/m/1" if status == 201 else "")
            return
        form = self.form()
        if self.route != "/skip" or self.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            self.page("<h1>Nothing here</h1>", 404)
            return
        seconds = form.get("seconds", "")
        if not seconds.isdigit() or not 0 < int(seconds) <= LONGEST:
            self.page("<h1>How many seconds?</h1>", 400)
            return
        with self.skipping:
            skip.skip(self.stack, int(seconds))
        self.see("/")

    @property
    def _outbox(self) -> Path:
        return Path(self.stack.mail_dir).with_name("outbox")

    def _json(self, value: dict[str, Any]) -> None:
        self.answer(200, "application/json", json.dumps(value).encode())

    def _show(self, id: str) -> None:
        everything = self._letters()
        chosen = next((letter for letter in everything if letter.id == id), everything[0] if everything else None)
        self.page(
            render(
                "inbox.html",
                letters=everything,
                chosen=chosen,
                texts=self._texts(),
                posted=outbox.kept(self._outbox),
                hops=HOPS,
                now=self.stack.now_ms(),
                ahead=self.stack.offset_ms(),
                shop=self.stack.site_url,
            )
        )

    def _everything(self) -> dict[str, Any]:
        return {
            "now": self.stack.now_ms(),
            "clock": datetime.fromtimestamp(self.stack.now_ms() / 1000, UTC).isoformat(timespec="seconds"),
            "messages": [letter.as_dict() for letter in self._letters()],
            "texts": self._texts(),
            "posted": [asdict(one) for one in outbox.kept(self._outbox)],
        }

    def _letters(self) -> list[letters.Letter]:
        """Newest first."""
        return [letters.read(sent) for sent in reversed(self.stack.messages())]

    def _find(self, id: str) -> letters.Letter | None:
        return next((letter for letter in self._letters() if letter.id == id), None)

    def _texts(self) -> list[dict[str, str]]:
        """Text messages to phones, newest first."""
        with urllib.request.urlopen(f"{self.stack.aws_endpoint}/_ministack/sns/sms-messages", timeout=10) as answer:
            by_number = json.loads(answer.read()).get("sms_messages", {})
        return [
            {"to": number, "text": str(entry["Message"])}
            for number, entries in by_number.items()
            for entry in reversed(entries)
        ]


def inbox(stack: Stack) -> type[Inbox]:
    """A handler for this one stack."""
    return type("BoundInbox", (Inbox,), {"stack": stack, "skipping": threading.Lock()})
