"""The model of the service, as SDKs meet it: throttling, latency, faults, switched while it runs."""

import json
import signal
import time
import urllib.error
import urllib.request

import botocore.exceptions
import pytest

import servers
from clients import create_table, dynamodb, error, outcome, post


class Service:
    """The settings of a `leveret local` of our own, over HTTP."""

    def __init__(self, server):
        self.server, self.url = server, server.endpoint + "/_leveret/service"
        self.client = dynamodb(server.endpoint)

    def exchange(self, method, body=None):
        data = None if body is None else body.encode()
        request = urllib.request.Request(self.url, method=method, data=data)
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as reply:
            return reply.code, reply.read().decode()

    def behave(self, **settings):
        status, text = self.exchange("PUT", json.dumps(settings))
        assert status == 200, text
        return text

    def impatient(self, attempts=1):
        return dynamodb(self.server.endpoint, timeout=1, attempts=attempts)


@pytest.fixture(scope="module")
def running(folder):
    with servers.leveret_local(folder) as server:
        yield Service(server)
        # A graceful stop would wait for the calls that a fault left without answer.
        server.stop(signal.SIGKILL)


@pytest.fixture
def service(running):
    yield running
    running.behave()


@pytest.fixture
def table(service, table_name):
    create_table(service.client, table_name)
    return table_name


def create_provisioned(client, name, read, write):
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": read, "WriteCapacityUnits": write},
    )
    return name


def put(client, table, name="k", size=0):
    return client.put_item(TableName=table, Item={"pk": {"S": name}, "v": {"S": "x" * size}})


def get(client, table, name="k"):
    return client.get_item(TableName=table, Key={"pk": {"S": name}}, ConsistentRead=True).get("Item")


def fault(kind, probability=1, **more):
    return {"faults": [{"kind": kind, "probability": probability, **more}]}


def test_settings_are_shown_and_changed(service):
    status, text = service.exchange("GET")
    assert status == 200 and text == "enforce_throughput: false\n"
    said = service.behave(
        enforce_throughput=True,
        read_latency="5ms",
        write_latency={"median": "8ms", "p99": "40ms"},
        seed=7,
        faults=[{"kind": "late-write", "delay": "2s", "probability": 0.001, "tables": ["orders"]}],
    )
    assert said.splitlines() == [
        "enforce_throughput: true",
        "read_latency: 5ms",
        "write_latency: {median: 8ms, p99: 40ms}",
        "seed: 7",
        "faults:",
        "  - {kind: late-write, delay: 2s, probability: 0.001, tables: [orders]}",
    ]
    assert service.exchange("GET") == (200, said)
    # What it shows, it also takes.
    assert service.exchange("PUT", said) == (200, said)
    assert service.exchange("PUT", "") == (200, "enforce_throughput: false\n")


@pytest.mark.parametrize(
    "body, expected",
    [
        ('{"enforce_througput": true}', "enforce_througput: unknown key; did you mean 'enforce_throughput'?"),
        ('{"read_latency": "5"}', "'5' has no unit"),
        ('{"read_latency": {"minimum": "5ms"}}', "write a duration, minimum and maximum, or median and p99"),
        ('{"faults": [{"kind": "typo", "probability": 1}]}', "typo"),
        ('{"faults": [{"kind": "drop"}]}', "probability"),
        ('{"faults": [{"kind": "drop", "probability": 2}]}', "write a number from 0 to 1"),
        ('{"faults": [{"kind": "error", "probability": 1}]}', "error"),
        ('{"faults": [{"kind": "drop", "probability": 0.6}, {"kind": "drop", "probability": 0.6}]}', "more than 1"),
        ("{", "request"),
        ("\x00", "request"),
        ("[1, 2]", "request"),
    ],
)
def test_mistakes_change_nothing(service, body, expected):
    before = service.behave(read_latency="1ms")
    status, text = service.exchange("PUT", body)
    assert status == 400 and expected in text and text.endswith("\n"), text
    assert service.exchange("GET") == (200, before)


def test_other_methods_and_paths(service):
    assert service.exchange("DELETE")[0] == 405
    assert service.exchange("POST", "{}")[0] == 405
    service.url += "x"
    try:
        assert service.exchange("GET")[0] == 404
    finally:
        service.url = service.url[:-1]


