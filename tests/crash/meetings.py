"""The meetings of handlers that matter: whoever reads, decides and writes about the same person at once."""

import contextlib

from functions import releases
from functions.core.message import intended
from functions.score.merge import merge
from functions.send.queue import enqueue
from functions.tables import messages, schedules
from functions.tables.identities import Contended
from functions.work import jobs, start_plans
from functions.work.jobs import Job
from tests.audience import TOPIC, contact_id, people, with_campaign
from tests.cloud import Cloud
from tests.cloud.mail import Mail
from tests.crash import scenarios
from tests.crash.interleaving import Act, Meeting

EMAIL = "ada@example.com"
REDELIVERIES = 5


def deliver(*what: str) -> Act:
    """Deliveries, one after the other."""
    return lambda cloud: [cloud.deliver(one) for one in what]


def deliver_last(what: str) -> Act:
    """A delivery of what was queued last."""

    def last(cloud: Cloud) -> None:
        waiting = cloud.queues.by_name[what].messages
        waiting.insert(0, waiting.pop())
        cloud.deliver(what)

    return last


def enrolling(cloud: Cloud) -> None:
    """Ada's form is scored; the trigger waits in the stream."""
    cloud.page("/first-flush", "p1", "laptop")
    cloud.post_form(email=EMAIL, first_name="Ada", anonymous="laptop", nonce="a1")
    cloud.deliver("score")


def welcomed(cloud: Cloud) -> Mail:
    """Ada is enrolled and has the welcome mail; her clock has not parked yet."""
    cloud.paused = {"clock"}
    enrolling(cloud)
    cloud.settle()
    cloud.paused = set()
    return cloud.mails[0]


def parked(cloud: Cloud) -> Mail:
    """The same, and her clock is parked."""
    welcomed(cloud)
    cloud.settle()
    return cloud.mails[0]


def click(cloud: Cloud) -> None:
    """Ada clicks a while after the mail came; it is judged to be hers, and score has not heard of that yet."""
    cloud.clock.now += 60_000
    cloud.follow(scenarios.link(cloud.mails[0]))
    cloud.deliver("score")
    cloud.clock.now += 60_000
    cloud.deliver("work")


def unsubscribe(cloud: Cloud) -> None:
    cloud.follow(scenarios.unsubscribe_link(cloud.mails[0]), "POST", "List-Unsubscribe=One-Click")


def order(cloud: Cloud) -> None:
    cloud.put_on_bus("Order Completed", id="o1", email=EMAIL, revenue=40)


def enrolling_with_an_order(cloud: Cloud) -> None:
    enrolling(cloud)
    order(cloud)


def welcomed_and_clicked(cloud: Cloud) -> None:
    welcomed(cloud)
    click(cloud)
    cloud.deliver("score")


def welcomed_clicking(cloud: Cloud) -> None:
    welcomed(cloud)
    click(cloud)


def late(cloud: Cloud) -> None:
    """Three days later; nothing has noticed yet."""
    parked(cloud)
    cloud.clock.now += 3 * 86_400_000 + 60_000


def late_and_clicked(cloud: Cloud) -> None:
    late(cloud)
    click(cloud)
    cloud.deliver("score")


def overdue(cloud: Cloud) -> None:
    """Longer than the sweep waits for the clock, which lives and is late."""
    late(cloud)
    cloud.clock.now += 600_000


def clockless(cloud: Cloud) -> None:
    """The same, and the clock is dead."""
    overdue(cloud)
    for name in list(cloud.machines.executions):
        cloud.machines.stop(name)


def clockless_and_clicked(cloud: Cloud) -> None:
    clockless(cloud)
    click(cloud)
    cloud.deliver("score")


def second_mail_queued(cloud: Cloud) -> None:
    """The offer waits in the queue, and Ada holds an unsubscribe link of the welcome."""
    parked(cloud)
    click(cloud)
    cloud.paused = {"send"}
    cloud.settle()
    cloud.paused = set()


def second_mail_queued_twice(cloud: Cloud) -> None:
    second_mail_queued(cloud)
    queue = cloud.queues.by_name["send"]
    cloud.queues.put(queue, queue.messages[0].body)
    queue.batch = 1


def answer_lost(cloud: Cloud) -> None:
    """SES took the welcome and nobody noted it; an hour has passed, and the report arrives."""
    enrolling(cloud)
    cloud.paused = {"send"}
    cloud.settle()
    cloud.paused = set()
    with cloud.watched(_LosesAnswer()):
        cloud.deliver("send")
    cloud.clock.now += 3_700_000
    cloud.report(cloud.mails[0], "Delivery")


