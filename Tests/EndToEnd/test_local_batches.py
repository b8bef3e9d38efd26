"""`leveret local`: batches and transactions."""

import uuid

import pytest
from botocore.exceptions import ClientError

from clients import create_table, error


@pytest.fixture
def table(store, table_name):
    create_table(store, table_name)
    return table_name


def key(value):
    return {"pk": {"S": str(value)}}


def items(store, table):
    return {item["pk"]["S"]: item for item in store.scan(TableName=table)["Items"]}


def test_batches_over_two_tables(store, table, table_name):
    other = table_name + "-other"
    create_table(store, other)
    puts = [{"PutRequest": {"Item": {**key(number), "v": {"N": str(number)}}}} for number in range(12)]
    reply = store.batch_write_item(RequestItems={table: puts, other: puts}, ReturnConsumedCapacity="TOTAL")
    assert reply["UnprocessedItems"] == {}
    assert {each["TableName"]: each["CapacityUnits"] for each in reply["ConsumedCapacity"]} == {table: 12, other: 12}
    reply = store.batch_write_item(
        RequestItems={table: [{"DeleteRequest": {"Key": key(number)}} for number in range(6)]}
    )
    assert reply["UnprocessedItems"] == {}
    reply = store.batch_get_item(
        RequestItems={
            table: {"Keys": [key(number) for number in range(12)], "ProjectionExpression": "v"},
            other: {"Keys": [key(3), key("nothing")], "ConsistentRead": True, "ProjectionExpression": "pk"},
        },
        ReturnConsumedCapacity="TOTAL",
    )
    assert sorted(int(item["v"]["N"]) for item in reply["Responses"][table]) == [6, 7, 8, 9, 10, 11]
    assert reply["Responses"][other] == [key(3)] and reply["UnprocessedKeys"] == {}
    assert {each["TableName"]: each["CapacityUnits"] for each in reply["ConsumedCapacity"]} == {table: 6, other: 2}


def test_a_batch_of_sixteen_megabytes_leaves_the_rest(store, table):
    for number in range(0, 60, 5):
        puts = [
            {"PutRequest": {"Item": {**key(n), "v": {"S": "x" * 350_000}}}} for n in range(number, min(number + 5, 60))
        ]
        assert store.batch_write_item(RequestItems={table: puts})["UnprocessedItems"] == {}
    wanted, rounds, found = {table: {"Keys": [key(number) for number in range(60)]}}, 0, []
    while wanted and rounds < 5:
        reply = store.batch_get_item(RequestItems=wanted)
        found += [item["pk"]["S"] for item in reply["Responses"][table]]
        wanted, rounds = reply["UnprocessedKeys"], rounds + 1
    assert rounds == 2 and sorted(found, key=int) == [str(number) for number in range(60)]


@pytest.mark.parametrize(
    "operation, requests, message",
    [
        ("batch_write_item", [{"PutRequest": {"Item": key(1)}}, {"DeleteRequest": {"Key": key(1)}}],
         "Provided list of item keys contains duplicates"),
        ("batch_write_item", [{"PutRequest": {"Item": key(number)}} for number in range(26)],
         "Member must have length less than or equal to 25"),
        ("batch_get_item", {"Keys": [key(1), key(1)]}, "Provided list of item keys contains duplicates"),
        ("batch_get_item", {"Keys": [key(number) for number in range(101)]},
         "less than or equal to 100"),
    ],
)  # fmt: skip
def test_batches_that_are_refused(store, table, operation, requests, message):
    code, said = error(store, operation, RequestItems={table: requests})
    assert code == "ValidationException" and message in said
    assert items(store, table) == {}


def condition(text, **values):
    names = {f":{name}": value for name, value in values.items()}
    return {"ConditionExpression": text, **({"ExpressionAttributeValues": names} if names else {})}


