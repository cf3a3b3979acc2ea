"""AWS clients: made once, by whichever thread needs one first."""

from types import SimpleNamespace
from typing import Any

import pytest

from functions.aws import session


def test_a_session_makes_one_client_at_a_time_whichever_thread_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = list[bool]()

    def create_client(service: str, **_: Any) -> Any:
        # Whoever else wants a client now has to wait.
        alone.append(session._one_at_a_time.locked())
        return SimpleNamespace(service=service)

    monkeypatch.setattr(session, "_session", lambda: SimpleNamespace(create_client=create_client))
    monkeypatch.setattr(session, "_made", [])
    made = session.client.__wrapped__("sns", 1)
    assert (made.service, alone) == ("sns", [True])
    assert not session._one_at_a_time.locked()
