"""The stateless stack: everything that can be thrown away and deployed again."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import streams, uses
from infra.api import CONSOLE, PAGES, TRACK, Api
from infra.bus import Bus
from infra.data import DataStack
from infra.journeys import Journeys, machine_arn
from infra.lambda_factory import Functions
from infra.mail import Mail
from infra.queues import FEEDBACK_WINDOW, Queues, feed
from infra.release import Release
from infra.staff import SignIn
from infra.texts import Texts
from infra.watch import Watch

TRACK_TIMEOUT = 15
SEND_TIMEOUT = 60
SWEEP_TIMEOUT = 90
WORK_TIMEOUT = 180
"""A slice begins nothing after half a minute; the longest history takes some twenty seconds more."""


class ServiceStack(cdk.Stack):
    """The picture of the flow, one construct per part."""

    def __init__(
        self, scope: Construct, name: str, *, data: DataStack, code: Path, layer: Path, marketing: Path, build: Path
    ) -> None:
        super().__init__(scope, name, description="Samovar: intake, scoring, journeys, mail")
        self._data = data
        self.queues = Queues(self, send_timeout=SEND_TIMEOUT, work_timeout=WORK_TIMEOUT, feedback_timeout=TRACK_TIMEOUT)
        self.functions = Functions(self, code=str(code), layer=str(layer), aside=self.queues.aside)
        self.api = Api(self)
        self.bus = Bus(self)
        self.mail = Mail(self, feedback=self.queues.feedback)
        self.watch = Watch(self)
        self.texts = Texts(self, feedback=self.queues.feedback)
        self.public_url = self._public_url()
        self.sign_in = SignIn(self, pool=data.staff, public_url=self.public_url)
        made = self._make_functions()
        self._connect(made)
        self.journeys = Journeys(self, journey_step=made["journey_step"])
        self.release = Release(
            self,
            functions=self.functions,
            needs=[
                uses.writes_contacts(data.contacts),
                uses.stores_releases(data),
                uses.stores_assets(data),
                uses.notices_absence(data),
                uses.sends_to(self.queues.work, "WORK_QUEUE_URL"),
            ],
            marketing=marketing,
            build=build,
        )
        self.release.follows(list(made.values()))
        self.watch.over(
            functions={**made, "publish": self.release.function},
            queues={
                "send": self.queues.send,
                "work": self.queues.work,
                "feedback": self.queues.feedback,
                "aside": self.queues.aside,
            },
        )
        self._outputs(made)

    def _public_url(self) -> str:
        parameter = cdk.CfnParameter(
            self,
            "PublicUrl",
            default="",
            description="Base of every link in messages and pages; empty for the API's own address",
        )
        own = cdk.CfnCondition(self, "OwnAddress", expression=cdk.Fn.condition_equals(parameter.value_as_string, ""))
        chosen = cdk.Fn.condition_if(own.logical_id, self.api.url, parameter.value_as_string)
        return cdk.Token.as_string(chosen)

    def _make_functions(self) -> dict[str, lambda_.Function]:
        """Every function but `publish`, with exactly what it needs."""
        contacts, log, queues = self._data.contacts, self._data.events, self.queues
        known = [uses.writes_contacts(contacts), uses.reads_releases(self._data)]
        to_send = uses.sends_to(queues.send, "SEND_QUEUE_URL")
        acting = [
            *known,
            uses.reads_events(log),
            uses.inserts_events(log),
            uses.sets_clocks(machine_arn(self)),
            uses.publishes_to(self.bus.bus),
            # A mistake in a journey is told of.
            uses.alerts(self.watch.topic),
            to_send,
        ]
        mail = [
            uses.sends_mail(self, self.mail.settings.configuration_set_name),
            uses.knows_its_quota(),
            uses.notes_messages(contacts),
            uses.makes_links(self.public_url),
            to_send,
        ]
        to_work = uses.sends_to(queues.work, "WORK_QUEUE_URL")
        campaigns = [
            uses.freezes_audiences(self._data),
            uses.decides_messages(contacts),
            uses.knows_its_quota(),
            uses.alerts(self.watch.topic),
            uses.publishes_to(self.bus.bus),
            to_send,
        ]
        starts = [uses.sets_clocks(machine_arn(self))]
        jobs = [uses.walks_contacts(contacts), uses.reads_events(log), uses.inserts_events(log), to_work]
        # Erasing a person: only here and, for what was on its way, in score is anything ever taken off the events.
        erasing = [
            uses.walks_events(log),
            uses.removes_events(log),
            uses.looks_through(queues.aside),
            uses.stops_clocks(machine_arn(self)),
        ]
        read_only = [uses.reads_contacts(contacts), uses.reads_releases(self._data)]
        # What the month costs.
        used = uses.knows_what_was_used(machine_arn(self), log)
        make = self.functions.make
        sweep = f"{self.stack_name}-sweep"
        sweep_arn = self.format_arn(
            service="lambda", resource="function", resource_name=sweep, arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
        )
        return {
            "track": make(
                "track",
                memory=512,
                timeout=TRACK_TIMEOUT,
                needs=[
                    *known,
                    uses.inserts_events(log),
                    uses.receives(queues.feedback),
                    uses.notes_messages(contacts),
                    uses.counts_reports(contacts),
                    uses.alerts(self.watch.topic),
                    uses.gives_assets(self._data),
                    uses.makes_links(self.public_url),
                    # Texts: only to answer HELP, and to ask a number that a form named.
                    uses.sends_texts(),
                ],
            ),
            "pages": make(
                "pages",
                memory=512,
                timeout=10,
                # A personal page tells what its contact did.
                needs=[*read_only, uses.looks_up_events(log), to_work, uses.makes_links(self.public_url)],
            ),
            "console": make(
                "console",
                # What is taken out of a person is all that they did: the longest history takes some twenty seconds.
                memory=1024,
                timeout=29,
                needs=[
                    *known,
                    uses.reads_events(log),
                    # What somebody of the staff changes about a person is an event as well.
                    uses.inserts_events(log),
                    to_work,
                    uses.makes_links(self.public_url),
                    # What a person decides there is done by jobs.
                    to_work,
                    # A release that was proposed goes live with the files that it gives people, or not at all.
                    uses.stores_releases(self._data),
                    uses.gives_assets(self._data),
                    uses.notices_absence(self._data),
                    # A test of a mail, to whoever asks for it.
                    uses.sends_mail(self, self.mail.settings.configuration_set_name),
                    self.sign_in.use(),
                    used,
                ],
            ),
            "score": make(
                "score",
                memory=256,
                timeout=60,
                needs=[*known, uses.reads_events(log), uses.removes_events(log), uses.follows(log), to_work],
            ),
            "journey_step": make("journey_step", memory=512, timeout=60, needs=[*acting, uses.follows(contacts)]),
            "count": make("count", memory=256, timeout=60, needs=[*known, uses.follows(contacts)]),
            "send": make(
                "send",
                memory=512,
                timeout=SEND_TIMEOUT,
                needs=[
                    *known,
                    *mail,
                    uses.sends_texts(),
                    uses.inserts_events(log),
                    uses.receives(queues.send),
                    uses.alerts(self.watch.topic),
                ],
                # At a low rate a message goes back to the queue until its turn comes.
                calls_itself=True,
            ),
            "sweep": make(
                "sweep",
                memory=1024,
                timeout=SWEEP_TIMEOUT,
                # When much is due it asks itself for help: its role must name it before it is there.
                needs=[
                    *acting,
                    uses.notes_messages(contacts),
                    uses.finds_due(contacts),
                    uses.calls(sweep_arn),
                    used,
                    to_work,
                ],
                called=sweep,
            ),
            "work": make(
                "work",
                memory=1024,
                timeout=WORK_TIMEOUT,
                needs=[*known, *jobs, *campaigns, *starts, *erasing, uses.receives(queues.work)],
                calls_itself=True,
            ),
        }

    def _connect(self, made: dict[str, lambda_.Function]) -> None:
        """What sets each function going."""
        self.api.route(made["track"], "Track", TRACK)
        self.api.route(made["pages"], "Pages", PAGES)
        self.api.route(made["console"], "Console", CONSOLE)
        self.bus.listen(made["track"], self.queues.aside)
        feed(made["track"], self.queues.feedback, batch=100, at_once=2, window=FEEDBACK_WINDOW)
        feed(made["send"], self.queues.send, batch=10, at_once=2)
        # Two lanes of a backfill leave two for judgements, and for whoever is erased meanwhile. With the sweep at its
        # most, four of the ten that a new account may run are left for intake and what follows from it.
        feed(made["work"], self.queues.work, batch=1, at_once=4)
        aside = self.queues.aside
        # A second of gathering lets the events of one visit cost one read and one write. Each is an item of
        # its own: with more lanes than one they would meet at their contact, out of order.
        streams.follow(made["score"], self._data.events, aside, patterns=[streams.INSERTS], window=1, lanes=1)
        # A contact's state is one item, whose order is kept.
        streams.follow(
            made["journey_step"], self._data.contacts, aside, patterns=[streams.DECISIONS], window=0, lanes=4
        )
        # What is gathered for half a minute is counted together: a message's whole way is one write then.
        streams.follow(made["count"], self._data.contacts, aside, patterns=streams.COUNTED, window=30, lanes=1)
        events.Rule(
            self,
            "EveryMinute",
            description="What is due",
            schedule=events.Schedule.rate(cdk.Duration.minutes(1)),
            # The next minute's sweep finds whatever this one missed.
            targets=[targets.LambdaFunction(made["sweep"], retry_attempts=0, max_event_age=cdk.Duration.minutes(1))],
        )

    def _outputs(self, made: dict[str, lambda_.Function]) -> None:
        values = {
            "ApiUrl": self.api.url,
            "PublicBase": self.public_url,
            "BusName": self.bus.bus.event_bus_name,
            "SendQueueUrl": self.queues.send.queue_url,
            "WorkQueueUrl": self.queues.work.queue_url,
            "AsideQueueUrl": self.queues.aside.queue_url,
            "StateMachineArn": self.journeys.machine.state_machine_arn,
            "EventsTable": self._data.events.table_name,
            "ContactsTable": self._data.contacts.table_name,
            "Bucket": self._data.bucket.bucket_name,
            "FeedbackTopicArn": self.mail.topic.topic_arn,
            "AlertTopicArn": self.watch.topic.topic_arn,
            "RepliesTopicArn": self.texts.topic.topic_arn,
            "ConfigurationSet": self.mail.settings.configuration_set_name,
            "SweepFunction": made["sweep"].function_name,
            "Release": self.release.release_id,
            "ConsoleUrl": f"{self.public_url}/console",
            "StaffPool": self._data.staff.user_pool_id,
        }
        for name, value in values.items():
            cdk.CfnOutput(self, name, value=value)
