"""BatchGetItem, split into hits and misses and put together again, and BatchWriteItem."""

import pytest

from clients import comparable, create_table, expect_cache, outcome


@pytest.fixture(scope="module")
def tables(twins):
    names = ["shop-batch-one", "shop-batch-two"]
    for client in (twins.proxied, twins.direct):
        for name in names:
            create_table(client, name, sort_key="sk", sort_type="N")
            with_items = [
                {"PutRequest": {"Item": {**key(number), "v": {"S": f"{name} {number}"}, "w": {"N": str(number)}}}}
                for number in range(20)
            ]
            client.batch_write_item(RequestItems={name: with_items})
    return names


def key(number):
    return {"pk": {"S": "p"}, "sk": {"N": str(number)}}


def unordered(reply):
    """BatchGetItem answers in any order; moto tells the capacity without being asked."""
    reply = comparable(reply)
    reply.pop("ConsumedCapacity", None)
    for table, items in reply.get("Responses", {}).items():
        reply["Responses"][table] = sorted(items, key=repr)
    return reply


def same_batch(twins, **parameters):
    through = outcome(twins.proxied, "batch_get_item", **parameters)
    plain = outcome(twins.direct, "batch_get_item", **parameters)
    assert unordered(through) == unordered(plain)
    return through


def test_misses_then_hits(twins, tables, on_moto):
    request = {table: {"Keys": [key(number) for number in range(5)]} for table in tables}
    first = same_batch(twins, RequestItems=request)
    assert all(len(items) == 5 for items in first["Responses"].values())
    before = on_moto.relay.count("BatchGetItem")
    second = same_batch(twins, RequestItems=request)
    expect_cache(second, "hit")
    if on_moto.proxy:
        assert on_moto.relay.count("BatchGetItem") == before


def test_hits_misses_and_absent_keys_mixed(twins, tables):
    table = tables[0]
    for number in (7, 8):
        twins.read(TableName=table, Key=key(number))
    wanted = {"Keys": [key(number) for number in (7, 8, 9, 10, 99)]}
    reply = same_batch(twins, RequestItems={table: wanted, tables[1]: {"Keys": [key(19)]}})
    expect_cache(reply, "partial")
    assert len(reply["Responses"][table]) == 4
    assert reply["UnprocessedKeys"] == {}
    reply = same_batch(twins, RequestItems={table: wanted})
    expect_cache(reply, "hit")
    # What a batch has read serves single reads, absence included.
    for number in (9, 99):
        expect_cache(twins.same("get_item", TableName=table, Key=key(number)), "hit")


def test_projections(twins, tables):
    table = tables[0]
    for _ in range(2):
        same_batch(
            twins,
            RequestItems={
                table: {
                    "Keys": [key(11), key(12)],
                    "ProjectionExpression": "#w, sk",
                    "ExpressionAttributeNames": {"#w": "w"},
                },
                tables[1]: {"Keys": [key(11)], "AttributesToGet": ["v"]},
            },
        )
    assert "v" in twins.read(TableName=table, Key=key(11))["Item"]


def test_consistent_reads(twins, tables):
    table = tables[0]
    twins.read(TableName=table, Key=key(1))
    reply = same_batch(twins, RequestItems={table: {"Keys": [key(1)], "ConsistentRead": True}})
    if reply.get("Responses"):
        expect_cache(reply, "consistent-read", "miss", "not-cacheable")


def test_a_key_asked_for_twice_is_an_error(twins, tables):
    request = {tables[0]: {"Keys": [key(1), key(2), key(1)]}}
    for _ in range(2):
        reply = same_batch(twins, RequestItems=request)
        assert reply["raised"]["Code"] == "ValidationException"


def test_too_many_keys_is_an_error(twins, tables):
    same_batch(twins, RequestItems={tables[0]: {"Keys": [key(number) for number in range(101)]}})


def test_a_missing_table_is_an_error(twins, tables):
    reply = same_batch(twins, RequestItems={"shop-nowhere": {"Keys": [key(1)]}, tables[0]: {"Keys": [key(1)]}})
    assert reply["raised"]["Code"] == "ResourceNotFoundException"


def test_writes(twins, tables):
    one, two = tables
    for number in (15, 16, 17):
        twins.read(TableName=one, Key=key(number))
    twins.read(TableName=two, Key=key(50))
    twins.same(
        "batch_write_item",
        RequestItems={
            one: [
                {"PutRequest": {"Item": {**key(15), "v": {"S": "new"}}}},
                {"DeleteRequest": {"Key": key(16)}},
            ],
            two: [{"PutRequest": {"Item": {**key(50), "v": {"S": "created"}}}}],
        },
    )
    assert twins.read(TableName=one, Key=key(15))["Item"]["v"] == {"S": "new"}
    assert "Item" not in twins.read(TableName=one, Key=key(16))
    assert twins.read(TableName=one, Key=key(17))["Item"]["w"] == {"N": "17"}
    assert twins.read(TableName=two, Key=key(50))["Item"]["v"] == {"S": "created"}


def test_write_errors(twins, tables):
    put = {"PutRequest": {"Item": {**key(60), "v": {"S": "x"}}}}
    twins.fails("ValidationException", "batch_write_item", RequestItems={tables[0]: [put, put]})
    twins.fails("ResourceNotFoundException", "batch_write_item", RequestItems={"shop-nowhere": [put]})
