"""A web site with the tracker script on its pages, and an API beside it that notes what reaches it."""

import json
import threading
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from functions.core.tracking import Tracking, script_settings
from functions.pages import tracker
from infra.paths import BUILD
from infra.tracker import tracker_script
from local.front.server import Handler, Server

KEY = "wk_site"
STUB = "<script>window.samovar??=new Proxy([],{get:(q,m)=>q[m]??((...a)=>q.push([m,...a]))})</script>"
"""The line of docs/tracker.md that keeps calls made before the script is there."""
BANNER = """<div data-samovar-consent="ask" hidden>May we count? <button data-samovar-consent="yes">Yes</button>
<button data-samovar-consent="no">No</button></div>"""


@dataclass(slots=True)
class Api:
    """What reached the API. `broken` makes it answer 503 ("busy") or hang up ("gone")."""

    settings: str = script_settings(Tracking(), "")
    requests: list[dict[str, Any]] = field(default_factory=list)
    forms: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    refused: int = 0
    broken: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Every call that was taken, once, in order of arrival."""
        taken = {call["messageId"]: call for request in self.requests for call in request["batch"]}
        return list(taken.values())

    def named(self, name: str) -> list[dict[str, Any]]:
        """The calls of a type, or the tracked events of a name."""
        return [call for call in self.calls if name in (call["type"], call.get("event"))]


class _ApiHandler(Handler):
    api: Api

    def do_GET(self) -> None:
        text = tracker.serve(tracker_script(BUILD), self.api.settings).text
        self.answer(200, "text/javascript", text.encode())

    def do_POST(self) -> None:
        body = self.body() or b""
        with self.api.lock:
            if self.api.broken:
                self.api.refused += 1
                if self.api.broken == "gone":
                    self.close_connection = True
                    return
                self.answer(503, "application/json", b"{}", access_control_allow_origin="*")
                return
            if self.route.startswith("/f/"):
                said = {name: values[-1] for name, values in parse_qs(body.decode()).items()}
                self.api.forms.append((self.route.removeprefix("/f/"), said))
            else:
                assert self.headers["content-type"].startswith("text/plain")
                self.api.requests.append(json.loads(body))
        self.answer(200, "application/json", b"{}", access_control_allow_origin="*")


class _SiteHandler(Handler):
    pages: dict[str, str]
    head: str

    def do_GET(self) -> None:
        body = self.pages.get(self.route, self.pages["*"])
        self.page(f"<!doctype html><title>{self.route}</title>{self.head}<body>{body}")

    def do_POST(self) -> None:
        self.body()
        self.page("<!doctype html><title>posted</title>Thanks")


class Website:
    """Pages by path ("*" for any other) whose head loads the script; `url` at 127.0.0.1 or below tea.localhost."""

    def __init__(self, pages: dict[str, str], *, api_url: str = "", key: str = KEY, **settings: Any) -> None:
        self.api = Api(script_settings(Tracking.model_validate(settings), ""))
        self._api = Server(0, type("BoundApi", (_ApiHandler,), {"api": self.api}))
        self.api_url = api_url or self._api.url
        head = f'{STUB}<script async src="{self.api_url}/samovar.js" data-key="{key}"></script>'
        self.pages = {"*": BANNER, **pages}
        bound = {"pages": self.pages, "head": head}
        self._site = Server(0, type("BoundSite", (_SiteHandler,), bound))
        self.url = self._site.url
        self.port = urlsplit(self.url).port

    def at(self, host: str) -> str:
        """The same site under another name of this machine."""
        return f"http://{host}:{self.port}"

    def __enter__(self) -> Self:
        self._api.__enter__()
        self._site.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._site.__exit__(*error)
        self._api.__exit__(*error)
