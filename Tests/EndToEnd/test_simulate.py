"""`leveret simulate`: what the policies would give to whom."""

import itertools
import json
import math
import pathlib
import re
import subprocess
import time

import pytest

import servers

pytestmark = pytest.mark.proxy_only

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = ROOT / "Tests/Fixtures/vectors"
USAGE = 64
POLICIES = ["static", "drf", "memshare", "hare", "pooled", "optimal"]
RESOURCES = ["cache_size", "db_rcu", "db_wcu", "net_bw"]


def vectors(name):
    found = json.loads((VECTORS / name).read_text())["cases"]
    for case, tenant in ((case, tenant) for case in found for tenant in case["tenants"]):
        if changes := tenant["mrc"].pop("tick_changes", None):
            tenant["mrc"]["ticks"] = list(itertools.accumulate(itertools.accumulate(changes)))
    return found


@pytest.fixture(scope="module")
def golden():
    return vectors("hare-golden.json")


def run(*arguments, stdin="", seconds=60):
    return subprocess.run(
        [servers.leveret_binary(), "simulate", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
    )


def simulate(*arguments, code=0, **options):
    done = run(*arguments, "--json", **options)
    assert done.returncode == code, done.stderr
    assert bool(done.stderr) == bool(code), done.stderr
    return json.loads(done.stdout)


def test_the_reference_to_the_last_bit(golden, tmp_path):
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": golden}))
    begin = time.monotonic()
    results = simulate("--cases", file)
    assert time.monotonic() - begin < 30
    assert [result["id"] for result in results] == [case["id"] for case in golden]
    for result, case in zip(results, golden):
        assert list(result) == ["id", "alloc", "improve_ratio"]
        assert result["alloc"] == case["expected"]["alloc"], case["id"]
        assert result["improve_ratio"] == case["expected"]["improve_ratio"], case["id"]


def test_a_line_for_each_case_and_a_bare_list(golden):
    done = run("--cases", "-", "--json", stdin=json.dumps(golden[:20]))
    lines = done.stdout.splitlines()
    assert lines[0] == "[" and lines[-1] == "]" and len(lines) == 22
    for line, case in zip(lines[1:-1], golden):
        assert json.loads(line.removesuffix(","))["id"] == case["id"]
    table = run("--cases", "-", stdin=json.dumps(golden[:20])).stdout.splitlines()
    assert table[0].split() == ["case", "policy", "tenants", "improvement"] and len(table) == 21


@pytest.mark.parametrize("policy", POLICIES + ["base", "hare_nc"])
def test_every_policy_divides_what_there_is(golden, policy):
    cases = golden[::10]
    for result, case in zip(simulate("--cases", "-", "--policy", policy, stdin=json.dumps(cases)), cases):
        assert math.isfinite(result["improve_ratio"])
        for resource in RESOURCES:
            shares = [share[resource] for share in result["alloc"]]
            assert all(math.isfinite(share) and share >= 0 for share in shares)
            assert sum(shares) <= sum(tenant["base"][resource] for tenant in case["tenants"]) * (1 + 1e-9)
            assert isinstance(result["alloc"][0]["cache_size"], int)


def test_odd_cases_are_answered_or_refused():
    cases = vectors("hare-corners.json")
    refused = ["mrc_nonmonotone", "mrc_unsorted_ticks", "mrc_ratio_above_1", "alpha_above_1"]
    for policy in [None, *POLICIES]:
        arguments = ["--policy", policy] if policy else []
        done = run("--cases", "-", "--json", *arguments, stdin=json.dumps({"cases": cases}))
        assert done.returncode == 1 and "NaN" not in done.stdout and "inf" not in done.stdout
        results = json.loads(done.stdout)
        assert [result["id"] for result in results] == [case["id"] for case in cases]
        assert [result["id"] for result in results if "error" in result] == refused
        assert len(done.stderr.splitlines()) == len(refused)
        for result in results:
            for share in result.get("alloc", []):
                assert all(share[resource] >= 0 for resource in RESOURCES)
    assert "standard input: case alpha_above_1: tenants[0].net_bw_alpha: 1.8 is not below 1" in done.stderr


def test_the_documented_example(tmp_path):
    page = (ROOT / "docs/simulate.md").read_text()
    example, cases = re.findall(r"```json\n(.*?)```", page, re.S)
    file = tmp_path / "tenants.json"
    file.write_text(example)
    result = simulate(file)
    assert [policy["policy"] for policy in result["policies"]] == POLICIES
    for policy in result["policies"]:
        assert [tenant["name"] for tenant in policy["tenants"]] == ["orders", "scans", "ledger"]
        for resource in ("cache", "rcu", "wcu", "egress"):
            total = sum(tenant[resource] for tenant in result["base"])
            assert sum(tenant[resource] for tenant in policy["tenants"]) <= total * (1 + 1e-9)
        ratios = [tenant["ratio"] for tenant in policy["tenants"]]
        assert policy["improvement"] == pytest.approx(min(ratios) - 1, abs=1e-6)
    least = {policy["policy"]: policy["improvement"] for policy in result["policies"]}
    assert least["static"] == 0 < least["drf"] < least["hare"]
    done = run(file, "--policy", "hare")
    assert done.returncode == 0 and done.stderr == ""
    for line in done.stdout.splitlines():
        assert "    " + line + "\n" in page
    assert simulate("--cases", "-", stdin=cases)[0]["id"] == "two"


def test_a_case_in_the_place_of_a_description(golden):
    case = golden[2]
    result = simulate("-", "--policy", case["policy"]["name"], stdin=json.dumps(case))
    shares = [[tenant[name] for name in ("cache", "rcu", "wcu", "egress")] for tenant in result["policies"][0]["tenants"]]
    assert shares == [[share[resource] for resource in RESOURCES] for share in case["expected"]["alloc"]]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", "leveret: standard input: empty; JSON belongs there"),
        ('{"tenants":\n  NaN}', "leveret: standard input: not JSON: invalid value at line 2, column 3"),
        ("{}", "leveret: standard input: tenants: missing"),
        ('{"tenants":[{"demand":{"rcu":-1}}]}', "tenants[0].share.cache: missing, and there is no total.cache"),
        ('{"tenants":[{"demand":{"rcu":1e999}}]}', "tenants[0].demand.rcu: 1e999 is too large"),
        ('{"tenants":[{"demands":{}}]}', "tenants[0].demands: unknown; known are name,"),
    ],
)
def test_mistakes_in_a_file(text, expected):
    done = run("-", stdin=text)
    assert (done.returncode, done.stdout) == (1, "")
    assert expected in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments, code, expected",
    [
        ([], USAGE, "Missing expected argument '<file>'"),
        (["x", "--cases", "y"], USAGE, "either <file> or --cases <file>"),
        (["x", "--policy", "best"], USAGE, "'best' is invalid for '--policy <name>'"),
        (["/nowhere/at/all"], 1, "leveret: /nowhere/at/all: no such file or directory"),
        (["--cases", "/"], 1, "leveret: /: is a directory"),
    ],
)
def test_wrong_options_and_files(arguments, code, expected):
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert expected in done.stderr


def test_help_tells_what_there_is():
    assert "simulate" in servers.run_leveret("--help").stdout
    shown = run("--help").stdout
    for word in ("--cases", "--policy", "--json", "docs/simulate.md", *POLICIES):
        assert word in shown


def test_a_closed_pipe_is_no_crash(golden, tmp_path):
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(golden))
    script = f"'{servers.leveret_binary()}' simulate --cases '{file}' --json; echo $? >&2"
    done = subprocess.run(["sh", "-c", f"({script}) | true"], capture_output=True, text=True, timeout=60)
    assert done.stderr.split() == ["0"]
