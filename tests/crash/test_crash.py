"""The crash sweep in the size of the day: nothing lost, nothing twice, whatever call fails."""

from functions.core.message import UNSETTLED
from functions.tables import messages
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.crash import sweep
from tests.crash.faults import Fault, Mode
from tests.crash.scenarios import sign_up, wait
from tests.scale import SCALE

ROOMS = {"track", "score", "journey_step", "count", "send", "sweep", "work", "publish"}


EVERY = 1 if SCALE > 1 else 61
"""In the small size every sixty-first fault: modes and ways of coming again take turns in fours and threes."""


def test_every_handler_may_fail_or_die_at_every_call(emulator: EmulatorProcess) -> None:
    report = sweep.run(emulator=emulator, stride=EVERY)
    print(report)
    assert report.failures == []
    assert (report.lost, report.twice, report.miscounted) == (0, 0, 0)
    assert set(report.points) == ROOMS


def test_every_delivery_may_come_twice(emulator: EmulatorProcess) -> None:
    assert sweep.told_twice(emulator) == []


def test_a_message_of_which_nobody_knows_is_listed_and_never_sent_again(cloud: Cloud) -> None:
    fault = Fault("send", 0, Mode.LOST)
    with cloud.watched(_AtSending(fault)):
        sign_up(cloud)
    (mail,) = cloud.mails
    wait(cloud, days=2)
    (message, *_) = messages.list_for(cloud.contact("ada@example.com"))
    assert (message.template, message.state) == ("welcome", "delivered")
    assert message.state not in UNSETTLED
    assert [one.subject for one in cloud.mails].count(mail.subject) == 1


def test_without_a_report_it_is_unknown_after_an_hour(cloud: Cloud) -> None:
    with cloud.watched(_AtSending(Fault("send", 0, Mode.KILLED))):
        cloud.post_form(email="ada@example.com")
        cloud.skip(hours=2)
    (message,) = messages.list_for(cloud.contact("ada@example.com"))
    assert (message.state, message.due) == ("unknown", None)
    assert len(cloud.mails) == 1


class _AtSending:
    """Strikes the call in which SES is asked."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault

    def before(self, call: object) -> None:
        if getattr(call, "operation", "") == "SendEmail" and self.fault.struck is None:
            self.fault.number = getattr(call, "number", 0)

    def after(self, call: object) -> None:
        self.fault.after(call)  # type: ignore[arg-type]

    def repeat(self, call: object) -> bool:
        return False
