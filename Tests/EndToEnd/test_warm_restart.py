"""`snapshot:`: what the proxy knew when it was stopped, it knows again; what may be out of date, it does not serve."""

import os
import re
import signal
import stat
import time

import pytest

import servers
from clients import cache_header, create_table, dynamodb

pytestmark = pytest.mark.proxy_only

CONFIGURATION = """
listen: 127.0.0.1:PORT
snapshot: snapshot
upstreams:
  - name: main
    endpoint: UPSTREAM
    region: us-east-1
    credentials:
      access_key_id: upstream
      secret_access_key: upstream
tenants:
  - name: shop
    keys:
      - id: AKIDSHOP
        secret: secret
    operations: all
    cache:
      tables:
        - pattern: kept
          unchanged_while_stopped: true
"""
COUNT = 40


def start(folder, upstream, text=CONFIGURATION):
    return servers.leveret(folder, text.replace("UPSTREAM\n", upstream + "\n"), {})


def client(proxy):
    if not hasattr(proxy, "client"):
        proxy.client = dynamodb(proxy.endpoint, "AKIDSHOP", "secret")
    return proxy.client


def key(number):
    return {"pk": {"S": f"k{number}"}}


def get(proxy, table, number):
    reply = client(proxy).get_item(TableName=table, Key=key(number))
    return cache_header(reply), reply.get("Item", {}).get("v", {}).get("S")


def loaded(proxy, seconds=10):
    """Waits for the line that says what was loaded; its items and frequencies."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        match = re.search(r'message="?snapshot loaded"?.*', proxy.output())
        if match:
            return {name: int(value) for name, value in re.findall(r"(items|frequencies)=(\d+)", match[0])}
        time.sleep(0.05)
    raise AssertionError(f"nothing was loaded:\n{proxy.output()}")


@pytest.fixture
def upstream(tmp_path):
    """`leveret local`, with two tables, and a relay that counts."""
    with servers.leveret_local(tmp_path) as server, servers.Relay(server.endpoint) as relay:
        direct = dynamodb(server.endpoint)
        for table in ("kept", "other"):
            create_table(direct, table)
            for number in range(COUNT):
                direct.put_item(TableName=table, Item={**key(number), "v": {"S": f"v{number}"}})
        relay.direct = direct
        yield relay


def run_once(folder, upstream, text=CONFIGURATION):
    """A proxy that reads everything and is stopped."""
    with start(folder, upstream.endpoint, text) as proxy:
        for table in ("kept", "other"):
            for number in range(COUNT + 1):
                get(proxy, table, number)
        assert get(proxy, "kept", 0) == ("hit", "v0")
        assert proxy.stop() == 0
        assert "snapshot saved" in proxy.output()


def test_items_and_frequencies_survive_a_stop(tmp_path, upstream):
    run_once(tmp_path, upstream)
    file = tmp_path / "snapshot"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not (tmp_path / "snapshot.new").exists()
    with start(tmp_path, upstream.endpoint) as proxy:
        counts = loaded(proxy)
        assert counts["items"] == COUNT + 1
        assert counts["frequencies"] == COUNT + 1
        before = upstream.count("GetItem")
        for number in range(COUNT):
            assert get(proxy, "kept", number) == ("hit", f"v{number}")
        assert get(proxy, "kept", COUNT) == ("hit", None)
        assert upstream.count("GetItem") == before
        assert get(proxy, "other", 1) == ("miss", "v1")


def test_a_write_of_the_new_process_wins(tmp_path, upstream):
    run_once(tmp_path, upstream)
    upstream.hold("DescribeTable")
    with start(tmp_path, upstream.endpoint) as proxy:
        assert upstream.arrived.wait(10)
        client(proxy).delete_item(TableName="kept", Key=key(1))
        upstream.release()
        assert loaded(proxy)["items"] == COUNT
        assert get(proxy, "kept", 1) == ("miss", None)
        client(proxy).put_item(TableName="kept", Item={**key(2), "v": {"S": "new"}})
        assert get(proxy, "kept", 2) == ("miss", "new")
        assert get(proxy, "kept", 3) == ("hit", "v3")


def test_a_killed_process_leaves_no_items(tmp_path, upstream):
    run_once(tmp_path, upstream)
    with start(tmp_path, upstream.endpoint) as proxy:
        loaded(proxy)
        client(proxy).put_item(TableName="kept", Item={**key(1), "v": {"S": "new"}})
        assert proxy.stop(signal.SIGKILL) == -signal.SIGKILL
    with start(tmp_path, upstream.endpoint) as proxy:
        counts = loaded(proxy)
        assert counts["items"] == 0
        assert counts["frequencies"] > COUNT
        assert get(proxy, "kept", 1) == ("miss", "new")
        assert "was not stopped cleanly" in proxy.output()


@pytest.mark.parametrize("damage", ["foreign", "cut", "bit"])
def test_a_file_that_is_not_right_is_a_cold_start(tmp_path, upstream, damage):
    run_once(tmp_path, upstream)
    file = tmp_path / "snapshot"
    whole = bytearray(file.read_bytes())
    if damage == "foreign":
        whole = b"not a snapshot\n"
    elif damage == "cut":
        del whole[-10:]
    else:
        whole[-100] ^= 1
    file.write_bytes(whole)
    with start(tmp_path, upstream.endpoint) as proxy:
        assert get(proxy, "kept", 1) == ("miss", "v1")
        deadline = time.monotonic() + 10
        while "snapshot refused" not in proxy.output() and time.monotonic() < deadline:
            time.sleep(0.05)
        lines = [line for line in proxy.output().splitlines() if "snapshot refused" in line]
        assert len(lines) == 1 and "reason=" in lines[0]
        assert get(proxy, "kept", 1) == ("hit", "v1")
        assert proxy.stop() == 0
    with start(tmp_path, upstream.endpoint) as proxy:
        assert loaded(proxy)["items"] == 1


def test_a_path_that_cannot_be_written_is_a_mistake(tmp_path):
    text = CONFIGURATION.replace("snapshot: snapshot", "snapshot: gone/snapshot")
    file = tmp_path / "leveret.yaml"
    file.write_text(text.replace("PORT", "0").replace("UPSTREAM\n", "http://127.0.0.1:1\n"))
    for command in (["check-config", file], ["serve", "--config", file]):
        done = servers.run_leveret(*command)
        assert done.returncode == 2
        assert "snapshot: the file 'gone/snapshot' can't be written" in done.stderr
    if os.getuid() != 0:
        locked = tmp_path / "locked"
        locked.mkdir(mode=0o500)
        file.write_text(file.read_text().replace("gone/", "locked/"))
        assert servers.run_leveret("check-config", file).returncode == 2
