"""The proxy of a configuration file with the embedded store as its upstream."""

import signal
import time

import pytest

import servers
from clients import cache_header, create_table, dynamodb, error, expect_cache

pytestmark = pytest.mark.proxy_only

SECRETS = {"ORDERS_SECRET": "orders-secret", "AUDIT_SECRET": "audit-secret"}
TENANTS = """
listen: 127.0.0.1:PORT
tenants:
  - name: orders
    upstream: UPSTREAM
    keys: [{id: AKIDORDERS, secret: "${ORDERS_SECRET}"}]
    operations: all
  - name: audit
    upstream: UPSTREAM
    keys: [{id: AKIDAUDIT, secret: "${AUDIT_SECRET}"}]
    tables: ["orders*"]
"""
STORE = """
upstreams:
  - name: store
    endpoint: embedded
    region: eu-west-1
    file: FILE
    request_timeout: 1s
    service: SERVICE
"""
KEY = {"pk": {"S": "k"}}


@pytest.fixture
def in_memory():
    return TENANTS.replace("UPSTREAM", "embedded")


@pytest.fixture
def in_file(tmp_path):
    def text(service="{}"):
        return TENANTS.replace("UPSTREAM", "store") + STORE.replace("FILE", str(tmp_path / "store.db")).replace(
            "SERVICE", service
        )

    return text


def tenants(proxy):
    return (
        dynamodb(proxy.endpoint, "AKIDORDERS", SECRETS["ORDERS_SECRET"]),
        dynamodb(proxy.endpoint, "AKIDAUDIT", SECRETS["AUDIT_SECRET"]),
    )


def value(client):
    reply = client.get_item(TableName="orders", Key=KEY)
    return reply["Item"]["v"]["S"], cache_header(reply)


def put(client, text):
    client.put_item(TableName="orders", Item={**KEY, "v": {"S": text}})


def coherence(orders, audit):
    """Each tenant has its own cache; whoever writes, nobody reads what is old."""
    create_table(orders, "orders")
    put(orders, "first")
    for client in (orders, audit):
        value(client)
        assert value(client) == ("first", "hit")
    put(audit, "second")
    assert value(orders)[0] == value(audit)[0] == "second"
    for client in (orders, audit):
        value(client)
        assert value(client) == ("second", "hit")
    orders.transact_write_items(TransactItems=[{"Put": {"TableName": "orders", "Item": {**KEY, "v": {"S": "third"}}}}])
    assert value(audit)[0] == value(orders)[0] == "third"
    value(audit)
    orders.batch_write_item(RequestItems={"orders": [{"DeleteRequest": {"Key": KEY}}]})
    for client in (orders, audit):
        assert "Item" not in client.get_item(TableName="orders", Key=KEY)
    put(orders, "fourth")
    assert value(audit)[0] == "fourth"
    assert error(audit, "get_item", TableName="others", Key=KEY)[0] == "AccessDeniedException"
    create_table(orders, "others")
    assert orders.list_tables()["TableNames"] == ["orders", "others"]
    assert audit.list_tables()["TableNames"] == ["orders"]


def test_in_memory_without_upstreams(folder, in_memory):
    with servers.leveret(folder, in_memory, SECRETS) as proxy:
        orders, audit = tenants(proxy)
        coherence(orders, audit)
        # A tenant's signature is checked, before a store that checks none.
        wrong = dynamodb(proxy.endpoint, "AKIDORDERS", "wrong")
        assert error(wrong, "list_tables")[0] == "InvalidSignatureException"
        # What SIGHUP reads again leaves data and cache alone.
        value(orders)
        proxy.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while "configuration reloaded" not in proxy.output() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert value(orders) == ("fourth", "hit")
        assert proxy.stop() == 0


def test_in_a_file(folder, in_file):
    with servers.leveret(folder, in_file(), SECRETS) as proxy:
        orders, audit = tenants(proxy)
        coherence(orders, audit)
        assert orders.describe_table(TableName="orders")["Table"]["TableArn"].startswith("arn:aws:dynamodb:eu-west-1:")
        proxy.stop(signal.SIGKILL)
    with servers.leveret(folder, in_file(), SECRETS) as proxy:
        orders, audit = tenants(proxy)
        assert value(audit)[0] == "fourth"
        assert proxy.stop() == 0


