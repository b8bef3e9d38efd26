"""The proxy at the level of sockets: pipelining, odd bodies, health, and a graceful stop."""

import concurrent.futures
import json
import re
import signal
import socket
import subprocess
import threading
import zlib

import pytest

import servers
from clients import create_table, dynamodb, post, request_bytes, signed_headers

pytestmark = pytest.mark.proxy_only


@pytest.fixture(scope="module")
def table(on_moto, proxied):
    name = "shop-http"
    create_table(proxied, name)
    for number in range(10):
        proxied.put_item(TableName=name, Item={"pk": {"S": str(number)}, "v": {"N": str(number)}})
    return name


def connect(endpoint):
    host, port = endpoint.split("//")[1].split(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


class Replies:
    """Reads replies from a socket, one after another."""

    def __init__(self, connection):
        self.connection, self.bytes = connection, b""

    def fill(self):
        data = self.connection.recv(65536)
        if not data:
            raise EOFError(self.bytes)
        self.bytes += data

    def next(self):
        while b"\r\n\r\n" not in self.bytes:
            self.fill()
        head, _, self.bytes = self.bytes.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        if status == 100:
            return status, head, b""
        length = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)[1])
        while len(self.bytes) < length:
            self.fill()
        body, self.bytes = self.bytes[:length], self.bytes[length:]
        return status, head, body

    def ended(self):
        """Whether the other side has closed."""
        if self.bytes:
            return False
        try:
            return self.connection.recv(1) == b""
        except ConnectionResetError:
            return True


def get(table, number):
    return {"TableName": table, "Key": {"pk": {"S": str(number)}}}


def test_pipelined_requests_are_answered_in_order(on_moto, table):
    wanted = [number % 10 for number in range(40)]
    requests = b"".join(request_bytes(on_moto.endpoint, "GetItem", get(table, number)) for number in wanted)
    with connect(on_moto.endpoint) as connection:
        connection.sendall(requests)
        replies = Replies(connection)
        for number in wanted:
            status, head, body = replies.next()
            assert status == 200
            assert json.loads(body)["Item"]["v"] == {"N": str(number)}
            assert int(re.search(rb"(?i)x-amz-crc32: (\d+)", head)[1]) == zlib.crc32(body)


@pytest.mark.parametrize("size", [1, 7, 300])
def test_requests_in_small_pieces(on_moto, table, size):
    request = request_bytes(on_moto.endpoint, "GetItem", get(table, 3))
    with connect(on_moto.endpoint) as connection:
        for start in range(0, len(request), size):
            connection.sendall(request[start:start + size])
        assert Replies(connection).next()[0] == 200


def chunked(request, pieces):
    head, _, body = request.partition(b"\r\n\r\n")
    head = re.sub(rb"\r\nContent-Length: \d+", b"\r\nTransfer-Encoding: chunked", head)
    step = -(-len(body) // pieces)
    chunks = [body[start:start + step] for start in range(0, len(body), step)]
    return head + b"\r\n\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def test_chunked_bodies(on_moto, table):
    request = request_bytes(on_moto.endpoint, "GetItem", get(table, 4))
    with connect(on_moto.endpoint) as connection:
        replies = Replies(connection)
        for pieces in (1, 3, 20):
            connection.sendall(chunked(request, pieces))
            status, _, body = replies.next()
            assert (status, json.loads(body)["Item"]["v"]) == (200, {"N": "4"})


def test_expect_100_continue(on_moto, table):
    request = request_bytes(on_moto.endpoint, "GetItem", get(table, 5), extra="Expect: 100-continue\r\n")
    head, _, body = request.partition(b"\r\n\r\n")
    with connect(on_moto.endpoint) as connection:
        replies = Replies(connection)
        connection.sendall(head + b"\r\n\r\n")
        assert replies.next()[0] == 100
        connection.sendall(body)
        assert replies.next()[0] == 200


def test_absolute_form_and_connection_close(on_moto, table):
    request = request_bytes(on_moto.endpoint, "GetItem", get(table, 6))
    request = request.replace(b"POST / ", b"POST " + on_moto.endpoint.encode() + b"/ ", 1)
    request = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
    with connect(on_moto.endpoint) as connection:
        connection.sendall(request)
        replies = Replies(connection)
        status, head, _ = replies.next()
        assert status == 200 and b"connection: close" in head.lower()
        assert replies.ended()


AMBIGUOUS = {
    "two lengths": lambda request: request.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n", 1),
    "length and chunked": lambda request: request.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n", 1),
    "folded header": lambda request: request.replace(b"\r\n\r\n", b"\r\nX-A: b\r\n c\r\n\r\n", 1),
    "bare line feed": lambda request: request.replace(b"\r\n", b"\n", 1),
    "space before colon": lambda request: request.replace(b"Host:", b"Host :", 1),
    "no host": lambda request: re.sub(rb"\r\nHost: [^\r]*", b"", request, count=1),
    "two hosts": lambda request: request.replace(b"\r\n\r\n", b"\r\nHost: other\r\n\r\n", 1),
    "control byte": lambda request: request.replace(b"\r\n\r\n", b"\r\nX-A: \x00\r\n\r\n", 1),
    "bad chunk": lambda request: chunked(request, 2).replace(b"\r\n\r\n", b"\r\n\r\nzz\r\n", 1),
    "http2": lambda request: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + request,
    "not http": lambda request: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n" + request,
}


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_ambiguous_requests_are_refused_and_the_connection_closed(on_moto, table, case):
    request = request_bytes(on_moto.endpoint, "GetItem", get(table, 7))
    with connect(on_moto.endpoint) as connection:
        try:
            connection.sendall(AMBIGUOUS[case](request) + request)
            replies = Replies(connection)
            status, _, _ = replies.next()
            assert 400 <= status < 600
            assert replies.ended()
        except (EOFError, ConnectionResetError, BrokenPipeError):
            pass  # Closing without a word is a refusal too.
    assert post(on_moto.endpoint, "GetItem", get(table, 7)).status == 200


def test_a_head_that_never_ends(on_moto):
    with connect(on_moto.endpoint) as connection:
        try:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + b"X-A: " + b"a" * 200_000)
            status, _, _ = Replies(connection).next()
            assert 400 <= status < 500
        except (EOFError, ConnectionResetError, BrokenPipeError):
            pass


