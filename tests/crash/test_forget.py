"""Erasing a person: nothing of them is left but hashes, whatever fails and whoever comes between."""

import pytest

from functions.tables import tombstones
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.cloud.traces import search
from tests.crash import erasing, scenarios
from tests.crash.erasing import ADA, BOB, SECRETS
from tests.crash.faults import Count, Fault, modes
from tests.crash.interleaving import AFTERWARDS, Meeting, interrupt
from tests.crash.meetings import deliver
from tests.scale import SCALE, scaled


def hashes_only(cloud: Cloud) -> list[str]:
    """Where anything of Ada's is found that isn't a hash left on purpose."""
    found = search(cloud, *SECRETS)
    ids = {ref.partition("#")[2] for ref in erasing.refs().values()}
    for place in search(cloud, *ids):
        table, pk, *_ = place.split(" ")
        if not (table == "contacts" and pk[:2] in ("I#", "A#")):
            found.append(place)
    return found


def test_of_a_contact_with_everything_nothing_is_left_but_hashes(cloud: Cloud) -> None:
    cloud.publish(erasing.release())
    theirs = erasing.everything(cloud)
    ada, bob = cloud.contact(ADA), cloud.contact(BOB)
    before = {place.split(" ")[0] for place in search(cloud, *SECRETS, ada)}
    assert before >= {"events", "contacts", "queue", "execution"}
    bobs = set(search(cloud, bob))
    assert any(row["pk"].startswith("G#") and row["sk"] == f"C#{ada}" for row in cloud.items())
    assert any(ada in one.given for one in cloud.machines.parked)
    assert any(ada in message.body for message in cloud.queues.by_name["send"].messages)
    mails = len(erasing.mails_to(cloud, ADA))
    erasing.ask(cloud)
    job = erasing.finish(cloud)
    assert job.notes["executions"] == 1
    assert job.notes["set aside"] == 3
    assert hashes_only(cloud) == []
    rows = [row for row in cloud.items() if ada in row["pk"] + row["sk"]]
    assert {(row["sk"], *sorted(set(row) - {"pk", "sk"})) for row in rows} == {
        ("S", "into", "n", "v"),
        ("P", "into", "n", "v"),
        ("I", "at", "forgotten", "v"),
    }
    assert len(erasing.mails_to(cloud, ADA)) == mails
    assert set(search(cloud, bob)) == bobs
    assert [one["record"]["detail"].get("email") for one in cloud.aside] == [BOB]
    # Whatever their SDKs send again, and every old link, recreates nothing.
    stored = (cloud.items("events"), sorted(row["pk"] + row["sk"] for row in cloud.items()))
    erasing.send(cloud, theirs)
    cloud.events.rewind()
    cloud.decisions.rewind()
    cloud.skip(days=1)
    assert hashes_only(cloud) == []
    assert (cloud.items("events"), sorted(row["pk"] + row["sk"] for row in cloud.items())) == stored
    assert set(tombstones.marks(erasing.refs().values())) == set(erasing.refs().values())


def test_whatever_call_of_the_erasure_fails_it_ends_the_same(emulator: EmulatorProcess) -> None:
    watch = Count()
    with Cloud(emulator) as cloud:
        _asked(cloud)
        with cloud.watched(watch):
            erasing.finish(cloud)
        assert hashes_only(cloud) == []
    struck, paths = 0, set[tuple[str, ...]]()
    for call in watch.calls:
        # In the small size calls that follow the same call are alike, and what can happen to each comes in turn.
        path = (call.handler, *call.path[-1:])
        if SCALE == 1 and path in paths:
            continue
        paths.add(path)
        possible = modes(call)
        for mode in possible if SCALE > 1 else possible[len(paths) % len(possible) :][:1]:
            fault = Fault(call.handler, call.number, mode)
            with Cloud(emulator) as cloud:
                _asked(cloud)
                # Calls are counted from where the erasure begins.
                cloud.wire.counts.clear()
                with cloud.watched(fault):
                    erasing.finish(cloud)
                    cloud.skip(hours=2)
                assert fault.struck is not None, str(fault)
                assert hashes_only(cloud) == [], str(fault)
                assert cloud.aside == [], str(fault)
                assert not cloud.machines.parked, str(fault)
            struck += 1
    print(f"{struck} faults")
    assert struck > 20


