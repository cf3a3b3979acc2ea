"""video.js: tells what is played on pages that have clips."""

from functools import cache

from functions.http import Answer, Request
from functions.pages import tracker


def script(request: Request) -> Answer:
    """The script, the same for all."""
    return tracker.hand_over(request, _served())


@cache
def _served() -> tracker.Served:
    from functions.pages import render

    return tracker.pack(render.text_of("video.js"))
