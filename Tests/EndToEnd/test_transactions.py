"""TransactWriteItems and TransactGetItems."""

import pytest

from clients import create_table, expect_cache


@pytest.fixture(scope="module")
def table(twins):
    name = "shop-transactions"
    for client in (twins.proxied, twins.direct):
        create_table(client, name)
    return name


def key(value):
    return {"pk": {"S": value}}


def fill(twins, table, *names):
    for name in names:
        twins.same("put_item", TableName=table, Item={**key(name), "v": {"N": "1"}})
        twins.read(TableName=table, Key=key(name))


def test_a_transaction_changes_what_is_read(twins, table):
    fill(twins, table, "t-update", "t-delete", "t-check", "t-put")
    twins.same(
        "transact_write_items",
        TransactItems=[
            {"Put": {"TableName": table, "Item": {**key("t-put"), "v": {"N": "2"}}}},
            {
                "Update": {
                    "TableName": table,
                    "Key": key("t-update"),
                    "UpdateExpression": "SET v = v + :one",
                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                }
            },
            {"Delete": {"TableName": table, "Key": key("t-delete")}},
            {
                "ConditionCheck": {
                    "TableName": table,
                    "Key": key("t-check"),
                    "ConditionExpression": "attribute_exists(pk)",
                }
            },
        ],
    )
    assert twins.read(TableName=table, Key=key("t-put"))["Item"]["v"] == {"N": "2"}
    assert twins.read(TableName=table, Key=key("t-update"))["Item"]["v"] == {"N": "2"}
    assert "Item" not in twins.read(TableName=table, Key=key("t-delete"))
    twins.read(TableName=table, Key=key("t-check"))


@pytest.mark.parametrize("returned", ["NONE", "ALL_OLD"])
def test_a_cancelled_transaction_gives_its_reasons(twins, table, returned):
    fill(twins, table, "c-one", "c-two")
    reply = twins.fails(
        "TransactionCanceledException",
        "transact_write_items",
        TransactItems=[
            {"Put": {"TableName": table, "Item": {**key("c-one"), "v": {"N": "9"}}}},
            {
                "Delete": {
                    "TableName": table,
                    "Key": key("c-two"),
                    "ConditionExpression": "v = :nine",
                    "ExpressionAttributeValues": {":nine": {"N": "9"}},
                    "ReturnValuesOnConditionCheckFailure": returned,
                }
            },
        ],
    )
    assert [reason["Code"] for reason in reply["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    assert ("Item" in reply["CancellationReasons"][1]) == (returned == "ALL_OLD")
    for name in ("c-one", "c-two"):
        assert twins.read(TableName=table, Key=key(name))["Item"]["v"] == {"N": "1"}


def test_one_item_twice_is_an_error(twins, table):
    delete = {"Delete": {"TableName": table, "Key": key("twice")}}
    twins.same("transact_write_items", TransactItems=[delete, delete])


def test_transact_get_is_never_from_the_cache(twins, table, on_moto):
    fill(twins, table, "g-one", "g-two")
    before = on_moto.relay.count("TransactGetItems")
    for _ in range(2):
        reply = twins.same(
            "transact_get_items",
            TransactItems=[
                {"Get": {"TableName": table, "Key": key("g-one")}},
                {"Get": {"TableName": table, "Key": key("g-two"), "ProjectionExpression": "v"}},
                {"Get": {"TableName": table, "Key": key("g-absent")}},
            ],
        )
        assert [response.get("Item", {}).get("v") for response in reply["Responses"]] == [{"N": "1"}, {"N": "1"}, None]
        expect_cache(reply, "not-cacheable")
    if on_moto.proxy:
        assert on_moto.relay.count("TransactGetItems") == before + 2
