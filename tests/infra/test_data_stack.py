"""What must survive."""

from collections import Counter
from typing import Any

from functions.core.roles import Role
from local import staff
from tests.infra.conftest import Synthesized


def _tables(app: Synthesized) -> dict[str, dict[str, Any]]:
    return {name: table["Properties"] for name, table in app.of("AWS::DynamoDB::Table").items()}


def test_the_stateful_stack_holds_two_tables_a_bucket_and_the_staff_s_accounts_and_nothing_else(
    app: Synthesized,
) -> None:
    kinds = Counter(resource["Type"] for resource in app.data["Resources"].values())
    assert kinds == {
        "AWS::DynamoDB::Table": 2,
        "AWS::S3::Bucket": 1,
        "AWS::S3::BucketPolicy": 1,
        "AWS::Cognito::UserPool": 1,
        "AWS::Cognito::UserPoolGroup": len(Role),
    }


def test_nobody_is_on_the_staff_but_whom_the_owner_invites(app: Synthesized) -> None:
    (pool,) = app.properties("AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["DeletionProtection"] == "ACTIVE"
    assert pool["MfaConfiguration"] == "OPTIONAL"
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12
    assert {group["GroupName"] for group in app.properties("AWS::Cognito::UserPoolGroup")} == {*Role}
    # The demo's users are made by what runs on one machine: no template knows them, any other, or any password.
    assert app.of("AWS::Cognito::UserPoolUser") == {}
    for file in app.folder.glob("*.template.json"):
        assert staff.PASSWORD not in file.read_text()
        assert staff.DOMAIN not in file.read_text()


def test_a_password_is_typed_into_cognito_s_own_pages_alone(app: Synthesized) -> None:
    (client,) = app.properties("AWS::Cognito::UserPoolClient")
    assert client["AllowedOAuthFlows"] == ["code"]
    assert not [flow for flow in client["ExplicitAuthFlows"] if "PASSWORD" in flow]
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert not client["GenerateSecret"]


def test_data_outlives_its_stack_and_its_replacement(app: Synthesized) -> None:
    for kind in ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Cognito::UserPool"):
        for resource in app.of(kind).values():
            assert resource["DeletionPolicy"] == "Retain"
            assert resource["UpdateReplacePolicy"] == "Retain"


def test_nothing_stateful_has_a_fixed_name(app: Synthesized) -> None:
    assert not any("TableName" in table for table in _tables(app).values())
    assert not any("BucketName" in bucket for bucket in app.properties("AWS::S3::Bucket"))


def test_tables_can_be_restored_to_any_moment(app: Synthesized) -> None:
    for table in _tables(app).values():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_tables_forget_by_ttl_and_cost_by_request(app: Synthesized) -> None:
    for table in _tables(app).values():
        assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
        assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_streams_carry_the_new_image(app: Synthesized) -> None:
    for table in _tables(app).values():
        assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}


def test_no_table_has_a_local_index_that_would_keep_a_hot_contact_on_one_partition(app: Synthesized) -> None:
    assert not any("LocalSecondaryIndexes" in table for table in _tables(app).values())


def test_what_is_due_is_found_by_an_index_of_keys(app: Synthesized) -> None:
    (index,) = [index for table in _tables(app).values() for index in table.get("GlobalSecondaryIndexes", [])]
    assert index["IndexName"] == "due"
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert index["KeySchema"] == [
        {"AttributeName": "ds", "KeyType": "HASH"},
        {"AttributeName": "du", "KeyType": "RANGE"},
    ]


def test_the_bucket_is_private_versioned_and_reached_by_tls_only(app: Synthesized) -> None:
    (bucket,) = app.properties("AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (policy,) = app.properties("AWS::S3::BucketPolicy")
    (refusal,) = policy["PolicyDocument"]["Statement"]
    assert refusal["Effect"] == "Deny"
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
