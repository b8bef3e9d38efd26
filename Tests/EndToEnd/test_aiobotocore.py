"""aiobotocore: another HTTP client under botocore's API."""

import asyncio

import pytest
from aiobotocore.session import get_session

from clients import cache_header
from servers import DIRECT

pytestmark = pytest.mark.aio

TABLE = "shop-aiobotocore"


def client(endpoint, **key):
    return get_session().create_client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key.get("key", "test"),
        aws_secret_access_key=key.get("secret", "test"),
    )


async def crud(dynamodb, table):
    await dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    keys = [{"pk": {"S": "p"}, "sk": {"N": str(number)}} for number in range(25)]
    await asyncio.gather(*(dynamodb.put_item(TableName=table, Item={**key, "v": {"S": "old"}}) for key in keys))

    # One after the other: each client pool's connection may end on another reactor.
    await asyncio.gather(*(dynamodb.get_item(TableName=table, Key=key) for key in keys))
    replies = await asyncio.gather(*(dynamodb.get_item(TableName=table, Key=key) for key in keys))
    assert [reply["Item"] for reply in replies] == [{**key, "v": {"S": "old"}} for key in keys]
    if not DIRECT:
        assert {cache_header(reply) for reply in replies} == {"hit"}

    await asyncio.gather(
        *(
            dynamodb.update_item(
                TableName=table,
                Key=key,
                UpdateExpression="SET v = :v",
                ExpressionAttributeValues={":v": {"S": "new"}},
            )
            for key in keys
        )
    )
    replies = await asyncio.gather(*(dynamodb.get_item(TableName=table, Key=key) for key in keys))
    assert {reply["Item"]["v"]["S"] for reply in replies} == {"new"}

    pages = []
    query = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}}
    async for page in dynamodb.get_paginator("query").paginate(
        TableName=table, PaginationConfig={"PageSize": 10}, **query
    ):
        pages.append(page["Count"])
    assert sum(pages) == 25 and len(pages) >= 3

    batch = await dynamodb.batch_get_item(RequestItems={table: {"Keys": keys}})
    assert len(batch["Responses"][table]) == 25
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        await dynamodb.delete_item(
            TableName=table,
            Key=keys[0],
            ConditionExpression="v = :no",
            ExpressionAttributeValues={":no": {"S": "no"}},
        )
    await dynamodb.delete_item(TableName=table, Key=keys[0])
    assert "Item" not in await dynamodb.get_item(TableName=table, Key=keys[0])
    await dynamodb.delete_table(TableName=table)


def test_in_development(on_moto):
    async def run():
        async with client(on_moto.endpoint) as dynamodb:
            await crud(dynamodb, TABLE)

    asyncio.run(run())


@pytest.mark.proxy_only
def test_as_a_tenant(company):
    async def run():
        async with client(company.endpoint, **company.key("shop")) as dynamodb:
            await crud(dynamodb, TABLE)
        async with client(company.endpoint, key="AKIDSHOP", secret="wrong") as dynamodb:
            with pytest.raises(dynamodb.exceptions.ClientError, match="InvalidSignatureException"):
                await dynamodb.list_tables()

    asyncio.run(run())
