"""What is kept, for how long, and what a hit says about capacity. Needs the proxy."""

import time

import pytest

from clients import cache_header, create_table, dynamodb, expect_cache, outcome

pytestmark = pytest.mark.proxy_only


def key(value):
    return {"pk": {"S": value}}


@pytest.fixture
def table(proxied, table_name):
    create_table(proxied, table_name)
    return table_name


def get(client, table, name, **more):
    return client.get_item(TableName=table, Key=key(name), **more)


@pytest.mark.parametrize("shape", ["TOTAL", "INDEXES", "NONE"])
@pytest.mark.parametrize("present", [True, False])
def test_capacity_of_a_hit_is_zero(proxied, table, shape, present):
    if present:
        proxied.put_item(TableName=table, Item={**key("k"), "v": {"S": "x" * 9_000}})
    get(proxied, table, "k")
    reply = get(proxied, table, "k", ReturnConsumedCapacity=shape)
    expect_cache(reply, "hit")
    expected = {
        "NONE": None,
        "TOTAL": {"TableName": table, "CapacityUnits": 0.0},
        "INDEXES": {"TableName": table, "CapacityUnits": 0.0, "Table": {"CapacityUnits": 0.0}},
    }[shape]
    assert reply.get("ConsumedCapacity") == expected
    assert ("Item" in reply) == present


def test_capacity_of_a_miss_is_reported(proxied, table):
    proxied.put_item(TableName=table, Item={**key("k"), "v": {"S": "x"}})
    reply = get(proxied, table, "k", ReturnConsumedCapacity="TOTAL")
    assert reply["ConsumedCapacity"]["CapacityUnits"] > 0
    assert cache_header(reply) != "hit"


def test_capacity_of_a_batch(proxied, table):
    proxied.put_item(TableName=table, Item={**key("k"), "v": {"S": "x"}})
    request = {table: {"Keys": [key("k"), key("absent")]}}
    proxied.batch_get_item(RequestItems=request)
    reply = proxied.batch_get_item(RequestItems=request, ReturnConsumedCapacity="TOTAL")
    expect_cache(reply, "hit")
    assert reply["ConsumedCapacity"] == [{"TableName": table, "CapacityUnits": 0.0}]


def test_an_items_own_time_to_live_caps_its_stay(proxied, table):
    specification = {"Enabled": True, "AttributeName": "expires"}
    proxied.update_time_to_live(TableName=table, TimeToLiveSpecification=specification)
    assert proxied.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["AttributeName"] == "expires"
    soon = int(time.time()) + 3
    proxied.put_item(TableName=table, Item={**key("soon"), "expires": {"N": str(soon)}})
    proxied.put_item(TableName=table, Item={**key("late"), "expires": {"N": str(soon + 1_000)}})
    proxied.put_item(TableName=table, Item={**key("past"), "expires": {"N": str(soon - 1_000)}})
    for name in ("soon", "late", "past"):
        get(proxied, table, name)
    # On a machine so slow that three seconds are over, it need not be.
    assert cache_header(get(proxied, table, "soon")) == "hit" or time.time() >= soon
    assert cache_header(get(proxied, table, "late")) == "hit"
    assert cache_header(get(proxied, table, "past")) != "hit"
    # Times to live have whole seconds.
    time.sleep(max(0, soon - time.time()) + 1.2)
    assert cache_header(get(proxied, table, "soon")) in ("expired", "miss")
    assert cache_header(get(proxied, table, "late")) == "hit"


def test_a_table_made_anew_starts_empty(proxied, table):
    proxied.put_item(TableName=table, Item={**key("k"), "v": {"S": "old"}})
    get(proxied, table, "k")
    assert cache_header(get(proxied, table, "k")) == "hit"
    proxied.delete_table(TableName=table)
    assert outcome(proxied, "get_item", TableName=table, Key=key("k"))["raised"]["Code"] == "ResourceNotFoundException"
    create_table(proxied, table)
    assert "Item" not in get(proxied, table, "k")
    proxied.put_item(TableName=table, Item={**key("k"), "v": {"S": "new"}})
    assert get(proxied, table, "k")["Item"]["v"] == {"S": "new"}
    assert cache_header(get(proxied, table, "k")) == "hit"


def test_a_table_made_anew_with_another_key(proxied, table):
    proxied.put_item(TableName=table, Item={**key("k"), "v": {"S": "old"}})
    get(proxied, table, "k")
    proxied.delete_table(TableName=table)
    create_table(proxied, table, key_type="N")
    assert outcome(proxied, "get_item", TableName=table, Key=key("k")).get("Item") is None
    proxied.put_item(TableName=table, Item={"pk": {"N": "1"}, "v": {"S": "new"}})
    for _ in range(2):
        assert proxied.get_item(TableName=table, Key={"pk": {"N": "1"}})["Item"]["v"] == {"S": "new"}


def test_regions_and_callers_are_apart(on_moto, proxied, table):
    """moto keeps the data of regions apart, so an entry of one must not answer in another."""
    elsewhere = dynamodb(on_moto.endpoint, region="eu-west-1")
    create_table(elsewhere, table)
    proxied.put_item(TableName=table, Item={**key("k"), "v": {"S": "here"}})
    elsewhere.put_item(TableName=table, Item={**key("k"), "v": {"S": "there"}})
    for _ in range(2):
        assert get(proxied, table, "k")["Item"]["v"] == {"S": "here"}
        assert get(elsewhere, table, "k")["Item"]["v"] == {"S": "there"}


def test_caching_can_be_off_for_a_table(company, shop):
    create_table(company.direct, "shop-raw")
    shop.put_item(TableName="shop-raw", Item={**key("k"), "v": {"S": "x"}})
    before = company.relay.count("GetItem")
    for _ in range(3):
        expect_cache(get(shop, "shop-raw", "k"), "disabled")
    assert company.relay.count("GetItem") == before + 3


def test_a_table_can_have_its_own_times(company, shop):
    create_table(company.direct, "shop-brief")
    shop.put_item(TableName="shop-brief", Item={**key("k"), "v": {"S": "x"}})
    # Two within a second; on a busy machine not always the first.
    assert "hit" in [cache_header(get(shop, "shop-brief", "k")) for _ in range(5)]
    time.sleep(1.2)
    assert cache_header(get(shop, "shop-brief", "k")) in ("expired", "miss")
    for _ in range(3):
        assert cache_header(get(shop, "shop-brief", "absent")) == "miss"