class _LosesAnswer:
    def before(self, call: object) -> None:
        pass

    def after(self, call: object) -> None:
        from botocore.exceptions import ReadTimeoutError

        if getattr(call, "operation", "") == "SendEmail":
            raise ReadTimeoutError(endpoint_url="ses")

    def repeat(self, call: object) -> bool:
        return False


def two_of_them(cloud: Cloud) -> None:
    """A phone with a trigger on its way, and news that it is Ada's."""
    parked(cloud)
    cloud.page("/first-flush", "p2", "phone")
    cloud.call("track", messageId="t1", userId="u1", event="E-Book Downloaded")
    cloud.settle()
    cloud.page("/first-flush", "p3", "phone")
    cloud.call("track", messageId="t2", userId="u1", event="Order Completed")
    cloud.deliver("score")
    cloud.call("identify", messageId="i1", userId="u1", anonymousId="phone", traits={"email": EMAIL})


def two_runs(cloud: Cloud, later: int = 2 * 86_400_000 + 60_000) -> None:
    """An account and an address, each in its own run of a journey, turn out to be one so much later (ms): when their
    clocks ring, or earlier."""
    cloud.publish(scenarios.with_a_journey_after_orders())
    cloud.call("track", messageId="o1", userId="u1", event="Order Completed")
    cloud.post_form(email=EMAIL, nonce="a1")
    cloud.put_on_bus("Order Completed", id="o2", email=EMAIL)
    cloud.settle()
    cloud.clock.now += later
    cloud.call("identify", messageId="i1", userId="u1", traits={"email": EMAIL})


def two_runs_of_one(cloud: Cloud) -> None:
    two_runs(cloud)
    cloud.deliver("score")


def two_batches(cloud: Cloud) -> None:
    """Events of two sources of Ada's, in two shards."""
    parked(cloud)
    cloud.page("/first-flush", "p2", "laptop")
    cloud.post_form(email=EMAIL, anonymous="laptop", nonce="a2")
    cloud.events.read()


def two_turns(cloud: Cloud) -> None:
    """At Ada's browser Bob identifies, and a page that is his by now waits in another shard."""
    parked(cloud)
    traits = {"email": "bob@example.com"}
    cloud.call("identify", messageId="i1", anonymousId="laptop", traits=traits)
    cloud.page("/first-flush", "p2", "laptop")
    cloud.events.read()


def two_people(cloud: Cloud) -> None:
    """At a visitor's browser two people identify at once."""
    cloud.page("/first-flush", "p1", "laptop")
    cloud.settle()
    for name in ("ada", "bob"):
        traits = {"email": f"{name}@example.com"}
        cloud.call("identify", messageId=name, anonymousId="laptop", traits=traits)
    cloud.events.read()


def one_under_a_cap(cloud: Cloud) -> None:
    """Two who turned out to be one, a mail for each on the queue, and room for one under the cap."""
    cloud.publish(with_campaign(caps=[{"at_most": 1, "within": "1 day"}]))
    people(cloud, 0, 1)
    assert merge(contact_id(0), contact_id(1))
    release = releases.live().id
    for number in (0, 1):
        contact, id = contact_id(number), f"mail-{number}"
        about = {"journey": "news", "step": id, "template": "welcome", "topic": TOPIC, "release": release}
        messages.intend(intended(id=id, contact=contact, now=cloud.clock.now, **about))
        enqueue(contact, id)
    cloud.queues.by_name["send"].batch = 1


def half(place: int) -> Act:
    """Score one half of what waits, as the follower of one shard."""

    def score(cloud: Cloud) -> None:
        record = cloud.events.seen[-2 + place]
        cloud.events.waiting = [one for one in cloud.events.waiting if one is not record]
        for _ in range(REDELIVERIES):
            # Lambda delivers again what was refused because something had changed meanwhile.
            with contextlib.suppress(Contended):
                cloud.invoke("score", {"Records": [record]})
                return
        raise AssertionError("never scored")

    return score


def counted_anew(cloud: Cloud) -> None:
    """A refold is queued while more events wait to be scored."""
    parked(cloud)
    jobs.create(Job("one", "refold", cloud.clock.now))
    cloud.page("/first-flush", "p2", "laptop")
    click(cloud)


def cooling(cloud: Cloud) -> None:
    """Interest cooled weeks ago, and just then Ada comes back."""
    parked(cloud)
    scenarios.wait(cloud, days=4)
    cloud.clock.now += 30 * 86_400_000
    cloud.page("/first-flush", "p2", "laptop")


def looked_around(cloud: Cloud) -> None:
    """Ada looked around where journeys start by every kind of trigger."""
    cloud.publish(scenarios.with_a_journey_of_each_trigger())
    start_plans.schedule(releases.live().id, cloud.clock.now)
    cloud.page("/first-flush", "p1", "laptop")
    cloud.post_form(email=EMAIL, anonymous="laptop", nonce="a1")
    cloud.settle()


