"""ProjectionExpression, ExpressionAttributeNames and AttributesToGet, applied by the server and from the cache."""

import pytest

from clients import create_table, expect_cache, outcome
from servers import DIRECT

THINGS = [{"S": "0"}, {"M": {"k": {"S": "1k"}, "q": {"S": "1q"}}}, {"L": [{"N": "20"}, {"N": "21"}]}, {"S": "3"}]
ITEM = {
    "pk": {"S": "p"},
    "plain": {"S": "text"},
    "amount": {"N": "7"},
    "size": {"S": "reserved word"},
    "a.b": {"S": "dot"},
    "info": {"M": {"x": {"S": "1"}, "y": {"M": {"z": {"N": "2"}, "w": {"N": "3"}}}, "things": {"L": THINGS[:2]}}},
    "things": {"L": THINGS},
}
KEY = {"pk": ITEM["pk"]}


@pytest.fixture(scope="module")
def table(twins):
    name = "shop-projections"
    for client in (twins.proxied, twins.direct):
        create_table(client, name)
        client.put_item(TableName=name, Item=ITEM)
    return name


def top(*names):
    return {name: ITEM[name] for name in names}


# Expression, names, and the item that DynamoDB answers: moto errs in some of these.
PROJECTIONS = {
    "one": ("plain", None, top("plain")),
    "several": ("plain, amount,pk", None, top("plain", "amount", "pk")),
    "missing": ("nothing", None, {}),
    "some-missing": ("plain, nothing", None, top("plain")),
    "name": ("#s", {"#s": "size"}, top("size")),
    "dotted-name": ("#d", {"#d": "a.b"}, top("a.b")),
    "nested": ("info.x", None, {"info": {"M": {"x": {"S": "1"}}}}),
    "nested-names": ("#m.#y.z", {"#m": "info", "#y": "y"}, {"info": {"M": {"y": {"M": {"z": {"N": "2"}}}}}}),
    "nested-siblings": (
        "info.x, info.#y.w",
        {"#y": "y"},
        {"info": {"M": {"x": {"S": "1"}, "y": {"M": {"w": {"N": "3"}}}}}},
    ),
    "nested-missing": ("info.nothing.z, plain", None, top("plain")),
    "index": ("things[1]", None, {"things": {"L": [THINGS[1]]}}),
    "index-of-name": ("#t[1]", {"#t": "things"}, {"things": {"L": [THINGS[1]]}}),
    "indexes": ("things[3], things[0]", None, {"things": {"L": [THINGS[0], THINGS[3]]}}),
    "index-member": ("things[1].k", None, {"things": {"L": [{"M": {"k": {"S": "1k"}}}]}}),
    "index-deep": ("things[2][1]", None, {"things": {"L": [{"L": [{"N": "21"}]}]}}),
    "index-beyond": ("things[9], plain", None, top("plain")),
    "map-list": ("info.things[0]", None, {"info": {"M": {"things": {"L": [{"S": "0"}]}}}}),
    "not-a-map": ("plain.x, amount", None, top("amount")),
    "not-a-list": ("plain[0], amount", None, top("amount")),
}


def read(twins, table, expected, **parameters):
    """Reads through the proxy, and compares with the server's own answer unless that is not DynamoDB's."""
    reply = outcome(twins.proxied, "get_item", TableName=table, Key=KEY, **parameters)
    direct = outcome(twins.direct, "get_item", TableName=table, Key=KEY, **parameters)
    if DIRECT and direct.get("Item") != expected:
        pytest.skip("this server answers differently")
    assert reply.get("Item") == expected, reply
    return reply


@pytest.mark.parametrize("case", PROJECTIONS)
@pytest.mark.parametrize("order", ["hit", "miss"])
def test_projections(twins, table, case, order):
    expression, names, expected = PROJECTIONS[case]
    parameters = {"ProjectionExpression": expression, **({"ExpressionAttributeNames": names} if names else {})}
    if order == "hit":
        twins.same("get_item", TableName=table, Key=KEY)
    else:
        # Drops the entry, so that the projected read itself fills the cache.
        twins.same("put_item", TableName=table, Item=ITEM)
    reply = read(twins, table, expected, **parameters)
    if order == "hit":
        expect_cache(reply, "hit")
    else:
        # A projected answer must not have been kept as the whole item.
        whole = twins.same("get_item", TableName=table, Key=KEY)
        assert whole["Item"] == ITEM
        expect_cache(whole, "hit")


@pytest.mark.parametrize("attributes", [["plain"], ["plain", "info"], ["nothing"], ["a.b", "pk"]], ids="-".join)
def test_attributes_to_get(twins, table, attributes):
    twins.same("get_item", TableName=table, Key=KEY)
    expected = {name: ITEM[name] for name in attributes if name in ITEM}
    expect_cache(read(twins, table, expected, AttributesToGet=attributes), "hit")


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
