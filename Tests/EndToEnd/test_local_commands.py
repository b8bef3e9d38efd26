"""What a new user may do wrong with `leveret local` and `leveret serve --dev`, and what is said then."""

import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

import servers
from clients import RawReply, create_table, dynamodb, post, request_bytes

USAGE = 64


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["local", "--dta", "x"], "Unknown option '--dta'"),
        (["local", "store.db"], "Unexpected argument 'store.db'"),
        (["local", "--port", "70000"], "The value '70000' is invalid for '--port <port>'"),
        (["local", "--port", "http"], "The value 'http' is invalid for '--port <port>'"),
        (["local", "--port"], "Missing value for '--port <port>'"),
        (["local", "--host", "0.0.0.0"], "--host '0.0.0.0' is no address of this machine alone; give 127.0.0.1 or ::1"),
        (["local", "--host", "example.org"], "--host 'example.org'"),
        (["local", "--log-level", "loud"], "'loud' is invalid for '--log-level <level>'"),
        (["serve", "--dev", "--listen", "0.0.0.0:8000"], "--listen '0.0.0.0:8000' can be reached from other machines"),
        (["serve", "--dev", "--upstream", "http://127.0.0.1:1", "--data", "x"], "leave out --upstream"),
        (["serve", "--config", "x", "--data", "x"], "--data goes with --dev"),
        (["lokal"], "lokal"),
    ],
)
def test_wrong_options(arguments, expected):
    done = servers.run_leveret(*arguments)
    assert done.returncode == USAGE and done.stdout == ""
    assert expected in done.stderr and "Usage: leveret" in done.stderr
    assert len(done.stderr.splitlines()) < 12


def test_help_tells_what_there_is():
    done = servers.run_leveret("local", "--help")
    assert done.returncode == 0 and done.stderr == ""
    for option in ("--data", "--port", "--host", "--service", "--log-level", "/_leveret/service"):
        assert option in done.stdout
    assert "local" in servers.run_leveret("--help").stdout


@pytest.mark.parametrize("start", [["local", "--port"], ["serve", "--dev", "--listen"]])
def test_a_port_in_use(local, start):
    value = f"127.0.0.1:{local.port}" if "--listen" in start else local.port
    done = servers.run_leveret(*start, value)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("leveret: ")]
    assert f"127.0.0.1:{local.port}" in line and "in use" in line
    assert dynamodb(local.endpoint).list_tables()


@pytest.mark.parametrize("start", [["local", "--port", "0"], ["serve", "--dev", "--listen", "127.0.0.1:0"]])
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_free_port_is_told(tmp_path, start, sign):
    log = tmp_path / "log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [servers.leveret_binary(), *start], stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + 20
        while not (match := re.search(r"message=listening address=127\.0\.0\.1:(\d+) ", log.read_text())):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        assert dynamodb(f"http://127.0.0.1:{match[1]}").list_tables()["TableNames"] == []
        process.send_signal(sign)
        assert process.wait(15) == 0
        assert "message=stopped" in log.read_text()
    finally:
        process.kill()
        process.wait(10)


def test_sighup_without_a_file_changes_nothing(folder):
    with servers.leveret_local(folder) as server:
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while "nothing to reload" not in server.output() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert "nothing to reload" in server.output()
        assert dynamodb(server.endpoint).list_tables()


def test_a_browser_sees_that_it_is_there(local):
    with urllib.request.urlopen(local.endpoint + "/", timeout=10) as reply:
        assert reply.status == 200 and b"healthy: dynamodb." in reply.read()