def test_a_transaction_does_all(store, table):
    for name in "abc":
        store.put_item(TableName=table, Item={**key(name), "n": {"N": "1"}})
    reply = store.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": table, "Item": key("new"), **condition("attribute_not_exists(pk)")}},
            {"Update": {"TableName": table, "Key": key("a"), "UpdateExpression": "SET n = n + :one",
                        "ExpressionAttributeValues": {":one": {"N": "1"}}}},
            {"Delete": {"TableName": table, "Key": key("b")}},
            {"ConditionCheck": {"TableName": table, "Key": key("c"), **condition("n = :one", one={"N": "1"})}},
        ],
        ReturnConsumedCapacity="TOTAL",
    )  # fmt: skip
    assert reply["ConsumedCapacity"] == [{"TableName": table, "CapacityUnits": 8.0, "WriteCapacityUnits": 8.0}]
    assert items(store, table) == {
        "new": key("new"),
        "a": {**key("a"), "n": {"N": "2"}},
        "c": {**key("c"), "n": {"N": "1"}},
    }
    reply = store.transact_get_items(
        TransactItems=[
            {"Get": {"TableName": table, "Key": key("a"), "ProjectionExpression": "n"}},
            {"Get": {"TableName": table, "Key": key("nothing")}},
        ]
    )
    assert reply["Responses"] == [{"Item": {"n": {"N": "2"}}}, {}]


def test_a_transaction_does_nothing(store, table):
    store.put_item(TableName=table, Item={**key("a"), "n": {"N": "1"}})
    before = items(store, table)
    with pytest.raises(store.exceptions.TransactionCanceledException) as raised:
        store.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": table, "Item": key("new")}},
                {"Delete": {"TableName": table, "Key": key("a"), **condition("n = :two", two={"N": "2"}),
                            "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}},
                {"Update": {"TableName": table, "Key": key("b"), "UpdateExpression": "SET n = m + :two",
                            "ExpressionAttributeValues": {":two": {"N": "2"}}}},
            ]
        )  # fmt: skip
    assert raised.value.response["Error"]["Message"] == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[None, ConditionalCheckFailed, ValidationError]"
    )
    first, second, third = raised.value.response["CancellationReasons"]
    assert first == {"Code": "None"}
    assert second == {
        "Code": "ConditionalCheckFailed",
        "Message": "The conditional request failed",
        "Item": before["a"],
    }
    assert third["Code"] == "ValidationError" and third["Message"] == (
        "The provided expression refers to an attribute that does not exist in the item"
    )
    assert items(store, table) == before


def test_tokens_make_a_transaction_count_once(store, table):
    add = {
        "Update": {
            "TableName": table,
            "Key": key("counter"),
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }
    token = str(uuid.uuid4())
    first = store.transact_write_items(TransactItems=[add], ClientRequestToken=token, ReturnConsumedCapacity="TOTAL")
    assert first["ConsumedCapacity"][0]["WriteCapacityUnits"] == 2
    again = store.transact_write_items(TransactItems=[add], ClientRequestToken=token, ReturnConsumedCapacity="TOTAL")
    assert again["ConsumedCapacity"][0]["ReadCapacityUnits"] == 2
    assert items(store, table)["counter"]["n"] == {"N": "1"}
    # botocore gives every call without a token one of its own.
    store.transact_write_items(TransactItems=[add])
    assert items(store, table)["counter"]["n"] == {"N": "2"}
    other = {"Put": {"TableName": table, "Item": key("other")}}
    with pytest.raises(ClientError, match="IdempotentParameterMismatchException"):
        store.transact_write_items(TransactItems=[other], ClientRequestToken=token)


@pytest.mark.parametrize(
    "actions, message",
    [
        (lambda t: [{"Put": {"TableName": t, "Item": key(1)}}, {"Delete": {"TableName": t, "Key": key(1)}}],
         "Transaction request cannot include multiple operations on one item"),
        (lambda t: [{"Put": {"TableName": t, "Item": key(number)}} for number in range(101)],
         "Member must have length less than or equal to 100"),
        (lambda t: [{}], "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"),
        (lambda t: [], "Member must have length greater than or equal to 1"),
    ],
)  # fmt: skip
def test_transactions_that_are_refused(store, table, actions, message):
    code, said = error(store, "transact_write_items", TransactItems=actions(table))
    assert code == "ValidationException" and message in said
    assert items(store, table) == {}
