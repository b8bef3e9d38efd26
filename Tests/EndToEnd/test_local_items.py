"""`leveret local`: single items, conditions, capacity, legacy parameters, validation."""

import pytest

from clients import create_table, error


@pytest.fixture(scope="module")
def table(store):
    create_table(store, "items")
    return "items"


@pytest.fixture
def key(request):
    return {"pk": {"S": request.node.name}}


def get(store, table, key, **more):
    return store.get_item(TableName=table, Key=key, **more).get("Item")


def test_every_attribute_type(store, table, key):
    item = {
        **key,
        "S": {"S": 'text with "quotes", \\ and \u00fc \u20ac \U0001f407 \u0001'},
        "N": {"N": "-12.5"},
        "B": {"B": bytes(range(256))},
        "T": {"BOOL": True},
        "Z": {"NULL": True},
        "M": {"M": {"list": {"L": [{"N": "1"}, {"M": {"deep": {"S": "x"}}}, {"L": []}]}, "empty": {"M": {}}}},
        "L": {"L": [{"S": ""}, {"B": b""}]},
        "SS": {"SS": ["a", "b"]},
        "NS": {"NS": ["1.5", "3"]},
        "BS": {"BS": [b"\x00", b"\xff"]},
        "dotted.name": {"S": "dot"},
    }
    store.put_item(TableName=table, Item=item)
    read = get(store, table, key, ConsistentRead=True)
    for name in ("SS", "NS", "BS"):
        read[name][name] = sorted(read[name][name])
    assert read == item
    projected = get(
        store, table, key, ProjectionExpression="M.#l[1].deep, #d, L[0]",
        ExpressionAttributeNames={"#d": "dotted.name", "#l": "list"},
    )  # fmt: skip
    assert projected == {
        "M": {"M": {"list": {"L": [{"M": {"deep": {"S": "x"}}}]}}},
        "dotted.name": {"S": "dot"},
        "L": {"L": [{"S": ""}]},
    }


@pytest.mark.parametrize("text, stored", [("1e2", "100"), ("0.10", "0.1"), ("-0", "0"), ("1" * 38, "1" * 38)])
def test_numbers_in_their_one_form(store, table, key, text, stored):
    store.put_item(TableName=table, Item={**key, "n": {"N": text}})
    assert get(store, table, key)["n"] == {"N": stored}


@pytest.mark.parametrize(
    "returned, expected",
    [
        ("NONE", None),
        ("ALL_OLD", {"a": {"N": "1"}, "b": {"S": "x"}, "d": {"S": "y"}}),
        ("UPDATED_OLD", {"a": {"N": "1"}, "d": {"S": "y"}}),
        ("ALL_NEW", {"a": {"N": "2"}, "b": {"S": "x"}, "c": {"L": [{"S": "new"}]}}),
        ("UPDATED_NEW", {"a": {"N": "2"}, "c": {"L": [{"S": "new"}]}}),
    ],
)
def test_what_an_update_returns(store, table, key, returned, expected):
    store.put_item(TableName=table, Item={**key, "a": {"N": "1"}, "b": {"S": "x"}, "d": {"S": "y"}})
    reply = store.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET #a = #a + :one, c = list_append(if_not_exists(c, :none), :c) REMOVE d",
        ExpressionAttributeNames={"#a": "a"},
        ExpressionAttributeValues={":one": {"N": "1"}, ":c": {"L": [{"S": "new"}]}, ":none": {"L": []}},
        ReturnValues=returned,
    )
    if expected and returned.startswith("ALL"):
        expected = {**key, **expected}
    assert reply.get("Attributes") == expected


@pytest.mark.parametrize("operation", ["put_item", "delete_item"])
def test_what_puts_and_deletes_return(store, table, key, operation):
    store.put_item(TableName=table, Item={**key, "v": {"N": "1"}})
    target = {"Item": key} if operation == "put_item" else {"Key": key}
    reply = getattr(store, operation)(TableName=table, ReturnValues="ALL_OLD", **target)
    assert reply["Attributes"] == {**key, "v": {"N": "1"}}
    assert get(store, table, key) == (key if operation == "put_item" else None)
    assert error(store, operation, TableName=table, ReturnValues="ALL_NEW", **target)[0] == "ValidationException"


