"""`leveret local` and `leveret serve --dev` with boto3's client, resource, waiters and paginators, and the aws-cli."""

import decimal
import json
import os
import re
import shlex
import subprocess

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key

import servers
from clients import cache_header

SESSION = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture(scope="session")
def embedded(folder):
    """The proxy in development mode, in front of its own store."""
    with servers.leveret_development(folder) as proxy:
        yield proxy


@pytest.fixture(params=["local", "embedded"])
def endpoint(request):
    return request.getfixturevalue(request.param).endpoint


@pytest.fixture
def resource(endpoint):
    return boto3.resource("dynamodb", endpoint_url=endpoint, **SESSION)


def test_the_resource(resource, table_name):
    table = resource.create_table(
        TableName=table_name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "artist", "AttributeType": "S"},
            {"AttributeName": "year", "AttributeType": "N"},
            {"AttributeName": "genre", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "artist", "KeyType": "HASH"},
            {"AttributeName": "year", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-genre",
                "KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    table.wait_until_exists()
    with table.batch_writer(overwrite_by_pkeys=["artist", "year"]) as batch:
        for year in range(1950, 2000):
            batch.put_item(Item={"artist": "Nina Simone", "year": year, "genre": "jazz" if year % 2 else "soul"})
        batch.delete_item(Key={"artist": "Nina Simone", "year": 1999})
    table.reload()
    assert (table.item_count, table.table_status) == (49, "ACTIVE")
    reply = table.query(KeyConditionExpression=Key("artist").eq("Nina Simone") & Key("year").between(1960, 1963))
    assert [item["year"] for item in reply["Items"]] == [1960, 1961, 1962, 1963]
    reply = table.query(
        IndexName="by-genre",
        KeyConditionExpression=Key("genre").eq("jazz"),
        FilterExpression=Attr("year").lt(1960) & ~Attr("year").is_in([1951, 1953]),
    )
    assert sorted(item["year"] for item in reply["Items"]) == [1955, 1957, 1959]
    assert table.scan(FilterExpression=Attr("genre").begins_with("so"), Select="COUNT")["Count"] == 25
    changed = table.update_item(
        Key={"artist": "Nina Simone", "year": 1965},
        UpdateExpression="SET price = :p, tags = :t",
        ExpressionAttributeValues={":p": decimal.Decimal("12.99"), ":t": {"a", "b"}},
        ConditionExpression=Attr("genre").eq("jazz"),
        ReturnValues="ALL_NEW",
    )["Attributes"]
    assert changed["price"] == decimal.Decimal("12.99") and changed["tags"] == {"a", "b"}
    with pytest.raises(resource.meta.client.exceptions.ConditionalCheckFailedException):
        table.put_item(Item={"artist": "Nina Simone", "year": 1965}, ConditionExpression=Attr("artist").not_exists())
    keys = [{"artist": "Nina Simone", "year": year} for year in range(1960, 1970)]
    assert len(resource.batch_get_item(RequestItems={table_name: {"Keys": keys}})["Responses"][table_name]) == 10
    assert table_name in [each.name for each in resource.tables.all()]
    table.delete()
    table.wait_until_not_exists()
    assert table_name not in [each.name for each in resource.tables.all()]


def test_client_waiters_and_paginators(endpoint, table_name):
    client = boto3.client("dynamodb", endpoint_url=endpoint, **SESSION)
    client.create_table(
        TableName=table_name,
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "B"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    client.get_waiter("table_exists").wait(TableName=table_name, WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    for number in range(20):
        client.put_item(TableName=table_name, Item={"id": {"B": bytes([number])}})
    for operation, more in [("scan", {}), ("scan", {"FilterExpression": "attribute_exists(id)"})]:
        paginator = client.get_paginator(operation)
        pages = paginator.paginate(TableName=table_name, PaginationConfig={"PageSize": 6, "MaxItems": 15}, **more)
        assert len(pages.build_full_result()["Items"]) == 15
    resumed = client.get_paginator("scan").paginate(
        TableName=table_name, PaginationConfig={"PageSize": 6, "StartingToken": pages.resume_token}
    )
    assert len(resumed.build_full_result()["Items"]) == 5
    assert table_name in client.get_paginator("list_tables").paginate().build_full_result()["TableNames"]
    arn = client.describe_table(TableName=table_name)["Table"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": f"k{number}", "Value": "v"} for number in range(14)])
    assert (
        len(client.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn).build_full_result()["Tags"]) == 14
    )
    client.delete_table(TableName=table_name)
    client.get_waiter("table_not_exists").wait(TableName=table_name, WaiterConfig={"Delay": 1, "MaxAttempts": 5})


def test_the_proxy_caches_what_its_own_store_answers(embedded, table_name):
    resource = boto3.resource("dynamodb", endpoint_url=embedded.endpoint, **SESSION)
    table = resource.create_table(
        TableName=table_name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    table.put_item(Item={"id": "a", "v": 1})
    replies = [table.get_item(Key={"id": "a"}) for _ in range(3)]
    assert cache_header(replies[2]) == "hit" and replies[2]["Item"] == {"id": "a", "v": 1}
    table.update_item(Key={"id": "a"}, UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": 2})
    assert table.get_item(Key={"id": "a"})["Item"]["v"] == 2


def shell(endpoint, line):
    """A line as it would be typed, with the tests' aws-cli."""
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_PAGER": "",
        "PATH": f"{servers.TOOLS}:{os.environ['PATH']}",
    }
    return subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.timeout(180)
def test_the_readmes_five_lines(folder):
    """As they stand in the README, against a proxy that nobody has used."""
    lines = [line for line in (servers.ROOT / "README.md").read_text().splitlines() if line.startswith("aws dynamodb")]
    assert len(lines) == 5
    with servers.leveret_development(folder) as proxy:
        create, put, get, debug, update = (shell(proxy.endpoint, line) for line in lines)
    for done in (create, put, get, debug, update):
        assert done.returncode == 0, done.stderr
    assert json.loads(create.stdout)["TableDescription"]["TableName"] == "Music"
    item = {"Artist": {"S": "Nina Simone"}, "Album": {"S": "Pastel Blues"}}
    assert put.stdout == "" and json.loads(get.stdout) == {"Item": item}
    assert "X-Leveret-Cache': 'hit'" in debug.stdout.splitlines()
    assert json.loads(update.stdout)["Attributes"] == {**item, "Album": {"S": "Wild Is the Wind"}}


@pytest.mark.timeout(180)
def test_the_command_line(local, table_name):
    def aws(*arguments, fails=None):
        line = shlex.join(["aws", "dynamodb", *arguments])
        done = shell(local.endpoint, line)
        if fails:
            assert done.returncode != 0 and re.search(fails, done.stderr), done.stderr
            return None
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "{}")

    aws("create-table", "--table-name", table_name, "--billing-mode", "PAY_PER_REQUEST",
        "--attribute-definitions", "AttributeName=pk,AttributeType=S", "AttributeName=sk,AttributeType=N",
        "--key-schema", "AttributeName=pk,KeyType=HASH", "AttributeName=sk,KeyType=RANGE")  # fmt: skip
    aws("wait", "table-exists", "--table-name", table_name)
    puts = [{"PutRequest": {"Item": {"pk": {"S": "p"}, "sk": {"N": str(number)}}}} for number in range(10)]
    assert aws("batch-write-item", "--request-items", json.dumps({table_name: puts})) == {"UnprocessedItems": {}}
    found = aws("query", "--table-name", table_name, "--key-condition-expression", "pk = :p AND sk > :n",
                "--expression-attribute-values", '{":p": {"S": "p"}, ":n": {"N": "4"}}', "--page-size", "2",
                "--max-items", "4")  # fmt: skip
    assert [item["sk"]["N"] for item in found["Items"]] == ["5", "6", "7", "8"] and found["NextToken"]
    aws("put-item", "--table-name", table_name, "--item", '{"pk": {"S": "p"}}',
        fails=r"\(ValidationException\).*Missing the key sk in the item")  # fmt: skip
