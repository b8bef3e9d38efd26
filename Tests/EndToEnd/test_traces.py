"""`leveret replay` and `leveret mrc`, and traces that the proxy records."""

import json
import lzma
import os
import pty
import random
import signal
import stat
import subprocess
import time

import pytest

import servers
from clients import create_table, dynamodb

pytestmark = pytest.mark.proxy_only

HEADER = "ts,op,key,key_size,value_size,ttl\n"
USAGE = 64


def lines(requests=8_000, keys=600, seed=1):
    choice = random.Random(seed)
    weights = [1 / (rank + 1) for rank in range(keys)]
    for number, key in enumerate(choice.choices(range(keys), weights, k=requests)):
        yield f"{number / 1000},{'s' if number % 20 == 0 else 'g'},key-{key},16,{key * 37 % 900 + 10},0\n"


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    path = tmp_path_factory.mktemp("traces") / "trace.csv"
    path.write_text(HEADER + "".join(lines()))
    return path


def run(*arguments, stdin=b"", seconds=60):
    return subprocess.run(
        [servers.leveret_binary(), *map(str, arguments)], input=stdin, capture_output=True, timeout=seconds
    )


def replay(*arguments, **options):
    done = run("replay", *arguments, "--json", **options)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    return json.loads(done.stdout)


def test_replay_tells_each_size(trace):
    results = replay("--trace", trace, "--cache", "32KiB,25%,1MB")
    assert [result["cache"] for result in results] == [32768, results[1]["cache"], 1_000_000]
    for result in results:
        assert result["policy"] == "lazy-gdsf" and result["accounting"] == "payload"
        assert result["requests"] == 8_000 and result["reads"] == 7_600 and result["writes"] == 400
        assert result["hits"] + result["misses"] == result["reads"]
        assert result["request_miss_ratio"] == pytest.approx(result["misses"] / result["reads"])
        assert 0 < result["items"] <= 600 and result["payload_bytes"] <= result["cache"]
        overhead = (result["memory_bytes"] - result["payload_bytes"]) / result["items"]
        assert result["overhead_bytes_per_item"] == pytest.approx(overhead)
    assert results[0]["request_miss_ratio"] > results[1]["request_miss_ratio"] > results[2]["request_miss_ratio"]


