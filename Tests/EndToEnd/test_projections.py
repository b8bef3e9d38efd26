"""ProjectionExpression, ExpressionAttributeNames and AttributesToGet, applied by the server and from the cache."""

import pytest

from clients import create_table, expect_cache

ITEM = {
    "pk": {"S": "p"},
    "plain": {"S": "text"},
    "other": {"N": "7"},
    "size": {"S": "reserved word"},
    "a.b": {"S": "dot"},
    "map": {"M": {"x": {"S": "1"}, "y": {"M": {"z": {"N": "2"}, "w": {"N": "3"}}}, "list": {"L": [{"S": "i"}, {"S": "j"}]}}},
    "list": {"L": [{"S": "0"}, {"M": {"k": {"S": "1k"}, "q": {"S": "1q"}}}, {"L": [{"N": "20"}, {"N": "21"}]}, {"S": "3"}]},
}
KEY = {"pk": ITEM["pk"]}


@pytest.fixture(scope="module")
def table(twins):
    name = "shop-projections"
    for client in (twins.proxied, twins.direct):
        create_table(client, name)
        client.put_item(TableName=name, Item=ITEM)
    return name


PROJECTIONS = {
    "one": ("plain", None),
    "several": ("plain, other,pk", None),
    "missing": ("nothing", None),
    "some-missing": ("plain, nothing", None),
    "name": ("#s", {"#s": "size"}),
    "dotted-name": ("#d", {"#d": "a.b"}),
    "nested": ("#m.x", {"#m": "map"}),
    "nested-names": ("#m.#y.z", {"#m": "map", "#y": "y"}),
    "nested-siblings": ("#m.x, #m.#y.w", {"#m": "map", "#y": "y"}),
    "nested-missing": ("#m.nothing.z, plain", {"#m": "map"}),
    "index": ("#l[1]", {"#l": "list"}),
    "index-member": ("#l[1].k", {"#l": "list"}),
    "index-deep": ("#l[2][1]", {"#l": "list"}),
    "index-beyond": ("#l[9], plain", {"#l": "list"}),
    "map-list": ("#m.#l[0]", {"#m": "map", "#l": "list"}),
    "not-a-map": ("plain.x, other", None),
}


@pytest.mark.parametrize("case", PROJECTIONS)
@pytest.mark.parametrize("order", ["hit", "miss"])
def test_projections(twins, table, on_moto, case, order):
    expression, names = PROJECTIONS[case]
    parameters = {"ProjectionExpression": expression, **({"ExpressionAttributeNames": names} if names else {})}
    if order == "hit":
        twins.same("get_item", TableName=table, Key=KEY)
    else:
        # Drops the entry, so that the projected read itself fills the cache.
        twins.same("put_item", TableName=table, Item=ITEM)
    reply = twins.same("get_item", TableName=table, Key=KEY, **parameters)
    if order == "hit":
        expect_cache(reply, "hit")
    else:
        # A projected answer must not have been kept as the whole item.
        whole = twins.same("get_item", TableName=table, Key=KEY)
        assert whole["Item"] == ITEM
        expect_cache(whole, "hit")


@pytest.mark.parametrize("attributes", [["plain"], ["plain", "map"], ["nothing"], ["a.b", "pk"]], ids="-".join)
def test_attributes_to_get(twins, table, attributes):
    twins.same("get_item", TableName=table, Key=KEY)
    reply = twins.same("get_item", TableName=table, Key=KEY, AttributesToGet=attributes)
    expect_cache(reply, "hit")


def test_an_absent_item_projected(twins, table):
    twins.read(TableName=table, Key={"pk": {"S": "absent"}}, ProjectionExpression="plain")


@pytest.mark.parametrize(
    "parameters",
    [
        {"ProjectionExpression": "plain", "AttributesToGet": ["plain"]},
        {"ProjectionExpression": "plain", "ExpressionAttributeNames": {"#unused": "plain"}},
        {"ProjectionExpression": "#undefined"},
        {"ProjectionExpression": "plain,"},
        {"ProjectionExpression": ""},
    ],
    ids=["mixed", "unused", "undefined", "syntax", "empty"],
)
def test_what_the_server_refuses_is_refused_on_hits_too(twins, table, parameters):
    twins.read(TableName=table, Key=KEY)
    reply = twins.same("get_item", TableName=table, Key=KEY, **parameters)
    if "raised" not in reply:
        pytest.skip("this server does not refuse it")
