"""What benchmarks of servers share: starting them, signing requests, their CPU time and memory, goals and output."""

import contextlib, datetime, json, os, pathlib, platform, re, resource, shutil, signal, socket, statistics, subprocess
import sys, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = os.environ.get("LEVERET_BIN", str(ROOT / ".build/release/leveret"))
PEERS = pathlib.Path(os.environ.get("LEVERET_PEERS", ROOT / ".build-nio/release"))
KEY, SECRET, REGION = "AKIDBENCH", "benchsecret", "us-east-1"
PROGRAM = pathlib.Path(sys.argv[0]).name


def end_on_signals():
    """A signal ends the program as an exception does: what it has started ends, and its files go."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end(number, _):
        for each in signals:
            signal.signal(each, signal.SIG_IGN)  # tidying up goes on to its end
        sys.exit(128 + number)

    for each in signals:
        signal.signal(each, end)


end_on_signals()


def use_venv():
    """Starts the program again with the Python of .venv, which has boto3."""
    if not os.environ.get("LEVERET_BENCH_VENV"):
        python = ROOT / ".venv/bin/python"
        os.environ["LEVERET_BENCH_VENV"] = "1"
        if python.exists():
            os.execv(str(python), [str(python), *sys.argv])
    try:
        import botocore  # noqa: F401
    except ImportError:
        fail("Python has no boto3 (Scripts/bootstrap makes .venv with it); nothing measured")


def fail(text):
    sys.exit(f"{PROGRAM}: {text}")


def raise_file_limit(wanted):
    """Open files that this process and those it starts may have; returns how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limits in ((wanted, max(wanted, hard)), (min(wanted, hard), hard)):
        if soft >= wanted:
            break
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            break
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def find(tool):
    """A program's path, also of those in sbin; None where it is absent."""
    return shutil.which(tool) or shutil.which(tool, path="/usr/sbin:/usr/local/sbin:/sbin")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Servers:
    """Processes that end with the program."""

    def __init__(self):
        self.processes = []

    def start(self, arguments, port, **options):
        """Starts a server and waits until it accepts connections; sets `seconds_to_start`."""
        begin = time.monotonic()
        process = subprocess.Popen([str(each) for each in arguments], **options)
        self.processes.append(process)
        while time.monotonic() < begin + 30:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                process.seconds_to_start = time.monotonic() - begin
                return process
            except OSError:
                if process.poll() is not None:
                    fail(f"{arguments[0]} ended")
                time.sleep(0.002)
        fail(f"{arguments[0]} did not start")

    def stop(self, process):
        self.processes.remove(process)
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in list(reversed(self.processes)):
            self.stop(process)


def tenant(name, key, cache="ttl: 1h"):
    """A tenant's lines of a configuration; its upstream is called `store`."""
    return (f"  - {{name: {name}, upstream: store, operations: all, cache: {{{cache}}}, "
            f"keys: [{{id: {key}, secret: {SECRET}}}]}}\n")  # fmt: skip


def upstream(port, scheme="http", more=""):
    """An upstream's line of a configuration: what listens on the port."""
    return (f"  - {{name: store, endpoint: '{scheme}://127.0.0.1:{port}', region: {REGION}, "
            f"credentials: {{access_key_id: {KEY}, secret_access_key: {SECRET}}}{more}}}")  # fmt: skip


def local_store(servers):
    """Starts `leveret local`; returns its port."""
    port = free_port()
    servers.start([BINARY, "local", "--port", port, "--log-level", "error"], port, stderr=subprocess.DEVNULL)
    return port


