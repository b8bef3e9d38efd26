"""The README's lines: create a table, put an item, get it twice, the second time from the cache."""

import json
import os
import re
import subprocess

import boto3
import pytest

from clients import cache_header, expect_cache
from servers import DIRECT, TOOLS

KEY = {"Artist": {"S": "Nina Simone"}}
ITEM = {**KEY, "Album": {"S": "Pastel Blues"}, "Year": {"N": "1965"}}


def aws(endpoint, *arguments, name="Music"):
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_PAGER": "",
    }
    return subprocess.run(
        [TOOLS / "aws", "dynamodb", arguments[0], "--table-name", name, *arguments[1:]],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


@pytest.mark.timeout(180)
def test_the_five_lines_of_the_command_line(laptop, table_name):
    aws(
        laptop.endpoint, "create-table", "--billing-mode", "PAY_PER_REQUEST",
        "--attribute-definitions", "AttributeName=Artist,AttributeType=S",
        "--key-schema", "AttributeName=Artist,KeyType=HASH",
        name=table_name,
    )  # fmt: skip
    aws(laptop.endpoint, "put-item", "--item", json.dumps(ITEM), name=table_name)
    first = aws(laptop.endpoint, "get-item", "--key", json.dumps(KEY), name=table_name)
    assert json.loads(first.stdout) == {"Item": ITEM}
    before = laptop.relay.count("GetItem")
    second = aws(laptop.endpoint, "get-item", "--key", json.dumps(KEY), "--debug", name=table_name)
    assert json.loads(second.stdout) == {"Item": ITEM}
    if not DIRECT:
        assert re.search(r"x-leveret-cache'?: '?hit", second.stderr, re.IGNORECASE)
        assert laptop.relay.count("GetItem") == before
    aws(laptop.endpoint, "delete-table", name=table_name)


def test_the_same_from_boto3(laptop, table_name):
    resource = boto3.resource(
        "dynamodb",
        endpoint_url=laptop.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    seen = []
    resource.meta.client.meta.events.register(
        "after-call.dynamodb.GetItem", lambda parsed, **_: seen.append(cache_header(parsed))
    )
    table = resource.create_table(
        TableName=table_name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "Artist", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}],
    )
    table.wait_until_exists()
    table.put_item(Item={"Artist": "Nina Simone", "Album": "Pastel Blues", "Year": 1965})
    first = table.get_item(Key={"Artist": "Nina Simone"})
    before = laptop.relay.count("GetItem")
    second = table.get_item(Key={"Artist": "Nina Simone"})
    assert first["Item"] == second["Item"] == {"Artist": "Nina Simone", "Album": "Pastel Blues", "Year": 1965}
    expect_cache(second, "hit")
    if not DIRECT:
        assert seen[1] == "hit" and seen[0] != "hit"
        assert laptop.relay.count("GetItem") == before
    table.delete()
