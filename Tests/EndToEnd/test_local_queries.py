"""`leveret local`: queries and scans with pages, indexes, segments and filters."""

import decimal

import pytest

from clients import create_table, error

TABLE = "queries"
NUMBERS = [
    "-1e3",
    "-2.5",
    "-0.001",
    "0",
    "1e-130",
    "0.5",
    "1",
    "1.1234567890121234567890121234567890121",
    "2",
    "10",
    "9e9",
]


def index(name, attributes, projection):
    kinds = ["HASH", "RANGE"]
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": a, "KeyType": kinds[number]} for number, a in enumerate(attributes)],
        "Projection": projection,
    }


@pytest.fixture(scope="module")
def table(store):
    create_table(
        store,
        TABLE,
        sort_key="n",
        sort_type="N",
        AttributeDefinitions=[
            {"AttributeName": "color", "AttributeType": "S"},
            {"AttributeName": "weight", "AttributeType": "N"},
        ],
        LocalSecondaryIndexes=[index("by-weight", ["pk", "weight"], {"ProjectionType": "KEYS_ONLY"})],
        GlobalSecondaryIndexes=[
            index("by-color", ["color", "weight"], {"ProjectionType": "ALL"}),
            index("some", ["color"], {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["v"]}),
        ],
    )
    for number in range(60):
        item = {
            "pk": {"S": "p"}, "n": {"N": str(number)}, "v": {"S": f"v{number}"}, "w": {"S": "w" * 100},
            "color": {"S": "red" if number % 3 else "blue"},
        }  # fmt: skip
        if number % 2:
            item["weight"] = {"N": str(-number)}
        store.put_item(TableName=TABLE, Item=item)
    for number in NUMBERS:
        store.put_item(TableName=TABLE, Item={"pk": {"S": "numbers"}, "n": {"N": number}})
    return TABLE


def query(store, condition, values, **more):
    parameters = {"TableName": TABLE, "KeyConditionExpression": condition, "ExpressionAttributeValues": values, **more}
    pages = store.get_paginator("query").paginate(**parameters)
    return [item for page in pages for item in page["Items"]]


def ns(items):
    return [int(item["n"]["N"]) for item in items]


P = {":p": {"S": "p"}}


def test_sort_keys_are_in_the_order_of_numbers(store, table):
    found = query(store, "pk = :p", {":p": {"S": "numbers"}})
    values = [decimal.Decimal(item["n"]["N"]) for item in found]
    assert values == sorted(decimal.Decimal(number) for number in NUMBERS) and len(values) == len(NUMBERS)
    back = query(store, "pk = :p", {":p": {"S": "numbers"}}, ScanIndexForward=False)
    assert back == found[::-1]


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("n = :a", [10]),
        ("n < :a", list(range(10))),
        ("n <= :a", list(range(11))),
        ("n > :b", list(range(21, 60))),
        ("n >= :b", list(range(20, 60))),
        ("n BETWEEN :a AND :b", list(range(10, 21))),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_key_conditions_in_pages(store, table, condition, expected, size):
    values = {":p": {"S": "p"}, ":a": {"N": "10"}, ":b": {"N": "20"}}
    used = {name: value for name, value in values.items() if name in f":p {condition}"}
    found = query(store, f"pk = :p AND {condition}", used, PaginationConfig={"PageSize": size})
    assert ns(found) == expected
    back = query(store, f"pk = :p AND {condition}", used, PaginationConfig={"PageSize": size}, ScanIndexForward=False)
    assert ns(back) == expected[::-1]


def test_local_index(store, table):
    found = query(store, "pk = :p AND weight > :s", {**P, ":s": {"N": "-10"}}, IndexName="by-weight")
    assert ns(found) == [9, 7, 5, 3, 1]
    assert all(set(item) == {"pk", "n", "weight"} for item in found)
    whole = query(store, "pk = :p AND weight > :s", {**P, ":s": {"N": "-10"}}, IndexName="by-weight",
                  Select="ALL_ATTRIBUTES", ConsistentRead=True)  # fmt: skip
    assert [item["v"]["S"] for item in whole] == ["v9", "v7", "v5", "v3", "v1"]


@pytest.mark.parametrize("size", [2, 1000])
def test_global_indexes(store, table, size):
    blue = {":c": {"S": "blue"}}
    found = query(store, "color = :c", blue, IndexName="by-color", PaginationConfig={"PageSize": size})
    assert ns(found) == [number for number in range(59, 0, -1) if number % 6 == 3]
    some = query(store, "color = :c", blue, IndexName="some", PaginationConfig={"PageSize": size})
    assert sorted(ns(some)) == list(range(0, 60, 3))
    assert all(set(item) == {"pk", "n", "color", "v"} for item in some)
    assert error(store, "query", TableName=TABLE, IndexName="some", KeyConditionExpression="color = :c",
                 ExpressionAttributeValues=blue, ConsistentRead=True) == (
        "ValidationException", "Consistent reads are not supported on global secondary indexes")  # fmt: skip


