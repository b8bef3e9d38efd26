"""The processes the tests talk to: moto, ministack, the proxy, and a relay that counts what passes.

Every wait is bounded, every process is ended by its own id, and all listen on free loopback ports.
"""

import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".venv/bin"

# Skip the proxy: checks that the tests' expectations hold for the server itself.
DIRECT = os.environ.get("LEVERET_E2E_DIRECT") == "1"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def leveret_binary():
    candidates = [ROOT / ".build/release/leveret", ROOT / ".build/debug/leveret"]
    if "LEVERET_BIN" in os.environ:
        candidates = [pathlib.Path(os.environ["LEVERET_BIN"])]
    for path in candidates:
        if path.exists():
            return path
    raise FileNotFoundError(f"no proxy to test at {', '.join(map(str, candidates))}: run `make build` first")


class Server:
    """A process that answers HTTP on `endpoint`; ended with SIGTERM when the `with` block ends.

    `before` is called in the process before the program starts.
    """

    before = None

    def __init__(self, arguments, port, log, environment=None, ready="/"):
        self.arguments, self.port, self.log, self.ready = arguments, port, pathlib.Path(log), ready
        self.environment = {**os.environ, **(environment or {})}
        self.endpoint = f"http://127.0.0.1:{port}"
        self.process = None

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [str(argument) for argument in self.arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=self.before,
            )
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(self.endpoint + self.ready, timeout=2):
                    return self
            except urllib.error.HTTPError:
                return self
            except OSError:
                time.sleep(0.1)
        self.stop(signal.SIGKILL)
        raise RuntimeError(f"{self.arguments[0]} did not start:\n{self.output()}")

    def __exit__(self, *_):
        self.stop()

    def stop(self, sign=signal.SIGTERM, seconds=15):
        """Ends the process and returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(seconds)

    def output(self):
        return self.log.read_text(errors="replace")

    def says(self, text, seconds=10):
        """Whether the text is in the output, or comes: a server answers before it has written all it says at the start."""
        deadline = time.monotonic() + seconds
        while text not in self.output():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


def moto(folder):
    port = free_port()
    return Server(
        [TOOLS / "python", "-m", "moto.server", "-H", "127.0.0.1", "-p", port],
        port,
        folder / f"moto-{port}.log",
        ready="/moto-api/",
    )


def ministack(folder):
    port = free_port()
    environment = {"GATEWAY_PORT": str(port), "MINISTACK_HOST": "127.0.0.1"}
    return Server([TOOLS / "ministack"], port, folder / f"ministack-{port}.log", environment, "/_ministack/health")


def leveret_development(folder, upstream=None, *options):
    """The proxy in development mode; without an upstream, in front of its embedded store."""
    port = free_port()
    before = ["--upstream", upstream] if upstream else []
    arguments = [leveret_binary(), "serve", "--dev", *before, *options, "--listen", f"127.0.0.1:{port}"]
    return Server(arguments, port, folder / f"leveret-{port}.log")


def leveret_local(folder, *arguments):
    """The embedded store alone."""
    port = free_port()
    command = [leveret_binary(), "local", "--port", port, *arguments]
    return Server(command, port, folder / f"leveret-local-{port}.log")


def run_leveret(*arguments, environment=None, seconds=20):
    """Runs the program to its end, which is to come soon; its output is text."""
    return subprocess.run(
        [leveret_binary(), *map(str, arguments)],
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
    )


def leveret(folder, configuration, environment):
    """A proxy with a configuration file; PORT stands for its port in the text."""
    port = free_port()
    file = folder / f"leveret-{port}.yaml"
    file.write_text(configuration.replace("PORT", str(port)))
    arguments = [leveret_binary(), "serve", "--config", file]
    return Server(arguments, port, folder / f"leveret-{port}.log", environment)


class Relay:
    """A TCP relay that notes the operation of every DynamoDB request on its way to `target`.

    `hold` keeps requests of one operation back until `release` is called, to catch requests in flight.
    """

    TARGET = re.compile(rb"x-amz-target:[ \t]*\w+\.(\w+)\r\n", re.IGNORECASE)

    def __init__(self, target):
        self.target = ("127.0.0.1", int(target.rsplit(":", 1)[1]))
        self.operations = []
        self.held_operation = None
        self.let_go = threading.Event()
        self.arrived = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.connections = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.release()
        for open_socket in [self.listener, *self.connections]:
            open_socket.close()

    def count(self, operation):
        return self.operations.count(operation)

    def hold(self, operation):
        self.let_go.clear()
        self.arrived.clear()
        self.held_operation = operation

    def release(self):
        self.held_operation = None
        self.let_go.set()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target, timeout=10)
            except OSError:
                return
            server.settimeout(None)
            self.connections += [client, server]
            threading.Thread(target=self._pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, False), daemon=True).start()

    def _pump(self, source, sink, is_request):
        rest = b""
        try:
            while data := source.recv(65536):
                if is_request:
                    rest = self._note(rest + data)
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for side in (source, sink):
                try:
                    side.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _note(self, data):
        end = 0
        for match in self.TARGET.finditer(data):
            operation = match[1].decode()
            self.operations.append(operation)
            end = match.end()
            if operation == self.held_operation:
                self.arrived.set()
                self.let_go.wait(20)
        return data[max(end, len(data) - 200):]
