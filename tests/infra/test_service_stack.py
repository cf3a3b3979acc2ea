"""How the parts are joined."""

import json
from typing import Any

from functions.sweep.sweep import WORKERS
from functions.work import backfills
from tests.infra.conftest import Synthesized


def _mapping(app: Synthesized, room: str, source: str) -> dict[str, Any]:
    """The event-source mapping of a room on a "stream" or "queue"."""
    wanted = app.logical_id(room)
    mappings = [m for m in app.properties("AWS::Lambda::EventSourceMapping") if m["FunctionName"]["Ref"] == wanted]
    (found,) = [m for m in mappings if ("StartingPosition" in m) == (source == "stream")]
    return found


def _pattern(mapping: dict[str, Any]) -> dict[str, Any]:
    (one,) = mapping["FilterCriteria"]["Filters"]
    return dict(json.loads(one["Pattern"]))


def test_score_sees_new_events_a_hundred_at_a_time(app: Synthesized) -> None:
    mapping = _mapping(app, "score", "stream")
    assert _pattern(mapping) == {"eventName": ["INSERT"]}
    assert mapping["BatchSize"] == 100
    assert mapping["MaximumBatchingWindowInSeconds"] <= 1


def test_journey_step_sees_state_rows_that_made_decisions(app: Synthesized) -> None:
    mapping = _mapping(app, "journey_step", "stream")
    assert _pattern(mapping) == {
        "dynamodb": {"Keys": {"sk": {"S": ["S"]}}, "NewImage": {"o": {"N": [{"exists": True}]}}}
    }


def test_count_sees_what_reports_count_and_gathers_it(app: Synthesized) -> None:
    mapping = _mapping(app, "count", "stream")
    patterns = [json.loads(one["Pattern"]) for one in mapping["FilterCriteria"]["Filters"]]
    kinds = [kind for one in patterns for key in one["dynamodb"]["Keys"].values() for kind in key["S"]]
    assert kinds == [{"prefix": "M#"}, {"prefix": "J#"}, {"prefix": "G#"}, "S", "S"]
    assert mapping["MaximumBatchingWindowInSeconds"] == 30
    assert mapping["ParallelizationFactor"] == 1


def test_a_shard_has_no_more_followers_than_aws_advises(app: Synthesized) -> None:
    followed = [
        json.dumps(mapping["EventSourceArn"])
        for mapping in app.properties("AWS::Lambda::EventSourceMapping")
        if "StartingPosition" in mapping
    ]
    assert max(map(followed.count, followed)) == 2


def test_stream_records_are_tried_for_as_long_as_the_stream_keeps_them(app: Synthesized) -> None:
    for room in ("score", "journey_step", "count"):
        mapping = _mapping(app, room, "stream")
        assert mapping["MaximumRetryAttempts"] == -1
        assert mapping["MaximumRecordAgeInSeconds"] == -1
        assert mapping["BisectBatchOnFunctionError"] is True
        assert mapping["StartingPosition"] == "TRIM_HORIZON"
        assert mapping["DestinationConfig"]["OnFailure"]["Destination"]


def test_queues_hand_back_single_messages_and_are_bounded(app: Synthesized) -> None:
    for room, batch in (("send", 10), ("track", 100), ("work", 1)):
        mapping = _mapping(app, room, "queue")
        assert mapping["BatchSize"] == batch
        # More than ten at a time are refused without a window.
        assert (mapping.get("MaximumBatchingWindowInSeconds", 0) >= 1) is (batch > 10)
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["ScalingConfig"] == {"MaximumConcurrency": 4 if room == "work" else 2}


