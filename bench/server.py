"""A hotline of its own for a benchmark: ``hotline serve`` on a free port with an empty data folder, limits off."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "password-of-the-benchmark"
UNLIMITED = (
    "MAX_INQUIRIES_PER_HOUR",
    "MAX_MESSAGES_PER_MINUTE",
    "MAX_MESSAGES_PER_ADDRESS",
    "MAX_SIGN_INS_PER_QUARTER",
    "MAX_OPEN_PER_INQUIRY",
    "MAX_OPEN_PER_ADDRESS",
    "MAX_OPEN_PER_SESSION",
    "MAX_FRAMES_PER_MINUTE",
)


@dataclass
class Running:
    address: str
    process: subprocess.Popen[str]
    pages_s: float  # from the command to the first page
    ready_s: float  # … to a worker that takes turns

    def memory_mb(self, *, peak: bool = True) -> dict[str, float]:
        """Resident memory of the server and of its workers, in MB: the highest so far, or without ``peak`` now."""
        tree = {int(pid): int(parent) for pid, parent in _processes()}
        of = "VmHWM" if peak else "VmRSS"
        found = {"server": _resident_mb(self.process.pid, of)}
        found["workers"] = sum(_resident_mb(pid, of) for pid, parent in tree.items() if parent == self.process.pid)
        return found


@contextlib.contextmanager
def running_hotline(
    data: Path | None = None,
    *,
    log: Path | None = None,
    project: Path | None = None,
    start_s: float = 600.0,
    **settings: str,
) -> Iterator[Running]:
    """Yields when a worker takes turns. ``data`` keeps the folder, so that a second start finds the model; ``log`` keeps what the
    server writes to its standard error; ``project`` is another checkout with an environment of its own. A server that does not
    take turns after ``start_s`` is ended, and so is the benchmark."""
    folder = data or Path(tempfile.mkdtemp(prefix="hotline-bench-"))
    limits = {f"HOTLINE_{name}": "0" for name in UNLIMITED}
    given = {f"HOTLINE_{name.upper()}": value for name, value in settings.items()}
    environment = {
        **{name: value for name, value in os.environ.items() if project is None or not name.startswith("HOTLINE_")},
        **limits,
        "HOTLINE_PORT": "0",
        "HOTLINE_DATA_DIR": str(folder),
        "HOTLINE_DEMO_PASSWORD": PASSWORD,
        **given,
    }
    began = time.monotonic()
    with open(log or os.devnull, "w") as errors:
        process = subprocess.Popen(
            [sys.executable if project is None else str(project / ".venv/bin/python"), "-m", "bot", "serve"],
            cwd=project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    late = threading.Timer(start_s, process.kill)
    late.start()
    try:
        address = ""
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.match(r"Chat page\s+(http\S+)/chat/", line):
                address = found[1]
                break
        assert address, "the hotline did not start"
        urllib.request.urlopen(address + "/healthz", timeout=10).read()
        pages_s = time.monotonic() - began
        while not _ready(address):
            assert process.poll() is None, "the hotline ended before it took turns"
            time.sleep(0.02)
        late.cancel()
        yield Running(address, process, pages_s, time.monotonic() - began)
    finally:
        late.cancel()
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.machine())
    return f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}"


def _ready(address: str) -> bool:
    try:
        return bool(urllib.request.urlopen(address + "/readyz", timeout=10).status == 200)
    except OSError:
        return False


def _processes() -> Iterator[tuple[str, str]]:
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            yield status.parent.name, fields["PPid"].strip()


def _resident_mb(pid: int, of: str) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(of):
                return int(line.split()[1]) / 1024
    return 0.0