def test_a_service_that_fails_behind_the_proxy(folder, in_file):
    healthy = in_file()
    with servers.leveret(folder, healthy, SECRETS) as proxy:
        orders, audit = tenants(proxy)
        create_table(orders, "orders")
        put(orders, "first")
        value(orders)

        def behave(service):
            file = folder / f"leveret-{proxy.port}.yaml"
            before = proxy.output().count("configuration reloaded")
            file.write_text(in_file(service).replace("PORT", str(proxy.port)))
            proxy.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 10
            while proxy.output().count("configuration reloaded") == before and time.monotonic() < deadline:
                time.sleep(0.02)
            assert proxy.output().count("configuration reloaded") == before + 1, proxy.output()

        behave("{faults: [{kind: error, error: ThrottlingException, probability: 1}]}")
        # What is cached is answered, whatever is behind.
        assert value(orders) == ("first", "hit")
        assert error(audit, "get_item", TableName="orders", Key=KEY)[0] == "ThrottlingException"
        assert error(orders, "scan", TableName="orders")[0] == "ThrottlingException"

        behave(
            "{faults: [{kind: drop, probability: 1, operations: reads},"
            " {kind: timeout, probability: 1, operations: writes}]}"
        )
        assert error(orders, "scan", TableName="orders")[0] == "ServiceUnavailable"
        start = time.monotonic()
        # Whether it landed nobody knows, so it is no longer cached.
        assert error(orders, "put_item", TableName="orders", Item=KEY)[0] == "InternalServerError"
        assert 0.9 < time.monotonic() - start < 5

        behave("{}")
        reply = orders.get_item(TableName="orders", Key=KEY)
        assert reply["Item"]["v"]["S"] == "first"
        expect_cache(reply, "dirty")


def test_two_upstreams_are_two_stores(folder):
    text = """
listen: 127.0.0.1:PORT
upstreams:
  - {name: one, endpoint: embedded}
  - {name: two, endpoint: embedded}
tenants:
  - {name: orders, upstream: one, operations: all, keys: [{id: AKIDORDERS, secret: "${ORDERS_SECRET}"}]}
  - {name: audit, upstream: two, operations: all, keys: [{id: AKIDAUDIT, secret: "${AUDIT_SECRET}"}]}
"""
    with servers.leveret(folder, text, SECRETS) as proxy:
        orders, audit = tenants(proxy)
        for client in (orders, audit):
            create_table(client, "orders")
        put(orders, "of orders")
        value(orders)
        assert "Item" not in audit.get_item(TableName="orders", Key=KEY)
        put(audit, "of audit")
        assert value(orders) == ("of orders", "hit")


def check(tmp_path, text):
    file = tmp_path / "leveret.yaml"
    file.write_text(text.replace("PORT", "8000"))
    return file, servers.run_leveret("check-config", file, environment=SECRETS)


def test_check_config_in_memory(tmp_path, in_memory):
    file, done = check(tmp_path, in_memory)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == [f"{file}:", "ok"]
    assert ["listen", "127.0.0.1:8000", "plain", "HTTP"] in lines
    assert ["upstream", "embedded", "embedded", "in", "memory"] in lines
    assert [line[:4] for line in lines if line[0] == "tenant"] == [
        ["tenant", "orders", "upstream", "embedded"],
        ["tenant", "audit", "upstream", "embedded"],
    ]
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS.values())


def test_check_config_with_a_file(tmp_path, in_file):
    _, done = check(tmp_path, in_file("{enforce_throughput: true}"))
    assert done.returncode == 0, done.stderr
    assert ["upstream", "store", "embedded", str(tmp_path / "store.db")] in [
        line.split() for line in done.stdout.splitlines()
    ]
    assert not (tmp_path / "store.db").exists()


@pytest.mark.parametrize(
    "change, expected",
    [
        (("endpoint: embedded", "endpoint: embeded"), "upstreams[0].endpoint"),
        (("    region: eu-west-1\n", "    credentials: environment\n"), "upstreams[0].credentials"),
        (("service: SERVICE", "service: {read_latency: 5}"), "'5' has no unit"),
        (
            ("service: SERVICE", "service: {faults: [{kind: typo, probability: 1}]}"),
            "upstreams[0].service.faults[0].kind",
        ),
        (("file: FILE", "fiel: FILE"), "did you mean 'file'?"),
        (("file: FILE", "file: /missing/folder/store.db"), "/missing/folder"),
        (("UPSTREAM", "stoer"), "stoer"),
    ],
)
def test_check_config_finds_mistakes(tmp_path, change, expected):
    text = (TENANTS + STORE).replace(*change)
    text = text.replace("UPSTREAM", "store").replace("FILE", str(tmp_path / "x.db")).replace("SERVICE", "{}")
    file, done = check(tmp_path, text)
    assert done.returncode == 2 and expected in done.stderr, done.stderr
    assert all(line.startswith((f"{file}:", "warning:")) for line in done.stderr.splitlines())


def test_a_damaged_file_stops_the_start(folder, tmp_path, in_file):
    (tmp_path / "store.db").write_bytes(b"garbage" * 100)
    file = tmp_path / "leveret.yaml"
    file.write_text(in_file().replace("PORT", str(servers.free_port())))
    done = servers.run_leveret("serve", "--config", file, environment=SECRETS)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("leveret: ") and str(tmp_path / "store.db") in done.stderr