def proxy(servers, folder, name="proxy", listen="", tenants=None, upstreams=None, more="", command=None):
    """Starts a proxy that one tenant may use, by default in front of the embedded store; returns process and port.

    `command` is what runs it in place of the binary alone."""
    port = free_port()
    config = pathlib.Path(folder) / f"{name}.yaml"
    tenants = tenants or tenant("bench", KEY)
    config.touch(0o600)
    config.write_text(
        f"""listen: [{{address: "127.0.0.1:{port}"{listen}}}]
clock_window: 1h
log: {{level: error}}
{more}
upstreams:
{upstreams or "  - {name: store, endpoint: embedded}"}
tenants:
{tenants}"""
    )
    return servers.start([*(command or [BINARY]), "serve", "--config", config], port), port


def signed(port, operation, body, key=KEY, secret=SECRET):
    """The bytes of a request, with the headers that an SDK sends."""
    import botocore.auth, botocore.awsrequest, botocore.credentials

    request = botocore.awsrequest.AWSRequest(
        method="POST", url=f"http://127.0.0.1:{port}/", data=body,
        headers={
            "X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0",
            "User-Agent": "Boto3/1.40.0 md/Botocore#1.40.0 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.7 "
            "md/pyimpl#CPython m/b,Z cfg/retry-mode#legacy Botocore/1.40.0",
        },
    )  # fmt: skip
    botocore.auth.SigV4Auth(botocore.credentials.Credentials(key, secret), "dynamodb", REGION).add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def http_reply(connection):
    """Reads a reply; returns head and body."""
    reply = b""
    while b"\r\n\r\n" not in reply:
        some = connection.recv(1 << 16)
        if not some:
            fail("a server closed a connection")
        reply += some
    head, _, body = reply.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: *(\d+)", head)[1])
    while len(body) < length:
        body += connection.recv(1 << 16)
    return head + b"\r\n\r\n", body


def call(port, operation, body):
    """One request of its own; returns head and body, or ends the program if it did not succeed."""
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(signed(port, operation, body if isinstance(body, str) else json.dumps(body)))
        head, reply = http_reply(connection)
    if b" 200 " not in head[:16]:
        fail(f"{operation}: {head.decode()}{reply.decode()}")
    return head, reply


def create_table(port, name):
    call(port, "CreateTable", {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    })  # fmt: skip


def certificate(folder):
    """A self-signed certificate for 127.0.0.1 and its key, made by openssl."""
    files = pathlib.Path(folder) / "tls.crt", pathlib.Path(folder) / "tls.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
               "-out", files[0], "-keyout", files[1]]  # fmt: skip
    if subprocess.run(command, capture_output=True).returncode != 0:
        fail("openssl made no certificate")
    return files


def bench(port, *arguments, timeout=300, scheme="http"):
    """Runs `leveret bench`; returns its object."""
    environment = os.environ | {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION}
    command = [BINARY, "bench", "--endpoint", f"{scheme}://127.0.0.1:{port}", "--json", *map(str, arguments)]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=timeout, env=environment)
    if output.returncode != 0:
        fail(f"`{' '.join(command)}` failed")
    result = json.loads(output.stdout)
    if result["total"]["failed"]:
        fail(f"`{' '.join(command)}`: {result['total']['failed']} requests failed: {result['total']['errors']}")
    return result


def tasks(process):
    """The folders in /proc of all threads of a process and of its children that are alive."""
    pids = [process.pid]
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            pids += map(int, (task / "children").read_text().split())
            yield task


def cpu_times(process):
    """Seconds in user space and in the kernel of a process, all its threads, and its children that are alive."""
    user = system = 0
    for pid in sorted({task.parent.parent for task in tasks(process)}):
        fields = (pid / "stat").read_text().rsplit(")", 1)[1].split()
        user += int(fields[11])
        system += int(fields[12])
    tick = os.sysconf("SC_CLK_TCK")
    return user / tick, system / tick


def core_wait(process):
    """Seconds that its threads, and its children's, were ready to run while others had the cores."""
    return sum(int((task / "schedstat").read_text().split()[1]) for task in tasks(process)) / 1e9


def cpu_seconds(process):
    return sum(cpu_times(process))