def test_health(on_moto):
    with connect(on_moto.endpoint) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        status, head, body = Replies(connection).next()
    assert status == 200
    assert body.startswith(b"healthy: ")
    assert int(re.search(rb"(?i)x-amz-crc32: (\d+)", head)[1]) == zlib.crc32(body)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_other_methods(on_moto, method):
    with connect(on_moto.endpoint) as connection:
        connection.sendall(f"{method} / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
        status, _, body = Replies(connection).next()
    assert status in (404, 405)
    assert b"UnknownOperationException" in body


def test_streams_go_through(on_moto):
    streams = dynamodb(on_moto.endpoint, service="dynamodbstreams")
    assert "Streams" in streams.list_streams()


@pytest.mark.parametrize("chunks", [False, True])
def test_curl_signs_for_a_tenant(company, chunks):
    version = subprocess.run(["curl", "--version"], capture_output=True, text=True, timeout=10).stdout
    found = re.match(r"curl (\d+)\.(\d+)", version)
    if not found or (int(found[1]), int(found[2])) < (7, 75):
        pytest.skip("curl cannot sign")
    if "shop-curl" not in company.direct.list_tables()["TableNames"]:
        create_table(company.direct, "shop-curl")
    key = company.key("shop")
    reply = subprocess.run(
        [
            "curl", "--silent", "--show-error", "--max-time", "10", "--aws-sigv4", "aws:amz:us-east-1:dynamodb",
            "--user", f"{key['key']}:{key['secret']}", "-H", "Content-Type: application/x-amz-json-1.0",
            "-H", "X-Amz-Target: DynamoDB_20120810.GetItem", "-H", "Expect: 100-continue",
            *(["-H", "Transfer-Encoding: chunked"] if chunks else []),
            "--data", '{"TableName":"shop-curl","Key":{"pk":{"S":"x"}}}', company.endpoint + "/",
        ],
        capture_output=True,
        text=True,
        timeout=20,
    )  # fmt: skip
    assert (reply.stdout, reply.returncode) == ("{}", 0), reply


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_graceful_stop_finishes_what_is_in_flight(folder, on_moto, table, sign):
    with servers.Relay(on_moto.server.endpoint) as relay:
        with servers.leveret_development(folder, relay.endpoint) as proxy:
            relay.hold("PutItem")
            client = dynamodb(proxy.endpoint)
            idle = connect(proxy.endpoint)
            with concurrent.futures.ThreadPoolExecutor() as pool:
                item = {"pk": {"S": f"last-{sign.value}"}, "v": {"S": "written"}}
                writing = pool.submit(client.put_item, TableName=table, Item=item)
                assert relay.arrived.wait(10)
                stopped = pool.submit(proxy.stop, sign)
                threading.Event().wait(0.5)
                assert proxy.process.poll() is None
                with pytest.raises(OSError):
                    socket.create_connection(("127.0.0.1", proxy.port), timeout=1).close()
                relay.release()
                assert writing.result(20)["ResponseMetadata"]["HTTPStatusCode"] == 200
                assert stopped.result(20) == 0
            idle.close()
    found = dynamodb(on_moto.server.endpoint).get_item(TableName=table, Key={"pk": item["pk"]}, ConsistentRead=True)
    assert found["Item"] == item


def test_a_stop_with_nothing_to_do(folder, on_moto):
    with servers.leveret_development(folder, on_moto.server.endpoint) as proxy:
        assert proxy.stop() == 0


def test_mistakes_in_the_configuration_stop_it(folder):
    file = folder / "mistaken.yaml"
    file.write_text("listen: 127.0.0.1:0\nupstream: []\n")
    for command in (["check-config", file], ["serve", "--config", file]):
        done = subprocess.run([servers.leveret_binary(), *command], capture_output=True, text=True, timeout=20)
        assert done.returncode == 2
        assert "2" in done.stderr + done.stdout and "upstreams" in done.stderr + done.stdout


def test_development_stays_on_this_machine(folder):
    done = subprocess.run(
        [servers.leveret_binary(), "serve", "--dev", "--upstream", "http://127.0.0.1:1", "--listen", "0.0.0.0:0"],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode not in (0, None)


def test_signed_path_and_query(company):
    """A path in front of the endpoint's is part of what is signed."""
    headers = signed_headers(company.endpoint, "ListTables", b"{}", **company.key("shop"))
    assert post(company.endpoint, "ListTables", b"{}", sign=False, extra=headers).status == 200
