"""Query and Scan, with pages, indexes, filters and segments: always the server's own answer."""

import pytest

from clients import create_table


@pytest.fixture(scope="module")
def table(twins):
    name = "shop-queries"
    for client in (twins.proxied, twins.direct):
        create_table(
            client,
            name,
            sort_key="sk",
            sort_type="N",
            AttributeDefinitions=[
                {"AttributeName": "colour", "AttributeType": "S"},
                {"AttributeName": "rank", "AttributeType": "N"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-colour",
                    "KeySchema": [
                        {"AttributeName": "colour", "KeyType": "HASH"},
                        {"AttributeName": "rank", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            LocalSecondaryIndexes=[
                {
                    "IndexName": "by-rank",
                    "KeySchema": [
                        {"AttributeName": "pk", "KeyType": "HASH"},
                        {"AttributeName": "rank", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
        )
        for number in range(40):
            item = {
                "pk": {"S": f"p{number % 3}"},
                "sk": {"N": str(number)},
                "rank": {"N": str(100 - number)},
                "colour": {"S": "red" if number % 2 else "blue"},
                "text": {"S": "x" * 50},
            }
            client.put_item(TableName=name, Item=item)
    return name


def test_query_pages(twins, table):
    pages = twins.pages(
        "query",
        TableName=table,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "p1"}},
        PaginationConfig={"PageSize": 4},
    )
    assert len(pages) >= 3
    assert sum(page["Count"] for page in pages) == 13


@pytest.mark.parametrize("forward", [True, False])
def test_query_ranges(twins, table, forward):
    twins.same(
        "query",
        TableName=table,
        KeyConditionExpression="pk = :p AND sk BETWEEN :a AND :b",
        FilterExpression="colour = :c",
        ProjectionExpression="sk, colour",
        ExpressionAttributeValues={":p": {"S": "p0"}, ":a": {"N": "5"}, ":b": {"N": "30"}, ":c": {"S": "red"}},
        ScanIndexForward=forward,
        ReturnConsumedCapacity="TOTAL",
    )


@pytest.mark.parametrize("index, key", [("by-colour", "colour = :v"), ("by-rank", "pk = :v")])
def test_query_indexes(twins, table, index, key):
    value = {"S": "red" if index == "by-colour" else "p2"}
    pages = twins.pages(
        "query",
        TableName=table,
        IndexName=index,
        KeyConditionExpression=key,
        ExpressionAttributeValues={":v": value},
        PaginationConfig={"PageSize": 7},
    )
    assert len(pages) > 1


def test_query_counts(twins, table):
    reply = twins.same(
        "query",
        TableName=table,
        Select="COUNT",
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "p0"}},
        ConsistentRead=True,
    )
    assert reply["Count"] == 14


def test_legacy_key_conditions(twins, table):
    condition = {"pk": {"AttributeValueList": [{"S": "p0"}], "ComparisonOperator": "EQ"}}
    twins.same("query", TableName=table, KeyConditions=condition)


def test_scan_pages(twins, table):
    pages = twins.pages("scan", TableName=table, PaginationConfig={"PageSize": 9})
    assert sum(page["Count"] for page in pages) == 40


def test_scan_segments(twins, table):
    counts = [twins.same("scan", TableName=table, Segment=segment, TotalSegments=3)["Count"] for segment in range(3)]
    assert sum(counts) == 40


def test_scan_with_a_filter_and_an_index(twins, table):
    twins.same("scan", TableName=table, IndexName="by-colour", ReturnConsumedCapacity="INDEXES")
    reply = twins.same(
        "scan", TableName=table, FilterExpression="#r > :r", ExpressionAttributeNames={"#r": "rank"},
        ExpressionAttributeValues={":r": {"N": "90"}},
    )  # fmt: skip
    assert reply["Count"] == 10 and reply["ScannedCount"] == 40


def test_errors(twins, table):
    twins.fails("ValidationException", "query", TableName=table)
    missing = twins.same(
        "query",
        TableName=table,
        IndexName="nowhere",
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "p0"}},
    )
    assert "raised" in missing
