"""`leveret local --data`: what was acknowledged is there after a crash; a file has one owner; damage is refused."""

import os
import pathlib
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

import servers
from clients import create_table, dynamodb

SEED = 20_240
ROUNDS = 6
GROUPS = 5
TABLE = "orders"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "store.db"


def create(client):
    create_table(
        client,
        TABLE,
        sort_key="n",
        sort_type="N",
        AttributeDefinitions=[{"AttributeName": "kind", "AttributeType": "S"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-kind",
                "KeySchema": [
                    {"AttributeName": "kind", "KeyType": "HASH"},
                    {"AttributeName": "n", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )


def everything(client, operation="scan", **parameters):
    pages = client.get_paginator(operation).paginate(TableName=TABLE, **parameters)
    return [item for page in pages for item in page["Items"]]


class Writer(threading.Thread):
    """Writes items, one after the other, until the server is gone; notes what was acknowledged.

    Of its keys it is the only writer, so `acknowledged` is what must be there. What was in flight at the end may be.
    """

    def __init__(self, client, name, start):
        super().__init__(daemon=True)
        self.client, self.name, self.number = client, name, start
        self.acknowledged = {}
        self.pending = None
        self.failure = None

    def item(self, number, part):
        return {
            "pk": {"S": f"{self.name}-{part}"},
            "n": {"N": str(number)},
            "kind": {"S": f"kind-{number % GROUPS}"},
            "v": {"S": f"{self.name} {part} {number} " + "x" * (number % 700)},
        }

    def run(self):
        try:
            while True:
                self.step()
                self.number += 1
        except (BotoCoreError, ClientError) as failure:
            self.failure = failure

    def step(self):
        number = self.number
        pair = [self.item(number, "left"), self.item(number, "right")]
        keys = [(item["pk"]["S"], number) for item in pair]
        if number % 3 == 0:
            changes = dict(zip(keys, pair))
            self.pending = changes
            self.client.transact_write_items(
                TransactItems=[{"Put": {"TableName": TABLE, "Item": item}} for item in pair]
            )
        elif number % 3 == 1:
            changes = {keys[0]: pair[0]}
            self.pending = changes
            self.client.put_item(TableName=TABLE, Item=pair[0])
        else:
            # The item of the step before goes, or gets another kind.
            key = (keys[0][0], number - 1)
            if number % 2:
                changes = {key: None}
                self.pending = changes
                self.client.delete_item(TableName=TABLE, Key={"pk": {"S": key[0]}, "n": {"N": str(key[1])}})
            else:
                changes = {key: {**self.item(number - 1, "left"), "kind": {"S": "changed"}}}
                self.pending = changes
                self.client.update_item(
                    TableName=TABLE,
                    Key={"pk": {"S": key[0]}, "n": {"N": str(key[1])}},
                    UpdateExpression="SET kind = :k",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues={":k": {"S": "changed"}},
                )
        self.acknowledged.update(changes)
        self.pending = None


def check(client, writers):
    """What is there is what was acknowledged; of a write in flight all is there, or nothing."""
    found = {(item["pk"]["S"], int(item["n"]["N"])): item for item in everything(client)}
    expected = {}
    for writer in writers:
        expected.update(writer.acknowledged)
        if writer.pending:
            landed = {key: found.get(key) == item for key, item in writer.pending.items()}
            assert len(set(landed.values())) == 1, f"half of {writer.pending} is there"
            if all(landed.values()):
                writer.acknowledged.update(writer.pending)
                expected.update(writer.pending)
            writer.pending = None
    assert found == {key: item for key, item in expected.items() if item is not None}
    in_index = []
    for kind in ["changed", *(f"kind-{group}" for group in range(GROUPS))]:
        query = {"KeyConditionExpression": "kind = :k", "ExpressionAttributeValues": {":k": {"S": kind}}}
        in_index += everything(client, "query", IndexName="by-kind", **query)
    assert {(item["pk"]["S"], int(item["n"]["N"])): item for item in in_index} == found
    assert len(in_index) == len(found)
    assert client.describe_table(TableName=TABLE)["Table"]["ItemCount"] == len(found)
    return len(found)


@pytest.mark.timeout(120)
def test_what_was_acknowledged_survives_a_crash(folder, file):
    moments = random.Random(SEED)
    writers = []
    for turn in range(ROUNDS):
        with servers.leveret_local(folder, "--data", file) as server:
            client = dynamodb(server.endpoint, timeout=5)
            if turn == 0:
                create(client)
            else:
                check(client, writers)
            running = [Writer(client, f"writer-{turn}-{number}", 0) for number in range(3)]
            for writer in running:
                writer.start()
            time.sleep(moments.uniform(0.05, 0.9))
            server.stop(signal.SIGKILL)
            for writer in running:
                writer.join(20)
                assert not writer.is_alive() and isinstance(writer.failure, BotoCoreError), writer.failure
            writers += running
    with servers.leveret_local(folder, "--data", file) as server:
        written = check(dynamodb(server.endpoint), writers)
    assert written > 50


def test_a_graceful_stop_keeps_everything(folder, file):
    with servers.leveret_local(folder, "--data", file) as server:
        client = dynamodb(server.endpoint)
        create(client)
        writers = [Writer(client, f"writer-{number}", 0) for number in range(3)]
        for writer in writers:
            writer.start()
        time.sleep(0.5)
        before = everything(client)
        assert server.stop() == 0
        for writer in writers:
            writer.join(20)
            assert not writer.is_alive()
        assert "message=stopped" in server.output()
    assert before
    # All is in the one file, which may be copied.
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    copy = file.with_name("copy.db")
    shutil.copy(file, copy)
    with servers.leveret_local(folder, "--data", copy) as server:
        check(dynamodb(server.endpoint), writers)


def test_all_kinds_of_state_survive(folder, file):
    """Tables, TTL, tags, streams and tokens, not only items."""
    token = "a-token-of-ours"
    with servers.leveret_local(folder, "--data", file) as server:
        client = dynamodb(server.endpoint)
        create(client)
        table = client.describe_table(TableName=TABLE)["Table"]
        client.tag_resource(ResourceArn=table["TableArn"], Tags=[{"Key": "team", "Value": "shop"}])
        client.update_time_to_live(
            TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
        )
        add = {
            "Update": {
                "TableName": TABLE,
                "Key": {"pk": {"S": "counter"}, "n": {"N": "0"}},
                "UpdateExpression": "ADD hits :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            }
        }
        client.transact_write_items(TransactItems=[add], ClientRequestToken=token)
        client.put_item(
            TableName=TABLE, Item={"pk": {"S": "x"}, "n": {"N": "1"}, "expires": {"N": str(int(time.time()))}}
        )
        server.stop(signal.SIGKILL)
    with servers.leveret_local(folder, "--data", file) as server:
        client = dynamodb(server.endpoint)
        again = client.describe_table(TableName=TABLE)["Table"]
        for member in ("TableId", "TableArn", "CreationDateTime", "LatestStreamArn", "GlobalSecondaryIndexes"):
            if member != "GlobalSecondaryIndexes":
                assert again[member] == table[member]
            else:
                assert [each["IndexName"] for each in again[member]] == ["by-kind"]
        assert client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"] == [{"Key": "team", "Value": "shop"}]
        client.transact_write_items(TransactItems=[add], ClientRequestToken=token)
        deadline = time.monotonic() + 15
        while (items := everything(client)) and len(items) > 1 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert items == [{"pk": {"S": "counter"}, "n": {"N": "0"}, "hits": {"N": "1"}}]
        streams = dynamodb(server.endpoint, service="dynamodbstreams")
        (shard,) = streams.describe_stream(StreamArn=table["LatestStreamArn"])["StreamDescription"]["Shards"]
        iterator = streams.get_shard_iterator(
            StreamArn=table["LatestStreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        names = [record["eventName"] for record in streams.get_records(ShardIterator=iterator)["Records"]]
        assert names == ["INSERT", "INSERT", "REMOVE"]


def refused(path, *expected):
    """Starts on a file that can't be opened; returns what is said."""
    done = servers.run_leveret("local", "--port", 0, "--data", path)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("leveret: ") and len(done.stderr.splitlines()) == 1, done.stderr
    for text in [str(path), *expected]:
        assert text in done.stderr
    return done.stderr


def test_a_second_process_is_refused(folder, file):
    with servers.leveret_local(folder, "--data", file) as server:
        client = dynamodb(server.endpoint)
        create(client)
        refused(file, "in use already")
        link = file.with_name("link.db")
        link.symlink_to(file)
        refused(link, "in use already")
        done = servers.run_leveret("serve", "--dev", "--listen", "127.0.0.1:0", "--data", file)
        assert done.returncode == 1 and "in use already" in done.stderr
        client.put_item(TableName=TABLE, Item={"pk": {"S": "x"}, "n": {"N": "1"}})
        assert len(everything(client)) == 1
        server.stop(signal.SIGKILL)
    with servers.leveret_local(folder, "--data", file) as server:
        assert len(everything(dynamodb(server.endpoint))) == 1


def test_a_full_disk_is_an_error_and_loses_nothing(folder, file):
    def put(client, number):
        client.put_item(TableName="full", Item={"pk": {"S": str(number)}, "v": {"S": "x" * 30_000}})

    server = servers.leveret_local(folder, "--data", file)
    server.before = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    with server:
        client = dynamodb(server.endpoint)
        create_table(client, "full")
        written = 0
        with pytest.raises(ClientError, match="InternalServerError"):
            for written in range(100):
                put(client, written)
        assert 10 < written < 40
        assert "database can't be used" in server.output() and str(file) in server.output()
        # It still reads, and goes on as far as there is room.
        assert client.get_item(TableName="full", Key={"pk": {"S": "0"}})["Item"]
        server.stop(signal.SIGKILL)
    with servers.leveret_local(folder, "--data", file) as server:
        client = dynamodb(server.endpoint)
        pages = client.get_paginator("scan").paginate(TableName="full")
        assert {item["pk"]["S"] for page in pages for item in page["Items"]} == {
            str(number) for number in range(written)
        }
        put(client, written)


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    """A database of many pages that was closed properly."""
    file = tmp_path_factory.mktemp("whole") / "whole.db"
    with servers.leveret_local(folder, "--data", file) as server:
        client = dynamodb(server.endpoint)
        create(client)
        for number in range(40):
            item = {"pk": {"S": f"p{number}"}, "n": {"N": "1"}, "kind": {"S": "k"}, "v": {"S": "x" * 5000}}
            client.put_item(TableName=TABLE, Item=item)
        assert server.stop() == 0
    return file.read_bytes()


def spoiled(whole, start, end, with_what):
    return whole[:start] + with_what(whole[start:end]) + whole[end:]


DAMAGES = {
    "half": lambda whole: whole[: len(whole) // 2],
    "a page short": lambda whole: whole[:-4096],
    "a torn page": lambda whole: whole[:-100],
    "the first page alone": lambda whole: whole[:4096],
    "no page": lambda whole: whole[:50],
    "zero header": lambda whole: bytes(100) + whole[100:],
    "zeros": lambda whole: bytes(len(whole)),
    "garbage": lambda whole: random.Random(SEED).randbytes(len(whole)),
    "garbage inside": lambda whole: spoiled(whole, 8192, 40_960, lambda part: random.Random(SEED).randbytes(len(part))),
    "text": lambda whole: b"this is no database\n" * 1000,
    "a later version": lambda whole: spoiled(whole, 60, 64, lambda part: b"\x00\x00\x03\xe7"),
}


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_damaged_files_are_refused_and_left_alone(file, whole, damage):
    contents = DAMAGES[damage](whole)
    file.write_bytes(contents)
    said = refused(file)
    assert any(part in said for part in ("damaged", "not a database", "later leveret")), said
    assert file.read_bytes() == contents
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_another_programs_database(file):
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE t (a)")
        other.execute("INSERT INTO t VALUES (1)")
    other.close()
    contents = file.read_bytes()
    refused(file, "is not a database of leveret")
    assert file.read_bytes() == contents


def test_places_where_no_file_can_be(tmp_path):
    refused(tmp_path, "it is not a file")
    refused(tmp_path / "missing" / "store.db", "No such file or directory")
    (tmp_path / "plain").write_text("x")
    refused(tmp_path / "plain" / "store.db", "Not a directory")
    refused("/dev/null", "it is not a file")


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may do everything")
def test_files_without_permission(whole):
    # Not in pytest's folder, which nobody else may enter: root may open anything, so it steps down.
    with tempfile.TemporaryDirectory() as open_folder:
        folder = pathlib.Path(open_folder)
        folder.chmod(0o755)
        file, program = folder / "store.db", folder / "leveret"
        file.write_bytes(whole)
        file.chmod(0)
        shutil.copy(servers.leveret_binary(), program)
        start = [program, "local", "--port", "0", "--data"]
        if os.geteuid() == 0:
            start = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *start]
        for path in (file, folder / "new.db"):
            if os.geteuid() != 0:
                folder.chmod(0o500)
            done = subprocess.run([*start, path], capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
            assert done.returncode == 1 and done.stderr.startswith("leveret: ") and str(path) in done.stderr
            assert "Permission denied" in done.stderr and len(done.stderr.splitlines()) == 1
        folder.chmod(0o700)
        file.chmod(0o600)
        assert file.read_bytes() == whole


def test_an_empty_file_becomes_a_database(folder, file):
    file.touch()
    with servers.leveret_local(folder, "--data", file) as server:
        create(dynamodb(server.endpoint))
        server.stop(signal.SIGKILL)
    with servers.leveret_local(folder, "--data", file) as server:
        assert dynamodb(server.endpoint).list_tables()["TableNames"] == [TABLE]


def test_a_kill_right_at_the_start(folder, file):
    """A creation that is interrupted anywhere leaves something that can be begun with."""
    moments = random.Random(SEED)
    for _ in range(8):
        port = servers.free_port()
        process = subprocess.Popen(
            [servers.leveret_binary(), "local", "--port", str(port), "--data", file],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moments.uniform(0, 0.06))
        process.kill()
        process.wait(10)
    with servers.leveret_local(folder, "--data", file) as server:
        assert dynamodb(server.endpoint).list_tables()["TableNames"] == []
