"""What the proxy refuses, and what it says: DynamoDB's own errors."""

import json
import time

import pytest

from clients import cache_header, create_table, dynamodb, minutes_ago, outcome, post, signed_headers
from conftest import SECRETS

pytestmark = pytest.mark.proxy_only

KEY = {"pk": {"S": "k"}}


@pytest.fixture(scope="module")
def table(company):
    create_table(company.direct, "shop-refusals")
    company.direct.put_item(TableName="shop-refusals", Item={**KEY, "v": {"S": "secret"}})
    shop = company.tenant("shop")
    for _ in range(2):
        shop.get_item(TableName="shop-refusals", Key=KEY)
    return "shop-refusals"


@pytest.fixture
def get(table):
    return {"TableName": table, "Key": KEY}


def expect_error(reply, name, status=400):
    assert (reply.status, reply.error) == (status, name), reply.body
    assert "#" in reply.json["__type"]
    reply.expect_dynamodb_headers()


def test_what_is_right_is_answered(company, get):
    reply = post(company.endpoint, "GetItem", get, **company.key("shop")).expect_dynamodb_headers()
    assert reply.status == 200 and reply.headers["x-leveret-cache"] == "hit"
    assert reply.headers["content-type"] == "application/x-amz-json-1.0"
    replies = [post(company.endpoint, "GetItem", get, **company.key("shop")) for _ in range(3)]
    assert len({reply.headers["x-amzn-requestid"] for reply in replies}) == 3


def test_both_keys_of_a_tenant_work(company, get):
    reply = post(company.endpoint, "GetItem", get, **company.key("shop-old"))
    assert reply.status == 200 and reply.headers["x-leveret-cache"] == "hit"


def test_a_wrong_secret(company, get):
    reply = post(company.endpoint, "GetItem", get, key="AKIDSHOP", secret="not the secret")
    expect_error(reply, "InvalidSignatureException")
    assert "signature" in reply.json["message"]


def test_another_tenants_secret(company, get):
    expect_error(
        post(company.endpoint, "GetItem", get, key="AKIDSHOP", secret=company.key("audit")["secret"]),
        "InvalidSignatureException",
    )


def test_an_unknown_access_key(company, get):
    expect_error(post(company.endpoint, "GetItem", get, key="AKIDNOBODY", secret="x"), "UnrecognizedClientException")


@pytest.mark.parametrize("minutes", [20, -20, 600])
def test_a_date_out_of_the_window(company, get, minutes):
    reply = post(company.endpoint, "GetItem", get, when=minutes_ago(minutes), **company.key("shop"))
    expect_error(reply, "InvalidSignatureException")


def test_a_date_in_the_window(company, get):
    assert post(company.endpoint, "GetItem", get, when=minutes_ago(10), **company.key("shop")).status == 200


def test_no_signature(company, get):
    expect_error(post(company.endpoint, "GetItem", get, sign=False), "MissingAuthenticationTokenException")


@pytest.mark.parametrize(
    "value",
    ["AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=AKIDSHOP", "Bearer x", "AWS4-HMAC-SHA256 " + "a=b, " * 300],
    ids=["bare", "incomplete", "bearer", "long"],
)
def test_a_malformed_signature(company, get, value):
    reply = post(company.endpoint, "GetItem", get, sign=False, extra={"Authorization": value})
    assert reply.status == 400
    assert reply.error in ("IncompleteSignatureException", "MissingAuthenticationTokenException")
    reply.expect_dynamodb_headers()


def test_a_body_changed_on_the_way(company, get):
    headers = signed_headers(company.endpoint, "GetItem", json.dumps(get).encode(), **company.key("shop"))
    changed = json.dumps({**get, "ConsistentRead": True})
    reply = post(company.endpoint, "GetItem", changed.encode(), sign=False, extra=headers)
    expect_error(reply, "InvalidSignatureException")


def test_a_target_changed_on_the_way(company, get):
    payload = json.dumps(get).encode()
    headers = signed_headers(company.endpoint, "GetItem", payload, **company.key("shop"))
    headers["X-Amz-Target"] = "DynamoDB_20120810.DeleteItem"
    expect_error(
        post(company.endpoint, "GetItem", payload, sign=False, extra=headers), "InvalidSignatureException"
    )
    assert company.direct.get_item(**get).get("Item")


def test_a_table_of_others(company):
    for tenant, name in (("shop", "audit-private"), ("audit", "shop-refusals"), ("shop", "shop")):
        reply = post(company.endpoint, "GetItem", {"TableName": name, "Key": KEY}, **company.key(tenant))
        expect_error(reply, "AccessDeniedException")
        assert "Message" in reply.json
        assert "x-leveret-cache" not in reply.headers or reply.headers["x-leveret-cache"] != "hit"


