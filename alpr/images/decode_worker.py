"""The program inside the limited process: it decodes the images that it is sent, one by one.

::

    parent -> {"limits": {...}, "allowance": {...}} and a memory file with the upload
    worker -> {"size": [1280, 720], "is_truncated": false} and a memory file with the pixels
           or {"error": "TooLargeError", "message": "..."}

The first message goes to the parent: ``{}``, once the worker is ready. When the parent closes its
end, or dies, the worker ends. It also ends after a while without work, with exit code 0.

Three limits hold for each image: CPU time, by a timer whose signal ends the process; memory, by the
kernel's limit on address space; and time, by the parent. Whatever a file does to a decoder, these
do not depend on it.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import AvifImagePlugin, Image, ImageFile

from alpr.errors import ImageError, RequestError, TooLargeError
from alpr.images import cpu_cost, decoding, memory_cost, pixel_file, rendering
from alpr.settings.limits import ImageLimits

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

IS_POSSIBLE = resource is not None and hasattr(os, "memfd_create")
"""Whether this system can limit a process and hand memory to it; only Linux can."""

WORKER_FLAG = "--decode-worker"

STOP_SIGNALS = tuple(
    signal.Signals[name] for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)
)
"""Signals that stop the service. They reach its process group or control group, but only the parent
decides when the worker ends."""

MAX_MESSAGE_BYTES = 4096

IDLE_S = 60
"""Seconds without an image after which the process ends, so that it takes no memory in vain."""

REFUSALS: Mapping[str, type[RequestError]] = {
    kind.__name__: kind for kind in (TooLargeError, ImageError)
}
"""The errors that an answer can name; one that derives from these is named as its parent."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What decoding one image may take: CPU time, as a multiple of cpu_cost's, and memory."""

    cpu_factor: float
    memory_bytes: int

    @classmethod
    def of(cls, limits: ImageLimits) -> Allowance:
        return cls(1.0, memory_cost.max_bytes(limits))


def run_if_asked(arguments: Sequence[str]) -> None:
    """Becomes the worker, and never returns, if the command line says so.

    ``arguments`` are those after the program's name.
    """
    if arguments[:1] == [WORKER_FLAG]:
        serve(int(arguments[1]))


def serve(descriptor: int) -> None:
    """Answers the parent at the other end of a socket until it closes; never returns."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _silence_native_libraries()
    # One thread for each core would reserve more address space than an image may take.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    slowness = cpu_cost.slowness()
    channel = socket.socket(fileno=descriptor)
    channel.settimeout(IDLE_S)
    try:
        channel.send(b"{}")
        while answer_next(channel, slowness):
            pass
    except (TimeoutError, ConnectionError):
        pass
    os._exit(0)


def answer_next(channel: socket.socket, slowness: float) -> bool:
    """Decodes one image; False once the parent is gone. ``slowness`` is that of the machine."""
    message, descriptors, _, _ = socket.recv_fds(channel, MAX_MESSAGE_BYTES, 1)
    if not message:
        return False
    with open(descriptors[0], "rb") as file:
        file.seek(0)  # Both processes share the position.
        data = file.read()
    order = json.loads(message)
    allowance = Allowance(**order["allowance"])
    cpu_factor = allowance.cpu_factor * slowness
    job = _Job(ImageLimits(**order["limits"]), cpu_factor, allowance.memory_bytes, len(data))
    answer = _decode(data, job)
    socket.send_fds(channel, [json.dumps(answer).encode()], job.pixels)
    for pixels in job.pixels:
        os.close(pixels)
    return True


def _decode(data: bytes, job: _Job) -> Mapping[str, Any]:
    try:
        decoded = decoding.decode(data, job.limits, job.render)
    except MemoryError:
        max_mb = job.memory_bytes // 1_000_000
        return _refusal(TooLargeError(f"the image takes more than {max_mb} MB to decode"))
    except RequestError as error:
        return _refusal(error)
    finally:
        job.end()
    return {"size": decoded.image.size, "is_truncated": decoded.is_truncated}


def _refusal(error: RequestError) -> Mapping[str, Any]:
    name = next(name for name, kind in REFUSALS.items() if isinstance(error, kind))
    return {"error": name, "message": str(error)}


class _Job:
    """One image's decoding, under limits, and the file with its pixels."""

    def __init__(
        self, limits: ImageLimits, cpu_factor: float, memory_bytes: int, file_size: int
    ) -> None:
        """``cpu_factor`` is how many times cpu_cost's seconds the image may take."""
        self.limits = limits
        self.memory_bytes = memory_bytes
        self.pixels: list[int] = []
        self._cpu_factor = cpu_factor
        self._file_size = file_size
        decoding.prepare(limits)
        _limit_cpu(cpu_factor * cpu_cost.OPENING_S)
        _limit_memory(_address_space() + memory_bytes)

    def render(self, image: ImageFile.ImageFile) -> Image.Image:
        size = image.width * image.height, self._file_size
        _limit_cpu(self._cpu_factor * cpu_cost.seconds(image.format or "", *size))
        # What comes after the decoder is ours, and gives memory back as it takes it.
        return rendering.render_in_strips(image, self._new_image, _lift_memory_limit)

    def end(self) -> None:
        _limit_cpu(0)
        _lift_memory_limit()

    def _new_image(self, size: tuple[int, int]) -> Image.Image:
        self.pixels.append(pixel_file.with_room_for(size))
        return pixel_file.image_over(self.pixels[-1], size)


def _limit_cpu(seconds: float) -> None:
    """Has the kernel end this process after so many seconds of CPU time; 0 for never."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _limit_memory(address_space: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (address_space, resource.RLIM_INFINITY))


def _lift_memory_limit() -> None:
    _limit_memory(resource.RLIM_INFINITY)


def _address_space() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    return int(pages) * mmap.PAGESIZE


def _silence_native_libraries() -> None:
    """Sends what libtiff and others print to nowhere; Python's own errors still reach the log."""
    if sys.stderr is None:
        return
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)


if __name__ == "__main__":
    run_if_asked(sys.argv[1:])
