"""aiodynamo, an SDK without botocore, with both of its HTTP clients against `leveret local`: its documented uses."""

import asyncio
import contextlib
import time

import aiohttp
import httpx
import pytest
from aiodynamo import errors
from aiodynamo.client import Client
from aiodynamo.credentials import Credentials, Key, StaticCredentials
from aiodynamo.expressions import AttributeType, F, HashKey, RangeKey
from aiodynamo.http.aiohttp import AIOHTTP
from aiodynamo.http.httpx import HTTPX
from aiodynamo.models import (
    BatchGetRequest,
    BatchWriteRequest,
    GlobalSecondaryIndex,
    KeySchema,
    KeySpec,
    KeyType,
    LocalSecondaryIndex,
    PayPerRequest,
    Projection,
    ProjectionType,
    ReturnValues,
    StaticDelayRetry,
    StreamSpecification,
    TableStatus,
    Throughput,
    TimeToLiveStatus,
)
from aiodynamo.operations import ConditionCheck, Delete, Get, Put, Update
from yarl import URL

pytestmark = pytest.mark.aio

SCHEMA = KeySchema(KeySpec("h", KeyType.string), KeySpec("r", KeyType.string))
WAIT = StaticDelayRetry(time_limit_secs=10, delay=0.05)


@contextlib.asynccontextmanager
async def with_httpx():
    async with httpx.AsyncClient() as session:
        yield HTTPX(session)


@contextlib.asynccontextmanager
async def with_aiohttp():
    async with aiohttp.ClientSession() as session:
        yield AIOHTTP(session)


@pytest.fixture(params=[with_httpx, with_aiohttp], ids=["httpx", "aiohttp"])
def run(request, local):
    """Runs a coroutine function that takes a client."""

    def run(body, credentials=StaticCredentials(Key("test", "test")), **more):
        async def main():
            async with request.param() as http:
                options = {"throttle_config": StaticDelayRetry(time_limit_secs=5, delay=0.05), **more}
                return await body(Client(http, credentials, "us-east-1", URL(local.endpoint), **options))

        return asyncio.run(asyncio.wait_for(main(), 30))

    return run


@contextlib.asynccontextmanager
async def a_table(client, name, throughput=PayPerRequest(), schema=SCHEMA, **more):
    table = client.table(name)
    await table.create(throughput, schema, wait_for_active=WAIT, **more)
    yield table
    await table.delete(wait_for_disabled=WAIT)


