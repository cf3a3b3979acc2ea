"""What every function has, and what none may have."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infra.conftest import Synthesized
from tests.infra.test_needs import called

ROOMS = {"track", "pages", "console", "score", "journey_step", "count", "send", "sweep", "work", "publish"}


def _statements(app: Synthesized) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, role in app.of("AWS::IAM::Role").items():
        for policy in role["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _may(app: Synthesized, room: str) -> set[str]:
    """The actions that a room's role allows."""
    role = app.functions()[room]["Role"]["Fn::GetAtt"][0]
    return {action for name, statement in _statements(app) if name == role for action in _list(statement["Action"])}


def test_each_room_has_one_function(app: Synthesized) -> None:
    assert set(app.functions()) == ROOMS
    assert len(app.of("AWS::Lambda::Function")) == len(ROOMS)


def test_functions_are_arm64_on_the_same_python_code_and_layer(app: Synthesized) -> None:
    functions = app.functions().values()
    assert {json.dumps(function["Architectures"]) for function in functions} == {'["arm64"]'}
    assert {function["Runtime"] for function in functions} == {"python3.13"}
    assert len({json.dumps(function["Code"]) for function in functions}) == 1
    assert len({json.dumps(function["Layers"]) for function in functions}) == 1


def test_each_function_says_its_memory_and_timeout(app: Synthesized) -> None:
    for function in app.functions().values():
        assert 128 <= function["MemorySize"] <= 1024
        assert 1 <= function["Timeout"] <= 900


def test_each_function_logs_json_into_a_group_of_its_own_that_forgets(app: Synthesized) -> None:
    groups = app.of("AWS::Logs::LogGroup")
    used = []
    for function in app.functions().values():
        logging = function["LoggingConfig"]
        assert logging["LogFormat"] == "JSON"
        assert logging["SystemLogLevel"] == "WARN"
        used.append(logging["LogGroup"]["Ref"])
    assert sorted(used) == sorted(groups)
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] <= 90


def test_what_a_function_fails_at_for_good_is_set_aside(app: Synthesized) -> None:
    kept = {}
    for config in app.properties("AWS::Lambda::EventInvokeConfig"):
        kept[config["FunctionName"]["Ref"]] = config["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
    assert set(kept) == set(app.of("AWS::Lambda::Function"))
    assert len(set(kept.values())) == 1
    for room in ROOMS:
        assert "sqs:SendMessage" in _may(app, room)


def test_each_function_has_a_role_of_its_own(app: Synthesized) -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in app.functions().values()]
    assert len(set(roles)) == len(ROOMS)
    assert not app.of("AWS::IAM::Policy"), "permissions stand in the role itself, so that they stand when it does"


def test_no_permission_has_a_wildcard_action_or_is_for_everything(app: Synthesized) -> None:
    assert not any(role.get("ManagedPolicyArns") for role in app.properties("AWS::IAM::Role"))
    for name, statement in _statements(app):
        assert statement["Effect"] == "Allow"
        assert not [action for action in _list(statement["Action"]) if "*" in action], name
        if "NotResource" in statement:
            # Telephone numbers have no ARN: all that is no topic.
            assert (statement["Action"], statement["NotResource"]) == ("sns:Publish", "arn:*:sns:*:*:*"), name
        # AWS knows no smaller resource for the account's own quota, nor for what it counts.
        everything = set() if "*" not in _list(statement.get("Resource", [])) else set(_list(statement["Action"]))
        assert everything <= {"ses:GetAccount", "cloudwatch:GetMetricData"}, name


@pytest.mark.parametrize(
    ("action", "rooms"),
    [
        ("ses:SendEmail", {"console", "send"}),
        ("sns:Publish", {"journey_step", "send", "sweep", "track", "work"}),
        ("ses:GetAccount", {"send", "work"}),
        ("dynamodb:PartiQLUpdate", {"send", "sweep", "track"}),
        ("dynamodb:Scan", {"work"}),
        ("s3:PutObject", {"console", "publish", "work"}),
        ("dynamodb:PartiQLInsert", {"track", "console", "journey_step", "sweep", "work", "send"}),
        ("events:PutEvents", {"journey_step", "sweep", "work"}),
        ("states:StartExecution", {"journey_step", "sweep", "work"}),
        ("dynamodb:GetRecords", {"score", "journey_step", "count"}),
        ("lambda:InvokeFunction", {"sweep"}),
        ("cloudwatch:GetMetricData", {"console", "sweep"}),
    ],
)
def test_only_who_needs_it_may(app: Synthesized, action: str, rooms: set[str]) -> None:
    assert {room for room in ROOMS if action in _may(app, room)} == rooms


@pytest.mark.parametrize(
    ("action", "calls"),
    [
        ("dynamodb:PartiQLUpdate", {"messages.change_each", "messages.settle_each", "table.add_each"}),
        ("dynamodb:PartiQLInsert", {"messages.intend_many", "table.add_each"}),
    ],
)
def test_who_writes_many_rows_of_contacts_in_one_call_may(app: Synthesized, action: str, calls: set[str]) -> None:
    rooms = {room for room in ROOMS - {"publish"} if calls & called(room)}
    allowed = {
        name
        for name, statement in _statements(app)
        if action in _list(statement["Action"]) and "Contacts" in json.dumps(statement.get("Resource", ""))
    }
    assert allowed == {app.functions()[room]["Role"]["Fn::GetAtt"][0] for room in rooms}


def test_stored_events_are_never_changed_by_a_function(app: Synthesized) -> None:
    for name, statement in _statements(app):
        if "Events" in json.dumps(statement.get("Resource", "")):
            actions = {action for action in _list(statement["Action"]) if action.startswith("dynamodb:")}
            assert not actions & {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:PartiQLUpdate"}, name


def test_only_erasure_takes_events_away(app: Synthesized) -> None:
    removing = {
        name
        for name, statement in _statements(app)
        if "Events" in json.dumps(statement.get("Resource", "")) and "dynamodb:DeleteItem" in _list(statement["Action"])
    }
    assert removing == {app.functions()[room]["Role"]["Fn::GetAtt"][0] for room in ("work", "score")}


def test_pages_reads_and_changes_nothing(app: Synthesized) -> None:
    assert _may(app, "pages") == {
        *("logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage", "s3:GetObject"),
        *("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"),
    }


def test_a_job_may_queue_its_next_slice_as_often_as_it_needs(app: Synthesized) -> None:
    looping = {room for room, function in app.functions().items() if function.get("RecursiveLoop") == "Allow"}
    assert looping == {"work", "send"}


def test_the_clock_can_not_be_moved_in_the_cloud(app: Synthesized) -> None:
    for file in app.folder.glob("*.template.json"):
        text = file.read_text()
        assert "SAMOVAR_LOCAL" not in text
        assert "AWS_ENDPOINT_URL" not in text


def test_no_variable_holds_a_secret_or_an_address(app: Synthesized) -> None:
    for function in app.functions().values():
        for name, value in function["Environment"]["Variables"].items():
            assert not any(word in name for word in ("SECRET", "PASSWORD", "TOKEN"))
            assert "@" not in json.dumps(value)
