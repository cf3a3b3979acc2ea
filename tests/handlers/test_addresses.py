"""The consent ledger as it is stored: appended once, and its head always what it amounts to."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from functions import clock, settings
from functions.aws import dynamodb
from functions.core import consent
from functions.core.consent import Change, Entry, Head, folded
from functions.core.errors import Newer
from functions.tables import addresses
from tests.handlers.faults import Crash, crash_at

BOTH = (Change("grant", "tips", "Yes, please."), Change("grant", "offers", "Those too."))
GRANT = Entry("e#1", 10, 12, "form:hello", BOTH)
STOP = Entry("e#2", 20, 20, "unsubscribe-page", (Change("withdrawal", "*"),))
BOUNCE = Entry("e#3", 30, 30, "ses", (Change("suppression", "bounce"),))

pytestmark = pytest.mark.usefixtures("stack")


def test_a_write_waits_out_a_transaction_that_holds_its_item(monkeypatch: pytest.MonkeyPatch) -> None:
    original, refusals = BaseClient._make_api_call, iter(["TransactionConflictException"] * 2)

    def held(self: Any, operation: str, arguments: Any) -> Any:
        code = next(refusals, None) if operation == "PutItem" else None
        if code:
            raise ClientError({"Error": {"Code": code, "Message": "held"}}, operation)
        return original(self, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", held)
    assert dynamodb.put_new(settings.contacts_table(), {"pk": "X#held", "sk": "X"})
    assert dynamodb.get(settings.contacts_table(), ("X#held", "X")) is not None


def test_an_address_that_nobody_wrote_about_has_an_empty_head() -> None:
    assert addresses.head("ada") == Head()
    assert list(addresses.entries("ada")) == []


def test_entries_are_kept_with_their_wording_and_the_head_is_their_fold() -> None:
    for entry in (GRANT, STOP, BOUNCE):
        assert addresses.append("ada", entry)
    assert list(addresses.entries("ada")) == [GRANT, STOP, BOUNCE]
    assert addresses.head("ada") == folded([GRANT, STOP, BOUNCE])
    assert addresses.head("eve") == Head()


def test_the_same_event_again_changes_nothing_whatever_it_says_now() -> None:
    addresses.append("ada", GRANT)
    before = addresses.head("ada")
    assert not addresses.append("ada", GRANT)
    assert not addresses.append("ada", replace(GRANT, arrived=99, changes=(Change("withdrawal", "*"),)))
    assert addresses.head("ada") == before
    assert list(addresses.entries("ada")) == [GRANT]


def test_an_entry_that_comes_between_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    fold, between = consent.fold, [STOP]

    def overtaken(head: Head, entry: Entry) -> Head:
        if between:
            addresses.append("ada", between.pop())
        return fold(head, entry)

    monkeypatch.setattr(clock, "sleep", lambda seconds: None)
    monkeypatch.setattr(consent, "fold", overtaken)
    assert addresses.append("ada", GRANT)
    assert addresses.head("ada") == folded([STOP, GRANT])


def test_a_head_that_never_stands_still_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(clock, "sleep", waited.append)
    monkeypatch.setattr(addresses, "head", lambda address: Head(version=7))
    with pytest.raises(addresses.Contended):
        addresses.append("ada", GRANT)
    assert len(waited) == addresses.ATTEMPTS
    assert sum(waited) < 5


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_call_leaves_all_or_nothing(after: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for call in range(2):
        address = f"ada{call}"
        with pytest.raises(Crash), crash_at(call, after=after, monkeypatch=monkeypatch):
            addresses.append(address, GRANT)
        assert addresses.head(address) == folded(addresses.entries(address))
        addresses.append(address, GRANT)
        assert addresses.head(address) == folded([GRANT])


def test_a_transaction_that_rests_on_a_head_is_refused_once_it_changed() -> None:
    table = settings.contacts_table()
    row = dynamodb.put_op(table, {"pk": "x", "sk": "x"})
    dynamodb.transact([addresses.unchanged_op("ada", Head()), row])
    addresses.append("ada", GRANT)
    with pytest.raises(dynamodb.TransactionRefused):
        dynamodb.transact([addresses.unchanged_op("ada", Head()), row])
    head = addresses.head("ada")
    dynamodb.transact([addresses.unchanged_op("ada", head), row])
    addresses.append("ada", STOP)
    with pytest.raises(dynamodb.TransactionRefused):
        dynamodb.transact([addresses.unchanged_op("ada", head), row])


def test_a_head_of_a_shape_from_the_future_is_not_guessed_at() -> None:
    pk, sk = addresses.head_key("ada")
    dynamodb.put(settings.contacts_table(), {"pk": pk, "sk": sk, "v": addresses.SHAPE + 1, "n": 1})
    with pytest.raises(Newer, match="newer"):
        addresses.head("ada")
