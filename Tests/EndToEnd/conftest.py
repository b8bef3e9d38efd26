import itertools
import sys
import types

import pytest

import servers
from clients import Twins, dynamodb

AIO = "aiobotocore" in sys.modules or sys.prefix.endswith("/aio")
# The test modules of one environment import what the other has not.
NEEDS_BOTO3 = ["test_first_light.py", "test_local_boto3.py"]
NEEDS_AIO = ["test_aiobotocore.py", "test_local_aiodynamo.py", "test_local_pynamodb.py", "test_pynamodb.py"]
collect_ignore = NEEDS_BOTO3 if AIO else NEEDS_AIO

# Made up for each run's proxy; nothing else knows them.
SECRETS = {
    "UPSTREAM_SECRET": "upstream-secret",
    "SHOP_SECRET": "shop-secret-wJalrXUtnFEMI",
    "SHOP_OLD_SECRET": "shop-old-secret",
    "AUDIT_SECRET": "audit-secret-K7MDENGbPxRfi",
    "READER_SECRET": "reader-secret",
    "ADMIN_SECRET": "admin-secret",
    "STRANDED_SECRET": "stranded-secret",
}

CONFIGURATION = """
listen: 127.0.0.1:PORT
cache:
  total: 64MiB
upstreams:
  - name: main
    endpoint: UPSTREAM
    region: us-east-1
    credentials:
      access_key_id: upstream
      secret_access_key: ${UPSTREAM_SECRET}
  - name: gone
    endpoint: http://127.0.0.1:GONE
    region: us-east-1
    connect_timeout: 1s
    request_timeout: 3s
    credentials:
      access_key_id: upstream
      secret_access_key: ${UPSTREAM_SECRET}
tenants:
  - name: shop
    keys:
      - id: AKIDSHOP
        secret: ${SHOP_SECRET}
      - id: AKIDSHOPOLD
        secret: ${SHOP_OLD_SECRET}
    upstream: main
    tables: ["shop-*"]
    cache:
      ttl: 5m
      negative_ttl: 10s
      tables:
        - pattern: shop-raw
          enabled: false
        - pattern: shop-brief
          ttl: 1s
          negative_ttl: 0s
  - name: audit
    keys:
      - id: AKIDAUDIT
        secret: ${AUDIT_SECRET}
    upstream: main
    tables: ["shop-orders", "audit-*"]
  - name: reader
    keys:
      - id: AKIDREADER
        secret: ${READER_SECRET}
    upstream: main
    operations: read-only
    tables: ["shop-*"]
  - name: admin
    keys:
      - id: AKIDADMIN
        secret: ${ADMIN_SECRET}
    upstream: main
    operations: all
  - name: stranded
    keys:
      - id: AKIDSTRANDED
        secret: ${STRANDED_SECRET}
    upstream: gone
"""


def pytest_collection_modifyitems(items):
    skip = pytest.mark.skip(reason="about the proxy itself")
    for item in items:
        if servers.DIRECT and item.get_closest_marker("proxy_only"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def moto_twin(folder):
    """The server that the direct half of a comparison talks to."""
    with servers.moto(folder) as server:
        yield server


def development(folder, upstream):
    """A server with the proxy before it, and a relay between the two: `endpoint` is what clients use."""

    def start():
        with upstream(folder) as server, servers.Relay(server.endpoint) as relay:
            if servers.DIRECT:
                yield types.SimpleNamespace(endpoint=server.endpoint, relay=relay, server=server, proxy=None)
                return
            with servers.leveret_development(folder, relay.endpoint) as proxy:
                yield types.SimpleNamespace(endpoint=proxy.endpoint, relay=relay, server=server, proxy=proxy)

    return start()


@pytest.fixture(scope="session")
def on_moto(folder):
    yield from development(folder, servers.moto)


@pytest.fixture(scope="session")
def on_ministack(folder):
    yield from development(folder, servers.ministack)


@pytest.fixture(scope="session")
def on_local(folder):
    yield from development(folder, servers.leveret_local)


@pytest.fixture(scope="session")
def local(folder):
    """`leveret local`, in memory."""
    with servers.leveret_local(folder) as server:
        yield server


@pytest.fixture(scope="session")
def store(local):
    """A client of `leveret local`."""
    return dynamodb(local.endpoint)


@pytest.fixture(scope="session")
def ministack_twins(folder, on_ministack):
    """For what moto cannot do: PartiQL's writes."""
    with servers.ministack(folder) as server:
        yield Twins(dynamodb(on_ministack.endpoint), dynamodb(server.endpoint))


@pytest.fixture(scope="session", params=["moto", "ministack", "local"])
def laptop(request):
    """The proxy in development mode, before each of three servers."""
    return request.getfixturevalue(f"on_{request.param}")


@pytest.fixture(scope="session")
def twins(on_moto, moto_twin):
    return Twins(dynamodb(on_moto.endpoint), dynamodb(moto_twin.endpoint))


@pytest.fixture(scope="session")
def proxied(twins):
    return twins.proxied


numbers = itertools.count(1)


@pytest.fixture
def table_name(request):
    """A name of a table that no other test uses."""
    return f"shop-{request.node.name.split('[')[0].removeprefix('test_')[:80]}-{next(numbers)}"


class Company:
    """The proxy with several tenants, and the server behind it."""

    KEYS = {
        "shop": ("AKIDSHOP", "SHOP_SECRET"),
        "shop-old": ("AKIDSHOPOLD", "SHOP_OLD_SECRET"),
        "audit": ("AKIDAUDIT", "AUDIT_SECRET"),
        "reader": ("AKIDREADER", "READER_SECRET"),
        "admin": ("AKIDADMIN", "ADMIN_SECRET"),
        "stranded": ("AKIDSTRANDED", "STRANDED_SECRET"),
    }

    def __init__(self, endpoint, relay, server, proxy):
        self.endpoint, self.relay, self.server, self.proxy = endpoint, relay, server, proxy
        self.direct = dynamodb(server.endpoint, "upstream", SECRETS["UPSTREAM_SECRET"])
        self.clients = {}

    def key(self, tenant):
        key, secret = self.KEYS[tenant]
        return {"key": key, "secret": SECRETS[secret]}

    def tenant(self, name):
        if name not in self.clients:
            self.clients[name] = dynamodb(self.endpoint, **self.key(name))
        return self.clients[name]


@pytest.fixture(scope="session")
def company(folder):
    with servers.moto(folder) as server, servers.Relay(server.endpoint) as relay:
        if servers.DIRECT:
            yield Company(server.endpoint, relay, server, None)
            return
        text = CONFIGURATION.replace("UPSTREAM\n", relay.endpoint + "\n").replace("GONE", str(servers.free_port()))
        with servers.leveret(folder, text, SECRETS) as proxy:
            yield Company(proxy.endpoint, relay, server, proxy)


@pytest.fixture
def shop(company):
    return company.tenant("shop")


@pytest.fixture
def audit(company):
    return company.tenant("audit")
