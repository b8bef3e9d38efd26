"""`leveret bench` against the embedded store, the proxy in development mode, and signed tenants."""

import http.server
import json
import os
import pty
import signal
import subprocess
import threading
import time
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

import servers
from clients import dynamodb

pytestmark = pytest.mark.proxy_only

USAGE = 64
LOCAL = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
SECRETS = {"ONE_SECRET": "one-secret", "TWO_SECRET": "two-secret"}
CONFIGURATION = """
listen: 127.0.0.1:PORT
upstreams:
  - name: store
    endpoint: embedded
tenants:
  - name: one
    upstream: store
    keys: [{id: AKIDONE, secret: "${ONE_SECRET}"}]
    tables: ["one-*"]
  - name: two
    upstream: store
    keys: [{id: AKIDTWO, secret: "${TWO_SECRET}"}]
    tables: ["two-*"]
"""


def bench(endpoint, *arguments, environment=None, code=0, seconds=60):
    done = servers.run_leveret(
        "bench", "--endpoint", endpoint, *arguments, environment={**LOCAL, **(environment or {})}, seconds=seconds
    )
    assert done.returncode == code, done.stderr + done.stdout
    return done


def measured(endpoint, *arguments, **options):
    return json.loads(bench(endpoint, *arguments, "--json", **options).stdout)