def at_the_line(cloud: Cloud) -> None:
    """She stays away for a day, which starts a journey, and comes back just then, which starts another."""
    looked_around(cloud)
    scenarios.wait(cloud, days=0.8)
    cloud.clock.now += 3 * 3_600_000
    cloud.page("/prices", "p2", "laptop")


def at_ten(cloud: Cloud) -> None:
    """A journey's moment has come."""
    looked_around(cloud)
    (plan,) = schedules.plans()
    cloud.clock.now = plan.next.at


def after_ten(cloud: Cloud) -> None:
    """Those in the segment are about to be started, and Ada crosses a line."""
    at_ten(cloud)
    cloud.sweep()
    cloud.page("/prices", "p2", "laptop")


def sweep(cloud: Cloud) -> None:
    cloud.sweep()


MEETINGS = (
    Meeting("enroll, order scored", enrolling_with_an_order, deliver("journey_step"), deliver("score")),
    Meeting("order scored, enroll", enrolling_with_an_order, deliver("score"), deliver("journey_step")),
    Meeting("enroll, clock parks", enrolling, deliver("journey_step"), deliver("clock")),
    Meeting("enroll, mail goes out", enrolling, deliver("journey_step"), deliver("send")),
    Meeting("park, wake", welcomed_and_clicked, deliver("clock"), deliver("journey_step")),
    Meeting("wake, park", welcomed_and_clicked, deliver("journey_step"), deliver("clock")),
    Meeting("park, scored and woken", welcomed_clicking, deliver("clock"), deliver("score", "journey_step")),
    Meeting("click scored, clock parks", welcomed_clicking, deliver("score"), deliver("clock")),
    Meeting("clock rings, wake", late_and_clicked, deliver("clock", "clock"), deliver("journey_step")),
    Meeting("wake, clock rings", late_and_clicked, deliver("journey_step"), deliver("clock", "clock")),
    Meeting("sweep, clock rings", overdue, sweep, deliver("clock", "clock")),
    Meeting("clock rings, sweep", overdue, deliver("clock", "clock"), sweep),
    Meeting("sweep mends the clock, wake", clockless_and_clicked, sweep, deliver("journey_step")),
    Meeting("wake, sweep mends the clock", clockless_and_clicked, deliver("journey_step"), sweep),
    Meeting("sweep, sweep", clockless, sweep, sweep),
    Meeting("send, unsubscribe", second_mail_queued, deliver("send"), unsubscribe),
    Meeting("unsubscribe, send", second_mail_queued, unsubscribe, deliver("send")),
    Meeting("send, send", second_mail_queued_twice, deliver("send"), deliver("send")),
    Meeting("send to one, send to the same", one_under_a_cap, deliver("send"), deliver_last("send")),
    Meeting("report, sweep", answer_lost, deliver("feedback"), sweep),
    Meeting("sweep, report", answer_lost, sweep, deliver("feedback")),
    Meeting("merge, stream", two_of_them, deliver("score"), deliver("journey_step")),
    Meeting("stream, merge", two_of_them, deliver("journey_step"), deliver("score")),
    Meeting("merge, clocks ring", two_runs, deliver("score"), deliver("clock", "clock")),
    Meeting("clocks ring, merge", two_runs, deliver("clock", "clock"), deliver("score")),
    Meeting("run follows, clocks ring", two_runs_of_one, deliver("journey_step"), deliver("clock", "clock")),
    Meeting("clocks ring, run follows", two_runs_of_one, deliver("clock", "clock"), deliver("journey_step")),
    Meeting("score, score", two_batches, half(0), half(1)),
    Meeting("Bob's turn, his page", two_turns, half(0), half(1)),
    Meeting("Bob's page, his turn", two_turns, half(1), half(0)),
    Meeting("two turns", two_people, half(0), half(1)),
    Meeting("refold, score", counted_anew, deliver("work"), deliver("score")),
    Meeting("score, refold", counted_anew, deliver("score"), deliver("work")),
    Meeting("sweep cools, score", cooling, sweep, deliver("score")),
    Meeting("score, sweep cools", cooling, deliver("score"), sweep),
    Meeting("sweep crosses a line, score", at_the_line, sweep, deliver("score", "journey_step")),
    Meeting("score crosses a line, sweep", at_the_line, deliver("score"), sweep),
    Meeting("two sweeps at a journey's moment", at_ten, sweep, sweep),
    Meeting("a journey starts, line crossed", after_ten, deliver("work"), deliver("score", "journey_step")),
    Meeting("line crossed, a journey starts", after_ten, deliver("score", "journey_step"), deliver("work")),
)
"""Who is held, and who runs meanwhile."""
