"""What went wrong with the SDK, in one line that says what to do about it."""

from __future__ import annotations

import platform
import re
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from alpr.engines.ultimate.worker_main import MODULE

SETUP = "build_and_setup_ultimatealvr.sh"
LINES_SHOWN = 3
MISSING = f"ultimateALPR is not installed; install it with {SETUP}"

REMEDIES: Sequence[tuple[str, str]] = (
    (
        r"GLIBC_ABI_DT_RELR",
        "a library was linked for glibc 2.36 or newer; build it on this machine with " + SETUP,
    ),
    (
        r"version `(GLIBC|GLIBCXX|CXXABI)_\S+ not found",
        "this system is older than a library needs; build it on this machine with " + SETUP,
    ),
    (
        r"libtensorflow\S*: cannot open shared object file",
        f"libtensorflow.so.1 is missing from libs/; run {SETUP} again",
    ),
    (
        r"VERS_1\.0|TF_\w+.*(undefined|version)",
        "libs/libtensorflow.so.1 is not a build that the SDK accepts; run " + SETUP + " again",
    ),
    (
        r"file too short|invalid ELF header",
        f"a file in libs/ is not a whole library; run {SETUP} again",
    ),
    (
        r"cannot open shared object file",
        f"a library is missing from libs/; run {SETUP} again",
    ),
    (
        r"undefined symbol: _?Py|dynamic module does not define|SystemError",
        f"the module was built for another Python than this; run {SETUP} again",
    ),
    (r"No module named '_", f"the module is half installed; run {SETUP} again"),
    (
        r"udevadm",
        "the SDK cannot identify this machine; install udev, in a container mount /run/udev, too",
    ),
    (
        r"(?i)licen[sc]e",
        "the licence was not accepted; it must be for this machine and this version of the SDK,"
        " see license_token_file and license_token_data",
    ),
    (
        r"FILE_NOT_FOUND|[Ff]ailed to open file",
        f"a model is missing from the assets folder; run {SETUP} again, with the charset in use",
    ),
    (
        r"(?i)fingerprint|tensorflow.*(not supported|unknown|version)",
        "libs/libtensorflow.so.1 is not a build that the SDK accepts; run " + SETUP + " again",
    ),
    (
        r"\bSIGILL\b",
        "the processor lacks instructions that the SDK was built with; use --engine embedded",
    ),
)
SILENT = 'the SDK did not say why; with "debug_level": "warn" in JSON_CONFIG it may say more'
FOLDERS = re.compile(r"(?:/[^\s/:'\"]+)+/")
SIGNALS = {-number: number.name for number in signal.Signals}


def preflight(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Why the SDK cannot be imported on this machine; empty if nothing is known against it."""
    if platform.machine() == "x86_64" and not _has_avx(cpuinfo):
        return "this processor has no AVX, which the SDK's TensorFlow needs; use --engine embedded"
    return _other_python()


def story(what: str, lines: Sequence[str], recent: Sequence[str]) -> str:
    """One line: what happened, the last native lines, and what to do if that is known.

    An error in the SDK is reported by each function that it passes, the innermost first. So the
    first of the ``recent`` lines for which there is advice is the cause, and is always shown.
    Folders of this machine are left out.
    """
    cause = next((line for line in recent if explain(line)), "")
    shown = list(lines[-LINES_SHOWN:])
    if cause and cause not in shown:
        shown = [cause, *lines[-LINES_SHOWN + 1 :]]
    told = without_folders(f"{what}, last lines: {' | '.join(shown)}" if shown else what)
    advice = explain(cause) or explain(what)
    if not advice and not shown and "init was refused" in what:
        advice = SILENT
    return f"{told} ({advice})" if advice else told


def explain(text: str) -> str:
    """What to do about a failure that is told in these words; empty if that is not known."""
    return next((advice for pattern, advice in REMEDIES if re.search(pattern, text)), "")


def without_folders(text: str) -> str:
    return FOLDERS.sub("…/", text)


def exit_reason(code: int) -> str:
    """How a process ended, from its return code."""
    return f"was ended by {SIGNALS[code]}" if code in SIGNALS else f"ended with exit code {code}"


def _has_avx(cpuinfo: Path) -> bool:
    try:
        flags = re.search(r"^flags\s*:(.*)$", cpuinfo.read_text(errors="replace"), re.MULTILINE)
    except OSError:
        return True  # Unknown is no reason to refuse.
    return flags is None or "avx" in flags.group(1).split()


def _other_python() -> str:
    """Why the module does not fit this Python; empty if it does.

    The vendor's build marks the Python version only in the wheel, not in the file's name. So any
    Python loads the file without complaint, and fails later.
    """
    try:
        wheel = distribution(MODULE).read_text("WHEEL") or ""
    except PackageNotFoundError:
        return ""
    built_for = re.findall(r"^Tag: (cp\d+)-cp", wheel, re.MULTILINE)
    here = f"cp{sys.version_info.major}{sys.version_info.minor}"
    if not built_for or here in built_for:
        return ""
    return f"the module was built for {built_for[0]}, but this is {here}; run {SETUP} again"
