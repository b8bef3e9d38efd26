"""A write that was acknowledged is seen by every read after it, whoever wrote."""

import concurrent.futures
import random

import pytest

from clients import cache_header, create_table, expect_cache, outcome
from servers import DIRECT

KEY = {"pk": {"S": "k"}}


def item(version, key=KEY):
    return {**key, "v": {"N": str(version)}}


def put(client, table, version):
    client.put_item(TableName=table, Item=item(version))


def update(client, table, version):
    client.update_item(
        TableName=table, Key=KEY, UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": {"N": str(version)}}
    )


def batch_write(client, table, version):
    client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item(version)}}]})


def transact_put(client, table, version):
    client.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item(version)}}])


def transact_update(client, table, version):
    client.transact_write_items(
        TransactItems=[
            {
                "Update": {
                    "TableName": table,
                    "Key": KEY,
                    "UpdateExpression": "SET v = :v",
                    "ExpressionAttributeValues": {":v": {"N": str(version)}},
                }
            }
        ]
    )


def partiql_update(client, table, version):
    client.execute_statement(
        Statement=f'UPDATE "{table}" SET v=? WHERE pk=?', Parameters=[{"N": str(version)}, KEY["pk"]]
    )


def delete(client, table, version):
    client.delete_item(TableName=table, Key=KEY)


def batch_delete(client, table, version):
    client.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": KEY}}]})


def transact_delete(client, table, version):
    client.transact_write_items(TransactItems=[{"Delete": {"TableName": table, "Key": KEY}}])


WRITES = [put, update, batch_write, transact_put, transact_update, partiql_update]
DELETES = [delete, batch_delete, transact_delete]


def read(client, table):
    value = client.get_item(TableName=table, Key=KEY).get("Item", {}).get("v")
    return value and int(value["N"])


def read_batch(client, table):
    items = client.batch_get_item(RequestItems={table: {"Keys": [KEY]}})["Responses"].get(table, [])
    return int(items[0]["v"]["N"]) if items else None


@pytest.fixture(scope="module")
def table(company):
    create_table(company.direct, "shop-orders")
    return "shop-orders"


@pytest.mark.parametrize("write", WRITES + DELETES, ids=lambda write: write.__name__)
@pytest.mark.parametrize("writer", ["shop", "audit"])
@pytest.mark.parametrize("reading", [read, read_batch], ids=["get", "batch"])
def test_every_write_is_seen_by_both_tenants(company, table, write, writer, reading):
    shop, audit = company.tenant("shop"), company.tenant("audit")
    put(shop, table, 1)
    for reader in (shop, audit):
        for _ in range(2):
            assert reading(reader, table) == 1
    expect_cache(audit.get_item(TableName=table, Key=KEY), "hit")
    write(company.tenant(writer), table, 2)
    expected = None if write in DELETES else 2
    for reader in (shop, audit):
        for _ in range(2):
            assert reading(reader, table) == expected
        expect_cache(reader.get_item(TableName=table, Key=KEY), "hit")


def test_a_write_elsewhere_leaves_an_entry_alone(company, table):
    shop = company.tenant("shop")
    put(shop, table, 1)
    assert read(shop, table) == 1
    shop.put_item(TableName=table, Item=item(5, {"pk": {"S": "another key"}}))
    expect_cache(shop.get_item(TableName=table, Key=KEY), "hit")


def test_a_failed_condition_does_no_harm(company, table):
    shop = company.tenant("shop")
    put(shop, table, 1)
    read(shop, table)
    reply = outcome(
        shop, "put_item", TableName=table, Item=item(9), ConditionExpression="attribute_not_exists(pk)"
    )
    assert reply["raised"]["Code"] == "ConditionalCheckFailedException"
    assert read(shop, table) == 1


@pytest.mark.proxy_only
def test_a_read_during_a_write_is_not_kept(company, table):
    """The read starts before the write has reached the server, and its old answer must not outlive the write."""
    shop = company.tenant("shop")
    put(shop, table, 1)
    read(shop, table)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        company.relay.hold("PutItem")
        try:
            writing = pool.submit(put, company.tenant("audit"), table, 2)
            assert company.relay.arrived.wait(10)
            during = shop.get_item(TableName=table, Key=KEY)
            assert during["Item"]["v"] == {"N": "1"}
            assert cache_header(during) == "leased"
        finally:
            company.relay.release()
        writing.result(20)
    assert read(shop, table) == 2


@pytest.mark.proxy_only
def test_reads_of_one_key_are_asked_once(company, table):
    shop = company.tenant("shop")
    put(shop, table, 1)
    before = company.relay.count("GetItem")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        company.relay.hold("GetItem")
        try:
            reads = [pool.submit(read, shop, table) for _ in range(4)]
            assert company.relay.arrived.wait(10)
            concurrent.futures.wait(reads, timeout=0.5)
        finally:
            company.relay.release()
        assert [reading.result(20) for reading in reads] == [1] * 4
    # Each reactor may have asked before it heard of the others.
    assert company.relay.count("GetItem") - before <= 2


def test_random_writers_and_readers(company, table):
    """Each worker owns a key and must always read what it wrote last; tenants take turns."""
    seed = 20_240_607
    shop, audit = company.tenant("shop"), company.tenant("audit")

    def work(worker):
        random_ = random.Random(seed + worker)
        own = {"pk": {"S": f"random-{worker}"}}
        version = 0
        for _ in range(60):
            client = random_.choice([shop, audit])
            if random_.random() < 0.35:
                version += 1
                client.put_item(TableName=table, Item=item(version, own))
            elif version:
                found = client.get_item(TableName=table, Key=own)["Item"]["v"]
                assert found == {"N": str(version)}, f"seed {seed}, worker {worker}"
        return version

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(work, range(6))) > 20


def test_tenants_see_the_same_table_but_not_each_others_access(company, table):
    if DIRECT:
        pytest.skip("about the proxy itself")
    create_table(company.direct, "audit-log")
    company.tenant("audit").put_item(TableName="audit-log", Item=item(1))
    company.tenant("audit").get_item(TableName="audit-log", Key=KEY)
    reply = outcome(company.tenant("shop"), "get_item", TableName="audit-log", Key=KEY)
    assert reply["raised"]["Code"] == "AccessDeniedException"
