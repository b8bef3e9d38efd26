"""`leveret local`: streams, read with the client of DynamoDB Streams."""

import time

import pytest

from clients import create_table, dynamodb, error


@pytest.fixture(scope="module")
def streams(local):
    return dynamodb(local.endpoint, service="dynamodbstreams")


@pytest.fixture
def stream(store, table_name, request):
    view = getattr(request, "param", "NEW_AND_OLD_IMAGES")
    create_table(store, table_name, StreamSpecification={"StreamEnabled": True, "StreamViewType": view})
    return store.describe_table(TableName=table_name)["Table"]["LatestStreamArn"]


def shard(streams, arn):
    description = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    (only,) = description["Shards"]
    return only["ShardId"]


def records(streams, arn, kind="TRIM_HORIZON", limit=1000, **more):
    """All records from there on, in batches of `limit`."""
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard(streams, arn), ShardIteratorType=kind, **more)[
        "ShardIterator"
    ]
    found = []
    for _ in range(100):
        reply = streams.get_records(ShardIterator=iterator, Limit=limit)
        assert len(reply["Records"]) <= limit
        found += reply["Records"]
        iterator = reply.get("NextShardIterator")
        if not reply["Records"] or not iterator:
            return found
    raise AssertionError("the stream does not end")


def key(value):
    return {"pk": {"S": value}}


def write(store, table):
    store.put_item(TableName=table, Item={**key("a"), "v": {"N": "1"}})
    store.update_item(
        TableName=table, Key=key("a"), UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": {"N": "2"}}
    )
    # Changes nothing, so there is no record.
    store.put_item(TableName=table, Item={**key("a"), "v": {"N": "2"}})
    store.delete_item(TableName=table, Key=key("nothing"))
    store.delete_item(TableName=table, Key=key("a"))
    store.transact_write_items(
        TransactItems=[{"Put": {"TableName": table, "Item": key(name)}} for name in ("t1", "t2")]
    )


ONE, TWO = {**key("a"), "v": {"N": "1"}}, {**key("a"), "v": {"N": "2"}}
IMAGES = [(None, ONE), (ONE, TWO), (TWO, None), (None, key("t1")), (None, key("t2"))]


@pytest.mark.parametrize("stream", ["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"], indirect=True)
@pytest.mark.parametrize("limit", [1, 1000])
def test_records(store, streams, table_name, stream, limit):
    view = store.describe_table(TableName=table_name)["Table"]["StreamSpecification"]["StreamViewType"]
    write(store, table_name)
    found = records(streams, stream, limit=limit)
    assert [record["eventName"] for record in found] == ["INSERT", "MODIFY", "REMOVE", "INSERT", "INSERT"]
    for record, (old, new) in zip(found, IMAGES):
        change = record["dynamodb"]
        assert change["Keys"] == {"pk": (old or new)["pk"]}
        assert change.get("OldImage") == (old if view in {"OLD_IMAGE", "NEW_AND_OLD_IMAGES"} else None)
        assert change.get("NewImage") == (new if view in {"NEW_IMAGE", "NEW_AND_OLD_IMAGES"} else None)
        assert change["StreamViewType"] == view and change["SizeBytes"] > 0
        assert abs(change["ApproximateCreationDateTime"].timestamp() - time.time()) < 60
        assert (record["eventSource"], record["eventVersion"]) == ("aws:dynamodb", "1.1")
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in found]
    assert numbers == sorted(set(numbers))
    assert len({record["eventID"] for record in found}) == len(found)


def test_where_a_reader_may_begin(store, streams, table_name, stream):
    write(store, table_name)
    found = records(streams, stream)
    third = found[2]["dynamodb"]["SequenceNumber"]
    assert records(streams, stream, "AT_SEQUENCE_NUMBER", SequenceNumber=third) == found[2:]
    assert records(streams, stream, "AFTER_SEQUENCE_NUMBER", SequenceNumber=third) == found[3:]
    latest = streams.get_shard_iterator(StreamArn=stream, ShardId=shard(streams, stream), ShardIteratorType="LATEST")[
        "ShardIterator"
    ]
    reply = streams.get_records(ShardIterator=latest)
    assert reply["Records"] == []
    store.put_item(TableName=table_name, Item=key("later"))
    (record,) = streams.get_records(ShardIterator=reply["NextShardIterator"])["Records"]
    assert record["dynamodb"]["NewImage"] == key("later")


def test_what_ttl_deletes_says_who_did_it(store, streams, table_name, stream):
    store.put_item(TableName=table_name, Item={**key("a"), "end": {"N": str(int(time.time()) - 5)}})
    store.update_time_to_live(TableName=table_name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "end"})
    deadline = time.monotonic() + 15
    while len(records(streams, stream)) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    put, removed = records(streams, stream)
    assert removed["eventName"] == "REMOVE" and "userIdentity" not in put
    assert removed["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


def test_streams_are_switched_listed_and_outlive_their_table(store, streams, table_name, stream):
    listed = streams.list_streams(TableName=table_name)["Streams"]
    assert [(each["StreamArn"], each["TableName"]) for each in listed] == [(stream, table_name)]
    store.put_item(TableName=table_name, Item=key("a"))
    store.update_table(TableName=table_name, StreamSpecification={"StreamEnabled": False})
    assert streams.describe_stream(StreamArn=stream)["StreamDescription"]["StreamStatus"] == "DISABLED"
    assert "StreamSpecification" not in store.describe_table(TableName=table_name)["Table"]
    store.put_item(TableName=table_name, Item=key("unseen"))
    time.sleep(0.01)
    store.update_table(TableName=table_name, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    second = store.describe_table(TableName=table_name)["Table"]["LatestStreamArn"]
    assert second != stream
    store.put_item(TableName=table_name, Item=key("seen"))
    store.delete_table(TableName=table_name)
    assert [record["dynamodb"]["Keys"] for record in records(streams, stream)] == [key("a")]
    assert [record["dynamodb"]["Keys"] for record in records(streams, second)] == [key("seen")]
    assert {each["StreamArn"] for each in streams.list_streams(TableName=table_name)["Streams"]} == {stream, second}


def test_what_is_refused(store, streams, stream):
    assert error(streams, "describe_stream", StreamArn=stream + "x")[0] == "ResourceNotFoundException"
    assert error(streams, "get_shard_iterator", StreamArn=stream, ShardIteratorType="LATEST",
                 ShardId="shardId-00000000000000000000-00000000")[0] == "ResourceNotFoundException"  # fmt: skip
    assert error(streams, "get_records", ShardIterator="nonsense")[0] == "ValidationException"