def resident(process):
    """Bytes in memory."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024


def instructions(file):
    """Those that callgrind counted, by object."""
    found, names, current, is_call = {}, {}, "?", False
    for line in pathlib.Path(file).read_text().splitlines():
        if line.startswith(("ob=", "cob=")):
            # A name stands where its number occurs for the first time.
            number, _, name = line.partition("=")[2].partition(" ")
            if name:
                names[number] = name
            if line.startswith("ob="):
                current = names[number]
        elif line.startswith("calls="):
            is_call = True  # the next line is the callee's cost
        elif line[:1] in "0123456789+-*":
            fields = line.split()
            if not is_call and len(fields) > 1:
                found[current] = found.get(current, 0) + int(fields[1])
            is_call = False
    return found


def stolen():
    """Seconds that the hypervisor gave to others, and all of them."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return fields[7], sum(fields)


class Report:
    """Figures, each the median of its rounds, with goals; printed as they come, or as one JSON object at the end."""

    def __init__(self, is_json, goals):
        self.is_json, self.goals, self.results, self.notes = is_json, goals, [], []
        model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
        commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
        self.command = " ".join([f"Benchmarks/{PROGRAM}", *sys.argv[1:]])
        self.about = {
            "cpu": model[1] if model else platform.processor(), "cores": os.cpu_count(), "kernel": platform.release(),
            "load": os.getloadavg()[0], "commit": commit.stdout.strip(), "binary": BINARY,
            "date": datetime.date.today().isoformat(),
        }  # fmt: skip
        self.begin, self.stolen = time.monotonic(), stolen()
        about = self.about
        self.say(f"{self.command}: {about['cpu']}, {about['cores']} cores, Linux {about['kernel']}, load "
                 f"{about['load']:.2f}, commit {about['commit']}, {about['date']}; median (least to most)")  # fmt: skip

    def say(self, text):
        if not self.is_json:
            print(text, flush=True)

    def note(self, text):
        """What is not a figure: a peer that is absent."""
        self.notes.append(text)
        self.say(text)

    def add(self, name, unit, values, is_quiet=True):
        """A figure; without a verdict on its goal when the machine was not quiet."""
        result = {"name": name, "unit": unit, "median": statistics.median(values), "values": values}
        for pattern, direction, goal in self.goals:
            if re.fullmatch(pattern, name):
                met = result["median"] <= goal if direction == "<=" else result["median"] >= goal
                result["goal"] = {"direction": direction, "value": goal, "met": met if is_quiet else None}
        self.results.append(result)
        self.say(self.line(result))

    def line(self, result):
        def short(value):
            return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}"

        text = f"{result['name']:62} {short(result['median']):>10} {result['unit']:11}"
        if len(result["values"]) > 1:
            text += f"({short(min(result['values']))} to {short(max(result['values']))})"
        if goal := result.get("goal"):
            verdict = {True: "met", False: "NOT MET", None: "no verdict, the cores were busy"}[goal["met"]]
            text += f"  goal {goal['direction']} {goal['value']}: {verdict}"
        return text.rstrip()

    def end(self):
        steal, total = stolen()
        about = self.about
        about["steal_percent"] = 100 * (steal - self.stolen[0]) / max(1, total - self.stolen[1])
        about["seconds"] = time.monotonic() - self.begin
        about["load_at_end"] = os.getloadavg()[0]
        missed = [result["name"] for result in self.results if result.get("goal", {}).get("met", True) is False]
        if self.is_json:
            everything = {"command": self.command, "machine": about, "results": self.results, "notes": self.notes}
            print(json.dumps(everything, indent=1))
        self.say(f"took {about['seconds']:.0f} s; the hypervisor took {about['steal_percent']:.1f} % of the cores' "
                 f"time; load at the end {about['load_at_end']:.2f}; goals not met: "
                 f"{', '.join(missed) or 'none'}")  # fmt: skip
