"""The API at a plain address.

The emulator serves it below a path that holds a generated id, so absolute links and
redirects would miss it. Links and redirects to the demo business's own site come to the
local shop instead: that site is an example domain.
"""

import http.client
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from local.emulator import HOST
from local.front.server import Handler

HOP = {"connection", "transfer-encoding", "content-length", "date", "keep-alive"}


class Api(Handler):
    """Passes every request on. Subclassed with the addresses by `proxy`."""

    emulator_port: int
    api_id: str
    site: Callable[[], str]
    shop: str

    def _pass_on(self) -> None:
        body = self.body()
        if body is None:
            self.answer(413, "application/json", b'{"message":"Request Entity Too Large"}')
            return
        path = f"/_aws/execute-api/{self.api_id}/$default{quote(self.path, safe=SAFE)}"
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        upstream = http.client.HTTPConnection(HOST, self.emulator_port, timeout=60)
        try:
            upstream.request(self.command, path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.answer(502, "application/json", b'{"message":"Bad Gateway"}')
            return
        finally:
            upstream.close()
        is_page = answer.getheader("content-type", "").startswith("text/html") and self.command != "HEAD"
        if is_page and (site := self.site()):
            content = content.replace(site.encode(), self.shop.encode())
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, self._local(value) if name.lower() == "location" else value)
        length = str(len(content)) if self.command != "HEAD" else answer.getheader("content-length", "0")
        self.send_header("content-length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _pass_on

    def _local(self, place: str) -> str:
        target, site = urlsplit(place), self.site()
        if site and target.netloc == urlsplit(site).netloc:
            return self.shop + (target.path or "/") + (f"?{target.query}" if target.query else "")
        return place


SAFE = "/%?&=+:;,@!$'()*~#[]"


def proxy(emulator_port: int, api_id: str, site: Callable[[], str], shop: str) -> type[Api]:
    """A handler for this one API. `site` gives the business's own, as it is live now."""
    facts = {"emulator_port": emulator_port, "api_id": api_id, "site": staticmethod(site), "shop": shop}
    return type("BoundApi", (Api,), facts)
