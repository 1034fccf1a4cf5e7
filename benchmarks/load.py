#!/usr/bin/env python3
"""Load on a running service: images a second, the time of each, and how many are refused.

::

    python benchmarks/load.py http://127.0.0.1:5000 --clients 4
    python benchmarks/load.py http://127.0.0.1:5000 --rate 10 car.jpg night.jpg

The first is a *closed* loop: each client sends its next image when the last is answered, which
shows the service's capacity. The second is an *open* loop: images arrive at random moments with a
mean rate, answered or not, as cars pass cameras. Its times count from the moment when an image was
due, so that they include waiting.

Images are sent in turn. Without any, a drawn street with a car is sent, or with ``--no-car`` one
without, on which the grid is tried. *refused* counts answers of 503, *failed* all others but 200.
Times are those of the images that were read. *cpu ms* is the CPU time of the service's process per
image, from its own /metrics.

The load is made by locust (``pip install -r benchmarks/requirements.txt``), for a bounded time and
only against this machine.
"""

from __future__ import annotations

import argparse
import io
import itertools
import random
import re
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gevent
from gevent.pool import Group
from geventhttpclient.client import HTTPClientPool
from locust import FastHttpUser, task
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment
from locust.exception import StopUser

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also run as a plain script

from benchmarks.scoring import percentile
from testkit import scenes

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
MAX_UNANSWERED = 2000
READ, REFUSED = 200, 503
NO_ANSWER = 0
"""The status that locust gives a request without an answer."""

TIMEOUT_S = 20
COLUMNS = ("sent", "read", "refused", "failed", "read/s", "p50 ms", "p90 ms", "p99 ms", "max ms",
           "cpu ms")  # fmt: skip
BOUNDARY = "load"


class Load:
    """The images that are sent, and the results."""

    def __init__(self, route: str, images: Sequence[bytes]) -> None:
        self._route = route
        self._bodies = itertools.cycle([_form(image) for image in images])
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []

    def send(self, client: FastHttpSession, due: float) -> None:
        """Sends one image, which was due at this moment of ``time.perf_counter``."""
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        body: Any = next(self._bodies)  # locust accepts bytes, but its signature has none.
        status = client.post(self._route, data=body, headers=headers).status_code
        self.statuses[status] += 1
        if status == READ:
            self.seconds.append(time.perf_counter() - due)

    def row(self, elapsed_s: float, cpu_s: float | None) -> list[str]:
        read, refused = self.statuses[READ], self.statuses[REFUSED]
        sent = self.statuses.total()
        counts = [str(count) for count in (sent, read, refused, sent - read - refused)]
        times = [percentile(self.seconds, p) for p in (0.5, 0.9, 0.99, 1)] if read else []
        shown = [f"{seconds * 1000:.0f}" for seconds in times] or ["-"] * 4
        cpu = "-" if cpu_s is None or not read else f"{cpu_s / read * 1000:.0f}"
        return [*counts, f"{read / elapsed_s:.1f}", *shown, cpu]


def _form(image: bytes) -> bytes:
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="upload"; filename="a.jpg"\r\n\r\n'
    )
    return head.encode() + image + f"\r\n--{BOUNDARY}--\r\n".encode()


def closed_loop(load: Load, base: str, seconds: float) -> type[FastHttpUser]:
    """A client that sends its next image when it has the answer to the last."""
    end = time.perf_counter() + seconds

    class Client(FastHttpUser):
        host = base

        @task
        def send(self) -> None:
            now = time.perf_counter()
            if now > end:
                raise StopUser
            load.send(self.client, now)

    return Client


def open_loop(load: Load, base: str, moments: Iterable[float]) -> type[FastHttpUser]:
    """One user that sends an image at each moment, even while others are unanswered."""

    class Gate(FastHttpUser):
        host = base
        client_pool = HTTPClientPool(concurrency=MAX_UNANSWERED)

        @task
        def send(self) -> None:
            in_flight, started = Group(), time.perf_counter()
            for moment in moments:
                due = started + moment
                gevent.sleep(max(0.0, due - time.perf_counter()))
                in_flight.spawn(load.send, self.client, due)
            in_flight.join()
            raise StopUser

    return Gate