@pytest.mark.parametrize(
    "operation, parameters",
    [
        ("batch_get_item", {"RequestItems": {"shop-refusals": {"Keys": [KEY]}, "audit-x": {"Keys": [KEY]}}}),
        ("batch_write_item", {"RequestItems": {"audit-x": [{"DeleteRequest": {"Key": KEY}}]}}),
        ("transact_get_items", {"TransactItems": [{"Get": {"TableName": "audit-x", "Key": KEY}}]}),
        (
            "transact_write_items",
            {
                "TransactItems": [
                    {"Delete": {"TableName": "shop-refusals", "Key": KEY}},
                    {"ConditionCheck": {"TableName": "audit-x", "Key": KEY, "ConditionExpression": "a = b"}},
                ]
            },
        ),
        ("execute_statement", {"Statement": 'SELECT * FROM "audit-x"'}),
        ("batch_execute_statement", {"Statements": [{"Statement": 'DELETE FROM "audit-x" WHERE pk=1'}]}),
        ("scan", {"TableName": "arn:aws:dynamodb:us-east-1:123456789012:table/audit-x"}),
        ("describe_table", {"TableName": "audit-x"}),
        ("delete_table", {"TableName": "audit-x"}),
        ("list_tags_of_resource", {"ResourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/audit-x"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_operation_reaches_others_tables(company, shop, table, operation, parameters):
    seen = len(company.relay.operations)
    reply = outcome(shop, operation, **parameters)
    assert reply.get("raised", {}).get("Code") == "AccessDeniedException", reply
    assert len(company.relay.operations) == seen
    assert company.direct.get_item(TableName=table, Key=KEY).get("Item")


@pytest.mark.parametrize(
    "operation, parameters",
    [
        ("put_item", {"TableName": "shop-refusals", "Item": KEY}),
        ("delete_item", {"TableName": "shop-refusals", "Key": KEY}),
        ("batch_write_item", {"RequestItems": {"shop-refusals": [{"DeleteRequest": {"Key": KEY}}]}}),
        ("transact_write_items", {"TransactItems": [{"Delete": {"TableName": "shop-refusals", "Key": KEY}}]}),
        ("execute_statement", {"Statement": "DELETE FROM \"shop-refusals\" WHERE pk='k'"}),
        ("delete_table", {"TableName": "shop-refusals"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_reader_writes_nothing(company, table, operation, parameters):
    reply = outcome(company.tenant("reader"), operation, **parameters)
    assert reply["raised"]["Code"] == "AccessDeniedException"
    assert company.direct.get_item(TableName=table, Key=KEY).get("Item")


def test_a_reader_reads(company, table):
    reader = company.tenant("reader")
    for _ in range(2):
        reply = reader.get_item(TableName=table, Key=KEY)
    assert cache_header(reply) == "hit"
    assert reader.scan(TableName=table)["Count"] == 1
    assert reader.query(
        TableName=table, KeyConditionExpression="pk = :k", ExpressionAttributeValues={":k": KEY["pk"]}
    )["Count"] == 1


@pytest.mark.parametrize(
    "operation", ["CreateBackup", "ListBackups", "ListExports", "ImportTable", "CreateGlobalTable"]
)
def test_operations_on_the_account_are_denied(company, operation):
    body = {"TableName": "shop-refusals", "BackupName": "b"} if operation == "CreateBackup" else {}
    expect_error(post(company.endpoint, operation, body, **company.key("shop")), "AccessDeniedException")


def test_unknown_operations(company):
    for operation, body in (("Frobnicate", {}), ("", {})):
        reply = post(company.endpoint, operation, body, **company.key("shop"))
        assert reply.status in (400, 404), reply.body
        assert reply.error in ("AccessDeniedException", "UnknownOperationException")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b"[]",
        b'"GetItem"',
        b'{"TableName":"shop-refusals","Key":{"pk":{"S":"k"}}} trailing',
        b'\xef\xbb\xbf{"TableName":"shop-refusals","Key":{"pk":{"S":"k"}}}',
        b'{"TableName":"shop-refusals","Key":{"pk":{"S":"\xff"}}}',
        b'{"TableName":"shop-refusals","TableName":"audit-x","Key":{"pk":{"S":"k"}}}',
        b'{"TableName":"shop-refusals","Tabl\\u0065Name":"audit-x","Key":{"pk":{"S":"k"}}}',
        b'{"TableName":1,"RequestItems":1}',
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    ],
    ids="empty open text array string trailing bom utf8 twice escaped type deep deeper".split(),
)
@pytest.mark.parametrize("operation", ["GetItem", "PutItem", "BatchGetItem"])
def test_bad_bodies(company, table, operation, body):
    reply = post(company.endpoint, operation, body, **company.key("shop"))
    assert reply.status == 400
    assert reply.error in ("SerializationException", "ValidationException", "AccessDeniedException"), reply.body
    reply.expect_dynamodb_headers()


def test_a_body_that_is_too_large(company):
    body = b'{"TableName":"shop-refusals","Item":{"pk":{"S":"' + b"x" * (17 << 20) + b'"}}}'
    try:
        reply = post(company.endpoint, "PutItem", body, **company.key("shop"))
    except (BrokenPipeError, ConnectionResetError):
        return  # The proxy answered and closed before the client had sent everything.
    assert reply.status == 413


def test_an_upstream_that_is_gone(company, table):
    shop = dynamodb(company.endpoint, timeout=15, **company.key("stranded"))
    for operation, parameters in (
        ("get_item", {"TableName": "any-table", "Key": KEY}),
        ("put_item", {"TableName": "any-table", "Item": KEY}),
        ("scan", {"TableName": "any-table"}),
        ("list_tables", {}),
    ):
        started = time.monotonic()
        reply = outcome(shop, operation, **parameters)
        assert time.monotonic() - started < 12
        assert reply["ResponseMetadata"]["HTTPStatusCode"] in (500, 503), reply
        assert reply["raised"]["Code"] in ("InternalServerError", "ServiceUnavailable"), reply
    raw = post(company.endpoint, "GetItem", {"TableName": "any-table", "Key": KEY}, **company.key("stranded"))
    assert "127.0.0.1" not in raw.body.decode() and "upstream-secret" not in raw.body.decode()
    raw.expect_dynamodb_headers()


def test_errors_of_the_upstream_pass_through(company, shop, table):
    reply = post(company.endpoint, "Query", {"TableName": table}, **company.key("shop")).expect_dynamodb_headers()
    assert (reply.status, reply.error) == (400, "ValidationException")


def test_secrets_are_in_no_log(company, table):
    output = company.proxy.output()
    assert output
    for secret in SECRETS.values():
        assert secret not in output
