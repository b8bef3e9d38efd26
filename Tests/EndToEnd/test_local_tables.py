"""`leveret local`: tables, indexes, throughput, TTL, tags, limits, endpoints."""

import time

import pytest

from clients import create_table, error

HASH = [{"AttributeName": "pk", "KeyType": "HASH"}]
STRING = [{"AttributeName": "pk", "AttributeType": "S"}]


def describe(store, name):
    return store.describe_table(TableName=name)["Table"]


def index(name, attribute, projection="ALL", **more):
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": projection},
        **more,
    }


def throughput(read, write):
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def test_create_describe_delete(store, table_name):
    created = store.create_table(
        TableName=table_name,
        AttributeDefinitions=[*STRING, {"AttributeName": "n", "AttributeType": "N"}],
        KeySchema=[*HASH, {"AttributeName": "n", "KeyType": "RANGE"}],
        ProvisionedThroughput=throughput(3, 4),
    )["TableDescription"]
    assert created["TableStatus"] == "CREATING"
    table = describe(store, table_name)
    assert table["TableStatus"] == "ACTIVE"
    assert table["TableArn"].endswith(f":table/{table_name}") and table["TableArn"].startswith("arn:aws:dynamodb:")
    assert table["TableId"] == created["TableId"]
    assert table["KeySchema"] == [*HASH, {"AttributeName": "n", "KeyType": "RANGE"}]
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 3
    assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 4
    assert (table["ItemCount"], table["TableSizeBytes"]) == (0, 0)
    assert abs(table["CreationDateTime"].timestamp() - time.time()) < 60
    assert describe(store, table["TableArn"]) == table

    store.put_item(TableName=table_name, Item={"pk": {"S": "a"}, "n": {"N": "1"}, "v": {"S": "xyz"}})
    table = describe(store, table_name)
    assert table["ItemCount"] == 1 and table["TableSizeBytes"] > 0

    assert error(store, "create_table", TableName=table_name, AttributeDefinitions=STRING, KeySchema=HASH,
                 BillingMode="PAY_PER_REQUEST") == (
        "ResourceInUseException", f"Table already exists: {table_name}")  # fmt: skip
    assert store.delete_table(TableName=table_name)["TableDescription"]["TableStatus"] == "DELETING"
    code, message = error(store, "describe_table", TableName=table_name)
    assert code == "ResourceNotFoundException" and table_name in message
    create_table(store, table_name)
    assert describe(store, table_name)["TableId"] != created["TableId"]
    assert store.scan(TableName=table_name)["Count"] == 0


def test_deletion_protection(store, table_name):
    create_table(store, table_name, DeletionProtectionEnabled=True)
    assert describe(store, table_name)["DeletionProtectionEnabled"] is True
    code, message = error(store, "delete_table", TableName=table_name)
    assert code == "ValidationException" and "deletion protection" in message.lower()
    store.update_table(TableName=table_name, DeletionProtectionEnabled=False)
    store.delete_table(TableName=table_name)


def test_list_tables_in_pages(store):
    names = sorted(f"list-paging-{number}" for number in range(7))
    for name in names:
        create_table(store, name)
    pages = list(store.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 3}))
    listed = [name for page in pages for name in page["TableNames"]]
    assert listed == sorted(listed) and set(names) <= set(listed)
    assert all(len(page["TableNames"]) <= 3 for page in pages)
    after = store.list_tables(ExclusiveStartTableName="list-paging-4", Limit=2)
    assert after["TableNames"] == names[5:]
    for name in names:
        store.delete_table(TableName=name)
    assert not set(names) & set(store.list_tables()["TableNames"])