def running(command):
    """A run that has begun to measure: it has told so on standard error."""
    process = subprocess.Popen(
        [*command, "--interval", "200ms", "--progress"], env={**os.environ, **LOCAL}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    for line in process.stderr:
        if b" p99 " in line:
            return process
    raise AssertionError(f"it ended with {process.wait()}")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    with servers.leveret_development(tmp_path_factory.mktemp("bench")) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def tenants(tmp_path_factory):
    with servers.leveret(tmp_path_factory.mktemp("bench"), CONFIGURATION, SECRETS) as proxy:
        yield proxy


def test_create_load_and_read(proxy):
    report = measured(
        proxy.endpoint, "--table", "bench-read", "--create", "--load", "--keys", 500, "--size", "lognormal:300:3000",
        "--requests", 5000, "--connections", 8, "--threads", 2,
    )
    assert report["total"]["operations"] == 5000 and report["total"]["failed"] == 0
    assert report["total"]["hits"] + report["total"]["misses"] == 5000 and report["total"]["hits"] > 4000
    latency = report["tenants"][0]["kinds"]["get"]["latency_us"]
    assert latency["count"] == 5000
    assert 0 < latency["min"] <= latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["p99.9"] <= latency["max"]
    assert report["client"]["signatures"] < 100
    client = dynamodb(proxy.endpoint)
    pages = [client.scan(TableName="bench-read")]
    while key := pages[-1].get("LastEvaluatedKey"):
        pages.append(client.scan(TableName="bench-read", ExclusiveStartKey=key))
    items = [item for page in pages for item in page["Items"]]
    assert len(items) == 500 and set(items[0]) == {"id", "payload"}
    sizes = sorted(len(item["payload"]["S"]) + 22 for item in items)
    assert 200 < sizes[250] < 400 and sizes[-1] > 1000


@pytest.mark.parametrize(
    "mix, kinds",
    [
        ("ycsb-a", {"get", "update"}),
        ("ycsb-b", {"get", "update"}),
        ("ycsb-c", {"get"}),
        ("ycsb-d", {"get", "insert"}),
        ("ycsb-e", {"query", "insert"}),
        ("ycsb-f", {"get", "update", "read-modify-write"}),
        ("get=0.5,put=0.2,delete=0.2,batch-get=0.1:10", {"get", "put", "delete", "batch-get"}),
    ],
)
def test_mixes(proxy, mix, kinds):
    table = f"mix-{mix.replace('=', '').replace(',', '').replace(':', '')}"
    report = measured(
        proxy.endpoint, "--table", table, "--create", "--load", "--keys", 300, "--size", "uniform:100-500",
        "--mix", mix, "--requests", 1000,
    )
    assert report["total"]["operations"] == 1000 and report["total"]["failed"] == 0, report["total"]["errors"]
    assert set(report["total"]["kinds"]) == kinds
    if mix.startswith("ycsb"):
        assert report["total"]["absent"] == 0


@pytest.mark.parametrize("distribution", ["zipf:1.2", "uniform", "scan", "latest", "hotspot:0.1:0.9"])
def test_distributions(proxy, distribution):
    table = f"dist-{distribution.replace(':', '-')}"
    report = measured(
        proxy.endpoint, "--table", table, "--create", "--load", "--keys", 200, "--distribution", distribution,
        "--requests", 600, "--connections", 1, "--consistent", 0.2,
    )
    assert report["total"]["operations"] == 600 and report["total"]["cache"]["consistent-read"] > 60


def test_a_trace(proxy, tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text("".join(f"{n},{'s' if n % 5 == 0 else 'g'},key-{n % 40},6,{100 + n % 40},0\n" for n in range(400)))
    report = measured(
        proxy.endpoint, "--table", "bench-trace", "--create", "--load", "--distribution", f"trace:{path}",
        "--requests", 800, "--connections", 4,
    )
    kinds = report["total"]["kinds"]
    assert kinds["get"]["operations"] == 640 and kinds["put"]["operations"] == 160
    assert dynamodb(proxy.endpoint).scan(TableName="bench-trace", Select="COUNT")["Count"] == 40


def test_signed_tenants_at_once(tenants, tmp_path):
    plan = tmp_path / "plan.json"
    plan.write_text(
        json.dumps(
            {
                "tenants": [
                    {"name": "one", "key": "AKIDONE", "secret_env": "ONE_SECRET", "table": "one-items", "rate": 200},
                    {"name": "two", "key": "AKIDTWO", "secret_env": "TWO_SECRET", "table": "two-items",
                     "mix": "get=0.5,put=0.5", "distribution": "uniform", "think": "1ms", "connections": 2},
                ]
            }
        )
    )
    report = measured(
        tenants.endpoint, "--plan", plan, "--keys", 100, "--create", "--load", "--warmup", "300ms", "--duration", "2s",
        "--interval", "500ms", environment=SECRETS,
    )
    one, two = report["tenants"]
    assert (one["name"], two["name"]) == ("one", "two") and report["total"]["failed"] == 0
    assert one["rate"] == 200 and "rate" not in two
    assert 250 < one["operations"] + one["late"] + one["unfinished"] < 550 and set(one["kinds"]) == {"get"}
    assert two["operations"] > 50 and set(two["kinds"]) == {"get", "put"}
    counting = [point for point in report["series"] if not point["warmup"]]
    assert len(counting) == 4 and len(report["series"]) == 5
    for tenant in report["tenants"]:
        assert sum(point["tenants"][tenant["name"]]["operations"] for point in counting) == tenant["operations"]


def test_tenants_on_the_command_line_and_the_table(tenants, tmp_path):
    histogram = tmp_path / "latency.hgrm"
    done = bench(
        tenants.endpoint,
        "--tenant", "name=one,key=AKIDONE,secret_env=ONE_SECRET,table=one-b,mix=get=0.5+put=0.5",
        "--tenant", "name=two,key=AKIDTWO,secret=two-secret,table=two-b,keys=50,expected_interval=100us",
        "--create", "--load", "--keys", 100, "--requests", 300, "--histogram", histogram, "--progress",
        environment=SECRETS,
    )
    rows = [line.split()[0] for line in done.stdout.splitlines()]
    assert rows[1:5] == ["one", "get", "put", "two"] and "total" in rows
    assert "get, corrected" in done.stdout and " ops/s " in done.stderr
    text = histogram.read_text()
    assert "#[one: put, microseconds]" in text and "#[two: get, corrected, microseconds]" in text


def test_what_would_fail_all_is_told_first(tenants, proxy):
    key = ["--access-key-id", "AKIDONE", "--table", "one-c", "--duration", "60s"]
    done = bench(tenants.endpoint, *key, "--secret-access-key", "wrong", code=1)
    assert "refuses the credentials: InvalidSignatureException: " in done.stderr and done.stdout == ""
    done = bench(tenants.endpoint, *key, "--secret-access-key", SECRETS["ONE_SECRET"], code=1)
    assert "has no table one-c in us-east-1; --create makes it" in done.stderr and done.stdout == ""
    bench(proxy.endpoint, "--table", "bench-plain", "--create", "--requests", 1)
    done = bench(proxy.endpoint, "--table", "bench-plain", "--mix", "ycsb-e", code=1)
    assert "the key of table bench-plain is (id); the mix needs (id, seq)" in done.stderr


def test_errors_are_quoted(tenants):
    tenant = "name=two,key=AKIDTWO,secret=two-secret,table=one-x"
    done = bench(tenants.endpoint, "--tenant", tenant, "--requests", 20, code=1)
    assert "two: AccessDeniedException 20: " in done.stdout


def test_items_that_are_not_there_are_told(proxy):
    done = bench(proxy.endpoint, "--table", "bench-absent", "--create", "--requests", 30)
    assert "30 items that were read are not there; --load writes them" in done.stdout


def test_a_profile(tenants, tmp_path):
    file = tmp_path / "credentials"
    file.write_text(f"[load]\naws_access_key_id = AKIDONE\naws_secret_access_key = {SECRETS['ONE_SECRET']}\n")
    environment = {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
    run = ["--table", "one-profile", "--create", "--requests", 10]
    # A profile that is asked for goes before the environment's key, which the proxy does not know.
    bench(tenants.endpoint, *run, "--profile", "load", environment=environment)
    nothing = {**environment, "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    bench(tenants.endpoint, *run, environment={**nothing, "AWS_PROFILE": "load"})
    done = bench(tenants.endpoint, *run, environment=nothing, code=USAGE)
    assert "no profile [default]" in done.stderr


TLS_CONFIGURATION = CONFIGURATION.replace(
    "listen: 127.0.0.1:PORT",
    'listen: ["127.0.0.1:PORT", {address: "127.0.0.1:SECURE", tls: {certificate: CERTIFICATE, key: KEY}}]',
)


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A proxy that listens with TLS besides; its https endpoint and the certificate."""
    folder = tmp_path_factory.mktemp("bench-tls")
    certificate, key, port = folder / "tls.crt", folder / "tls.key", servers.free_port()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
         "/CN=proxy", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-out", certificate, "-keyout", key],
        check=True, capture_output=True,
    )
    text = TLS_CONFIGURATION
    for name, value in {"SECURE": port, "CERTIFICATE": certificate, "KEY": key}.items():
        text = text.replace(name, str(value), 1)
    with servers.leveret(folder, text, SECRETS):
        yield f"https://127.0.0.1:{port}", certificate


ONE = ["--access-key-id", "AKIDONE", "--secret-access-key", SECRETS["ONE_SECRET"]]


def test_https(secure):
    endpoint, certificate = secure
    run = [*ONE, "--table", "one-tls", "--keys", 200, "--requests", 2000, "--connections", 4, "--threads", 2]
    report = measured(endpoint, *run, "--create", "--load", "--ca-file", certificate)["total"]
    assert report["operations"] == 2000 and report["failed"] == 0 and report["hits"] > 1500
    assert report["reconnects"] == 0
    for trust in (["--insecure"], ["--no-verify-ssl"], ["--ca-bundle", certificate]):
        assert measured(endpoint, *run, *trust)["total"]["operations"] == 2000
    assert measured(endpoint, *run, environment={"AWS_CA_BUNDLE": str(certificate)})["total"]["operations"] == 2000


def test_https_that_is_not_trusted_ends_at_once(secure):
    endpoint, certificate = secure
    run = [*ONE, "--table", "one-tls", "--duration", "60s"]
    done = bench(endpoint, *run, code=1)
    assert "TLS: certificate refused: self-signed certificate; --ca-file names" in done.stderr
    done = bench(endpoint.replace("127.0.0.1", "localhost"), *run, "--ca-file", certificate, code=1)
    assert "TLS: certificate refused: hostname mismatch" in done.stderr
    done = bench(endpoint, *run, "--ca-file", "/nowhere.pem", code=1)
    assert "cannot load certificates to trust from /nowhere.pem" in done.stderr
    done = bench(endpoint.replace("https", "http"), *run, code=1)
    assert "https" in done.stderr and done.stdout == ""


def test_https_to_a_server_without_it(proxy):
    done = bench(proxy.endpoint.replace("http", "https"), "--table", "bench-plain", "--duration", "60s", code=1)
    assert "TLS: the server does not speak TLS; is it an http:// endpoint?" in done.stderr


def test_a_traces_own_times(proxy, tmp_path):
    path = tmp_path / "timed.csv"
    path.write_text("".join(f"{1000 + n / 10},{'s' if n % 5 == 0 else 'g'},key-{n},6,90,0\n" for n in range(200)))
    begin = time.monotonic()
    report = measured(
        proxy.endpoint, "--table", "bench-timed", "--create", "--load", "--distribution", f"trace:{path}",
        "--trace-timing", 10, "--interval", "500ms",
    )
    total = report["total"]
    # 19.9 s at ten times the speed, once.
    assert total["operations"] == 200 and total["kinds"]["put"]["operations"] == 40 and total["unfinished"] == 0
    assert 1.9 < total["seconds"] < 4 and time.monotonic() - begin < 30
    # 50 are due in each; none would be left by then if they had not their own times.
    assert 10 < report["series"][1]["tenants"]["default"]["operations"] < 120


def test_a_server_that_goes_away_and_comes_back(tmp_path):
    with servers.leveret_local(tmp_path) as store:
        run = ["--table", "bench-gone", "--keys", 50, "--connections", 64]
        bench(store.endpoint, *run, "--create", "--load", "--requests", 1)
        command = [servers.leveret_binary(), "bench", "--endpoint", store.endpoint, *map(str, run), "--duration", "4s",
                   "--json"]
        process = running(command)
        store.stop(signal.SIGKILL)
        out, _ = process.communicate(timeout=20)
    report = json.loads(out)
    errors = report["total"]["errors"]
    assert process.returncode == 0 and report["total"]["operations"] > 0
    # 64 connections, each again after a pause that grows up to a second.
    assert 64 <= errors["connect: Connection refused"] < 64 * 20


def test_throttling_is_counted_apart(tmp_path):
    with servers.leveret_local(tmp_path) as store:
        bench(store.endpoint, "--table", "bench-throttled", "--create", "--load", "--keys", 50, "--requests", 1)
        text = json.dumps({"faults": [{"kind": "error", "error": "ThrottlingException", "probability": 0.3}]})
        call = urllib.request.Request(store.endpoint + "/_leveret/service", text.encode(), method="PUT")
        urllib.request.urlopen(call).close()
        report = measured(store.endpoint, "--table", "bench-throttled", "--keys", 50, "--requests", 1000)["total"]
        assert 200 < report["throttled"]["ThrottlingException"] < 400
        assert report["operations"] + report["failed"] == 1000 and report["errors"] == {}
        report = measured(
            store.endpoint, "--table", "bench-throttled", "--keys", 50, "--requests", 200, "--retries", 30
        )["total"]
        assert report["operations"] == 200 and report["failed"] == 0 and report["retries"] > 30


class Recorder(http.server.BaseHTTPRequestHandler):
    """Answers all with an empty object, and keeps what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((dict(self.headers), body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


@pytest.fixture
def recorder():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        server.seen = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("sign", ["prepared", "always"])
@pytest.mark.parametrize("token", ["", 'tok/en+="&'])
def test_signatures_are_those_of_botocore(recorder, sign, token):
    secret, endpoint = "s+/=x", f"http://127.0.0.1:{recorder.server_port}"
    environment = {"AWS_ACCESS_KEY_ID": "AKID.x", "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}
    bench(endpoint, "--table", 'Odd "table"_.-', "--region", "eu-west-3", "--requests", 300, "--keys", 20,
          "--mix", "get=1,put=1,insert=1,update=1,delete=1,batch-get=1:5,query=1:9,read-modify-write=1",
          "--sign", sign, environment=environment)
    operations = set()
    for headers, body in recorder.seen:
        headers = {name.lower(): value for name, value in headers.items()}
        operations.add(headers["x-amz-target"])
        names = headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
        assert {"host", "x-amz-date", "x-amz-target"} <= set(names) and json.loads(body)
        assert ("x-amz-security-token" in names) == bool(token) and headers.get("x-amz-security-token", "") == token
        request = botocore.awsrequest.AWSRequest(
            method="POST", url=endpoint + "/", data=body, headers={name: headers[name] for name in names},
        )
        request.context["timestamp"] = headers["x-amz-date"]
        referee = botocore.auth.SigV4Auth(botocore.credentials.Credentials("AKID.x", secret), "dynamodb", "eu-west-3")
        text = referee.string_to_sign(request, referee.canonical_request(request))
        assert headers["authorization"].endswith("Signature=" + referee.signature(text, request))
    assert len(operations) == 7


def test_a_rate_that_is_not_kept_is_told(tmp_path):
    with servers.leveret_local(tmp_path) as store:
        run = ["--table", "bench-behind", "--keys", 50, "--connections", 2, "--duration", "1s"]
        bench(store.endpoint, *run, "--create", "--load")
        text = json.dumps({"read_latency": "100ms"})
        call = urllib.request.Request(store.endpoint + "/_leveret/service", text.encode(), method="PUT")
        urllib.request.urlopen(call).close()
        report = measured(store.endpoint, *run, "--rate", 200, "--arrivals", "uniform")["tenants"][0]
        # Two connections of ten a second each.
        assert 0 < report["operations"] <= 20 and 0 < report["late"] <= 22
        assert report["operations"] + report["late"] + report["unfinished"] == 200
        get = report["kinds"]["get"]
        assert get["latency_us"]["count"] == 200 and get["latency_us"]["p50"] > 500_000
        done = bench(store.endpoint, *run, "--rate", 200)
        assert "default: the rate of 200.0/s was not kept: " in done.stdout


def test_operations_are_counted_after_the_warm_up(proxy):
    run = ["--table", "bench-warm", "--keys", 50, "--create", "--requests", 300, "--warmup", "300ms"]
    # So short an interval would be too many points for a day, which nobody has asked for.
    report = measured(proxy.endpoint, *run, "--interval", "20ms")
    assert report["total"]["operations"] == 300
    assert sum(point["tenants"]["default"]["operations"] for point in report["series"] if point["warmup"]) > 0
    report = measured(proxy.endpoint, *run, "--requests", 10**9, "--duration", "300ms")
    assert 0 < report["total"]["operations"] < 10**9 and report["total"]["seconds"] < 10


def test_batches_have_no_hits_that_others_would_not_have(proxy):
    run = ["--table", "bench-batches", "--create", "--mix", "batch-get=1:5", "--distribution", "uniform"]
    batches = measured(proxy.endpoint, *run, "--keys", 10**6, "--requests", 9000)["total"]
    assert batches["operations"] == 9000 and batches["hits"] == 0


def test_what_the_system_does_not_allow_is_told_first(proxy, tmp_path):
    run = ["--table", "bench-limits", "--create", "--requests", 10]
    done = bench(proxy.endpoint, *run, "--histogram", tmp_path / "none" / "x", code=1)
    assert done.stderr == f"leveret: --histogram: the file '{tmp_path}/none/x' can't be written\n" and done.stdout == ""
    command = ["bash", "-c", 'ulimit -n 100; exec "$@"', "bash", servers.leveret_binary(), "bench", "--endpoint",
               proxy.endpoint, "--connections", "200", *map(str, run)]
    done = subprocess.run(command, env={**os.environ, **LOCAL}, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and done.stdout == ""
    assert "200 connections need " in done.stderr and "100 are allowed (ulimit -Hn)" in done.stderr


def test_nobody_there():
    endpoint = f"http://127.0.0.1:{servers.free_port()}"
    done = bench(endpoint, "--table", "bench-none", "--create", code=1)
    assert done.stderr == f"leveret: {endpoint.removeprefix('http://')}: connect: Connection refused\n"
    done = bench(endpoint, "--table", "bench-none", "--duration", "60s", code=1)
    assert done.stderr == f"leveret: {endpoint.removeprefix('http://')}: connect: Connection refused\n"
    done = bench("https://no-such-host.invalid", "--table", "bench-none", code=1)
    assert done.stderr.startswith("leveret: cannot look up no-such-host.invalid: ")


def test_a_signal_ends_it_early_and_prints(proxy):
    command = [servers.leveret_binary(), "bench", "--endpoint", proxy.endpoint, "--table", "bench-early", "--create",
               "--load", "--keys", "50", "--duration", "60s", "--json"]
    process = running(command)
    # As timeout(1) does; a person's second one comes later and ends it.
    process.send_signal(signal.SIGINT)
    time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 128 + signal.SIGINT, err
    report = json.loads(out)
    assert report["total"]["operations"] > 0 and report["total"]["seconds"] < 10


def test_a_signal_ends_the_loading(proxy):
    command = [servers.leveret_binary(), "bench", "--endpoint", proxy.endpoint, "--table", "bench-slow", "--create",
               "--load", "--keys", "1000000", "--size", "1000"]
    process = subprocess.Popen(command, env={**os.environ, **LOCAL}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    client, deadline = dynamodb(proxy.endpoint), time.monotonic() + 20
    while "bench-slow" not in client.list_tables()["TableNames"] and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (128 + signal.SIGINT, b"", b"")


def test_a_live_line_on_a_terminal(proxy):
    master, slave = pty.openpty()
    command = [servers.leveret_binary(), "bench", "--endpoint", proxy.endpoint, "--table", "bench-live", "--create",
               "--load", "--keys", "50", "--duration", "1s", "--interval", "200ms"]
    done = subprocess.run(command, env={**os.environ, **LOCAL}, stdout=subprocess.PIPE, stderr=slave, timeout=30)
    os.close(slave)
    shown = os.read(master, 1 << 16).decode()
    os.close(master)
    assert done.returncode == 0 and " ops/s " in shown and shown.endswith("\x1b[K")


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ([], "no table"),
        (["--table", "abc", "--mix", "reads"], "mix 'reads' is none of"),
        (["--table", "abc", "--distribution", "zip"], "distribution 'zip' is none of"),
        (["--table", "abc", "--size", "0"], "size '0' is none of"),
        (["--table", "abc", "--rate", "fast"], "rate 'fast' is no number"),
        (["--table", "abc", "--rate", "10", "--think", "1ms"], "closed loop"),
        (["--table", "abc", "--duration", "10"], "duration"),
        (["--table", "abc", "--provisioned", "10"], "RCU:WCU"),
        (["--table", "abc", "--endpoint", "example.com"], "neither an http:// nor an https:// URL"),
        (["--table", "abc", "--ca-file", "a", "--insecure"], "exclude each other"),
        (["--table", "abc", "--trace-timing", "1"], "goes with the distribution trace:FILE"),
        (["--table", "abc", "--distribution", "trace:a", "--trace-timing", "1", "--rate", "5"], "a rate of its own"),
        (["--tenant", "name=a,tabel=b"], "unknown member 'tabel'"),
        (["--tenant", "name=a,table=abc,secret_env=NOT_THERE"], "the environment has no NOT_THERE"),
        (["--plan", "/nowhere.json"], "'/nowhere.json' can't be read"),
    ],
)
def test_wrong_usage(arguments, expected):
    done = servers.run_leveret("bench", *arguments, environment=LOCAL)
    assert done.returncode == USAGE and expected in done.stderr and done.stdout == ""


def test_help_names_every_option():
    done = servers.run_leveret("bench", "--help")
    assert done.returncode == 0
    for option in ["--endpoint", "--tenant", "--plan", "--mix", "--rate", "--expected-interval", "--histogram", "--sign"]:
        assert option in done.stdout
