#!/usr/bin/env python3
"""How a running service bears load: pictures a second, how long each takes, how many are refused.

::

    python benchmarks/load.py http://127.0.0.1:5000 --clients 4
    python benchmarks/load.py http://127.0.0.1:5000 --rate 10 car.jpg night.jpg

The first is a *closed* loop: each client sends its next picture when the last is answered, which
shows how much the service can do. The second is an *open* loop: pictures arrive at a mean rate, at
random moments, answered or not, as cars pass cameras; a time then counts from the moment at which
the picture was due, so that waiting shows. Pictures are taken in turn; without any, a drawn street
with a car is sent, or with ``--no-car`` one without, on which the grid is tried. *refused* are
answers of 503, *failed* all others but 200; times are those of the pictures that were read. *cpu
ms* is what the service's process spent on one, by its own /metrics.

The load is made by locust (``pip install -r benchmarks/requirements.txt``), for a bounded time and
against this machine alone.
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

from benchmarks.accuracy import percentile
from testkit import scenes

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
MOST_UNANSWERED = 2000
READ, REFUSED = 200, 503
NO_ANSWER = 0
"""What locust has for a status where none came."""

TIMEOUT_S = 20
COLUMNS = ("asked", "read", "refused", "failed", "read/s", "p50 ms", "p90 ms", "p99 ms", "max ms",
           "cpu ms")  # fmt: skip
BOUNDARY = "load"


class Load:
    """What is sent, and what came of it."""

    def __init__(self, route: str, pictures: Sequence[bytes]) -> None:
        self._route = route
        self._bodies = itertools.cycle([_form(picture) for picture in pictures])
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []

    def ask(self, client: FastHttpSession, due: float) -> None:
        """Sends one picture, which was due at this moment of ``time.perf_counter``."""
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        body: Any = next(self._bodies)  # bytes, which are taken but not in the signature
        status = client.post(self._route, data=body, headers=kind).status_code
        self.statuses[status] += 1
        if status == READ:
            self.seconds.append(time.perf_counter() - due)

    def row(self, spent_s: float, cpu_s: float | None) -> list[str]:
        read, refused = self.statuses[READ], self.statuses[REFUSED]
        asked = self.statuses.total()
        counts = [str(count) for count in (asked, read, refused, asked - read - refused)]
        times = [percentile(self.seconds, share) for share in (0.5, 0.9, 0.99, 1)] if read else []
        shown = [f"{seconds * 1000:.0f}" for seconds in times] or ["-"] * 4
        cpu = "-" if cpu_s is None or not read else f"{cpu_s / read * 1000:.0f}"
        return [*counts, f"{read / spent_s:.1f}", *shown, cpu]


def _form(picture: bytes) -> bytes:
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="upload"; filename="a.jpg"\r\n\r\n'
    )
    return head.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()


def closed(load: Load, base: str, seconds: float) -> type[FastHttpUser]:
    """A client that sends its next picture when it has the answer to the last."""
    end = time.perf_counter() + seconds

    class Client(FastHttpUser):
        host = base

        @task
        def send(self) -> None:
            now = time.perf_counter()
            if now > end:
                raise StopUser
            load.ask(self.client, now)

    return Client


def opened(load: Load, base: str, moments: Iterable[float]) -> type[FastHttpUser]:
    """One user that sends a picture at each of the moments, whatever is still unanswered."""

    class Gate(FastHttpUser):
        host = base
        client_pool = HTTPClientPool(concurrency=MOST_UNANSWERED)

        @task
        def send(self) -> None:
            under_way, began = Group(), time.perf_counter()
            for moment in moments:
                due = began + moment
                gevent.sleep(max(0.0, due - time.perf_counter()))
                under_way.spawn(load.ask, self.client, due)
            under_way.join()
            raise StopUser

    return Gate


def arrivals(rate: float, seconds: float) -> Iterator[float]:
    """Moments of independent arrivals, ``rate`` a second on the average, the same in each run."""
    chance = random.Random(1)  # noqa: S311 - no secret
    moment = chance.expovariate(rate)
    while moment < seconds:
        yield moment
        moment += chance.expovariate(rate)


def run(user: type[FastHttpUser], count: int) -> float:
    """How many seconds so many users took, until the last had its answer."""
    runner = Environment(user_classes=[user]).create_local_runner()
    began = time.perf_counter()
    runner.start(count, spawn_rate=count, wait=True)
    gevent.joinall([runner.spawning_greenlet])
    runner.user_greenlets.join()
    spent = time.perf_counter() - began
    runner.quit()
    return spent


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints one row; the value is the exit code."""
    told = _parser().parse_args(arguments)
    try:
        pictures = [path.read_bytes() for path in told.pictures] or [_street(told.size, told.car)]
    except OSError as error:
        print(f"load: {error}", file=sys.stderr)
        return 1
    first = Load(told.route, pictures)
    run(opened(first, told.url, [0.0]), 1)
    status = next(iter(first.statuses), NO_ANSWER)
    if status != READ:
        said = "nothing answers" if status == NO_ANSWER else f"the answer is {status}"
        print(f"load: {told.url}{told.route}: {said}", file=sys.stderr)
        return 1
    load = Load(told.route, pictures)
    before = _cpu_seconds(told.url)
    if told.rate:
        moments = arrivals(told.rate, told.seconds)
        loop, spent = f"{told.rate:g}/s", run(opened(load, told.url, moments), 1)
    else:
        loop = f"{told.clients} clients"
        spent = run(closed(load, told.url, told.seconds), told.clients)
    after = _cpu_seconds(told.url)
    cpu = None if before is None or after is None else after - before
    for cells in (("load", *COLUMNS), (loop, *load.row(spent, cpu))):
        print(" ".join(f"{cell:>10}" for cell in cells))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("url", type=_loopback, help="a service on this machine")
    parser.add_argument("pictures", type=Path, nargs="*")
    parser.add_argument("--no-car", action="store_false", dest="car")
    parser.add_argument("--size", type=_size, default=(1280, 720), help="of the drawn street")
    parser.add_argument("--route", default="/v1/vision/alpr", help="path and query")
    parser.add_argument("--seconds", type=_up_to(300), default=20)
    loop = parser.add_mutually_exclusive_group()
    loop.add_argument("--clients", type=_up_to(100), default=1, help="closed loop")
    loop.add_argument("--rate", type=_up_to(500), help="open loop, pictures a second")
    return parser


def _loopback(url: str) -> str:
    if urlsplit(url).scheme != "http" or urlsplit(url).hostname not in LOOPBACK:
        raise argparse.ArgumentTypeError("it loads this machine alone: http://127.0.0.1:PORT")
    return url.rstrip("/")


def _up_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"from 1 to {most}")
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
    """What the service's process has spent; None where it does not say, as behind nginx."""
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