def test_update_throughput_and_billing(store, table_name):
    store.create_table(
        TableName=table_name, AttributeDefinitions=STRING, KeySchema=HASH, ProvisionedThroughput=throughput(5, 5)
    )
    store.update_table(TableName=table_name, ProvisionedThroughput=throughput(10, 7))
    table = describe(store, table_name)
    assert table["TableStatus"] == "ACTIVE"
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 10
    assert "LastIncreaseDateTime" in table["ProvisionedThroughput"]
    store.update_table(TableName=table_name, ProvisionedThroughput=throughput(9, 7))
    assert describe(store, table_name)["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 1
    store.update_table(TableName=table_name, BillingMode="PAY_PER_REQUEST")
    table = describe(store, table_name)
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
    store.update_table(TableName=table_name, BillingMode="PROVISIONED", ProvisionedThroughput=throughput(2, 2))
    assert describe(store, table_name)["ProvisionedThroughput"]["WriteCapacityUnits"] == 2
    code, message = error(store, "update_table", TableName=table_name, ProvisionedThroughput=throughput(2, 2))
    assert code == "ValidationException" and "will not change" in message


def test_an_index_is_added_filled_and_removed(store, table_name):
    create_table(store, table_name)
    for number in range(30):
        item = {"pk": {"S": f"{number}"}, "v": {"N": f"{number}"}}
        if number % 3 == 0:
            item["color"] = {"S": "red" if number % 2 else "blue"}
        store.put_item(TableName=table_name, Item=item)
    store.update_table(
        TableName=table_name,
        AttributeDefinitions=[*STRING, {"AttributeName": "color", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": index("by-color", "color", "KEYS_ONLY")}],
    )
    (described,) = describe(store, table_name)["GlobalSecondaryIndexes"]
    assert (described["IndexName"], described["IndexStatus"], described["ItemCount"]) == ("by-color", "ACTIVE", 10)
    query = {"KeyConditionExpression": "color = :c", "IndexName": "by-color", "TableName": table_name}
    found = store.query(**query, ExpressionAttributeValues={":c": {"S": "blue"}})["Items"]
    assert sorted(int(item["pk"]["S"]) for item in found) == [0, 6, 12, 18, 24]
    assert all(set(item) == {"pk", "color"} for item in found)
    code, _ = error(store, "put_item", TableName=table_name, Item={"pk": {"S": "x"}, "color": {"N": "1"}})
    assert code == "ValidationException"

    store.update_table(TableName=table_name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-color"}}])
    assert "GlobalSecondaryIndexes" not in describe(store, table_name)
    code, message = error(store, "query", **query, ExpressionAttributeValues={":c": {"S": "blue"}})
    assert code == "ValidationException" and "by-color" in message
    store.put_item(TableName=table_name, Item={"pk": {"S": "x"}, "color": {"N": "1"}})


def test_expired_items_go(store, table_name):
    create_table(store, table_name, AttributeDefinitions=[{"AttributeName": "kind", "AttributeType": "S"}],
                 GlobalSecondaryIndexes=[index("by-kind", "kind")])  # fmt: skip
    assert store.describe_time_to_live(TableName=table_name)["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "DISABLED"
    }
    now = int(time.time())
    kinds = {"gone": str(now + 1), "old": str(now - 100), "later": str(now + 1000), "ancient": str(now - 200_000_000)}
    for name, when in kinds.items():
        store.put_item(TableName=table_name, Item={"pk": {"S": name}, "kind": {"S": "k"}, "expires": {"N": when}})
    store.put_item(TableName=table_name, Item={"pk": {"S": "text"}, "kind": {"S": "k"}, "expires": {"S": str(now - 9)}})
    specification = {"Enabled": True, "AttributeName": "expires"}
    reply = store.update_time_to_live(TableName=table_name, TimeToLiveSpecification=specification)
    assert reply["TimeToLiveSpecification"] == specification
    assert store.describe_time_to_live(TableName=table_name)["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "expires",
    }
    left = {"later", "text", "ancient"}
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        names = {item["pk"]["S"] for item in store.scan(TableName=table_name)["Items"]}
        if names == left:
            break
        assert names >= left
        time.sleep(0.1)
    assert names == left
    by_kind = store.query(TableName=table_name, IndexName="by-kind", KeyConditionExpression="kind = :k",
                          ExpressionAttributeValues={":k": {"S": "k"}})["Items"]  # fmt: skip
    assert {item["pk"]["S"] for item in by_kind} == left
    assert describe(store, table_name)["ItemCount"] == 3
    code, message = error(store, "update_time_to_live", TableName=table_name, TimeToLiveSpecification=specification)
    assert code == "ValidationException" and "already enabled" in message


def test_tags(store, table_name):
    create_table(store, table_name, Tags=[{"Key": "team", "Value": "shop"}])
    arn = describe(store, table_name)["TableArn"]
    store.tag_resource(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "test"}, {"Key": "team", "Value": "audit"}])

    def tags():
        return {tag["Key"]: tag["Value"] for tag in store.list_tags_of_resource(ResourceArn=arn)["Tags"]}

    assert tags() == {"team": "audit", "stage": "test"}
    store.untag_resource(ResourceArn=arn, TagKeys=["team", "none"])
    assert tags() == {"stage": "test"}
    assert error(store, "list_tags_of_resource", ResourceArn=arn + "x")[0] == "ResourceNotFoundException"


def test_limits_and_endpoints(store):
    limits = store.describe_limits()
    assert limits["AccountMaxReadCapacityUnits"] >= limits["TableMaxReadCapacityUnits"] > 0
    assert limits["AccountMaxWriteCapacityUnits"] >= limits["TableMaxWriteCapacityUnits"] > 0
    (endpoint,) = store.describe_endpoints()["Endpoints"]
    assert endpoint["Address"] and endpoint["CachePeriodInMinutes"] > 0


@pytest.mark.parametrize(
    "change, expected",
    [
        ({"KeySchema": []}, "keySchema"),
        ({"TableName": "x"}, "3"),
        ({"AttributeDefinitions": []}, "definition"),
        ({"BillingMode": "PROVISIONED"}, "ReadCapacityUnits and WriteCapacityUnits"),
        ({"BillingMode": "FREE"}, "[PROVISIONED, PAY_PER_REQUEST]"),
        ({"AttributeDefinitions": [*STRING, {"AttributeName": "q", "AttributeType": "S"}]}, "AttributeDefinitions"),
        ({"LocalSecondaryIndexes": [index("here", "pk")]}, "range key"),
    ],
)  # fmt: skip
def test_what_create_table_refuses(store, table_name, change, expected):
    request = {
        "TableName": table_name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": STRING,
        "KeySchema": HASH,
        **change,
    }
    code, message = error(store, "create_table", **request)
    assert code == "ValidationException" and expected in message, message
    assert error(store, "describe_table", TableName=table_name)[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "operation, parameters",
    [
        ("execute_statement", {"Statement": 'SELECT * FROM "x"'}),
        ("create_backup", {"TableName": "some-table", "BackupName": "some-backup"}),
        ("list_global_tables", {}),
        ("list_imports", {}),
    ],
)
def test_what_is_not_there_says_so(store, operation, parameters):
    code, _ = error(store, operation, **parameters)
    assert code in {"UnknownOperationException", "ValidationException"}
