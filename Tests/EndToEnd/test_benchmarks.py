"""The programs of Benchmarks/: what they say when something is missing, and what they leave when they are ended."""

import os
import pathlib
import signal
import subprocess
import time

import pytest

import servers

pytestmark = pytest.mark.proxy_only

PROGRAMS = sorted(
    path.name for path in (servers.ROOT / "Benchmarks").iterdir() if path.is_file() and os.access(path, os.X_OK)
)
NOTHING = "/nowhere/leveret"


def run(name, *arguments, **environment):
    return subprocess.run(
        [servers.ROOT / "Benchmarks" / name, *arguments], env={**os.environ, **environment}, capture_output=True,
        text=True, timeout=60, stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_help(name):
    done = run(name, "--help")
    assert done.returncode == 0 and done.stdout.startswith("usage: ") and done.stderr == ""


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_missing_binary_is_one_line(name):
    arguments = ["/nowhere"] if name == "cache-misses" else []
    done = run(name, *arguments, LEVERET_BIN=NOTHING, CACHE_BENCHMARK_BIN=NOTHING, ALLOC_BENCHMARK_BIN=NOTHING)
    assert done.returncode != 0 and done.stdout == ""
    assert done.stderr.startswith(f"{name}: ") and done.stderr.count("\n") == 1, done.stderr


def descendants(pid):
    found = []
    try:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *descendants(child)]
    except OSError:
        pass  # it has ended meanwhile
    return found


def is_leveret(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().startswith(bytes(servers.leveret_binary()))
    except OSError:
        return False


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("name", ["miss-cost", "live-allocation"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_behind(name, number, tmp_path):
    environment = {**os.environ, "LEVERET_BIN": str(servers.leveret_binary()), "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [servers.ROOT / "Benchmarks" / name], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True,
    )
    # A server, and what drives it.
    children, deadline = [], time.monotonic() + 30
    while len(children) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
        children = list(filter(is_leveret, descendants(process.pid)))
    process.send_signal(number)
    _, err = process.communicate(timeout=40)
    assert process.returncode == 128 + number and "Traceback" not in err and len(children) > 1
    deadline = time.monotonic() + 10
    while any(map(is_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [child for child in children if is_alive(child)] == [] and list(tmp_path.iterdir()) == []