def test_filters_and_counts(store, table):
    reply = store.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :p AND n < :n",
        FilterExpression="contains(v, :three) OR color = :c",
        ExpressionAttributeValues={**P, ":n": {"N": "20"}, ":three": {"S": "3"}, ":c": {"S": "blue"}},
        ProjectionExpression="n",
    )
    assert (reply["Count"], reply["ScannedCount"]) == (8, 20)
    assert ns(reply["Items"]) == [0, 3, 6, 9, 12, 13, 15, 18] and set(reply["Items"][0]) == {"n"}
    counted = store.query(
        TableName=TABLE, KeyConditionExpression="pk = :p", ExpressionAttributeValues=P, Select="COUNT", Limit=25
    )
    assert counted["Count"] == 25 and "Items" not in counted and counted["LastEvaluatedKey"]["n"] == {"N": "24"}


def test_legacy_queries(store, table):
    reply = store.query(
        TableName=TABLE,
        KeyConditions={
            "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "p"}]},
            "n": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "5"}, {"N": "9"}]},
        },
        QueryFilter={"color": {"ComparisonOperator": "NE", "AttributeValueList": [{"S": "blue"}]}},
        AttributesToGet=["n"],
    )
    assert ns(reply["Items"]) == [5, 7, 8] and reply["ScannedCount"] == 5
    reply = store.scan(
        TableName=TABLE,
        ConditionalOperator="OR",
        ScanFilter={
            "v": {"ComparisonOperator": "IN", "AttributeValueList": [{"S": "v1"}, {"S": "v2"}]},
            "weight": {"ComparisonOperator": "LT", "AttributeValueList": [{"N": "-57"}]},
        },
    )
    assert sorted(ns(reply["Items"])) == [1, 2, 59]


@pytest.mark.parametrize("segments", [1, 3, 8])
@pytest.mark.parametrize("size", [4, 1000])
def test_segments_divide_the_table(store, table_name, segments, size):
    create_table(store, table_name)
    names = {f"key-{number}" for number in range(40)}
    for name in names:
        store.put_item(TableName=table_name, Item={"pk": {"S": name}})
    seen = []
    for segment in range(segments):
        for page in store.get_paginator("scan").paginate(
            TableName=table_name, Segment=segment, TotalSegments=segments, PaginationConfig={"PageSize": size}
        ):
            assert len(page["Items"]) <= size
            seen += [item["pk"]["S"] for item in page["Items"]]
    assert sorted(seen) == sorted(names)


def test_scans_of_indexes(store, table):
    def scan(**parameters):
        pages = store.get_paginator("scan").paginate(TableName=TABLE, PaginationConfig={"PageSize": 9}, **parameters)
        return [item for page in pages for item in page["Items"]]

    assert len(scan()) == 60 + len(NUMBERS)
    assert sorted(ns(scan(IndexName="by-color"))) == list(range(1, 60, 2))
    assert sorted(ns(scan(IndexName="by-weight"))) == list(range(1, 60, 2))
    assert (
        len(scan(IndexName="some", FilterExpression="color = :c", ExpressionAttributeValues={":c": {"S": "red"}})) == 40
    )


def test_pages_end_at_a_megabyte(store, table_name):
    create_table(store, table_name, sort_key="sk")
    for number in range(8):
        item = {"pk": {"S": "p"}, "sk": {"S": str(number)}, "v": {"S": "x" * 200_000}}
        store.put_item(TableName=table_name, Item=item)
    first = store.query(
        TableName=table_name,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues=P,
        ReturnConsumedCapacity="TOTAL",
    )
    assert first["Count"] == 6 and first["LastEvaluatedKey"] == {"pk": {"S": "p"}, "sk": {"S": "5"}}
    assert first["ConsumedCapacity"]["CapacityUnits"] == 146.5
    # Nothing passes the filter, but the page ends all the same.
    none = store.scan(
        TableName=table_name, FilterExpression="sk = :none", ExpressionAttributeValues={":none": {"S": "none"}}
    )
    assert (none["Count"], none["ScannedCount"]) == (0, 6) and none["LastEvaluatedKey"]
    rest = store.scan(TableName=table_name, ExclusiveStartKey=none["LastEvaluatedKey"])
    assert rest["Count"] == 2 and "LastEvaluatedKey" not in rest


@pytest.mark.parametrize(
    "operation, parameters, message",
    [
        ("query", {}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
        ("query", {"KeyConditionExpression": "n = :p", "ExpressionAttributeValues": P},
         "Query condition missed key schema element: pk"),
        ("query", {"KeyConditionExpression": "pk > :p", "ExpressionAttributeValues": P},
         "Query key condition not supported"),
        ("query", {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": P, "FilterExpression": "n <> :p"},
         "Filter Expression can only contain non-primary key attributes: Primary key attribute: n"),
        ("query", {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": P, "IndexName": "none"},
         "The table does not have the specified index: none"),
        ("query", {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": P,
                   "ExclusiveStartKey": {"pk": {"S": "p"}}},
         "The provided starting key is invalid"),
        ("scan", {"Segment": 4, "TotalSegments": 4},
         "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 4 is not less "
         "than TotalSegments: 4"),
        ("scan", {"Limit": 0},
         "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value "
         "greater than or equal to 1"),
    ],
)  # fmt: skip
def test_what_is_refused(store, table, operation, parameters, message):
    assert error(store, operation, TableName=TABLE, **parameters) == ("ValidationException", message)
