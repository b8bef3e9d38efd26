"""PutItem, GetItem, UpdateItem, DeleteItem: replies equal to the server's own, from the cache too."""

import pytest

from clients import create_table, expect_cache


@pytest.fixture(scope="module")
def table(twins):
    name = "shop-items"
    for client in (twins.proxied, twins.direct):
        create_table(client, name)
    return name


EVERYTHING = {
    "S": {"S": "text with \"quotes\", \\ and \u00fc \u20ac \U0001f407 \u0001"},
    "N": {"N": "-12.5"},
    "B": {"B": bytes(range(256))},
    "T": {"BOOL": True},
    "F": {"BOOL": False},
    "Z": {"NULL": True},
    "M": {"M": {"inner": {"L": [{"N": "1"}, {"M": {"deep": {"S": "x"}}}, {"L": []}]}, "empty": {"M": {}}}},
    "L": {"L": [{"S": ""}, {"NULL": True}, {"B": b""}]},
    "SS": {"SS": ["b", "a"]},
    "NS": {"NS": ["3", "1.5"]},
    "BS": {"BS": [b"\x00", b"\xff"]},
    "dotted.name": {"S": "dot"},
    "\u00fcber": {"S": "umlaut"},
}


def key(value):
    return {"pk": {"S": value}}


@pytest.mark.parametrize("value", [{"S": "plain"}, {"N": "1"}], ids=["S", "N"])
def test_put_and_get(twins, table, value):
    twins.same("put_item", TableName=table, Item={**key("put"), "v": value})
    assert twins.read(TableName=table, Key=key("put"))["Item"]["v"] == value


def test_every_attribute_type(twins, table):
    twins.same("put_item", TableName=table, Item={**key("everything"), **EVERYTHING})
    twins.read(TableName=table, Key=key("everything"))


def test_a_large_item(twins, table):
    twins.same("put_item", TableName=table, Item={**key("large"), "v": {"S": "x" * 390_000}})
    reply = twins.read(TableName=table, Key=key("large"))
    assert len(reply["Item"]["v"]["S"]) == 390_000


@pytest.mark.parametrize("returned", ["NONE", "ALL_OLD"])
def test_put_return_values(twins, table, returned):
    for version in ("1", "2"):
        item = {**key("old" + returned), "v": {"N": version}}
        twins.same("put_item", TableName=table, Item=item, ReturnValues=returned)
    twins.read(TableName=table, Key=key("old" + returned))


@pytest.mark.parametrize("returned", ["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"])
def test_update_return_values(twins, table, returned):
    item = {**key("up" + returned), "a": {"N": "1"}, "b": {"S": "x"}, "d": {"S": "y"}}
    twins.same("put_item", TableName=table, Item=item)
    twins.read(TableName=table, Key=key("up" + returned))
    twins.same(
        "update_item",
        TableName=table,
        Key=key("up" + returned),
        UpdateExpression="SET #a = #a + :one, c = :c REMOVE d",
        ExpressionAttributeNames={"#a": "a"},
        ExpressionAttributeValues={":one": {"N": "1"}, ":c": {"L": [{"S": "new"}]}},
        ReturnValues=returned,
    )
    assert twins.read(TableName=table, Key=key("up" + returned))["Item"]["a"] == {"N": "2"}


def test_update_creates_an_item(twins, table):
    twins.read(TableName=table, Key=key("created"))
    twins.same(
        "update_item",
        TableName=table,
        Key=key("created"),
        UpdateExpression="ADD n :n, s :s",
        ExpressionAttributeValues={":n": {"N": "5"}, ":s": {"SS": ["x"]}},
    )
    assert twins.read(TableName=table, Key=key("created"))["Item"]["n"] == {"N": "5"}


def test_legacy_attribute_updates(twins, table):
    twins.same("put_item", TableName=table, Item={**key("legacy"), "n": {"N": "1"}})
    twins.read(TableName=table, Key=key("legacy"))
    twins.same(
        "update_item",
        TableName=table,
        Key=key("legacy"),
        AttributeUpdates={"n": {"Action": "ADD", "Value": {"N": "2"}}, "m": {"Action": "PUT", "Value": {"S": "m"}}},
    )
    assert twins.read(TableName=table, Key=key("legacy"))["Item"]["n"] == {"N": "3"}


