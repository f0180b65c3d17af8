"""Sends requests over kept connections and says what they cost the server and its database."""

import http.client
import statistics
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

import psutil


@dataclass(frozen=True, slots=True)
class Request:
    """A form to post."""

    port: int
    path: str
    form: dict[str, str]


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds a request: processor time of server and database together, and the latency's median and p99."""

    cpu: float
    median: float
    p99: float


def measure(request: Request, processes: Iterable[psutil.Process], *, count: int, connections: int = 4) -> Cost:
    """Post so many times and divide what the process trees of these roots spent.

    Raises:
        RuntimeError: an answer was not 200.
    """
    roots = list(processes)
    latencies: list[float] = []
    failures: list[int] = []
    before = _cpu_seconds(roots)
    threads = [
        threading.Thread(target=_post, args=(request, count // connections, latencies, failures))
        for _ in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"{request.path} answered {failures[0]}")
    spent = _cpu_seconds(roots) - before
    ordered = sorted(latencies)
    return Cost(
        cpu=spent / len(latencies) * 1000,
        median=statistics.median(ordered) * 1000,
        p99=ordered[int(len(ordered) * 0.99)] * 1000,
    )


def _post(request: Request, count: int, latencies: list[float], failures: list[int]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", request.port, timeout=60)
    body = urlencode(request.form)
    for _ in range(count):
        start = time.perf_counter()
        connection.request("POST", request.path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        response = connection.getresponse()
        response.read()
        latencies.append(time.perf_counter() - start)
        if response.status != http.HTTPStatus.OK:
            failures.append(response.status)
            return


def _cpu_seconds(roots: Iterable[psutil.Process]) -> float:
    """What these processes and all below them have spent, those that ended meanwhile included."""
    total = 0.0
    for root in roots:
        for process in (root, *root.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system
        total += root.cpu_times().children_user + root.cpu_times().children_system
    return total