def test_a_message_is_not_handed_out_again_while_it_is_worked_on(app: Synthesized) -> None:
    queues = app.of("AWS::SQS::Queue")
    for room in ("send", "track", "work"):
        queue = queues[_mapping(app, room, "queue")["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
        window = _mapping(app, room, "queue").get("MaximumBatchingWindowInSeconds", 0)
        assert queue["VisibilityTimeout"] >= 6 * app.functions()[room]["Timeout"] + window
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_feedback_is_tried_for_a_day(app: Synthesized) -> None:
    queue = app.of("AWS::SQS::Queue")[_mapping(app, "track", "queue")["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"] >= 86_400


def test_events_of_one_person_are_not_scored_side_by_side(app: Synthesized) -> None:
    """Lambda's lanes keep the order of an item; an event is an item, a contact's state another."""
    assert _mapping(app, "score", "stream")["ParallelizationFactor"] == 1
    assert _mapping(app, "journey_step", "stream")["ParallelizationFactor"] == 4


def test_queues_are_encrypted_for_nothing_and_refuse_plain_http(app: Synthesized) -> None:
    assert all(queue["SqsManagedSseEnabled"] for queue in app.properties("AWS::SQS::Queue"))
    assert len(app.of("AWS::SQS::QueuePolicy")) == len(app.of("AWS::SQS::Queue"))


def test_the_api_is_throttled_and_open_to_any_page(app: Synthesized) -> None:
    (stage,) = app.properties("AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] > 0
    (api,) = app.properties("AWS::ApiGatewayV2::Api")
    cors = api["CorsConfiguration"]
    assert {"authorization", "content-type", "anonymousid", "sentat"} <= set(cors["AllowHeaders"])
    # "*" would not cover authorization, and browser SDKs send these with what they send again.
    assert {"x-retry-count", "rsa-retry-attempt", "rsa-since-first-attempt"} <= set(cors["AllowHeaders"])
    assert cors["ExposeHeaders"] == ["retry-after"]
    assert cors["AllowOrigins"] == ["*"]
    assert "AllowCredentials" not in cors


def test_routes_lead_to_the_rooms(app: Synthesized) -> None:
    routes = {route["RouteKey"] for route in app.properties("AWS::ApiGatewayV2::Route")}
    assert {
        *(
            "POST /v1/{proxy+}",
            "POST /f/{form}",
            "GET /o/{token}",
            "GET /c/{token}",
            "HEAD /c/{token}",
            "HEAD /u/{token}",
            "HEAD /p/{token}",
        ),
        *("POST /beacon/v1/batch", "GET /v1/projects/{key}/settings"),
        *("GET /sourceConfig", "GET /sourceConfig/{proxy+}"),
        *(
            "GET /u/{token}",
            "POST /u/{token}",
            "GET /p/{token}",
            "POST /p/{token}",
            "GET /f/{form}",
            "GET /thanks/{form}",
            "GET /v1/openapi.json",
            "GET /",
        ),
        "GET /privacy",
    } <= routes


def test_the_bus_is_archived_and_own_events_do_not_come_back(app: Synthesized) -> None:
    (bus,) = app.properties("AWS::Events::EventBus")
    assert bus["Name"] == "samovar"
    assert len(app.of("AWS::Events::Archive")) == 1
    (rule,) = [rule for rule in app.properties("AWS::Events::Rule") if "EventPattern" in rule]
    assert rule["EventPattern"] == {"source": [{"anything-but": ["samovar"]}]}
    (target,) = rule["Targets"]
    assert target["Arn"]["Fn::GetAtt"][0] == app.logical_id("track")
    assert target["DeadLetterConfig"]


def test_sweep_runs_each_minute(app: Synthesized) -> None:
    (rule,) = [rule for rule in app.properties("AWS::Events::Rule") if "ScheduleExpression" in rule]
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert rule["Targets"][0]["Arn"]["Fn::GetAtt"][0] == app.logical_id("sweep")


def test_sweep_may_call_itself_and_nobody_else(app: Synthesized) -> None:
    sweep = app.functions()["sweep"]
    role = app.of("AWS::IAM::Role")[sweep["Role"]["Fn::GetAtt"][0]]["Properties"]
    statements = [one for policy in role["Policies"] for one in policy["PolicyDocument"]["Statement"]]
    (may,) = [one for one in statements if one["Action"] == "lambda:InvokeFunction"]
    assert may["Resource"]["Fn::Join"][1][-1] == f":function:{sweep['FunctionName']}"


def test_an_alarm_says_when_what_is_due_waits(app: Synthesized) -> None:
    (alarm,) = [one for one in app.properties("AWS::CloudWatch::Alarm") if one.get("MetricName") == "SweepLag"]
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (300_000, "notBreaching")
    service = app.functions()["sweep"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
    assert alarm["Dimensions"] == [{"Name": "service", "Value": service}]


def test_the_machine_may_call_journey_step_and_nothing_else(app: Synthesized) -> None:
    (machine,) = app.properties("AWS::StepFunctions::StateMachine")
    role = app.of("AWS::IAM::Role")[machine["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
    (policy,) = role["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"]["Fn::GetAtt"][0] == app.logical_id("journey_step")


def test_functions_are_told_of_the_machine_that_is_made(app: Synthesized) -> None:
    (machine,) = app.properties("AWS::StepFunctions::StateMachine")
    name = machine["StateMachineName"]["Fn::Join"][1]
    told = app.functions()["journey_step"]["Environment"]["Variables"]["STATE_MACHINE_ARN"]["Fn::Join"][1]
    assert told[-len(name) :][0] == name[0]
    assert told[-1] == name[-1]


def test_ses_keeps_its_own_suppression_and_tells_what_became_of_each_message(app: Synthesized) -> None:
    (settings,) = app.properties("AWS::SES::ConfigurationSet")
    assert sorted(settings["SuppressionOptions"]["SuppressedReasons"]) == ["BOUNCE", "COMPLAINT"]
    (events,) = app.properties("AWS::SES::ConfigurationSetEventDestination")
    assert set(events["EventDestination"]["MatchingEventTypes"]) == {
        *("SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY", "RENDERING_FAILURE", "SUBSCRIPTION")
    }, "all but opens and clicks, which are our own links"
    topic = events["EventDestination"]["SnsDestination"]["TopicARN"]["Ref"]
    to_queues = [s for s in app.properties("AWS::SNS::Subscription") if s["Protocol"] == "sqs"]
    (subscription,) = [s for s in to_queues if s["TopicArn"]["Ref"] == topic]
    assert subscription["TopicArn"]["Ref"] == topic
    assert not subscription.get("RawMessageDelivery", False)
    assert subscription["Endpoint"] == _mapping(app, "track", "queue")["EventSourceArn"]


def test_a_release_goes_live_after_the_code_that_reads_it(app: Synthesized) -> None:
    (release,) = app.of("Custom::SamovarRelease").values()
    others = {app.logical_id(room) for room in app.functions() if room != "publish"}
    assert others <= set(release["DependsOn"])
    assert set(release["Properties"]) >= {"AssetBucket", "AssetKey", "ReleaseId", "BasedOn"}


def test_alarms_reach_a_topic_and_there_is_one_dashboard(app: Synthesized) -> None:
    alarms = app.properties("AWS::CloudWatch::Alarm")
    assert alarms
    assert all(alarm["AlarmActions"] for alarm in alarms)
    assert all("MetricName" in alarm for alarm in alarms)
    assert len(app.of("AWS::CloudWatch::Dashboard")) == 1


def test_what_a_person_must_know_in_words_goes_where_alarms_go(app: Synthesized) -> None:
    (alarms,) = {alarm["AlarmActions"][0]["Ref"] for alarm in app.properties("AWS::CloudWatch::Alarm")}
    assert app.functions()["track"]["Environment"]["Variables"]["ALERT_TOPIC_ARN"] == {"Ref": alarms}
    statements = [
        statement
        for role in app.properties("AWS::IAM::Role")
        for policy in role.get("Policies", ())
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    telling = [statement for statement in statements if statement["Action"] == "sns:Publish"]
    assert telling
    # Text messages go to telephone numbers, which are no topic.
    topics = [statement["Resource"] for statement in telling if "Resource" in statement]
    assert topics
    assert all(topic == {"Ref": alarms} for topic in topics)


def test_a_first_deployment_needs_no_parameter(app: Synthesized) -> None:
    parameters = app.service["Parameters"]
    assert parameters["PublicUrl"]["Default"] == ""
    assert all("Default" in parameter for parameter in parameters.values())


def test_outputs_name_what_tools_need(app: Synthesized) -> None:
    assert set(app.service["Outputs"]) >= {
        *("ApiUrl", "BusName", "SendQueueUrl", "WorkQueueUrl", "AsideQueueUrl", "StateMachineArn", "EventsTable"),
        *("ContactsTable", "Bucket", "FeedbackTopicArn", "SweepFunction", "Release"),
    }


def test_what_can_wait_leaves_a_new_account_room_for_what_can_t(app: Synthesized) -> None:
    work = _mapping(app, "work", "queue")["ScalingConfig"]["MaximumConcurrency"]
    assert work > backfills.LANES
    # Ten functions at once are what AWS gives a new account; intake, scoring, journeys and mail need some.
    assert work + WORKERS <= 6


def test_texts_that_people_send_come_by_the_queue_of_feedback(app: Synthesized) -> None:
    queues = {
        str(one["Endpoint"]["Fn::GetAtt"][0])
        for one in app.properties("AWS::SNS::Subscription")
        if one["Protocol"] == "sqs"
    }
    assert len(queues) == 1
    policies = [
        statement
        for policy in app.properties("AWS::SNS::TopicPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement.get("Principal") == {"Service": "sms-voice.amazonaws.com"}
    ]
    assert [(one["Action"], "aws:SourceAccount" in one["Condition"]["StringEquals"]) for one in policies] == [
        ("sns:Publish", True)
    ]