@pytest.mark.parametrize("returned", ["NONE", "ALL_OLD"])
def test_delete_return_values(twins, table, returned):
    twins.same("put_item", TableName=table, Item={**key("del" + returned), "v": {"S": "x"}})
    twins.read(TableName=table, Key=key("del" + returned))
    twins.same("delete_item", TableName=table, Key=key("del" + returned), ReturnValues=returned)
    assert "Item" not in twins.read(TableName=table, Key=key("del" + returned))
    twins.same("delete_item", TableName=table, Key=key("del" + returned), ReturnValues=returned)


@pytest.mark.parametrize("operation", ["put_item", "update_item", "delete_item"])
@pytest.mark.parametrize("returned", ["NONE", "ALL_OLD"])
@pytest.mark.parametrize("holds", [True, False])
def test_conditions(twins, table, operation, returned, holds):
    name = key(f"cond-{operation}-{returned}-{holds}")
    twins.same("put_item", TableName=table, Item={**name, "v": {"N": "1"}})
    twins.read(TableName=table, Key=name)
    parameters = {
        "put_item": {"Item": {**name, "v": {"N": "2"}}},
        "update_item": {"Key": name, "UpdateExpression": "SET v = :two"},
        "delete_item": {"Key": name},
    }[operation]
    values = {":v": {"N": "1" if holds else "7"}}
    if operation == "update_item":
        values[":two"] = {"N": "2"}
    reply = twins.same(
        operation,
        TableName=table,
        ConditionExpression="v = :v",
        ExpressionAttributeValues=values,
        ReturnValuesOnConditionCheckFailure=returned,
        **parameters,
    )
    assert ("raised" in reply) != holds
    if not holds:
        assert reply["raised"]["Code"] == "ConditionalCheckFailedException"
        assert ("Item" in reply) == (returned == "ALL_OLD")
    after = twins.read(TableName=table, Key=name).get("Item", {}).get("v")
    assert after == ({"N": "1"} if not holds else None if operation == "delete_item" else {"N": "2"})


def test_consistent_reads_go_upstream_and_refresh(twins, table, on_moto):
    twins.same("put_item", TableName=table, Item={**key("consistent"), "v": {"S": "x"}})
    before = on_moto.relay.count("GetItem")
    for _ in range(2):
        reply = twins.same("get_item", TableName=table, Key=key("consistent"), ConsistentRead=True)
        expect_cache(reply, "consistent-read")
    reply = twins.same("get_item", TableName=table, Key=key("consistent"))
    expect_cache(reply, "hit")
    if on_moto.proxy:
        assert on_moto.relay.count("GetItem") == before + 2


def test_absence_is_remembered(twins, table, on_moto):
    twins.same("get_item", TableName=table, Key=key("absent"))
    before = on_moto.relay.count("GetItem")
    reply = twins.same("get_item", TableName=table, Key=key("absent"))
    assert "Item" not in reply
    expect_cache(reply, "hit")
    if on_moto.proxy:
        assert on_moto.relay.count("GetItem") == before
    twins.same("put_item", TableName=table, Item={**key("absent"), "v": {"S": "here"}})
    assert twins.same("get_item", TableName=table, Key=key("absent"))["Item"]["v"] == {"S": "here"}


def test_errors_are_the_servers(twins, table):
    twins.fails("ResourceNotFoundException", "get_item", TableName="shop-nowhere", Key=key("x"))
    twins.fails("ResourceNotFoundException", "put_item", TableName="shop-nowhere", Item=key("x"))
    twins.fails("ValidationException", "get_item", TableName=table, Key={"wrong": {"S": "x"}})
    twins.fails("ValidationException", "put_item", TableName=table, Item={"v": {"S": "no key"}})
    twins.fails(
        "ValidationException", "update_item", TableName=table, Key=key("x"), UpdateExpression="SET v = :undefined"
    )