def test_sets_and_counters(store, table, key):
    def update(expression, **values):
        reply = store.update_item(
            TableName=table,
            Key=key,
            UpdateExpression=expression,
            ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
            ReturnValues="ALL_NEW",
        )
        return reply["Attributes"]

    assert update("ADD n :n, s :s", n={"N": "5"}, s={"SS": ["a"]}) == {**key, "n": {"N": "5"}, "s": {"SS": ["a"]}}
    changed = update("ADD n :n, s :s", n={"N": "-7.5"}, s={"SS": ["b", "c"]})
    assert changed["n"] == {"N": "-2.5"} and sorted(changed["s"]["SS"]) == ["a", "b", "c"]
    assert "s" not in update("DELETE s :s", s={"SS": ["a", "b", "c", "d"]})


@pytest.mark.parametrize("operation", ["put_item", "update_item", "delete_item"])
@pytest.mark.parametrize("returned", ["NONE", "ALL_OLD"])
def test_a_condition_that_fails(store, table, key, operation, returned):
    item = {**key, "v": {"N": "1"}}
    store.put_item(TableName=table, Item=item)
    target = {
        "put_item": {"Item": {**key, "v": {"N": "2"}}},
        "update_item": {"Key": key, "UpdateExpression": "REMOVE v"},
        "delete_item": {"Key": key},
    }[operation]
    with pytest.raises(store.exceptions.ConditionalCheckFailedException) as raised:
        getattr(store, operation)(
            TableName=table,
            ConditionExpression="attribute_not_exists(pk) OR v BETWEEN :two AND :nine",
            ExpressionAttributeValues={":two": {"N": "2"}, ":nine": {"N": "9"}},
            ReturnValuesOnConditionCheckFailure=returned,
            **target,
        )
    assert raised.value.response["Error"]["Message"] == "The conditional request failed"
    assert raised.value.response.get("Item") == (item if returned == "ALL_OLD" else None)
    assert get(store, table, key) == item


CONDITIONS = [
    ("attribute_exists(m.k)", True),
    ("attribute_type(s, :S)", True),
    ("begins_with(s, :he) AND contains(s, :ll)", True),
    ("size(s) = :five", True),
    ("n IN (:five, :seven)", True),
    ("NOT (n < :five OR n > :seven)", True),
    ("n <> :seven", False),
    ("contains(ss, :he)", True),
    ("l[1] = :he", True),
    ("s = n", False),
    ("attribute_not_exists(l[2]) and m.k = :he", True),
]


@pytest.mark.parametrize("condition, holds", CONDITIONS)
def test_conditions(store, table, key, condition, holds):
    item = {
        **key, "s": {"S": "hello"}, "n": {"N": "7"}, "ss": {"SS": ["he", "x"]}, "l": {"L": [{"N": "1"}, {"S": "he"}]},
        "m": {"M": {"k": {"S": "he"}}},
    }  # fmt: skip
    values = {":S": {"S": "S"}, ":he": {"S": "he"}, ":ll": {"S": "ll"}, ":five": {"N": "5"}, ":seven": {"N": "7"}}
    used = {name: value for name, value in values.items() if name in condition}
    store.put_item(TableName=table, Item=item)
    request = {"TableName": table, "Item": item, "ConditionExpression": condition}
    if used:
        request["ExpressionAttributeValues"] = used
    if holds:
        store.put_item(**request)
    else:
        assert error(store, "put_item", **request)[0] == "ConditionalCheckFailedException"


def test_consumed_capacity(store, table, key):
    def units(operation, **parameters):
        reply = getattr(store, operation)(TableName=table, ReturnConsumedCapacity="TOTAL", **parameters)
        assert reply["ConsumedCapacity"]["TableName"] == table
        return reply["ConsumedCapacity"]["CapacityUnits"]

    item = {**key, "v": {"S": "x" * 9000}}
    assert units("put_item", Item=item) == 9
    assert units("get_item", Key=key) == 1.5
    assert units("get_item", Key=key, ConsistentRead=True) == 3
    assert units("get_item", Key={"pk": {"S": "nothing"}}) == 0.5
    assert units("update_item", Key=key, UpdateExpression="REMOVE v") == 9
    assert units("delete_item", Key=key) == 1