def test_quickstart(run, table_name, monkeypatch):
    """Credentials come from the environment; a table is made unless it is there; items are put, got and updated."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    async def main(client):
        table = client.table(table_name)
        assert not await table.exists()
        await table.create(
            Throughput(read=10, write=10), KeySchema(hash_key=KeySpec("key", KeyType.string)), wait_for_active=WAIT
        )
        assert await table.exists()
        await table.put_item({"key": "my-item", "value": 1})
        assert await table.get_item({"key": "my-item"}) == {"key": "my-item", "value": 1}
        await table.update_item({"key": "my-item"}, F("value").add(1), condition=F("key").exists())
        assert await table.get_item({"key": "my-item"}) == {"key": "my-item", "value": 2}
        with pytest.raises(errors.ItemNotFound):
            await table.get_item({"key": "another"})
        await table.delete(wait_for_disabled=WAIT)
        assert not await table.exists()

    run(main, credentials=Credentials.auto())


def test_tables(run, table_name):
    async def main(client):
        everything = Projection(ProjectionType.all)
        index = KeySchema(KeySpec("g", KeyType.number))
        async with a_table(
            client,
            table_name,
            Throughput(5, 6),
            gsis=[GlobalSecondaryIndex("global", index, everything, Throughput(5, 5))],
            lsis=[
                LocalSecondaryIndex(
                    "local",
                    KeySchema(SCHEMA.hash_key, KeySpec("l", KeyType.string)),
                    Projection(ProjectionType.include, ["v"]),
                )
            ],
            stream=StreamSpecification(enabled=True),
        ) as table:
            description = await table.describe()
            assert description.throughput == Throughput(5, 6) and description.status is TableStatus.active
            assert description.key_schema == SCHEMA and description.item_count == 0
            assert set(description.attributes) == {"h", "r", "g", "l"}
            await table.put_item({"h": "h", "r": "1", "g": 7, "l": "x", "v": "v", "w": "w"})
            found = [item async for item in table.query(HashKey("g", 7), index="global")]
            assert found == [{"h": "h", "r": "1", "g": 7, "l": "x", "v": "v", "w": "w"}]
            found = [item async for item in table.query(HashKey("h", "h") & RangeKey("l").gte("x"), index="local")]
            # Asks for all attributes, so they are fetched from the table.
            assert found[0]["w"] == "w"
            with pytest.raises(errors.ResourceInUse):
                await table.create(Throughput(1, 1), SCHEMA)
        with pytest.raises(errors.TableNotFound):
            await client.describe_table(table_name)

    run(main)


def test_every_type(run, table_name):
    async def main(client):
        async with a_table(client, table_name) as table:
            item = {
                "h": "hash",
                "r": "range",
                "text": "some text",
                "number": 123,
                "list": ["hello", None, True],
                "map": {"nested": {"deep": [1]}},
                "binary": b"\x00\xff",
                "texts": {"a", "b"},
                "numbers": {1, 2},
                "binaries": {b"a", b"b"},
            }
            await table.put_item(item)
            key = {"h": "hash", "r": "range"}
            assert await table.get_item(key) == item
            assert await table.get_item(key, consistent_read=True) == item
            part = await table.get_item(key, projection=F("text") & F("list", 1) & F("map", "nested", "deep", 0))
            assert part == {"text": "some text", "list": [None], "map": {"nested": {"deep": [1]}}}
            assert await table.put_item(key, return_values=ReturnValues.all_old) == item

    run(main)


def test_updates(run, table_name):
    async def main(client):
        async with a_table(client, table_name) as table:
            key = {"h": "h", "r": "r"}
            await table.put_item({**key, "n": 5, "list": [1], "set": {"a", "b"}, "dead": "x", "map": {"k": 1}})
            after = await table.update_item(
                key,
                F("n").change(-12)
                & F("list").append([2])
                & F("set").delete({"a"})
                & F("dead").remove()
                & F("map", "k").set("new")
                & F("default").set_if_not_exists("d")
                & F("added").add({"x"}),
                return_values=ReturnValues.all_new,
            )
            assert after == {
                **key, "n": -7, "list": [1, 2], "set": {"b"}, "map": {"k": "new"}, "default": "d", "added": {"x"},
            }  # fmt: skip
            with pytest.raises(errors.ValidationException):
                await table.update_item(key, F("n").set(2) & F("n").set(3))

    run(main)


CONDITIONS = [
    (F("n").gt(4) & F("n").lt(6), True),
    (F("n").between(6, 9) | F("s").equals("text"), True),
    (~F("n").is_in([1, 2, 5]), False),
    (F("missing").does_not_exist() & F("s").begins_with("te"), True),
    (F("s").contains("zz"), False),
    (F("s").size().equals(F("four")), True),
    (F("s").size().gte(5), False),
    (F("n").not_equals(F("four")), True),
    (F("n").attribute_type(AttributeType.number), True),
    (F("list", 1).exists(), True),
]


def test_conditions_and_filters(run, table_name):
    async def main(client):
        async with a_table(client, table_name) as table:
            item = {"h": "h", "r": "r", "n": 5, "four": 4, "s": "text", "list": [1, 2]}
            await table.put_item(item)
            for condition, holds in CONDITIONS:
                if holds:
                    await table.put_item(item, condition=condition)
                else:
                    with pytest.raises(errors.ConditionalCheckFailed):
                        await table.put_item({"h": "h", "r": "r"}, condition=condition)
                found = [each async for each in table.scan(filter_expression=condition)]
                assert found == ([item] if holds else []), condition
            with pytest.raises(errors.ConditionalCheckFailed):
                await table.delete_item({"h": "h", "r": "r"}, condition=F("s").does_not_exist())
            deleted = await table.delete_item({"h": "h", "r": "r"}, return_values=ReturnValues.all_old)
            assert deleted == item

    run(main)


def test_queries_and_scans(run, table_name):
    async def main(client):
        async with a_table(client, table_name) as table:
            padding = "x" * 20_000
            for start in range(0, 100, 25):
                items = [{"h": "h", "r": f"{n:02}", "n": n, "padding": padding} for n in range(start, start + 25)]
                assert not await client.batch_write({table_name: BatchWriteRequest(items_to_put=items)})

            async def rs(condition, **more):
                return [
                    item["r"] async for item in table.query(HashKey("h", "h") & condition, projection=F("r"), **more)
                ]

            assert await rs(RangeKey("r").begins_with("1")) == [f"1{n}" for n in range(10)]
            assert await rs(RangeKey("r").between("97", "99"), scan_forward=False) == ["99", "98", "97"]
            assert await rs(RangeKey("r").gt("20"), limit=2) == ["21", "22"]
            assert await rs(RangeKey("r").gte("97"), filter_expression=F("n").not_equals(98)) == ["97", "99"]
            # More than a page of a megabyte, whatever the SDK asks for.
            assert len([item async for item in table.query(HashKey("h", "h"))]) == 100
            assert len([item async for item in table.scan()]) == 100
            assert await table.count(HashKey("h", "h")) == await table.scan_count() == 100
            assert await table.count(HashKey("h", "h"), limit=90) == await table.scan_count(limit=90) == 90
            first = await table.query_single_page(HashKey("h", "h"))
            assert not first.is_last_page and len(first.items) == 53
            second = await table.query_single_page(HashKey("h", "h"), start_key=first.last_evaluated_key)
            assert second.is_last_page and len(second.items) == 47
            page = await table.scan_single_page(limit=3)
            assert [item["n"] for item in page.items] == [0, 1, 2] and page.last_evaluated_key == {"h": "h", "r": "02"}

    run(main)


def test_batches(run, table_name):
    async def main(client):
        async with a_table(client, table_name) as table:
            keys = [{"h": "h", "r": str(number)} for number in range(4)]
            assert not await client.batch_write({table_name: BatchWriteRequest(items_to_put=keys[:3])})
            mixed = BatchWriteRequest(items_to_put=keys[3:], keys_to_delete=keys[:1])
            assert not await client.batch_write({table_name: mixed})
            reply = await client.batch_get(
                {table_name: BatchGetRequest(keys=keys, projection=F("r"), consistent_read=True)}
            )
            assert sorted(item["r"] for item in reply.items[table_name]) == ["1", "2", "3"]
            assert not reply.unprocessed_keys
            assert await table.scan_count() == 3

    run(main)


def test_transactions(run, table_name):
    async def main(client):
        async with a_table(client, table_name) as table:
            token = f"token-{table_name}"
            first, second, third = ({"h": "h", "r": str(number)} for number in range(3))
            await client.transact_write_items([Put(table_name, {**first, "s": "old"}), Put(table_name, second)])
            # The SDK writes the token that is not given as null.
            await client.transact_write_items(
                [
                    Put(table_name, third, condition=F("h").does_not_exist()),
                    Update(table_name, first, F("s").set("new"), condition=F("s").equals("old")),
                    Delete(table_name, second),
                ],
                request_token=token,
            )
            got = await client.transact_get_items([Get(table_name, first), Get(table_name, third, projection=F("r"))])
            assert got == [{**first, "s": "new"}, {"r": "2"}]
            with pytest.raises(errors.TransactionCanceled) as cancelled:
                await client.transact_write_items(
                    [Put(table_name, second), ConditionCheck(table_name, first, condition=F("s").equals("old"))]
                )
            none, failed = cancelled.value.cancellation_reasons
            assert none is None and failed.code == "ConditionalCheckFailed" and failed.message
            with pytest.raises(errors.IdempotentParameterMismatch):
                await client.transact_write_items([Delete(table_name, third)], request_token=token)
            assert await table.scan_count() == 2

    run(main)


def test_time_to_live(run, table_name):
    async def main(client):
        async with a_table(client, table_name) as table:
            before = await table.time_to_live.describe()
            assert before.status is TimeToLiveStatus.disabled and before.attribute is None
            await table.time_to_live.enable("end", wait_for_enabled=WAIT)
            after = await table.time_to_live.describe()
            assert after.status is TimeToLiveStatus.enabled and after.attribute == "end"
            await table.put_item({"h": "h", "r": "gone", "end": int(time.time()) - 1})
            await table.put_item({"h": "h", "r": "stays", "end": int(time.time()) + 1000})
            deadline = time.monotonic() + 15
            while await table.scan_count() > 1 and time.monotonic() < deadline:
                await asyncio.sleep(0.1)
            assert [item["r"] async for item in table.scan()] == ["stays"]

    run(main)


def test_many_at_once(run, table_name):
    async def main(client):
        async with a_table(client, table_name) as table:
            await asyncio.gather(*(table.update_item({"h": "h", "r": "r"}, F("n").add(1)) for _ in range(60)))
            assert (await table.get_item({"h": "h", "r": "r"}))["n"] == 60

    run(main)