def raw(endpoint, method="POST", body=b"", **headers):
    connection = http.client.HTTPConnection(endpoint.split("//")[1], timeout=20)
    try:
        connection.request(method, "/", body, {name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        return RawReply(reply.status, reply.getheaders(), reply.read())
    finally:
        connection.close()


def test_an_unsigned_request(local):
    reply = post(local.endpoint, "ListTables", {}, sign=False)
    assert (reply.status, reply.error) == (400, "MissingAuthenticationTokenException")
    assert reply.json["message"]
    reply.expect_dynamodb_headers()


@pytest.mark.parametrize("key", ["test", "AKIAIOSFODNN7EXAMPLE", "x"])
def test_any_key_and_region_see_the_same(local, store, key, table_name):
    create_table(store, table_name)
    for region in ("us-east-1", "eu-central-1"):
        assert table_name in dynamodb(local.endpoint, key, "secret of " + key, region).list_tables()["TableNames"]


@pytest.mark.parametrize(
    "body, error",
    [
        (b"", "SerializationException"),
        (b"{", "SerializationException"),
        (b"[]", "SerializationException"),
        (b"nonsense", "SerializationException"),
        (b'{"TableName": 1}', "SerializationException"),
        (b'{"TableName": "x" "Key": {}}', "SerializationException"),
        (b'{"TableName": "abc", "Key": {"pk": "x"}}', "SerializationException"),
        (b"\xff\xfe", "SerializationException"),
        (b'{"TableName": "abc", "Key": ' + b'{"M":' * 100_000, "SerializationException"),
        (b"{}", "ValidationException"),
    ],
)
def test_bodies_that_are_no_requests(local, body, error):
    reply = post(local.endpoint, "GetItem", body)
    assert (reply.status, reply.error) == (400, error), reply.body
    reply.expect_dynamodb_headers()


def test_an_unknown_operation(local):
    for name in ("GetItems", "", "CreateBackup"):
        reply = post(local.endpoint, name, {})
        assert reply.status == 400 and reply.error in {"UnknownOperationException", "ValidationException"}, reply.body


def test_a_huge_body(local):
    reply = post(local.endpoint, "PutItem", b'{"TableName": "' + b"x" * (17 << 20))
    assert reply.status == 413
    # Said as large, and never sent.
    with socket.create_connection(("127.0.0.1", local.port), timeout=10) as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n"
            b"X-Amz-Target: DynamoDB_20120810.PutItem\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    assert dynamodb(local.endpoint).list_tables()


def test_many_requests_at_once_on_one_connection(local, store, table_name):
    """Answers come in the order of requests."""
    create_table(store, table_name)
    for number in range(20):
        store.put_item(TableName=table_name, Item={"pk": {"S": str(number)}})
    wire = b"".join(
        request_bytes(local.endpoint, "GetItem", {"TableName": table_name, "Key": {"pk": {"S": str(number)}}})
        for number in range(20)
    )
    with socket.create_connection(("127.0.0.1", local.port), timeout=10) as connection:
        connection.sendall(wire)
        reader = connection.makefile("rb")
        for number in range(20):
            length = 0
            while (line := reader.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            assert json.loads(reader.read(length)) == {"Item": {"pk": {"S": str(number)}}}


def test_development_says_where_the_data_is(folder, tmp_path):
    with servers.leveret_development(folder) as proxy:
        assert proxy.says("Data: in memory, gone when it stops.")
    file = tmp_path / "store.db"
    for turn in range(2):
        with servers.leveret_development(folder, None, "--data", file) as proxy:
            assert proxy.says(f"Data: {file}.")
            client = dynamodb(proxy.endpoint)
            if turn == 0:
                create_table(client, "kept")
            assert client.list_tables()["TableNames"] == ["kept"]
            assert proxy.stop() == 0


def test_nothing_is_left_open(local, store):
    """Connections that are closed, also in the middle of a request, cost nothing afterwards."""
    descriptors = pathlib.Path(f"/proc/{local.process.pid}/fd")
    if not os.path.isdir(descriptors):
        pytest.skip("no /proc")

    def count():
        return len(os.listdir(descriptors))

    before = count()
    for number in range(50):
        connection = socket.create_connection(("127.0.0.1", local.port), timeout=10)
        connection.sendall(request_bytes(local.endpoint, "ListTables", {})[: number * 20 or 1])
        connection.close()
    deadline = time.monotonic() + 10
    while count() > before + 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert count() <= before + 2