def test_throttling_with_burst(service, table_name):
    client = service.client
    service.behave(enforce_throughput=True)
    # The table earns from its creation on, by a clock of whole milliseconds.
    start = time.monotonic() - 0.01
    create_provisioned(client, table_name, 5, 5)
    done = refused = 0
    for number in range(60):
        reply = outcome(client, "put_item", TableName=table_name, Item={"pk": {"S": str(number)}})
        if "raised" in reply:
            refused += 1
            assert reply["raised"]["Code"] == "ProvisionedThroughputExceededException"
            assert reply["raised"]["Message"].startswith("The level of configured provisioned throughput for the table")
        else:
            done += 1
    # One second's units at the start, five a second since, and one that goes into debt.
    assert 5 <= done <= 5 + 5 * (time.monotonic() - start) + 1 and refused > 0
    assert client.scan(TableName=table_name, Select="COUNT")["Count"] == done
    # What is not used is kept for later.
    time.sleep(2.2)
    burst = [outcome(client, "put_item", TableName=table_name, Item={"pk": {"S": "x"}}) for _ in range(9)]
    assert not [reply for reply in burst if "raised" in reply]
    # A patient SDK gets through.
    patient = dynamodb(service.server.endpoint, attempts=10)
    for _ in range(8):
        put(patient, table_name)
    # Reads have their own units; other tables are free.
    get(client, table_name)
    create_table(client, table_name + "-free")
    for _ in range(20):
        put(client, table_name + "-free")
    # More throughput counts at once.
    client.update_table(
        TableName=table_name, ProvisionedThroughput={"ReadCapacityUnits": 1000, "WriteCapacityUnits": 1000}
    )
    time.sleep(0.1)
    for _ in range(20):
        put(client, table_name)
    service.behave(enforce_throughput=False)
    for _ in range(20):
        put(client, table_name)


def test_a_throttled_batch_leaves_the_rest(service, table_name):
    client = service.client
    create_provisioned(client, table_name, 3, 4)
    service.behave(enforce_throughput=True)
    puts = [{"PutRequest": {"Item": {"pk": {"S": str(number)}}}} for number in range(20)]
    reply = client.batch_write_item(RequestItems={table_name: puts})
    left = reply["UnprocessedItems"][table_name]
    assert 0 < len(left) < 20
    names = {each["PutRequest"]["Item"]["pk"]["S"] for each in left}
    assert client.describe_table(TableName=table_name)["Table"]["ItemCount"] == 20 - len(names)
    # When not even one is let through, it is an error.
    while "raised" not in (reply := outcome(client, "batch_write_item", RequestItems={table_name: left})):
        left = reply["UnprocessedItems"][table_name]
    assert reply["raised"]["Code"] == "ProvisionedThroughputExceededException"
    keys = [{"pk": {"S": str(number)}} for number in range(20)]
    reply = client.batch_get_item(RequestItems={table_name: {"Keys": keys, "ConsistentRead": True}})
    found, rest = reply["Responses"][table_name], reply["UnprocessedKeys"][table_name]
    assert rest["ConsistentRead"] is True and 0 < len(rest["Keys"]) < 20
    assert len(found) + len(rest["Keys"]) <= 20
    service.behave()
    assert client.batch_write_item(RequestItems={table_name: left})["UnprocessedItems"] == {}
    assert client.scan(TableName=table_name, Select="COUNT")["Count"] == 20


def seconds(call):
    """The shortest of five, since the machine may be busy."""

    def once():
        start = time.monotonic()
        call()
        return time.monotonic() - start

    return min(once() for _ in range(5))


def test_latency(service, table):
    client = service.client
    put(client, table)
    service.behave(read_latency="150ms")
    assert 0.15 <= seconds(lambda: get(client, table)) < 2
    assert seconds(lambda: put(client, table)) < 0.15
    service.behave(write_latency={"minimum": "100ms", "maximum": "200ms"})
    assert 0.1 <= seconds(lambda: put(client, table)) < 2
    assert seconds(lambda: get(client, table)) < 0.15
    service.behave(read_latency={"median": "60ms", "p99": "61ms"})
    assert 0.05 <= seconds(lambda: get(client, table)) < 2
    service.behave()
    assert seconds(lambda: get(client, table)) < 0.15


@pytest.mark.parametrize(
    "name, status",
    [
        ("InternalServerError", 500),
        ("ServiceUnavailable", 503),
        ("ThrottlingException", 400),
        ("ProvisionedThroughputExceededException", 400),
        ("RequestLimitExceeded", 400),
    ],
)
def test_errors_instead_of_the_operation(service, table, name, status):
    service.behave(**fault("error", error=name, operations="writes"))
    reply = outcome(service.client, "put_item", TableName=table, Item={"pk": {"S": "k"}})
    assert reply["raised"]["Code"] == name and reply["ResponseMetadata"]["HTTPStatusCode"] == status
    assert get(service.client, table) is None