def test_legacy_parameters(store, table, key):
    store.put_item(TableName=table, Item={**key, "n": {"N": "1"}, "s": {"S": "abc"}})
    assert get(store, table, key, AttributesToGet=["n"]) == {"n": {"N": "1"}}
    store.update_item(
        TableName=table,
        Key=key,
        AttributeUpdates={
            "n": {"Action": "ADD", "Value": {"N": "2"}},
            "m": {"Action": "PUT", "Value": {"S": "m"}},
            "s": {"Action": "DELETE"},
        },
        Expected={"n": {"ComparisonOperator": "LE", "AttributeValueList": [{"N": "1"}]}, "q": {"Exists": False}},
    )
    assert get(store, table, key) == {**key, "n": {"N": "3"}, "m": {"S": "m"}}
    assert error(store, "delete_item", TableName=table, Key=key, Expected={"n": {"Value": {"N": "1"}}}) == (
        "ConditionalCheckFailedException", "The conditional request failed")  # fmt: skip
    store.put_item(
        TableName=table,
        Item=key,
        ConditionalOperator="OR",
        Expected={
            "n": {"Value": {"N": "1"}},
            "m": {"ComparisonOperator": "BEGINS_WITH", "AttributeValueList": [{"S": "m"}]},
        },
    )
    assert get(store, table, key) == key
    code, message = error(
        store, "put_item", TableName=table, Item=key, Expected={"n": {"Exists": False}},
        ConditionExpression="attribute_exists(pk)",
    )  # fmt: skip
    assert code == "ValidationException" and message.endswith(
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"
    )


KEY = {"pk": {"S": "k"}}
INVALID = [
    ("get_item", {"Key": {"wrong": {"S": "x"}}}, "The provided key element does not match the schema"),
    ("get_item", {"Key": {"pk": {"N": "1"}}}, "The provided key element does not match the schema"),
    ("get_item", {"Key": {"pk": {"S": ""}}},
     "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
     "string value. Key: pk"),
    ("put_item", {"Item": {"v": {"S": "x"}}},
     "One or more parameter values were invalid: Missing the key pk in the item"),
    ("put_item", {"Item": {**KEY, "s": {"SS": []}}},
     "One or more parameter values were invalid: An string set  may not be empty"),
    ("put_item", {"Item": {**KEY, "s": {"SS": ["a", "a"]}}},
     "contains duplicates."),
    ("put_item", {"Item": {**KEY, "n": {"N": "abc"}}},
     "The parameter cannot be converted to a numeric value: abc"),
    ("put_item", {"Item": {**KEY, "n": {"N": "1e126"}}},
     "Number overflow. Attempting to store a number with magnitude larger than supported range"),
    ("put_item", {"Item": {**KEY, "n": {"N": "1" * 39}}},
     "Attempting to store more than 38 significant digits in a Number"),
    ("put_item", {"Item": {**KEY, "v": {"S": "x" * 420_000}}}, "Item size has exceeded the maximum allowed size"),
    ("update_item", {"Key": KEY, "UpdateExpression": "SET v = :undefined"},
     "Invalid UpdateExpression: An expression attribute value used in expression is not defined; "
     "attribute value: :undefined"),
    ("update_item", {"Key": KEY, "UpdateExpression": "SET size = size"},
     "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: size"),
    ("update_item", {"Key": KEY, "UpdateExpression": "SET pk = pk"},
     "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"),
    ("update_item", {"Key": KEY, "UpdateExpression": "SET a = b, a = c"},
     "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; "
     "path one: [a], path two: [a]"),
    ("delete_item", {"Key": KEY, "ConditionExpression": "a ="},
     'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "="'),
    ("delete_item", {"Key": KEY, "ConditionExpression": "a = :v",
                     "ExpressionAttributeValues": {":v": {"S": "x"}, ":w": {"S": "y"}}},
     "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"),
    ("get_item", {"Key": KEY, "ProjectionExpression": "#a"},
     "Invalid ProjectionExpression: An expression attribute name used in the document path is not defined; "
     "attribute name: #a"),
    ("get_item", {"Key": KEY, "ExpressionAttributeNames": {"#a": "a"}},
     "ExpressionAttributeNames can only be specified when using expressions"),
]  # fmt: skip


@pytest.mark.parametrize("operation, parameters, message", INVALID)
def test_what_is_refused(store, table, operation, parameters, message):
    code, said = error(store, operation, TableName=table, **parameters)
    assert code == "ValidationException" and said.endswith(message), said


def test_tables_that_are_not_there(store):
    for operation, parameters in [("get_item", {"Key": KEY}), ("put_item", {"Item": KEY}), ("scan", {})]:
        code, _ = error(store, operation, TableName="nowhere", **parameters)
        assert code == "ResourceNotFoundException"
