"""The client outside of the measured processes: `wrk` where it is installed, else our own."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.asker import wire
from tests.benchmarks.replies import Request
from tests.benchmarks.works import Work

CONNECTIONS = 8
PROCESSES = 2

Go = Callable[[], None]
Around = Callable[[Go], None]
"""Called with what does the measured part."""

ROOT = Path(__file__).parents[2]


@dataclass
class Seen:
    """What the client saw of one window. Times in milliseconds."""

    count: int = 0
    bad: int = 0
    first_bad: str = ""
    hung_up: int = 0
    """Kept connections that the server closed, as a worker does that is replaced."""
    seconds: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    took: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Cold:
    """What makes every cached answer old: the address of Redis and the keys to delete."""

    redis: str
    keys: Sequence[str]


def run(
    url: str,
    work: Work,
    requests: Sequence[Request],
    *,
    seconds: float,
    seed: int,
    least_bytes: int,
    cold: Cold | None,
    around: Around,
    connections: int = CONNECTIONS,
) -> Seen:
    """Make requests for some seconds. `around` gets what to call for the measured part."""
    if seconds >= 1 and is_wrk_used(work):
        return _by_wrk(url, work, requests, seconds, seed, least_bytes, around, connections)
    return _by_ours(url, work, requests, seconds, seed, least_bytes, cold, around, connections)


def is_wrk_used(work: Work) -> bool:
    """Say whether wrk makes the requests of a work; ours can do more between two of them."""
    return (
        not (work.before_each or work.is_checkout or work.each_once)
        and shutil.which("wrk") is not None
    )


def _by_ours(
    url: str,
    work: Work,
    requests: Sequence[Request],
    seconds: float,
    seed: int,
    least_bytes: int,
    cold: Cold | None,
    around: Around,
    connections: int,
) -> Seen:
    at = urlsplit(url)
    processes = min(PROCESSES, connections)
    spec = {
        "host": at.hostname,
        "port": at.port,
        "seconds": seconds,
        "marker": work.marker,
        "least_bytes": least_bytes,
        "is_checkout": work.is_checkout,
        "each_once": work.each_once,
        "redis": cold.redis if cold else "",
        "outdated": list(cold.keys) if cold else [],
        "connections": connections // processes,
        "requests": [vars(request) for request in requests],
        "places": connections,
    }
    started: list[subprocess.Popen[str]] = []
    seen = Seen()
    try:
        for place in range(processes):
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.benchmarks.asker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                start_new_session=True,  # Ctrl-C is for us; we end them
            )
            started.append(child)
            assert child.stdin is not None
            first = place * (connections // processes)
            child.stdin.write(json.dumps({**spec, "seed": seed * 100 + place, "first": first}))
            child.stdin.write("\n")
            child.stdin.flush()
        for child in started:
            assert child.stdout is not None
            if child.stdout.readline() != "ready\n":
                raise RuntimeError("a client process ended while starting")
        found: list[dict[str, Any]] = []

        def go() -> None:
            for child in started:
                assert child.stdin is not None
                child.stdin.write("go\n")
                child.stdin.flush()
            for child in started:
                assert child.stdout is not None
                found.append(json.loads(child.stdout.readline()))

        around(go)
        for each in found:
            seen.count += each["count"]
            seen.bad += each["bad"]
            seen.hung_up += each["hung_up"]
            seen.first_bad = seen.first_bad or each["first_bad"]
            seen.seconds = max(seen.seconds, each["seconds"])
            seen.took += each["took"]
    finally:
        for child in started:
            child.kill()
            child.communicate()
    seen.took.sort()
    if seen.took:
        seen.p50 = seen.took[len(seen.took) // 2]
        seen.p99 = seen.took[min(len(seen.took) - 1, int(len(seen.took) * 0.99))]
    return seen


_LUA = """
local requests = {}
%(requests)s
math.randomseed(%(seed)d)
request = function() return requests[math.random(#requests)] end
bad = 0
response = function(status, headers, body)
  if status ~= 200 or #body < %(least)d or not string.find(body, %(marker)s, 1, true) then
    bad = bad + 1
    if bad == 1 then io.stderr:write(status .. " " .. string.sub(body, 1, 400) .. "\\n") end
  end
end
local threads = {}
setup = function(thread) table.insert(threads, thread) end
done = function(summary, latency, requests)
  local found = 0
  for _, thread in ipairs(threads) do found = found + thread:get("bad") end
  local errors = summary.errors
  io.write(string.format("SEEN %%d %%d %%d %%d %%.4f %%.4f %%.6f\\n", summary.requests, found,
    errors.timeout, errors.connect + errors.read + errors.write,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.duration / 1e6))
end
"""


def _by_wrk(
    url: str,
    work: Work,
    requests: Sequence[Request],
    seconds: float,
    seed: int,
    least_bytes: int,
    around: Around,
    connections: int,
) -> Seen:
    lines = [f"requests[#requests+1] = {_lua(wire(vars(each)).decode())}" for each in requests]
    text = _LUA % {
        "requests": "\n".join(lines),
        "seed": seed,
        "least": least_bytes,
        "marker": _lua(work.marker),
    }
    seen = Seen()
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(text)
        script.flush()
        options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", script.name]
        done: list[subprocess.CompletedProcess[str]] = []

        def go() -> None:
            command = ["wrk", "--timeout", "30s", *options, url]
            done.append(subprocess.run(command, capture_output=True, text=True, check=False))

        around(go)
    found = re.search(r"SEEN (.*)", done[0].stdout)
    if found is None:
        raise RuntimeError(f"wrk failed: {done[0].stdout}{done[0].stderr}")
    count, bad, timeouts, broken, p50, p99, spent = found[1].split()
    seen.count, seen.bad, seen.hung_up = int(count), int(bad) + int(timeouts), int(broken)
    seen.first_bad = done[0].stderr.strip()[:500]
    seen.p50, seen.p99, seen.seconds = float(p50), float(p99), float(spent)
    return seen


def _lua(text: str) -> str:
    return '"' + "".join(f"\\{ord(sign):03}" if sign in '\\"\r\n' else sign for sign in text) + '"'