def test_an_sdk_that_retries_gets_through(service, table):
    service.behave(seed=1, **fault("error", 0.5, error="ServiceUnavailable"))
    patient = dynamodb(service.server.endpoint, attempts=10)
    retries = 0
    for number in range(8):
        retries += put(patient, table, str(number))["ResponseMetadata"]["RetryAttempts"]
    assert retries > 0
    service.behave()
    assert service.client.scan(TableName=table, Select="COUNT")["Count"] == 8


def test_an_error_after_the_write(service, table):
    service.behave(**fault("error-after"))
    assert error(service.client, "put_item", TableName=table, Item={"pk": {"S": "k"}})[0] == "InternalServerError"
    service.behave()
    assert get(service.client, table)


@pytest.mark.parametrize("kind, is_done", [("drop", False), ("drop-after", True)])
def test_connections_that_are_dropped(service, table, kind, is_done):
    service.behave(**fault(kind, operations=["PutItem"], tables=[table]))
    with pytest.raises((botocore.exceptions.ConnectionClosedError, botocore.exceptions.HTTPClientError)):
        put(service.client, table)
    # Neither another operation nor another table is hit.
    assert (get(service.client, table) is not None) == is_done
    service.behave()
    put(service.client, table)


@pytest.mark.parametrize("kind, more, is_done", [("timeout", {}, False), ("late-write", {"delay": "1500ms"}, True)])
def test_silence(service, table, kind, more, is_done):
    service.behave(**fault(kind, operations="writes", **more))
    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        put(service.impatient(), table)
    service.behave()
    assert get(service.client, table) is None
    if is_done:
        deadline = time.monotonic() + 5
        while get(service.client, table) is None and time.monotonic() < deadline:
            time.sleep(0.05)
    assert (get(service.client, table) is not None) == is_done


def test_silence_delays_nobody_else(service, table):
    put(service.client, table)
    service.behave(**fault("timeout", operations=["Scan"]))
    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        service.impatient().scan(TableName=table)
    assert seconds(lambda: get(service.client, table)) < 0.5


def test_the_same_seed_is_the_same_luck(service, table):
    def luck():
        service.behave(seed=11, **fault("error", 0.5, error="ThrottlingException"))
        return [
            "raised" in outcome(service.client, "get_item", TableName=table, Key={"pk": {"S": "k"}}) for _ in range(30)
        ]

    first = luck()
    assert luck() == first and 3 < sum(first) < 27


def test_a_file_read_again_on_sighup(folder):
    file = folder / "service.yaml"
    file.write_text(
        "faults:\n  - {kind: error, error: RequestLimitExceeded, probability: 1, operations: [ListTables]}\n"
    )
    with servers.leveret_local(folder, "--service", file) as server:
        client = dynamodb(server.endpoint)
        assert error(client, "list_tables")[0] == "RequestLimitExceeded"

        def reload(text, until):
            file.write_text(text)
            server.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 10
            while until not in server.output() and time.monotonic() < deadline:
                time.sleep(0.02)
            assert until in server.output()

        reload("read_latency: 5\n", "the old one stays")
        assert f"{file}:1:15: read_latency" in server.output()
        assert error(client, "list_tables")[0] == "RequestLimitExceeded"
        reload("", "service settings reloaded")
        assert client.list_tables()["TableNames"] == []


def test_a_file_with_mistakes_does_not_start(folder, tmp_path):
    file = tmp_path / "service.yaml"
    file.write_text("enforce_throughput: maybe\nfaults:\n  - {kind: drop, probability: 1.5}\n")
    done = servers.run_leveret("local", "--port", 0, "--service", file)
    assert done.returncode == 2
    assert f"{file}:1:21: enforce_throughput" in done.stderr and f"{file}:3:" in done.stderr
    assert f"{file}: 2 mistakes" in done.stderr


def test_a_raw_request_meets_the_same(service, table):
    service.behave(**fault("error", error="ThrottlingException"))
    reply = post(service.server.endpoint, "GetItem", {"TableName": table, "Key": {"pk": {"S": "k"}}})
    assert (reply.status, reply.error) == (400, "ThrottlingException")
    reply.expect_dynamodb_headers()