def test_the_same_from_a_file_from_xz_and_from_standard_input(trace, tmp_path):
    text = trace.read_bytes()
    middle = text.index(b"\n", len(text) // 2) + 1
    packed = tmp_path / "trace.csv.xz"
    packed.write_bytes(lzma.compress(text[:middle]) + lzma.compress(text[middle:]))
    odd = tmp_path / "odd-name"
    odd.write_bytes(packed.read_bytes())
    windows = tmp_path / "windows.csv"
    windows.write_bytes(text.replace(b"\n", b"\r\n"))
    arguments = ["--cache", "10%,100KiB", "--policy", "lru"]
    expected = replay("--trace", trace, *arguments)
    for path in (packed, odd, windows):
        assert replay("--trace", path, *arguments) == expected
    assert replay("--trace", "-", *arguments, stdin=text) == expected
    assert replay("--trace", "-", *arguments, stdin=packed.read_bytes()) == expected
    assert replay("--trace", "/dev/stdin", *arguments, stdin=text) == expected


@pytest.mark.parametrize("policy", ["lru", "s3fifo", "lazy-gdsf"])
@pytest.mark.parametrize("accounting", ["payload", "memory"])
def test_every_policy_and_accounting(trace, policy, accounting):
    for weights in ("requests", "rcu", "egress"):
        (result,) = replay(
            "--trace", trace, "--cache", "100KiB", "--policy", policy, "--accounting", accounting, "--weights", weights
        )
        assert (result["policy"], result["accounting"]) == (policy, accounting)
        assert 0 < result["request_miss_ratio"] < 1
        assert (result["memory_bytes"] <= 105 << 10) == (accounting == "memory")


def test_options_that_change_what_is_counted(trace):
    (whole,) = replay("--trace", trace, "--cache", "50KiB")
    (warm,) = replay("--trace", trace, "--cache", "50KiB", "--warmup", "4000")
    (dropping,) = replay("--trace", trace, "--cache", "50KiB", "--writes", "drop")
    assert warm["requests"] == 4_000 and warm["request_miss_ratio"] < whole["request_miss_ratio"]
    assert dropping["request_miss_ratio"] > whole["request_miss_ratio"]


def test_a_table_for_people(trace):
    done = run("replay", "--trace", trace, "--cache", "64KiB,1MiB")
    assert done.returncode == 0 and done.stderr == b""
    head, blank, names, *rows = done.stdout.decode().splitlines()
    assert head == "lazy-gdsf, payload accounting, 8000 requests, 7600 reads" and blank == ""
    assert names.split()[:3] == ["cache", "request", "miss"]
    assert [row.split()[0] for row in rows] == ["64KiB", "1MiB"]


def curve(*arguments):
    done = run("mrc", *arguments, "--json")
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    result = json.loads(done.stdout)
    assert len(result["sizes"]) == len(result["miss_ratio"]) == len(result["error"]) > 0
    assert result["sizes"] == sorted(result["sizes"])
    return result


def lru_hits(size):
    """By hand: a read hits if the bytes of the keys since its last use, its own included, are at most the size."""
    stack, hits = {}, 0
    for line in lines(4_000, 200):
        _, op, key, key_size, value_size, _ = line.split(",")
        if key in stack and op == "g":
            held = list(stack)
            hits += sum(stack[other] for other in held[held.index(key):]) <= size
        stack.pop(key, None)
        stack[key] = int(key_size) + int(value_size)
    return hits


def test_exact_curve_of_lru(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text("".join(lines(4_000, 200)))
    sizes = [5_000, 20_000, 60_000]
    exact = curve("--trace", path, "--exact", "--policy", "lru", "--sizes", ",".join(map(str, sizes)))
    assert exact["exact"] is True and exact["sizes"] == sizes and exact["error"] == [0, 0, 0]
    hits = [round((1 - ratio) * exact["reads"]) for ratio in exact["miss_ratio"]]
    assert hits == [lru_hits(size) for size in sizes]


@pytest.mark.parametrize("policy", ["lru", "s3fifo", "lazy-gdsf"])
def test_estimated_curves_are_near_the_exact_ones(trace, policy):
    sizes = "20%,40%,60%,80%,100%"
    exact = curve("--trace", trace, "--exact", "--policy", policy, "--sizes", sizes)
    estimated = curve("--trace", trace, "--policy", policy, "--sizes", sizes)
    assert exact["exact"] is True and estimated["exact"] is False
    # Fewer keys than are sampled.
    gaps = [abs(one - other) for one, other in zip(exact["miss_ratio"], estimated["miss_ratio"], strict=True)]
    assert sum(gaps) / len(gaps) < 0.02
    anchored = curve("--trace", trace, "--policy", policy, "--cache", "50KiB", "--sizes", "50KiB")
    (result,) = replay("--trace", trace, "--policy", policy, "--cache", "50KiB")
    assert anchored["miss_ratio"][0] == pytest.approx(result["request_miss_ratio"], abs=0.01)


@pytest.mark.parametrize(
    "text, expected",
    [
        (b"", "it has no reads"),
        (HEADER.encode(), "it has no reads"),
        (b"1,s,a,1,1,0\n", "it has no reads"),
        (b"1,g,a,1,1,0\nnonsense\n", "line 2: ts 'nonsense' is not a number of seconds"),
        (b"1,g,a,1,1\n", "line 1: ttl is missing"),
        (b"1,g," + b"k" * 9_000 + b",1,1,0\n", "line 1: it is longer than 8192 bytes"),
        (lzma.compress(b"1,g,a,1,1,0\n" * 100)[:-10], "the compressed data is cut off"),
        (lzma.compress(b"1,g,a,1,1,0\n" * 100) + b"rubbish, not xz", "the compressed data is corrupt"),
        (b"\x1f\x8b\x08\x00\x00", "it is compressed with gzip; decompress it and pipe it in: --trace -"),
    ],
    ids=lambda value: None if isinstance(value, str) else "",
)
def test_traces_that_can_not_be_read(tmp_path, text, expected):
    path = tmp_path / "trace"
    path.write_bytes(text)
    for command in (["replay", "--cache", "1MiB"], ["mrc"], ["mrc", "--exact"]):
        done = run(*command, "--trace", path)
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr.decode() == f"leveret: {path}: {expected}\n"
        done = run(*command, "--trace", "-", stdin=text)
        assert done.returncode == 1 and done.stderr.decode() == f"leveret: standard input: {expected}\n"


def test_files_that_can_not_be_read(tmp_path):
    for path, expected in ((tmp_path / "nowhere", "no such file or directory"), (tmp_path, "is a directory")):
        done = run("replay", "--cache", "1MiB", "--trace", path)
        assert done.returncode == 1 and done.stderr.decode() == f"leveret: {path}: {expected}\n"


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["replay"], "--trace <file>"),
        (["replay", "--trace", "x"], "--cache <size,...>"),
        (["replay", "--trace", "x", "--cache", "64M"], "'64M' is invalid for '--cache <size,...>'"),
        (["replay", "--trace", "x", "--cache", "0"], "'0' is invalid"),
        (["replay", "--trace", "x", "--cache", "1MiB,"], "is invalid"),
        (["replay", "--trace", "x", "--cache", "-5%"], "--cache"),
        (["replay", "--trace", "x", "--cache", "1MiB", "--policy", "arc"], "'arc' is invalid for '--policy <policy>'"),
        (["replay", "--trace", "x", "--cache", "1MiB", "--accounting", "none"], "'none' is invalid"),
        (["replay", "--trace", "x", "--cache", "1MiB", "--warmup", "-1"], "--warmup"),
        (["replay", "--trace", "x", "--cache", "1MiB", "--exact"], "Unknown option '--exact'"),
        (["mrc", "--trace", "x", "--exact", "--cache", "1MiB"], "--cache anchors an estimate"),
        (["mrc", "--trace", "x", "--cache", "1MiB,2MiB"], "--cache is one size here"),
    ],
)
def test_wrong_options(arguments, expected):
    done = servers.run_leveret(*arguments)
    assert done.returncode == USAGE and done.stdout == ""
    assert expected in done.stderr