def _asked(cloud: Cloud) -> None:
    """A smaller Ada, whose clock is parked, with a record set aside, and a mail in the queue."""
    cloud.publish(erasing.release())
    erasing.send(cloud, erasing.batches(cloud)[:1])
    cloud.post_form(email=ADA, first_name="Countess", anonymous="laptop-ada", nonce="a1")
    cloud.settle()
    cloud.put_on_bus("", id="poison-1", email=ADA)
    cloud.paused = {"send"}
    cloud.put_on_bus("Order Completed", id="o9", email=ADA, revenue=40)
    cloud.settle()
    cloud.paused = set()
    erasing.ask(cloud)
    cloud.wire.counts.clear()


def _erase(cloud: Cloud) -> None:
    while cloud.deliver("work"):
        pass


def _visit(cloud: Cloud) -> None:
    """Ada's browser again, and her phone, in which nothing else was ever done."""
    cloud.call("batch", batch=[*erasing.batches(cloud)[0], *erasing.batches(cloud)[1][1:]])


def _merging(cloud: Cloud) -> None:
    """Ada's phone has a contact of its own; news that it is hers waits to be scored."""
    cloud.page("/first-flush", "q1", "phone-ada")
    cloud.deliver("score")
    erasing.send(cloud, erasing.batches(cloud)[1:])


def _same_form(cloud: Cloud) -> None:
    """The form that was shown before the erasure, posted once more."""
    now, cloud.clock.now = cloud.clock.now, cloud.clock.now - 3_600_000
    cloud.post_form(email=ADA, first_name="Countess", anonymous="laptop-ada", nonce="a1")
    cloud.clock.now = now


def _late_click(cloud: Cloud) -> None:
    cloud.follow(scenarios.link(erasing.mails_to(cloud, ADA)[0]))


def _clicked(cloud: Cloud) -> None:
    _late_click(cloud)
    cloud.deliver("score")


def _nothing(cloud: Cloud) -> None:
    pass


BETWEEN = {
    "events arrive": (_nothing, _visit),
    "the form is sent again": (_nothing, _same_form),
    "score counts, and merges": (_merging, deliver("score")),
    "journey_step hands on": (_clicked, deliver("journey_step")),
    "send sends": (_nothing, deliver("send")),
    "a click arrives and is scored": (_nothing, lambda cloud: (_late_click(cloud), cloud.deliver("score"))),
}
"""What happens before the erasure is asked for and is still under way, and what meets the erasure."""


@pytest.mark.parametrize("name", BETWEEN)
def test_whoever_comes_between_brings_nothing_back(emulator: EmulatorProcess, name: str) -> None:
    before, other = BETWEEN[name]

    def ready(cloud: Cloud) -> None:
        _asked(cloud)
        before(cloud)

    for held, meeting in ((_erase, other), (other, _erase)):
        met = Meeting(name, ready, held, meeting)
        _, calls = _met(emulator, met, AFTERWARDS)
        at_most = scaled(3)
        for number in sorted({1 + place * calls // at_most for place in range(at_most)}):
            found, _ = _met(emulator, met, number)
            assert found == [], (name, number)


def _met(emulator: EmulatorProcess, meeting: Meeting, number: int) -> tuple[list[str], int]:
    with Cloud(emulator) as cloud:
        meeting.before(cloud)
        calls = interrupt(cloud, meeting, number)
        erasing.finish(cloud)
        cloud.skip(days=4)
        return hashes_only(cloud), calls