def arrivals(rate: float, seconds: float) -> Iterator[float]:
    """Moments of independent arrivals, ``rate`` a second on average, the same in every run."""
    rng = random.Random(1)  # noqa: S311 - no secret
    moment = rng.expovariate(rate)
    while moment < seconds:
        yield moment
        moment += rng.expovariate(rate)


def run(user: type[FastHttpUser], count: int) -> float:
    """Seconds until the last of ``count`` users had its last answer."""
    runner = Environment(user_classes=[user]).create_local_runner()
    started = time.perf_counter()
    runner.start(count, spawn_rate=count, wait=True)
    gevent.joinall([runner.spawning_greenlet])
    runner.user_greenlets.join()
    elapsed_s = time.perf_counter() - started
    runner.quit()
    return elapsed_s


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints one row; the value is the exit code."""
    options = _parser().parse_args(arguments)
    try:
        images = [path.read_bytes() for path in options.images]
    except OSError as error:
        print(f"load: {error}", file=sys.stderr)
        return 1
    images = images or [_street(options.size, options.car)]
    first = Load(options.route, images)
    run(open_loop(first, options.url, [0.0]), 1)
    status = next(iter(first.statuses), NO_ANSWER)
    if status != READ:
        problem = "nothing answers" if status == NO_ANSWER else f"the answer is {status}"
        print(f"load: {options.url}{options.route}: {problem}", file=sys.stderr)
        return 1
    load = Load(options.route, images)
    before = _cpu_seconds(options.url)
    if options.rate:
        moments = arrivals(options.rate, options.seconds)
        loop, elapsed_s = f"{options.rate:g}/s", run(open_loop(load, options.url, moments), 1)
    else:
        loop = f"{options.clients} clients"
        elapsed_s = run(closed_loop(load, options.url, options.seconds), options.clients)
    after = _cpu_seconds(options.url)
    cpu = None if before is None or after is None else after - before
    for cells in (("load", *COLUMNS), (loop, *load.row(elapsed_s, cpu))):
        print(" ".join(f"{cell:>10}" for cell in cells))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("url", type=_loopback, help="a service on this machine")
    parser.add_argument("images", type=Path, metavar="image", nargs="*")
    parser.add_argument("--no-car", action="store_false", dest="car")
    parser.add_argument("--size", type=_size, default=(1280, 720), help="of the drawn street")
    parser.add_argument("--route", default="/v1/vision/alpr", help="path and query")
    parser.add_argument("--seconds", type=_up_to(300), default=20)
    loop = parser.add_mutually_exclusive_group()
    loop.add_argument("--clients", type=_up_to(100), default=1, help="closed loop")
    loop.add_argument("--rate", type=_up_to(500), help="open loop, images a second")
    return parser


def _loopback(url: str) -> str:
    if urlsplit(url).scheme != "http" or urlsplit(url).hostname not in LOOPBACK:
        raise argparse.ArgumentTypeError("it loads only this machine: http://127.0.0.1:PORT")
    return url.rstrip("/")


def _up_to(maximum: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not 1 <= int(text) <= maximum:
            raise argparse.ArgumentTypeError(f"from 1 to {maximum}")
        return int(text)

    return number


def _size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


def _street(size: tuple[int, int], car: bool) -> bytes:
    output = io.BytesIO()
    scenes.street(3, cars=int(car), size=size).image.save(output, "JPEG", quality=90)
    return output.getvalue()


def _cpu_seconds(url: str) -> float | None:
    """CPU seconds of the service's process; None where /metrics is not served, e.g. by nginx."""
    try:
        with urllib.request.urlopen(  # noqa: S310 - http on this machine, as _loopback has it
            f"{url}/metrics", timeout=TIMEOUT_S
        ) as answer:
            page = answer.read().decode()
    except OSError:
        return None
    found = re.search(r"^process_cpu_seconds_total (\S+)$", page, re.MULTILINE)
    return float(found.group(1)) if found else None


if __name__ == "__main__":
    sys.exit(main())