def test_help_tells_what_there_is():
    assert "replay" in servers.run_leveret("--help").stdout and "mrc" in servers.run_leveret("--help").stdout
    for command in ("replay", "mrc"):
        done = servers.run_leveret(command, "--help")
        assert done.returncode == 0
        for option in ("--trace", "--cache", "--policy", "--accounting", "--warmup", "--json", "docs/replay.md"):
            assert option in done.stdout


def test_a_closed_pipe_is_no_crash(trace):
    script = f"'{servers.leveret_binary()}' mrc --exact --policy lru --trace '{trace}'; echo $? >&2"
    done = subprocess.run(["sh", "-c", f"({script}) | true"], capture_output=True, text=True, timeout=60)
    assert done.stderr.split() == ["0"]


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_tidies_the_terminal(sign):
    screen, terminal = pty.openpty()
    process = subprocess.Popen(
        [servers.leveret_binary(), "replay", "--trace", "-", "--cache", "1MiB"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    try:
        os.close(terminal)
        shown = b""
        deadline = time.monotonic() + 30
        text = "".join(lines(70_000)).encode()
        os.set_blocking(screen, False)
        while b"reading:" not in shown and time.monotonic() < deadline:
            process.stdin.write(text)
            process.stdin.flush()
            try:
                shown += os.read(screen, 4096)
            except BlockingIOError:
                pass
        assert b"reading: " in shown and b" requests, " in shown
        process.send_signal(sign)
        assert process.wait(15) == 128 + sign
        shown += os.read(screen, 4096)
        assert shown.endswith(b" \r")
    finally:
        process.kill()
        process.wait(10)
        os.close(screen)


# Recording.

CONFIGURATION = """
listen: 127.0.0.1:PORT
upstreams:
  - name: main
    endpoint: embedded
tenants:
  - name: one
    upstream: main
    keys: [{id: AKIDONE, secret: "${ONE_SECRET}"}]
    operations: all
    cache: {ttl: 90s, negative_ttl: 5s, tables: [{pattern: "uncached", enabled: false}]}
  - name: two
    upstream: main
    keys: [{id: AKIDTWO, secret: "${TWO_SECRET}"}]
    operations: all
reactors: 2
coherence: {consistent_read_after_write: 0}
trace: TRACE
"""
SECRETS = {"ONE_SECRET": "secret-of-one-000", "TWO_SECRET": "secret-of-two-000"}


def recorder(folder, trace):
    return servers.leveret(folder, CONFIGURATION.replace("TRACE", json.dumps(trace)), SECRETS)


def records(path):
    header, *rows = path.read_text().splitlines()
    assert header + "\n" == HEADER
    return [dict(zip(header.split(","), row.split(","), strict=True)) for row in rows]


def test_recording_and_its_replay(tmp_path):
    path = tmp_path / "recorded.csv"
    begin = time.time()
    with recorder(tmp_path, {"path": str(path), "max_size": "1MiB"}) as proxy:
        one = dynamodb(proxy.endpoint, "AKIDONE", SECRETS["ONE_SECRET"])
        two = dynamodb(proxy.endpoint, "AKIDTWO", SECRETS["TWO_SECRET"])
        for table in ("things", "uncached"):
            create_table(one, table)

        def key(name):
            return {"pk": {"S": name}}

        def read(client, name, table="things", **options):
            return client.get_item(TableName=table, Key=key(name), **options)

        item = {**key("secret-name"), "text": {"S": "x" * 5_000}}
        one.put_item(TableName="things", Item=item)
        one.put_item(TableName="uncached", Item=item)
        read(one, "secret-name", "uncached")
        for _ in range(3):
            read(one, "secret-name")
        read(one, "secret-name", ConsistentRead=True)
        read(one, "secret-name", ProjectionExpression="pk")
        read(two, "secret-name")
        read(one, "nobody")
        read(one, "nobody")
        for _ in range(2):
            one.batch_get_item(RequestItems={"things": {"Keys": [key("secret-name"), key("nobody"), key("third")]}})
        one.update_item(
            TableName="things",
            Key=key("secret-name"),
            UpdateExpression="SET n = :n",
            ExpressionAttributeValues={":n": {"N": "1"}},
        )
        one.delete_item(TableName="things", Key=key("secret-name"))
        read(one, "secret-name")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert proxy.stop() == 0
        assert "message=\"trace recorded\"" in proxy.output()

    text = path.read_text()
    for word in ("secret-name", "nobody", "things", "one"):
        assert word not in text
    found = records(path)
    # Two workers hand their requests over one after the other; keys and kinds are what counts.
    names = {}
    for record in found:
        assert begin - 1 <= float(record["ts"]) <= time.time() + 1
        names.setdefault(record["key"], []).append(record)
    assert len(names) == 4
    by_size = {tuple(sorted((r["op"], int(r["value_size"]) > 5_000) for r in rows)): rows for rows in names.values()}
    mine = by_size[
        tuple(sorted([("s", True), *[("g", True)] * 6, ("s", False), ("d", False), ("g", False)]))
    ]
    assert {r["ttl"] for r in mine if r["op"] == "g"} == {"90", "5"}
    assert (("g", True),) in by_size
    # Absent: asked for twice alone, or only in the batches.
    assert by_size[(("g", False),) * 4] and by_size[(("g", False),) * 2]

    (result,) = replay("--trace", path, "--cache", "1MiB", "--policy", "lru", "--writes", "drop")
    assert result["requests"] == len(found) and result["reads"] == 14
    assert curve("--trace", path, "--exact", "--policy", "lru")["reads"] == 14


def test_a_recording_ends_at_its_full_size(tmp_path):
    path = tmp_path / "full.csv"
    with recorder(tmp_path, {"path": str(path), "max_size": "64KiB"}) as proxy:
        client = dynamodb(proxy.endpoint, "AKIDONE", SECRETS["ONE_SECRET"])
        create_table(client, "things")
        for turn in range(20):
            keys = [{"pk": {"S": f"{turn}-{number}"}} for number in range(100)]
            client.batch_get_item(RequestItems={"things": {"Keys": keys}})
        deadline = time.monotonic() + 10
        while "nothing more is recorded" not in proxy.output() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert proxy.output().count("nothing more is recorded") == 1
        client.batch_get_item(RequestItems={"things": {"Keys": keys}})
        assert proxy.stop() == 0
        assert "trace recorded" not in proxy.output()
    assert 64 << 10 <= path.stat().st_size < (64 << 10) + 100
    assert replay("--trace", path, "--cache", "1MiB")[0]["reads"] == len(records(path))


def test_a_file_that_is_there_is_not_overwritten(tmp_path):
    path = tmp_path / "there.csv"
    path.write_text("precious")
    file = tmp_path / "leveret.yaml"
    configuration = CONFIGURATION.replace("PORT", str(servers.free_port()))
    file.write_text(configuration.replace("TRACE", json.dumps({"path": str(path)})))
    done = servers.run_leveret("serve", "--config", file, environment=SECRETS)
    assert done.returncode == 1
    assert f"leveret: trace: {path}: file exists; name a file that is not there yet" in done.stderr
    assert path.read_text() == "precious"


@pytest.mark.parametrize(
    "trace, expected",
    [
        ({"path": "/nowhere/at/all.csv"}, "trace.path: the file '/nowhere/at/all.csv' can't be written"),
        ({"max_size": "1GiB"}, "trace.path: missing; name the file to record in"),
        ({"path": "x.csv", "max_size": "1"}, "trace.max_size: '1' is out of range"),
        ({"path": "x.csv", "size": "1GiB"}, "trace.size: unknown key"),
        ("x.csv", "trace: a single value where a mapping belongs"),
    ],
)
def test_mistakes_in_the_configuration(tmp_path, trace, expected):
    file = tmp_path / "leveret.yaml"
    file.write_text(CONFIGURATION.replace("PORT", "0").replace("TRACE", json.dumps(trace)))
    done = servers.run_leveret("check-config", file, environment=SECRETS)
    assert done.returncode == 2 and expected in done.stderr


def test_a_proxy_that_can_not_start_leaves_no_file(tmp_path, local):
    path = tmp_path / "recorded.csv"
    file = tmp_path / "leveret.yaml"
    file.write_text(CONFIGURATION.replace("PORT", str(local.port)).replace("TRACE", json.dumps({"path": str(path)})))
    done = servers.run_leveret("serve", "--config", file, environment=SECRETS)
    assert done.returncode == 1 and "in use" in done.stderr
    assert not path.exists()
